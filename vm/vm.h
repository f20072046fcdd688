/*
** vm.h - the program: the only folder that knows lua.h.
**
** Rules of this folder. Everything below returns statuses; here they become
** Lua errors, and only after all that was taken has been given back. A C
** function that makes a tensor pushes the empty box first (vm_new_box) and
** fills it, so that a Lua error in between loses nothing.
*/
#ifndef VM_H
#define VM_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "nn/nn.h"
#include "tensor/tensor.h"

/* {== opening ========================================================== */

/* Opens Lua's libraries, the searcher for the embedded standard library,
** the modules and the lazy globals. Called in protected mode. */
int vm_open(lua_State *L);

/* One embedded file of the standard library; the list ends with a NULL. */
typedef struct VmSource {
  const char *name; /* "nn.layers.dense", or "nn" for nn/init.lua */
  const char *text, *end;
} VmSource;
extern const VmSource vm_sources[];
/* Chunks of the library are named "=nnlua:NAME", so that tracebacks and
** error positions can pass over them. */
#define VM_LIBRARY_CHUNK "nnlua:"

/* }== errors =========================================================== */

/* Raises the message of the last failure, at the user's own line. */
int vm_raise(lua_State *L, int status);
/* Raises a formatted message at the user's own line (luaL_error's formats). */
int vm_error(lua_State *L, const char *format, ...);
/* Pushes "file:line: " of the nearest frame outside the library, or "". */
void vm_where(lua_State *L);

/* }== tensors in Lua ==================================================== */

/* Pushes an empty box and returns where its value goes (a counted
** reference; NULL while empty). */
Value **vm_new_box(lua_State *L);
/* The value at idx, or NULL if there is no tensor there. */
Value *vm_to_value(lua_State *L, int idx);
/* The value at idx; raises "NAME: argument #idx must be a tensor, ...". */
Value *vm_check_value(lua_State *L, int idx);
/* Pushes a new value that takes over t's reference. */
void vm_push_tensor(lua_State *L, Tensor *t);

/* }== the program ======================================================= */

/* Calls the function below its nargs arguments, with the traceback handler
** and Ctrl-C in force. LUA_OK or an error status with the message pushed. */
int vm_call(lua_State *L, int nargs, int nresults);
/* The interactive shell; returns the exit status. */
int vm_shell(lua_State *L);

/* Pieces of the `native` module, each in its own file, in luaL_Reg form. */
extern const luaL_Reg vm_native_json[];
extern const luaL_Reg vm_native_files[];
extern const luaL_Reg vm_native_folders[];
extern const luaL_Reg vm_native_system[];
extern const luaL_Reg vm_native_canvas[];

/* }===================================================================== */

#endif
