/*
** cumulative.h - inside tensor: what runs along a dim.
**
** The tensor is seen as (outer, n, inner), contiguous: rows where inner is 1,
** else tiles of columns side by side, so that inner loops run over
** neighbours. out and x may be the same memory: each element is read before
** it is written.
*/
#ifndef TENSOR_CUMULATIVE_H
#define TENSOR_CUMULATIVE_H

#include "tensor/kernel.h"
#include "tensor/parallel.h"

/* Columns of a tile. */
#define CUMULATIVE_TILE 128
/* Elements between two looks at the interrupt flag. */
#define CUMULATIVE_BLOCK (INT64_C(1) << 22)

typedef enum CumulativeStep {
  CUMULATIVE_ADD,
  CUMULATIVE_MULTIPLY,
  CUMULATIVE_LINK, /* x + link * what came before */
  CUMULATIVE_GREATEST,
  CUMULATIVE_LEAST
} CumulativeStep;

typedef struct Cumulative {
  CumulativeStep step;
  void *out;
  const void *x;
  const void *link;  /* of CUMULATIVE_LINK */
  int64_t *position; /* of extremes */
  int64_t outer, n, inner, tiles;
  bool backwards;
  int *status; /* where threads learn that they are to stop */
} Cumulative;

/* Does the jobs first..last-1: tiles of columns, or rows. */
typedef void (*CumulativeJobs)(const Cumulative *s, int64_t first,
                               int64_t last);

/* The first element of a job; how many columns it has. */
static inline int64_t tensor_cumulative_job(const Cumulative *s, int64_t job,
                                            int *width) {
  int64_t column = job % s->tiles * CUMULATIVE_TILE;
  *width = (int)tensor_min64(CUMULATIVE_TILE, s->inner - column);
  return job / s->tiles * s->n * s->inner + column;
}

#endif
