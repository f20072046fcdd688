/*
** rows_matrix.c - matrices: diagonals, triangles, and products by other names.
*/
#include "nn/ops.h"
#include "nn/rows.h"

const OpRow *const nn_rows_matrix[] = {NULL};
