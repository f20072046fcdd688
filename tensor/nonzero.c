/*
** nonzero.c - the positions of the elements that are not 0, in row-major
** order. Rows along the last dim are counted first, then filled in; where
** those would be short, all elements are one row, if they lie so.
*/
#include "tensor/kernel.h"

/* Elements between two looks at the interrupt flag. */
#define POLL_ELEMENTS (INT64_C(1) << 24)

#define FIND_BLOCK 256

/* Elements whose numbers are found before they are made positions: few enough
** to stay in the cache. */
#define SPLIT_ELEMENTS 4096

#define SHORT_ROW 8

#define TYPE       uint8_t
#define NAME(word) word##_uint8
#include "tensor/nonzero_body.h"

#define TYPE       int32_t
#define NAME(word) word##_int32
#include "tensor/nonzero_body.h"

#define TYPE       int64_t
#define NAME(word) word##_int64
#include "tensor/nonzero_body.h"

#define TYPE       float
#define NAME(word) word##_float32
#include "tensor/nonzero_body.h"

#define TYPE       double
#define NAME(word) word##_float64
#include "tensor/nonzero_body.h"

typedef int64_t (*CountRow)(const char *data, int64_t n, int64_t step);
/* Writes positions in the row, from 1, out_step apart; returns how many. */
typedef int64_t (*FindRow)(const char *data, int64_t n, int64_t step,
                           int64_t *out, int64_t out_step);

static const CountRow counters[] = {count_uint8, count_uint8,   count_int32,
                                    count_int64, count_float32, count_float64};
static const FindRow finders[] = {find_uint8, find_uint8,   find_int32,
                                  find_int64, find_float32, find_float64};

/* The rows of x and where each begins. */
typedef struct Rows {
  const Tensor *x;
  int outer; /* dims outside a row */
  int64_t index[TENSOR_MAX_DIMS];
  int64_t count, length, step, since_poll;
  const char *data;
} Rows;

static void first_row(Rows *r, const Tensor *x) {
  *r = (Rows){.x = x, .count = 1, .length = 1, .step = 1, .data = x->data};
  if (x->ndim == 0) return;
  r->outer = x->ndim - 1;
  r->length = x->shape[r->outer];
  r->step = x->strides[r->outer];
  for (int d = 0; d < r->outer; d++) r->count *= x->shape[d];
}

static int next_row(Rows *r) {
  const Tensor *x = r->x;
  int64_t size = (int64_t)tensor_dtype_size(x->dtype);
  for (int d = r->outer - 1; d >= 0; d--) {
    r->data += x->strides[d] * size;
    if (++r->index[d] < x->shape[d]) break;
    r->index[d] = 0;
    r->data -= x->shape[d] * x->strides[d] * size;
  }
  r->since_poll += r->length;
  if (r->since_poll < POLL_ELEMENTS) return TENSOR_OK;
  r->since_poll = 0;
  return tensor_poll();
}

static int count_all(const Tensor *x, int64_t *count) {
  Rows r;
  int status = TENSOR_OK;
  *count = 0;
  first_row(&r, x);
  for (int64_t i = 0; i < r.count && status == TENSOR_OK; i++) {
    *count += counters[x->dtype](r.data, r.length, r.step);
    status = next_row(&r);
  }
  return status;
}

static int find_all(int64_t *out, const Tensor *x) {
  Rows r;
  int status = TENSOR_OK;
  int64_t last = x->ndim - 1;
  first_row(&r, x);
  for (int64_t i = 0; i < r.count && status == TENSOR_OK; i++) {
    int64_t n =
        finders[x->dtype](r.data, r.length, r.step, out + last, x->ndim);
    for (int64_t j = 0; j < n; j++, out += x->ndim)
      for (int d = 0; d < r.outer; d++) out[d] = r.index[d] + 1;
    status = next_row(&r);
  }
  return status;
}

/* Calls are of at most POLL_ELEMENTS; the flag is looked at between them. */
static int count_flat(const Tensor *x, int64_t *count) {
  int64_t n = tensor_numel(x), size = (int64_t)tensor_dtype_size(x->dtype);
  int status = TENSOR_OK;
  *count = 0;
  for (int64_t at = 0; at < n && status == TENSOR_OK; at += POLL_ELEMENTS) {
    int64_t length = tensor_min64(POLL_ELEMENTS, n - at);
    *count += counters[x->dtype](x->data + at * size, length, 1);
    if (at + length < n) status = tensor_poll();
  }
  return status;
}

/* A place in x: its number in row-major order, and its index, from 0. */
typedef struct Place {
  int64_t number, index[TENSOR_MAX_DIMS];
} Place;

/* Forwards only. */
static void move_on(Place *p, const Tensor *x, int64_t number) {
  int d = x->ndim - 1;
  p->index[d] += number - p->number;
  p->number = number;
  for (; d > 0 && p->index[d] >= x->shape[d]; d--) {
    int64_t over = p->index[d] / x->shape[d];
    p->index[d] -= over * x->shape[d];
    p->index[d - 1] += over;
  }
}

/* Turns n numbers in the last column of out, which count from 1 after
** `before` elements, into positions. */
static void split_numbers(int64_t *out, int64_t n, const Tensor *x, Place *p,
                          int64_t before) {
  for (int64_t k = 0; k < n; k++, out += x->ndim) {
    move_on(p, x, before + out[x->ndim - 1] - 1);
    for (int d = 0; d < x->ndim; d++) out[d] = p->index[d] + 1;
  }
}

static int find_flat(int64_t *out, const Tensor *x) {
  int64_t n = tensor_numel(x), size = (int64_t)tensor_dtype_size(x->dtype);
  int64_t piece = x->ndim == 1 ? POLL_ELEMENTS : SPLIT_ELEMENTS, polled = 0;
  Place p = {0};
  for (int64_t at = 0; at < n; at += piece) {
    int64_t length = tensor_min64(piece, n - at);
    int64_t found = finders[x->dtype](x->data + at * size, length, 1,
                                      out + x->ndim - 1, x->ndim);
    if (x->ndim > 1 || at > 0) split_numbers(out, found, x, &p, at);
    out += found * x->ndim;
    if (at + length - polled < POLL_ELEMENTS) continue;
    polled = at + length;
    int status = tensor_poll();
    if (status != TENSOR_OK) return status;
  }
  return TENSOR_OK;
}

/* Whether x is taken as one row: short rows cost more than split numbers. */
static bool lies_flat(const Tensor *x) {
  bool one_row = x->ndim <= 1;
  return tensor_is_contiguous(x) &&
         (one_row || x->shape[x->ndim - 1] < SHORT_ROW);
}

int tensor_nonzero(Tensor *out, const Tensor *x) {
  int64_t shape[2] = {0, x->ndim};
  bool empty = tensor_numel(x) == 0, flat = lies_flat(x);
  int status = TENSOR_OK;
  if (!empty) status = (flat ? count_flat : count_all)(x, &shape[0]);
  if (status == TENSOR_OK) status = tensor_new(out, TENSOR_INT64, 2, shape);
  if (status != TENSOR_OK || empty || x->ndim == 0) return status;
  status = (flat ? find_flat : find_all)((int64_t *)(void *)out->data, x);
  if (status != TENSOR_OK) tensor_release(out);
  return status;
}
