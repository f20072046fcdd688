/*
** create.c - new tensors, filled or counted, and x:float() and its kin.
*/
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vm/create.h"

/* {== the box */

/* A fresh tensor in a box on the stack; once more after collecting. */
Tensor *vm_push_new(lua_State *L, const OpShape *s, const char *who) {
  Tensor t;
  Value **box = vm_new_box(L);
  int status = tensor_new(&t, s->dtype, s->ndim, s->shape);
  if (status == TENSOR_NO_MEMORY) {
    lua_gc(L, LUA_GCCOLLECT);
    status = tensor_new(&t, s->dtype, s->ndim, s->shape);
  }
  if (status != TENSOR_OK) {
    tensor_fail_in(status, "%s: ", who);
    vm_raise(L, status);
  }
  *box = nn_value_new(&t);
  if (*box == NULL) vm_raise(L, TENSOR_NO_MEMORY);
  return &(*box)->t;
}

int vm_made(lua_State *L, int status) {
  if (status != TENSOR_OK) return vm_raise(L, status);
  vm_charge(L);
  return 1;
}

/* }== filled {== */

static int fill_number(lua_State *L, Tensor *t, int idx, const char *who) {
  if (lua_isinteger(L, idx))
    return tensor_fill_int(t, (int64_t)lua_tointeger(L, idx));
  if (lua_type(L, idx) == LUA_TNUMBER)
    return tensor_fill(t, (double)lua_tonumber(L, idx));
  if (lua_type(L, idx) == LUA_TBOOLEAN)
    return tensor_fill_int(t, lua_toboolean(L, idx));
  return tensor_fail("%s: the value must be a number, got %s", who,
                     vm_kind_of(L, idx));
}

static int create_zeros(lua_State *L) {
  OpShape s;
  vm_check_shape(L, 1, "zeros", &s, nn_default_dtype);
  return vm_made(L, tensor_fill(vm_push_new(L, &s, "zeros"), 0));
}

static int create_ones(lua_State *L) {
  OpShape s;
  vm_check_shape(L, 1, "ones", &s, nn_default_dtype);
  return vm_made(L, tensor_fill(vm_push_new(L, &s, "ones"), 1));
}

static int create_empty(lua_State *L) {
  OpShape s;
  vm_check_shape(L, 1, "empty", &s, nn_default_dtype);
  vm_push_new(L, &s, "empty");
  return vm_made(L, TENSOR_OK);
}

/* full({2, 3}, value, dtype) or full(2, 3, value). */
static int create_full(lua_State *L) {
  OpShape s;
  int last = lua_gettop(L), dtype_at = 0, value_at = 2;
  if (last > 1 && vm_is_dtype(L, last)) dtype_at = last--;
  if (last < 2) return vm_error(L, "full: takes a shape and a value");
  if (lua_type(L, 1) != LUA_TTABLE) value_at = last;
  int status = vm_read_shape(L, 1, value_at - 1, "full", s.shape, &s.ndim);
  if (status != TENSOR_OK) return vm_raise(L, status);
  TensorDType natural =
      lua_type(L, value_at) == LUA_TBOOLEAN ? TENSOR_BOOL : nn_default_dtype;
  s.dtype =
      vm_check_dtype(L, dtype_at == 0 ? last + 1 : dtype_at, natural, "full");
  Tensor *t = vm_push_new(L, &s, "full");
  return vm_made(L, fill_number(L, t, value_at, "full"));
}

static int create_eye(lua_State *L) {
  OpShape s;
  vm_check_shape(L, 1, "eye", &s, nn_default_dtype);
  if (s.ndim == 1) s.shape[s.ndim++] = s.shape[0];
  if (s.ndim != 2) return vm_error(L, "eye: takes one or two sizes");
  Tensor *t = vm_push_new(L, &s, "eye");
  int status = tensor_fill(t, 0);
  for (int64_t k = 0; k < s.shape[0] && k < s.shape[1]; k++)
    tensor_set_int(t, k * (s.shape[1] + 1), 1);
  return vm_made(L, status);
}

static int create_zeros_like(lua_State *L) {
  OpShape s;
  vm_check_like(L, 2, "zeros_like", &s);
  return vm_made(L, tensor_fill(vm_push_new(L, &s, "zeros_like"), 0));
}

