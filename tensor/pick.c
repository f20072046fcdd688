/*
** pick.c - taking, gathering, scattering and adding by index tensors.
**
** Each function checks everything, then describes its loop as a Pick; nothing
** is written before all positions are known to be right.
*/
#include <string.h>

#include "tensor/pick.h"

/* {== checks ============================================================ */

static int check_dtypes(const char *operation, const Tensor *out,
                        const Tensor *x) {
  if (out->dtype == x->dtype) return TENSOR_OK;
  return tensor_fail("%s: the dtypes %s and %s differ", operation,
                     tensor_dtype_name(out->dtype),
                     tensor_dtype_name(x->dtype));
}

static int check_same_shape(const char *operation, const char *name,
                            const Tensor *t, const Tensor *index) {
  char texts[2][TENSOR_SHAPE_TEXT];
  if (tensor_same_shape(t, index)) return TENSOR_OK;
  return tensor_fail("%s: the index is %s, but %s is %s", operation,
                     tensor_shape_text(index->ndim, index->shape, texts[0]),
                     name, tensor_shape_text(t->ndim, t->shape, texts[1]));
}

/* As many dims, and nowhere but along dim is the index larger. */
static int check_within(const char *operation, const char *name,
                        const Tensor *t, int dim, const Tensor *index) {
  char texts[2][TENSOR_SHAPE_TEXT];
  bool fits = index->ndim == t->ndim;
  for (int d = 0; fits && d < t->ndim; d++)
    fits = d == dim || index->shape[d] <= t->shape[d];
  if (fits) return TENSOR_OK;
  return tensor_fail("%s: the index %s does not lie within %s %s", operation,
                     tensor_shape_text(index->ndim, index->shape, texts[0]),
                     name, tensor_shape_text(t->ndim, t->shape, texts[1]));
}

/* many has few's shape, but for the size of the index along dim. */
static int check_slices(const char *operation, const Tensor *many,
                        const Tensor *few, int dim, const Tensor *index) {
  char texts[3][TENSOR_SHAPE_TEXT];
  if (index->ndim != 1)
    return tensor_fail("%s: the index must have 1 dim, not %d", operation,
                       index->ndim);
  bool fits = many->ndim == few->ndim && dim < few->ndim;
  for (int d = 0; fits && d < few->ndim; d++)
    fits = many->shape[d] == (d == dim ? index->shape[0] : few->shape[d]);
  if (fits) return TENSOR_OK;
  return tensor_fail(
      "%s: slices of %s along dim %d, as many as the index %s has, do not "
      "give %s",
      operation, tensor_shape_text(few->ndim, few->shape, texts[0]), dim + 1,
      tensor_shape_text(1, index->shape, texts[1]),
      tensor_shape_text(many->ndim, many->shape, texts[2]));
}

/* }== descriptions ====================================================== */

static int64_t size_of(const Tensor *t, int dim) {
  return t->ndim == 0 ? 1 : t->shape[dim];
}

static int64_t stride_of(const Tensor *t, int dim) {
  return t->ndim == 0 ? 1 : t->strides[dim];
}

/* A loop over `shape`'s dims; every step is 0 yet. */
static void begin(Pick *p, const Tensor *shape, Tensor *out, const Tensor *x,
                  const PickPositions *positions) {
  memset(p, 0, sizeof *p);
  p->dtype = out->dtype;
  p->ndim = shape->ndim;
  memcpy(p->shape, shape->shape, sizeof p->shape);
  p->out = out->data;
  p->x = x->data;
  p->positions = positions->at;
}

static void step_as(int64_t *steps, const Tensor *t) {
  memcpy(steps, t->strides, (size_t)t->ndim * sizeof *steps);
}

/* Every element has a position of its own. */
static void step_contiguous(Pick *p) {
  int64_t step = 1;
  for (int d = p->ndim - 1; d >= 0; d--) {
    p->at[d] = step;
    step *= p->shape[d];
  }
}

/* Positions in x's row-major order become offsets from x's data. */
static void to_offsets(const PickPositions *positions, int64_t n,
                       const Tensor *x) {
  for (int64_t i = 0; i < n; i++) {
    int64_t rest = positions->at[i], offset = 0;
    for (int d = x->ndim - 1; d >= 0; d--) {
      offset += rest % x->shape[d] * x->strides[d];
      rest /= x->shape[d];
    }
    positions->at[i] = offset;
  }
}

/* }== the functions ===================================================== */

int tensor_take(Tensor *out, const Tensor *x, const Tensor *index) {
  PickPositions positions;
  int status = check_dtypes("take", out, x);
  if (status == TENSOR_OK)
    status = check_same_shape("take", "the result", out, index);
  if (status == TENSOR_OK)
    status =
        tensor_pick_positions(&positions, "take", index, tensor_numel(x), -1);
  if (status != TENSOR_OK) return status;
  int64_t n = tensor_numel(index);
  if (!tensor_is_contiguous(x)) to_offsets(&positions, n, x);
  Pick p;
  begin(&p, out, out, x, &positions);
  step_contiguous(&p);
  step_as(p.to, out);
  p.from_picked = 1;
  if (n > 0) status = tensor_pick_gather(&p);
  tensor_pick_release(&positions);
  return status;
}

