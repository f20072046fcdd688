/*
** rows_fft.c - Fourier transforms: tensor.fft.
**
** The dims that a caller names are those of the signal: the (re, im) at the
** end of a complex tensor is not among them.
*/
#include <math.h>
#include <string.h>

#include "nn/complex.h"
#include "nn/rows.h"

/* {== what the caller wants */

typedef enum Norm { BACKWARD, ORTHO, FORWARD } Norm;

/* A transform asked for: the signal's dims in order, and the lengths along
** them. */
typedef struct Plan {
  const OpCall *call;
  Value *x;        /* in a float dtype, cut or padded */
  bool is_complex; /* the input */
  int signal;      /* dims of the signal */
  int count;
  int64_t dims[TENSOR_MAX_DIMS];
  int64_t lengths[TENSOR_MAX_DIMS];
  bool sized; /* lengths were given */
} Plan;

static int read_dims(Plan *p, int count, const int64_t *list) {
  p->count = count;
  return nn_read_signal_dims(p->call, p->signal, p->is_complex, count, list,
                             p->dims);
}

/* The last `count` dims of the signal. */
static int last_dims(Plan *p, int count) {
  if (count > p->signal || count == 0)
    return tensor_fail("%s: transforms %d dim%s, the signal has %d",
                       p->call->row->name, count > 0 ? count : 1,
                       count > 1 ? "s" : "", p->signal);
  for (int k = 0; k < count; k++) p->dims[k] = p->signal - count + k;
  p->count = count;
  return TENSOR_OK;
}

static int check_lengths(const Plan *p) {
  for (int k = 0; k < p->count; k++) {
    if (p->lengths[k] >= 1) continue;
    if (p->sized)
      return tensor_fail("%s: the length n must be at least 1, got %lld",
                         p->call->row->name, (long long)p->lengths[k]);
    return tensor_fail("%s: there is nothing to transform along dim %d, of "
                       "size 0",
                       p->call->row->name, (int)p->dims[k] + 1);
  }
  return TENSOR_OK;
}

/* The input, dims and lengths that the transform was called with: attrs->i
** holds n and dim. */
static int read_one_dim(Plan *p) {
  const OpAttrs *a = p->call->attrs;
  int status = read_dims(p, 1, &a->i[1]);
  if (status != TENSOR_OK) return status;
  p->sized = a->i[0] != NN_ABSENT;
  p->lengths[0] = p->sized ? a->i[0] : p->x->t.shape[p->dims[0]];
  return TENSOR_OK;
}

/* The lists hold n and dim; `usual` dims (0: all) if none are named. */
static int read_several(Plan *p, int usual) {
  const OpAttrs *a = p->call->attrs;
  int sizes = a->counts[0], dims = a->counts[1], status;
  p->sized = sizes >= 0;
  if (dims >= 0)
    status = read_dims(p, dims, a->lists[1]);
  else
    status = last_dims(p, usual > 0 ? usual : p->sized ? sizes : p->signal);
  if (status != TENSOR_OK) return status;
  if ((usual > 0 && p->count != usual) || p->count == 0)
    return tensor_fail("%s: dim must name %s, not %d", p->call->row->name,
                       usual > 0 ? "2 dims" : "at least one dim", p->count);
  if (p->sized && sizes != p->count)
    return tensor_fail("%s: n has %d lengths for %d dims", p->call->row->name,
                       sizes, p->count);
  for (int k = 0; k < p->count; k++)
    p->lengths[k] = p->sized ? a->lists[0][k] : p->x->t.shape[p->dims[k]];
  return TENSOR_OK;
}

/* }== preparations {== */

/* x cut, or padded with zeros, at the end of dim. */
static Value *resize(Grad *c, const Plan *p, Value *x, int dim, int64_t n) {
  if (x == NULL || x->t.shape[dim] == n) return x;
  if (x->t.shape[dim] > n) return op_slice_dim(c, x, dim, 0, 1, n);
  Tensor whole = x->t;
  int64_t count;
  whole.shape[dim] = n;
  c->status = nn_named(p->call->row->name,
                       tensor_count(whole.ndim, whole.shape, &count));
  return op_unslice(c, x, whole.shape, 0, 0);
}

static int begin(Grad *c, Plan *p, const OpCall *call, bool is_complex) {
  *p = (Plan){.call = call, .is_complex = is_complex};
  if (is_complex) {
    int status = nn_need_complex(call, 0);
    if (status != TENSOR_OK) return status;
  }
  p->signal = call->in[0]->t.ndim - is_complex;
  p->x = op_to_float(c, call->in[0]);
  return c->status;
}

