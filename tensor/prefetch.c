/*
** prefetch.c - see prefetch.h.
**
** Batches wait in a ring. Of all batches the first `room` have memory, the
** first `filled` their rows, and the first `taken` were handed out:
** taken <= filled <= room <= taken + depth.
*/
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/prefetch.h"

struct TensorPrefetch {
  int count;
  Tensor *sources;
  Tensor order; /* contiguous */
  int64_t batch_size, first, batches, depth;
  Tensor *ring; /* depth times count */
  int64_t room, filled, taken;
  bool stop;
  pthread_mutex_t lock; /* for the five above */
  pthread_cond_t changed;
  pthread_t thread;
};

/* {== the thread ======================================================= */

/* The first dim from which on the elements of a row lie side by side. */
static int first_packed(const Tensor *t) {
  int64_t packed = 1;
  int dim = t->ndim;
  while (dim > 1 && (t->shape[dim - 1] == 1 || t->strides[dim - 1] == packed))
    packed *= t->shape[--dim];
  return dim;
}

/* Copies what is at `from` in the dims from `dim` on; returns the end. */
static char *copy_packed(char *to, const char *from, const Tensor *t, int dim,
                         int packed, int64_t bytes) {
  if (dim == packed) {
    memcpy(to, from, (size_t)bytes);
    return to + bytes;
  }
  int64_t step = t->strides[dim] * (int64_t)tensor_dtype_size(t->dtype);
  for (int64_t i = 0; i < t->shape[dim]; i++)
    to = copy_packed(to, from + i * step, t, dim + 1, packed, bytes);
  return to;
}

static void copy_rows(char *to, const Tensor *from, const int64_t *rows,
                      int64_t count) {
  int packed = first_packed(from);
  int64_t bytes = (int64_t)tensor_dtype_size(from->dtype);
  int64_t step = from->strides[0] * bytes;
  for (int dim = packed; dim < from->ndim; dim++) bytes *= from->shape[dim];
  for (int64_t i = 0; i < count; i++)
    to = copy_packed(to, from->data + (rows[i] - 1) * step, from, 1, packed,
                     bytes);
}

/* Where the rows of a batch are told, and how many there are. */
static const int64_t *rows_of(const TensorPrefetch *p, int64_t batch,
                              int64_t *count) {
  int64_t start = (p->first + batch) * p->batch_size;
  int64_t left = p->order.shape[0] - start;
  *count = left < p->batch_size ? left : p->batch_size;
  return (const int64_t *)(const void *)p->order.data + start;
}

static Tensor *place_of(const TensorPrefetch *p, int64_t batch) {
  return p->ring + batch % p->depth * p->count;
}

static void fill(const TensorPrefetch *p, int64_t batch) {
  int64_t count;
  const int64_t *rows = rows_of(p, batch, &count);
  for (int i = 0; i < p->count; i++)
    if (tensor_numel(&place_of(p, batch)[i]) > 0)
      copy_rows(place_of(p, batch)[i].data, &p->sources[i], rows, count);
}

static void *work(void *argument) {
  TensorPrefetch *p = argument;
  pthread_mutex_lock(&p->lock);
  while (!p->stop && p->filled < p->batches) {
    if (p->filled == p->room) {
      pthread_cond_wait(&p->changed, &p->lock);
      continue;
    }
    int64_t batch = p->filled;
    pthread_mutex_unlock(&p->lock);
    fill(p, batch);
    pthread_mutex_lock(&p->lock);
    p->filled++;
    pthread_cond_signal(&p->changed);
  }
  pthread_mutex_unlock(&p->lock);
  return NULL;
}

/* Signals are for the thread that runs the program. */
static int start(TensorPrefetch *p) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int problem = pthread_create(&p->thread, NULL, work, p);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (problem == 0) return TENSOR_OK;
  return tensor_fail("prefetch: the system gives no thread (%s)",
                     strerror(problem));
}

/* }== the caller's side {== */

static int check_order(const Tensor *order, int64_t rows) {
  if (order->dtype != TENSOR_INT64 || order->ndim != 1)
    return tensor_fail("prefetch: the order must be int64 positions");
  for (int64_t i = 0; i < order->shape[0]; i++) {
    int64_t row = tensor_get_int(order, i * order->strides[0]);
    if (row < 1 || row > rows)
      return tensor_fail("prefetch: position %lld is not in 1..%lld",
                         (long long)row, (long long)rows);
  }
  return TENSOR_OK;
}

static int check(const TensorPrefetchPlan *plan) {
  if (plan->count < 1 || plan->batch_size < 1 || plan->depth < 1 ||
      plan->first < 0)
    return tensor_fail("prefetch: counts must be positive");
  for (int i = 0; i < plan->count; i++)
    if (plan->sources[i].ndim == 0 ||
        plan->sources[i].shape[0] != plan->sources[0].shape[0])
      return tensor_fail("prefetch: tensors must have the same number of rows");
  int status = check_order(plan->order, plan->sources[0].shape[0]);
  if (status != TENSOR_OK) return status;
  int64_t rows = plan->order->shape[0];
  if (plan->last > rows / plan->batch_size + (rows % plan->batch_size > 0))
    return tensor_fail("prefetch: there are not so many batches");
  return TENSOR_OK;
}

