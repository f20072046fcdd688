/*
** rows.c - what files of rows share: common shape rules, the gradient of
** positions, dims as users write them, messages.
*/
#include <string.h>

#include "nn/ops.h"
#include "nn/rows.h"

/* {== shape rules */

int nn_shape_of(OpShape *out, TensorDType dtype, int ndim,
                const int64_t *shape) {
  out->dtype = dtype;
  out->ndim = ndim;
  memcpy(out->shape, shape, (size_t)ndim * sizeof *shape);
  return TENSOR_OK;
}

int nn_same_shape(const OpCall *call, OpShape *out) {
  const Tensor *x = &call->in[0]->t;
  return nn_shape_like(out, x->dtype, x);
}

int nn_values_and_positions_shape(const OpCall *call, OpShape *out) {
  nn_same_shape(call, &out[0]);
  return nn_shape_like(&out[1], TENSOR_INT64, &call->in[0]->t);
}

int nn_listed_shape(const OpCall *call, OpShape *out) {
  return nn_shape_of(out, call->in[0]->t.dtype, call->attrs->counts[0],
                     call->attrs->lists[0]);
}

void nn_list_input_shape(const Grad *c, int k, OpAttrs *attrs) {
  const OpShape *x = nn_input_shape(c, k);
  attrs->counts[0] = x->ndim;
  memcpy(attrs->lists[0], x->shape, sizeof x->shape);
}

/* }== gradients and kernels {== */

/* Back to where each value stood. */
void nn_positions_gradient(Grad *c) {
  const OpShape *x = nn_input_shape(c, 0);
  int dim = (int)c->attrs->i[0];
  unsigned set = 1u << dim;
  c->to[0] =
      nn_gather_backward(c, op_restore_dims(c, c->g, set, x->ndim),
                         op_restore_dims(c, c->r2, set, x->ndim), dim, x);
}

int nn_contiguous_pair(const OpCall *call, TensorDType dtype, Tensor pair[2]) {
  int status = tensor_as(&pair[0], &call->in[0]->t, dtype);
  if (status != TENSOR_OK) return status;
  status = tensor_as(&pair[1], &call->in[1]->t, dtype);
  if (status != TENSOR_OK) tensor_release(&pair[0]);
  return status;
}

int nn_named(const char *operation, int status) {
  if (status == TENSOR_OK) return status;
  return tensor_fail_in(status, "%s: ", operation);
}

/* }== dims as users write them {== */

int nn_read_dim(const char *operation, const char *what, int ndim, int64_t n,
                int64_t *dim) {
  *dim = n < 0 ? n + ndim : n - 1;
  if (n == 0)
    return tensor_fail("%s: dim 0 does not exist: dims count from 1, or from "
                       "-1 at the end",
                       operation);
  if (n > ndim || n < -ndim)
    return tensor_fail("%s: dim %lld does not exist: %s has %d dim%s",
                       operation, (long long)n, what, ndim,
                       ndim == 1 ? "" : "s");
  return TENSOR_OK;
}

int nn_read_dims(const char *operation, const char *what, int ndim, int count,
                 const int64_t *list, int64_t *dims) {
  unsigned seen = 0;
  for (int k = 0; k < count; k++) {
    int status = nn_read_dim(operation, what, ndim, list[k], &dims[k]);
    if (status != TENSOR_OK) return status;
    if (seen >> dims[k] & 1)
      return tensor_fail("%s: dim %lld is named twice", operation,
                         (long long)dims[k] + 1);
    seen |= 1u << dims[k];
  }
  return TENSOR_OK;
}

/* }== */