static int create_ones_like(lua_State *L) {
  OpShape s;
  vm_check_like(L, 2, "ones_like", &s);
  return vm_made(L, tensor_fill(vm_push_new(L, &s, "ones_like"), 1));
}

static int create_full_like(lua_State *L) {
  OpShape s;
  vm_check_like(L, 3, "full_like", &s);
  Tensor *t = vm_push_new(L, &s, "full_like");
  return vm_made(L, fill_number(L, t, 2, "full_like"));
}

/* }== counted {== */

/* Elements between two looks at the interrupt flag. */
#define POLL_EVERY (INT64_C(1) << 22)

/* t[k] = first + k distance, or 10 to the power of it. */
static int fill_spaced(Tensor *t, double first, double distance, bool powers) {
  for (int64_t k = 0; k < t->shape[0]; k++) {
    double x = first + (double)k * distance;
    tensor_set(t, k, powers ? pow(10, x) : x);
    if (k % POLL_EVERY == 0 && tensor_poll() != TENSOR_OK)
      return TENSOR_INTERRUPTED;
  }
  return TENSOR_OK;
}

/* How many steps of `step` fit from first to last, both included. */
static int64_t count_steps(double first, double last, double step) {
  double n = floor((last - first) / step * (1 + 1e-15) + 1e-10) + 1;
  return n > 0 ? (n < 9e18 ? (int64_t)n : INT64_MAX) : 0;
}

/* The same in whole numbers, of which doubles know not all. */
static int64_t count_whole(int64_t first, int64_t last, int64_t step) {
  if (step > 0 ? first > last : first < last) return 0;
  uint64_t way = step > 0 ? (uint64_t)last - (uint64_t)first
                          : (uint64_t)first - (uint64_t)last;
  uint64_t stride = step > 0 ? (uint64_t)step : -(uint64_t)step;
  uint64_t n = way / stride;
  return n >= INT64_MAX ? INT64_MAX : (int64_t)n + 1;
}

static int arange_whole(lua_State *L, OpShape *s, int64_t first, int64_t last,
                        int64_t step) {
  s->shape[0] = count_whole(first, last, step);
  Tensor *t = vm_push_new(L, s, "arange");
  for (int64_t k = 0; k < s->shape[0]; k++) {
    tensor_set_int(t, k, first + k * step);
    if (k % POLL_EVERY == 0 && tensor_poll() != TENSOR_OK)
      return vm_raise(L, TENSOR_INTERRUPTED);
  }
  return vm_made(L, TENSOR_OK);
}

static int create_arange(lua_State *L) {
  OpShape s = {.ndim = 1};
  int top = lua_gettop(L);
  if (top > 1 && vm_is_dtype(L, top)) top--;
  bool whole = true;
  if (top < 1 || top > 3)
    return vm_error(L, "arange: takes (n), (first, last) or (first, last, "
                       "step)");
  for (int k = 1; k <= top; k++) {
    if (lua_type(L, k) != LUA_TNUMBER)
      return vm_error(L, "arange: argument %d must be a number, got %s", k,
                      vm_kind_of(L, k));
    whole = whole && lua_isinteger(L, k);
  }
  double first = top > 1 ? lua_tonumber(L, 1) : 1;
  double last = lua_tonumber(L, top > 1 ? 2 : 1);
  double step = top > 2 ? lua_tonumber(L, 3) : 1;
  if (step == 0 || step != step || first != first || last != last ||
      isinf(first) || isinf(last))
    return vm_error(L, "arange: first and last must be finite, step not 0");
  s.dtype = vm_check_dtype(L, top + 1, whole ? TENSOR_INT64 : nn_default_dtype,
                           "arange");
  if (whole)
    return arange_whole(L, &s, top > 1 ? lua_tointeger(L, 1) : 1,
                        lua_tointeger(L, top > 1 ? 2 : 1),
                        top > 2 ? lua_tointeger(L, 3) : 1);
  s.shape[0] = count_steps(first, last, step);
  return vm_made(L,
                 fill_spaced(vm_push_new(L, &s, "arange"), first, step, false));
}

