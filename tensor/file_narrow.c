/*
** file_narrow.c - elements as files hold them become a tensor's, and back.
*/
#include <string.h>

#include "tensor/file.h"
#include "tensor/file_narrow.h"
#include "tensor/kernel.h"

/* Elements that are read, turned and looked at in one go. */
#define PIECE ((int64_t)1 << 20)

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

static int widen_uint64(int64_t *out, const uint64_t *from, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    if (from[i] > INT64_MAX)
      return tensor_fail("%llu is more than int64 holds",
                         (unsigned long long)from[i]);
    out[i] = (int64_t)from[i];
  }
  return TENSOR_OK;
}

int tensor_widen(TensorNarrow type, void *out, const void *from,
                 int64_t count) {
  if (type == TENSOR_U64) return widen_uint64(out, from, count);
  if (type == TENSOR_F16 || type == TENSOR_BF16)
    widen_floats(type, out, from, count);
  else if (type == TENSOR_U32)
    for (int64_t i = 0; i < count; i++)
      ((int64_t *)out)[i] = ((const uint32_t *)from)[i];
  else
    widen_integers(type, out, from, count);
  return TENSOR_OK;
}

/* C's bool has no third value. */
static int check_bools(const char *data, int64_t count, const char *what) {
  for (int64_t i = 0; i < count; i++)
    if ((unsigned char)data[i] > 1)
      return tensor_fail("%s: a bool must be 0 or 1, not %d", what,
                         (unsigned char)data[i]);
  return TENSOR_OK;
}

/* In pieces as well, so that an interrupt is seen between them. */
static int read_same(Tensor *t, const TensorElements *from) {
  int64_t count = tensor_numel(t), size = (int64_t)from->size;
  char *to = t->data;
  for (int64_t i = 0; i < count; i += PIECE) {
    int64_t n = tensor_min64(PIECE, count - i);
    int status = from->read(from->context, to, n * size);
    if (status != TENSOR_OK) return status;
    if (from->swap) tensor_swap_bytes(to, n, from->size);
    if (t->dtype == TENSOR_BOOL) status = check_bools(to, n, from->what);
    if (status != TENSOR_OK) return status;
    to += n * size;
  }
  return TENSOR_OK;
}

/* Elements of a type that is wider here are read in pieces. */
static int read_narrow(Tensor *t, const TensorElements *from) {
  uint64_t piece[4096];
  int64_t count = tensor_numel(t);
  int64_t most = (int64_t)(sizeof piece / from->size);
  char *to = t->data;
  for (int64_t i = 0; i < count; i += most) {
    int64_t n = tensor_min64(most, count - i);
    int status = from->read(from->context, piece, n * (int64_t)from->size);
    if (status != TENSOR_OK) return status;
    if (from->swap) tensor_swap_bytes(piece, n, from->size);
    status = tensor_widen(from->narrow, to, piece, n);
    if (status != TENSOR_OK) return tensor_fail_in(status, "%s: ", from->what);
    to += n * (int64_t)tensor_dtype_size(t->dtype);
  }
  return TENSOR_OK;
}

int tensor_read_elements(Tensor *t, const TensorElements *from) {
  return from->narrow == TENSOR_SAME ? read_same(t, from)
                                     : read_narrow(t, from);
}

int tensor_low_byte_first(Tensor *out, const Tensor *x) {
  if (TENSOR_LITTLE_ENDIAN) return tensor_as(out, x, x->dtype);
  int status = tensor_clone(out, x, x->dtype);
  if (status == TENSOR_OK)
    tensor_swap_bytes(out->data, tensor_numel(out),
                      tensor_dtype_size(x->dtype));
  return status;
}
