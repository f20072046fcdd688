/*
** rows_frequency.c - the order of frequencies in a spectrum: tensor.fft.
*/
#include <math.h>

#include "nn/complex.h"
#include "nn/rows.h"

/* {== shifts */

/* Half of each dim, rounded down; or up, for the way back. attrs: the list of
** dims, and whether x is complex. */
static int shift(Grad *c, const OpCall *call, bool back, OpResults *out) {
  const OpAttrs *a = call->attrs;
  Value *x = call->in[0];
  bool is_complex, all = a->counts[0] < 0;
  int status = nn_read_complex(call, a->i[0], 1, &is_complex);
  if (status != TENSOR_OK) return status;
  int signal = x->t.ndim - is_complex;
  int count = all ? signal : a->counts[0];
  int64_t dims[TENSOR_MAX_DIMS], shifts[TENSOR_MAX_DIMS] = {0};
  if (!all)
    status =
        nn_read_signal_dims(call, signal, is_complex, count, a->lists[0], dims);
  if (status != TENSOR_OK) return status;
  for (int k = 0; k < count; k++) {
    int64_t d = all ? k : dims[k];
    int64_t n = x->t.shape[d];
    if (n > 0) shifts[d] = back ? (n + 1) / 2 % n : n / 2;
  }
  return nn_answer(c, out, op_roll(c, x, shifts));
}

static int fftshift_compose(Grad *c, const OpCall *call, OpResults *out) {
  return shift(c, call, false, out);
}
static int ifftshift_compose(Grad *c, const OpCall *call, OpResults *out) {
  return shift(c, call, true, out);
}

static const OpRow row_fftshift = {
    .name = "fft.fftshift",
    .args = "x: tensor, dim: ints = nil, complex: bool = nil",
    .help = "x with frequency 0 brought to the middle of each dim (at position "
            "n // 2 + 1), or of those in the list dim. A spectrum, (..., 2), "
            "needs {complex=true}, and its (re, im) stay where they are; a "
            "real tensor whose last dim is 2 needs {complex=false}.\n"
            "  > tensor.fft.fftshift(tensor({0, 1, 2, -2, -1}))\n"
            "  float32 (5)\n"
            "    -2  -1   0   1   2",
    .compose = fftshift_compose,
};
static const OpRow row_ifftshift = {
    .name = "fft.ifftshift",
    .args = "x: tensor, dim: ints = nil, complex: bool = nil",
    .help = "Undoes fftshift: brings the middle of each dim to its "
            "beginning.\n"
            "  > tensor.fft.ifftshift(tensor({-2, -1, 0, 1, 2}))\n"
            "  float32 (5)\n"
            "     0   1   2  -2  -1",
    .compose = ifftshift_compose,
};

/* }== frequencies {== */

static int frequencies_shape(const OpCall *call, bool half, OpShape *out) {
  int64_t n = call->attrs->i[0];
  double d = call->attrs->f[0];
  if (n < 1)
    return tensor_fail("%s: n must be at least 1, got %lld", call->row->name,
                       (long long)n);
  if (d == 0 || !isfinite(d))
    return tensor_fail("%s: d must be a finite number that is not 0, got %g",
                       call->row->name, d);
  if (half) n = n / 2 + 1;
  return nn_shape_of(out, nn_default_dtype, 1, &n);
}

/* Element k is k / (n d); from `turn` on the frequencies are negative. */
static int fill_frequencies(const OpCall *call, int64_t turn, Tensor *out) {
  int64_t n = call->attrs->i[0];
  double whole = (double)n * call->attrs->f[0];
  for (int64_t k = 0; k < out->shape[0]; k++) {
    tensor_set(out, k, (double)(k < turn ? k : k - n) / whole);
    if (k % (1 << 20) == 0 && tensor_poll() != TENSOR_OK)
      return TENSOR_INTERRUPTED;
  }
  return TENSOR_OK;
}

static int fftfreq_shape(const OpCall *call, OpShape *out) {
  return frequencies_shape(call, false, out);
}
static int rfftfreq_shape(const OpCall *call, OpShape *out) {
  return frequencies_shape(call, true, out);
}
static int fftfreq_kernel(const OpCall *call, Tensor *out) {
  return fill_frequencies(call, (call->attrs->i[0] + 1) / 2, out);
}
static int rfftfreq_kernel(const OpCall *call, Tensor *out) {
  return fill_frequencies(call, INT64_MAX, out);
}

static const OpRow row_fftfreq = {
    .name = "fft.fftfreq",
    .args = "n: int, d: number = 1",
    .help = "The frequencies that the n elements of a transform stand for, in "
            "cycles per unit, where samples are d units apart: 0, 1, ..., then "
            "the negative ones, ..., -1, each divided by n d. For an even n "
            "the one in the middle counts as negative.\n"
            "  > tensor.fft.fftfreq(4)\n"
            "  float32 (4)\n"
            "          0   0.2500  -0.5000  -0.2500",
    .shape = fftfreq_shape,
    .kernel = fftfreq_kernel,
};
static const OpRow row_rfftfreq = {
    .name = "fft.rfftfreq",
    .args = "n: int, d: number = 1",
    .help = "The frequencies of the n // 2 + 1 elements of rfft: 0, 1, ..., n "
            "// 2, each divided by n d.\n"
            "  > tensor.fft.rfftfreq(4)\n"
            "  float32 (3)\n"
            "         0  0.2500  0.5000",
    .shape = rfftfreq_shape,
    .kernel = rfftfreq_kernel,
};

/* }== */

const OpRow *const nn_rows_frequency[] = {&row_fftshift, &row_ifftshift,
                                          &row_fftfreq, &row_rfftfreq, NULL};
