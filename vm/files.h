/*
** files.h - inside vm: tables of tensors to and from what files hold.
*/
#ifndef VM_FILES_H
#define VM_FILES_H

#include "vm/guard.h"
#include "vm/module.h"

/* Whether to try again what failed: once, after collecting garbage. */
bool vm_worth_a_retry(lua_State *L, int status);
/* Pushes another reference to t. */
void vm_push_alias(lua_State *L, const Tensor *t);

/* Pushes a guard with an empty file in it. */
TensorFile *vm_new_file(lua_State *L, VmGuard **guard);
/* Fills an empty file with the table of tensors at idx; or with one tensor,
** under a name. */
void vm_take_tensors(lua_State *L, TensorFile *file, int idx, const char *who);
void vm_take_alone(lua_State *L, TensorFile *file, const Value *v,
                   const char *name);

/* Pushes a guard with what the path holds; raises what is wrong with it. */
typedef int VmReadFile(TensorFile *file, const char *path);
TensorFile *vm_load_file(lua_State *L, VmReadFile *read, const char *path,
                         VmGuard **guard);
/* Pushes a table of the tensors by name. */
void vm_push_tensors(lua_State *L, const TensorFile *file);

#endif
