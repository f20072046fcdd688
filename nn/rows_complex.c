/*
** rows_complex.c - complex tensors beside the transforms of tensor.fft:
** making them, their parts, products, and the order of frequencies.
*/
#include <math.h>

#include "nn/complex.h"
#include "nn/rows.h"

/* {== which tensors are complex */

int nn_need_complex(const OpCall *call, int k) {
  const Tensor *t = &call->in[k]->t;
  char text[TENSOR_SHAPE_TEXT];
  if (t->ndim > 0 && t->shape[t->ndim - 1] == 2) return TENSOR_OK;
  return tensor_fail("%s: takes a complex tensor, whose last dim is 2 (re, "
                     "im), not one of shape %s; fft.complex(x) makes one",
                     call->row->name,
                     tensor_shape_text(t->ndim, t->shape, text));
}

int nn_read_complex(const OpCall *call, int64_t said, int dims,
                    bool *is_complex) {
  const Tensor *t = &call->in[0]->t;
  char text[TENSOR_SHAPE_TEXT];
  *is_complex = said == 1;
  if (said == 1) return nn_need_complex(call, 0);
  if (said == 0 || t->ndim <= dims || t->shape[t->ndim - 1] != 2)
    return TENSOR_OK;
  return tensor_fail("%s: a tensor of shape %s may be complex, (re, im) in "
                     "the last dim, or real: say {complex=true} or "
                     "{complex=false}",
                     call->row->name,
                     tensor_shape_text(t->ndim, t->shape, text));
}

int nn_read_signal_dims(const OpCall *call, int signal, bool is_complex,
                        int count, const int64_t *list, int64_t *dims) {
  return nn_read_dims(call->row->name,
                      is_complex ? "the signal without its (re, im)"
                                 : "the signal",
                      signal, count, list, dims);
}

/* }== making them {== */

/* (a, b) in a dim of its own behind those of v. */
static Value *pair(Grad *c, TensorDType dtype, double a, double b) {
  int64_t two = 2;
  Value *v = op_zeros(c, dtype, 1, &two);
  if (v == NULL) return NULL;
  tensor_set(&v->t, 0, a);
  tensor_set(&v->t, 1, b);
  return v;
}

static Value *with_last_dim(Grad *c, Value *v, TensorDType dtype) {
  return v == NULL ? NULL : op_unsqueeze(c, op_to(c, v, dtype), v->t.ndim);
}

/* re + i im, broadcast against each other. */
static int join_parts(Grad *c, const OpCall *call, Value *re, Value *im,
                      OpResults *out) {
  if (re == NULL || im == NULL) return c->status;
  if (re->t.ndim == TENSOR_MAX_DIMS || im->t.ndim == TENSOR_MAX_DIMS)
    return tensor_fail("%s: the result would have %d dims, more than %d",
                       call->row->name, TENSOR_MAX_DIMS + 1, TENSOR_MAX_DIMS);
  TensorDType dtype = nn_joined_dtype(2, (Value *[]){re, im});
  if (!tensor_dtype_is_float(dtype) || (re->weak && im->weak))
    dtype = nn_default_dtype;
  Value *is_real = pair(c, TENSOR_BOOL, 1, 0);
  return nn_answer(c, out,
                   op_where(c, is_real, with_last_dim(c, re, dtype),
                            with_last_dim(c, im, dtype)));
}

static int complex_compose(Grad *c, const OpCall *call, OpResults *out) {
  return join_parts(c, call, call->in[0], call->in[1], out);
}

static int polar_compose(Grad *c, const OpCall *call, OpResults *out) {
  Value *r = call->in[0], *angle = call->in[1];
  return join_parts(c, call, op_mul(c, r, op_cos(c, angle)),
                    op_mul(c, r, op_sin(c, angle)), out);
}

