/*
** print_number.h - how the elements of one tensor are written, decided once
** from all elements that will be shown.
*/
#ifndef TENSOR_PRINT_NUMBER_H
#define TENSOR_PRINT_NUMBER_H

#include "tensor/tensor.h"

typedef struct NumberStyle {
  TensorDType dtype;
  int precision;   /* digits after the point */
  bool scientific; /* else fixed */
  bool integral;   /* every finite element is a whole number */
  double greatest; /* magnitude among the finite elements */
  int width;       /* of the widest element */
} NumberStyle;

#define TENSOR_NUMBER_TEXT 400

/* First every element is noted, then the style is settled, then every
** element is measured, then the width holds. */
NumberStyle tensor_number_style(TensorDType dtype, int precision);
void tensor_number_note(NumberStyle *s, const Tensor *t, int64_t offset);
void tensor_number_settle(NumberStyle *s, TensorChoice scientific);
void tensor_number_measure(NumberStyle *s, const Tensor *t, int64_t offset);
/* The element as text, not padded; returns its length. */
int tensor_number_text(const NumberStyle *s, const Tensor *t, int64_t offset,
                       char text[TENSOR_NUMBER_TEXT]);

#endif
