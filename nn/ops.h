/*
** ops.h - inside nn: operations as gradient rules and composites call them.
** Each takes the scope `c` first and returns a borrowed value, or NULL after
** a failure; a NULL argument gives NULL (see struct Grad in tape.h).
*/
#ifndef NN_OPS_H
#define NN_OPS_H

#include "nn/tape.h"

/* Runs a row; its first result. */
Value *nn_apply(Grad *c, const OpRow *row, int inputs, Value *const *in,
                const OpAttrs *attrs);
Value *nn_apply1(Grad *c, const OpRow *row, Value *a, const OpAttrs *attrs);
Value *nn_apply2(Grad *c, const OpRow *row, Value *a, Value *b,
                 const OpAttrs *attrs);

/* Runs a row; all its results, NULLs after a failure. */
void nn_apply_all(Grad *c, const OpRow *row, int inputs, Value *const *in,
                  const OpAttrs *attrs, Value *results[NN_FEW]);

/* Whether nn_apply is calling. */
bool nn_is_inner(void);

/* op_add(c, a, b), op_exp(c, a) ...: every row of elementwise.def. */
extern const OpRow nn_elementwise_rows[TENSOR_MAP_COUNT];
#define UNARY(name, ...)                                                       \
  static inline Value *op_##name(Grad *c, Value *a) {                          \
    return nn_apply1(c, &nn_elementwise_rows[TENSOR_MAP_##name], a, NULL);     \
  }
#define BINARY(name, ...)                                                      \
  static inline Value *op_##name(Grad *c, Value *a, Value *b) {                \
    return nn_apply2(c, &nn_elementwise_rows[TENSOR_MAP_##name], a, b, NULL);  \
  }
#include "tensor/elementwise.def"
#undef UNARY
#undef BINARY

/* A plain number as a value; a times it; a plus it. */
Value *op_num(Grad *c, double number);
Value *op_scale(Grad *c, Value *a, double factor);
Value *op_shift(Grad *c, Value *a, double term);
/* low < a < high, as bool. */
Value *op_within(Grad *c, Value *a, double low, double high);
/* The derivative of mish at a. */
Value *op_mish_slope(Grad *c, Value *a);
Value *op_where(Grad *c, Value *condition, Value *a, Value *b);

/* a itself if it is of that dtype. */
Value *op_to(Grad *c, Value *a, TensorDType dtype);
/* In the default float dtype unless a holds floats. */
Value *op_to_float(Grad *c, Value *a);
Value *op_clone(Grad *c, Value *a);
Value *op_full_like(Grad *c, Value *like, double value);
Value *op_zeros(Grad *c, TensorDType dtype, int ndim, const int64_t *shape);

/* Adds a up over what broadcasting repeated, so that it has the shape. */
Value *op_sum_to(Grad *c, Value *a, int ndim, const int64_t *shape);
/* Sums over the dims in the set; keepdim leaves size 1. */
Value *op_sum(Grad *c, Value *a, unsigned dims, bool keepdim);
Value *op_prod(Grad *c, Value *a, unsigned dims, bool keepdim);
Value *op_mean(Grad *c, Value *a, unsigned dims, bool keepdim);
Value *op_amax(Grad *c, Value *a, unsigned dims, bool keepdim);
Value *op_amin(Grad *c, Value *a, unsigned dims, bool keepdim);
/* The p-th root of a sum. Where that is 0 it has no slope: the gradient is 0
** there, not NaN. */
Value *op_safe_root(Grad *c, Value *sum, double p);

Value *op_reshape(Grad *c, Value *a, int ndim, const int64_t *shape);
Value *op_expand(Grad *c, Value *a, int ndim, const int64_t *shape);
Value *op_permute(Grad *c, Value *a, const int64_t *order);
Value *op_transpose(Grad *c, Value *a, int dim0, int dim1);
/* Puts size-1 dims where a reduction over the set took dims away. */
Value *op_restore_dims(Grad *c, Value *a, unsigned dims, int ndim);
/* A dim of size 1 more, at that place. */
Value *op_unsqueeze(Grad *c, Value *a, int place);
Value *op_slice_dim(Grad *c, Value *a, int dim, int64_t start, int64_t step,
                    int64_t length);
/* a in zeros of that shape, from start on along dim, in the first corner of
** the other dims. */
Value *op_unslice(Grad *c, Value *a, const int64_t *shape, int dim,
                  int64_t start);
/* The slices of a along dim at the positions (from 1) of a 1-d index. */
Value *op_index_select(Grad *c, Value *a, int dim, Value *index);
/* Moves the elements on along each dim by 0 <= shift < size, in a circle. */
Value *op_roll(Grad *c, Value *a, const int64_t *shifts);
/* The batched matrix product of tensors with at least 2 dims. */
Value *op_bmatmul(Grad *c, Value *a, Value *b);

/* The shape of input k as it was when the row ran. */
const OpShape *nn_input_shape(const Grad *c, int k);
/* A composite's answer. */
int nn_answer(Grad *c, OpResults *out, Value *result);
/* Room for count answers in out->many. */
int nn_answers(Grad *c, OpResults *out, int64_t count);

/* What gather, index_select and take (below) send back to their input. */
Value *nn_gather_backward(Grad *c, Value *g, Value *index, int dim,
                          const OpShape *x);
Value *nn_take_backward(Grad *c, Value *g, Value *index, const OpShape *x);

/* The dtype in which values meet: plain numbers join without widening. */
TensorDType nn_joined_dtype(int count, Value *const *values);
/* The same, but a float. */
TensorDType nn_joined_float(int count, Value *const *values);
/* The dtype itself if it is a float, else the default one. */
static inline TensorDType nn_float_of(TensorDType d) {
  return tensor_dtype_is_float(d) ? d : nn_default_dtype;
}
/* A plain number, an integer where x holds integers and it is whole. */
Value *nn_number_for(Grad *c, const Value *x, double number);

/* The dims that a set argument means: all when absent. */
unsigned nn_dims(int64_t attr, int ndim);
int64_t nn_count_dims(const Tensor *t, unsigned dims);

#endif
