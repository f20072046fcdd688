/*
** rows_sort.c - order: sorting, the first few, quantiles, different values,
** counts, and places in what is sorted.
*/
#include <math.h>
#include <string.h>

#include "nn/ops.h"
#include "nn/rows.h"

/* {== sorting; attrs: the dim, descending */

static int sort_kernel(const OpCall *call, Tensor *out) {
  const OpAttrs *a = call->attrs;
  return nn_named(call->row->name,
                  tensor_sort(&out[0], &out[1], &call->in[0]->t, (int)a->i[0],
                              a->i[1] != 0));
}

static int argsort_shape(const OpCall *call, OpShape *out) {
  return nn_shape_like(out, TENSOR_INT64, &call->in[0]->t);
}

static int argsort_kernel(const OpCall *call, Tensor *out) {
  const OpAttrs *a = call->attrs;
  return nn_named(call->row->name, tensor_sort(NULL, out, &call->in[0]->t,
                                               (int)a->i[0], a->i[1] != 0));
}

static const OpRow row_sort = {
    .name = "sort",
    .args = "x, dim: dim = -1, descending: bool = false",
    .help = "x in ascending (or descending) order along dim: the values, and "
            "the positions, from 1, where they stood. Equals keep their "
            "order; NaN counts as greatest.\n"
            "  > local values, positions = tensor({30, 10, 20}):sort()\n"
            "  > values\n"
            "  float32 (3)\n"
            "    10  20  30\n"
            "  > positions\n"
            "  int64 (3)\n"
            "    2  3  1",
    .outputs = 2,
    .keeps_result = true,
    .shape = nn_values_and_positions_shape,
    .kernel = sort_kernel,
    .gradient = nn_positions_gradient,
};
static const OpRow row_argsort = {
    .name = "argsort",
    .args = "x, dim: dim = -1, descending: bool = false",
    .help = "The positions, from 1, that put x in order along dim, as sort "
            "does.\n"
            "  > tensor({30, 10, 20}):argsort(1, true)\n"
            "  int64 (3)\n"
            "    1  3  2",
    .shape = argsort_shape,
    .kernel = argsort_kernel,
};

/* }== the first few; attrs: k, the dim, largest, sorted {== */

static int topk_shape(const OpCall *call, OpShape *out) {
  const Tensor *x = &call->in[0]->t;
  int64_t k = call->attrs->i[0], dim = call->attrs->i[1];
  if (k < 0 || k > x->shape[dim])
    return tensor_fail("topk: k is %lld, and dim %lld has %lld elements",
                       (long long)k, (long long)dim + 1,
                       (long long)x->shape[dim]);
  nn_values_and_positions_shape(call, out);
  out[0].shape[dim] = out[1].shape[dim] = k;
  return TENSOR_OK;
}

static int topk_kernel(const OpCall *call, Tensor *out) {
  const OpAttrs *a = call->attrs;
  return nn_named(call->row->name,
                  tensor_topk(&out[0], &out[1], &call->in[0]->t, (int)a->i[1],
                              a->i[2] != 0, a->i[3] != 0));
}

static void topk_gradient(Grad *c) {
  c->to[0] = nn_gather_backward(c, c->g, c->r2, (int)c->attrs->i[1],
                                nn_input_shape(c, 0));
}

static const OpRow row_topk = {
    .name = "topk",
    .args = "x, k: int, dim: dim = -1, largest: bool = true, sorted: bool = "
            "true",
    .help = "The k greatest elements along dim (the least with largest = "
            "false): the values, and their positions from 1. The best come "
            "first; with sorted = false they stand as they did in x. NaN "
            "counts as greatest; of equals, the first are taken.\n"
            "  > local values, positions = tensor({3, 9, 4, 7}):topk(2)\n"
            "  > values\n"
            "  float32 (2)\n"
            "    9  7\n"
            "  > positions\n"
            "  int64 (2)\n"
            "    2  4",
    .outputs = 2,
    .keeps_result = true,
    .shape = topk_shape,
    .kernel = topk_kernel,
    .gradient = topk_gradient,
};

/* }== quantiles {== */

/* Of each row along the last dim; the number is q. */
static int quantile_shape(const OpCall *call, OpShape *out) {
  const Tensor *x = &call->in[0]->t;
  nn_shape_of(&out[0], x->dtype, x->ndim - 1, x->shape);
  nn_shape_of(&out[1], TENSOR_INT64, x->ndim, x->shape);
  out[1].shape[x->ndim - 1] = 2;
  return TENSOR_OK;
}

static int quantile_kernel(const OpCall *call, Tensor *out) {
  return tensor_quantile(&out[0], &out[1], &call->in[0]->t, call->attrs->f[0]);
}

