/*
** interpolate.c - more or fewer elements along a dim, made between those
** that are there.
**
** Each new element is a weighted sum of neighbours: a table holds the first
** of them and the weights of all, for every position. From one position to
** the next, neither the first nor the last neighbour moves back, so the
** transposed table, from which gradients are made, is of the same kind, and
** one loop applies both. (Sampling conventions: PyTorch's.)
*/
#include <string.h>

#include "tensor/kernel.h"
#include "tensor/parallel.h"

#define POLL_ROWS  ((int64_t)1 << 20) /* of a table, between two polls */
#define BLOCK_WORK ((int64_t)1 << 22) /* products, between two polls */

/* Row i: neighbours first[i] .. first[i] + start[i + 1] - start[i] - 1, whose
** weights begin at weights[start[i]]. */
typedef struct Table {
  int64_t rows, columns; /* positions made, and made from */
  int64_t *first, *start;
  double *weights;
  TensorStorage *sizes, *storage;
} Table;

/* {== what a position is made of */

static int64_t clamp(int64_t i, int64_t low, int64_t high) {
  return tensor_max64(low, tensor_min64(i, high));
}

/* Elements of the input to one of the output. */
static double step_of(const TensorResample *r) {
  return r->scale > 0 ? 1 / r->scale : (double)r->in / (double)r->out;
}

/* i * in / out, rounded down or up, without overflow. */
static int64_t edge_of(const TensorResample *r, int64_t i, bool up) {
  __extension__ typedef __int128 Wide;
  Wide product = (Wide)i * r->in;
  return (int64_t)((product + (up ? r->out - 1 : 0)) / r->out);
}

/* Exact, so that whole factors never miss an element. */
int64_t tensor_nearest(const TensorResample *r, int64_t i) {
  if (r->scale > 0) return clamp((int64_t)((double)i / r->scale), 0, r->in - 1);
  return edge_of(r, i, false);
}

/* The input's coordinate of output position i. */
static double source_of(const TensorResample *r, int64_t i) {
  if (r->align_corners)
    return r->out == 1 ? 0
                       : (double)i * (double)(r->in - 1) / (double)(r->out - 1);
  return ((double)i + 0.5) * step_of(r) - 0.5;
}

