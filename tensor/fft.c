/*
** fft.c - discrete Fourier transforms of tensors: their lines along one dim
** after the other, a tile of lines at a time.
**
** What must hold: lines are independent and each tile is brought in whole
** before it is written, so a transform may work in place; the tiles, and so
** the bits of the result, do not depend on the thread count.
*/
#include <stdlib.h>
#include <string.h>

#include "tensor/fft.h"
#include "tensor/parallel.h"

typedef enum Kind { FORWARD, INVERSE, FROM_REAL, TO_REAL } Kind;

/* The lines of one transform: their places in both tensors. */
typedef struct Lines {
  Kind kind;
  const FftPlan *plan;
  int ndim; /* the dims that tell lines apart */
  int64_t shape[TENSOR_MAX_DIMS];
  int64_t count;
  FftSide in, out;
  double scale;
} Lines;

/* {== buffers */

/* Elements that a lane takes: room for what is longest on the way. */
static int64_t lane_room(const FftPlan *p) {
  return p->inner == NULL ? p->length + 1 : p->inner->length;
}

/* The four arrays of a job begin at addresses that differ in more than
** powers of two, so that they do not fall into the same places of a cache. */
int tensor_fft_buffers(FftJob *jobs, int count) {
  int64_t size = (int64_t)tensor_dtype_size(jobs->plan->dtype);
  int64_t array = lane_room(jobs->plan) * jobs->lanes * size, bytes;
  array = (array + 63) / 64 * 64 + 5 * 64;
  if (__builtin_mul_overflow(array, 4 * (int64_t)count, &bytes))
    return tensor_no_memory(INT64_MAX);
  char *memory = aligned_alloc(64, (size_t)bytes);
  if (memory == NULL) return tensor_no_memory(bytes);
  for (int k = 0; k < count; k++) {
    char *at = memory + 4 * k * array;
    jobs[k].memory = memory;
    jobs[k].a = (FftBuffer){at, at + array};
    jobs[k].b = (FftBuffer){at + 2 * array, at + 3 * array};
  }
  return TENSOR_OK;
}

/* }== one tile {== */

/* Where the lines from `first` on begin; lanes without a line of their own
** read the last one. */
static void place_lanes(FftJob *j, const Lines *l, int64_t first) {
  int64_t index[TENSOR_MAX_DIMS], in = 0, out = 0;
  for (int d = l->ndim - 1; d >= 0; d--) {
    index[d] = first % l->shape[d];
    first /= l->shape[d];
    in += index[d] * l->in.strides[d];
    out += index[d] * l->out.strides[d];
  }
  for (int v = 0; v < j->lanes; v++) {
    j->in_at[v] = in;
    j->out_at[v] = out;
    if (v >= j->lines - 1) continue;
    for (int d = l->ndim - 1; d >= 0; d--) {
      in += l->in.strides[d];
      out += l->out.strides[d];
      if (++index[d] < l->shape[d]) break;
      in -= l->shape[d] * l->in.strides[d];
      out -= l->shape[d] * l->out.strides[d];
      index[d] = 0;
    }
  }
}

/* Real lines: what stands between the transform and the tensor. */
static int fold(FftJob *j, Kind kind) {
  const FftKernels *k = tensor_fft_kernels(j->plan);
  int64_t n = j->plan->length;
  int status;
  if (kind == TO_REAL && !j->plan->halves)
    return tensor_fft_each(j, k->unfold, (n + 1) / 2, j->lanes);
  if (!j->plan->halves) return TENSOR_OK;
  if (kind == FROM_REAL)
    status = tensor_fft_each(j, k->split, n + 1, j->lanes);
  else
    status = tensor_fft_each(j, k->join, n, j->lanes);
  tensor_fft_turn(j);
  return status;
}

static int run_tile(FftJob *j, const Lines *l, int64_t first) {
  const FftKernels *k = tensor_fft_kernels(j->plan);
  bool inverse = l->kind == INVERSE || l->kind == TO_REAL;
  place_lanes(j, l, first);
  int status = tensor_fft_each(j, k->load, l->in.count, j->lanes);
  if (status == TENSOR_OK && l->kind == TO_REAL) status = fold(j, TO_REAL);
  if (status == TENSOR_OK) status = tensor_fft_transform(j, inverse);
  if (status == TENSOR_OK && l->kind == FROM_REAL) status = fold(j, FROM_REAL);
  if (status == TENSOR_OK)
    status = tensor_fft_each(j, k->store, l->out.count, j->lanes);
  return status;
}

