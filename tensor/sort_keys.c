/*
** sort_keys.c - keys of every dtype: unsigned numbers in the order of the
** elements (see sort.h).
*/
#include <string.h>

#include "tensor/kernel.h"
#include "tensor/sort.h"

/* Digits that are made at a time; divides SORT_BLOCK. */
#define SORT_DIGITS 1024

/* Keys of which one is selected by comparing all. */
#define SORT_FEW 16

/*
** A float's bits are in its order once the sign bit is turned around, and
** for negative numbers all other bits too. Zeros and NaN have several forms,
** which share a key: there the element itself is looked up.
*/

#define SIGN32 (UINT32_C(1) << 31)
#define SIGN64 (UINT64_C(1) << 63)

static inline uint32_t key_float32(float v) {
  union {
    float value;
    uint32_t bits;
  } u = {v};
  uint32_t bits = v != v ? ~SIGN32 : v == 0 ? 0 : u.bits;
  return bits ^ ((uint32_t)((int32_t)bits >> 31) | SIGN32);
}

static inline uint64_t key_float64(double v) {
  union {
    double value;
    uint64_t bits;
  } u = {v};
  uint64_t bits = v != v ? ~SIGN64 : v == 0 ? 0 : u.bits;
  return bits ^ ((uint64_t)((int64_t)bits >> 63) | SIGN64);
}

static inline float element_float32(const float *x, int64_t at, uint32_t key) {
  union {
    uint32_t bits;
    float value;
  } u = {key & SIGN32 ? key ^ SIGN32 : ~key};
  return key == SIGN32 || key == ~UINT32_C(0) ? x[at] : u.value;
}

static inline double element_float64(const double *x, int64_t at,
                                     uint64_t key) {
  union {
    uint64_t bits;
    double value;
  } u = {key & SIGN64 ? key ^ SIGN64 : ~key};
  return key == SIGN64 || key == ~UINT64_C(0) ? x[at] : u.value;
}

#define TYPE                float
#define KEY                 uint32_t
#define KEY_OF(v)           key_float32(v)
#define ELEMENT(x, at, key) element_float32(x, (int64_t)(at), key)
#define NAME(word)          word##_float32
#include "tensor/sort_keys_body.h"

#define TYPE                double
#define KEY                 uint64_t
#define KEY_OF(v)           key_float64(v)
#define ELEMENT(x, at, key) element_float64(x, (int64_t)(at), key)
#define NAME(word)          word##_float64
#include "tensor/sort_keys_body.h"

#define TYPE                int64_t
#define KEY                 uint64_t
#define KEY_OF(v)           ((uint64_t)(v) ^ SIGN64)
#define ELEMENT(x, at, key) ((void)(x), (int64_t)((key) ^ SIGN64))
#define NAME(word)          word##_int64
#include "tensor/sort_keys_body.h"

#define TYPE                int32_t
#define KEY                 uint32_t
#define KEY_OF(v)           ((uint32_t)(v) ^ SIGN32)
#define ELEMENT(x, at, key) ((void)(x), (int32_t)((key) ^ SIGN32))
#define NAME(word)          word##_int32
#include "tensor/sort_keys_body.h"

#define TYPE                uint8_t
#define KEY                 uint32_t
#define KEY_OF(v)           ((uint32_t)(v))
#define ELEMENT(x, at, key) ((void)(x), (uint8_t)(key))
#define NAME(word)          word##_uint8
#include "tensor/sort_keys_body.h"

#define KIND(t)                                                                \
  {                                                                            \
    bounds_##t, pack_##t, widen_##t, unpack_##t, unpack_wide_##t, select_##t,  \
        collect_##t, next_##t, find_##t, search_##t, compare_##t               \
  }

const SortKind tensor_sort_kinds[TENSOR_DTYPE_COUNT] = {
    [TENSOR_BOOL] = KIND(uint8),      [TENSOR_UINT8] = KIND(uint8),
    [TENSOR_INT32] = KIND(int32),     [TENSOR_INT64] = KIND(int64),
    [TENSOR_FLOAT32] = KIND(float32), [TENSOR_FLOAT64] = KIND(float64),
};
