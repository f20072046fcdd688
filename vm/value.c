/*
** value.c - tensors as Lua values: boxes, fields, operators, text.
*/
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "vm/module.h"

/* {== boxes */

static const char metatable_key = 0;
static const void *metatable; /* to know a tensor without a look-up */

void vm_push_metatable(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
}

Value **vm_new_box(lua_State *L) {
  Value **box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = NULL;
  vm_push_metatable(L);
  lua_setmetatable(L, -2);
  return box;
}

Value *vm_to_value(lua_State *L, int idx) {
  if (lua_type(L, idx) != LUA_TUSERDATA || !lua_getmetatable(L, idx))
    return NULL;
  bool is = lua_topointer(L, -1) == metatable;
  lua_pop(L, 1);
  return is ? *(Value **)lua_touserdata(L, idx) : NULL;
}

/* "item: ", on the stack: the name by which the user called the C function that
 * runs. */
static const char *caller_name(lua_State *L) {
  lua_Debug ar;
  bool named = lua_getstack(L, 0, &ar) != 0 && lua_getinfo(L, "n", &ar) != 0 &&
               ar.name != NULL && strcmp(ar.namewhat, "metamethod") != 0;
  return named ? lua_pushfstring(L, "%s: ", ar.name) : "";
}

/* Whether tensors have a method of that name. */
static bool is_method(lua_State *L, const char *name) {
  int top = lua_gettop(L);
  vm_push_metatable(L);
  lua_getfield(L, -1, "__index");
  bool is =
      lua_getupvalue(L, -1, 1) != NULL && lua_getfield(L, -1, name) != LUA_TNIL;
  lua_settop(L, top);
  return is;
}

const char *vm_colon_hint(lua_State *L) {
  lua_Debug ar;
  if (lua_getstack(L, 0, &ar) == 0 || lua_getinfo(L, "n", &ar) == 0 ||
      strcmp(ar.namewhat, "field") != 0 || lua_istable(L, 1) ||
      !is_method(L, ar.name))
    return "";
  return lua_pushfstring(L, "; is a colon missing, as in x:%s()?", ar.name);
}

Value *vm_check_value(lua_State *L, int idx) {
  Value *v = vm_to_value(L, idx);
  if (v != NULL) return v;
  const char *kind = vm_kind_of(L, idx); /* before anything is pushed */
  const char *hint = idx == 1 ? vm_colon_hint(L) : "";
  vm_error(L, "%sargument %d must be a tensor, got %s%s", caller_name(L), idx,
           kind, hint);
  return NULL;
}

void vm_push_tensor(lua_State *L, Tensor *t) {
  Value **box = vm_new_box(L);
  *box = nn_value_new(t);
  if (*box == NULL) vm_raise(L, TENSOR_NO_MEMORY);
  vm_charge(L);
}

/* A script can get at this function and call it with anything. */
static int value_gc(lua_State *L) {
  if (vm_to_value(L, 1) == NULL) return 0;
  Value **box = lua_touserdata(L, 1);
  Value *v = *box;
  *box = NULL;
  nn_value_release(v);
  return 0;
}

/* }== fields {== */

static int shape_text(lua_State *L) {
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  luaL_addchar(&b, '(');
  for (lua_Integer i = 1, n = (lua_Integer)lua_rawlen(L, 1); i <= n; i++) {
    if (i > 1) luaL_addstring(&b, ", ");
    lua_rawgeti(L, 1, i);
    luaL_addvalue(&b);
  }
  luaL_addchar(&b, ')');
  luaL_pushresult(&b);
  return 1;
}

/* Shapes are equal when their sizes are. */
static int shape_eq(lua_State *L) {
  lua_Unsigned n = lua_rawlen(L, 1);
  bool equal = lua_rawlen(L, 2) == n;
  for (lua_Unsigned i = 1; equal && i <= n; i++) {
    lua_rawgeti(L, 1, (lua_Integer)i);
    lua_rawgeti(L, 2, (lua_Integer)i);
    equal = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
  }
  lua_pushboolean(L, equal);
  return 1;
}

static void push_shape(lua_State *L, const Tensor *t) {
  lua_createtable(L, t->ndim, 0);
  for (int d = 0; d < t->ndim; d++) {
    lua_pushinteger(L, (lua_Integer)t->shape[d]);
    lua_rawseti(L, -2, d + 1);
  }
  if (luaL_newmetatable(L, "nnlua.shape")) {
    lua_pushcfunction(L, shape_text);
    lua_setfield(L, -2, "__tostring");
    lua_pushcfunction(L, shape_eq);
    lua_setfield(L, -2, "__eq");
  }
  lua_setmetatable(L, -2);
}

