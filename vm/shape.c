/*
** shape.c - shapes and dtypes as the functions that make tensors take them.
*/
#include <string.h>

#include "vm/create.h"

static int not_an_option(lua_State *L, const char *who, const char *name) {
  return vm_error(L, "%s: unknown option \"%s\"; the option is dtype", who,
                  name);
}

static TensorDType parse_dtype(lua_State *L, int idx, const char *who) {
  int d = lua_type(L, idx) == LUA_TSTRING
              ? tensor_dtype_parse(lua_tostring(L, idx))
              : -1;
  if (d < 0)
    vm_error(L,
             "%s: a dtype is one of float32, float64, int64, int32, uint8, "
             "bool; got %s",
             who, vm_kind_of(L, idx));
  return (TensorDType)d;
}

/* The list itself is not gone through: names stand behind its last item. */
TensorDType vm_check_named_dtype(lua_State *L, int idx, TensorDType absent,
                                 const char *who) {
  lua_Integer n = (lua_Integer)lua_rawlen(L, idx);
  if (n > 0)
    lua_pushinteger(L, n);
  else
    lua_pushnil(L);
  while (lua_next(L, idx) != 0) {
    if (lua_type(L, -2) == LUA_TSTRING &&
        strcmp(lua_tostring(L, -2), "dtype") != 0)
      not_an_option(L, who, lua_tostring(L, -2));
    lua_pop(L, 1);
  }
  lua_pushliteral(L, "dtype");
  if (lua_rawget(L, idx) != LUA_TNIL)
    absent = parse_dtype(L, lua_gettop(L), who);
  lua_pop(L, 1);
  return absent;
}

TensorDType vm_check_dtype(lua_State *L, int idx, TensorDType absent,
                           const char *who) {
  if (lua_isnoneornil(L, idx)) return absent;
  if (lua_type(L, idx) == LUA_TTABLE && lua_rawlen(L, idx) == 0)
    return vm_check_named_dtype(L, idx, absent, who);
  return parse_dtype(L, idx, who);
}

bool vm_is_dtype(lua_State *L, int idx) {
  return lua_type(L, idx) == LUA_TSTRING || lua_type(L, idx) == LUA_TTABLE;
}

void vm_check_shape(lua_State *L, int idx, const char *who, OpShape *s,
                    TensorDType absent) {
  int last = lua_gettop(L), dtype_at = 0;
  if (last > idx && vm_is_dtype(L, last)) dtype_at = last--;
  if (last == idx && lua_type(L, last) == LUA_TSTRING) dtype_at = last--;
  while (last >= idx && lua_isnil(L, last)) last--;
  if (last < idx)
    vm_error(L, "%s: a shape is missing%s", who,
             dtype_at == 0 ? "" : ": whole numbers before the dtype");
  bool list = lua_type(L, idx) == LUA_TTABLE;
  if (list && last > idx)
    vm_error(L, "%s: after the list of sizes comes the dtype, got %s", who,
             vm_kind_of(L, idx + 1));
  int status = vm_read_shape(L, idx, last, who, s->shape, &s->ndim);
  if (status != TENSOR_OK) vm_raise(L, status);
  if (list) absent = vm_check_named_dtype(L, idx, absent, who);
  s->dtype = dtype_at == 0 ? absent : vm_check_dtype(L, dtype_at, absent, who);
}

/* The shape of the tensor at 1, with its dtype or that at idx. */
void vm_check_like(lua_State *L, int idx, const char *who, OpShape *s) {
  Value *v = vm_check_value(L, 1);
  s->dtype = vm_check_dtype(L, idx, v->t.dtype, who);
  s->ndim = v->t.ndim;
  memcpy(s->shape, v->t.shape, sizeof s->shape);
}
