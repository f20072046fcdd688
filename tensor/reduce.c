/*
** reduce.c - sum, product, greatest, least, any and all over dims.
*/
#include <string.h>

#include "tensor/reduce.h"

/* bool is reduced as uint8: its bytes are 0 and 1, and so are the results. */
#define NAME_OF(op, word) op##_uint8_##word
#define TYPE              uint8_t
#define WIDE              uint64_t
#define TOTAL             int64_t
#define LEAST             0
#define GREATEST          UINT8_MAX
#define IS_NAN(x)         0
#include "tensor/reduce_type.h"

#define NAME_OF(op, word) op##_int32_##word
#define TYPE              int32_t
#define WIDE              uint64_t
#define TOTAL             int64_t
#define LEAST             INT32_MIN
#define GREATEST          INT32_MAX
#define IS_NAN(x)         0
#include "tensor/reduce_type.h"

#define NAME_OF(op, word) op##_int64_##word
#define TYPE              int64_t
#define WIDE              uint64_t
#define TOTAL             int64_t
#define LEAST             INT64_MIN
#define GREATEST          INT64_MAX
#define IS_NAN(x)         0
#include "tensor/reduce_type.h"

#define NAME_OF(op, word) op##_float32_##word
#define TYPE              float
#define WIDE              double
#define TOTAL             float
#define LEAST             (-INFINITY)
#define GREATEST          INFINITY
#define IS_NAN(x)         ((x) != (x))
#include "tensor/reduce_type.h"

#define NAME_OF(op, word) op##_float64_##word
#define TYPE              double
#define WIDE              double
#define TOTAL             double
#define LEAST             (-(double)INFINITY)
#define GREATEST          ((double)INFINITY)
#define IS_NAN(x)         ((x) != (x))
#include "tensor/reduce_type.h"

typedef struct Reduction {
  ReducePart jobs, finish;
} Reduction;

#define ONE(op, dtype)                                                         \
  { op##_##dtype##_jobs, op##_##dtype##_finish }
#define ROW(op)                                                                \
  {                                                                            \
    ONE(op, uint8), ONE(op, uint8), ONE(op, int32), ONE(op, int64),            \
        ONE(op, float32), ONE(op, float64)                                     \
  }

/* [TensorReduce][TensorDType] */
static const Reduction reductions[][TENSOR_DTYPE_COUNT] = {
    ROW(sum), ROW(prod), ROW(max), ROW(min), ROW(any), ROW(all)};

static int reduce_nothing(TensorReduce op, Tensor *out) {
  if (op == TENSOR_MAX || op == TENSOR_MIN)
    return tensor_fail("there are no elements to compare");
  return tensor_fill_int(out, op == TENSOR_PROD || op == TENSOR_ALL);
}

int tensor_reduce(TensorReduce op, Tensor *out, const Tensor *x,
                  unsigned dims) {
  ReducePlan plan;
  tensor_reduce_plan(&plan, x, dims, true);
  plan.out = out->data;
  if (plan.total == 0) return reduce_nothing(op, out);
  if (plan.units == 0) return TENSOR_OK;
  const Reduction *r = &reductions[op][x->dtype];
  return tensor_reduce_all(&plan, r->jobs, r->finish, sizeof(int64_t));
}