double vm_check_number(lua_State *L, int idx, const char *who,
                       const char *what) {
  if (lua_type(L, idx) != LUA_TNUMBER)
    vm_error(L, "%s: argument %d (%s) must be a number, got %s", who, idx, what,
             vm_kind_of(L, idx));
  return (double)lua_tonumber(L, idx);
}

/* `count` numbers from first to last at equal distances. */
static Tensor *push_spaced(lua_State *L, const char *who, double *first,
                           double *distance) {
  OpShape s = {.ndim = 1};
  *first = vm_check_number(L, 1, who, "first");
  double last = vm_check_number(L, 2, who, "last");
  if (!vm_read_integer(L, 3, &s.shape[0]))
    vm_error(L, "%s: argument 3 (count) must be a whole number, got %s", who,
             vm_kind_of(L, 3));
  s.dtype = vm_check_dtype(L, 4, nn_default_dtype, who);
  if (s.shape[0] < 0) vm_error(L, "%s: the count cannot be negative", who);
  *distance = s.shape[0] > 1 ? (last - *first) / (double)(s.shape[0] - 1) : 0;
  return vm_push_new(L, &s, who);
}

static int create_linspace(lua_State *L) {
  double first, distance;
  Tensor *t = push_spaced(L, "linspace", &first, &distance);
  int64_t n = t->shape[0];
  int status = fill_spaced(t, first, distance, false);
  if (n > 1) tensor_set(t, n - 1, lua_tonumber(L, 2));
  return vm_made(L, status);
}

static int create_logspace(lua_State *L) {
  double first, distance;
  Tensor *t = push_spaced(L, "logspace", &first, &distance);
  return vm_made(L, fill_spaced(t, first, distance, true));
}

/* }== dtypes {== */

static int create_default_dtype(lua_State *L) {
  TensorDType was = nn_default_dtype;
  TensorDType d = vm_check_dtype(L, 1, was, "default_dtype");
  if (!tensor_dtype_is_float(d))
    return vm_error(L, "default_dtype: must be float32 or float64");
  nn_default_dtype = d;
  lua_pushstring(L, tensor_dtype_name(was));
  return 1;
}

/* x:float() and its kin. */
static int to_dtype(lua_State *L, TensorDType d) {
  Value *v = vm_check_value(L, 1);
  OpAttrs attrs;
  attrs.i[0] = d;
  int status = vm_apply(L, nn_row("to"), 1, &v, &attrs);
  return status == TENSOR_OK ? vm_made(L, status) : vm_raise(L, status);
}

static int to_float(lua_State *L) { return to_dtype(L, TENSOR_FLOAT32); }
static int to_double(lua_State *L) { return to_dtype(L, TENSOR_FLOAT64); }
static int to_long(lua_State *L) { return to_dtype(L, TENSOR_INT64); }
static int to_int(lua_State *L) { return to_dtype(L, TENSOR_INT32); }
static int to_byte(lua_State *L) { return to_dtype(L, TENSOR_UINT8); }
static int to_bool(lua_State *L) { return to_dtype(L, TENSOR_BOOL); }

/* }== */

