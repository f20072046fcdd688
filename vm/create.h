/*
** create.h - inside vm: what functions that make tensors share.
*/
#ifndef VM_CREATE_H
#define VM_CREATE_H

#include "vm/module.h"

/* The dtype named at idx, or `absent` when there is nothing; it may stand in
** a table of options, {dtype = ...}. */
TensorDType vm_check_dtype(lua_State *L, int idx, TensorDType absent,
                           const char *who);
/* The field dtype of the table at idx, which may also hold a list; `absent`
** when there is none. Raises an error for other names. */
TensorDType vm_check_named_dtype(lua_State *L, int idx, TensorDType absent,
                                 const char *who);
/* Whether what is at idx, behind a shape or numbers, stands for a dtype. */
bool vm_is_dtype(lua_State *L, int idx);
/* Sizes from idx on (numbers, or a table), then perhaps a dtype. */
void vm_check_shape(lua_State *L, int idx, const char *who, OpShape *s,
                    TensorDType absent);
/* The number at idx, which the message calls `what`. */
double vm_check_number(lua_State *L, int idx, const char *who,
                       const char *what);
/* The shape of the tensor at 1, with its dtype or that at idx. */
void vm_check_like(lua_State *L, int idx, const char *who, OpShape *s);
/* A fresh tensor in a box on the stack; once more after collecting. */
Tensor *vm_push_new(lua_State *L, const OpShape *s, const char *who);
/* Pushes the tensor that the nested tables of numbers at idx make, or raises
** an error that begins with `who`. */
void vm_push_table(lua_State *L, int idx, TensorDType dtype, const char *who);
/* The end of a function that made the tensor on top: 1, or an error. */
int vm_made(lua_State *L, int status);

#endif
