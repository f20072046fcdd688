/*
** matmul_plain.c - matrix products without BLAS: integers, bool, and floats
** too few to be worth a call.
*/
#include "tensor/matmul.h"

#define TILE 256

/* A 32-bit sum that wraps has the same low bits as a 64-bit one. */

#define TYPE     bool
#define ACC      uint64_t
#define STORE(x) ((x) != 0)
#define NAME     product_bool
#include "tensor/matmul_body.h"

#define TYPE     uint8_t
#define ACC      uint32_t
#define STORE(x) ((uint8_t)(x))
#define NAME     product_uint8
#include "tensor/matmul_body.h"

#define TYPE     int32_t
#define ACC      uint32_t
#define STORE(x) ((int32_t)(x))
#define NAME     product_int32
#include "tensor/matmul_body.h"

#define TYPE     int64_t
#define ACC      uint64_t
#define STORE(x) ((int64_t)(x))
#define NAME     product_int64
#include "tensor/matmul_body.h"

#define TYPE     float
#define ACC      float
#define STORE(x) (x)
#define NAME     product_float32
#include "tensor/matmul_body.h"

#define TYPE     double
#define ACC      double
#define STORE(x) (x)
#define NAME     product_float64
#include "tensor/matmul_body.h"

void tensor_matmul_plain(const MatrixProduct *p) {
  static void (*const products[])(const MatrixProduct *) = {
      product_bool,  product_uint8,   product_int32,
      product_int64, product_float32, product_float64};
  products[p->dtype](p);
}
