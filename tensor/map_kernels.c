/*
** map_kernels.c - the elementwise kernels, made from the rows of
** elementwise.def: for each row and each dtype of computation one loop.
**
** `#pragma omp simd` promises the compiler that iterations do not depend on
** each other: out may be one of the inputs, at the same index only.
*/
#include "tensor/kernel.h"
#include "tensor/map.h"

/* One expression serves every dtype: a sign test of an unsigned and a product
** of two bools are right there, if odd. */
#pragma GCC diagnostic ignored "-Wtype-limits"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Wtautological-compare"
#else
#pragma GCC diagnostic ignored "-Wint-in-bool-context"
#endif

/* {== what the expressions of the rows may say */

#define M(name, x)     TENSOR_MATH(name, x)
#define M2(name, x, y) TENSOR_MATH2(name, x, y)
#define HALF           ((T)0.5)
#define SQRT_HALF      0.70710678118654752440
#define SELU_SCALE     1.0507009873554804934
#define SELU_ALPHA     1.6732632423543772848

/* A function for floats; integers pass through. */
static inline int64_t same(int64_t x) { return x; }
#define ROUND(name, x)                                                         \
  _Generic((x), float : name##f, double : name, default : same)(x)

static inline int64_t abs_int(int64_t x) { return x < 0 ? -x : x; }
#define ABS(x) _Generic((x), float : fabsf, double : fabs, default : abs_int)(x)

static inline bool nan_float(float x) { return x != x; }
static inline bool nan_double(double x) { return x != x; }
static inline bool nan_int(int64_t x) { return (void)x, false; }
#define IS_NAN(x)                                                              \
  _Generic((x), float : nan_float, double : nan_double, default : nan_int)(x)

#define CLAMP(x, low, high) ((x) < (low) ? (low) : (x) > (high) ? (high) : (x))
#define MAX0(x)             ((x) > 0 ? (x) : 0)
#define MIN0(x)             ((x) > 0 ? 0 : (x))
#define ELU(x, alpha)       ((x) > 0 ? (x) : (alpha)*M(expm1, MIN0(x)))
#define SOFTPLUS(x)         (MAX0(x) + M(log1p, M(exp, -ABS(x))))

/* Lua's division and remainder; 0 where integers are divided by 0 (the
** caller has refused that). */
static inline int64_t floor_div_int(int64_t x, int64_t y) {
  if (y == 0) return 0;
  if (y == -1) return -x;
  int64_t q = x / y;
  return q - (x % y != 0 && (x < 0) != (y < 0));
}
static inline float floor_div_float(float x, float y) { return floorf(x / y); }
static inline double floor_div_double(double x, double y) {
  return floor(x / y);
}
#define FLOOR_DIV(x, y)                                                        \
  _Generic((x), float                                                          \
           : floor_div_float, double                                           \
           : floor_div_double, default                                         \
           : floor_div_int)(x, y)

static inline int64_t mod_int(int64_t x, int64_t y) {
  if (y == 0 || y == -1) return 0;
  int64_t r = x % y;
  return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}
static inline float mod_float(float x, float y) {
  float r = fmodf(x, y);
  return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}
static inline double mod_double(double x, double y) {
  double r = fmod(x, y);
  return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}
#define MOD(x, y)                                                              \
  _Generic((x), float : mod_float, double : mod_double, default : mod_int)(x, y)

/* Multiplies squares together, as the bits of the exponent say. */
static inline int64_t pow_int(int64_t x, int64_t e) {
  if (e < 0) return x == 1 ? 1 : x == -1 ? (e % 2 ? -1 : 1) : 0;
  int64_t r = 1;
  for (; e > 0; e >>= 1, x *= x)
    if (e & 1) r *= x;
  return r;
}
#define POW(x, y)                                                              \
  _Generic((x), float : powf, double : pow, default : pow_int)(x, y)

/* }== the loops {== */

#define KERNEL1(name, type, result, mask, expression)                          \
  TENSOR_CLONES static void map_##name##_##type(int64_t n, void *out,          \
                                                const void *const *in) {       \
    typedef type T;                                                            \
    result *y = out;                                                           \
    const T *x = in[0];                                                        \
    n &= mask;                                                                 \
    _Pragma("omp simd") for (int64_t i = 0; i < n; i++) {                      \
      T a = x[i];                                                              \
      y[i] = (result)(expression);                                             \
    }                                                                          \
  }