/* The factor of the sums, for lengths whose product is count. */
static double scale_of(const Plan *p, Norm norm, bool inverse) {
  double count = 1;
  for (int k = 0; k < p->count; k++) count *= (double)p->lengths[k];
  if (norm == ORTHO) return 1 / sqrt(count);
  return (norm == FORWARD) == inverse ? 1 : 1 / count;
}

static unsigned set_of(const int64_t *dims, int count) {
  unsigned set = 0;
  for (int k = 0; k < count; k++) set |= 1u << dims[k];
  return set;
}

static int room_for_parts(const Plan *p) {
  if (p->signal < TENSOR_MAX_DIMS) return TENSOR_OK;
  return tensor_fail("%s: the result would have %d dims, more than %d",
                     p->call->row->name, TENSOR_MAX_DIMS + 1, TENSOR_MAX_DIMS);
}

/* }== the transforms {== */

/* Once dims and lengths are known. */
static int transform(Grad *c, Plan *p, Norm norm, bool inverse,
                     OpResults *out) {
  double scale = scale_of(p, norm, inverse);
  int status = check_lengths(p);
  if (status == TENSOR_OK && !p->is_complex) status = room_for_parts(p);
  if (status != TENSOR_OK) return status;
  Value *x = p->x;
  for (int k = 0; k < p->count; k++)
    x = resize(c, p, x, (int)p->dims[k], p->lengths[k]);
  unsigned dims = set_of(p->dims, p->count);
  OpAttrs attrs = {.i = {dims}, .f = {scale}};
  if (x != NULL)
    x = p->is_complex ? nn_spectrum(c, x, dims, inverse, scale)
                      : nn_apply1(c, &nn_row_fft_real, x, &attrs);
  return nn_answer(c, out, x);
}

/* Real to half a spectrum: the last dim named is halved. */
static int transform_half(Grad *c, Plan *p, Norm norm, OpResults *out) {
  int last = p->count - 1, status = check_lengths(p);
  if (status == TENSOR_OK) status = room_for_parts(p);
  if (status != TENSOR_OK) return status;
  Value *x = p->x;
  for (int k = 0; k < p->count; k++)
    x = resize(c, p, x, (int)p->dims[k], p->lengths[k]);
  OpAttrs attrs = {.i = {p->dims[last], p->lengths[last]},
                   .f = {scale_of(p, norm, false)}};
  x = x == NULL ? NULL : nn_apply1(c, &nn_row_fft_half, x, &attrs);
  if (x != NULL) x = nn_spectrum(c, x, set_of(p->dims, last), false, 1);
  return nn_answer(c, out, x);
}

/* And back. */
static int transform_whole(Grad *c, Plan *p, Norm norm, OpResults *out) {
  int last = p->count - 1;
  if (!p->sized) p->lengths[last] = 2 * (p->lengths[last] - 1);
  if (!p->sized && p->lengths[last] == 0)
    return tensor_fail("%s: a spectrum of 1 element is that of a signal of "
                       "length 1: say {n=1}",
                       p->call->row->name);
  int status = check_lengths(p);
  if (status != TENSOR_OK) return status;
  Value *x = p->x;
  for (int k = 0; k < p->count; k++)
    x = resize(c, p, x, (int)p->dims[k],
               k < last ? p->lengths[k] : p->lengths[k] / 2 + 1);
  if (x == NULL) return c->status;
  x = nn_spectrum(c, x, set_of(p->dims, last), true, 1);
  OpAttrs attrs = {.i = {p->dims[last], p->lengths[last]},
                   .f = {scale_of(p, norm, true)}};
  x = x == NULL ? NULL : nn_apply1(c, &nn_row_fft_whole, x, &attrs);
  return nn_answer(c, out, x);
}

typedef int Transform(Grad *c, Plan *p, Norm norm, OpResults *out);

static int forward(Grad *c, Plan *p, Norm norm, OpResults *out) {
  return transform(c, p, norm, false, out);
}
static int inverse(Grad *c, Plan *p, Norm norm, OpResults *out) {
  return transform(c, p, norm, true, out);
}

/* attrs->i: n, dim, norm[, complex]. */
static int along_one(Grad *c, const OpCall *call, bool is_complex, Transform *f,
                     OpResults *out) {
  Plan p;
  int status = begin(c, &p, call, is_complex);
  if (status == TENSOR_OK) status = read_one_dim(&p);
  if (status != TENSOR_OK) return status;
  return f(c, &p, (Norm)call->attrs->i[2], out);
}

