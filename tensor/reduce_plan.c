/*
** reduce_plan.c - cuts a reduction into jobs and runs them (see reduce.h).
*/
#include <stdlib.h>

#include "tensor/reduce.h"

/* A row shorter than this is not worth a job of its own. */
#define SHORT_ROW 32
/* Fewer columns than this are made more by copies. */
#define FEW_COLUMNS  32
#define FOLDED_LANES 64
/* Elements between two looks at the interrupt flag. */
#define POLL_ELEMENTS (INT64_C(1) << 26)

/* Fills `dims` with those of size other than 1, of largest stride first. */
static int sorted_dims(ReduceDim *dims, const Tensor *x, unsigned reduced) {
  int count = 0;
  int64_t out_stride = 1;
  for (int d = x->ndim - 1; d >= 0; d--) {
    bool gone = (reduced >> d & 1) != 0;
    ReduceDim dim = {x->shape[d], x->strides[d], gone ? 0 : out_stride, gone};
    if (!gone) out_stride *= x->shape[d];
    if (dim.size == 1) continue;
    int at = count++;
    for (; at > 0 && llabs(dims[at - 1].stride) > llabs(dim.stride); at--)
      dims[at] = dims[at - 1];
    dims[at] = dim;
  }
  for (int i = 0; i < count / 2; i++) {
    ReduceDim dim = dims[i];
    dims[i] = dims[count - 1 - i];
    dims[count - 1 - i] = dim;
  }
  return count;
}

static bool mergeable(const ReduceDim *outer, const ReduceDim *inner) {
  return outer->reduced == inner->reduced &&
         outer->stride == inner->stride * inner->size &&
         outer->out_stride == inner->out_stride * inner->size;
}

static int merge_dims(ReduceDim *dims, int count) {
  int merged = 0;
  for (int i = 0; i < count; i++) {
    if (merged > 0 && mergeable(&dims[merged - 1], &dims[i])) {
      dims[i].size *= dims[merged - 1].size;
      dims[merged - 1] = dims[i];
    } else {
      dims[merged++] = dims[i];
    }
  }
  return merged;
}

/* Takes the columns from the kept dims, unless a whole row of reduced
** elements lies closer together. */
static void choose_column(ReducePlan *p, bool rows_inside) {
  const ReduceDim *last = &p->reduced[p->reduced_count - 1];
  if (p->kept_count == 0 || (rows_inside && last->size >= SHORT_ROW))
    p->column = (ReduceDim){1, last->stride, 0, false};
  else
    p->column = p->kept[--p->kept_count];
}

static void choose_copies(ReducePlan *p) {
  const ReduceDim *last = &p->reduced[p->reduced_count - 1];
  if (p->column.size == 1 || p->column.size >= FEW_COLUMNS) return;
  if (p->column.size * p->column.stride != last->stride) return;
  while (p->copies * 2 <= last->size &&
         p->copies * 2 * p->column.size <= FOLDED_LANES)
    p->copies *= 2;
}

static void choose_blocks(ReducePlan *p) {
  p->width = tensor_max64(1, tensor_min64(p->column.size, REDUCE_LANES));
  p->tiles = (p->column.size + p->width - 1) / p->width;
  p->units = p->tiles;
  for (int i = 0; i < p->kept_count; i++) p->units *= p->kept[i].size;
  p->total = 1;
  for (int i = 0; i < p->reduced_count; i++) p->total *= p->reduced[i].size;
  p->block = tensor_max64(1, p->total);
  if (p->units < REDUCE_UNITS)
    p->block = tensor_min64(p->block, REDUCE_BLOCK / p->width);
  p->blocks = tensor_max64(1, (p->total + p->block - 1) / p->block);
  p->jobs = p->units * p->blocks;
}

