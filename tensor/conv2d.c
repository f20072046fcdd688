/*
** conv2d.c - convolution: plans the work, shares it among threads, and walks
** it in blocks with the steps of conv2d_patches.c or conv2d_depthwise.c.
**
** backward_input gives each thread a band of the input's rows (through the
** whole batch) and lets it visit every output position whose window meets
** them, so no two threads write one element. backward_kernel gives each
** thread its own sums over a fixed share of positions, added up in the order
** of the threads: the same thread count gives the same bits.
*/
#include <limits.h>
#include <string.h>

#include "tensor/conv2d.h"
#include "tensor/parallel.h"

#define BLOCK_POSITIONS 256
#define BLOCK_BYTES     ((int64_t)1 << 20) /* of patches */
#define BLOCK_WORK      ((int64_t)1 << 29) /* multiply-adds between polls */

typedef enum Direction { FORWARD, BACKWARD_INPUT, BACKWARD_KERNEL } Direction;

/* {== the plan =========================================================== */

/* So that each part of a workspace begins a cache line. */
static int64_t round_up(int64_t bytes) { return (bytes + 63) / 64 * 64; }

/* BLAS counts in int. */
static int check_sizes(const TensorConv *c) {
  const TensorWindow *w = c->w;
  int64_t greatest = tensor_max64(c->depth, w->in_channels);
  greatest = tensor_max64(greatest, w->out_channels);
  greatest = tensor_max64(greatest, c->in_plane);
  greatest = tensor_max64(greatest, c->out_plane);
  if (greatest <= INT_MAX) return TENSOR_OK;
  return tensor_fail(
      "convolution: a kernel or an image of %lld elements is more than "
      "the %d that convolution handles",
      (long long)greatest, INT_MAX);
}

/* How many positions make a block: enough for the matrix product to pay, few
** enough for their patches to stay in the cache. */
static int64_t block_positions(const TensorConv *c, int64_t size) {
  int64_t bytes = tensor_max64(1, c->depth * size);
  int64_t work = tensor_max64(1, c->kernel_numel);
  int64_t most = tensor_max64(8, BLOCK_BYTES / bytes);
  most = tensor_min64(most, tensor_max64(1, BLOCK_WORK / work));
  return tensor_min64(most, BLOCK_POSITIONS);
}

static int plan(TensorConv *c, const TensorWindow *w) {
  int64_t size = (int64_t)tensor_dtype_size(c->dtype);
  int64_t taps = w->kernel_h * w->kernel_w;
  if (!tensor_dtype_is_float(c->dtype))
    return tensor_fail("conv2d: needs a float dtype, got %s",
                       tensor_dtype_name(c->dtype));
  c->w = w;
  c->positions = w->batch * w->out_h * w->out_w;
  c->in_plane = w->in_h * w->in_w;
  c->out_plane = w->out_h * w->out_w;
  c->in_group = w->in_channels / w->groups;
  c->out_group = w->out_channels / w->groups;
  c->depth = taps * c->in_group;
  c->kernel_numel = c->depth * w->out_channels;
  c->depthwise = w->groups > 1 && c->in_group == 1;
  c->direct = taps == 1 && w->stride_h == 1 && w->stride_w == 1 &&
              w->pad_top == 0 && w->pad_left == 0 && w->out_h == w->in_h &&
              w->out_w == w->in_w;
  c->wide = w->channels_first || w->in_channels == 1;
  c->block = block_positions(c, size);
  c->patch_bytes = c->depthwise ? 0 : round_up(c->block * c->depth * size);
  c->y_bytes = w->channels_first ? round_up(c->block * c->out_group * size) : 0;
  return check_sizes(c);
}

/* Whether nothing is to be added up: the result is empty or all zeros. */
static bool is_empty(const TensorConv *c) {
  return c->positions == 0 || c->kernel_numel == 0 || c->in_plane == 0;
}

/* }== shares of the work ================================================= */

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

static int64_t clamp(int64_t x, int64_t low, int64_t high) {
  return tensor_max64(low, tensor_min64(x, high));
}

