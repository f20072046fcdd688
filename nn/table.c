/*
** table.c - all rows in one table.
*/
#include <string.h>

#include "nn/ops.h"
#include "nn/rows.h"

#define MOST_ROWS 512

static const OpRow *table[MOST_ROWS];
static int rows;

static void add_rows(const OpRow *const *list) {
  for (; *list != NULL; list++) table[rows++] = *list;
}

static void fill(void) {
  for (int k = 0; k < TENSOR_MAP_COUNT; k++)
    table[rows++] = &nn_elementwise_rows[k];
#define X(name) add_rows(nn_rows_##name);
  NN_ROW_FILES(X)
#undef X
}

const OpRow *const *nn_rows(int *count) {
  if (rows == 0) fill();
  *count = rows;
  return table;
}

const OpRow *nn_row(const char *name) {
  int count;
  const OpRow *const *all = nn_rows(&count);
  for (int k = 0; k < count; k++)
    if (strcmp(all[k]->name, name) == 0) return all[k];
  return NULL;
}

int nn_shape_of(OpShape *out, TensorDType dtype, int ndim,
                const int64_t *shape) {
  out->dtype = dtype;
  out->ndim = ndim;
  memcpy(out->shape, shape, (size_t)ndim * sizeof *shape);
  return TENSOR_OK;
}
