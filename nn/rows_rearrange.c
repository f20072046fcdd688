/*
** rows_rearrange.c - elements in other places: flip, roll, movedim, and what
** repeats them.
*/
#include <string.h>

#include "nn/ops.h"
#include "nn/rows.h"

/* {== flip and rot90 */

static Value *flipped(Grad *c, Value *x, unsigned dims) {
  OpAttrs attrs;
  if (x == NULL) return NULL;
  nn_whole_slice(&attrs, &x->t);
  for (int d = 0; d < x->t.ndim; d++) {
    if ((dims >> d & 1) == 0) continue;
    attrs.lists[0][d] = x->t.shape[d] > 0 ? x->t.shape[d] - 1 : 0;
    attrs.lists[1][d] = -1;
  }
  return nn_apply1(c, &nn_row_slice, x, &attrs);
}

static int flip_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0];
  unsigned dims = nn_dims(call->attrs->i[0], x->t.ndim);
  return nn_answer(c, out, flipped(c, x, dims));
}

/* A quarter turn is a flip and an exchange of the two dims. */
static int rot90_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0];
  const OpAttrs *a = call->attrs;
  int64_t given[2] = {1, 2}, dims[2];
  if (a->counts[0] >= 0 && a->counts[0] != 2)
    return tensor_fail("rot90: turns in the plane of two dims, got %d",
                       a->counts[0]);
  if (a->counts[0] == 2) memcpy(given, a->lists[0], sizeof given);
  int status = nn_read_dims("rot90", "the tensor", x->t.ndim, 2, given, dims);
  if (status != TENSOR_OK) return status;
  int64_t turns = (a->i[0] % 4 + 4) % 4;
  unsigned first = 1u << dims[0], second = 1u << dims[1];
  if (turns == 0) return nn_answer(c, out, flipped(c, x, 0));
  if (turns == 2) return nn_answer(c, out, flipped(c, x, first | second));
  Value *turned = op_transpose(c, x, (int)dims[0], (int)dims[1]);
  return nn_answer(c, out, flipped(c, turned, turns == 1 ? first : second));
}

static const OpRow row_flip = {
    .name = "flip",
    .args = "x, dims: dims = nil",
    .help = "x with the order of its elements reversed along dims, or along "
            "all dims unless said: a view (clone() gives it elements of its "
            "own).\n"
            "  > local x = tensor({{1, 2}, {3, 4}})\n"
            "  > x:flip(2)\n"
            "  float32 (2, 2)\n"
            "    2  1\n"
            "    4  3\n"
            "  > x:flip({1, 2})\n"
            "  float32 (2, 2)\n"
            "    4  3\n"
            "    2  1",
    .form_in_place = true,
    .compose = flip_compose,
};
static const OpRow row_rot90 = {
    .name = "rot90",
    .args = "x, turns: int = 1, dims: ints = nil",
    .help = "x turned by 90 degrees, turns times, from the first of two dims "
            "towards the second (dims 1 and 2 unless said; a picture turns "
            "counterclockwise): a view.\n"
            "  > tensor({{1, 2}, {3, 4}}):rot90()\n"
            "  float32 (2, 2)\n"
            "    2  4\n"
            "    1  3",
    .compose = rot90_compose,
};

/* }== roll {== */

/* lists[0]: by how much each dim is rolled, 0 <= shift < size. */
/* Copies x into out with the dims from `dim` on rolled: two pieces for each
** dim that moves. */
static int copy_rolled(const Tensor *out, const Tensor *x, const int64_t *shift,
                       int dim) {
  while (dim < x->ndim && shift[dim] == 0) dim++;
  if (dim == x->ndim) {
    Tensor target = *out;
    return tensor_copy(&target, x);
  }
  int64_t size = x->shape[dim], s = shift[dim];
  int status = TENSOR_OK;
  for (int half = 0; half < 2 && status == TENSOR_OK; half++) {
    Tensor to, from;
    int64_t length = half == 0 ? size - s : s;
    tensor_slice(&to, out, dim, half == 0 ? s : 0, 1, length);
    tensor_slice(&from, x, dim, half == 0 ? 0 : size - s, 1, length);
    status = copy_rolled(&to, &from, shift, dim + 1);
    tensor_release(&to);
    tensor_release(&from);
  }
  return status;
}