static const OpRow row_complex = {
    .name = "fft.complex",
    .args = "re, im = 0",
    .help = "The complex tensor re + i im, of shape (..., 2); the two "
            "broadcast.\n"
            "  > tensor.fft.complex(tensor({1, 2}), tensor({3, 4}))\n"
            "  float32 (2, 2)\n"
            "    1  3\n"
            "    2  4",
    .compose = complex_compose,
};
static const OpRow row_polar = {
    .name = "fft.polar",
    .args = "abs, angle",
    .help = "The complex tensor abs * exp(i angle), the angle in radians: what "
            "fft.abs and fft.angle took apart.\n"
            "  > tensor.fft.polar(tensor({2}), 0)\n"
            "  float32 (1, 2)\n"
            "    2  0",
    .compose = polar_compose,
};

/* }== taking them apart {== */

static int part_compose(Grad *c, const OpCall *call, int which,
                        OpResults *out) {
  int status = nn_need_complex(call, 0);
  if (status != TENSOR_OK) return status;
  return nn_answer(c, out, nn_complex_part(c, call->in[0], which));
}

static int real_compose(Grad *c, const OpCall *call, OpResults *out) {
  return part_compose(c, call, 0, out);
}
static int imag_compose(Grad *c, const OpCall *call, OpResults *out) {
  return part_compose(c, call, 1, out);
}

static int magnitude_shape(const OpCall *call, OpShape *out) {
  const Tensor *z = &call->in[0]->t;
  return nn_shape_of(out, z->dtype, z->ndim - 1, z->shape);
}

static int magnitude_kernel(const OpCall *call, Tensor *out) {
  return tensor_complex_abs(out, &call->in[0]->t);
}

/* z / |z|, which is 0 at 0. */
static void magnitude_gradient(Grad *c) {
  Value *z = c->in[0], *r = c->r;
  Value *is_zero = op_eq(c, r, op_num(c, 0));
  Value *length = op_where(c, is_zero, op_num(c, 1), r);
  Value *slope = op_div(c, c->g, length);
  c->to[0] = op_mul(c, z, with_last_dim(c, slope, z->t.dtype));
}

static const OpRow row_magnitude = {
    .name = "complex_abs",
    .args = "z: tensor",
    .help = "",
    .internal = true,
    .keeps = 1,
    .keeps_result = true,
    .shape = magnitude_shape,
    .kernel = magnitude_kernel,
    .gradient = magnitude_gradient,
};

static int abs_compose(Grad *c, const OpCall *call, OpResults *out) {
  int status = nn_need_complex(call, 0);
  if (status != TENSOR_OK) return status;
  Value *z = op_to_float(c, call->in[0]);
  return nn_answer(c, out, nn_apply1(c, &row_magnitude, z, NULL));
}

/* At 0, which has no angle, the answer is 0 and so is the gradient. */
static int angle_compose(Grad *c, const OpCall *call, OpResults *out) {
  int status = nn_need_complex(call, 0);
  if (status != TENSOR_OK) return status;
  Value *z = op_to_float(c, call->in[0]), *zero = op_num(c, 0);
  Value *re = nn_complex_part(c, z, 0), *im = nn_complex_part(c, z, 1);
  Value *nowhere = op_logical_and(c, op_eq(c, re, zero), op_eq(c, im, zero));
  re = op_where(c, nowhere, op_num(c, 1), re);
  Value *angle = op_atan2(c, im, re);
  return nn_answer(c, out, op_where(c, nowhere, zero, angle));
}

