/*
** batch_norm.c - channels brought to mean 0 and variance 1, and back.
**
** The tensor is seen as (outer, channels, inner), contiguous. Two kinds of
** passes go over it: one adds two numbers up for each channel, in double
** precision and in fixed blocks of `outer`; the other computes each element
** from its own and from numbers of its channel.
*/
#include <string.h>

#include "tensor/kernel.h"

/* Elements of a block, about. */
#define BLOCK_ELEMENTS 32768
/* Elements between two looks at the interrupt flag. */
#define POLL_ELEMENTS (INT64_C(1) << 24)

typedef struct BatchNorm {
  const void *x, *g; /* g: the gradient that came in, NULL on the way there */
  void *y;           /* the result, or the gradient of x */
  int64_t outer, channels, inner;
  int64_t block, blocks; /* of outer */
  double *sums;          /* blocks times two for each channel */
  /* By channel, in the type of x: what is taken from x, the factors of that
  ** and of g, what is added. */
  void *center, *x_factor, *g_factor, *offset;
  void *room;
} BatchNorm;

typedef void Job(const BatchNorm *b, int64_t job);

#define TYPE       float
#define NAME(word) float32_##word
#include "tensor/batch_norm_body.h"

#define TYPE       double
#define NAME(word) float64_##word
#include "tensor/batch_norm_body.h"

/* {== passes =========================================================== */

/* One job a block; where channels are planes, one for each of its channels. */
static int run(const BatchNorm *b, Job *job) {
  int64_t jobs = b->inner == 1 ? b->blocks : b->blocks * b->channels;
  int64_t work =
      b->block * b->inner * (b->inner == 1 ? b->channels : INT64_C(1));
  int64_t piece = tensor_max64(1, POLL_ELEMENTS / tensor_max64(1, work));
  for (int64_t first = 0; first < jobs; first += piece) {
    int64_t last = tensor_min64(jobs, first + piece);
    int threads = tensor_threads_for((last - first) * work * 2);
    if (threads == 1) {
      for (int64_t i = first; i < last; i++) job(b, i);
    } else {
#pragma omp parallel for num_threads(threads) schedule(dynamic)
      for (int64_t i = first; i < last; i++) job(b, i);
    }
    if (last < jobs) {
      int status = tensor_poll();
      if (status != TENSOR_OK) return status;
    }
  }
  return TENSOR_OK;
}

/* The two sums of a channel over all blocks. */
static void total(const BatchNorm *b, int64_t channel, double sums[2]) {
  sums[0] = sums[1] = 0;
  for (int64_t i = 0; i < b->blocks; i++)
    for (int k = 0; k < 2; k++)
      sums[k] += b->sums[(2 * i + k) * b->channels + channel];
}

/* Sees x as (outer, channels, inner) and takes room for sums and factors. */
static int begin(BatchNorm *b, const Tensor *x, int axis, Tensor *room) {
  *b = (BatchNorm){.x = x->data, .outer = 1, .channels = x->shape[axis]};
  b->inner = 1;
  for (int d = 0; d < x->ndim; d++) {
    if (d < axis) b->outer *= x->shape[d];
    if (d > axis) b->inner *= x->shape[d];
  }
  int64_t row = b->inner == 1 ? b->channels : b->inner;
  b->block = tensor_max64(1, BLOCK_ELEMENTS / tensor_max64(1, row));
  b->blocks = (b->outer + b->block - 1) / b->block;
  int64_t numbers = (2 * b->blocks + 4) * b->channels;
  int status = tensor_new(room, TENSOR_FLOAT64, 1, &numbers);
  if (status != TENSOR_OK) return status;
  double *from = (double *)(void *)room->data;
  b->center = from;
  b->x_factor = from + b->channels;
  b->g_factor = from + 2 * b->channels;
  b->offset = from + 3 * b->channels;
  b->sums = from + 4 * b->channels;
  return TENSOR_OK;
}

