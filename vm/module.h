/*
** module.h - inside vm: what the files that make up the `tensor` module
** share.
*/
#ifndef VM_MODULE_H
#define VM_MODULE_H

#include "vm/args.h"
#include "vm/vm.h"

/* A function with the words that help() prints: what the caller writes, and
** what it does. */
typedef struct VmFunction {
  const char *name; /* "tensor.zeros" */
  const char *args; /* "shape..., dtype" */
  lua_CFunction function;
  const char *help;
} VmFunction;

/* Lists of documented functions; each ends with a NULL name. A function
** named "tensor.f" goes into the module, "tensor:f" into the methods, and
** "autograd.f" into native.autograd. */
extern const VmFunction vm_functions_table[];
extern const VmFunction vm_functions_create[];
extern const VmFunction vm_functions_random[];
extern const VmFunction vm_functions_value[];
extern const VmFunction vm_functions_print[];
extern const VmFunction vm_functions_autograd[];
extern const VmFunction vm_functions_files[];

/* Pieces of `native`. */
extern const luaL_Reg vm_native_error[];
extern const luaL_Reg vm_native_optimize[];
extern const luaL_Reg vm_native_autograd[];
extern const luaL_Reg vm_native_table[];
extern const luaL_Reg vm_native_random[];
extern const luaL_Reg vm_native_digest[];
extern const luaL_Reg vm_native_prefetch[];

/* The path at idx; `who` is the function's name for messages. */
const char *vm_check_path(lua_State *L, int idx, const char *who);
/* Pushes the metatable of tensors. */
void vm_push_metatable(lua_State *L);
/* Makes the metatable; the methods are a table at the top of the stack. */
void vm_make_metatable(lua_State *L);
/* Whether the row's operation also exists as name_, in place. */
bool vm_has_in_place_form(const OpRow *row);
/* Sets the functions of all rows in the table at module and methods. */
void vm_bind_rows(lua_State *L, int module, int methods);
/* The __tostring of tensors. */
int vm_tensor_tostring(lua_State *L);
/* Calls a row with the values given; pushes its first result. */
int vm_apply(lua_State *L, const OpRow *row, int inputs, Value *const *in,
             const OpAttrs *attrs);
/* The element at an offset as a Lua number or boolean. */
void vm_push_element(lua_State *L, const Tensor *t, int64_t offset);
/* Collects garbage when tensors have taken much since the last time. */
void vm_charge(lua_State *L);

/* The state in which gradient rules written in Lua run; returns the one
** before. */
lua_State *vm_calls_back(lua_State *L);
int vm_record_function(lua_State *L);

/* Makes harmless what in Lua's own libraries could crash the process. */
void vm_make_safe(lua_State *L);

/* The width of the terminal; 80 where output goes elsewhere. */
int vm_columns(void);

/* x[key], x[key] = value; key at 2, value at 3. */
int vm_index(lua_State *L);
int vm_assign(lua_State *L);

#endif