/* Shared between the two elements that the quantile lies between. */
static void quantile_gradient(Grad *c) {
  const OpShape *x = nn_input_shape(c, 0);
  int last = x->ndim - 1;
  double part = tensor_rank(x->shape[last], c->attrs->f[0]).part;
  Value *weights = op_zeros(c, x->dtype, 1, (int64_t[]){2});
  if (weights == NULL) return;
  tensor_set(&weights->t, 0, 1 - part);
  tensor_set(&weights->t, 1, part);
  Value *g = op_mul(c, op_restore_dims(c, c->g, 1u << last, x->ndim), weights);
  c->to[0] = nn_gather_backward(c, g, c->r2, last, x);
}

static const OpRow row_quantile_along = {
    .name = "quantile_along",
    .args = "x, q: number",
    .help = "",
    .internal = true,
    .outputs = 2,
    .keeps_result = true,
    .shape = quantile_shape,
    .kernel = quantile_kernel,
    .gradient = quantile_gradient,
};

/* The shapes around a quantile: kept dims, with and without size 1 for the
** others; the order of dims that puts the others last. */
typedef struct Around {
  int64_t order[TENSOR_MAX_DIMS], rows[TENSOR_MAX_DIMS + 1];
  int64_t result[TENSOR_MAX_DIMS];
  int kept, ndim;
  int64_t n;
} Around;

static void look_around(Around *a, const Tensor *x, unsigned dims,
                        bool keepdim) {
  int n = 0;
  *a = (Around){.n = nn_count_dims(x, dims)};
  for (int d = 0; d < x->ndim; d++) {
    if ((dims >> d & 1) == 0) {
      a->order[n++] = d;
      a->rows[a->kept++] = x->shape[d];
      a->result[a->ndim++] = x->shape[d];
    } else if (keepdim) {
      a->result[a->ndim++] = 1;
    }
  }
  for (int d = 0; d < x->ndim; d++)
    if (dims >> d & 1) a->order[n++] = d;
  a->rows[a->kept] = a->n;
}

/* attrs: the dims, keepdim. Of nothing it is NaN. */
static int quantile(Grad *c, const OpCall *call, double q, OpResults *out) {
  Value *x = call->in[0];
  OpAttrs attrs;
  Around a;
  x = op_to_float(c, x);
  if (x == NULL) return c->status;
  unsigned dims = nn_dims(call->attrs->i[0], x->t.ndim);
  if (dims == 0 && x->t.ndim > 0) return nn_answer(c, out, x);
  look_around(&a, &x->t, dims, call->attrs->i[1] != 0);
  if (a.n == 0) {
    Value *none = op_zeros(c, x->t.dtype, a.ndim, a.result);
    return nn_answer(c, out, none == NULL ? NULL : op_full_like(c, none, NAN));
  }
  attrs.f[0] = q;
  Value *rows = op_reshape(c, op_permute(c, x, a.order), a.kept + 1, a.rows);
  Value *value = nn_apply1(c, &row_quantile_along, rows, &attrs);
  return nn_answer(c, out, op_reshape(c, value, a.ndim, a.result));
}

static int median_compose(Grad *c, const OpCall *call, OpResults *out) {
  return quantile(c, call, 0.5, out);
}

static int quantile_compose(Grad *c, const OpCall *call, OpResults *out) {
  double q = call->attrs->f[0];
  if (!(q >= 0 && q <= 1))
    return tensor_fail("quantile: q is %g, it must be between 0 and 1", q);
  return quantile(c, call, q, out);
}

static const OpRow row_median = {
    .name = "median",
    .args = "x, dim: dims = nil, keepdim: bool = false",
    .help = "The middle element in order, over all dims, one, or a list of "
            "them; of an even count, the mean of the middle two. Integers "
            "give the default float. NaN where there is one, and of "
            "nothing.\n"
            "  > tensor({7, 1, 2, 100}):median():item()\n"
            "  4.5",
    .compose = median_compose,
};
static const OpRow row_quantile = {
    .name = "quantile",
    .args = "x, q: number, dim: dims = nil, keepdim: bool = false",
    .help = "The element below which the part q (0 to 1) of the others lies, "
            "over all dims, one, or a list of them: at place 1 + q (n - 1) of "
            "the n elements in order, between two of them by linear "
            "interpolation. Integers give the default float. NaN where there "
            "is one, and of nothing.\n"
            "  > tensor({10, 20, 30}):quantile(0.25):item()\n"
            "  15.0",
    .compose = quantile_compose,
};

/* }== different values {== */

