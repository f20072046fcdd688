/*
** einsum.h - inside nn: an equation of einsum as it has been read.
*/
#ifndef NN_EINSUM_H
#define NN_EINSUM_H

#include "nn/ops.h"
#include "nn/rows.h"

#define EINSUM_MOST 64 /* terms */
/* Labels: A-Z, a-z, then the dims under "...", counted from the end. */
#define EINSUM_LETTERS 52
#define EINSUM_LABELS  (EINSUM_LETTERS + TENSOR_MAX_DIMS)

typedef struct Term {
  Value *v;
  int n; /* labels: as many as v has dims */
  int label[TENSOR_MAX_DIMS];
} Term;

typedef struct Equation {
  Grad *c;
  const char *text;
  int count;
  Term term[EINSUM_MOST];
  int64_t size[EINSUM_LABELS]; /* -1: not in any term */
  int from[EINSUM_LABELS];     /* which term the size is from */
  int times[EINSUM_LABELS];    /* how often the label stands in the inputs */
  int dots;                    /* dims under "..." */
  Term out;
} Equation;

/* Reads the equation's text: the labels of the terms, whose tensors are set,
** their sizes, and the output. */
int nn_einsum_read(Equation *q);

char nn_einsum_letter(int label);
static inline uint64_t nn_einsum_bit(int label) { return (uint64_t)1 << label; }

#endif
