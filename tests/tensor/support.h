/*
** support.h - what the tests of tensor share: tensors filled with a pattern,
** views of every layout, and comparisons that say where two tensors differ.
**
** A function that takes a Tensor by value takes over its reference; one that
** takes a pointer borrows it. What a function returns, the caller releases.
*/
#ifndef TEST_SUPPORT_H
#define TEST_SUPPORT_H

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "tensor/operations.h"

/* A shape as the two arguments ndim, shape: TEST_SHAPE(2, 3). For a 0-d
** tensor pass 0, NULL instead. */
#define TEST_SHAPE(...)                                                        \
  (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[]) {     \
    __VA_ARGS__                                                                \
  }

static inline void test_ok(int status) {
  cr_assert_eq(status, TENSOR_OK, "unexpected failure: %s", tensor_message());
}

/* The call failed for the arguments' sake, and its message has `text`. */
static inline void test_fails(int status, const char *text) {
  cr_assert_eq(status, TENSOR_FAIL,
               "status %d where a failure was due (\"%s\")", status, text);
  cr_expect(strstr(tensor_message(), text) != NULL,
            "message \"%s\" lacks \"%s\"", tensor_message(), text);
}

/* A number of the pattern: 31 bits that depend on nothing but the calls
** before. */
static inline int64_t test_random(void) {
  static uint64_t state = 88172645463325252u;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (int64_t)(state >> 33);
}

static inline int64_t test_between(int64_t low, int64_t high) {
  return low + test_random() % (high - low + 1);
}

/* The offset from t->data, in elements, of element `at` in row-major order. */
static inline int64_t test_offset(const Tensor *t, int64_t at) {
  int64_t offset = 0;
  for (int d = t->ndim - 1; d >= 0; d--) {
    offset += at % t->shape[d] * t->strides[d];
    at /= t->shape[d];
  }
  return offset;
}

/* Element `at` in row-major order. */
static inline double test_at(const Tensor *t, int64_t at) {
  return tensor_get(t, test_offset(t, at));
}
static inline int64_t test_int_at(const Tensor *t, int64_t at) {
  return tensor_get_int(t, test_offset(t, at));
}
static inline void test_put(const Tensor *t, int64_t at, double value) {
  tensor_set(t, test_offset(t, at), value);
}

/* Fills with the pattern: floats in -2..2, signed integers in -9..9, uint8
** in 0..9, both truth values. */
static inline void test_fill(const Tensor *t) {
  int64_t n = tensor_numel(t);
  for (int64_t i = 0; i < n; i++) {
    int64_t r = test_random();
    if (tensor_dtype_is_float(t->dtype))
      test_put(t, i, (double)(r % 4001 - 2000) / 1000);
    else if (t->dtype == TENSOR_BOOL || t->dtype == TENSOR_UINT8)
      test_put(t, i, (double)(r % (t->dtype == TENSOR_BOOL ? 2 : 10)));
    else
      test_put(t, i, (double)(r % 19 - 9));
  }
}

/* A contiguous tensor, filled with the pattern. */
static inline Tensor test_make(TensorDType dtype, int ndim,
                               const int64_t *shape) {
  Tensor t;
  test_ok(tensor_new(&t, dtype, ndim, shape));
  test_fill(&t);
  return t;
}

/* float64 zeros of t's shape. */
static inline Tensor test_zeros_like(const Tensor *t) {
  Tensor z;
  test_ok(tensor_new_like(&z, TENSOR_FLOAT64, t));
  test_ok(tensor_fill(&z, 0));
  return z;
}

/* A contiguous tensor with the given elements. */
static inline Tensor test_from(TensorDType dtype, const double *values,
                               int ndim, const int64_t *shape) {
  Tensor t;
  test_ok(tensor_new(&t, dtype, ndim, shape));
  for (int64_t i = 0, n = tensor_numel(&t); i < n; i++)
    test_put(&t, i, values[i]);
  return t;
}

/* A 1-d int64 tensor with the given elements. */
static inline Tensor test_ints(int64_t n, const int64_t *values) {
  Tensor t;
  test_ok(tensor_new(&t, TENSOR_INT64, 1, &n));
  for (int64_t i = 0; i < n; i++) tensor_set_int(&t, i, values[i]);
  return t;
}

/* All dims reversed. */
static inline Tensor test_transposed(Tensor t) {
  Tensor v;
  int order[TENSOR_MAX_DIMS];
  for (int d = 0; d < t.ndim; d++) order[d] = t.ndim - 1 - d;
  tensor_permute(&v, &t, order);
  tensor_release(&t);
  return v;
}

