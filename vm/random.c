/*
** random.c - new tensors of random numbers.
*/
#include <string.h>

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

/* {== distributions by their parameters, numbers or tensors */

#define PARAMETERS 2

/* What a call was given, and the tensor it is to make. */
typedef struct Given {
  Tensor x[PARAMETERS]; /* borrowed; a number is a 0-d tensor */
  double numbers[PARAMETERS];
  bool tensors; /* there is one among them */
  OpShape s;
} Given;

/* Parameter k, at stack index k + 1: a number, or a tensor, whose shape the
** result's grows to. */
static void read_parameter(lua_State *L, const char *who, const char *name,
                           int k, Given *g) {
  Value *v = vm_to_value(L, k + 1);
  if (v == NULL && lua_type(L, k + 1) != LUA_TNUMBER)
    vm_error(L, "%s: argument %d (%s) must be a number or a tensor, got %s",
             who, k + 1, name, vm_kind_of(L, k + 1));
  if (v == NULL) {
    g->numbers[k] = (double)lua_tonumber(L, k + 1);
    g->x[k] = (Tensor){.data = (char *)&g->numbers[k], .dtype = TENSOR_FLOAT64};
    return;
  }
  g->x[k] = v->t;
  Tensor so_far = {.ndim = g->s.ndim};
  memcpy(so_far.shape, g->s.shape, sizeof so_far.shape);
  int status = tensor_broadcast_shape(&so_far, &v->t, &g->s.ndim, g->s.shape);
  if (status != TENSOR_OK) {
    tensor_fail_in(status, "%s: ", who);
    vm_raise(L, status);
  }
  g->s.dtype =
      g->tensors ? tensor_dtype_promote(g->s.dtype, v->t.dtype) : v->t.dtype;
  g->tensors = true;
}

/* f(parameters, shape... [, dtype]), or f(parameters [, dtype]) where there
** is a tensor among them. names ends with NULL. */
static void read_given(lua_State *L, const char *who, const char *const *names,
                       Given *g) {
  int count = 0;
  *g = (Given){.tensors = false};
  for (; names[count] != NULL; count++)
    read_parameter(L, who, names[count], count, g);
  if (!g->tensors) {
    vm_check_shape(L, count + 1, who, &g->s, nn_default_dtype);
    return;
  }
  int type = lua_type(L, count + 1);
  if (type == LUA_TNUMBER || type == LUA_TTABLE)
    vm_error(L,
             "%s: takes no shape where a parameter is a tensor: the shape "
             "is the tensor's",
             who);
  g->s.dtype = vm_check_dtype(L, count + 1, g->s.dtype, who);
}

/* The same, of a float dtype; integers give the default one. */
static void read_given_floats(lua_State *L, const char *who,
                              const char *const *names, Given *g) {
  read_given(L, who, names, g);
  bool named = lua_type(L, lua_gettop(L)) == LUA_TSTRING;
  if (!named && !tensor_dtype_is_float(g->s.dtype))
    g->s.dtype = nn_default_dtype;
  float_only(L, &g->s, who);
}

static int create_uniform(lua_State *L) {
  static const char *const names[] = {"low", "high", NULL};
  Given g;
  read_given_floats(L, "uniform", names, &g);
  double low = g.numbers[0], high = g.numbers[1];
  if (!g.tensors && !(low <= high))
    return vm_error(L, "uniform: low (%f) must not be above high (%f)", low,
                    high);
  Tensor *t = vm_push_new(L, &g.s, "uniform");
  return vm_made(L, g.tensors ? tensor_random_uniform_given(t, &g.x[0], &g.x[1])
                              : tensor_random_uniform(t, low, high));
}

static int create_normal(lua_State *L) {
  static const char *const names[] = {"mean", "sd", NULL};
  Given g;
  read_given_floats(L, "normal", names, &g);
  double mean = g.numbers[0], sd = g.numbers[1];
  if (!g.tensors && !(sd >= 0))
    return vm_error(L, "normal: the standard deviation cannot be negative");
  Tensor *t = vm_push_new(L, &g.s, "normal");
  return vm_made(L, g.tensors ? tensor_random_normal_given(t, &g.x[0], &g.x[1])
                              : tensor_random_normal(t, mean, sd));
}

