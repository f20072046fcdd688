/*
** reduce.h - how a reduction is cut into jobs; shared by reduce.c and
** arg_reduce.c.
**
** The dims of x are sorted by stride, merged, and told apart as kept and
** reduced ones. One kept dim gives the columns: a job takes a tile of them
** and one block of the reduced elements, and combines row after row into one
** accumulator a column. How the work is cut depends on the shape alone, never
** on the thread count, so results don't either.
*/
#ifndef TENSOR_REDUCE_H
#define TENSOR_REDUCE_H

#include "tensor/kernel.h"

/* Accumulators of one job. */
#define REDUCE_LANES 256
/* Elements of one job where the reduced dims must be cut into blocks. */
#define REDUCE_BLOCK 65536
/* With this many tiles there is no need for blocks. */
#define REDUCE_UNITS 64

typedef struct ReduceDim {
  int64_t size, stride;
  int64_t out_stride; /* of a kept dim */
  bool reduced;
} ReduceDim;

typedef struct ReducePlan {
  const void *x;
  void *out, *out2;
  /* Outermost first. There is always a last reduced dim. */
  ReduceDim kept[TENSOR_MAX_DIMS], reduced[TENSOR_MAX_DIMS + 1];
  int kept_count, reduced_count;
  ReduceDim column; /* not among `kept`; size 1 for a row reduction */
  /* `copies` consecutive positions of the last reduced dim stand beside each
  ** other as extra lanes: their stride is columns * column.stride. */
  int64_t copies;
  int64_t width, tiles;         /* columns of a tile, tiles */
  int64_t total, block, blocks; /* reduced elements of one kept one */
  int64_t units, jobs;          /* kept outer * tiles; units * blocks */
  void *partial;                /* results of jobs, when blocks > 1 */
} ReducePlan;

typedef struct ReduceJob {
  int64_t x, out;      /* offsets in elements */
  int64_t width;       /* columns */
  int64_t first, last; /* reduced elements, counted in row-major order */
} ReduceJob;

typedef struct ReduceRun {
  int64_t offset, length;
} ReduceRun;

/* Cuts the reduction of x over the dims of the bit set. `fold` allows more
** than one copy. */
void tensor_reduce_plan(ReducePlan *p, const Tensor *x, unsigned dims,
                        bool fold);
ReduceJob tensor_reduce_job(const ReducePlan *p, int64_t job);
/* The elements from `first` on that lie along the last reduced dim. */
ReduceRun tensor_reduce_run(const ReducePlan *p, int64_t first, int64_t last);

/* Does the jobs first..last-1, or finishes those units from the partial
** results of their blocks. */
typedef void (*ReducePart)(const ReducePlan *p, int64_t first, int64_t last);

/* All jobs and all finishing, in parallel where it pays. lane_bytes is what
** one column takes in `partial`. */
int tensor_reduce_all(ReducePlan *p, ReducePart jobs, ReducePart finish,
                      int64_t lane_bytes);

#endif
