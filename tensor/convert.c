/*
** convert.c - elements of one dtype into another, strided.
*/
#include "tensor/kernel.h"
#include "tensor/map.h"

typedef void (*Converter)(int64_t n, void *to, int64_t to_stride,
                          const void *from, int64_t from_stride);

/* C leaves the conversion of a float that does not fit undefined. */
static inline int64_t clip(double v, double low, double high) {
  return v != v ? 0 : (int64_t)(v < low ? low : v > high ? high : v);
}

static inline int64_t clip_int64(double v) {
  if (v >= 9223372036854775807.0) return INT64_MAX;
  return clip(v, -9223372036854775808.0, 9223372036854774784.0);
}

#define TO            BOOL
#define TO_TYPE       bool
#define FROM_FLOAT(v) ((v) != 0)
#include "tensor/convert_body.h"

#define TO            UINT8
#define TO_TYPE       uint8_t
#define FROM_FLOAT(v) (uint8_t) clip(v, 0, UINT8_MAX)
#include "tensor/convert_body.h"

#define TO            INT32
#define TO_TYPE       int32_t
#define FROM_FLOAT(v) (int32_t) clip(v, INT32_MIN, INT32_MAX)
#include "tensor/convert_body.h"

#define TO            INT64
#define TO_TYPE       int64_t
#define FROM_FLOAT(v) clip_int64(v)
#include "tensor/convert_body.h"

#define TO            FLOAT32
#define TO_TYPE       float
#define FROM_FLOAT(v) (float)(v)
#include "tensor/convert_body.h"

#define TO            FLOAT64
#define TO_TYPE       double
#define FROM_FLOAT(v) (v)
#include "tensor/convert_body.h"

static const Converter *const converters[TENSOR_DTYPE_COUNT] = {
#define X(NAME, type, sum, text) NAME##_from,
    TENSOR_DTYPES(X)
#undef X
};

void tensor_convert(int64_t n, TensorDType to_dtype, void *to,
                    int64_t to_stride, TensorDType from_dtype, const void *from,
                    int64_t from_stride) {
  converters[to_dtype][from_dtype](n, to, to_stride, from, from_stride);
}

void tensor_set(const Tensor *t, int64_t offset, double value) {
  char *at = t->data + offset * (int64_t)tensor_dtype_size(t->dtype);
  tensor_convert(1, t->dtype, at, 1, TENSOR_FLOAT64, &value, 1);
}

void tensor_set_int(const Tensor *t, int64_t offset, int64_t value) {
  char *at = t->data + offset * (int64_t)tensor_dtype_size(t->dtype);
  tensor_convert(1, t->dtype, at, 1, TENSOR_INT64, &value, 1);
}

double tensor_get(const Tensor *t, int64_t offset) {
  double value;
  const char *at = t->data + offset * (int64_t)tensor_dtype_size(t->dtype);
  tensor_convert(1, TENSOR_FLOAT64, &value, 1, t->dtype, at, 1);
  return value;
}

int64_t tensor_get_int(const Tensor *t, int64_t offset) {
  int64_t value;
  const char *at = t->data + offset * (int64_t)tensor_dtype_size(t->dtype);
  tensor_convert(1, TENSOR_INT64, &value, 1, t->dtype, at, 1);
  return value;
}
