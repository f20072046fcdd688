/*
** conv3d.c - convolution through volumes, by way of conv2d.
**
** The slices of x under the taps of one output slice, laid beside each other
** as channels (group, tap, channel), make an image whose convolution is that
** output slice. So many slices at a time are gathered that they stay in the
** cache or pay for the call: the workspace does not grow with the volume.
*/
#include <string.h>

#include "tensor/kernel.h"
#include "tensor/map.h"
#include "tensor/parallel.h"

#define WORK_BYTES ((int64_t)8 << 20) /* of gathered slices */

typedef struct Volume {
  const TensorVolume *v;
  TensorDType dtype;
  TensorWindow image; /* of gathered slices; batch is set for each block */
  int64_t slices;     /* output slices of the whole batch */
  int64_t block;      /* slices gathered at a time */
  int64_t runs, run;  /* of a slice of x: groups of channels that stay
                         together, through all pixels */
  char *x;
  Tensor work, kernel;
} Volume;

/* One block of slices. */
typedef struct Block {
  int64_t from, to;
} Block;

/* {== gathering */

/* The slice of x under a tap of an output slice: its number through the whole
** batch; negative in the padding. */
static int64_t slice_under(const TensorVolume *v, int64_t slice, int64_t tap) {
  int64_t image = slice / v->out_d, at = slice % v->out_d;
  int64_t depth = at * v->stride_d - v->pad_front + tap * v->dilation_d;
  return depth < 0 || depth >= v->in_d ? -1 : image * v->in_d + depth;
}

#define TYPE       float
#define NAME(word) word##_float32
#include "tensor/conv3d_body.h"

#define TYPE       double
#define NAME(word) word##_float64
#include "tensor/conv3d_body.h"

typedef void Mover(const Volume *c, Block b, int64_t from, int64_t to);

/* Each thread has its share of the runs, in all slices: no two threads write
** one element. */
static void move(const Volume *c, Block b, Mover *mover) {
  int64_t work = (b.to - b.from) * c->v->kernel_d * c->runs * c->run;
  int count = tensor_threads_for(work);
#pragma omp parallel num_threads(count)
  {
    int thread = omp_get_thread_num(), threads = omp_get_num_threads();
    mover(c, b, tensor_piece(c->runs, thread, threads),
          tensor_piece(c->runs, thread + 1, threads));
  }
}

static void gather(const Volume *c, Block b) {
  move(c, b, c->dtype == TENSOR_FLOAT32 ? gather_float32 : gather_float64);
}
static void scatter(const Volume *c, Block b) {
  move(c, b, c->dtype == TENSOR_FLOAT32 ? scatter_float32 : scatter_float64);
}

/* }== the plan {== */

static bool is_empty(const Tensor *x, const Tensor *y, const Tensor *kernel) {
  return tensor_numel(x) == 0 || tensor_numel(y) == 0 ||
         tensor_numel(kernel) == 0;
}

/* (taps, height, width, ...) as (height, width, taps, ...), or back. */
static int turn_kernel(Tensor *out, const Tensor *kernel, bool back) {
  static const int inwards[] = {1, 2, 0, 3, 4}, outwards[] = {2, 0, 1, 3, 4};
  Tensor turned;
  tensor_permute(&turned, kernel, back ? outwards : inwards);
  int status = tensor_clone(out, &turned, kernel->dtype);
  tensor_release(&turned);
  return status;
}

/* None of the tensors is empty: their sizes do not overflow. */
static int volume_open(Volume *c, const TensorVolume *v, const Tensor *x,
                       const Tensor *kernel) {
  const TensorWindow *w = &v->slice;
  int64_t size = (int64_t)tensor_dtype_size(x->dtype);
  Volume made = {.v = v, .dtype = x->dtype, .image = *w, .x = x->data};
  made.run = w->in_channels / w->groups;
  made.runs = w->in_h * w->in_w * w->groups;
  made.slices = w->batch * v->out_d;
  int64_t shape[] = {1, made.runs, v->kernel_d, made.run}, count;
  int status = tensor_count(4, shape, &count);
  if (status != TENSOR_OK) return status;
  int64_t most = tensor_max64(WORK_BYTES, 4 * tensor_bytes(kernel)) / size;
  made.block = tensor_min64(made.slices, tensor_max64(1, most / count));
  made.image.in_channels = w->in_channels * v->kernel_d;
  shape[0] = made.block;
  status = tensor_new(&made.work, x->dtype, 4, shape);
  if (status == TENSOR_OK) *c = made;
  return status;
}

