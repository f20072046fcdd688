/*
** arg_reduce.c - where along a dim the greatest or least element stands.
*/
#include "tensor/reduce.h"

#define ARG_LANES 32
/* Elements whose best is found before its place is looked for; a multiple of
** ARG_LANES 32that stays in the first cache. */
#define ARG_CHUNK 1024

/* bool is compared as uint8. */
#define NAME_OF(direction, word) direction##_uint8_##word
#define TYPE                     uint8_t
#define IS_NAN(x)                false
#include "tensor/arg_reduce_type.h"

#define NAME_OF(direction, word) direction##_int32_##word
#define TYPE                     int32_t
#define IS_NAN(x)                false
#include "tensor/arg_reduce_type.h"

#define NAME_OF(direction, word) direction##_int64_##word
#define TYPE                     int64_t
#define IS_NAN(x)                false
#include "tensor/arg_reduce_type.h"

#define NAME_OF(direction, word) direction##_float32_##word
#define TYPE                     float
#define IS_NAN(x)                ((x) != (x))
#include "tensor/arg_reduce_type.h"

#define NAME_OF(direction, word) direction##_float64_##word
#define TYPE                     double
#define IS_NAN(x)                ((x) != (x))
#include "tensor/arg_reduce_type.h"

#define JOBS(d)                                                                \
  {                                                                            \
    d##_uint8_jobs, d##_uint8_jobs, d##_int32_jobs, d##_int64_jobs,            \
        d##_float32_jobs, d##_float64_jobs                                     \
  }
#define FINISH(d)                                                              \
  {                                                                            \
    d##_uint8_finish, d##_uint8_finish, d##_int32_finish, d##_int64_finish,    \
        d##_float32_finish, d##_float64_finish                                 \
  }

/* [greatest][TensorDType] */
static const ReducePart jobs[][TENSOR_DTYPE_COUNT] = {JOBS(least),
                                                      JOBS(greatest)};
static const ReducePart finish[][TENSOR_DTYPE_COUNT] = {FINISH(least),
                                                        FINISH(greatest)};

static int arg_reduce(bool greatest, Tensor *position, Tensor *value,
                      const Tensor *x, unsigned dims) {
  ReducePlan plan;
  tensor_reduce_plan(&plan, x, dims, false);
  plan.out = position->data;
  plan.out2 = value != NULL ? value->data : NULL;
  if (plan.total == 0) return tensor_fail("there are no elements to compare");
  if (plan.units == 0) return TENSOR_OK;
  return tensor_reduce_all(&plan, jobs[greatest][x->dtype],
                           finish[greatest][x->dtype], 2 * sizeof(int64_t));
}

int tensor_arg_reduce(bool greatest, Tensor *position, Tensor *value,
                      const Tensor *x, int dim) {
  if (dim >= 0) return arg_reduce(greatest, position, value, x, 1u << dim);
  Tensor row; /* positions count in row-major order */
  int status = tensor_as(&row, x, x->dtype);
  if (status != TENSOR_OK) return status;
  status = arg_reduce(greatest, position, value, &row, (1u << x->ndim) - 1);
  tensor_release(&row);
  return status;
}
