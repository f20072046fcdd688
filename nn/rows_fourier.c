/*
** rows_fourier.c - the transforms that those of tensor.fft are made of, each
** with its adjoint for a gradient.
**
** attrs: the dims as a set and the factor of the sums; or one dim, the length
** of the signal along it, and the factor.
*/

#include "nn/complex.h"
#include "nn/rows.h"

/* {== whole spectra */

static int spectrum_kernel(const OpCall *call, Tensor *out) {
  const OpAttrs *a = call->attrs;
  return tensor_fft(out, &call->in[0]->t, (unsigned)a->i[0], a->i[1] != 0,
                    a->f[0]);
}

Value *nn_spectrum(Grad *c, Value *x, unsigned dims, bool inverse,
                   double scale) {
  OpAttrs attrs = {.i = {dims, inverse}, .f = {scale}};
  return dims == 0 ? x : nn_apply1(c, &nn_row_fft_complex, x, &attrs);
}

/* The transform is symmetric, so its adjoint is its conjugate. */
static void spectrum_gradient(Grad *c) {
  const OpAttrs *a = c->attrs;
  c->to[0] = nn_spectrum(c, c->g, (unsigned)a->i[0], !a->i[1], a->f[0]);
}

const OpRow nn_row_fft_complex = {
    .name = "fft_complex",
    .args = "x: tensor, dims: int, inverse: bool, scale: number",
    .help = "",
    .internal = true,
    .shape = nn_same_shape,
    .kernel = spectrum_kernel,
    .gradient = spectrum_gradient,
};

/* The part of a complex value, 0 real or 1 imaginary: a view. */
Value *nn_complex_part(Grad *c, Value *z, int which) {
  OpAttrs attrs;
  if (z == NULL) return NULL;
  int last = z->t.ndim - 1;
  nn_whole_slice(&attrs, &z->t);
  attrs.lists[0][last] = which;
  attrs.lists[2][last] = 1;
  attrs.lists[3][last] = NN_DROP;
  return nn_apply1(c, &nn_row_slice, z, &attrs);
}

static int of_real_shape(const OpCall *call, OpShape *out) {
  nn_shape_like(out, call->in[0]->t.dtype, &call->in[0]->t);
  out->shape[out->ndim++] = 2;
  return TENSOR_OK;
}

static int of_real_kernel(const OpCall *call, Tensor *out) {
  const OpAttrs *a = call->attrs;
  return tensor_fft_real(out, &call->in[0]->t, (unsigned)a->i[0], a->f[0]);
}

static void of_real_gradient(Grad *c) {
  const OpAttrs *a = c->attrs;
  c->to[0] = nn_complex_part(
      c, nn_spectrum(c, c->g, (unsigned)a->i[0], true, a->f[0]), 0);
}

const OpRow nn_row_fft_real = {
    .name = "fft_real",
    .args = "x: tensor, dims: int, scale: number",
    .help = "",
    .internal = true,
    .shape = of_real_shape,
    .kernel = of_real_kernel,
    .gradient = of_real_gradient,
};

/* }== half spectra {== */

static int half_shape(const OpCall *call, OpShape *out) {
  of_real_shape(call, out);
  out->shape[call->attrs->i[0]] = call->attrs->i[1] / 2 + 1;
  return TENSOR_OK;
}

static int half_kernel(const OpCall *call, Tensor *out) {
  const OpAttrs *a = call->attrs;
  return tensor_rfft(out, &call->in[0]->t, (int)a->i[0], a->f[0]);
}

static int whole_shape(const OpCall *call, OpShape *out) {
  nn_shape_like(out, call->in[0]->t.dtype, &call->in[0]->t);
  out->shape[call->attrs->i[0]] = call->attrs->i[1];
  out->ndim--;
  return TENSOR_OK;
}

static int whole_kernel(const OpCall *call, Tensor *out) {
  const OpAttrs *a = call->attrs;
  return tensor_irfft(out, &call->in[0]->t, (int)a->i[0], a->f[0]);
}

/* z with the elements of the half spectrum that stand for two, all but the
** first and (of an even length) the last, times a factor. */
static Value *weigh(Grad *c, Value *z, double factor) {
  int dim = (int)c->attrs->i[0];
  int64_t n = c->attrs->i[1], shape[TENSOR_MAX_DIMS];
  if (z == NULL) return NULL;
  int ndim = z->t.ndim - dim;
  for (int d = 0; d < ndim; d++) shape[d] = d == 0 ? n / 2 + 1 : 1;
  Value *weights = op_zeros(c, z->t.dtype, ndim, shape);
  if (weights == NULL) return NULL;
  tensor_fill(&weights->t, factor);
  tensor_set(&weights->t, 0, 1);
  if (n % 2 == 0) tensor_set(&weights->t, n / 2, 1);
  return op_mul(c, z, weights);
}

static void half_gradient(Grad *c) {
  c->to[0] = nn_apply1(c, &nn_row_fft_whole, weigh(c, c->g, 0.5), c->attrs);
}

static void whole_gradient(Grad *c) {
  c->to[0] = weigh(c, nn_apply1(c, &nn_row_fft_half, c->g, c->attrs), 2);
}

const OpRow nn_row_fft_half = {
    .name = "fft_half",
    .args = "x: tensor, dim: int, length: int, scale: number",
    .help = "",
    .internal = true,
    .shape = half_shape,
    .kernel = half_kernel,
    .gradient = half_gradient,
};
const OpRow nn_row_fft_whole = {
    .name = "fft_whole",
    .args = "x: tensor, dim: int, length: int, scale: number",
    .help = "",
    .internal = true,
    .shape = whole_shape,
    .kernel = whole_kernel,
    .gradient = whole_gradient,
};

/* }== */

const OpRow *const nn_rows_fourier[] = {&nn_row_fft_complex, &nn_row_fft_real,
                                        &nn_row_fft_half, &nn_row_fft_whole,
                                        NULL};