static int create_exponential(lua_State *L) {
  static const char *const names[] = {"rate", NULL};
  Given g;
  read_given_floats(L, "exponential", names, &g);
  Tensor *t = vm_push_new(L, &g.s, "exponential");
  return vm_made(L, tensor_random_exponential(t, &g.x[0]));
}

static int create_gamma(lua_State *L) {
  static const char *const names[] = {"concentration", "rate", NULL};
  Given g;
  read_given_floats(L, "gamma", names, &g);
  Tensor *t = vm_push_new(L, &g.s, "gamma");
  return vm_made(L, tensor_random_gamma(t, &g.x[0], &g.x[1]));
}

static int create_beta(lua_State *L) {
  static const char *const names[] = {"a", "b", NULL};
  Given g;
  read_given_floats(L, "beta", names, &g);
  Tensor *t = vm_push_new(L, &g.s, "beta");
  return vm_made(L, tensor_random_beta(t, &g.x[0], &g.x[1]));
}

static int create_poisson(lua_State *L) {
  static const char *const names[] = {"rate", NULL};
  Given g;
  read_given(L, "poisson", names, &g);
  Tensor *t = vm_push_new(L, &g.s, "poisson");
  return vm_made(L, tensor_random_poisson(t, &g.x[0]));
}

/* }== whole numbers and positions {== */

/* Whole numbers low and high at idx and after it. */
static void check_ends(lua_State *L, int idx, const char *who, int64_t *low,
                       int64_t *high) {
  if (!vm_read_integer(L, idx, low) || !vm_read_integer(L, idx + 1, high))
    vm_error(L, "%s: takes whole numbers low and high%s", who,
             idx == 1 ? ", then a shape" : " after the tensor");
  if (*low > *high)
    vm_error(L, "%s: low (%I) must not be above high (%I)", who,
             (LUAI_UACINT)*low, (LUAI_UACINT)*high);
}

static int create_randint(lua_State *L) {
  OpShape s;
  int64_t low, high;
  check_ends(L, 1, "randint", &low, &high);
  vm_check_shape(L, 3, "randint", &s, TENSOR_INT64);
  Tensor *t = vm_push_new(L, &s, "randint");
  return vm_made(L, tensor_random_integers(t, low, high));
}

