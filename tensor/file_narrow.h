/*
** file_narrow.h - element types that files have and tensors do not, and the
** wider type each one becomes.
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
  TENSOR_F16,  /* float32 */
  TENSOR_BF16  /* float32 */
} TensorNarrow;

/* out[i] = from[i] as the wider type, which loses nothing. Both aligned, in
** the byte order of this machine. */
void tensor_widen(TensorNarrow type, void *out, const void *from,
                  int64_t count);

#endif
