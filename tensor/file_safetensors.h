/*
** file_safetensors.h - what the reader and the writer of safetensors files
** share.
*/
#ifndef TENSOR_FILE_SAFETENSORS_H
#define TENSOR_FILE_SAFETENSORS_H

#include "tensor/file_narrow.h"

#define TENSOR_FILE_HEADER_MOST ((int64_t)100000000)
#define TENSOR_FILE_METADATA    "__metadata__"

/* The format's dtypes that have a place here, in the format's order; the
** writer lays them out from the last to the first. */
typedef struct TensorFileType {
  const char *name;
  size_t size;
  TensorDType dtype;
  TensorNarrow narrow; /* how it becomes dtype; only TENSOR_SAME is written */
} TensorFileType;

#define TENSOR_FILE_TYPES 13
extern const TensorFileType tensor_file_types[TENSOR_FILE_TYPES];

#endif