const VmFunction vm_functions_create[] = {
    {"tensor.zeros", "shape...: ints, dtype = \"float32\"", create_zeros,
     "A tensor full of 0.\n"
     "  > tensor.zeros(2, 3)\n"
     "  float32 (2, 3)\n"
     "    0  0  0\n"
     "    0  0  0\n"
     "  > tensor.zeros({2}, \"int64\")\n"
     "  int64 (2)\n"
     "    0  0\n"
     "  > tensor.zeros{2, 3, dtype=\"int64\"}.dtype\n"
     "  int64"},
    {"tensor.ones", "shape...: ints, dtype = \"float32\"", create_ones,
     "A tensor full of 1.\n"
     "  > tensor.ones(2, 3)\n"
     "  float32 (2, 3)\n"
     "    1  1  1\n"
     "    1  1  1"},
    {"tensor.empty", "shape...: ints, dtype = \"float32\"", create_empty,
     "A tensor whose elements are not set: whatever lies in memory. For one "
     "that is written at once.\n"
     "  > tensor.empty(2, 3).shape\n"
     "  (2, 3)"},
    {"tensor.full", "shape: ints, value, dtype = \"float32\"", create_full,
     "A tensor full of value; a boolean value gives a bool tensor.\n"
     "  > tensor.full({2, 2}, 7)\n"
     "  float32 (2, 2)\n"
     "    7  7\n"
     "    7  7\n"
     "  > tensor.full(3, true)\n"
     "  bool (3)\n"
     "    true  true  true"},
    {"tensor.eye", "rows, columns = rows, dtype = \"float32\"", create_eye,
     "1 on the diagonal, 0 elsewhere: the identity matrix.\n"
     "  > tensor.eye(2)\n"
     "  float32 (2, 2)\n"
     "    1  0\n"
     "    0  1"},
    {"tensor.zeros_like", "x, dtype = x.dtype", create_zeros_like,
     "Zeros in the shape of x.\n"
     "  > tensor.zeros_like(tensor({1, 2}))\n"
     "  float32 (2)\n"
     "    0  0"},
    {"tensor.ones_like", "x, dtype = x.dtype", create_ones_like,
     "Ones in the shape of x.\n"
     "  > tensor.ones_like(tensor({5, 6}), \"int64\")\n"
     "  int64 (2)\n"
     "    1  1"},
    {"tensor.full_like", "x, value, dtype = x.dtype", create_full_like,
     "value in the shape of x.\n"
     "  > tensor.full_like(tensor({1, 2}), 9)\n"
     "  float32 (2)\n"
     "    9  9"},
    {"tensor.arange", "first = 1, last, step = 1, dtype = nil", create_arange,
     "The numbers from first to last, both included, as Lua's for counts; "
     "arange(n) is 1..n. Whole numbers give int64, others the default float. "
     "Step may be negative; first beyond last gives an empty tensor.\n"
     "  > tensor.arange(4)\n"
     "  int64 (4)\n"
     "    1  2  3  4\n"
     "  > tensor.arange(1, 2, 0.5)\n"
     "  float32 (3)\n"
     "    1.0000  1.5000  2.0000"},
    {"tensor.linspace", "first, last, count, dtype = \"float32\"",
     create_linspace,
     "count numbers from first to last, both included, equally far apart.\n"
     "  > tensor.linspace(0, 1, 5)\n"
     "  float32 (5)\n"
     "         0  0.2500  0.5000  0.7500  1.0000"},
    {"tensor.logspace", "first, last, count, dtype = \"float32\"",
     create_logspace,
     "10 to the power of linspace(first, last, count).\n"
     "  > tensor.logspace(0, 2, 3)\n"
     "  float32 (3)\n"
     "      1   10  100"},
    {"tensor.default_dtype", "dtype = nil", create_default_dtype,
     "Sets the float dtype of new tensors, \"float32\" or \"float64\", and "
     "returns what it was; without an argument it changes nothing.\n"
     "  > tensor.default_dtype()\n"
     "  float32"},
    {"tensor:float", "", to_float,
     "x as float32; x itself if it is.\n"
     "  > tensor({1, 2}, \"int64\"):float().dtype\n"
     "  float32"},
    {"tensor:double", "", to_double,
     "x as float64; x itself if it is.\n"
     "  > tensor({1, 2}):double().dtype\n"
     "  float64"},
    {"tensor:long", "", to_long,
     "x as int64, without fractions; x itself if it is.\n"
     "  > tensor({1.7, -1.7}):long()\n"
     "  int64 (2)\n"
     "     1  -1"},
    {"tensor:int", "", to_int,
     "x as int32, without fractions; x itself if it is.\n"
     "  > tensor({1.7, -1.7}):int().dtype\n"
     "  int32"},
    {"tensor:byte", "", to_byte,
     "x as uint8, without fractions and clipped to 0..255; x itself if it is.\n"
     "  > tensor({-1, 2.5, 300}):byte()\n"
     "  uint8 (3)\n"
     "      0    2  255"},
    {"tensor:bool", "", to_bool,
     "x as bool: whether it is not 0.\n"
     "  > tensor({0, 0.5}):bool()\n"
     "  bool (2)\n"
     "    false   true"},
    {NULL, NULL, NULL, NULL}};
