/*
** rows_convolution_nd.c - convolution in one and three dims, and transposed.
*/
#include "nn/ops.h"
#include "nn/rows.h"

const OpRow *const nn_rows_convolution_nd[] = {NULL};
