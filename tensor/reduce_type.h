/*
** reduce_type.h - every reduction of one dtype. Included with these defined:
** TYPE of an element, NAME_OF(op, word), WIDE (accumulator of sums and
** products; unsigned for integers, so that they wrap), TOTAL (result of
** those), LEAST and GREATEST values of TYPE, IS_NAN(element).
*/

/* Two plain choices each, in this order: compilers vectorise them. */
TENSOR_INLINE TYPE NAME_OF(greater, of)(TYPE a, TYPE b) {
  TYPE m = a > b ? a : b;
  return IS_NAN(a) ? a : m;
}

TENSOR_INLINE TYPE NAME_OF(lesser, of)(TYPE a, TYPE b) {
  TYPE m = a < b ? a : b;
  return IS_NAN(a) ? a : m;
}

#define ACC           WIDE
#define OUT           TOTAL
#define LOAD(x)       ((WIDE)(x))
#define STORE(a)      ((TOTAL)(a))
#define COMBINE(a, b) ((a) + (b))
#define IDENTITY      0
#define NAME(word)    NAME_OF(sum, word)
#define CLONES        TENSOR_CLONES
#include "tensor/reduce_body.h"

#define ACC           WIDE
#define OUT           TOTAL
#define LOAD(x)       ((WIDE)(x))
#define STORE(a)      ((TOTAL)(a))
#define COMBINE(a, b) ((a) * (b))
#define IDENTITY      1
#define NAME(word)    NAME_OF(prod, word)
#define CLONES
#include "tensor/reduce_body.h"

#define ACC           TYPE
#define OUT           TYPE
#define LOAD(x)       (x)
#define STORE(a)      (a)
#define COMBINE(a, b) NAME_OF(greater, of)(a, b)
#define IDENTITY      LEAST
#define NAME(word)    NAME_OF(max, word)
#define CLONES        TENSOR_CLONES
#include "tensor/reduce_body.h"

#define ACC           TYPE
#define OUT           TYPE
#define LOAD(x)       (x)
#define STORE(a)      (a)
#define COMBINE(a, b) NAME_OF(lesser, of)(a, b)
#define IDENTITY      GREATEST
#define NAME(word)    NAME_OF(min, word)
#define CLONES        TENSOR_CLONES
#include "tensor/reduce_body.h"

#define ACC           uint8_t
#define OUT           bool
#define LOAD(x)       ((x) != 0)
#define STORE(a)      ((a) != 0)
#define COMBINE(a, b) ((uint8_t)((a) | (b)))
#define IDENTITY      0
#define NAME(word)    NAME_OF(any, word)
#define CLONES
#include "tensor/reduce_body.h"

#define ACC           uint8_t
#define OUT           bool
#define LOAD(x)       ((x) != 0)
#define STORE(a)      ((a) != 0)
#define COMBINE(a, b) ((uint8_t)((a) & (b)))
#define IDENTITY      1
#define NAME(word)    NAME_OF(all, word)
#define CLONES
#include "tensor/reduce_body.h"

#undef TYPE
#undef WIDE
#undef TOTAL
#undef LEAST
#undef GREATEST
#undef IS_NAN
#undef NAME_OF
