/*
** sort.c - sorting along a dim, by the digits of the elements' keys (see
** sort.h): threads take rows, or share a long one.
*/
#include <string.h>

#include "tensor/kernel.h"
#include "tensor/sort.h"

/* Longer rows are shared by all threads, one row after the other. */
#define SORT_LONG (INT64_C(1) << 20)

/* {== a dim in the last place */

/* The dims of t with `dim` last. */
static void dim_last(Tensor *out, const Tensor *t, int dim) {
  int order[TENSOR_MAX_DIMS], n = 0;
  for (int d = 0; d < t->ndim; d++)
    if (d != dim) order[n++] = d;
  order[n] = dim;
  tensor_permute(out, t, order);
}

static int begin_output(Tensor *rows, const Tensor *out, int dim) {
  Tensor last;
  *rows = (Tensor){.storage = NULL};
  if (out == NULL) return TENSOR_OK;
  dim_last(&last, out, dim);
  if (tensor_is_contiguous(&last)) {
    *rows = last;
    return TENSOR_OK;
  }
  int status = tensor_new_like(rows, out->dtype, &last);
  tensor_release(&last);
  return status;
}

int tensor_sort_begin(SortAlong *a, Tensor *values, Tensor *positions,
                      const Tensor *x, int dim) {
  Tensor last;
  *a = (SortAlong){.out = {values, positions}, .rows = 1, .n = 1, .dim = dim};
  if (x->ndim > 0) {
    a->n = x->shape[dim];
    for (int d = 0; d < x->ndim; d++)
      if (d != dim) a->rows *= x->shape[d];
  }
  a->count = positions->ndim > 0 ? positions->shape[dim] : 1;
  dim_last(&last, x, dim);
  int status = tensor_as(&a->x, &last, x->dtype);
  tensor_release(&last);
  if (status == TENSOR_OK) status = begin_output(&a->values, values, dim);
  if (status == TENSOR_OK) status = begin_output(&a->positions, positions, dim);
  return status == TENSOR_OK ? status : tensor_sort_end(a, status);
}

static int end_output(Tensor *rows, Tensor *out, int dim, int status) {
  if (rows->storage == NULL) return status;
  if (status == TENSOR_OK && rows->storage != out->storage) {
    Tensor last;
    dim_last(&last, out, dim);
    status = tensor_copy(&last, rows);
    tensor_release(&last);
  }
  tensor_release(rows);
  return status;
}

int tensor_sort_end(SortAlong *a, int status) {
  if (a->x.storage != NULL) tensor_release(&a->x);
  status = end_output(&a->values, a->out[0], a->dim, status);
  return end_output(&a->positions, a->out[1], a->dim, status);
}

/* }== rows {== */

/* Rows from first on, to last; stops where it must. */
static void some_rows(int64_t first, int64_t last, char *room, SortRow run,
                      void *of, int *status) {
  for (int64_t row = first; row < last && !tensor_stopped(status); row++)
    run(of, row, room, status);
}

int tensor_sort_rows(int64_t rows, int threads, int64_t room_bytes, SortRow run,
                     void *of) {
  int status = TENSOR_OK;
  TensorStorage *room = tensor_storage_new(room_bytes * threads);
  if (room == NULL) return TENSOR_NO_MEMORY;
  if (threads == 1) {
    some_rows(0, rows, room->data, run, of, &status);
  } else {
    int64_t pieces = tensor_min64(rows, threads * INT64_C(8));
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (int64_t p = 0; p < pieces; p++)
      some_rows(
          tensor_piece(rows, p, pieces), tensor_piece(rows, p + 1, pieces),
          room->data + omp_get_thread_num() * room_bytes, run, of, &status);
  }
  tensor_storage_release(room);
  return status;
}

/* }== one row {== */

typedef struct Sort {
  const SortKind *kind;
  const SortAlong *along;
  bool descending;
  int threads; /* that share a row */
} Sort;

/* A row between its elements and its sorted keys. */
typedef struct Row {
  const SortKind *kind;
  SortKeys keys;
  void *values; /* or NULL */
  int64_t *positions;
  uint64_t *packed; /* one of the two */
  SortWide *wide;
} Row;

static void make_keys(void *of, int piece, int64_t first, int64_t last) {
  const Row *r = of;
  (void)piece;
  if (r->packed != NULL)
    r->kind->pack(r->packed, &r->keys, first, last);
  else
    r->kind->widen(r->wide, &r->keys, first, last);
}

static void use_keys(void *of, int piece, int64_t first, int64_t last) {
  const Row *r = of;
  (void)piece;
  if (r->packed != NULL)
    r->kind->unpack(r->values, r->positions, &r->keys, r->packed, first, last);
  else
    r->kind->unpack_wide(r->values, r->positions, &r->keys, r->wide, first,
                         last);
}

/* Whether a key of so many bits goes with a position of n. */
static bool is_packed(int bits, int64_t n) {
  return bits + tensor_sort_bits((uint64_t)(n - 1)) <= 64;
}

/* Bytes of a key with its position, in the worst case. */
static int64_t key_bytes(TensorDType dtype, int64_t n) {
  bool packed = is_packed(8 * (int)tensor_dtype_size(dtype), n);
  return (int64_t)(packed ? sizeof(uint64_t) : sizeof(SortWide));
}

static void sort_row(void *of, int64_t row, char *room, int *status) {
  const Sort *s = of;
  const SortAlong *a = s->along;
  int64_t n = a->n, half = n * key_bytes(a->x.dtype, n);
  int64_t size = (int64_t)tensor_dtype_size(a->x.dtype), at = row * n;
  Row r = {s->kind,
           tensor_sort_keys(a->x.data + at * size, n, s->descending, status),
           a->values.data == NULL ? NULL : a->values.data + at * size,
           (int64_t *)(void *)a->positions.data + at,
           NULL,
           NULL};
  s->kind->bounds(&r.keys);
  SortRadix radix = {
      n,     0, r.keys.bits, s->threads, (int64_t *)(void *)(room + 2 * half),
      status};
  void *first = room, *second = room + half;
  if (is_packed(r.keys.bits, n)) {
    r.packed = first;
    radix.shift = r.keys.index_bits;
  } else {
    r.wide = first;
  }
  tensor_sort_pieces(s->threads, n, status, make_keys, &r);
  if (r.packed != NULL)
    r.packed = tensor_sort_packed(&radix, first, second);
  else
    r.wide = tensor_sort_wide(&radix, first, second);
  tensor_sort_pieces(s->threads, n, status, use_keys, &r);
}

/* }== */

int tensor_sort(Tensor *values, Tensor *positions, const Tensor *x, int dim,
                bool descending) {
  SortAlong a;
  if (tensor_numel(x) == 0) return TENSOR_OK;
  int status = tensor_sort_begin(&a, values, positions, x, dim);
  if (status != TENSOR_OK) return status;
  Sort s = {&tensor_sort_kinds[x->dtype], &a, descending, 1};
  int threads = 1;
  if (a.rows < tensor_threads() || a.n > SORT_LONG)
    s.threads = tensor_threads_for(2 * a.n);
  else
    threads = tensor_threads_for(8 * a.rows * a.n);
  int64_t counts = (int64_t)sizeof(int64_t) << tensor_sort_digit(a.n);
  int64_t room = 2 * a.n * key_bytes(x->dtype, a.n) + counts * s.threads;
  status = tensor_sort_rows(a.rows, threads, room, sort_row, &s);
  return tensor_sort_end(&a, status);
}
