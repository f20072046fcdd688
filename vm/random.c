/*
** random.c - new tensors of random numbers.
*/
#include "vm/create.h"

static int float_only(lua_State *L, const OpShape *s, const char *who) {
  if (tensor_dtype_is_float(s->dtype)) return 0;
  return vm_error(L, "%s: the dtype must be float32 or float64", who);
}

static int create_rand(lua_State *L) {
  OpShape s;
  vm_check_shape(L, 1, "rand", &s, nn_default_dtype);
  float_only(L, &s, "rand");
  return vm_made(L, tensor_random_uniform(vm_push_new(L, &s, "rand"), 0, 1));
}

static int create_randn(lua_State *L) {
  OpShape s;
  vm_check_shape(L, 1, "randn", &s, nn_default_dtype);
  float_only(L, &s, "randn");
  return vm_made(L, tensor_random_normal(vm_push_new(L, &s, "randn"), 0, 1));
}

static int create_rand_like(lua_State *L) {
  OpShape s;
  vm_check_like(L, 2, "rand_like", &s);
  float_only(L, &s, "rand_like");
  return vm_made(L,
                 tensor_random_uniform(vm_push_new(L, &s, "rand_like"), 0, 1));
}

static int create_randn_like(lua_State *L) {
  OpShape s;
  vm_check_like(L, 2, "randn_like", &s);
  float_only(L, &s, "randn_like");
  return vm_made(L,
                 tensor_random_normal(vm_push_new(L, &s, "randn_like"), 0, 1));
}

static int create_uniform(lua_State *L) {
  OpShape s;
  double low = vm_check_number(L, 1, "uniform", "low");
  double high = vm_check_number(L, 2, "uniform", "high");
  vm_check_shape(L, 3, "uniform", &s, nn_default_dtype);
  float_only(L, &s, "uniform");
  if (!(low <= high))
    return vm_error(L, "uniform: low (%f) must not be above high (%f)", low,
                    high);
  Tensor *t = vm_push_new(L, &s, "uniform");
  return vm_made(L, tensor_random_uniform(t, low, high));
}

static int create_normal(lua_State *L) {
  OpShape s;
  double mean = vm_check_number(L, 1, "normal", "mean");
  double sd = vm_check_number(L, 2, "normal", "sd");
  vm_check_shape(L, 3, "normal", &s, nn_default_dtype);
  float_only(L, &s, "normal");
  if (!(sd >= 0))
    return vm_error(L, "normal: the standard deviation cannot be negative");
  return vm_made(L,
                 tensor_random_normal(vm_push_new(L, &s, "normal"), mean, sd));
}

static int create_randint(lua_State *L) {
  OpShape s;
  int64_t low, high;
  if (!vm_read_integer(L, 1, &low) || !vm_read_integer(L, 2, &high))
    return vm_error(L, "randint: takes whole numbers low and high, then a "
                       "shape");
  if (low > high)
    return vm_error(L, "randint: low (%I) must not be above high (%I)",
                    (LUAI_UACINT)low, (LUAI_UACINT)high);
  vm_check_shape(L, 3, "randint", &s, TENSOR_INT64);
  Tensor *t = vm_push_new(L, &s, "randint");
  return vm_made(L, tensor_random_integers(t, low, high));
}

static int create_randperm(lua_State *L) {
  OpShape s = {.ndim = 1, .dtype = TENSOR_INT64};
  if (!vm_read_integer(L, 1, &s.shape[0]) || s.shape[0] < 0)
    return vm_error(L, "randperm: takes a count of 0 or more");
  return vm_made(L, tensor_random_permutation(vm_push_new(L, &s, "randperm")));
}

static int create_bernoulli(lua_State *L) {
  Value *p = vm_check_value(L, 1);
  OpShape s;
  vm_check_like(L, 2, "bernoulli", &s);
  Tensor *t = vm_push_new(L, &s, "bernoulli");
  return vm_made(L, tensor_random_bernoulli(t, &p->t));
}