/* The output positions whose windows may meet the span's rows of x. */
static void positions_of_rows(const TensorWindow *w, TensorConvSpan *s) {
  int64_t reach = (w->kernel_h - 1) * w->dilation_h;
  int64_t image = s->row_from / w->in_h, row = s->row_from % w->in_h;
  int64_t first = floor_div(row + w->pad_top - reach - 1, w->stride_h) + 1;
  s->from = image * w->out_h + clamp(first, 0, w->out_h);
  image = (s->row_to - 1) / w->in_h;
  row = (s->row_to - 1) % w->in_h;
  int64_t last = floor_div(row + w->pad_top, w->stride_h);
  s->to = image * w->out_h + clamp(last + 1, 0, w->out_h);
  s->from *= w->out_w;
  s->to = tensor_max64(s->from, s->to * w->out_w);
}

/* Zeros in the rows of x that the span owns. */
static void clear_rows(const TensorConv *c, const TensorConvSpan *s) {
  const TensorWindow *w = c->w;
  int64_t size = (int64_t)tensor_dtype_size(c->dtype), row = s->row_from;
  while (row < s->row_to) {
    int64_t image = row / w->in_h, place = row % w->in_h;
    int64_t rows = tensor_min64(w->in_h - place, s->row_to - row);
    int64_t runs = w->channels_first ? w->in_channels : 1;
    int64_t pixel = size * (w->channels_first ? 1 : w->in_channels);
    for (int64_t i = 0; i < runs; i++) {
      int64_t at = (image * runs + i) * c->in_plane + place * w->in_w;
      memset((char *)c->x + at * pixel, 0, (size_t)(rows * w->in_w * pixel));
    }
    row += rows;
  }
}

/* Walks a share in blocks of nearly equal size. */
static void walk(const TensorConv *c, TensorConvStep *step,
                 const TensorConvSpan *share, int *status) {
  TensorConvSpan s = *share;
  int64_t count = share->to - share->from;
  int64_t blocks = (count + c->block - 1) / c->block;
  for (int64_t i = 0; i < blocks && !tensor_stopped(status); i++) {
    s.from = share->from + tensor_piece(count, i, blocks);
    s.to = share->from + tensor_piece(count, i + 1, blocks);
    step(c, &s);
  }
}

/* }== threads ============================================================ */

typedef struct Job {
  TensorConv conv;
  Direction direction;
  TensorConvStep *step;
  int threads, ran; /* asked for; those that came */
  int64_t bytes;    /* of a thread's workspace */
  char *workspace;
} Job;

/* Sixteen multiply-adds cost about as much as an element elsewhere. */
static int threads_for(const TensorConv *c) {
  double work = (double)c->positions * (double)c->kernel_numel / 16;
  return tensor_threads_for((int64_t)fmin(work, 1e15));
}

static int64_t kernel_bytes(const TensorConv *c) {
  return c->kernel_numel * (int64_t)tensor_dtype_size(c->dtype);
}

/* The part of one thread: the first adds to the kernel's gradient itself,
** the others to sums of their own. */
static void run_thread(Job *job, int thread, int threads, int *status) {
  const TensorConv *c = &job->conv;
  char *work = job->workspace + thread * job->bytes;
  TensorConvSpan s = {.from = tensor_piece(c->positions, thread, threads),
                      .to = tensor_piece(c->positions, thread + 1, threads),
                      .patches = work,
                      .y = work + c->patch_bytes,
                      .kernel = work + c->patch_bytes + c->y_bytes};
  if (job->direction == BACKWARD_INPUT) {
    int64_t rows = c->w->batch * c->w->in_h;
    s.row_from = tensor_piece(rows, thread, threads);
    s.row_to = tensor_piece(rows, thread + 1, threads);
    if (s.row_from == s.row_to) return;
    positions_of_rows(c->w, &s);
    clear_rows(c, &s);
  } else if (job->direction == BACKWARD_KERNEL) {
    if (thread == 0) s.kernel = c->k;
    memset(s.kernel, 0, (size_t)kernel_bytes(c));
  }
  walk(c, job->step, &s, status);
}

