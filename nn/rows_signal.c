/*
** rows_signal.c - correlation, convolution and interpolation.
*/
#include "nn/ops.h"
#include "nn/rows.h"

const OpRow *const nn_rows_signal[] = {NULL};
