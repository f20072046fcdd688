/*
** pick_rows.c - the innermost loops of pick.h, per element size and dtype.
*/
#include <string.h>

#include "tensor/pick.h"

static inline void move_row(const Pick *p, char *out, const char *x,
                            const int64_t *at, int64_t n, int64_t size) {
  int last = p->ndim - 1;
  int64_t to = p->to[last] * size, from = p->from[last] * size;
  int64_t to_picked = p->to_picked * size, from_picked = p->from_picked * size;
  int64_t step = p->at[last];
  if (step == 0 && to == size && from == size) {
    memmove(out + *at * to_picked, x + *at * from_picked, (size_t)(n * size));
    return;
  }
  for (int64_t j = 0; j < n; j++) {
    int64_t q = at[j * step];
    memcpy(out + j * to + q * to_picked, x + j * from + q * from_picked,
           (size_t)size);
  }
}

static void move_1(const Pick *p, char *out, const char *x, const int64_t *at,
                   int64_t n) {
  move_row(p, out, x, at, n, 1);
}

static void move_4(const Pick *p, char *out, const char *x, const int64_t *at,
                   int64_t n) {
  move_row(p, out, x, at, n, 4);
}

static void move_8(const Pick *p, char *out, const char *x, const int64_t *at,
                   int64_t n) {
  move_row(p, out, x, at, n, 8);
}

PickRow tensor_pick_mover(TensorDType dtype) {
  switch (tensor_dtype_size(dtype)) {
  case 1: return move_1;
  case 4: return move_4;
  default: return move_8;
  }
}

#define TYPE      bool
#define ADD(a, b) ((a) | (b))
#define NAME      add_bool
#include "tensor/pick_add_body.h"

#define TYPE      uint8_t
#define ADD(a, b) ((uint8_t)((a) + (b)))
#define NAME      add_uint8
#include "tensor/pick_add_body.h"

#define TYPE      int32_t
#define ADD(a, b) ((int32_t)((uint32_t)(a) + (uint32_t)(b)))
#define NAME      add_int32
#include "tensor/pick_add_body.h"

#define TYPE      int64_t
#define ADD(a, b) ((int64_t)((uint64_t)(a) + (uint64_t)(b)))
#define NAME      add_int64
#include "tensor/pick_add_body.h"

#define TYPE      float
#define ADD(a, b) ((a) + (b))
#define NAME      add_float32
#include "tensor/pick_add_body.h"

#define TYPE      double
#define ADD(a, b) ((a) + (b))
#define NAME      add_float64
#include "tensor/pick_add_body.h"

PickRow tensor_pick_adder(TensorDType dtype) {
  static const PickRow adders[] = {add_bool,  add_uint8,   add_int32,
                                   add_int64, add_float32, add_float64};
  return adders[dtype];
}
