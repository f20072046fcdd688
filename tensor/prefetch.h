/*
** prefetch.h - rows of tensors picked batch by batch, by a thread of its own
** that is some batches ahead.
**
** The thread only copies bytes between blocks that the caller's thread took:
** it takes and gives back no memory, counts no references and never enters
** OpenMP. The sources must not be written to while it runs.
*/
#ifndef TENSOR_PREFETCH_H
#define TENSOR_PREFETCH_H

#include "tensor/tensor.h"

typedef struct TensorPrefetch TensorPrefetch;

typedef struct TensorPrefetchPlan {
  int count; /* of sources, at least 1: tensors with as many rows */
  const Tensor *sources;
  const Tensor *order; /* int64 (n): rows, counted from 1 */
  int64_t batch_size;
  int64_t first, last; /* batches first..last - 1 of the order, from 0 */
  int64_t depth;       /* how many batches to be ahead, at least 1 */
} TensorPrefetchPlan;

/* Starts the thread. What the plan points to is not kept. */
int tensor_prefetch_new(TensorPrefetch **out, const TensorPrefetchPlan *plan);
int tensor_prefetch_count(const TensorPrefetch *p); /* of sources */
/* The next batch: for each source a fresh tensor of the rows, in out. *more
** is false, and out untouched, after the last one. */
int tensor_prefetch_next(TensorPrefetch *p, Tensor *out, bool *more);
/* Stops the thread; NULL is fine. */
void tensor_prefetch_free(TensorPrefetch *p);

#endif
