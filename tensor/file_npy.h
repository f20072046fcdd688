/*
** file_npy.h - one array in NumPy's npy form, wherever its bytes come from:
** a file of its own or a member of an npz file.
*/
#ifndef TENSOR_FILE_NPY_H
#define TENSOR_FILE_NPY_H

#include "tensor/file_narrow.h"

/* The bytes of an array, header and all. */
typedef struct NpySource {
  const char *name; /* begins the messages: a path, or a path and a member */
  int64_t size;     /* how many bytes there are */
  /* Reads exactly `bytes` bytes, or fails with a whole message. */
  int (*read)(void *context, void *to, int64_t bytes);
  void *context;
} NpySource;

/* The array is `size` bytes long to the last one, or it fails. An array in
** Fortran's order comes as a transposed view. */
int tensor_npy_read(Tensor *out, const NpySource *source);

/* An element type of the files. */
typedef struct NpyType {
  char kind;
  int size; /* in bytes, of both halves of a complex number */
  TensorDType dtype;
  TensorNarrow narrow; /* how it becomes dtype; only TENSOR_SAME is written */
  bool complex;        /* two elements: a last dim of 2 */
} NpyType;

/* What the text of a header says. */
typedef struct NpyHeader {
  const NpyType *type;
  bool big_endian;
  bool fortran_order;
  int ndim;
  int64_t shape[TENSOR_MAX_DIMS];
} NpyHeader;

/* Reads the text: a dict of Python with exactly the three keys. */
int tensor_npy_parse(NpyHeader *header, const char *name, const char *text,
                     int64_t length);

/* What numpy.save writes before x's elements (which follow low byte first,
** in row-major order); returns how many bytes. */
#define NPY_HEADER_ROOM 512
int tensor_npy_header(const Tensor *x, char text[NPY_HEADER_ROOM]);

#endif