static void push_borrowed(lua_State *L, Value *v) {
  if (v == NULL) {
    lua_pushnil(L);
  } else {
    Value **box = vm_new_box(L);
    *box = nn_value_retain(v);
  }
}

static const char *const attributes[] = {"shape", "ndim",          "dtype", "T",
                                         "grad",  "requires_grad", NULL};

/* Pushes the attribute of that name; false if there is none. */
static bool push_attribute(lua_State *L, Value *v, const char *name) {
  if (strcmp(name, "shape") == 0) {
    push_shape(L, &v->t);
  } else if (strcmp(name, "ndim") == 0) {
    lua_pushinteger(L, v->t.ndim);
  } else if (strcmp(name, "dtype") == 0) {
    lua_pushstring(L, tensor_dtype_name(v->t.dtype));
  } else if (strcmp(name, "grad") == 0) {
    push_borrowed(L, nn_gradient(v));
  } else if (strcmp(name, "requires_grad") == 0) {
    lua_pushboolean(L, v->track != NULL);
  } else if (strcmp(name, "T") == 0) {
    OpAttrs attrs;
    attrs.counts[0] = 0;
    int status = vm_apply(L, nn_row("transpose"), 1, &v, &attrs);
    if (status != TENSOR_OK) vm_raise(L, status);
  } else {
    return false;
  }
  return true;
}

static bool is_identifier(const char *s) {
  if (!isalpha((unsigned char)*s) && *s != '_') return false;
  while (isalnum((unsigned char)*s) || *s == '_') s++;
  return *s == '\0';
}

/* Raises; suggests the nearest of the methods (upvalue 1) and attributes. */
static int unknown_field(lua_State *L, const char *name) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "suggest");
  if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_istable(L, -1)) {
    lua_getfield(L, -1, "member");
    lua_pushstring(L, name);
    lua_newtable(L);
    lua_Integer n = 0;
    lua_pushnil(L);
    while (lua_next(L, lua_upvalueindex(1)) != 0) {
      lua_pop(L, 1);
      lua_pushvalue(L, -1);
      lua_rawseti(L, -3, ++n);
    }
    for (int k = 0; attributes[k] != NULL; k++) {
      lua_pushstring(L, attributes[k]);
      lua_rawseti(L, -2, ++n);
    }
    if (lua_pcall(L, 2, 1, 0) == LUA_OK && lua_isstring(L, -1))
      return vm_error(L, "a tensor has no field or method \"%s\" (%s)", name,
                      lua_tostring(L, -1));
  }
  return vm_error(L, "a tensor has no field or method \"%s\"", name);
}

/* Whether ipairs asks for what is behind the last position: there it ends,
** as in a list. */
static bool ends_ipairs(lua_State *L) {
  lua_Debug ar;
  Value *v = vm_to_value(L, 1);
  if (!lua_isinteger(L, 2) || v == NULL || v->t.ndim == 0 ||
      (int64_t)lua_tointeger(L, 2) != v->t.shape[0] + 1)
    return false;
  return lua_getstack(L, 1, &ar) != 0 && lua_getinfo(L, "Sn", &ar) != 0 &&
         *ar.what == 'C' && strcmp(ar.namewhat, "for iterator") == 0;
}

/* Methods first, then attributes; what is no identifier is an index. */
static int value_index(lua_State *L) {
  if (lua_type(L, 2) == LUA_TSTRING) {
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
    const char *name = lua_tostring(L, 2);
    Value *v = vm_check_value(L, 1);
    if (push_attribute(L, v, name)) return 1;
    if (is_identifier(name)) return unknown_field(L, name);
  }
  if (ends_ipairs(L)) return 0;
  return vm_index(L);
}

static int value_newindex(lua_State *L) {
  Value *v = vm_check_value(L, 1);
  if (lua_type(L, 2) == LUA_TSTRING && is_identifier(lua_tostring(L, 2))) {
    const char *name = lua_tostring(L, 2);
    int status = TENSOR_OK;
    if (strcmp(name, "grad") == 0) {
      if (!lua_isnil(L, 3)) vm_check_value(L, 3);
      status = nn_set_gradient(v, vm_to_value(L, 3));
    } else if (strcmp(name, "requires_grad") == 0) {
      status = nn_require_grad(v, lua_toboolean(L, 3) != 0);
    } else {
      return vm_error(L, "the field \"%s\" of a tensor cannot be set", name);
    }
    return status == TENSOR_OK ? 0 : vm_raise(L, status);
  }
  return vm_assign(L);
}

/* }== numbers in and out {== */

void vm_push_element(lua_State *L, const Tensor *t, int64_t offset) {
  if (t->dtype == TENSOR_BOOL)
    lua_pushboolean(L, tensor_get_int(t, offset) != 0);
  else if (tensor_dtype_is_float(t->dtype))
    lua_pushnumber(L, (lua_Number)tensor_get(t, offset));
  else
    lua_pushinteger(L, (lua_Integer)tensor_get_int(t, offset));
}

