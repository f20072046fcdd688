/*
** parallel.h - what long kernels share: cutting work into one piece per
** thread, and stopping all threads when the user asks.
*/
#ifndef TENSOR_PARALLEL_H
#define TENSOR_PARALLEL_H

#include <omp.h>

#include "tensor/tensor.h"

/* Where piece `index` of `pieces` equal pieces of `count` items begins; it
** ends where the next one begins. */
static inline int64_t tensor_piece(int64_t count, int64_t index,
                                   int64_t pieces) {
  int64_t rest = count % pieces;
  return count / pieces * index + (index < rest ? index : rest);
}

/* Whether to stop. Called between blocks by every thread of a region with
** the same `status`: the first thread asks, the others look. */
static inline bool tensor_stopped(int *status) {
  int now;
  if (omp_get_thread_num() == 0 && tensor_poll() != TENSOR_OK) {
#pragma omp atomic write
    *status = TENSOR_INTERRUPTED;
  }
#pragma omp atomic read
  now = *status;
  return now != TENSOR_OK;
}

#endif
