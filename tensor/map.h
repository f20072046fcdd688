/*
** map.h - elementwise operations: one kernel each and dtype, one engine that
** walks any strides, converts dtypes on the way and splits over threads.
*/
#ifndef TENSOR_MAP_H
#define TENSOR_MAP_H

#include "tensor/tensor.h"

#define TENSOR_MAP_MAX_INPUTS 3

/* out[i] = f(in[0][i], ...) for i in 0..n-1, all contiguous. */
typedef void (*TensorMapKernel)(int64_t n, void *out, const void *const *in);

typedef enum TensorMapGroup {
  TENSOR_ARITHMETIC,
  TENSOR_NUMBER,
  TENSOR_POWER,
  TENSOR_FLOAT,
  TENSOR_COMPARE,
  TENSOR_LOGIC
} TensorMapGroup;

typedef struct TensorMap {
  const char *name;
  TensorMapGroup group;
  int inputs;
  bool lanes; /* n must be a multiple of TENSOR_LANES */
  TensorMapKernel kernels[TENSOR_DTYPE_COUNT]; /* by dtype of computation */
} TensorMap;

typedef enum TensorMapId {
#define UNARY(name, ...)  TENSOR_MAP_##name,
#define BINARY(name, ...) TENSOR_MAP_##name,
#include "tensor/elementwise.def"
#undef UNARY
#undef BINARY
  TENSOR_MAP_COUNT
} TensorMapId;

extern const TensorMap tensor_maps[TENSOR_MAP_COUNT];

/* The dtype of the result of a computation in `compute`. */
TensorDType tensor_map_result(const TensorMap *map, TensorDType compute);

/* out = map(in...), computed in `compute`: inputs broadcast to out's shape
** and are converted; the result is converted to out's dtype. out may be one
** of the inputs. */
int tensor_map(const TensorMap *map, TensorDType compute, Tensor *out,
               const Tensor *const *in);

/* out = condition ? a : b, condition any dtype (not 0), in out's dtype. */
int tensor_where(Tensor *out, const Tensor *condition, const Tensor *a,
                 const Tensor *b);

/* out = x, broadcast and converted (tensor_copy has faster ways as well). */
int tensor_map_copy(Tensor *out, const Tensor *x);

/* Conversion of n elements, `from` elements apart (source) and `to` apart
** (destination). Floats become integers by truncation, clipped to the range,
** NaN 0; anything not 0 is true. */
void tensor_convert(int64_t n, TensorDType to_dtype, void *to,
                    int64_t to_stride, TensorDType from_dtype, const void *from,
                    int64_t from_stride);

#endif
