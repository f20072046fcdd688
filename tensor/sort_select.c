/*
** sort_select.c - the first few elements of an order, and quantiles, without
** sorting whole rows: the key at a rank is found digit by digit, the highest
** first (see sort.h).
*/
#include <string.h>

#include "tensor/kernel.h"
#include "tensor/sort.h"

/* {== the first k elements of each row */

typedef struct TopK {
  const SortKind *kind;
  const SortAlong *along;
  bool largest, sorted;
} TopK;

static void topk_row(void *of, int64_t row, char *room, int *status) {
  const TopK *t = of;
  const SortAlong *a = t->along;
  int64_t size = (int64_t)tensor_dtype_size(a->x.dtype), k = a->count, less;
  SortKeys keys =
      tensor_sort_keys(a->x.data + row * a->n * size, a->n, t->largest, status);
  SortWide *first = (SortWide *)(void *)room, *second = first + k;
  SortRadix radix = {k, 0, 0, 1, (int64_t *)(void *)(second + k), status};
  t->kind->bounds(&keys);
  uint64_t bound = t->kind->select(&keys, k - 1, &less);
  if (*status != TENSOR_OK) return;
  t->kind->collect(first, &keys, bound, k - less);
  if (*status != TENSOR_OK) return;
  radix.bits = tensor_sort_bits(bound);
  if (t->sorted) first = tensor_sort_wide(&radix, first, second);
  t->kind->unpack_wide(a->values.data + row * k * size,
                       (int64_t *)(void *)a->positions.data + row * k, &keys,
                       first, 0, k);
}

int tensor_topk(Tensor *values, Tensor *positions, const Tensor *x, int dim,
                bool largest, bool sorted) {
  SortAlong a;
  if (tensor_numel(values) == 0) return TENSOR_OK;
  int status = tensor_sort_begin(&a, values, positions, x, dim);
  if (status != TENSOR_OK) return status;
  TopK t = {&tensor_sort_kinds[x->dtype], &a, largest, sorted};
  int threads = (int)tensor_min64(a.rows, tensor_threads_for(4 * a.rows * a.n));
  int64_t counts = (int64_t)sizeof(int64_t) << tensor_sort_digit(a.count);
  int64_t room = 2 * a.count * (int64_t)sizeof(SortWide) + counts;
  status = tensor_sort_rows(a.rows, threads, room, topk_row, &t);
  return tensor_sort_end(&a, status);
}

/* }== quantiles of each row {== */

typedef struct Quantile {
  const SortKind *kind;
  const Tensor *x;
  Tensor *value;
  int64_t *positions; /* two a row */
  int64_t n;
  TensorRank rank;
} Quantile;

TensorRank tensor_rank(int64_t n, double q) {
  double at = q * (double)(n - 1), low = floor(at);
  int64_t lower = tensor_min64((int64_t)low, n - 1);
  double part = lower == n - 1 ? 0 : at - low;
  return (TensorRank){lower, part > 0 ? lower + 1 : lower, part};
}

/* Between equals lies nothing else, not even where both are infinite. NaN is
** its own mean. */
static double between(double a, double b, double part) {
  return part == 0 || a == b ? a : (1 - part) * a + part * b;
}

/* Where the two elements stand. */
static void find_ranks(const Quantile *q, const SortKeys *keys, int64_t *lower,
                       int64_t *upper) {
  int64_t less, equal, rank = q->rank.upper;
  uint64_t key = q->kind->select(keys, q->rank.lower, &less);
  *lower = *upper = q->kind->find(keys, key, q->rank.lower - less);
  if (rank == q->rank.lower) return;
  uint64_t above = q->kind->next(keys, key, &equal);
  if (rank < less + equal)
    *upper = q->kind->find(keys, key, rank - less);
  else
    *upper = q->kind->find(keys, above, 0);
}

/* NaN has the greatest of all keys. */
static bool has_nan(const SortKeys *keys, TensorDType dtype) {
  uint64_t nan = dtype == TENSOR_FLOAT32 ? UINT32_MAX : UINT64_MAX;
  return keys->least + keys->most == nan;
}

static void quantile_row(void *of, int64_t row, char *room, int *status) {
  const Quantile *q = of;
  int64_t start = row * q->n, *positions = q->positions + 2 * row;
  int64_t size = (int64_t)tensor_dtype_size(q->x->dtype), lower, upper;
  SortKeys keys =
      tensor_sort_keys(q->x->data + start * size, q->n, false, status);
  (void)room;
  q->kind->bounds(&keys);
  if (has_nan(&keys, q->x->dtype)) {
    lower = upper = q->kind->find(&keys, keys.most, 0);
  } else {
    find_ranks(q, &keys, &lower, &upper);
  }
  positions[0] = lower + 1;
  positions[1] = upper + 1;
  tensor_set(q->value, row,
             between(tensor_get(q->x, start + lower),
                     tensor_get(q->x, start + upper), q->rank.part));
}

int tensor_quantile(Tensor *value, Tensor *positions, const Tensor *x,
                    double q) {
  Tensor rows;
  if (tensor_numel(value) == 0) return TENSOR_OK;
  int status = tensor_as(&rows, x, x->dtype);
  if (status != TENSOR_OK) return status;
  int64_t n = x->shape[x->ndim - 1], count = tensor_numel(value);
  Quantile of = {&tensor_sort_kinds[x->dtype],       &rows, value,
                 (int64_t *)(void *)positions->data, n,     tensor_rank(n, q)};
  int threads = (int)tensor_min64(count, tensor_threads_for(8 * count * n));
  status = tensor_sort_rows(count, threads, 0, quantile_row, &of);
  tensor_release(&rows);
  return status;
}

/* }== */
