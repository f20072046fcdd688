/*
** map.c - the engine of elementwise operations.
**
** The elements of out are counted off in row-major order and worked on in
** pieces. For each piece an operand is either read where it lies (it is
** contiguous and of the right dtype), or packed into a buffer of one tile,
** converted on the way; an operand that is one repeated element is packed
** once. So a kernel only ever sees contiguous elements of its own dtype, and
** all strides, broadcasts and dtypes are this file's affair.
*/
#include <string.h>

#include "tensor/kernel.h"
#include "tensor/map.h"

#define TILE  512   /* elements of a packed piece: stays in the L1 cache */
#define CHUNK 16384 /* elements of a piece that needs no packing */

#define OPERANDS (TENSOR_MAP_MAX_INPUTS + 1)

typedef enum Access { DIRECT, REPEATED, PACKED } Access;

typedef struct Operand {
  char *data;
  int64_t strides[TENSOR_MAX_DIMS];
  TensorDType dtype;  /* as it lies in memory */
  TensorDType wanted; /* as the kernel sees it */
  Access access;
} Operand;

typedef struct Walk {
  const TensorMap *map;
  TensorMapKernel kernel;
  int ndim, count; /* operands: inputs, then out */
  int64_t total, piece;
  int64_t shape[TENSOR_MAX_DIMS];
  Operand operands[OPERANDS];
} Walk;

typedef union Buffer {
  _Alignas(64) char bytes[TILE * sizeof(double)];
} Buffer;

/* {== preparing a walk */

/* Lays t out over the walk's dims; where t has size 1 it stands still. */
static void add_operand(Walk *w, const Tensor *t, TensorDType wanted) {
  Operand *o = &w->operands[w->count++];
  int shift = w->ndim - t->ndim;
  for (int d = 0; d < w->ndim; d++)
    o->strides[d] =
        d < shift || t->shape[d - shift] == 1 ? 0 : t->strides[d - shift];
  o->data = t->data;
  o->dtype = t->dtype;
  o->wanted = wanted;
}

static bool can_join(const Walk *w, int dim) {
  for (int k = 0; k < w->count; k++) {
    const int64_t *strides = w->operands[k].strides;
    if (strides[dim] != strides[dim + 1] * w->shape[dim + 1]) return false;
  }
  return true;
}

static void remove_dim(Walk *w, int dim) {
  w->ndim--;
  for (int d = dim; d < w->ndim; d++) {
    w->shape[d] = w->shape[d + 1];
    for (int k = 0; k < w->count; k++)
      w->operands[k].strides[d] = w->operands[k].strides[d + 1];
  }
}

/* Joins dims that all operands run through in one go. */
static void coalesce(Walk *w) {
  for (int d = w->ndim - 1; d >= 0; d--) {
    if (w->shape[d] == 1) {
      remove_dim(w, d);
    } else if (d + 1 < w->ndim && can_join(w, d)) {
      w->shape[d + 1] *= w->shape[d];
      remove_dim(w, d);
    }
  }
}

static Access access_of(const Walk *w, const Operand *o) {
  int64_t expected = 1;
  bool still = true, in_order = true;
  for (int d = w->ndim - 1; d >= 0; d--) {
    still = still && o->strides[d] == 0;
    in_order = in_order && o->strides[d] == expected;
    expected *= w->shape[d];
  }
  if (in_order && o->dtype == o->wanted) return DIRECT;
  return still ? REPEATED : PACKED;
}

static void settle(Walk *w) {
  coalesce(w);
  w->piece = CHUNK;
  for (int k = 0; k < w->count; k++) {
    Operand *o = &w->operands[k];
    o->access = access_of(w, o);
    if (k == w->count - 1 && o->access == REPEATED) o->access = PACKED;
    if (o->access != DIRECT) w->piece = TILE;
  }
}

/* }== packing {== */

