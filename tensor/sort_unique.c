/*
** sort_unique.c - the different elements of a tensor, or its different
** slices along a dim: an order of all of them, in which equals are
** neighbours.
*/
#include <string.h>

#include "tensor/kernel.h"
#include "tensor/sort.h"

/* Slices between two looks at the interrupt flag. */
#define MERGE_BLOCK 65536

/* `count` slices of `length` elements each, one after the other. */
typedef struct Slices {
  Tensor x;
  int64_t count, length;
} Slices;

static int compare(const Slices *s, int64_t a, int64_t b) {
  return tensor_sort_kinds[s->x.dtype].compare(s->x.data, a, b, s->length);
}

static int make_slices(Slices *s, const Tensor *x, int dim) {
  Tensor front;
  int order[TENSOR_MAX_DIMS] = {dim < 0 ? 0 : dim};
  for (int d = 0, n = 1; d < x->ndim; d++)
    if (d != order[0]) order[n++] = d;
  *s = (Slices){.count = dim < 0 ? tensor_numel(x) : x->shape[dim]};
  s->length = 1;
  for (int d = 0; dim >= 0 && d < x->ndim; d++)
    if (d != dim) s->length *= x->shape[d];
  if (dim < 0) return tensor_as(&s->x, x, x->dtype);
  tensor_permute(&front, x, order);
  int status = tensor_as(&s->x, &front, x->dtype);
  tensor_release(&front);
  return status;
}

/* {== an order of the slices: positions from 1 */

/* Merges the sorted runs from[first..middle-1] and from[middle..last-1]. */
static int merge(const Slices *s, int64_t *to, const int64_t *from,
                 int64_t first, int64_t middle, int64_t last) {
  int64_t a = first, b = middle;
  for (int64_t i = first; i < last; i++) {
    bool left =
        b == last || (a < middle && compare(s, from[a] - 1, from[b] - 1) <= 0);
    to[i] = from[left ? a++ : b++];
    if (i % MERGE_BLOCK == 0 && tensor_poll() != TENSOR_OK)
      return TENSOR_INTERRUPTED;
  }
  return TENSOR_OK;
}

/* Runs of 1, 2, 4 ... slices, between order and other; it ends in order. */
static int merge_sort(const Slices *s, int64_t *order, int64_t *other) {
  int64_t n = s->count, *from = order, *to = other;
  for (int64_t i = 0; i < n; i++) order[i] = i + 1;
  for (int64_t run = 1; run < n; run *= 2) {
    for (int64_t i = 0; i < n; i += 2 * run) {
      int64_t middle = tensor_min64(n, i + run);
      int64_t last = tensor_min64(n, i + 2 * run);
      int status = merge(s, to, from, i, middle, last);
      if (status != TENSOR_OK) return status;
    }
    int64_t *merged = to;
    to = from;
    from = merged;
  }
  if (from != order) memcpy(order, from, (size_t)n * sizeof *order);
  return TENSOR_OK;
}

static int64_t *numbers(const Tensor *t) { return (int64_t *)(void *)t->data; }

static int order_slices(const Slices *s, Tensor *order, Tensor *other) {
  if (s->length != 1) return merge_sort(s, numbers(order), numbers(other));
  Tensor row;
  tensor_view_as(&row, &s->x, 1, &s->count);
  int status = tensor_sort(NULL, order, &row, 0, false);
  tensor_release(&row);
  return status;
}

/* }== what follows from it {== */

/* Which group each place of the order belongs to, from 1; *n is how many. */
static int group(const Slices *s, const int64_t *order, int64_t *groups,
                 int64_t *n) {
  *n = 0;
  for (int64_t i = 0; i < s->count; i++) {
    if (i == 0 || compare(s, order[i - 1] - 1, order[i] - 1) != 0) ++*n;
    groups[i] = *n;
    if (i % MERGE_BLOCK == 0 && tensor_poll() != TENSOR_OK)
      return TENSOR_INTERRUPTED;
  }
  return TENSOR_OK;
}

static void fill_in(const Slices *s, const int64_t *order,
                    const int64_t *groups, int64_t *first, int64_t *inverse,
                    int64_t *counts) {
  for (int64_t i = 0; i < s->count; i++) {
    int64_t g = groups[i] - 1;
    if (i == 0 || groups[i - 1] != groups[i]) {
      first[g] = order[i];
      counts[g] = 0;
    }
    inverse[order[i] - 1] = groups[i];
    counts[g]++;
  }
}

/* order and groups are room for as many numbers as there are slices. */
static int unique(const Slices *s, Tensor *order, Tensor *groups, Tensor *first,
                  Tensor *inverse, Tensor *counts) {
  int64_t n;
  int status = order_slices(s, order, groups);
  if (status == TENSOR_OK)
    status = group(s, numbers(order), numbers(groups), &n);
  if (status != TENSOR_OK) return status;
  status = tensor_new(first, TENSOR_INT64, 1, &n);
  if (status != TENSOR_OK) return status;
  status = tensor_new(counts, TENSOR_INT64, 1, &n);
  if (status != TENSOR_OK) {
    tensor_release(first);
    return status;
  }
  fill_in(s, numbers(order), numbers(groups), numbers(first), numbers(inverse),
          numbers(counts));
  return TENSOR_OK;
}

int tensor_unique(Tensor *first, Tensor *inverse, Tensor *counts,
                  const Tensor *x, int dim) {
  Slices s;
  Tensor order = {.storage = NULL}, groups = order;
  int status = make_slices(&s, x, dim);
  if (status != TENSOR_OK) return status;
  status = dim < 0 ? tensor_new_like(inverse, TENSOR_INT64, x)
                   : tensor_new(inverse, TENSOR_INT64, 1, &s.count);
  if (status == TENSOR_OK) {
    status = tensor_new(&order, TENSOR_INT64, 1, &s.count);
    if (status == TENSOR_OK)
      status = tensor_new(&groups, TENSOR_INT64, 1, &s.count);
    if (status == TENSOR_OK)
      status = unique(&s, &order, &groups, first, inverse, counts);
    if (status != TENSOR_OK) tensor_release(inverse);
  }
  tensor_release(&groups);
  tensor_release(&order);
  tensor_release(&s.x);
  return status;
}

/* }== */