static int unique_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0];
  int64_t dim = call->attrs->i[0];
  Tensor t[3]; /* first, inverse, counts */
  Value *v[3];
  int status = tensor_unique(&t[0], &t[1], &t[2], &x->t,
                             dim == NN_ABSENT ? -1 : (int)dim);
  if (status != TENSOR_OK) return nn_named(call->row->name, status);
  for (int k = 0; k < 3; k++) v[k] = nn_scope_own(c, nn_value_new(&t[k]));
  status = nn_answers(c, out, 3);
  if (status != TENSOR_OK) return status;
  v[0] = dim == NN_ABSENT ? nn_apply2(c, &nn_row_take, x, v[0], NULL)
                          : op_index_select(c, x, (int)dim, v[0]);
  for (int k = 0; k < 3; k++) nn_answer(c, out, v[k]);
  return c->status;
}

static const OpRow row_unique = {
    .name = "unique",
    .args = "x, dim: dim = nil",
    .help = "The different elements of x in ascending order, which of them "
            "each element is (from 1, in x's shape), and how often each "
            "occurs. Along a dim: the different slices, ordered by their "
            "first elements that differ. All NaN count as one value, and "
            "stand last.\n"
            "  > local values, inverse, counts = tensor({5, 2, 5}):unique()\n"
            "  > values\n"
            "  float32 (2)\n"
            "    2  5\n"
            "  > inverse\n"
            "  int64 (3)\n"
            "    2  1  2\n"
            "  > counts\n"
            "  int64 (2)\n"
            "    1  2",
    .compose = unique_compose,
};

/* }== counts {== */

/* The weights of each label added up. */
static int weigh(Grad *c, const OpCall *call, int64_t n, OpResults *out) {
  Value *labels = call->in[0], *weights = call->in[1];
  if (!tensor_same_shape(&labels->t, &weights->t)) {
    char a[TENSOR_SHAPE_TEXT], b[TENSOR_SHAPE_TEXT];
    return tensor_fail(
        "bincount: weights of shape %s do not go with values of shape %s",
        tensor_shape_text(weights->t.ndim, weights->t.shape, a),
        tensor_shape_text(labels->t.ndim, labels->t.shape, b));
  }
  if (!tensor_dtype_is_float(weights->t.dtype))
    weights = op_to(c, weights, TENSOR_FLOAT64);
  if (labels->t.dtype == TENSOR_UINT8) labels = op_to(c, labels, TENSOR_INT64);
  OpShape shape = {.ndim = 1, .shape = {n}};
  return nn_answer(c, out, nn_take_backward(c, weights, labels, &shape));
}

static int bincount_compose(Grad *c, const OpCall *call, OpResults *out) {
  const Tensor *x = &call->in[0]->t;
  int64_t least = call->attrs->i[0], n;
  Tensor counts;
  if (tensor_dtype_is_float(x->dtype) || x->dtype == TENSOR_BOOL)
    return tensor_fail("bincount: counts whole numbers, not %s",
                       tensor_dtype_name(x->dtype));
  if (least < 0)
    return tensor_fail("bincount: minlength is %lld, it cannot be negative",
                       (long long)least);
  int status = tensor_most_label(x, &n);
  if (status != TENSOR_OK) return nn_named(call->row->name, status);
  if (n < least) n = least;
  if (call->inputs > 1) return weigh(c, call, n, out);
  status = tensor_new(&counts, TENSOR_INT64, 1, &n);
  if (status == TENSOR_OK) {
    status = tensor_bincount(&counts, x);
    if (status != TENSOR_OK) tensor_release(&counts);
  }
  if (status != TENSOR_OK) return nn_named(call->row->name, status);
  return nn_answer(c, out, nn_scope_own(c, nn_value_new(&counts)));
}

static int histc_shape(const OpCall *call, OpShape *out) {
  const Tensor *x = &call->in[0]->t;
  const OpAttrs *a = call->attrs;
  if (a->i[0] <= 0)
    return tensor_fail("histc: bins is %lld, it must be 1 or more",
                       (long long)a->i[0]);
  if (!isfinite(a->f[0]) || !isfinite(a->f[1]) || a->f[0] > a->f[1])
    return tensor_fail("histc: there is no range from min = %g to max = %g",
                       a->f[0], a->f[1]);
  return nn_shape_of(out, nn_float_of(x->dtype), 1, a->i);
}

static int histc_kernel(const OpCall *call, Tensor *out) {
  const OpAttrs *a = call->attrs;
  return nn_named(call->row->name,
                  tensor_histc(out, &call->in[0]->t, a->f[0], a->f[1]));
}