/* }== all lines {== */

static FftJob new_job(const Lines *l, int lanes, int *status) {
  return (FftJob){.plan = l->plan,
                  .in = &l->in,
                  .out = &l->out,
                  .lanes = lanes,
                  .lines = lanes,
                  .scale = l->scale,
                  .threads = 1,
                  .status = status};
}

/* One line after the other, all threads on each. */
static int run_long(const Lines *l) {
  int status = TENSOR_OK;
  FftJob j = new_job(l, 1, &status);
  j.threads = tensor_threads();
  status = tensor_fft_buffers(&j, 1);
  if (status != TENSOR_OK) return status;
  for (int64_t k = 0; k < l->count && !tensor_stopped(&status); k++)
    run_tile(&j, l, k);
  free(j.memory);
  return status;
}

/* The tile's lines side by side; a few that are left over, one by one. */
static void run_lanes(FftJob *j, const Lines *l, int64_t first, int lanes) {
  int64_t rest = tensor_min64(lanes, l->count - first);
  bool single = rest * 4 <= lanes;
  j->lanes = single ? 1 : lanes;
  j->lines = single ? 1 : (int)rest;
  for (int64_t k = 0; k < (single ? rest : 1); k++) run_tile(j, l, first + k);
}

/* Tiles of as many lines as there are lanes, a thread on each. */
static int run_tiles(const Lines *l) {
  bool wide = lane_room(l->plan) <= FFT_WIDE;
  int lanes = wide ? tensor_fft_kernels(l->plan)->lanes : 1;
  int status = TENSOR_OK;
  int64_t tiles = (l->count + lanes - 1) / lanes;
  int threads = tensor_threads_for(l->count * (l->plan->length + 1) * 4);
  threads = (int)tensor_min64(threads, tiles);
  FftJob *jobs = malloc((size_t)threads * sizeof *jobs);
  if (jobs == NULL) return tensor_no_memory((int64_t)sizeof *jobs);
  for (int k = 0; k < threads; k++) jobs[k] = new_job(l, lanes, &status);
  status = tensor_fft_buffers(jobs, threads);
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(dynamic)
  for (int64_t t = 0; t < tiles; t++)
    if (!tensor_stopped(&status))
      run_lanes(&jobs[omp_get_thread_num()], l, t * lanes, lanes);
  free(jobs->memory);
  free(jobs);
  return status;
}

/* }== a dim of a tensor {== */

/* How lines along dim lie in t; complex tensors have a last dim of 2. */
static FftSide side_of(const Tensor *t, int dim, bool is_complex) {
  FftSide s = {.data = t->data, .step = t->strides[dim], .plain = !is_complex};
  for (int d = 0, k = 0; d < t->ndim - is_complex; d++)
    if (d != dim) s.strides[k++] = t->strides[d];
  s.part = is_complex ? t->strides[t->ndim - 1] : 0;
  s.count = t->shape[dim];
  return s;
}

/* Even real lines are read as half as many complex numbers. */
static void pair_up(FftSide *s) {
  s->part = s->step;
  s->step *= 2;
  s->count /= 2;
  s->plain = false;
}

static int run_dim(Kind kind, const Tensor *out, const Tensor *x, int dim,
                   double scale) {
  const Tensor *real = kind == FROM_REAL ? x : kind == TO_REAL ? out : NULL;
  int64_t n = real == NULL ? x->shape[dim] : real->shape[dim];
  bool halves = real != NULL && n % 2 == 0;
  FftPlan *plan;
  Lines l = {.kind = kind, .scale = scale, .count = 1};
  l.in = side_of(x, dim, kind != FROM_REAL);
  l.out = side_of(out, dim, kind != TO_REAL);
  for (int d = 0; d < x->ndim - (kind != FROM_REAL); d++)
    if (d != dim) l.count *= l.shape[l.ndim++] = x->shape[d];
  if (halves) pair_up(kind == FROM_REAL ? &l.in : &l.out);
  if (l.count == 0) return TENSOR_OK;
  int status = tensor_fft_plan(&plan, x->dtype, halves ? n / 2 : n, halves);
  if (status != TENSOR_OK) return status;
  l.plan = plan;
  status = lane_room(plan) > FFT_LONG ? run_long(&l) : run_tiles(&l);
  tensor_fft_plan_done(plan);
  return status;
}

