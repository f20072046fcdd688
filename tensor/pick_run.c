/*
** pick_run.c - checked positions, and the loops around the rows of pick.h.
*/
#include <stdio.h>

#include "tensor/pick.h"

/* Elements of a row that one thread takes at a time. */
#define SEGMENT 16384
/* Elements between two looks at the interrupt flag. */
#define POLL_ELEMENTS (INT64_C(1) << 24)
/* Adding by columns in parallel: the fewest columns for a thread. */
#define FEWEST_COLUMNS 32

/* {== positions ========================================================= */

const char *tensor_pick_place(const Tensor *index, int64_t at,
                              char text[TENSOR_SHAPE_TEXT]) {
  int64_t where[TENSOR_MAX_DIMS];
  char shape[TENSOR_SHAPE_TEXT];
  for (int d = index->ndim - 1; d >= 0; d--) {
    where[d] = at % index->shape[d] + 1;
    at /= index->shape[d];
  }
  text[0] = '\0';
  if (index->ndim == 1)
    snprintf(text, TENSOR_SHAPE_TEXT, " at position %lld", (long long)where[0]);
  else if (index->ndim > 1)
    snprintf(text, TENSOR_SHAPE_TEXT, " at position %s",
             tensor_shape_text(index->ndim, where, shape));
  return text;
}

static int wrong_position(const char *operation, const Tensor *index,
                          int64_t at, int64_t value, int64_t size, int dim) {
  char where[TENSOR_SHAPE_TEXT], range[96], what[64];
  long long n = size;
  tensor_pick_place(index, at, where);
  if (value == 0)
    return tensor_fail("%s: index 0%s: positions count from 1", operation,
                       where);
  if (dim >= 0)
    snprintf(what, sizeof what, "dim %d has size %lld", dim + 1, n);
  else
    snprintf(what, sizeof what, "the tensor has %lld element%s", n,
             n == 1 ? "" : "s");
  if (size > 0)
    snprintf(range, sizeof range,
             "positions are 1..%lld, or -%lld..-1 from the end", n, n);
  else
    snprintf(range, sizeof range, "there are no positions");
  return tensor_fail("%s: index %lld%s: %s (%s)", operation, (long long)value,
                     where, what, range);
}

/* Writes n checked positions; whether all of them were right. */
static bool convert(int64_t *at, const int64_t *values, int64_t n,
                    int64_t size) {
  int wrong = 0;
  for (int64_t i = 0; i < n; i++) {
    int64_t v = values[i];
    int64_t q = v > 0 ? v - 1 : v < -size ? -1 : v + size;
    at[i] = q;
    wrong |= (v == 0) | (q < 0) | (q >= size);
  }
  return !wrong;
}

static int take_memory(PickPositions *p, int64_t n) {
  p->at = p->local;
  p->memory = NULL;
  if (n <= PICK_LOCAL) return TENSOR_OK;
  p->memory = tensor_storage_new(n * (int64_t)sizeof(int64_t));
  if (p->memory == NULL) return TENSOR_NO_MEMORY;
  p->at = (int64_t *)p->memory->data;
  return TENSOR_OK;
}

int tensor_pick_positions(PickPositions *p, const char *operation,
                          const Tensor *index, int64_t size, int dim) {
  if (index->dtype != TENSOR_INT64 && index->dtype != TENSOR_INT32)
    return tensor_fail("%s: the index must be int64 or int32, not %s "
                       "(x:long() makes int64 of it)",
                       operation, tensor_dtype_name(index->dtype));
  Tensor values;
  int64_t n = tensor_numel(index), at = 0;
  int status = tensor_as(&values, index, TENSOR_INT64);
  if (status != TENSOR_OK) return status;
  const int64_t *v = (const int64_t *)values.data;
  status = take_memory(p, n);
  if (status == TENSOR_OK && !convert(p->at, v, n, size)) {
    while (v[at] != 0 && v[at] >= -size && v[at] <= size) at++;
    status = wrong_position(operation, index, at, v[at], size, dim);
    tensor_pick_release(p);
  }
  tensor_release(&values);
  return status;
}

void tensor_pick_release(PickPositions *p) {
  if (p->memory != NULL) tensor_storage_release(p->memory);
  p->memory = NULL;
}

/* }== loops ============================================================= */

/* Drops dims of size 1 and joins dims that run on evenly. */
static void simplify(Pick *p) {
  int count = 0;
  for (int d = 0; d < p->ndim; d++) {
    int64_t n = p->shape[d];
    if (n == 1) continue;
    int e = count - 1;
    bool join = count > 0 && p->to[e] == n * p->to[d] &&
                p->from[e] == n * p->from[d] && p->at[e] == n * p->at[d];
    if (join) n *= p->shape[e];
    if (!join) e = count++;
    p->shape[e] = n;
    p->to[e] = p->to[d];
    p->from[e] = p->from[d];
    p->at[e] = p->at[d];
  }
  if (count == 0) {
    p->shape[0] = 1;
    p->to[0] = p->from[0] = 1;
    p->at[0] = 0;
    count = 1;
  }
  p->ndim = count;
}