static int rolled_kernel(const OpCall *call, Tensor *out) {
  if (tensor_numel(out) == 0) return TENSOR_OK;
  return copy_rolled(out, &call->in[0]->t, call->attrs->lists[0], 0);
}

static void rolled_gradient(Grad *c) {
  OpAttrs back = *c->attrs;
  const OpShape *x = nn_input_shape(c, 0);
  for (int d = 0; d < x->ndim; d++)
    if (back.lists[0][d] != 0)
      back.lists[0][d] = x->shape[d] - back.lists[0][d];
  c->to[0] = nn_apply1(c, c->node->row, c->g, &back);
}

static const OpRow row_rolled = {
    .name = "rolled",
    .args = "x, shifts: ints",
    .help = "",
    .internal = true,
    .shape = nn_same_shape,
    .kernel = rolled_kernel,
    .gradient = rolled_gradient,
};

/* total + shift, in 0..size-1. */
static int64_t rolled_by(int64_t total, int64_t shift, int64_t size) {
  if (size == 0) return 0;
  int64_t r = shift % size;
  r = r < 0 ? r + size : r;
  return total >= size - r ? total - (size - r) : total + r;
}

Value *op_roll(Grad *c, Value *a, const int64_t *shifts) {
  OpAttrs attrs;
  if (a == NULL) return NULL;
  attrs.counts[0] = a->t.ndim;
  memcpy(attrs.lists[0], shifts, (size_t)a->t.ndim * sizeof *shifts);
  return nn_apply1(c, &row_rolled, a, &attrs);
}

static int roll_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0];
  const OpAttrs *a = call->attrs;
  int64_t shift[TENSOR_MAX_DIMS] = {0}, dim, count = tensor_numel(&x->t);
  if (a->counts[1] < 0) {
    if (a->counts[0] != 1)
      return tensor_fail("roll: %d shifts need as many dims", a->counts[0]);
    shift[0] = rolled_by(0, a->lists[0][0], count);
    Value *moved = op_roll(c, op_reshape(c, x, 1, &count), shift);
    return nn_answer(c, out, op_reshape(c, moved, x->t.ndim, x->t.shape));
  }
  if (a->counts[0] != 1 && a->counts[0] != a->counts[1])
    return tensor_fail("roll: %d shifts do not go with %d dims", a->counts[0],
                       a->counts[1]);
  for (int k = 0; k < a->counts[1]; k++) {
    int64_t by = a->lists[0][a->counts[0] == 1 ? 0 : k];
    int status =
        nn_read_dim("roll", "the tensor", x->t.ndim, a->lists[1][k], &dim);
    if (status != TENSOR_OK) return status;
    shift[dim] = rolled_by(shift[dim], by, x->t.shape[dim]);
  }
  return nn_answer(c, out, op_roll(c, x, shift));
}

static const OpRow row_roll = {
    .name = "roll",
    .args = "x, shifts: ints, dims: ints = nil",
    .help = "x with its elements moved on by shifts along dims; what falls "
            "off the end comes back at the beginning. One shift holds for all "
            "dims, else there is one for each. Without dims, x counts as one "
            "long row.\n"
            "  > tensor.arange(5):roll(2)\n"
            "  int64 (5)\n"
            "    4  5  1  2  3\n"
            "  > tensor({{1, 2, 3}, {4, 5, 6}}):roll({1, -1}, {1, 2})\n"
            "  float32 (2, 3)\n"
            "    5  6  4\n"
            "    2  3  1",
    .form_in_place = true,
    .compose = roll_compose,
};

/* }== movedim {== */

