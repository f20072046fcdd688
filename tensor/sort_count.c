/*
** sort_count.c - how often labels occur, how many elements fall into each
** of equal bins, and where values belong in sorted rows.
*/
#include "tensor/kernel.h"
#include "tensor/sort.h"

/* {== labels */

int tensor_most_label(const Tensor *labels, int64_t *most) {
  Tensor row;
  int status = tensor_as(&row, labels, TENSOR_INT64);
  if (status != TENSOR_OK) return status;
  const int64_t *label = (const int64_t *)(void *)row.data;
  int64_t n = tensor_numel(&row), least = 1;
  *most = 0;
  for (int64_t i = 0; i < n; i++) {
    least = tensor_min64(least, label[i]);
    *most = tensor_max64(*most, label[i]);
  }
  for (int64_t i = 0; i < n && least < 1; i++)
    if (label[i] < 1) {
      status = tensor_fail("the value %lld at position %lld cannot be counted: "
                           "values are places, which count from 1",
                           (long long)label[i], (long long)i + 1);
      break;
    }
  tensor_release(&row);
  return status;
}

int tensor_bincount(Tensor *out, const Tensor *labels) {
  Tensor row;
  int status = tensor_as(&row, labels, TENSOR_INT64);
  if (status != TENSOR_OK) return status;
  const int64_t *label = (const int64_t *)(void *)row.data;
  int64_t *count = (int64_t *)(void *)out->data, n = tensor_numel(&row);
  tensor_fill(out, 0);
  for (int64_t first = 0; first < n; first += SORT_BLOCK) {
    int64_t last = tensor_min64(n, first + SORT_BLOCK);
    for (int64_t i = first; i < last; i++) count[label[i] - 1]++;
    if (last < n) status = tensor_poll();
    if (status != TENSOR_OK) break;
  }
  tensor_release(&row);
  return status;
}

/* }== bins {== */

static double element(const Tensor *row, int64_t i) {
  return row->dtype == TENSOR_FLOAT32
             ? (double)((const float *)(void *)row->data)[i]
             : ((const double *)(void *)row->data)[i];
}

/* The range of the data where none was given; never an empty one. */
static int find_range(const Tensor *row, double *low, double *high) {
  int64_t n = tensor_numel(row);
  if (*low == 0 && *high == 0 && n > 0) {
    *low = *high = element(row, 0);
    for (int64_t i = 0; i < n; i++) {
      double v = element(row, i);
      *low = v < *low ? v : *low;
      *high = v > *high ? v : *high;
      if (!isfinite(v))
        return tensor_fail("element %lld is %g: without min and max, all "
                           "elements must be finite",
                           (long long)i + 1, v);
    }
  }
  if (*low == *high) {
    *low -= 1;
    *high += 1;
  }
  return TENSOR_OK;
}

/* What lies outside, and NaN, is in no bin; high is in the last one. */
static int count_bins(int64_t *count, int64_t bins, const Tensor *row,
                      double low, double high) {
  int64_t n = tensor_numel(row);
  for (int64_t first = 0; first < n; first += SORT_BLOCK) {
    int64_t last = tensor_min64(n, first + SORT_BLOCK);
    for (int64_t i = first; i < last; i++) {
      double v = element(row, i);
      if (!(v >= low && v <= high)) continue;
      double part = high > low ? (v / 2 - low / 2) / (high / 2 - low / 2) : 0.5;
      int64_t at = (int64_t)(part * (double)bins);
      count[tensor_min64(at, bins - 1)]++;
    }
    int status = last < n ? tensor_poll() : TENSOR_OK;
    if (status != TENSOR_OK) return status;
  }
  return TENSOR_OK;
}

int tensor_histc(Tensor *out, const Tensor *x, double low, double high) {
  Tensor row, counts;
  int status = tensor_as(&row, x, out->dtype);
  if (status != TENSOR_OK) return status;
  status = find_range(&row, &low, &high);
  if (status == TENSOR_OK) status = tensor_new_like(&counts, TENSOR_INT64, out);
  if (status == TENSOR_OK) {
    tensor_fill(&counts, 0);
    status = count_bins((int64_t *)(void *)counts.data, tensor_numel(out), &row,
                        low, high);
    if (status == TENSOR_OK) status = tensor_copy(out, &counts);
    tensor_release(&counts);
  }
  tensor_release(&row);
  return status;
}

/* }== places in sorted rows {== */

typedef struct Search {
  const Tensor *sorted, *values;
  int64_t *out;
  int64_t n, count; /* in each sorted row, and values for it */
  bool right;
} Search;

/* One block of the values of a row. */
static void search_block(const Search *s, int64_t row, int64_t first,
                         int64_t last) {
  int64_t size = (int64_t)tensor_dtype_size(s->sorted->dtype);
  int64_t at = row * s->count + first;
  tensor_sort_kinds[s->sorted->dtype].search(
      s->out + at, s->sorted->data + row * s->n * size, s->n,
      s->values->data + at * size, last - first, s->right);
  for (int64_t i = at; i < at + last - first; i++) s->out[i]++;
}

static int search_all(const Search *s, int64_t rows) {
  int64_t block = tensor_min64(s->count, SORT_BLOCK / 64);
  int64_t blocks = (s->count + block - 1) / block, jobs = rows * blocks;
  int64_t cost = block * tensor_sort_bits((uint64_t)s->n) + 1;
  int64_t piece = tensor_max64(1, 16 * SORT_BLOCK / cost);
  for (int64_t from = 0; from < jobs; from += piece) {
    int64_t to = tensor_min64(jobs, from + piece);
    int threads = tensor_threads_for((to - from) * cost);
#pragma omp parallel for num_threads(threads) if (threads > 1)
    for (int64_t job = from; job < to; job++) {
      int64_t first = job % blocks * block;
      search_block(s, job / blocks, first,
                   tensor_min64(s->count, first + block));
    }
    int status = to < jobs ? tensor_poll() : TENSOR_OK;
    if (status != TENSOR_OK) return status;
  }
  return TENSOR_OK;
}

int tensor_searchsorted(Tensor *out, const Tensor *sorted, const Tensor *values,
                        bool right) {
  Tensor rows, of;
  if (tensor_numel(out) == 0) return TENSOR_OK;
  int status = tensor_as(&rows, sorted, sorted->dtype);
  if (status != TENSOR_OK) return status;
  status = tensor_as(&of, values, sorted->dtype);
  if (status == TENSOR_OK) {
    int64_t n = sorted->shape[sorted->ndim - 1], count = 1;
    if (sorted->ndim == 1)
      count = tensor_numel(values);
    else
      count = values->shape[values->ndim - 1];
    Search s = {&rows, &of, (int64_t *)(void *)out->data, n, count, right};
    status = search_all(&s, tensor_numel(out) / count);
    tensor_release(&of);
  }
  tensor_release(&rows);
  return status;
}

/* }== */
