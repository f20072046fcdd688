/*
** matmul.h - one matrix product as matmul.c hands it to the loops of
** matmul_plain.c.
*/
#ifndef TENSOR_MATMUL_H
#define TENSOR_MATMUL_H

#include "tensor/kernel.h"

/* c (m, n), contiguous, = a (m, k) times b (k, n), any strides, in elements.
** Nothing is assumed of c's old contents. */
typedef struct MatrixProduct {
  TensorDType dtype;
  int64_t m, n, k;
  const char *a, *b;
  char *c;
  int64_t a_row, a_column, b_row, b_column;
} MatrixProduct;

/* The product by plain loops, on the caller's thread; integers wrap, and for
** bool it is whether any pair is true. */
void tensor_matmul_plain(const MatrixProduct *p);

#endif