static int create_randint_like(lua_State *L) {
  OpShape s;
  int64_t low, high;
  vm_check_like(L, 4, "randint_like", &s);
  check_ends(L, 2, "randint_like", &low, &high);
  Tensor *t = vm_push_new(L, &s, "randint_like");
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

/* }== for checkpoints {== */

/* random_state() -> seed, counter: where the stream of random numbers is */
static int random_get_state(lua_State *L) {
  TensorRandom state = tensor_random_state();
  lua_pushinteger(L, (lua_Integer)state.seed);
  lua_pushinteger(L, (lua_Integer)state.counter);
  return 2;
}

/* restore_random_state(seed, counter): goes on from there */
static int random_set_state(lua_State *L) {
  TensorRandom state = {.seed = (uint64_t)luaL_checkinteger(L, 1),
                        .counter = (uint64_t)luaL_checkinteger(L, 2)};
  tensor_random_restore(state);
  return 0;
}

const luaL_Reg vm_native_random[] = {{"random_state", random_get_state},
                                     {"restore_random_state", random_set_state},
                                     {NULL, NULL}};

/* }== */

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
     "Uniform random numbers, low <= x < high. Either may be a tensor: then "
     "they broadcast together, and the shape is left out. In place: "
     "tensor.uniform_.\n"
     "  > tensor.uniform(5, 6, 100):floor():eq(5):all():item()\n"
     "  true\n"
     "  > tensor.uniform(tensor({10, 20}), tensor({11, 21})):floor()\n"
     "  float32 (2)\n"
     "    10  20"},
    {"tensor.normal", "mean, sd, shape...: ints, dtype = \"float32\"",
     create_normal,
     "Normal random numbers of that mean and standard deviation sd, which is "
     "not negative. Either may be a tensor: then they broadcast together, "
     "and the shape is left out. No gradient flows through the draw; it does "
     "through mean + sd * tensor.randn_like(mean). In place: "
     "tensor.normal_.\n"
     "  > tensor.normal(10, 0, 3)\n"
     "  float32 (3)\n"
     "    10  10  10\n"
     "  > tensor.normal(tensor({1, 2, 3}), 0)\n"
     "  float32 (3)\n"
     "    1  2  3"},
    {"tensor.exponential", "rate, shape...: ints, dtype = \"float32\"",
     create_exponential,
     "Exponential random numbers, above 0, of density rate * exp(-rate * x) "
     "and mean 1 / rate: the waiting times for events that come at that "
     "rate, which is finite and above 0. The rate may be a tensor: then the "
     "shape is the tensor's and left out. In place: tensor.exponential_.\n"
     "  > tensor.exponential(2, 100):gt(0):all():item()\n"
     "  true\n"
     "  > tensor.exponential(tensor({0.1, 1, 10})).shape\n"
     "  (3)"},
    {"tensor.gamma", "concentration, rate, shape...: ints, dtype = \"float32\"",
     create_gamma,
     "Gamma random numbers, of a density in proportion to "
     "x^(concentration - 1) * exp(-rate * x) and mean concentration / rate; "
     "both are finite and above 0, and rate is 1 / scale. Either may be a "
     "tensor: then they broadcast together, and the shape is left out. "
     "Source: Marsaglia and Tsang, A simple method for generating gamma "
     "variables (2000).\n"
     "  > tensor.gamma(1e8, 1e8, 3):round()\n"
     "  float32 (3)\n"
     "    1  1  1"},
    {"tensor.beta", "a, b, shape...: ints, dtype = \"float32\"", create_beta,
     "Beta random numbers, from 0 to 1, of a density in proportion to "
     "x^(a - 1) * (1 - x)^(b - 1) and mean a / (a + b); both are finite and "
     "above 0. Either may be a tensor: then they broadcast together, and the "
     "shape is left out.\n"
     "  > x = tensor.beta(2, 3, 100)\n"
     "  > x:ge(0):all():item(), x:le(1):all():item()\n"
     "  true\n"
     "  true"},
    {"tensor.poisson", "rate, shape...: ints, dtype = rate.dtype",
     create_poisson,
     "Poisson random numbers: counts of events that come at a rate, their "
     "mean and their variance; 0 or above and finite. The rate may be a "
     "tensor: then the shape is the tensor's and left out, and the counts "
     "have its dtype; those of a plain number have the default float dtype. "
     "In an integer dtype a count is clipped to its range. Source: Hormann, "
     "The transformed rejection method for generating Poisson random "
     "variables (1993), from a rate of 10 on.\n"
     "  > tensor.poisson(0, 3, \"int64\")\n"
     "  int64 (3)\n"
     "    0  0  0\n"
     "  > tensor.poisson(tensor({0.5, 20, 1e6})).shape\n"
     "  (3)"},
    {"tensor.randint", "low, high, shape...: ints, dtype = \"int64\"",
     create_randint,
     "Random whole numbers, low and high included.\n"
     "  > tensor.randint(1, 6, 1000):amax():item()\n"
     "  6"},
    {"tensor.randint_like", "x, low, high, dtype = x.dtype",
     create_randint_like,
     "Random whole numbers, low and high included, in the shape of x.\n"
     "  > tensor.randint_like(tensor.zeros(3), 5, 5)\n"
     "  float32 (3)\n"
     "    5  5  5"},
    {"tensor.randperm", "n", create_randperm,
     "The numbers 1..n in random order, int64.\n"
     "  > tensor.randperm(9):sum():item()\n"
     "  45"},
    {"tensor.bernoulli", "p, dtype = p.dtype", create_bernoulli,
     "1 with the probability that the element of p says (0..1), else 0. In "
     "place: tensor.bernoulli_.\n"
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
