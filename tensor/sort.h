/*
** sort.h - inside tensor: what sorting, selecting and searching share.
**
** An element becomes a key: an unsigned number, such that keys are in the
** order of their elements. NaN is the greatest, all NaN are equal, and so
** are 0.0 and -0.0. Descending order turns all bits of the key around, so
** that everything below only knows ascending keys. Keys count from the least
** one in the row, which leaves fewer bits to look at.
**
** A row is contiguous. Positions count from 0 here until they are written
** into an output.
*/
#ifndef TENSOR_SORT_H
#define TENSOR_SORT_H

#include "tensor/parallel.h"
#include "tensor/tensor.h"

/* Bits of the widest digit that is counted at a time. */
#define SORT_DIGIT   11
#define SORT_BUCKETS (1 << SORT_DIGIT)
/* Rows of up to so many elements are sorted by insertion. */
#define SORT_SHORT 32
/* Elements between two looks at the interrupt flag. */
#define SORT_BLOCK (INT64_C(1) << 20)

/* One row and its keys. */
typedef struct SortKeys {
  const void *x;
  int64_t n;
  uint64_t flip;  /* all ones for descending order, else 0 */
  uint64_t least; /* set by bounds: the least key */
  uint64_t most;  /* by bounds too: the greatest key, counted from the least */
  int bits;       /* of most */
  int index_bits; /* of the last position */
  int *status;    /* where threads learn that they are to stop */
} SortKeys;

/* A key with its position. Where both fit into 64 bits they are packed into
** one number, the key above the index_bits of the position. */
typedef struct SortWide {
  uint64_t key;
  int64_t at;
} SortWide;

/* What is done to elements of one dtype. */
typedef struct SortKind {
  void (*bounds)(SortKeys *k);
  void (*pack)(uint64_t *out, const SortKeys *k, int64_t first, int64_t last);
  void (*widen)(SortWide *out, const SortKeys *k, int64_t first, int64_t last);
  /* values (unless NULL) and positions from 1 of sorted keys */
  void (*unpack)(void *values, int64_t *positions, const SortKeys *k,
                 const uint64_t *sorted, int64_t first, int64_t last);
  void (*unpack_wide)(void *values, int64_t *positions, const SortKeys *k,
                      const SortWide *sorted, int64_t first, int64_t last);
  /* the key that has `rank` others before it; how many of them are less */
  uint64_t (*select)(const SortKeys *k, int64_t rank, int64_t *less);
  /* the keys below the bound and the first `equal` of those that are it */
  void (*collect)(SortWide *out, const SortKeys *k, uint64_t bound,
                  int64_t equal);
  /* the least key above this one; how many elements have this one */
  uint64_t (*next)(const SortKeys *k, uint64_t key, int64_t *equal);
  /* where the key stands for the time `nth` (from 0) */
  int64_t (*find)(const SortKeys *k, uint64_t key, int64_t nth);
  /* out[i]: how many of x's n elements are less than values[i], or where
  ** `right` not greater; x is in ascending order */
  void (*search)(int64_t *out, const void *x, int64_t n, const void *values,
                 int64_t count, bool right);
  /* the order of the slices a and b of x, of `length` elements each: below,
  ** at or above 0 */
  int (*compare)(const void *x, int64_t a, int64_t b, int64_t length);
} SortKind;

extern const SortKind tensor_sort_kinds[TENSOR_DTYPE_COUNT];

/* How many bits the number has. */
static inline int tensor_sort_bits(uint64_t number) {
  return number == 0 ? 0 : 64 - __builtin_clzll(number);
}
/* A row of x, its bounds not yet looked at. */
static inline SortKeys tensor_sort_keys(const void *x, int64_t n,
                                        bool descending, int *status) {
  return (SortKeys){.x = x,
                    .n = n,
                    .flip = descending ? ~UINT64_C(0) : 0,
                    .index_bits = tensor_sort_bits((uint64_t)(n - 1)),
                    .status = status};
}
/* The width of the digits in which keys of n elements are counted: clearing
** the counts must not cost more than the counting. */
static inline int tensor_sort_digit(int64_t n) {
  int wide = tensor_sort_bits((uint64_t)n) - 1;
  return wide < 4 ? 4 : wide > SORT_DIGIT ? SORT_DIGIT : wide;
}

/* Calls work for 0..n-1 in blocks: `threads` pieces side by side, each piece
** in order. Between blocks it looks whether to stop. */
typedef void (*SortWork)(void *of, int piece, int64_t first, int64_t last);
void tensor_sort_pieces(int threads, int64_t n, int *status, SortWork work,
                        void *of);

/* Sorting by digits, the lowest first, stable: `bits` bits of the keys from
** bit `shift` on. counts has room for SORT_BUCKETS numbers a thread. Returns
** a or b, whichever holds the result. */
typedef struct SortRadix {
  int64_t n;
  int shift, bits, threads;
  int64_t *counts;
  int *status;
} SortRadix;

uint64_t *tensor_sort_packed(const SortRadix *r, uint64_t *a, uint64_t *b);
SortWide *tensor_sort_wide(const SortRadix *r, SortWide *a, SortWide *b);

/* x and the outputs with dim in the last place, contiguous: the outputs
** themselves where they are so, else others that are copied at the end. An
** output may be NULL. The dim's size may differ between x and the outputs. */
typedef struct SortAlong {
  Tensor x, values, positions;
  Tensor *out[2];
  int64_t rows, n, count; /* sizes of the dim: of x, of the outputs */
  int dim;
} SortAlong;

int tensor_sort_begin(SortAlong *a, Tensor *values, Tensor *positions,
                      const Tensor *x, int dim);
/* Copies if `status` says that all is well; releases. Returns the status. */
int tensor_sort_end(SortAlong *a, int status);

/* One row's work: room is for this thread alone. */
typedef void (*SortRow)(void *of, int64_t row, char *room, int *status);
/* Runs all rows, on so many threads, each with room of its own. */
int tensor_sort_rows(int64_t rows, int threads, int64_t room_bytes, SortRow run,
                     void *of);

#endif