/* attrs->lists: n, dim; attrs->i: norm[, complex]. */
static int along_several(Grad *c, const OpCall *call, bool is_complex,
                         int usual, Transform *f, OpResults *out) {
  Plan p;
  int status = begin(c, &p, call, is_complex);
  if (status == TENSOR_OK) status = read_several(&p, usual);
  if (status != TENSOR_OK) return status;
  return f(c, &p, (Norm)call->attrs->i[0], out);
}

static int fft_compose(Grad *c, const OpCall *call, OpResults *out) {
  bool is_complex;
  int status = nn_read_complex(call, call->attrs->i[3], 1, &is_complex);
  if (status != TENSOR_OK) return status;
  return along_one(c, call, is_complex, forward, out);
}
static int ifft_compose(Grad *c, const OpCall *call, OpResults *out) {
  return along_one(c, call, true, inverse, out);
}
static int rfft_compose(Grad *c, const OpCall *call, OpResults *out) {
  return along_one(c, call, false, transform_half, out);
}
static int irfft_compose(Grad *c, const OpCall *call, OpResults *out) {
  return along_one(c, call, true, transform_whole, out);
}
static int fft2_compose(Grad *c, const OpCall *call, OpResults *out) {
  bool is_complex;
  int status = nn_read_complex(call, call->attrs->i[1], 2, &is_complex);
  if (status != TENSOR_OK) return status;
  return along_several(c, call, is_complex, 2, forward, out);
}
static int ifft2_compose(Grad *c, const OpCall *call, OpResults *out) {
  return along_several(c, call, true, 2, inverse, out);
}
static int rfft2_compose(Grad *c, const OpCall *call, OpResults *out) {
  return along_several(c, call, false, 2, transform_half, out);
}
static int irfft2_compose(Grad *c, const OpCall *call, OpResults *out) {
  return along_several(c, call, true, 2, transform_whole, out);
}
static int fftn_compose(Grad *c, const OpCall *call, OpResults *out) {
  bool is_complex;
  int status = nn_read_complex(call, call->attrs->i[1], 1, &is_complex);
  if (status != TENSOR_OK) return status;
  return along_several(c, call, is_complex, 0, forward, out);
}
static int ifftn_compose(Grad *c, const OpCall *call, OpResults *out) {
  return along_several(c, call, true, 0, inverse, out);
}

/* }== rows {== */

#define ONE                                                                    \
  "n: int = nil, dim: int = -1, norm: backward|ortho|forward = backward"
#define MANY                                                                   \
  "n: ints = nil, dim: ints = nil, norm: backward|ortho|forward = backward"

