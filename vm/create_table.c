/*
** create_table.c - tensor(...): new tensors from nested Lua tables.
*/
#include "vm/create.h"

static int shape_of_table(lua_State *L, int idx, OpShape *s, bool *bools) {
  lua_pushvalue(L, idx);
  s->ndim = 0;
  while (lua_type(L, -1) == LUA_TTABLE) {
    if (s->ndim == TENSOR_MAX_DIMS)
      return tensor_fail("tables nested deeper than %d", TENSOR_MAX_DIMS);
    s->shape[s->ndim++] = (int64_t)lua_rawlen(L, -1);
    lua_rawgeti(L, -1, 1);
    lua_remove(L, -2);
  }
  *bools = lua_type(L, -1) == LUA_TBOOLEAN;
  lua_pop(L, 1);
  return TENSOR_OK;
}

static int bad_element(lua_State *L, const int64_t *index, int depth) {
  char at[TENSOR_SHAPE_TEXT];
  const char *hint =
      vm_to_value(L, -1) == NULL
          ? ""
          : " (tensor.stack and tensor.concat put tensors together)";
  return tensor_fail("element %s must be a number, got %s%s",
                     tensor_shape_text(depth, index, at), vm_kind_of(L, -1),
                     hint);
}

static int no_table(lua_State *L, const int64_t *index, int depth) {
  char at[TENSOR_SHAPE_TEXT];
  return tensor_fail("element %s must be a table, as the first of its level "
                     "is, got %s",
                     tensor_shape_text(depth, index, at), vm_kind_of(L, -1));
}

static int set_element(lua_State *L, Tensor *t, int64_t offset,
                       const int64_t *index) {
  Value *v = vm_to_value(L, -1);
  if (lua_isinteger(L, -1))
    tensor_set_int(t, offset, (int64_t)lua_tointeger(L, -1));
  else if (lua_type(L, -1) == LUA_TNUMBER)
    tensor_set(t, offset, (double)lua_tonumber(L, -1));
  else if (lua_type(L, -1) == LUA_TBOOLEAN)
    tensor_set_int(t, offset, lua_toboolean(L, -1));
  else if (v != NULL && tensor_numel(&v->t) == 1)
    tensor_set(t, offset, tensor_get(&v->t, 0));
  else
    return bad_element(L, index, t->ndim);
  return TENSOR_OK;
}

/* Fills from the table on top of the stack, dim by dim. */
static int fill_from_table(lua_State *L, Tensor *t, int dim, int64_t offset,
                           int64_t *index) {
  if (dim == t->ndim) return set_element(L, t, offset, index);
  if (lua_type(L, -1) != LUA_TTABLE) return no_table(L, index, dim);
  int64_t n = (int64_t)lua_rawlen(L, -1);
  if (n != t->shape[dim]) {
    char at[TENSOR_SHAPE_TEXT];
    return tensor_fail("the tables are not of equal length: the one "
                       "at %s has %lld element%s, the first of its level %lld",
                       tensor_shape_text(dim, index, at), (long long)n,
                       n == 1 ? "" : "s", (long long)t->shape[dim]);
  }
  if (!lua_checkstack(L, 4)) return tensor_no_memory(0);
  for (int64_t k = 0; k < n; k++) {
    index[dim] = k + 1;
    lua_rawgeti(L, -1, (lua_Integer)k + 1);
    int status =
        fill_from_table(L, t, dim + 1, offset + k * t->strides[dim], index);
    if (status != TENSOR_OK) return status;
    lua_pop(L, 1);
  }
  return TENSOR_OK;
}

static int raise_in(lua_State *L, const char *who, int status) {
  tensor_fail_in(status, "%s: ", who);
  return vm_raise(L, status);
}

/* Pushes a tensor of that shape with what the tables at idx hold. */
static void push_filled(lua_State *L, int idx, const OpShape *s,
                        const char *who) {
  int64_t index[TENSOR_MAX_DIMS] = {0};
  Tensor *t = vm_push_new(L, s, who);
  lua_pushvalue(L, idx);
  int status = fill_from_table(L, t, 0, 0, index);
  if (status != TENSOR_OK) raise_in(L, who, status);
  lua_pop(L, 1);
}

void vm_push_table(lua_State *L, int idx, TensorDType dtype, const char *who) {
  OpShape s = {.dtype = dtype};
  bool bools;
  int status = shape_of_table(L, idx, &s, &bools);
  if (status != TENSOR_OK) raise_in(L, who, status);
  push_filled(L, idx, &s, who);
}

/* tensor(x [, dtype]): the module itself is at 1. */
static int create_call(lua_State *L) {
  OpShape s;
  bool bools = false;
  Value *v = vm_to_value(L, 2);
  int type = lua_type(L, 2);
  if (lua_type(L, 3) == LUA_TNUMBER)
    return vm_error(L, "tensor: several numbers stand in a table, as in "
                       "tensor({1, 2}); after it comes the dtype");
  if (v == NULL && type != LUA_TTABLE && type != LUA_TNUMBER &&
      type != LUA_TBOOLEAN)
    return vm_error(L,
                    "tensor: makes a tensor of a number or of nested "
                    "tables of numbers, got %s",
                    vm_kind_of(L, 2));
  if (lua_gettop(L) > 3)
    return vm_error(L, "tensor: takes a table and a dtype, got %d arguments",
                    lua_gettop(L) - 1);
  if (v != NULL) {
    Tensor copy;
    TensorDType d = vm_check_dtype(L, 3, v->t.dtype, "tensor");
    int status = tensor_clone(&copy, &v->t, d);
    if (status != TENSOR_OK) return vm_raise(L, status);
    vm_push_tensor(L, &copy);
    return 1;
  }
  int status = shape_of_table(L, 2, &s, &bools);
  if (status != TENSOR_OK) return raise_in(L, "tensor", status);
  s.dtype = bools ? TENSOR_BOOL : nn_default_dtype;
  if (type == LUA_TTABLE)
    s.dtype = vm_check_named_dtype(L, 2, s.dtype, "tensor");
  s.dtype = vm_check_dtype(L, 3, s.dtype, "tensor");
  push_filled(L, 2, &s, "tensor");
  return vm_made(L, TENSOR_OK);
}

const VmFunction vm_functions_table[] = {
    {"tensor", "table, dtype = \"float32\"", create_call,
     "A tensor of a number or of nested tables of numbers (booleans give a "
     "bool tensor); of a tensor, a copy. The dtype may stand in the table.\n"
     "  > tensor({{1, 2}, {3, 4}}, \"int64\")\n"
     "  int64 (2, 2)\n"
     "    1  2\n"
     "    3  4\n"
     "  > tensor{1, 0, dtype=\"bool\"}\n"
     "  bool (2)\n"
     "     true  false"},
    {NULL, NULL, NULL, NULL}};
