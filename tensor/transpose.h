/*
** transpose.h - inside tensor: copies that turn rows into columns.
*/
#ifndef TENSOR_TRANSPOSE_H
#define TENSOR_TRANSPOSE_H

#include "tensor/tensor.h"

/* Copies x into out, of the same dtype and shape, if that is turning rows
** into columns; false, and nothing done, if it is not. */
bool tensor_copy_transposed(Tensor *out, const Tensor *x);

#endif
