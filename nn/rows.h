/*
** rows.h - inside nn: the files of rows, the rows that rules call by name,
** and what shape rules and kernels share (rows.c). A new row goes into the
** list at the end of its file; a new file of rows is one line here.
*/
#ifndef NN_ROWS_H
#define NN_ROWS_H

#include "nn/tape.h"

/* clang-format off */
#define NN_ROW_FILES(X)                                                        \
  X(reduce) X(softmax) X(batch_norm) X(sort) X(cumulative)                     \
  X(shape) X(rearrange) X(pad) X(join) X(slice)                                \
  X(index) X(assign) X(scatter)                                                \
  X(matmul) X(matrix) X(einsum)                                                \
  X(linalg) X(factor) X(lstsq) X(norm)                                         \
  X(convolution) X(convolution_nd) X(pool) X(signal)                           \
  X(interpolate)                                                               \
  X(fourier) X(fft) X(complex) X(frequency)                                    \
  X(random) X(misc)
/* clang-format on */

/* Each file ends in a list of its rows, closed by NULL. */
#define X(name) extern const OpRow *const nn_rows_##name[];
NN_ROW_FILES(X)
#undef X

extern const OpRow nn_row_sum, nn_row_prod, nn_row_amax, nn_row_amin;
extern const OpRow nn_row_mean;
extern const OpRow nn_row_where, nn_row_to, nn_row_clone;
extern const OpRow nn_row_reshape, nn_row_expand, nn_row_axes, nn_row_slice;
extern const OpRow nn_row_gather, nn_row_index_select, nn_row_take;
extern const OpRow nn_row_bmatmul, nn_row_unslice, nn_row_index;
extern const OpRow nn_row_diagonal;
extern const OpRow nn_row_fft_complex, nn_row_fft_real, nn_row_fft_half;
extern const OpRow nn_row_fft_whole;

/* The slice that is the whole tensor: lists are start, step, length and
** what to do with each dim (NN_KEEP or NN_DROP). */
enum { NN_KEEP, NN_DROP };
void nn_whole_slice(OpAttrs *attrs, const Tensor *t);
/* The view of x that the lists mean. */
void nn_slice_view(Tensor *out, const Tensor *x, const OpAttrs *attrs);

/* The picked dims in attrs with the index tensors from input `first` on. */
void nn_index_of(TensorIndex *k, const OpCall *call, int first);
/* The numbers 1, 2, ... in row-major order, int64. */
Value *nn_numbered(Grad *c, int ndim, const int64_t *shape);
/* Whether what is added, input 2, fits into x: no floats into integers. */
int nn_check_addend(const OpCall *call, const Tensor *x);
/* The row name_ run on a copy of the first input. */
int nn_on_copy(Grad *c, const OpCall *call, const OpRow *row, OpResults *out);

/* A shape rule's answers. */
int nn_shape_of(OpShape *out, TensorDType dtype, int ndim,
                const int64_t *shape);
static inline int nn_shape_like(OpShape *out, TensorDType dtype,
                                const Tensor *t) {
  return nn_shape_of(out, dtype, t->ndim, t->shape);
}

/* Shape rules: the first input's shape and dtype; its values and an int64
** position for each; its dtype and the shape in attrs->lists[0]. */
int nn_same_shape(const OpCall *call, OpShape *out);
int nn_values_and_positions_shape(const OpCall *call, OpShape *out);
int nn_listed_shape(const OpCall *call, OpShape *out);
/* Notes the shape of the rule's input k for the last one. */
void nn_list_input_shape(const Grad *c, int k, OpAttrs *attrs);

/* The gradient of a row that answers values and, second, their positions
** along the dim attrs->i[0], which is kept or dropped. */
void nn_positions_gradient(Grad *c);

/* Puts the operation's name in front of a kernel's message. */
int nn_named(const char *operation, int status);
/* As nn_read_dim, for a list in which no dim may stand twice. */
int nn_read_dims(const char *operation, const char *what, int ndim, int count,
                 const int64_t *list, int64_t *dims);

/* The first two inputs, contiguous and of that dtype; the caller releases
** both. */
int nn_contiguous_pair(const OpCall *call, TensorDType dtype, Tensor pair[2]);

#endif