/* }== there {== */

/* The sums of x - center and of its square. The first element of a channel
** is near its mean, or near enough for sums in double precision; for numbers
** that are doubles themselves a second pass takes the mean. */
static int measure(const BatchNorm *b, Tensor *mean, Tensor *variance) {
  bool single = mean->dtype == TENSOR_FLOAT32;
  double count = (double)(b->outer * b->inner);
  for (int64_t c = 0; c < b->channels; c++) {
    double first = count == 0 ? 0
                   : single   ? (double)((const float *)b->x)[c * b->inner]
                              : ((const double *)b->x)[c * b->inner];
    tensor_set(mean, c, isfinite(first) ? first : 0);
  }
  for (int pass = single ? 1 : 0; pass < 2; pass++) {
    memcpy(b->center, mean->data, (size_t)tensor_bytes(mean));
    int status = run(b, single ? float32_moments : float64_moments);
    if (status != TENSOR_OK) return status;
    for (int64_t c = 0; c < b->channels; c++) {
      double sums[2];
      total(b, c, sums);
      double off = sums[0] / count, square = sums[1] / count - off * off;
      tensor_set(mean, c, tensor_get(mean, c) + off);
      tensor_set(variance, c, square < 0 ? 0 : square);
    }
  }
  return TENSOR_OK;
}

static void set(void *list, const Tensor *like, int64_t c, double value) {
  if (like->dtype == TENSOR_FLOAT32)
    ((float *)list)[c] = (float)value;
  else
    ((double *)list)[c] = value;
}

int tensor_batch_norm(const TensorBatchNorm *n, Tensor *y, Tensor *mean,
                      Tensor *variance) {
  BatchNorm b;
  Tensor room;
  int status = begin(&b, n->x, n->axis, &room);
  if (status != TENSOR_OK) return status;
  b.y = y->data;
  status = measure(&b, mean, variance);
  for (int64_t c = 0; c < b.channels; c++) {
    double root = sqrt(tensor_get(variance, c) + n->epsilon);
    set(b.center, y, c, tensor_get(mean, c));
    set(b.x_factor, y, c, tensor_get(n->gamma, c) / root);
    set(b.offset, y, c, tensor_get(n->beta, c));
  }
  if (status == TENSOR_OK)
    status =
        run(&b, y->dtype == TENSOR_FLOAT32 ? float32_forward : float64_forward);
  tensor_release(&room);
  return status;
}

/* }== and back {== */

int tensor_batch_norm_backward(const TensorBatchNorm *n, const Tensor *g,
                               const Tensor *mean, const Tensor *variance,
                               Tensor *gx, Tensor *ggamma, Tensor *gbeta) {
  BatchNorm b;
  Tensor room;
  int status = begin(&b, n->x, n->axis, &room);
  if (status != TENSOR_OK) return status;
  bool single = gx->dtype == TENSOR_FLOAT32;
  double count = (double)(b.outer * b.inner);
  b.g = g->data;
  b.y = gx->data;
  memcpy(b.center, mean->data, (size_t)tensor_bytes(mean));
  status = run(&b, single ? float32_products : float64_products);
  for (int64_t c = 0; c < b.channels && status == TENSOR_OK; c++) {
    double sums[2], gamma = tensor_get(n->gamma, c);
    double scale = 1 / sqrt(tensor_get(variance, c) + n->epsilon);
    total(&b, c, sums);
    tensor_set(gbeta, c, sums[0]);
    tensor_set(ggamma, c, sums[1] * scale);
    set(b.g_factor, gx, c, gamma * scale);
    set(b.x_factor, gx, c, -gamma * scale * scale * scale * sums[1] / count);
    set(b.offset, gx, c, -gamma * scale * sums[0] / count);
  }
  if (status == TENSOR_OK)
    status = run(&b, single ? float32_backward : float64_backward);
  tensor_release(&room);
  return status;
}

/* }===================================================================== */
