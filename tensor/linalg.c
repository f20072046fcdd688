/*
** linalg.c - walking over a batch of matrices; messages.
*/
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "tensor/linalg.h"
#include "tensor/parallel.h"

/* What a call of LAPACK costs whatever the size, and how many of its
** multiplications take as long as one simple element of work. */
#define CALL        2000
#define PER_ELEMENT 8

/* {== running ========================================================== */

typedef struct Outcome {
  int status;
  int64_t failed;
  int why;
} Outcome;

/* The first failure of all counts, whichever thread met it. */
static void note_failure(Outcome *o, int64_t item, int why) {
#pragma omp critical(tensor_linalg_failure)
  if (o->failed < 0 || item < o->failed) {
    o->failed = item;
    o->why = why;
  }
}

static void run_part(const LinalgBatch *b, int64_t first, int64_t last,
                     Outcome *o) {
  void *scratch = malloc(b->scratch > 0 ? b->scratch : 1);
  if (scratch == NULL) {
#pragma omp atomic write
    o->status = TENSOR_NO_MEMORY;
    return;
  }
  for (int64_t i = first; i < last && !tensor_stopped(&o->status); i++) {
    int why = b->item(b->job, i, scratch);
    if (why == 0) continue;
    note_failure(o, i, why);
    break;
  }
  free(scratch);
}

/* One after another; small ones on this thread alone. */
static void run_in_turn(const LinalgBatch *b, Outcome *o) {
  int threads = tensor_threads();
  if (b->work < b->large) tensor_set_threads(1);
  run_part(b, 0, b->items, o);
  tensor_set_threads(threads);
}

static int threads_for(const LinalgBatch *b) {
  double all = (b->work + CALL) * (double)b->items / PER_ELEMENT;
  if (b->items < 2 || b->work >= b->large) return 1;
  return (int)tensor_min64(b->items,
                           tensor_threads_for((int64_t)fmin(all, 1e15)));
}

int tensor_linalg_run(LinalgBatch *b) {
  Outcome o = {TENSOR_OK, -1, 0};
  int threads = threads_for(b);
  if (threads == 1) {
    run_in_turn(b, &o);
  } else {
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int64_t t = 0; t < threads; t++)
      run_part(b, tensor_piece(b->items, t, threads),
               tensor_piece(b->items, t + 1, threads), &o);
  }
  b->failed = o.failed;
  b->why = o.why;
  if (o.status == TENSOR_NO_MEMORY)
    return tensor_no_memory((int64_t)b->scratch);
  return o.status;
}

/* }== batches ========================================================== */

int64_t tensor_linalg_items(const Tensor *t) {
  int64_t n = 1;
  for (int d = 0; d < t->ndim - 2; d++) n *= t->shape[d];
  return n;
}

int64_t tensor_linalg_offset(const Tensor *t, int64_t item) {
  int64_t offset = 0;
  for (int d = t->ndim - 3; d >= 0; d--) {
    offset += item % t->shape[d] * t->strides[d];
    item /= t->shape[d];
  }
  return offset;
}

/* }== messages ========================================================= */

const char *tensor_linalg_subject(const Tensor *t, int64_t item,
                                  char text[TENSOR_SHAPE_TEXT]) {
  int64_t at[TENSOR_MAX_DIMS];
  char place[TENSOR_SHAPE_TEXT];
  if (t->ndim < 3) return "the matrix";
  if (t->ndim == 3) {
    snprintf(text, TENSOR_SHAPE_TEXT, "matrix %lld of the batch",
             (long long)item + 1);
    return text;
  }
  for (int d = t->ndim - 3; d >= 0; d--) {
    at[d] = item % t->shape[d] + 1;
    item /= t->shape[d];
  }
  tensor_shape_text(t->ndim - 2, at, place);
  snprintf(text, TENSOR_SHAPE_TEXT, "matrix %.160s of the batch", place);
  return text;
}

int tensor_linalg_not_finite(const char *name, const Tensor *t, int64_t item) {
  char text[TENSOR_SHAPE_TEXT];
  return tensor_fail("%s: %s holds NaN or infinity", name,
                     tensor_linalg_subject(t, item, text));
}

int tensor_linalg_check_sizes(const char *name, const Tensor *t) {
  char text[TENSOR_SHAPE_TEXT];
  if (linalg_rows(t) <= INT_MAX && linalg_columns(t) <= INT_MAX)
    return TENSOR_OK;
  return tensor_fail("%s: matrices of shape %s are too large: LAPACK takes at "
                     "most %d rows and columns",
                     name, tensor_shape_text(t->ndim, t->shape, text), INT_MAX);
}

int tensor_linalg_check_work(const char *name, double length) {
  if (length >= 0 && length <= INT_MAX) return TENSOR_OK;
  return tensor_fail("%s: the matrix is too large: LAPACK's workspace would "
                     "have more than %d elements",
                     name, INT_MAX);
}

/* }== */