static void release_all(Tensor *list, int64_t count) {
  for (int64_t i = 0; i < count; i++) tensor_release(&list[i]);
}

/* Memory for batch number `batch`. */
static int take_room(const TensorPrefetch *p, int64_t batch, Tensor *parts) {
  int64_t shape[TENSOR_MAX_DIMS], count;
  int status = TENSOR_OK, made = 0;
  rows_of(p, batch, &count);
  for (; made < p->count && status == TENSOR_OK; made += status == TENSOR_OK) {
    const Tensor *source = &p->sources[made];
    memcpy(shape, source->shape, sizeof shape);
    shape[0] = count;
    status = tensor_new(&parts[made], source->dtype, source->ndim, shape);
  }
  if (status != TENSOR_OK) release_all(parts, made);
  return status;
}

/* Takes what the thread will need. */
static int prepare(TensorPrefetch *p, const TensorPrefetchPlan *plan) {
  p->sources = calloc((size_t)plan->count, sizeof *p->sources);
  if (p->sources == NULL) return tensor_no_memory(plan->count);
  for (; p->count < plan->count; p->count++)
    tensor_alias(&p->sources[p->count], &plan->sources[p->count]);
  p->ring = calloc((size_t)(p->depth * p->count), sizeof *p->ring);
  if (p->ring == NULL) return tensor_no_memory(p->depth * p->count);
  int status = tensor_clone(&p->order, plan->order, TENSOR_INT64);
  while (status == TENSOR_OK && p->room < p->depth && p->room < p->batches) {
    status = take_room(p, p->room, place_of(p, p->room));
    p->room += status == TENSOR_OK;
  }
  return status;
}

static void give_back(TensorPrefetch *p) {
  release_all(p->sources, p->count);
  if (p->ring != NULL) release_all(p->ring, p->depth * p->count);
  tensor_release(&p->order);
  pthread_cond_destroy(&p->changed);
  pthread_mutex_destroy(&p->lock);
  free(p->sources);
  free(p->ring);
  free(p);
}

int tensor_prefetch_new(TensorPrefetch **out, const TensorPrefetchPlan *plan) {
  int status = check(plan);
  if (status != TENSOR_OK) return status;
  TensorPrefetch *p = calloc(1, sizeof *p);
  if (p == NULL) return tensor_no_memory((int64_t)sizeof *p);
  p->batch_size = plan->batch_size;
  p->first = plan->first;
  p->batches = plan->last > plan->first ? plan->last - plan->first : 0;
  p->depth = plan->depth < p->batches ? plan->depth : p->batches;
  p->depth = p->depth > 0 ? p->depth : 1;
  pthread_mutex_init(&p->lock, NULL);
  pthread_cond_init(&p->changed, NULL);
  status = prepare(p, plan);
  if (status == TENSOR_OK) status = start(p);
  if (status != TENSOR_OK)
    give_back(p);
  else
    *out = p;
  return status;
}

/* Waits until the next batch is there. */
static void await(TensorPrefetch *p) {
  pthread_mutex_lock(&p->lock);
  while (p->filled == p->taken) pthread_cond_wait(&p->changed, &p->lock);
  pthread_mutex_unlock(&p->lock);
}

int tensor_prefetch_count(const TensorPrefetch *p) { return p->count; }

int tensor_prefetch_next(TensorPrefetch *p, Tensor *out, bool *more) {
  *more = p->taken < p->batches;
  if (!*more) return TENSOR_OK;
  await(p);
  /* The batch's place in the ring is the thread's no longer. */
  Tensor *place = place_of(p, p->taken);
  memcpy(out, place, (size_t)p->count * sizeof *out);
  memset(place, 0, (size_t)p->count * sizeof *place);
  int status = TENSOR_OK;
  if (p->room < p->batches) status = take_room(p, p->room, place);
  if (status != TENSOR_OK) { /* to be asked for once more */
    memcpy(place, out, (size_t)p->count * sizeof *place);
    return status;
  }
  pthread_mutex_lock(&p->lock);
  p->taken++;
  if (p->room < p->batches) p->room++;
  pthread_cond_signal(&p->changed);
  pthread_mutex_unlock(&p->lock);
  return TENSOR_OK;
}

void tensor_prefetch_free(TensorPrefetch *p) {
  if (p == NULL) return;
  pthread_mutex_lock(&p->lock);
  p->stop = true;
  pthread_cond_signal(&p->changed);
  pthread_mutex_unlock(&p->lock);
  pthread_join(p->thread, NULL);
  give_back(p);
}

/* }===================================================================== */