static int movedim_compose(Grad *c, const OpCall *call, OpResults *out) {
  const OpAttrs *a = call->attrs;
  int64_t order[TENSOR_MAX_DIMS], from[TENSOR_MAX_DIMS], to[TENSOR_MAX_DIMS];
  unsigned taken = 0, filled = 0;
  int ndim = call->in[0]->t.ndim, n = a->counts[0];
  if (n != a->counts[1])
    return tensor_fail("movedim: %d dims do not go to %d places", n,
                       a->counts[1]);
  int status =
      nn_read_dims("movedim", "the tensor", ndim, n, a->lists[0], from);
  if (status == TENSOR_OK)
    status = nn_read_dims("movedim", "the tensor", ndim, n, a->lists[1], to);
  if (status != TENSOR_OK) return status;
  for (int k = 0; k < n; k++) {
    taken |= 1u << from[k];
    filled |= 1u << to[k];
    order[to[k]] = from[k];
  }
  for (int d = 0, next = 0; d < ndim; d++) {
    if (filled >> d & 1) continue;
    while (taken >> next & 1) next++;
    order[d] = next++;
  }
  return nn_answer(c, out, op_permute(c, call->in[0], order));
}

static const OpRow row_movedim = {
    .name = "movedim",
    .args = "x, source: ints, destination: ints",
    .help = "A view of x with the dims of source at the places of "
            "destination; the others keep their order. Both are a dim or a "
            "list of as many.\n"
            "  > tensor.zeros(2, 3, 4):movedim(1, -1).shape\n"
            "  (3, 4, 2)",
    .compose = movedim_compose,
};

/* }== repeat_interleave {== */

/* The sum of the counts, none of them negative. */
static int total_count(const Tensor *counts, int64_t times, int64_t *total) {
  *total = 0;
  for (int64_t k = 0, n = tensor_numel(counts); k < n; k++) {
    int64_t count = ((const int64_t *)(const void *)counts->data)[k], many;
    if (count < 0)
      return tensor_fail("repeat_interleave: a count cannot be negative: %lld",
                         (long long)count);
    if (__builtin_mul_overflow(count, times, &many) ||
        __builtin_add_overflow(*total, many, total))
      return tensor_no_memory(INT64_MAX);
  }
  return TENSOR_OK;
}

/* The positions 1, 1, 2, 2, 2, ...: each of `size` as often as its count, or
** as the only one. */
static int repeated_positions(Tensor *out, const Tensor *counts, int64_t size) {
  int64_t total, n = tensor_numel(counts), at = 0;
  const int64_t *count = (const int64_t *)(const void *)counts->data;
  int status = total_count(counts, counts->ndim == 0 ? size : 1, &total);
  if (status == TENSOR_OK) status = tensor_new(out, TENSOR_INT64, 1, &total);
  if (status != TENSOR_OK) return status;
  int64_t *position = (int64_t *)(void *)out->data;
  for (int64_t k = 0; k < size; k++) {
    int64_t times = count[n == 1 ? 0 : k];
    for (int64_t j = 0; j < times; j++) position[at++] = k + 1;
  }
  return TENSOR_OK;
}

static int repeat_positions_of(const OpCall *call, int64_t size, Tensor *out) {
  const Tensor *counts = &call->in[1]->t;
  Tensor whole, first;
  if (tensor_dtype_is_float(counts->dtype) || counts->dtype == TENSOR_BOOL)
    return tensor_fail("repeat_interleave: the counts must be whole numbers or "
                       "an integer tensor of them, not %s",
                       tensor_dtype_name(counts->dtype));
  if (counts->ndim > 1 ||
      (counts->ndim == 1 && counts->shape[0] != size && counts->shape[0] != 1))
    return tensor_fail("repeat_interleave: takes one count, or one for each of "
                       "the %lld positions",
                       (long long)size);
  int status = tensor_clone(&whole, counts, TENSOR_INT64);
  if (status != TENSOR_OK) return status;
  if (whole.ndim == 1 && size != 1 && whole.shape[0] == 1)
    tensor_squeeze(&first, &whole, 0);
  else
    tensor_alias(&first, &whole);
  status = repeated_positions(out, &first, size);
  tensor_release(&first);
  tensor_release(&whole);
  return status;
}