static const OpRow row_real = {
    .name = "fft.real",
    .args = "z: tensor",
    .help = "The real part of a complex tensor: a view, (..., 2) to (...).\n"
            "  > tensor.fft.real(tensor({{1, 3}, {2, 4}}))\n"
            "  float32 (2)\n"
            "    1  2",
    .compose = real_compose,
};
static const OpRow row_imag = {
    .name = "fft.imag",
    .args = "z: tensor",
    .help = "The imaginary part of a complex tensor: a view, (..., 2) to "
            "(...).\n"
            "  > tensor.fft.imag(tensor({{1, 3}, {2, 4}}))\n"
            "  float32 (2)\n"
            "    3  4",
    .compose = imag_compose,
};
static const OpRow row_abs = {
    .name = "fft.abs",
    .args = "z: tensor",
    .help = "The absolute value sqrt(re^2 + im^2) of a complex tensor, without "
            "overflow on the way: (..., 2) to (...). Its gradient at 0 is 0.\n"
            "  > tensor.fft.abs(tensor({{3, 4}, {0, -2}}))\n"
            "  float32 (2)\n"
            "    5  2",
    .compose = abs_compose,
};
static const OpRow row_angle = {
    .name = "fft.angle",
    .args = "z: tensor",
    .help = "The angle atan2(im, re) of a complex tensor, in radians, -pi..pi: "
            "(..., 2) to (...). It is 0 at 0, with gradient 0.\n"
            "  > tensor.fft.angle(tensor({{1, 1}, {0, -2}}))\n"
            "  float32 (2)\n"
            "     0.7854  -1.5708",
    .compose = angle_compose,
};

/* }== products {== */

static int conj_compose(Grad *c, const OpCall *call, OpResults *out) {
  int status = nn_need_complex(call, 0);
  if (status != TENSOR_OK) return status;
  Value *z = op_to_float(c, call->in[0]);
  if (z == NULL) return c->status;
  return nn_answer(c, out, op_mul(c, z, pair(c, z->t.dtype, 1, -1)));
}

/* a re(b) + (i a) im(b) */
static int mul_compose(Grad *c, const OpCall *call, OpResults *out) {
  int status = nn_need_complex(call, 0);
  if (status == TENSOR_OK) status = nn_need_complex(call, 1);
  if (status != TENSOR_OK) return status;
  Tensor shape;
  status = tensor_broadcast_shape(&call->in[0]->t, &call->in[1]->t, &shape.ndim,
                                  shape.shape);
  if (status != TENSOR_OK) return nn_named("fft.mul", status);
  Value *a = op_to_float(c, call->in[0]), *b = op_to_float(c, call->in[1]);
  if (a == NULL || b == NULL) return c->status;
  int last = a->t.ndim - 1, of_b = b->t.ndim - 1;
  Value *turned =
      op_mul(c, op_slice_dim(c, a, last, 1, -1, 2), pair(c, a->t.dtype, -1, 1));
  Value *y = op_add(c, op_mul(c, a, op_slice_dim(c, b, of_b, 0, 1, 1)),
                    op_mul(c, turned, op_slice_dim(c, b, of_b, 1, 1, 1)));
  return nn_answer(c, out, y);
}

static const OpRow row_conj = {
    .name = "fft.conj",
    .args = "z: tensor",
    .help = "The conjugate re - i im of a complex tensor.\n"
            "  > tensor.fft.conj(tensor({{1, 3}, {2, -4}}))\n"
            "  float32 (2, 2)\n"
            "     1  -3\n"
            "     2   4",
    .compose = conj_compose,
};
static const OpRow row_mul = {
    .name = "fft.mul",
    .args = "a: tensor, b: tensor",
    .help = "The product of complex tensors, element by element; they "
            "broadcast. (A real factor multiplies with *, given a last dim: z "
            "* mask:unsqueeze(-1).) A product of spectra is the spectrum of "
            "the circular convolution.\n"
            "  > tensor.fft.mul(tensor({0, 1}), tensor({3, 4}))\n"
            "  float32 (2)\n"
            "    -4   3",
    .compose = mul_compose,
};

/* }== */

const OpRow *const nn_rows_complex[] = {
    &row_complex, &row_polar, &row_real, &row_imag, &row_magnitude,
    &row_abs,     &row_angle, &row_conj, &row_mul,  NULL};