/* Keys's cubic at distance x from an element. */
static double cubic(double x, double a) {
  x = fabs(x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

/* The functions below give the count of neighbours and the first one; where
** weights is not NULL they write them there. */

static int64_t linear_row(const TensorResample *r, int64_t i, int64_t *first,
                          double *weights) {
  double at = fmax(source_of(r, i), 0);
  *first = tensor_min64((int64_t)at, r->in - 1);
  double share = fmin(at - (double)*first, 1);
  if (*first == r->in - 1 || share == 0) share = 0;
  if (weights != NULL) weights[0] = 1 - share;
  if (weights != NULL && share > 0) weights[1] = share;
  return share > 0 ? 2 : 1;
}

/* Four taps; those beyond the ends count for the end. */
static int64_t cubic_row(const TensorResample *r, int64_t i, int64_t *first,
                         double *weights) {
  double at = source_of(r, i), whole = floor(at);
  int64_t from = (int64_t)whole - 1, last = clamp(from + 3, 0, r->in - 1);
  *first = clamp(from, 0, r->in - 1);
  if (weights != NULL) {
    for (int64_t k = *first; k <= last; k++) weights[k - *first] = 0;
    for (int64_t k = from; k < from + 4; k++)
      weights[clamp(k, *first, last) - *first] +=
          cubic(at - whole - (double)(k - from - 1), -0.75);
  }
  return last - *first + 1;
}

static int64_t area_row(const TensorResample *r, int64_t i, int64_t *first,
                        double *weights) {
  *first = edge_of(r, i, false);
  int64_t count = edge_of(r, i + 1, true) - *first;
  for (int64_t k = 0; weights != NULL && k < count; k++)
    weights[k] = 1 / (double)count;
  return count;
}

/* The filter, stretched over the step where elements would be left out. */
static int64_t smooth_row(const TensorResample *r, int64_t i, int64_t *first,
                          double *weights) {
  double step = step_of(r), wide = fmax(step, 1);
  double center = ((double)i + 0.5) * step;
  double support = wide * (r->mode == TENSOR_CUBIC ? 2 : 1), sum = 0;
  *first = clamp((int64_t)(center - support + 0.5), 0, r->in - 1);
  int64_t last = clamp((int64_t)(center + support + 0.5), *first + 1, r->in);
  int64_t count = last - *first;
  if (weights == NULL) return count;
  for (int64_t k = 0; k < count; k++) {
    double x = ((double)(*first + k) - center + 0.5) / wide;
    weights[k] =
        r->mode == TENSOR_CUBIC ? cubic(x, -0.5) : fmax(0, 1 - fabs(x));
    sum += weights[k];
  }
  for (int64_t k = 0; k < count && sum != 0; k++) weights[k] /= sum;
  return count;
}

static int64_t row_of(const TensorResample *r, int64_t i, int64_t *first,
                      double *weights) {
  if (r->mode == TENSOR_AREA) return area_row(r, i, first, weights);
  if (r->mode == TENSOR_NEAREST) {
    *first = tensor_nearest(r, i);
    if (weights != NULL) weights[0] = 1;
    return 1;
  }
  if (r->antialias) return smooth_row(r, i, first, weights);
  if (r->mode == TENSOR_LINEAR) return linear_row(r, i, first, weights);
  return cubic_row(r, i, first, weights);
}

/* }== tables {== */

static void table_close(Table *t) {
  tensor_storage_release(t->sizes);
  tensor_storage_release(t->storage);
}

static int poll_at(int64_t i) {
  return i % POLL_ROWS == POLL_ROWS - 1 ? tensor_poll() : TENSOR_OK;
}

static int table_open(Table *t, int64_t rows, int64_t columns) {
  *t = (Table){.rows = rows, .columns = columns};
  t->sizes = tensor_storage_new((2 * rows + 1) * (int64_t)sizeof(int64_t));
  if (t->sizes == NULL) return TENSOR_NO_MEMORY;
  t->first = (int64_t *)(void *)t->sizes->data;
  t->start = t->first + rows;
  return TENSOR_OK;
}

static int table_weights(Table *t) {
  int64_t count = t->start[t->rows];
  t->storage = tensor_storage_new(count * (int64_t)sizeof(double));
  if (t->storage == NULL) return TENSOR_NO_MEMORY;
  t->weights = (double *)(void *)t->storage->data;
  return TENSOR_OK;
}

static int table_make(Table *t, const TensorResample *r) {
  int status = table_open(t, r->out, r->in);
  if (status != TENSOR_OK) return status;
  t->start[0] = 0;
  for (int64_t i = 0; i < t->rows && status == TENSOR_OK; i++) {
    t->start[i + 1] = t->start[i] + row_of(r, i, &t->first[i], NULL);
    status = poll_at(i);
  }
  if (status == TENSOR_OK) status = table_weights(t);
  for (int64_t i = 0; i < t->rows && status == TENSOR_OK; i++) {
    row_of(r, i, &t->first[i], t->weights + t->start[i]);
    status = poll_at(i);
  }
  if (status != TENSOR_OK) table_close(t);
  return status;
}

/* How many rows of t meet each column, and the first of them, into back. */
static void count_columns(Table *back, const Table *t) {
  memset(back->first, 0, (size_t)back->rows * sizeof(int64_t));
  memset(back->start, 0, (size_t)(back->rows + 1) * sizeof(int64_t));
  for (int64_t i = 0; i < t->rows; i++)
    for (int64_t k = 0; k < t->start[i + 1] - t->start[i]; k++) {
      int64_t column = t->first[i] + k;
      if (back->start[column + 1]++ == 0) back->first[column] = i;
    }
  for (int64_t c = 0; c < back->rows; c++) back->start[c + 1] += back->start[c];
}

static void turn_weights(Table *back, const Table *t) {
  for (int64_t i = 0; i < t->rows; i++)
    for (int64_t k = 0; k < t->start[i + 1] - t->start[i]; k++) {
      int64_t column = t->first[i] + k;
      back->weights[back->start[column] + i - back->first[column]] =
          t->weights[t->start[i] + k];
    }
}

/* Replaces t by its transpose. */
static int table_transpose(Table *t) {
  Table back;
  int status = table_open(&back, t->columns, t->rows);
  if (status == TENSOR_OK) {
    count_columns(&back, t);
    status = table_weights(&back);
    if (status == TENSOR_OK) turn_weights(&back, t);
    if (status != TENSOR_OK) table_close(&back);
  }
  table_close(t);
  if (status == TENSOR_OK) *t = back;
  return status;
}

/* }== applying a table {== */

typedef struct Job {
  const Table *table;
  const void *x;
  void *y;
  int64_t inner; /* elements that move together */
} Job;

#define TYPE       float
#define NAME(word) word##_float32
#include "tensor/interpolate_body.h"

#define TYPE       double
#define NAME(word) word##_float64
#include "tensor/interpolate_body.h"

/* Rows from .. to - 1, counted through the outer dims, in blocks. */
static void walk(const Job *job, bool single, int64_t block, int64_t from,
                 int64_t to, int *status) {
  while (from < to && !tensor_stopped(status)) {
    int64_t end = tensor_min64(to, from + block);
    if (single)
      rows_float32(job, from, end);
    else
      rows_float64(job, from, end);
    from = end;
  }
}

static int apply(const Job *job, bool single, int64_t outer) {
  const Table *t = job->table;
  int status = TENSOR_OK;
  int64_t rows = outer * t->rows;
  double each = (double)t->start[t->rows] / (double)t->rows;
  double row_work = fmax(1, each * (double)job->inner);
  int64_t block = (int64_t)fmax(1, (double)BLOCK_WORK / row_work);
  int count = tensor_threads_for((int64_t)fmin((double)rows * row_work, 1e15));
#pragma omp parallel num_threads(count)
  {
    int thread = omp_get_thread_num(), threads = omp_get_num_threads();
    walk(job, single, block, tensor_piece(rows, thread, threads),
         tensor_piece(rows, thread + 1, threads), &status);
  }
  return status;
}

int tensor_resample(const TensorResample *r, Tensor *y, const Tensor *x,
                    int dim) {
  Table t;
  int64_t outer = 1, inner = 1;
  if (tensor_numel(y) == 0 || tensor_numel(x) == 0) return TENSOR_OK;
  for (int d = 0; d < x->ndim; d++) {
    if (d < dim) outer *= x->shape[d];
    if (d > dim) inner *= x->shape[d];
  }
  int status = table_make(&t, r);
  if (status == TENSOR_OK && r->transposed) status = table_transpose(&t);
  if (status != TENSOR_OK) return status;
  Job job = {&t, x->data, y->data, inner};
  status = apply(&job, x->dtype == TENSOR_FLOAT32, outer);
  table_close(&t);
  return status;
}

/* }== */