static int repeat_interleave_compose(Grad *c, const OpCall *call,
                                     OpResults *out) {
  Value *x = call->in[0];
  Tensor positions;
  int64_t count = tensor_numel(&x->t), dim = call->attrs->i[0];
  if (dim == NN_ABSENT) {
    x = op_reshape(c, x, 1, &count);
    dim = 0;
  }
  if (x == NULL) return c->status;
  int status = repeat_positions_of(call, x->t.shape[dim], &positions);
  if (status != TENSOR_OK) return status;
  Value *index = nn_scope_own(c, nn_value_new(&positions));
  return nn_answer(c, out, op_index_select(c, x, (int)dim, index));
}

static const OpRow row_repeat_interleave = {
    .name = "repeat_interleave",
    .args = "x, counts, dim: dim = nil",
    .help = "The slices of x along dim, each repeated: counts is a number, or "
            "a 1-d integer tensor with one for each slice (NumPy's repeat). "
            "Without dim, the elements of x as one long row. tile repeats the "
            "whole instead.\n"
            "  > tensor({1, 2}):repeat_interleave(2)\n"
            "  float32 (4)\n"
            "    1  1  2  2\n"
            "  > local counts = tensor({2, 1}, \"int64\")\n"
            "  > tensor({{1, 2}, {3, 4}}):repeat_interleave(counts, 1)\n"
            "  float32 (3, 2)\n"
            "    1  2\n"
            "    1  2\n"
            "    3  4",
    .compose = repeat_interleave_compose,
};

/* }== meshgrid {== */

/* Tensor k seen along dim d of the grid, the same in all other dims. */
static Value *along_grid(Grad *c, Value *x, int d, int ndim,
                         const int64_t *grid) {
  int64_t shape[TENSOR_MAX_DIMS];
  for (int e = 0; e < ndim; e++) shape[e] = e == d ? grid[d] : 1;
  return op_expand(c, op_reshape(c, x, ndim, shape), ndim, grid);
}

static int meshgrid_compose(Grad *c, const OpCall *call, OpResults *out) {
  int64_t grid[TENSOR_MAX_DIMS];
  int ndim = call->inputs;
  bool exchanged = call->attrs->i[0] == 1 && ndim > 1; /* "xy" */
  if (ndim > TENSOR_MAX_DIMS)
    return tensor_fail("meshgrid: takes at most %d tensors, not %d",
                       TENSOR_MAX_DIMS, ndim);
  for (int k = 0; k < ndim; k++) {
    const Tensor *x = &call->in[k]->t;
    if (x->ndim > 1)
      return tensor_fail("meshgrid: tensor %d must have 1 dim, not %d", k + 1,
                         x->ndim);
    grid[exchanged && k < 2 ? 1 - k : k] = tensor_numel(x);
  }
  int status = nn_answers(c, out, ndim);
  for (int k = 0; k < ndim && status == TENSOR_OK; k++) {
    int d = exchanged && k < 2 ? 1 - k : k;
    status = nn_answer(c, out, along_grid(c, call->in[k], d, ndim, grid));
  }
  return status;
}

static const OpRow row_meshgrid = {
    .name = "meshgrid",
    .args = "list: tensors, indexing: ij|xy = ij",
    .help = "The coordinates of a grid from a list of 1-d tensors, one for "
            "each dim: a list of tensors of the grid's shape, the k-th of "
            "which runs along dim k. With indexing \"xy\" the first two dims "
            "change places, as in NumPy. The results are views (expand).\n"
            "  > local a, b = tensor({1, 2}), tensor({3, 4, 5})\n"
            "  > local grid = tensor.meshgrid({a, b})\n"
            "  > grid[1]\n"
            "  float32 (2, 3)\n"
            "    1  1  1\n"
            "    2  2  2\n"
            "  > grid[2]\n"
            "  float32 (2, 3)\n"
            "    3  4  5\n"
            "    3  4  5",
    .list = true,
    .compose = meshgrid_compose,
};

/* }== */

const OpRow *const nn_rows_rearrange[] = {&row_flip,     &row_rot90,
                                          &row_rolled,   &row_roll,
                                          &row_movedim,  &row_repeat_interleave,
                                          &row_meshgrid, NULL};