static int value_item(lua_State *L) {
  Value *v = vm_check_value(L, 1);
  char shape[TENSOR_SHAPE_TEXT];
  if (tensor_numel(&v->t) != 1)
    return vm_error(L,
                    "item: takes a tensor of one element, this one has "
                    "shape %s",
                    tensor_shape_text(v->t.ndim, v->t.shape, shape));
  vm_push_element(L, &v->t, 0);
  return 1;
}

static void push_nested(lua_State *L, const Tensor *t, int dim,
                        int64_t offset) {
  if (dim == t->ndim) {
    vm_push_element(L, t, offset);
    return;
  }
  luaL_checkstack(L, 3, "the tensor has too many dims");
  lua_createtable(L, t->shape[dim] > 1 << 24 ? 0 : (int)t->shape[dim], 0);
  for (int64_t k = 0; k < t->shape[dim]; k++) {
    push_nested(L, t, dim + 1, offset + k * t->strides[dim]);
    lua_rawseti(L, -2, (lua_Integer)k + 1);
  }
}

static int value_totable(lua_State *L) {
  Value *v = vm_check_value(L, 1);
  push_nested(L, &v->t, 0, 0);
  return 1;
}

static int value_numel(lua_State *L) {
  Value *v = vm_check_value(L, 1);
  lua_pushinteger(L, (lua_Integer)tensor_numel(&v->t));
  return 1;
}

static int value_len(lua_State *L) {
  Value *v = vm_check_value(L, 1);
  if (v->t.ndim == 0) return vm_error(L, "a tensor without dims has no length");
  lua_pushinteger(L, (lua_Integer)v->t.shape[0]);
  return 1;
}

static int value_is_contiguous(lua_State *L) {
  Value *v = vm_check_value(L, 1);
  lua_pushboolean(L, tensor_is_contiguous(&v->t));
  return 1;
}

static int tensor_is(lua_State *L) {
  lua_pushboolean(L, vm_to_value(L, 1) != NULL);
  return 1;
}

/* }== operators {== */

/* Operators are the methods of the same meaning. */
static const struct {
  const char *event, *method;
} operators[] = {{"__add", "add"},        {"__sub", "sub"},
                 {"__mul", "mul"},        {"__div", "div"},
                 {"__idiv", "floor_div"}, {"__mod", "mod"},
                 {"__pow", "pow"},        {"__band", "logical_and"},
                 {"__bor", "logical_or"}, {"__bxor", "logical_xor"}};

/* Lua calls these with the operand twice. */
static int value_unary(lua_State *L) {
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 1, 1);
  return 1;
}

/* Same shape and the same elements: one boolean. */
static bool same_values(const Tensor *a, const Tensor *b, int *status) {
  Tensor equal, all;
  if (!tensor_same_shape(a, b)) return false;
  TensorDType dtype = tensor_dtype_promote(a->dtype, b->dtype);
  *status = tensor_new_like(&equal, TENSOR_BOOL, a);
  if (*status != TENSOR_OK) return false;
  *status = tensor_map(&tensor_maps[TENSOR_MAP_eq], dtype, &equal,
                       (const Tensor *const[]){a, b});
  bool result = false;
  if (*status == TENSOR_OK) *status = tensor_new(&all, TENSOR_BOOL, 0, NULL);
  if (*status == TENSOR_OK) {
    *status = tensor_reduce(TENSOR_ALL, &all, &equal, ~0u);
    result = tensor_get_int(&all, 0) != 0;
    tensor_release(&all);
  }
  tensor_release(&equal);
  return result;
}

static int value_eq(lua_State *L) {
  Value *a = vm_to_value(L, 1), *b = vm_to_value(L, 2);
  int status = TENSOR_OK;
  bool equal = a != NULL && b != NULL && same_values(&a->t, &b->t, &status);
  if (status != TENSOR_OK) return vm_raise(L, status);
  lua_pushboolean(L, equal);
  return 1;
}

/* One number of each operand, or an error that names the method. */
static int compare(lua_State *L, const char *method, bool or_equal) {
  double x[2];
  for (int k = 0; k < 2; k++) {
    Value *v = vm_to_value(L, k + 1);
    if (v != NULL && v->t.ndim == 0)
      x[k] = tensor_get(&v->t, 0);
    else if (v == NULL && lua_type(L, k + 1) == LUA_TNUMBER)
      x[k] = (double)lua_tonumber(L, k + 1);
    else
      return vm_error(L,
                      "tensors are compared element by element with "
                      "methods: a:%s(b); < and its kin need 0-d tensors "
                      "or numbers",
                      method);
  }
  lua_pushboolean(L, or_equal ? x[0] <= x[1] : x[0] < x[1]);
  return 1;
}

