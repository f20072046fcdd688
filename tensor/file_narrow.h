/*
** file_narrow.h - elements as files hold them: types that tensors do not
** have, each with the wider type it becomes, and byte order.
*/
#ifndef TENSOR_FILE_NARROW_H
#define TENSOR_FILE_NARROW_H

#include "tensor/tensor.h"

typedef enum TensorNarrow {
  TENSOR_SAME, /* not narrow at all */
  TENSOR_I8,   /* int32 */
  TENSOR_I16,  /* int32 */
  TENSOR_U16,  /* int32 */
  TENSOR_U32,  /* int64 */
  TENSOR_U64,  /* int64, where it fits */
  TENSOR_F16,  /* float32 */
  TENSOR_BF16  /* float32 */
} TensorNarrow;

/* out[i] = from[i] as the wider type, which loses nothing. Both aligned, in
** the byte order of this machine. Fails (with no path in its message) where
** a TENSOR_U64 is beyond int64. */
int tensor_widen(TensorNarrow type, void *out, const void *from, int64_t count);

/* Where a tensor's elements come from, and how they lie there. */
typedef struct TensorElements {
  size_t size; /* of an element in the file */
  TensorNarrow narrow;
  bool swap; /* not in the byte order of this machine */
  /* Reads exactly `bytes` bytes, or fails with a whole message. */
  int (*read)(void *context, void *to, int64_t bytes);
  void *context;
  const char *what; /* begins the messages of elements that are wrong */
} TensorElements;

/* Fills t, which is contiguous, and of the dtype that `narrow` becomes. */
int tensor_read_elements(Tensor *t, const TensorElements *from);

/* x's elements, contiguous, the low byte first: on most machines another
** reference to x or a copy of it. */
int tensor_low_byte_first(Tensor *out, const Tensor *x);

#endif
