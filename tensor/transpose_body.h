/*
** transpose_body.h - rows into columns for one element size. Included with
** these defined: TYPE, an unsigned integer of that size, SIDE of a square
** that fits the registers, LOW(a, b) and HIGH(a, b), which interleave the
** lower and upper halves of two rows, and NAME(word), which makes the name
** of a function.
*/

typedef TYPE NAME(row) __attribute__((vector_size(sizeof(TYPE) * SIDE)));

/* One of log2(SIDE) rounds: each takes the rows of one half between those of
** the other. */
TENSOR_INLINE void NAME(interleave)(NAME(row) * to, const NAME(row) * from) {
  for (int k = 0; k < SIDE / 2; k++) {
    to[2 * k] = LOW(from[k], from[k + SIDE / 2]);
    to[2 * k + 1] = HIGH(from[k], from[k + SIDE / 2]);
  }
}

TENSOR_INLINE void NAME(square)(const Transpose *t, int64_t r, int64_t c) {
  NAME(row) a[SIDE], b[SIDE];
  const TYPE *x = (const TYPE *)t->x + c * t->step + r;
  TYPE *y = (TYPE *)t->y + r * t->columns + c;
  for (int k = 0; k < SIDE; k++) memcpy(&a[k], x + k * t->step, sizeof a[k]);
  NAME(interleave)(b, a);
  NAME(interleave)(a, b);
  NAME(interleave)(b, a);
#if SIDE == 16
  NAME(interleave)(a, b);
  memcpy(b, a, sizeof b);
#endif
  if (t->stream)
    for (int k = 0; k < SIDE; k++)
      stream(y + k * t->columns, (const char *)&b[k], sizeof b[k]);
  else
    for (int k = 0; k < SIDE; k++)
      memcpy(y + k * t->columns, &b[k], sizeof b[k]);
}

TENSOR_INLINE void NAME(edge)(const Transpose *t, int64_t r0, int64_t r1,
                              int64_t c0, int64_t c1) {
  const TYPE *x = t->x;
  TYPE *y = t->y;
  for (int64_t r = r0; r < r1; r++)
    for (int64_t c = c0; c < c1; c++)
      y[r * t->columns + c] = x[c * t->step + r];
}

/* Rows r0..r1-1 of y, a band of BAND rows at most. */
TENSOR_CLONES static void NAME(band)(const Transpose *t, int64_t r0,
                                     int64_t r1) {
  int64_t rows = (r1 - r0) / SIDE * SIDE, columns = t->columns / SIDE * SIDE;
  for (int64_t c = 0; c < columns; c += SIDE)
    for (int64_t r = r0; r < r0 + rows; r += SIDE) NAME(square)(t, r, c);
  NAME(edge)(t, r0, r0 + rows, columns, t->columns);
  NAME(edge)(t, r0 + rows, r1, 0, t->columns);
}

#undef TYPE
#undef SIDE
#undef LOW
#undef HIGH
#undef NAME