/* }== the spectrum of a real tensor, whole {== */

/* The element at index k of a dim's mirror image around 0. */
static int64_t mirrored(int64_t k, int64_t n) { return k == 0 ? 0 : n - k; }

/* Row `row` of the dims before the last signal dim: where it begins, and
** where the row that mirrors it does; its index in dim `halved` (if that is
** among them). */
static int64_t place_row(const Tensor *y, unsigned dims, int halved,
                         int64_t row, int64_t *at, int64_t *mirror) {
  int64_t index = 0;
  *at = *mirror = 0;
  for (int d = y->ndim - 3; d >= 0; d--) {
    int64_t n = y->shape[d], k = row % n;
    bool turned = (dims >> d & 1) != 0;
    *at += k * y->strides[d];
    *mirror += (turned ? mirrored(k, n) : k) * y->strides[d];
    if (d == halved) index = k;
    row /= n;
  }
  return index;
}

/* to[k] = conj(from[k * step]) for complex numbers k = 0..n-1. */
static void copy_conjugate(TensorDType dtype, char *to, const char *from,
                           int64_t step, int64_t n) {
  if (dtype == TENSOR_FLOAT32) {
    float *y = (float *)to;
    const float *x = (const float *)from;
    for (int64_t k = 0; k < n; k++) {
      y[2 * k] = x[2 * k * step];
      y[2 * k + 1] = -x[2 * k * step + 1];
    }
  } else {
    double *y = (double *)to;
    const double *x = (const double *)from;
    for (int64_t k = 0; k < n; k++) {
      y[2 * k] = x[2 * k * step];
      y[2 * k + 1] = -x[2 * k * step + 1];
    }
  }
}

/* y[k] = conj(y[-k]) where the index in dim `halved`, the last of dims, lies
** behind the middle. */
static int fill_mirror(Tensor *y, unsigned dims, int halved) {
  int last = y->ndim - 2, status = TENSOR_OK;
  int64_t n = y->shape[last], half = y->shape[halved] / 2, rows = 1;
  int64_t size = (int64_t)tensor_dtype_size(y->dtype);
  for (int d = 0; d < last; d++) rows *= y->shape[d];
  int threads = tensor_threads_for(rows * n);
#pragma omp parallel for num_threads(threads) if (threads > 1)
  for (int64_t row = 0; row < rows; row++) {
    int64_t at, mirror;
    int64_t index = place_row(y, dims, halved, row, &at, &mirror);
    char *to = y->data + at * size;
    const char *from = y->data + mirror * size;
    if (tensor_stopped(&status)) continue;
    if (halved == last)
      copy_conjugate(y->dtype, to + (half + 1) * 2 * size,
                     from + (n - half - 1) * 2 * size, -1, n - half - 1);
    else if (index > half)
      copy_conjugate(y->dtype, to, from, 1, n);
  }
  return status;
}

/* }== what the world calls {== */

int tensor_fft_real(Tensor *out, const Tensor *x, unsigned dims, double scale) {
  int halved = 31 - __builtin_clz(dims);
  Tensor half;
  if (tensor_numel(out) == 0) return TENSOR_OK;
  tensor_slice(&half, out, halved, 0, 1, out->shape[halved] / 2 + 1);
  int status = run_dim(FROM_REAL, &half, x, halved, scale);
  if (status == TENSOR_OK)
    status = tensor_fft(&half, &half, dims & ~(1u << halved), false, 1);
  tensor_release(&half);
  if (status == TENSOR_OK) status = fill_mirror(out, dims, halved);
  return status;
}

int tensor_fft(Tensor *out, const Tensor *x, unsigned dims, bool inverse,
               double scale) {
  int status = TENSOR_OK;
  const Tensor *from = x;
  for (int d = x->ndim - 2; d >= 0 && status == TENSOR_OK; d--) {
    if ((dims >> d & 1) == 0) continue;
    status = run_dim(inverse ? INVERSE : FORWARD, out, from, d, scale);
    scale = 1;
    from = out;
  }
  return status;
}

int tensor_rfft(Tensor *out, const Tensor *x, int dim, double scale) {
  return run_dim(FROM_REAL, out, x, dim, scale);
}

int tensor_irfft(Tensor *out, const Tensor *x, int dim, double scale) {
  return run_dim(TO_REAL, out, x, dim, scale);
}

/* }== */
