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

/* A closed hash of the names. */
#define SLOTS (2 * MOST_ROWS)

static unsigned slot_of(const char *name) {
  unsigned h = 2166136261u;
  while (*name != '\0') h = (h ^ (unsigned char)*name++) * 16777619u;
  return h % SLOTS;
}

const OpRow *nn_row(const char *name) {
  static const OpRow *slots[SLOTS];
  unsigned s = slot_of(name);
  if (rows == 0) fill();
  while (slots[s] != NULL && strcmp(slots[s]->name, name) != 0)
    s = (s + 1) % SLOTS;
  for (int k = 0; slots[s] == NULL && k < rows; k++)
    if (strcmp(table[k]->name, name) == 0) slots[s] = table[k];
  return slots[s];
}