/* Converts n elements between the operand, from position `begin` on, and a
** buffer; a run of the innermost dim at a time. */
static void carry(const Walk *w, const Operand *o, int64_t begin, int64_t n,
                  char *buffer, bool to_buffer) {
  int64_t index[TENSOR_MAX_DIMS], at = 0, rest = begin;
  int last = w->ndim - 1;
  int64_t size = (int64_t)tensor_dtype_size(o->dtype);
  int64_t width = (int64_t)tensor_dtype_size(o->wanted);
  for (int d = last; d >= 0; d--) {
    index[d] = rest % w->shape[d];
    rest /= w->shape[d];
    at += index[d] * o->strides[d];
  }
  while (n > 0) {
    int64_t run = last < 0 ? 1 : tensor_min64(n, w->shape[last] - index[last]);
    int64_t stride = last < 0 ? 1 : o->strides[last];
    char *there = o->data + at * size;
    if (to_buffer)
      tensor_convert(run, o->wanted, buffer, 1, o->dtype, there, stride);
    else
      tensor_convert(run, o->dtype, there, stride, o->wanted, buffer, 1);
    buffer += run * width;
    n -= run;
    if (n <= 0) break;
    index[last] += run;
    at += run * stride;
    for (int d = last; d > 0 && index[d] == w->shape[d]; d--) {
      at += o->strides[d - 1] - index[d] * o->strides[d];
      index[d] = 0;
      index[d - 1]++;
    }
  }
}

/* Fills n elements, or at most a tile, with the operand's one element. */
static void repeat(const Operand *o, int64_t n, char *buffer) {
  tensor_convert(tensor_min64(n, TILE), o->wanted, buffer, 1, o->dtype, o->data,
                 0);
}

/* }== walking {== */

/* Runs the kernel on n elements; what is short of whole lanes goes through
** padded copies. */
static void run_kernel(const Walk *w, int64_t n, char *out,
                       const char *const *in) {
  int64_t whole = w->map->lanes ? n / TENSOR_LANES * TENSOR_LANES : n;
  const void *at[TENSOR_MAP_MAX_INPUTS];
  for (int k = 0; k < w->map->inputs; k++) at[k] = in[k];
  if (whole > 0) w->kernel(whole, out, at);
  if (whole == n) return;
  Buffer pad[OPERANDS];
  size_t rest = (size_t)(n - whole);
  for (int k = 0; k < w->map->inputs; k++) {
    size_t size = tensor_dtype_size(w->operands[k].wanted);
    memset(pad[k].bytes, 0, TENSOR_LANES * size);
    memcpy(pad[k].bytes, in[k] + (size_t)whole * size, rest * size);
    at[k] = pad[k].bytes;
  }
  size_t size = tensor_dtype_size(w->operands[w->count - 1].wanted);
  w->kernel(TENSOR_LANES, pad[OPERANDS - 1].bytes, at);
  memcpy(out + (size_t)whole * size, pad[OPERANDS - 1].bytes, rest * size);
}

static void walk_range(const Walk *w, int64_t begin, int64_t end) {
  Buffer buffers[OPERANDS];
  const Operand *out = &w->operands[w->count - 1];
  for (int k = 0; k < w->count - 1; k++)
    if (w->operands[k].access == REPEATED)
      repeat(&w->operands[k], end - begin, buffers[k].bytes);
  for (int64_t n; begin < end; begin += n) {
    const char *in[TENSOR_MAP_MAX_INPUTS];
    n = tensor_min64(w->piece, end - begin);
    for (int k = 0; k < w->count - 1; k++) {
      const Operand *o = &w->operands[k];
      in[k] = buffers[k].bytes;
      if (o->access == DIRECT)
        in[k] = o->data + begin * (int64_t)tensor_dtype_size(o->dtype);
      else if (o->access == PACKED)
        carry(w, o, begin, n, buffers[k].bytes, true);
    }
    char *to = buffers[w->count - 1].bytes;
    if (out->access == DIRECT)
      to = out->data + begin * (int64_t)tensor_dtype_size(out->dtype);
    run_kernel(w, n, to, in);
    if (out->access != DIRECT) carry(w, out, begin, n, to, false);
  }
}

static void walk(Walk *w) {
  int threads = tensor_threads_for(w->total);
  if (threads == 1) {
    walk_range(w, 0, w->total);
    return;
  }
  int64_t pieces = (w->total + CHUNK - 1) / CHUNK;
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int64_t p = 0; p < pieces; p++)
    walk_range(w, p * CHUNK, tensor_min64((p + 1) * CHUNK, w->total));
}

/* }== entries {== */

TensorDType tensor_map_result(const TensorMap *map, TensorDType compute) {
  return map->group == TENSOR_COMPARE ? TENSOR_BOOL : compute;
}

/* Whether x can be read while out is written: apart, or in the same place. */
static bool readable(const Tensor *x, const Tensor *out) {
  if (x->storage != out->storage || !tensor_may_share(x, out)) return true;
  if (x->data != out->data || x->dtype != out->dtype) return false;
  if (!tensor_same_shape(x, out)) return false;
  for (int d = 0; d < x->ndim; d++)
    if (x->shape[d] > 1 && x->strides[d] != out->strides[d]) return false;
  return true;
}