#define KERNEL2(name, type, result, mask, expression)                          \
  TENSOR_CLONES static void map_##name##_##type(int64_t n, void *out,          \
                                                const void *const *in) {       \
    typedef type T;                                                            \
    result *y = out;                                                           \
    const T *x = in[0], *z = in[1];                                            \
    n &= mask;                                                                 \
    _Pragma("omp simd") for (int64_t i = 0; i < n; i++) {                      \
      T a = x[i], b = z[i];                                                    \
      y[i] = (result)(expression);                                             \
    }                                                                          \
  }

#define ANY_COUNT   (-1)
#define WHOLE_LANES (-TENSOR_LANES)

/* Which dtypes each group is computed in, and what comes out. */
#define OF_FLOAT(K, name, e)                                                   \
  K(name, float, float, WHOLE_LANES, e)                                        \
  K(name, double, double, WHOLE_LANES, e)
#define OF_POWER(K, name, e)                                                   \
  K(name, uint8_t, uint8_t, ANY_COUNT, e)                                      \
  K(name, int32_t, int32_t, ANY_COUNT, e)                                      \
  K(name, int64_t, int64_t, ANY_COUNT, e)                                      \
  OF_FLOAT(K, name, e)
#define OF_NUMBER(K, name, e)                                                  \
  K(name, uint8_t, uint8_t, ANY_COUNT, e)                                      \
  K(name, int32_t, int32_t, ANY_COUNT, e)                                      \
  K(name, int64_t, int64_t, ANY_COUNT, e)                                      \
  K(name, float, float, ANY_COUNT, e)                                          \
  K(name, double, double, ANY_COUNT, e)
#define OF_ARITHMETIC(K, name, e)                                              \
  K(name, bool, bool, ANY_COUNT, e) OF_NUMBER(K, name, e)
#define OF_LOGIC(K, name, e) K(name, bool, bool, ANY_COUNT, e)
#define OF_COMPARE(K, name, e)                                                 \
  K(name, bool, bool, ANY_COUNT, e)                                            \
  K(name, uint8_t, bool, ANY_COUNT, e)                                         \
  K(name, int32_t, bool, ANY_COUNT, e)                                         \
  K(name, int64_t, bool, ANY_COUNT, e)                                         \
  K(name, float, bool, ANY_COUNT, e)                                           \
  K(name, double, bool, ANY_COUNT, e)

#define UNARY(name, group, args, expression, ...)                              \
  OF_##group(KERNEL1, name, expression)
#define BINARY(name, group, args, expression, ...)                             \
  OF_##group(KERNEL2, name, expression)
#include "tensor/elementwise.def"
#undef UNARY
#undef BINARY

/* }== the table {== */

#define FLOATS(name)                                                           \
  [TENSOR_FLOAT32] = map_##name##_float, [TENSOR_FLOAT64] = map_##name##_double
#define NUMBERS(name)                                                          \
  [TENSOR_UINT8] = map_##name##_uint8_t,                                       \
  [TENSOR_INT32] = map_##name##_int32_t,                                       \
  [TENSOR_INT64] = map_##name##_int64_t, FLOATS(name)
#define BOOLS(name)         [TENSOR_BOOL] = map_##name##_bool
#define IN_FLOAT(name)      FLOATS(name)
#define IN_POWER(name)      NUMBERS(name)
#define IN_NUMBER(name)     NUMBERS(name)
#define IN_ARITHMETIC(name) BOOLS(name), NUMBERS(name)
#define IN_COMPARE(name)    BOOLS(name), NUMBERS(name)
#define IN_LOGIC(name)      BOOLS(name)

#define ROW(name, group, count)                                                \
  {#name,                                                                      \
   TENSOR_##group,                                                             \
   count,                                                                      \
   TENSOR_##group == TENSOR_FLOAT || TENSOR_##group == TENSOR_POWER,           \
   {IN_##group(name)}},
#define UNARY(name, group, ...)  ROW(name, group, 1)
#define BINARY(name, group, ...) ROW(name, group, 2)

const TensorMap tensor_maps[TENSOR_MAP_COUNT] = {
#include "tensor/elementwise.def"
};

/* }== */
