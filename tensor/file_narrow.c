/*
** file_narrow.c - element types that only files have become wider ones.
*/
#include <string.h>

#include "tensor/file_narrow.h"

static float float_of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* IEEE half precision: 1 sign, 5 exponent, 10 fraction bits. */
static float float_of_half(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16;
  uint32_t exponent = half >> 10 & 0x1F, fraction = half & 0x3FF;
  if (exponent == 0x1F) /* infinity or NaN */
    return float_of_bits(sign | 0x7F800000 | fraction << 13);
  if (exponent == 0) { /* subnormal: fraction * 2^-24, exact in float32 */
    float value = (float)fraction * 0x1p-24F;
    return sign != 0 ? -value : value;
  }
  return float_of_bits(sign | (exponent + 112) << 23 | fraction << 13);
}

static void widen_integers(TensorNarrow type, int32_t *out, const void *from,
                           int64_t count) {
  for (int64_t i = 0; i < count; i++)
    out[i] = type == TENSOR_I8    ? ((const int8_t *)from)[i]
             : type == TENSOR_I16 ? ((const int16_t *)from)[i]
                                  : ((const uint16_t *)from)[i];
}

static void widen_floats(TensorNarrow type, float *out, const uint16_t *from,
                         int64_t count) {
  for (int64_t i = 0; i < count; i++)
    out[i] = type == TENSOR_F16 ? float_of_half(from[i])
                                : float_of_bits((uint32_t)from[i] << 16);
}

void tensor_widen(TensorNarrow type, void *out, const void *from,
                  int64_t count) {
  if (type == TENSOR_F16 || type == TENSOR_BF16)
    widen_floats(type, out, from, count);
  else if (type == TENSOR_U32)
    for (int64_t i = 0; i < count; i++)
      ((int64_t *)out)[i] = ((const uint32_t *)from)[i];
  else
    widen_integers(type, out, from, count);
}