static int value_lt(lua_State *L) { return compare(L, "lt", false); }
static int value_le(lua_State *L) { return compare(L, "le", true); }

static int tensor_allclose(lua_State *L) {
  Value *a = vm_check_value(L, 1), *b = vm_check_value(L, 2);
  double rtol = luaL_optnumber(L, 3, 1e-5), atol = luaL_optnumber(L, 4, 1e-8);
  Tensor x, y;
  bool close = true;
  if (!tensor_same_shape(&a->t, &b->t)) {
    char s[TENSOR_SHAPE_TEXT], t[TENSOR_SHAPE_TEXT];
    return vm_error(L, "allclose: the shapes %s and %s differ",
                    tensor_shape_text(a->t.ndim, a->t.shape, s),
                    tensor_shape_text(b->t.ndim, b->t.shape, t));
  }
  int status = tensor_as(&x, &a->t, TENSOR_FLOAT64);
  if (status != TENSOR_OK) return vm_raise(L, status);
  status = tensor_as(&y, &b->t, TENSOR_FLOAT64);
  if (status == TENSOR_OK) {
    const double *p = (const double *)(const void *)x.data;
    const double *q = (const double *)(const void *)y.data;
    for (int64_t k = 0, n = tensor_numel(&x); close && k < n; k++) {
      double d = p[k] > q[k] ? p[k] - q[k] : q[k] - p[k];
      double size = q[k] < 0 ? -q[k] : q[k];
      close = p[k] == q[k] || d <= atol + rtol * size;
    }
    tensor_release(&y);
  }
  tensor_release(&x);
  if (status != TENSOR_OK) return vm_raise(L, status);
  lua_pushboolean(L, close);
  return 1;
}

/* }== the metatable {== */

static void set_operator(lua_State *L, int methods, const char *event,
                         const char *method) {
  lua_getfield(L, methods, method);
  lua_setfield(L, -2, event);
}

static void set_unary(lua_State *L, int methods, const char *event,
                      const char *method) {
  lua_getfield(L, methods, method);
  lua_pushcclosure(L, value_unary, 1);
  lua_setfield(L, -2, event);
}

void vm_make_metatable(lua_State *L) {
  int methods = lua_gettop(L);
  static const luaL_Reg events[] = {
      {"__gc", value_gc},   {"__tostring", vm_tensor_tostring},
      {"__len", value_len}, {"__newindex", value_newindex},
      {"__eq", value_eq},   {"__lt", value_lt},
      {"__le", value_le},   {NULL, NULL}};
  lua_newtable(L);
  metatable = lua_topointer(L, -1);
  luaL_setfuncs(L, events, 0);
  lua_pushvalue(L, methods);
  lua_pushcclosure(L, value_index, 1);
  lua_setfield(L, -2, "__index");
  for (size_t k = 0; k < sizeof operators / sizeof *operators; k++)
    set_operator(L, methods, operators[k].event, operators[k].method);
  set_unary(L, methods, "__unm", "neg");
  set_unary(L, methods, "__bnot", "logical_not");
  lua_pushliteral(L, "tensor");
  lua_setfield(L, -2, "__name");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
}

const VmFunction vm_functions_value[] = {
    {"tensor.is", "x", tensor_is,
     "Whether x is a tensor.\n"
     "  > tensor.is(tensor.zeros(2)), tensor.is({1, 2})\n"
     "  true\n"
     "  false"},
    {"tensor:allclose", "other, rtol = 1e-5, atol = 1e-8", tensor_allclose,
     "Whether |x - other| <= atol + rtol * |other| for every element: one "
     "boolean. The shapes must agree; NaN is close to nothing.\n"
     "  > tensor({1, 2}):allclose(tensor({1, 2.00001}))\n"
     "  true"},
    {"tensor:item", "", value_item,
     "The one element of x as a Lua number (or boolean); an error if x has "
     "another number of elements.\n"
     "  > tensor({{42}}):item()\n"
     "  42.0"},
    {"tensor:totable", "", value_totable,
     "The elements as nested Lua tables; a number for a 0-d tensor.\n"
     "  > tensor({{1, 2}, {3, 4}}):totable()[2][1]\n"
     "  3.0"},
    {"tensor:numel", "", value_numel,
     "How many elements x has: the product of its sizes.\n"
     "  > tensor.zeros(2, 3):numel()\n"
     "  6"},
    {"tensor:is_contiguous", "", value_is_contiguous,
     "Whether the elements lie in row-major order without gaps.\n"
     "  > tensor.zeros(2, 3):is_contiguous()\n"
     "  true\n"
     "  > tensor.zeros(2, 3).T:is_contiguous()\n"
     "  false"},
    {NULL, NULL, NULL, NULL}};

/* }== */