static int create_multinomial(lua_State *L) {
  Value *p = vm_check_value(L, 1);
  OpShape s;
  int64_t count = 1;
  vm_check_like(L, 9, "multinomial", &s);
  s.dtype = TENSOR_INT64;
  if (s.ndim == 0 || (!lua_isnoneornil(L, 2) && !vm_read_integer(L, 2, &count)))
    return vm_error(L, "multinomial: takes weights (1-d or more), a count and "
                       "whether to put back");
  if (count < 0) return vm_error(L, "multinomial: the count is negative");
  s.shape[s.ndim - 1] = count;
  bool replacement = lua_toboolean(L, 3) != 0;
  Tensor *t = vm_push_new(L, &s, "multinomial");
  return vm_made(L, tensor_random_multinomial(t, &p->t, replacement));
}

static int create_manual_seed(lua_State *L) {
  int64_t seed;
  if (!vm_read_integer(L, 1, &seed))
    return vm_error(L, "manual_seed: takes a whole number, got %s",
                    vm_kind_of(L, 1));
  tensor_random_seed((uint64_t)seed);
  return 0;
}

const VmFunction vm_functions_random[] = {
    {"tensor.rand", "shape...: ints, dtype = \"float32\"", create_rand,
     "Uniform random numbers, 0 <= x < 1.\n"
     "  > tensor.rand(2, 3).shape\n"
     "  (2, 3)"},
    {"tensor.randn", "shape...: ints, dtype = \"float32\"", create_randn,
     "Normal random numbers of mean 0 and standard deviation 1.\n"
     "  > tensor.randn(2, 3).shape\n"
     "  (2, 3)"},
    {"tensor.rand_like", "x, dtype = x.dtype", create_rand_like,
     "Uniform random numbers, 0 <= x < 1, in the shape of x.\n"
     "  > tensor.rand_like(tensor.zeros(2, 3)).shape\n"
     "  (2, 3)"},
    {"tensor.randn_like", "x, dtype = x.dtype", create_randn_like,
     "Normal random numbers of mean 0 and standard deviation 1, in the shape "
     "of x.\n"
     "  > tensor.randn_like(tensor.zeros(2, 3)).shape\n"
     "  (2, 3)"},
    {"tensor.uniform", "low, high, shape...: ints, dtype = \"float32\"",
     create_uniform,
     "Uniform random numbers, low <= x < high.\n"
     "  > tensor.uniform(5, 6, 100):floor():eq(5):all():item()\n"
     "  true"},
    {"tensor.normal", "mean, sd, shape...: ints, dtype = \"float32\"",
     create_normal,
     "Normal random numbers of that mean and standard deviation sd, which is "
     "not negative.\n"
     "  > tensor.normal(10, 0, 3)\n"
     "  float32 (3)\n"
     "    10  10  10"},
    {"tensor.randint", "low, high, shape...: ints, dtype = \"int64\"",
     create_randint,
     "Random whole numbers, low and high included.\n"
     "  > tensor.randint(1, 6, 1000):amax():item()\n"
     "  6"},
    {"tensor.randperm", "n", create_randperm,
     "The numbers 1..n in random order, int64.\n"
     "  > tensor.randperm(9):sum():item()\n"
     "  45"},
    {"tensor.bernoulli", "p, dtype = p.dtype", create_bernoulli,
     "1 with the probability that the element of p says (0..1), else 0.\n"
     "  > tensor.bernoulli(tensor({0, 1, 1}))\n"
     "  float32 (3)\n"
     "    0  1  1"},
    {"tensor.multinomial", "weights, count = 1, replacement = false",
     create_multinomial,
     "Positions, from 1, drawn by weights along the last dim, as int64. The "
     "weights are not negative and need not add up to 1. Without replacement "
     "none is drawn twice: it is an error to draw more than there are.\n"
     "  > tensor.multinomial(tensor({0, 3, 0})):item()\n"
     "  2"},
    {"tensor.manual_seed", "n", create_manual_seed,
     "Sets the seed of all random numbers, a whole number: the same seed, "
     "machine and number of threads give the same numbers.\n"
     "  > tensor.manual_seed(7)\n"
     "  > a = tensor.rand(3)\n"
     "  > tensor.manual_seed(7)\n"
     "  > a == tensor.rand(3)\n"
     "  true"},
    {NULL, NULL, NULL, NULL}};