static int count_nonzero_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *x = call->in[0];
  if (x->t.dtype != TENSOR_BOOL) x = op_ne(c, x, nn_number_for(c, x, 0));
  unsigned dims = nn_dims(call->attrs->i[0], call->in[0]->t.ndim);
  return nn_answer(c, out, op_sum(c, x, dims, call->attrs->i[1] != 0));
}

static const OpRow row_bincount = {
    .name = "bincount",
    .args = "x: tensor, weights = nil, minlength: int = 0",
    .help = "How often each of the values 1, 2, ... occurs in a tensor of "
            "whole numbers: place k of the result (int64) is the count of k, "
            "up to the greatest value, or minlength if that is more. With "
            "weights of x's shape: the sum of the weights of each value. "
            "Values are places, so 0 and negative ones are errors.\n"
            "  > tensor({1, 3, 3}, \"int64\"):bincount()\n"
            "  int64 (3)\n"
            "    1  0  2",
    .compose = bincount_compose,
};
static const OpRow row_histc = {
    .name = "histc",
    .args = "x, bins: int = 100, min: number = 0, max: number = 0",
    .help = "How many elements lie in each of so many bins of equal width "
            "from min to max, as floats; max is in the last bin, what lies "
            "outside in none. With min = max = 0 the bins go from the least "
            "element to the greatest, and all must be finite.\n"
            "  > tensor({1, 2, 2, 4}):histc(3, 1, 4)\n"
            "  float32 (3)\n"
            "    1  2  1",
    .shape = histc_shape,
    .kernel = histc_kernel,
};
static const OpRow row_count_nonzero = {
    .name = "count_nonzero",
    .args = "x, dim: dims = nil, keepdim: bool = false",
    .help = "How many elements are not 0 (NaN is not), over all dims, one, or "
            "a list of them; int64.\n"
            "  > tensor({0, 5, 7}):count_nonzero():item()\n"
            "  2",
    .compose = count_nonzero_compose,
};

/* }== places in what is sorted {== */

static int search_shape(const OpCall *call, OpShape *out) {
  const Tensor *sorted = &call->in[0]->t, *values = &call->in[1]->t;
  bool fits = sorted->ndim == 1 || sorted->ndim == values->ndim;
  for (int d = 0; fits && d < sorted->ndim - 1; d++)
    fits = sorted->shape[d] == values->shape[d];
  if (sorted->ndim == 0 || !fits) {
    char a[TENSOR_SHAPE_TEXT], b[TENSOR_SHAPE_TEXT];
    return tensor_fail(
        "searchsorted: values of shape %s do not go with sorted ones of shape "
        "%s (1 dim, or the same dims but for the last)",
        tensor_shape_text(values->ndim, values->shape, b),
        tensor_shape_text(sorted->ndim, sorted->shape, a));
  }
  return nn_shape_like(out, TENSOR_INT64, values);
}

/* A plain number widens nothing; where integers and floats meet, float64 holds
** more of both. */
static TensorDType search_dtype(const OpCall *call) {
  TensorDType a = call->in[0]->t.dtype, b = call->in[1]->t.dtype;
  if (a == b || (call->in[1]->weak && tensor_dtype_is_float(a))) return a;
  bool mixed = tensor_dtype_is_float(a) != tensor_dtype_is_float(b);
  return mixed ? TENSOR_FLOAT64 : tensor_dtype_promote(a, b);
}

static int search_kernel(const OpCall *call, Tensor *out) {
  Tensor x[2];
  int status = nn_contiguous_pair(call, search_dtype(call), x);
  if (status != TENSOR_OK) return status;
  status = tensor_searchsorted(out, &x[0], &x[1], call->attrs->i[0] != 0);
  tensor_release(&x[0]);
  tensor_release(&x[1]);
  return nn_named(call->row->name, status);
}

static const OpRow row_searchsorted = {
    .name = "searchsorted",
    .args = "sorted: tensor, values, right: bool = false",
    .help = "Where each value is to be put into an ascending row so that it "
            "stays one: a position from 1 to n + 1, before the elements equal "
            "to it, or after them with right = true. sorted is one row for "
            "all values, or has the same dims as they but for the last.\n"
            "  > tensor({1, 3, 5}):searchsorted(tensor({0, 3, 9}))\n"
            "  int64 (3)\n"
            "    1  2  4",
    .shape = search_shape,
    .kernel = search_kernel,
};

/* }== */

const OpRow *const nn_rows_sort[] = {
    &row_sort,   &row_argsort,       &row_topk,         &row_quantile_along,
    &row_median, &row_quantile,      &row_unique,       &row_bincount,
    &row_histc,  &row_count_nonzero, &row_searchsorted, NULL};