void tensor_reduce_plan(ReducePlan *p, const Tensor *x, unsigned dims,
                        bool fold) {
  ReduceDim all[TENSOR_MAX_DIMS];
  int count = merge_dims(all, sorted_dims(all, x, dims));
  p->x = x->data;
  p->kept_count = p->reduced_count = 0;
  p->copies = 1;
  p->partial = NULL;
  for (int i = 0; i < count; i++) {
    if (all[i].reduced)
      p->reduced[p->reduced_count++] = all[i];
    else
      p->kept[p->kept_count++] = all[i];
  }
  if (p->reduced_count == 0)
    p->reduced[p->reduced_count++] = (ReduceDim){1, 1, 0, true};
  choose_column(p, count > 0 && all[count - 1].reduced);
  if (fold) choose_copies(p);
  choose_blocks(p);
}

ReduceJob tensor_reduce_job(const ReducePlan *p, int64_t job) {
  int64_t unit = job, block = 0, column = 0;
  if (p->blocks > 1) {
    block = job / p->units;
    unit = job % p->units;
  }
  if (p->tiles > 1) {
    column = unit % p->tiles * p->width;
    unit /= p->tiles;
  }
  ReduceJob j = {column * p->column.stride, column * p->column.out_stride,
                 tensor_min64(p->width, p->column.size - column),
                 block * p->block,
                 tensor_min64(p->total, (block + 1) * p->block)};
  for (int i = p->kept_count - 1; i > 0; i--) {
    int64_t at = unit % p->kept[i].size;
    unit /= p->kept[i].size;
    j.x += at * p->kept[i].stride;
    j.out += at * p->kept[i].out_stride;
  }
  if (p->kept_count > 0) {
    j.x += unit * p->kept[0].stride;
    j.out += unit * p->kept[0].out_stride;
  }
  return j;
}

ReduceRun tensor_reduce_run(const ReducePlan *p, int64_t first, int64_t last) {
  int i = p->reduced_count - 1;
  const ReduceDim *dim = &p->reduced[i];
  if (i == 0) return (ReduceRun){first * dim->stride, last - first};
  int64_t at = first % dim->size, rest = first / dim->size;
  ReduceRun run = {at * dim->stride,
                   tensor_min64(dim->size - at, last - first)};
  while (--i >= 0) {
    dim = &p->reduced[i];
    run.offset += rest % dim->size * dim->stride;
    rest /= dim->size;
  }
  return run;
}

/* count items, each of `work` elements. */
static int run_part(const ReducePlan *p, ReducePart part, int64_t count,
                    int64_t work) {
  int64_t piece = tensor_max64(1, POLL_ELEMENTS / tensor_max64(1, work));
  for (int64_t first = 0; first < count; first += piece) {
    int64_t last = tensor_min64(count, first + piece), n = last - first;
    int threads = tensor_threads_for(n * work);
    int64_t chunks = tensor_min64(n, threads * INT64_C(8));
    if (threads == 1) {
      part(p, first, last);
    } else {
#pragma omp parallel for num_threads(threads) schedule(dynamic)
      for (int64_t c = 0; c < chunks; c++)
        part(p, first + n * c / chunks, first + n * (c + 1) / chunks);
    }
    if (last < count) {
      int status = tensor_poll();
      if (status != TENSOR_OK) return status;
    }
  }
  return TENSOR_OK;
}

int tensor_reduce_all(ReducePlan *p, ReducePart jobs, ReducePart finish,
                      int64_t lane_bytes) {
  int64_t work = p->block * p->width;
  if (p->blocks == 1) return run_part(p, jobs, p->jobs, work);
  TensorStorage *partial = tensor_storage_new(p->jobs * p->width * lane_bytes);
  if (partial == NULL) return TENSOR_NO_MEMORY;
  p->partial = partial->data;
  int status = run_part(p, jobs, p->jobs, work);
  if (status == TENSOR_OK)
    status = run_part(p, finish, p->units, p->blocks * p->width);
  tensor_storage_release(partial);
  return status;
}