/* k += the sums of another thread, the elements from..to - 1. */
TENSOR_CLONES static void add_sums(TensorDType dtype, void *k, const void *sums,
                                   int64_t from, int64_t to) {
  if (dtype == TENSOR_FLOAT32) {
    for (int64_t i = from; i < to; i++)
      ((float *)k)[i] += ((const float *)sums)[i];
  } else {
    for (int64_t i = from; i < to; i++)
      ((double *)k)[i] += ((const double *)sums)[i];
  }
}

static void add_threads(const Job *job) {
  const TensorConv *c = &job->conv;
  int adders = tensor_threads_for(c->kernel_numel);
#pragma omp parallel for num_threads(adders) schedule(static)
  for (int piece = 0; piece < adders; piece++) {
    int64_t from = tensor_piece(c->kernel_numel, piece, adders);
    int64_t to = tensor_piece(c->kernel_numel, piece + 1, adders);
    for (int thread = 1; thread < job->ran; thread++) {
      const char *sums =
          job->workspace + thread * job->bytes + c->patch_bytes + c->y_bytes;
      add_sums(c->dtype, c->k, sums, from, to);
    }
  }
}

static int run_threads(Job *job) {
  int status = TENSOR_OK, ran = 1;
#pragma omp parallel num_threads(job->threads)
  {
    int thread = omp_get_thread_num(), threads = omp_get_num_threads();
    if (thread == 0) ran = threads;
    run_thread(job, thread, threads, &status);
  }
  job->ran = ran;
  if (status == TENSOR_OK && job->direction == BACKWARD_KERNEL)
    add_threads(job);
  return status;
}

static TensorConvStep *step_of(const TensorConv *c, Direction direction) {
  int real = c->dtype == TENSOR_FLOAT64;
  const TensorConvSteps *steps =
      c->depthwise ? &tensor_conv_depthwise[real] : &tensor_conv_patches[real];
  if (direction == FORWARD) return steps->forward;
  if (direction == BACKWARD_INPUT) return steps->backward_input;
  return steps->backward_kernel;
}

static int convolve(const TensorWindow *w, Direction direction, Tensor *x,
                    Tensor *kernel, Tensor *y) {
  Job job = {.direction = direction};
  TensorConv *c = &job.conv;
  Tensor *out = direction == FORWARD          ? y
                : direction == BACKWARD_INPUT ? x
                                              : kernel;
  *c = (TensorConv){
      .dtype = out->dtype, .x = x->data, .k = kernel->data, .y = y->data};
  int status = plan(c, w);
  if (status != TENSOR_OK) return status;
  if (is_empty(c)) return tensor_fill(out, 0);
  job.step = step_of(c, direction);
  job.threads = threads_for(c);
  job.bytes = c->patch_bytes + c->y_bytes;
  if (direction == BACKWARD_KERNEL) job.bytes += round_up(kernel_bytes(c));
  TensorStorage *storage = tensor_storage_new(job.bytes * job.threads);
  if (storage == NULL) return TENSOR_NO_MEMORY;
  job.workspace = storage->data;
  status = run_threads(&job);
  tensor_storage_release(storage);
  return status;
}

/* }== the three directions =============================================== */

/* Each direction writes one of the three tensors and only reads the others,
** so the casts below take nothing away. */

int tensor_conv2d(const TensorWindow *w, Tensor *y, const Tensor *x,
                  const Tensor *kernel) {
  return convolve(w, FORWARD, (Tensor *)x, (Tensor *)kernel, y);
}

int tensor_conv2d_backward_input(const TensorWindow *w, Tensor *gx,
                                 const Tensor *gy, const Tensor *kernel) {
  return convolve(w, BACKWARD_INPUT, gx, (Tensor *)kernel, (Tensor *)gy);
}

int tensor_conv2d_backward_kernel(const TensorWindow *w, Tensor *gk,
                                  const Tensor *x, const Tensor *gy) {
  return convolve(w, BACKWARD_KERNEL, (Tensor *)x, gk, (Tensor *)gy);
}

/* }======================================================================= */
