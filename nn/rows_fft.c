/*
** rows_fft.c - Fourier transforms: tensor.fft.
*/
#include "nn/ops.h"
#include "nn/rows.h"

const OpRow *const nn_rows_fft[] = {NULL};