/* The dim read backwards. */
static inline Tensor test_flipped(Tensor t, int dim) {
  Tensor v;
  int64_t n = t.shape[dim];
  tensor_slice(&v, &t, dim, n > 0 ? n - 1 : 0, -1, n);
  tensor_release(&t);
  return v;
}

/* The layouts in which a tensor of one shape can lie in memory. */
typedef enum TestLayout {
  TEST_CONTIGUOUS,
  TEST_TRANSPOSED, /* the first dim is the one with stride 1 */
  TEST_STEPPED,    /* every second element of a larger tensor, offset 1 */
  TEST_FLIPPED,    /* negative strides */
  TEST_BROADCAST,  /* the first dim has stride 0 */
  TEST_LAYOUTS
} TestLayout;

static inline Tensor test_stepped(TensorDType dtype, int ndim,
                                  const int64_t *shape) {
  int64_t larger[TENSOR_MAX_DIMS];
  for (int d = 0; d < ndim; d++) larger[d] = 2 * shape[d] + 1;
  Tensor t = test_make(dtype, ndim, larger);
  for (int d = 0; d < ndim; d++) {
    Tensor v;
    tensor_slice(&v, &t, d, 1, 2, shape[d]);
    tensor_release(&t);
    t = v;
  }
  return t;
}

static inline Tensor test_broadcast(TensorDType dtype, int ndim,
                                    const int64_t *shape) {
  int64_t first[TENSOR_MAX_DIMS];
  for (int d = 0; d < ndim; d++) first[d] = d == 0 ? 1 : shape[d];
  Tensor v, t = test_make(dtype, ndim, first);
  test_ok(tensor_broadcast_to(&v, &t, ndim, shape));
  tensor_release(&t);
  return v;
}

/* A tensor of that shape and layout, filled with the pattern. */
static inline Tensor test_view(TestLayout layout, TensorDType dtype, int ndim,
                               const int64_t *shape) {
  int64_t reversed[TENSOR_MAX_DIMS];
  for (int d = 0; d < ndim; d++) reversed[d] = shape[ndim - 1 - d];
  switch (layout) {
  case TEST_TRANSPOSED:
    return test_transposed(test_make(dtype, ndim, reversed));
  case TEST_STEPPED: return test_stepped(dtype, ndim, shape);
  case TEST_BROADCAST: return test_broadcast(dtype, ndim, shape);
  default: break;
  }
  Tensor t = test_make(dtype, ndim, shape);
  for (int d = 0; layout == TEST_FLIPPED && d < ndim; d++)
    t = test_flipped(t, d);
  return t;
}

/* Whether a and b are equal within tol, absolute below 1 and relative above
** it. NaN equals NaN. */
static inline bool test_near(double a, double b, double tol) {
  if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
  if (a == b) return true;
  double scale = fmax(1, fmax(fabs(a), fabs(b)));
  return isfinite(scale) && fabs(a - b) <= tol * scale;
}

static inline void test_expect_shape(const Tensor *t, int ndim,
                                     const int64_t *shape) {
  char got[TENSOR_SHAPE_TEXT], due[TENSOR_SHAPE_TEXT];
  tensor_shape_text(t->ndim, t->shape, got);
  tensor_shape_text(ndim, shape, due);
  cr_assert_str_eq(got, due, "shape %s where %s was due", got, due);
}

/* Same shape, elements near each other; both may be any view. */
static inline void test_expect_close(const Tensor *got, const Tensor *due,
                                     double tol) {
  test_expect_shape(got, due->ndim, due->shape);
  for (int64_t i = 0, n = tensor_numel(got); i < n; i++) {
    double a = test_at(got, i), b = test_at(due, i);
    cr_assert(test_near(a, b, tol), "element %lld is %.17g where %.17g was due",
              (long long)i, a, b);
  }
}

static inline void test_expect_and_release(Tensor got, Tensor due, double tol) {
  test_expect_close(&got, &due, tol);
  tensor_release(&got);
  tensor_release(&due);
}

/* Same dtype, shape and bits; both contiguous. */
static inline void test_expect_same(const Tensor *got, const Tensor *due) {
  cr_assert_eq(got->dtype, due->dtype);
  test_expect_shape(got, due->ndim, due->shape);
  int64_t bytes = tensor_bytes(got);
  cr_assert(bytes == 0 || memcmp(got->data, due->data, (size_t)bytes) == 0,
            "the bits differ");
}

#endif
