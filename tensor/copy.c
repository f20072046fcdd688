/*
** copy.c - copies, conversions and fills.
*/
#include <string.h>

#include "tensor/kernel.h"
#include "tensor/map.h"
#include "tensor/transpose.h"

int tensor_copy(Tensor *out, const Tensor *x) {
  if (tensor_copy_transposed(out, x)) return TENSOR_OK;
  return tensor_map_copy(out, x);
}

int tensor_clone(Tensor *out, const Tensor *x, TensorDType dtype) {
  Tensor copy;
  int status = tensor_new_like(&copy, dtype, x);
  if (status != TENSOR_OK) return status;
  status = tensor_copy(&copy, x);
  if (status != TENSOR_OK)
    tensor_release(&copy);
  else
    *out = copy;
  return status;
}

int tensor_as(Tensor *out, const Tensor *x, TensorDType dtype) {
  if (x->dtype != dtype || !tensor_is_contiguous(x))
    return tensor_clone(out, x, dtype);
  tensor_alias(out, x);
  return TENSOR_OK;
}

/* A 0-d tensor around a C value, to copy from. */
static int fill_from(Tensor *out, TensorDType dtype, void *value) {
  Tensor number = {.data = value, .ndim = 0, .dtype = dtype};
  return tensor_map_copy(out, &number);
}

int tensor_fill(Tensor *out, double value) {
  if (value == 0 && !signbit(value) && tensor_is_contiguous(out)) {
    memset(out->data, 0, (size_t)tensor_bytes(out));
    return TENSOR_OK;
  }
  return fill_from(out, TENSOR_FLOAT64, &value);
}

int tensor_fill_int(Tensor *out, int64_t value) {
  return fill_from(out, TENSOR_INT64, &value);
}