static void volume_close(Volume *c) {
  tensor_release(&c->work);
  tensor_release(&c->kernel);
}

/* The block of slices from `from` on, and its part of y. */
static Block next_block(Volume *c, int64_t from, const Tensor *y,
                        Tensor *part) {
  const TensorWindow *w = &c->v->slice;
  Block b = {from, tensor_min64(c->slices, from + c->block)};
  int64_t slice = w->out_h * w->out_w * w->out_channels;
  c->image.batch = b.to - b.from;
  *part = *y;
  part->ndim = 1;
  part->shape[0] = c->image.batch * slice;
  part->strides[0] = 1;
  part->data += from * slice * (int64_t)tensor_dtype_size(y->dtype);
  return b;
}

/* }== the three directions {== */

int tensor_conv3d(const TensorVolume *v, Tensor *y, const Tensor *x,
                  const Tensor *kernel) {
  Volume c;
  Tensor part;
  if (is_empty(x, y, kernel)) return tensor_fill(y, 0);
  int status = volume_open(&c, v, x, kernel);
  if (status != TENSOR_OK) return status;
  status = turn_kernel(&c.kernel, kernel, false);
  for (int64_t at = 0; at < c.slices && status == TENSOR_OK; at += c.block) {
    gather(&c, next_block(&c, at, y, &part));
    status = tensor_conv2d(&c.image, &part, &c.work, &c.kernel);
  }
  volume_close(&c);
  return status;
}

int tensor_conv3d_backward_input(const TensorVolume *v, Tensor *gx,
                                 const Tensor *gy, const Tensor *kernel) {
  Volume c;
  Tensor part;
  int status = tensor_fill(gx, 0);
  if (status != TENSOR_OK || is_empty(gx, gy, kernel)) return status;
  status = volume_open(&c, v, gx, kernel);
  if (status != TENSOR_OK) return status;
  status = turn_kernel(&c.kernel, kernel, false);
  for (int64_t at = 0; at < c.slices && status == TENSOR_OK; at += c.block) {
    Block b = next_block(&c, at, gy, &part);
    status = tensor_conv2d_backward_input(&c.image, &c.work, &part, &c.kernel);
    if (status == TENSOR_OK) scatter(&c, b);
  }
  volume_close(&c);
  return status;
}

/* sums += more, or = more for the first block. */
static int add_block(Tensor *sums, const Tensor *more, bool first) {
  if (first) return tensor_copy(sums, more);
  const Tensor *in[] = {sums, more};
  return tensor_map(&tensor_maps[TENSOR_MAP_add], sums->dtype, sums, in);
}

/* c.kernel holds the sums of the blocks, in the order of the image's. */
static int sum_blocks(Volume *c, const Tensor *gy) {
  Tensor part, more;
  int status = tensor_new_like(&more, c->dtype, &c->kernel);
  if (status != TENSOR_OK) return status;
  for (int64_t at = 0; at < c->slices && status == TENSOR_OK; at += c->block) {
    gather(c, next_block(c, at, gy, &part));
    status = tensor_conv2d_backward_kernel(&c->image, &more, &c->work, &part);
    if (status == TENSOR_OK) status = add_block(&c->kernel, &more, at == 0);
  }
  tensor_release(&more);
  return status;
}

int tensor_conv3d_backward_kernel(const TensorVolume *v, Tensor *gk,
                                  const Tensor *x, const Tensor *gy) {
  Volume c;
  Tensor turned;
  if (is_empty(x, gy, gk)) return tensor_fill(gk, 0);
  int status = volume_open(&c, v, x, gk);
  if (status != TENSOR_OK) return status;
  const TensorWindow *w = &v->slice;
  const int64_t shape[] = {w->kernel_h, w->kernel_w, v->kernel_d, c.run,
                           w->out_channels};
  status = tensor_new(&c.kernel, c.dtype, 5, shape);
  if (status == TENSOR_OK) status = sum_blocks(&c, gy);
  if (status == TENSOR_OK) status = turn_kernel(&turned, &c.kernel, true);
  volume_close(&c);
  if (status != TENSOR_OK) return status;
  status = tensor_copy(gk, &turned);
  tensor_release(&turned);
  return status;
}

/* }== */
