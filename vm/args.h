/*
** args.h - what a row of the operation table takes, and reading it off the
** Lua stack.
*/
#ifndef VM_ARGS_H
#define VM_ARGS_H

#include "vm/vm.h"

#define VM_MAX_PARAMS 10
/* Tensor inputs of a row without a list. */
#define VM_MAX_INPUTS 4

typedef enum VmKind {
  VM_OPERAND,
  VM_TENSOR,
  VM_TENSORS,
  VM_DIM,
  VM_DIMS,
  VM_PLACE,
  VM_INT,
  VM_NUMBER,
  VM_BOOL,
  VM_INTS,
  VM_PADDING,
  VM_DTYPE,
  VM_WORD,
  VM_NUMBER_OR_WORD,
  VM_TEXT
} VmKind;

typedef struct VmParam {
  const char *name, *words, *fallback; /* pieces of the row's text */
  int name_size, words_size, fallback_size;
  VmKind kind;
  bool optional;
  int slot;        /* which input, attrs->i, attrs->f or attrs->lists */
  int number_slot; /* of a number or a word: which attrs->f */
} VmParam;

/* A row as Lua calls it. */
typedef struct VmBinding {
  const OpRow *row;
  bool in_place; /* the name_ form of an elementwise row */
  bool has_attrs;
  int count;
  VmParam params[VM_MAX_PARAMS];
} VmBinding;

void vm_parse_params(VmBinding *b);
/* Whether the size characters at a are the text b. */
bool vm_same_text(const char *a, int size, const char *b);
/* Which of p's words it is, from 0; -1: none. */
int vm_word_index(const VmParam *p, const char *word, int size);

/* Arguments read: values are counted references. */
typedef struct VmArgs {
  int inputs;
  Value **in;
  Value *few[VM_MAX_INPUTS];
  OpAttrs attrs;
} VmArgs;

/* Reads the arguments of b, which begin at stack index 1. Raises no Lua
** error (but for memory, before it takes anything); on failure it leaves a
** message and nothing taken. */
int vm_read_args(lua_State *L, const VmBinding *b, VmArgs *args);
void vm_release_args(VmArgs *args);

/* One of them: parameter k of b, from stack index idx; several in place of a
** list may go on to last. Or what it is when it was not given. */
int vm_read_argument(lua_State *L, const VmBinding *b, int k, int idx, int last,
                     VmArgs *args);
int vm_default_argument(lua_State *L, const VmBinding *b, int k, VmArgs *args);

/* A tensor, number or boolean as a counted value; NULL with a message. */
Value *vm_read_operand(lua_State *L, int idx, const char *what);

/* What to add to a message that complains of the first argument: that a
** colon may be missing, where a method was called without; or nothing. */
const char *vm_colon_hint(lua_State *L);
/* "a string", "nil", "a float32 tensor": what stands at idx. */
const char *vm_kind_of(lua_State *L, int idx);
/* Leaves the message that the key at idx is none of the operation's options,
** `names`; TENSOR_FAIL. */
int vm_unknown_option(lua_State *L, int idx, const char *operation,
                      const char *names);
/* The integer at idx: integral floats count. False if there is none. */
bool vm_read_integer(lua_State *L, int idx, int64_t *n);
/* Sizes at idx..last: numbers, or one table of them, at most most. */
int vm_read_shape(lua_State *L, int idx, int last, const char *what,
                  int64_t shape[TENSOR_MAX_DIMS], int *ndim);

#endif