static const OpRow row_fft = {
    .name = "fft.fft",
    .args = "x: tensor, " ONE ", complex: bool = nil",
    .help =
        "The discrete Fourier transform along dim, y[k] = sum over j of x[j] "
        "exp(-2 pi i (j - 1) (k - 1) / n), for any length n.\n"
        "  > tensor.fft.fft(tensor({1, 2, 3, 4}))\n"
        "  float32 (4, 2)\n"
        "    10   0\n"
        "    -2   2\n"
        "    -2   0\n"
        "    -2  -2\n"
        "In tensor.fft a complex tensor is one with a last dim of 2, (re, im): "
        "a real x of shape (..., n) gives (..., n, 2). fft, fft2, fftn and the "
        "shifts read x as real, and with {complex=true} as complex, (..., n, "
        "2); what could be either has to be told by complex=true or false. "
        "The inverse transforms, real, imag, conj, mul, abs and angle always "
        "take complex tensors, rfft real ones. dim is one of the signal: the "
        "(re, im) at the end is not counted, and -1 is the dim before it.\n"
        "n cuts the signal, or pads it with zeros at the end. norm tells where "
        "the factor 1/n goes: \"backward\" into the inverse, \"forward\" into "
        "this transform, \"ortho\" 1/sqrt(n) into both. Integers become the "
        "default float.\n"
        "Source: Cooley and Tukey, 1965; Bluestein, 1970.",
    .compose = fft_compose,
};
static const OpRow row_ifft = {
    .name = "fft.ifft",
    .args = "z: tensor, " ONE,
    .help = "The inverse of fft: y[j] = 1/n sum over k of z[k] exp(2 pi i (j - "
            "1) (k - 1) / n). z is complex, (..., n, 2), and so is the result; "
            "see fft for the arguments.\n"
            "  > z = tensor.fft.fft(tensor({1, 2, 3, 4}))\n"
            "  > tensor.fft.real(tensor.fft.ifft(z))\n"
            "  float32 (4)\n"
            "    1  2  3  4",
    .compose = ifft_compose,
};
static const OpRow row_rfft = {
    .name = "fft.rfft",
    .args = "x: tensor, " ONE,
    .help = "The first n // 2 + 1 elements of the transform of a real x, which "
            "tell the others: y[n - k] is the conjugate of y[k] (counting from "
            "0). (..., n) gives (..., n // 2 + 1, 2); see fft for the "
            "arguments.\n"
            "  > tensor.fft.rfft(tensor({1, 2, 3, 4}))\n"
            "  float32 (3, 2)\n"
            "    10   0\n"
            "    -2   2\n"
            "    -2   0",
    .compose = rfft_compose,
};
static const OpRow row_irfft = {
    .name = "fft.irfft",
    .args = "z: tensor, " ONE,
    .help = "The real signal of length n whose rfft is z; n is 2 (m - 1) for m "
            "elements of z unless said: say n if it is odd. The imaginary "
            "parts of the first element and, if n is even, of the last do not "
            "count.\n"
            "  > z = tensor.fft.rfft(tensor({0, 3, 3}))\n"
            "  > tensor.fft.irfft(z, 3)\n"
            "  float32 (3)\n"
            "    0  3  3",
    .compose = irfft_compose,
};
static const OpRow row_fft2 = {
    .name = "fft.fft2",
    .args = "x: tensor, " MANY ", complex: bool = nil",
    .help = "The Fourier transform of an image: along two dims, the last two "
            "of the signal unless dim names others. A real (..., h, w) gives "
            "(..., h, w, 2); an image (h, w, channels) needs {dim={1, 2}}. n "
            "is a list of two lengths; see fft for the other arguments.\n"
            "  > z = tensor.fft.fft2(tensor({{1, 2}, {3, 4}}))\n"
            "  > tensor.fft.real(z)\n"
            "  float32 (2, 2)\n"
            "    10  -2\n"
            "    -4   0",
    .compose = fft2_compose,
};
static const OpRow row_ifft2 = {
    .name = "fft.ifft2",
    .args = "z: tensor, " MANY,
    .help = "The inverse of fft2: complex (..., h, w, 2) to complex. A mask "
            "(h, w) of frequencies is applied as z * mask:unsqueeze(-1).\n"
            "  > z = tensor.fft.fft2(tensor({{1, 2}, {3, 4}}))\n"
            "  > tensor.fft.real(tensor.fft.ifft2(z))\n"
            "  float32 (2, 2)\n"
            "    1  2\n"
            "    3  4",
    .compose = ifft2_compose,
};
static const OpRow row_rfft2 = {
    .name = "fft.rfft2",
    .args = "x: tensor, " MANY,
    .help = "fft2 of a real x without what follows by symmetry: the last dim "
            "named has n // 2 + 1 elements. (..., h, w) gives (..., h, w // 2 "
            "+ 1, 2).\n"
            "  > tensor.fft.rfft2(tensor.zeros(4, 6)).shape\n"
            "  (4, 4, 2)",
    .compose = rfft2_compose,
};
static const OpRow row_irfft2 = {
    .name = "fft.irfft2",
    .args = "z: tensor, " MANY,
    .help = "The real image whose rfft2 is z. Its last dim has 2 (m - 1) "
            "elements for m of z, unless n, the list of both lengths, says "
            "otherwise.\n"
            "  > z = tensor.fft.rfft2(tensor({{1, 2}, {3, 4}}))\n"
            "  > tensor.fft.irfft2(z)\n"
            "  float32 (2, 2)\n"
            "    1  2\n"
            "    3  4",
    .compose = irfft2_compose,
};
static const OpRow row_fftn = {
    .name = "fft.fftn",
    .args = "x: tensor, " MANY ", complex: bool = nil",
    .help = "fft along several dims: those in the list dim, else as many of "
            "the last as n has lengths, else all.\n"
            "  > tensor.fft.fftn(tensor.zeros(4, 3, 5)).shape\n"
            "  (4, 3, 5, 2)",
    .compose = fftn_compose,
};
static const OpRow row_ifftn = {
    .name = "fft.ifftn",
    .args = "z: tensor, " MANY,
    .help = "The inverse of fftn: complex to complex, along several dims.\n"
            "  > z = tensor.fft.fftn(tensor({{1, 2, 3, 4}}))\n"
            "  > tensor.fft.real(tensor.fft.ifftn(z))\n"
            "  float32 (1, 4)\n"
            "    1  2  3  4",
    .compose = ifftn_compose,
};

/* }== */

const OpRow *const nn_rows_fft[] = {
    &row_fft,   &row_ifft,   &row_rfft, &row_irfft, &row_fft2, &row_ifft2,
    &row_rfft2, &row_irfft2, &row_fftn, &row_ifftn, NULL};
