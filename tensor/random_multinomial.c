/*
** random_multinomial.c - positions drawn by weight.
**
** With replacement: a uniform number is looked up in the running sum of the
** weights. Without: each position waits for an exponential time with its
** weight as the rate; in order of their times they are what drawing one by
** one gives (Efraimidis and Spirakis, "Weighted random sampling with a
** reservoir", 2006).
*/
#include "tensor/random.h"

typedef struct Waiting {
  double time;
  int64_t position; /* from 1 */
} Waiting;

/* A row of weights, and what is drawn from it. */
typedef struct Row {
  TensorRandom from;
  const double *weights;
  int64_t choices, count;
  int64_t *out;
  void *room; /* for one running sum or one Waiting for each choice */
} Row;

/* Uniform number i of a call, in 0 <= u < 1; c holds the chunk it is in. */
static double unit(TensorRandom from, int64_t i, TensorChunk *c) {
  if (i % TENSOR_LARGE_WORDS == 0)
    tensor_random_chunk(from, i / TENSOR_LARGE_WORDS, 0, c);
  uint64_t word = tensor_random_large(c, i % TENSOR_LARGE_WORDS);
  return (double)(word >> 11) * 0x1p-53;
}

/* The greatest weight; a failure where one is wrong or all are 0. */
static int greatest_weight(const Row *r, int64_t number, double *greatest) {
  *greatest = 0;
  for (int64_t i = 0; i < r->choices; i++) {
    double w = r->weights[i];
    if (!(w >= 0 && isfinite(w)))
      return tensor_fail("multinomial: weight %lld of row %lld is %g; weights "
                         "must be finite and not negative",
                         (long long)i + 1, (long long)number, w);
    *greatest = fmax(*greatest, w);
  }
  if (*greatest > 0) return TENSOR_OK;
  return tensor_fail("multinomial: all weights of row %lld are 0",
                     (long long)number);
}

/* {== with replacement =================================================== */

/* The first position whose running sum is above the target: never one of
** weight 0. */
static int64_t find_above(const double *sums, int64_t n, double target) {
  int64_t low = 0, high = n - 1;
  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    if (sums[middle] > target)
      high = middle;
    else
      low = middle + 1;
  }
  return low + 1;
}

/* Weights are divided by the greatest, so that their sum stays finite. */
static int draw_again(const Row *r, double greatest) {
  TensorChunk c;
  double *sums = r->room, total = 0;
  int64_t last = 0;
  for (int64_t i = 0; i < r->choices; i++) {
    if (r->weights[i] / greatest > 0) last = i;
    sums[i] = total += r->weights[i] / greatest;
  }
  for (int64_t i = 0; i < r->count; i++) {
    if (i % (1 << 17) == 0 && tensor_poll() != TENSOR_OK)
      return TENSOR_INTERRUPTED;
    r->out[i] = find_above(sums, last + 1, unit(r->from, i, &c) * total);
  }
  return TENSOR_OK;
}

/* }== without replacement: a heap with the least time on top ============= */

static void sift_down(Waiting *heap, int64_t n, int64_t at) {
  Waiting moved = heap[at];
  for (int64_t child; (child = 2 * at + 1) < n; at = child) {
    if (child + 1 < n && heap[child + 1].time < heap[child].time) child++;
    if (moved.time <= heap[child].time) break;
    heap[at] = heap[child];
  }
  heap[at] = moved;
}

/* The positions of positive weight with their times; returns how many. */
static int64_t wait(const Row *r, double greatest, Waiting *heap) {
  TensorChunk c;
  int64_t n = 0;
  for (int64_t i = 0; i < r->choices; i++) {
    double u = 1 - unit(r->from, i, &c); /* 0 < u <= 1 */
    if (r->weights[i] == 0) continue;
    double time = -log(u) / (r->weights[i] / greatest);
    heap[n++] = (Waiting){isnan(time) ? INFINITY : time, i + 1};
  }
  return n;
}

static int draw_once(const Row *r, double greatest) {
  Waiting *heap = r->room;
  int64_t n = wait(r, greatest, heap);
  if (n < r->count)
    return tensor_fail("multinomial: cannot draw %lld different positions "
                       "(weights above 0: %lld)",
                       (long long)r->count, (long long)n);
  for (int64_t i = n / 2 - 1; i >= 0; i--) sift_down(heap, n, i);
  for (int64_t i = 0; i < r->count; i++) {
    r->out[i] = heap[0].position;
    heap[0] = heap[--n];
    if (n > 0) sift_down(heap, n, 0);
  }
  return tensor_poll();
}

/* }== rows =============================================================== */

static int draw_rows(Row r, int64_t rows, bool replacement) {
  int64_t numbers = replacement ? r.count : r.choices;
  int64_t chunks = numbers / TENSOR_LARGE_WORDS + 1;
  r.from = tensor_random_take(rows * chunks);
  int status = TENSOR_OK;
  for (int64_t i = 1; i <= rows && status == TENSOR_OK; i++) {
    double greatest;
    status = greatest_weight(&r, i, &greatest);
    if (status == TENSOR_OK)
      status = replacement ? draw_again(&r, greatest) : draw_once(&r, greatest);
    r.weights += r.choices;
    r.out += r.count;
    r.from.counter += (uint64_t)chunks * TENSOR_BLOCKS;
  }
  return status;
}

int tensor_random_multinomial(Tensor *out, const Tensor *p, bool replacement) {
  char shape[TENSOR_SHAPE_TEXT];
  Tensor weights;
  Row r = {.out = (int64_t *)out->data};
  if (p->ndim == 0 || p->shape[p->ndim - 1] == 0)
    return tensor_fail("multinomial: weights %s have nothing to draw from",
                       tensor_shape_text(p->ndim, p->shape, shape));
  r.choices = p->shape[p->ndim - 1];
  r.count = out->shape[out->ndim - 1];
  int status = tensor_as(&weights, p, TENSOR_FLOAT64);
  if (status != TENSOR_OK) return status;
  r.weights = (const double *)weights.data;
  TensorStorage *room =
      tensor_storage_new(r.choices * (int64_t)sizeof(Waiting));
  if (room == NULL) {
    tensor_release(&weights);
    return TENSOR_NO_MEMORY;
  }
  r.room = room->data;
  status = draw_rows(r, tensor_numel(p) / r.choices, replacement);
  tensor_storage_release(room);
  tensor_release(&weights);
  return status;
}

/* }======================================================================= */