int tensor_put(Tensor *out, const Tensor *index, const Tensor *x, bool add) {
  const char *name = add ? "put_add" : "put_";
  PickPositions positions;
  int status = check_dtypes(name, out, x);
  if (status == TENSOR_OK)
    status = check_same_shape(name, "the source", x, index);
  if (status == TENSOR_OK)
    status =
        tensor_pick_positions(&positions, name, index, tensor_numel(out), -1);
  if (status != TENSOR_OK) return status;
  int64_t n = tensor_numel(index);
  if (!tensor_is_contiguous(out)) to_offsets(&positions, n, out);
  Pick p;
  begin(&p, x, out, x, &positions);
  step_contiguous(&p);
  step_as(p.from, x);
  p.to_picked = 1;
  if (n > 0) status = tensor_pick_scatter(&p, add);
  tensor_pick_release(&positions);
  return status;
}

int tensor_gather(Tensor *out, const Tensor *x, int dim, const Tensor *index) {
  PickPositions positions;
  int status = check_dtypes("gather", out, x);
  if (status == TENSOR_OK)
    status = check_same_shape("gather", "the result", out, index);
  if (status == TENSOR_OK)
    status = check_within("gather", "the tensor", x, dim, index);
  if (status == TENSOR_OK)
    status = tensor_pick_positions(&positions, "gather", index, size_of(x, dim),
                                   dim);
  if (status != TENSOR_OK) return status;
  Pick p;
  begin(&p, out, out, x, &positions);
  step_contiguous(&p);
  step_as(p.to, out);
  step_as(p.from, x);
  p.from[dim] = 0;
  p.from_picked = stride_of(x, dim);
  if (tensor_numel(out) > 0) status = tensor_pick_gather(&p);
  tensor_pick_release(&positions);
  return status;
}

int tensor_scatter(Tensor *out, int dim, const Tensor *index, const Tensor *x,
                   bool add) {
  const char *name = add ? "scatter_add" : "scatter";
  PickPositions positions;
  int status = check_dtypes(name, out, x);
  if (status == TENSOR_OK)
    status = check_within(name, "the tensor", out, dim, index);
  if (status == TENSOR_OK)
    status = check_within(name, "the source", x, -1, index);
  if (status == TENSOR_OK)
    status =
        tensor_pick_positions(&positions, name, index, size_of(out, dim), dim);
  if (status != TENSOR_OK) return status;
  Pick p;
  begin(&p, index, out, x, &positions);
  step_contiguous(&p);
  step_as(p.to, out);
  step_as(p.from, x);
  p.to[dim] = 0;
  p.to_picked = stride_of(out, dim);
  if (tensor_numel(index) > 0) status = tensor_pick_scatter(&p, add);
  tensor_pick_release(&positions);
  return status;
}

int tensor_index_select(Tensor *out, const Tensor *x, int dim,
                        const Tensor *index) {
  PickPositions positions;
  int status = check_dtypes("index_select", out, x);
  if (status == TENSOR_OK)
    status = check_slices("index_select", out, x, dim, index);
  if (status == TENSOR_OK)
    status = tensor_pick_positions(&positions, "index_select", index,
                                   x->shape[dim], dim);
  if (status != TENSOR_OK) return status;
  Pick p;
  begin(&p, out, out, x, &positions);
  step_as(p.to, out);
  step_as(p.from, x);
  p.from[dim] = 0;
  p.at[dim] = 1;
  p.from_picked = x->strides[dim];
  if (tensor_numel(out) > 0) status = tensor_pick_gather(&p);
  tensor_pick_release(&positions);
  return status;
}

int tensor_index_add(Tensor *out, int dim, const Tensor *index,
                     const Tensor *x) {
  PickPositions positions;
  int status = check_dtypes("index_add", out, x);
  if (status == TENSOR_OK)
    status = check_slices("index_add", x, out, dim, index);
  if (status == TENSOR_OK)
    status = tensor_pick_positions(&positions, "index_add", index,
                                   out->shape[dim], dim);
  if (status != TENSOR_OK) return status;
  Pick p;
  begin(&p, x, out, x, &positions);
  step_as(p.to, out);
  step_as(p.from, x);
  p.to[dim] = 0;
  p.at[dim] = 1;
  p.to_picked = out->strides[dim];
  if (tensor_numel(x) > 0) status = tensor_pick_scatter(&p, true);
  tensor_pick_release(&positions);
  return status;
}

/* }====================================================================== */