/* Elements begin..end-1 of the rows first..last-1. */
static void run_rows(const Pick *p, PickRow row, int64_t first, int64_t last,
                     int64_t begin, int64_t end) {
  int64_t index[TENSOR_MAX_DIMS];
  int64_t size = (int64_t)tensor_dtype_size(p->dtype), rest = first;
  int inner = p->ndim - 1;
  int64_t to = begin * p->to[inner], from = begin * p->from[inner];
  int64_t at = begin * p->at[inner];
  for (int d = inner - 1; d >= 0; d--) {
    index[d] = rest % p->shape[d];
    rest /= p->shape[d];
    to += index[d] * p->to[d];
    from += index[d] * p->from[d];
    at += index[d] * p->at[d];
  }
  for (int64_t r = first; r < last; r++) {
    row(p, p->out + to * size, p->x + from * size, p->positions + at,
        end - begin);
    for (int d = inner - 1; d >= 0; d--) {
      to += p->to[d];
      from += p->from[d];
      at += p->at[d];
      if (++index[d] < p->shape[d]) break;
      index[d] = 0;
      to -= p->shape[d] * p->to[d];
      from -= p->shape[d] * p->from[d];
      at -= p->shape[d] * p->at[d];
    }
  }
}

static int64_t rows_of(const Pick *p) {
  int64_t rows = 1;
  for (int d = 0; d < p->ndim - 1; d++) rows *= p->shape[d];
  return rows;
}

static int64_t columns_of(const Pick *p) { return p->shape[p->ndim - 1]; }

/* Elements that are copied cost less than those of other kernels, above all
** in whole rows. */
static int64_t work_of(const Pick *p, int64_t elements) {
  return elements / (p->at[p->ndim - 1] == 0 ? 8 : 2);
}

/* Columns begin..end-1 of all rows, cut into pieces of rows. */
static int gather_columns(const Pick *p, PickRow row, int64_t begin,
                          int64_t end) {
  int64_t rows = rows_of(p), width = end - begin;
  int64_t piece = tensor_max64(1, POLL_ELEMENTS / width);
  for (int64_t first = 0; first < rows; first += piece) {
    int64_t last = tensor_min64(rows, first + piece), n = last - first;
    int64_t cuts = n > 1 ? 1 : (width + SEGMENT - 1) / SEGMENT;
    int threads = tensor_threads_for(work_of(p, n * width));
    int64_t chunks = cuts > 1 ? cuts : tensor_min64(n, threads * INT64_C(8));
    if (threads == 1) {
      run_rows(p, row, first, last, begin, end);
    } else {
#pragma omp parallel for num_threads(threads) schedule(dynamic)
      for (int64_t c = 0; c < chunks; c++) {
        if (cuts > 1)
          run_rows(p, row, first, last, begin + c * SEGMENT,
                   tensor_min64(end, begin + (c + 1) * SEGMENT));
        else
          run_rows(p, row, first + n * c / chunks, first + n * (c + 1) / chunks,
                   begin, end);
      }
    }
    int status = last < rows ? tensor_poll() : TENSOR_OK;
    if (status != TENSOR_OK) return status;
  }
  return TENSOR_OK;
}

int tensor_pick_gather(Pick *p) {
  simplify(p);
  int64_t columns = columns_of(p);
  for (int64_t begin = 0; begin < columns; begin += POLL_ELEMENTS) {
    int status = gather_columns(p, tensor_pick_mover(p->dtype), begin,
                                tensor_min64(columns, begin + POLL_ELEMENTS));
    if (status == TENSOR_OK && begin + POLL_ELEMENTS < columns)
      status = tensor_poll();
    if (status != TENSOR_OK) return status;
  }
  return TENSOR_OK;
}

/* Where whole rows go to one position, threads share the columns: then no
** two meet, and each element gets its sum in the order of the index. */
int tensor_pick_scatter(Pick *p, bool add) {
  simplify(p);
  PickRow row = add ? tensor_pick_adder(p->dtype) : tensor_pick_mover(p->dtype);
  int64_t rows = rows_of(p), columns = columns_of(p), threads = 1;
  int last = p->ndim - 1;
  if (p->at[last] == 0 && p->to[last] == 1)
    threads = tensor_min64(tensor_threads_for(work_of(p, rows * columns)),
                           tensor_max64(1, columns / FEWEST_COLUMNS));
  if (threads == 1) {
    run_rows(p, row, 0, rows, 0, columns);
    return TENSOR_OK;
  }
#pragma omp parallel for num_threads((int)threads)
  for (int64_t t = 0; t < threads; t++)
    run_rows(p, row, 0, rows, columns * t / threads,
             columns * (t + 1) / threads);
  return TENSOR_OK;
}

/* }====================================================================== */