/* Runs a walk over inputs of the wanted dtypes, through copies of those that
** lie in out's way. */
static int map_inputs(Walk *w, Tensor *out, const Tensor *const *in,
                      const TensorDType *wanted) {
  Tensor copies[TENSOR_MAP_MAX_INPUTS];
  int status = TENSOR_OK, made = 0, inputs = w->map->inputs;
  w->ndim = out->ndim;
  w->total = tensor_numel(out);
  for (int d = 0; d < out->ndim; d++) w->shape[d] = out->shape[d];
  for (int k = 0; k < inputs && status == TENSOR_OK; k++) {
    const Tensor *x = in[k];
    if (!readable(x, out)) {
      status = tensor_clone(&copies[made], x, x->dtype);
      if (status == TENSOR_OK) x = &copies[made++];
    }
    if (status == TENSOR_OK) add_operand(w, x, wanted[k]);
  }
  if (status == TENSOR_OK && w->total > 0) {
    add_operand(w, out, wanted[inputs]);
    settle(w);
    walk(w);
  }
  while (made > 0) tensor_release(&copies[--made]);
  return status;
}

/* Small contiguous operands of the right dtype: no walk is needed. */
static bool map_small(const TensorMap *map, TensorDType compute, Tensor *out,
                      const Tensor *const *in) {
  int64_t n = tensor_numel(out);
  if (n > CHUNK || (map->lanes && n % TENSOR_LANES != 0)) return false;
  if (out->dtype != tensor_map_result(map, compute)) return false;
  if (!tensor_is_contiguous(out)) return false;
  const void *at[TENSOR_MAP_MAX_INPUTS];
  for (int k = 0; k < map->inputs; k++) {
    if (in[k]->dtype != compute || !tensor_same_shape(in[k], out) ||
        !tensor_is_contiguous(in[k]) || !readable(in[k], out))
      return false;
    at[k] = in[k]->data;
  }
  if (n > 0) map->kernels[compute](n, out->data, at);
  return true;
}

int tensor_map(const TensorMap *map, TensorDType compute, Tensor *out,
               const Tensor *const *in) {
  if (map_small(map, compute, out, in)) return TENSOR_OK;
  Walk w;
  w.map = map;
  w.kernel = map->kernels[compute];
  w.count = 0;
  TensorDType wanted[OPERANDS];
  for (int k = 0; k < map->inputs; k++) wanted[k] = compute;
  wanted[map->inputs] = tensor_map_result(map, compute);
  return map_inputs(&w, out, in, wanted);
}

/* }== selection and copies {== */

#define X(NAME, type, sum, text)                                               \
  TENSOR_CLONES static void where_##NAME(int64_t n, void *out,                 \
                                         const void *const *in) {              \
    type *y = out;                                                             \
    const bool *condition = in[0];                                             \
    const type *a = in[1], *b = in[2];                                         \
    _Pragma("omp simd") for (int64_t i = 0; i < n; i++) y[i] =                 \
        condition[i] ? a[i] : b[i];                                            \
  }
TENSOR_DTYPES(X)
#undef X

#define X(NAME, type, sum, text)                                               \
  static void copy_##NAME(int64_t n, void *out, const void *const *in) {       \
    memmove(out, in[0], (size_t)n * sizeof(type));                             \
  }
TENSOR_DTYPES(X)
#undef X

static const TensorMap where_map = {"where",
                                    TENSOR_ARITHMETIC,
                                    3,
                                    false,
                                    {
#define X(NAME, type, sum, text) where_##NAME,
                                        TENSOR_DTYPES(X)
#undef X
                                    }};

static const TensorMap copy_map = {"copy",
                                   TENSOR_ARITHMETIC,
                                   1,
                                   false,
                                   {
#define X(NAME, type, sum, text) copy_##NAME,
                                       TENSOR_DTYPES(X)
#undef X
                                   }};

int tensor_where(Tensor *out, const Tensor *condition, const Tensor *a,
                 const Tensor *b) {
  const Tensor *in[] = {condition, a, b};
  const TensorDType wanted[] = {TENSOR_BOOL, out->dtype, out->dtype,
                                out->dtype};
  Walk w;
  w.map = &where_map;
  w.kernel = where_map.kernels[out->dtype];
  w.count = 0;
  return map_inputs(&w, out, in, wanted);
}

int tensor_map_copy(Tensor *out, const Tensor *x) {
  return tensor_map(&copy_map, out->dtype, out, &x);
}

/* }== */
