/*
** pick.h - what the functions that read and write by index tensors share:
** checked positions, and one loop that moves or adds elements.
*/
#ifndef TENSOR_PICK_H
#define TENSOR_PICK_H

#include "tensor/kernel.h"

/* This many positions need no memory of their own. */
#define PICK_LOCAL 128

/* The positions of an index tensor in row-major order, counted from 0 and
** known to lie within the size. */
typedef struct PickPositions {
  int64_t *at;
  TensorStorage *memory; /* NULL while `at` is `local` */
  int64_t local[PICK_LOCAL];
} PickPositions;

/* Reads and checks an index tensor into a dim of that size; dim (from 0) is
** for the message, -1 where all elements count as one long row. On success
** the caller releases the positions. */
int tensor_pick_positions(PickPositions *p, const char *operation,
                          const Tensor *index, int64_t size, int dim);
void tensor_pick_release(PickPositions *p);

/* " at position 3" or " at position (2, 3)" of an index tensor, for the
** element `at` in row-major order; "" for a 0-d one. Returns text. */
const char *tensor_pick_place(const Tensor *index, int64_t at,
                              char text[TENSOR_SHAPE_TEXT]);

/* For each i of shape: out[i . to + q * to_picked] = (or +=)
** x[i . from + q * from_picked], where q = positions[i . at]. Steps are in
** elements. */
typedef struct Pick {
  TensorDType dtype;
  int ndim;
  int64_t shape[TENSOR_MAX_DIMS];
  int64_t to[TENSOR_MAX_DIMS], from[TENSOR_MAX_DIMS], at[TENSOR_MAX_DIMS];
  int64_t to_picked, from_picked;
  char *out;
  const char *x;
  const int64_t *positions;
} Pick;

/* A row of n elements along the last dim. */
typedef void (*PickRow)(const Pick *p, char *out, const char *x,
                        const int64_t *at, int64_t n);
PickRow tensor_pick_mover(TensorDType dtype);
PickRow tensor_pick_adder(TensorDType dtype);

/* Moves in any order, in parallel, and stops on an interrupt: for a fresh
** out that does not overlap itself. */
int tensor_pick_gather(Pick *p);
/* Moves or adds in row-major order, to the end. */
int tensor_pick_scatter(Pick *p, bool add);

#endif
