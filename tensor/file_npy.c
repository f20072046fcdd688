/*
** file_npy.c - NumPy's npy files: a magic string, a version, the length of
** a header, the header as text (see file_npy_header.c), the elements.
*/
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tensor/file.h"
#include "tensor/file_npy.h"
#include "tensor/kernel.h"

/* Longer headers are those of structured types, or an attack. */
#define HEADER_MOST 65536

/* {== reading ========================================================== */

/* Reads magic, version and length: *begin is where the text begins. */
static int read_prefix(const NpySource *s, int64_t *begin, int64_t *length) {
  static const unsigned char magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
  unsigned char bytes[12];
  *begin = *length = 0;
  if (s->size < 10)
    return tensor_fail("%s: too short for an npy file: %lld bytes", s->name,
                       (long long)s->size);
  int status = s->read(s->context, bytes, 8);
  if (status != TENSOR_OK) return status;
  if (memcmp(bytes, magic, sizeof magic) != 0)
    return tensor_fail("%s: not an npy file (it begins with %02x %02x %02x "
                       "%02x)",
                       s->name, bytes[0], bytes[1], bytes[2], bytes[3]);
  int version = bytes[6];
  if (version < 1 || version > 3 || bytes[7] != 0)
    return tensor_fail("%s: npy version %d.%d is not known (1.0, 2.0 and 3.0 "
                       "are)",
                       s->name, version, bytes[7]);
  int count = version == 1 ? 2 : 4;
  if (s->size < 8 + count)
    return tensor_fail("%s: too short for an npy file: %lld bytes", s->name,
                       (long long)s->size);
  status = s->read(s->context, bytes + 8, count);
  *begin = 8 + count;
  for (int i = count - 1; i >= 0; i--) *length = *length << 8 | bytes[8 + i];
  return status;
}

static int read_header(const NpySource *s, NpyHeader *h, int64_t *begin) {
  int64_t length;
  int status = read_prefix(s, begin, &length);
  if (status != TENSOR_OK) return status;
  if (length > HEADER_MOST)
    return tensor_fail("%s: a header of %lld bytes is longer than any array's",
                       s->name, (long long)length);
  if (length > s->size - *begin)
    return tensor_fail("%s: too short: its header is %lld bytes long, %lld "
                       "are there",
                       s->name, (long long)length,
                       (long long)(s->size - *begin));
  char *text = malloc((size_t)length + 1);
  if (text == NULL) return tensor_no_memory(length);
  status = s->read(s->context, text, length);
  if (status == TENSOR_OK) status = tensor_npy_parse(h, s->name, text, length);
  free(text);
  *begin += length;
  return status;
}

/* The size of the elements must be what is left after the header. */
static int check_size(const NpySource *s, const NpyHeader *h, int64_t begin) {
  int64_t count, bytes;
  char text[TENSOR_SHAPE_TEXT];
  int status = tensor_input_count(s->name, h->ndim, h->shape,
                                  (size_t)h->type->size, &count, &bytes);
  if (status != TENSOR_OK || bytes == s->size - begin) return status;
  tensor_shape_text(h->ndim, h->shape, text);
  if (bytes > s->size - begin)
    return tensor_fail("%s: too short: the shape %s takes %lld bytes after "
                       "the header, %lld are there",
                       s->name, text, (long long)bytes,
                       (long long)(s->size - begin));
  return tensor_fail("%s: bytes are left over: the shape %s takes %lld bytes "
                     "after the header, %lld are there",
                     s->name, text, (long long)bytes,
                     (long long)(s->size - begin));
}

/* The tensor as it lies in the file: dims in the order of the bytes. */
static int new_tensor(Tensor *t, const NpyHeader *h) {
  int64_t shape[TENSOR_MAX_DIMS];
  int ndim = h->ndim;
  for (int d = 0; d < ndim; d++)
    shape[d] = h->shape[h->fortran_order ? ndim - 1 - d : d];
  if (h->type->complex) shape[ndim++] = 2;
  return tensor_new(t, h->type->dtype, ndim, shape);
}

/* Turns Fortran's order of dims round; the halves of complex numbers stay
** the last dim. */
static void reverse_dims(Tensor *out, Tensor *t, const NpyHeader *h) {
  int order[TENSOR_MAX_DIMS];
  for (int d = 0; d < t->ndim; d++)
    order[d] = d < h->ndim ? h->ndim - 1 - d : d;
  tensor_permute(out, t, order);
  tensor_release(t);
}

int tensor_npy_read(Tensor *out, const NpySource *s) {
  NpyHeader h;
  Tensor t = {0};
  int64_t begin;
  int status = read_header(s, &h, &begin);
  if (status == TENSOR_OK) status = check_size(s, &h, begin);
  if (status == TENSOR_OK) status = new_tensor(&t, &h);
  if (status != TENSOR_OK) return status;
  TensorElements elements = {
      .size = (size_t)(h.type->complex ? h.type->size / 2 : h.type->size),
      .narrow = h.type->narrow,
      .swap = h.big_endian == TENSOR_LITTLE_ENDIAN,
      .read = s->read,
      .context = s->context,
      .what = s->name};
  status = tensor_read_elements(&t, &elements);
  if (status != TENSOR_OK)
    tensor_release(&t);
  else if (h.fortran_order)
    reverse_dims(out, &t, &h);
  else
    *out = t;
  return status;
}

typedef struct NpyFile {
  const char *path;
  int fd;
} NpyFile;

static int read_file(void *context, void *to, int64_t bytes) {
  const NpyFile *file = context;
  return tensor_input_read(file->path, file->fd, to, bytes);
}

int tensor_load_npy(Tensor *out, const char *path) {
  NpyFile file = {.path = path};
  NpySource source = {.name = path, .read = read_file, .context = &file};
  int status = tensor_input_open(path, &file.fd, &source.size);
  if (status != TENSOR_OK) return status;
  status = tensor_npy_read(out, &source);
  close(file.fd);
  return status;
}

/* }== writing ========================================================== */

static int write_array(TensorOutput *o, const Tensor *plain) {
  char header[NPY_HEADER_ROOM];
  int length = tensor_npy_header(plain, header);
  int status = tensor_output_write(o, header, (size_t)length);
  if (status != TENSOR_OK) return status;
  return tensor_output_write(o, plain->data, (size_t)tensor_bytes(plain));
}

int tensor_save_npy(const Tensor *x, const char *path) {
  Tensor plain = {0};
  int status = tensor_low_byte_first(&plain, x);
  if (status != TENSOR_OK) return status;
  TensorOutput *o = tensor_output_open(path);
  status = o == NULL ? TENSOR_FAIL : write_array(o, &plain);
  tensor_release(&plain);
  if (status == TENSOR_OK) return tensor_output_commit(o);
  tensor_output_cancel(o);
  return status;
}

/* }===================================================================== */
