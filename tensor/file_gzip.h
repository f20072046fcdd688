/*
** file_gzip.h - reading files that may be gzipped, and writing through
** deflate.
*/
#ifndef TENSOR_FILE_GZIP_H
#define TENSOR_FILE_GZIP_H

#include <zlib.h>

#include "tensor/tensor.h"

/* A file read as what it unpacks to; one that is not gzipped, as it is. */
typedef struct TensorGzip {
  const char *path;
  gzFile file;
  int64_t size; /* of the file as it lies on the disk */
} TensorGzip;

int tensor_gzip_open(TensorGzip *g, const char *path);
/* Reads up to `bytes` bytes; *got is how many there were. */
int tensor_gzip_read(TensorGzip *g, void *to, int64_t bytes, int64_t *got);
void tensor_gzip_close(TensorGzip *g);

typedef enum TensorPacking {
  TENSOR_PLAIN,  /* as it is */
  TENSOR_GZIP,   /* with a gzip header, without a time or a name in it */
  TENSOR_DEFLATE /* deflate and nothing around it */
} TensorPacking;

/* TENSOR_GZIP where the path ends in ".gz". */
TensorPacking tensor_packing_of(const char *path);

/* Bytes on their way into an output. */
typedef struct TensorPacker {
  TensorOutput *output;
  TensorPacking packing;
  z_stream zip;
} TensorPacker;

int tensor_pack_begin(TensorPacker *p, TensorOutput *output,
                      TensorPacking packing);
int tensor_pack(TensorPacker *p, const void *data, int64_t bytes);
/* Writes what is left, unless `status` is a failure already, and gives
** everything back; the output stays open. Returns the status. */
int tensor_pack_end(TensorPacker *p, int status);

#endif
