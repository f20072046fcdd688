/*
** file_idx.c - IDX files (the form of the MNIST data), gzipped or not.
**
** Two zero bytes, a type, the number of dims, each size as a big-endian
** 32-bit number, then the elements, big-endian, last dim fastest. A file
** must hold exactly what its header says, and memory for the elements is
** asked for only as fast as they turn up.
*/
#include <stdlib.h>
#include <string.h>

#include "tensor/file.h"
#include "tensor/file_gzip.h"
#include "tensor/file_narrow.h"
#include "tensor/kernel.h"

typedef struct IdxType {
  unsigned char code;
  size_t size; /* of an element in the file */
  TensorDType dtype;
  TensorNarrow narrow; /* how it becomes dtype; only TENSOR_SAME is written */
} IdxType;

static const IdxType idx_types[] = {{0x08, 1, TENSOR_UINT8, TENSOR_SAME},
                                    {0x09, 1, TENSOR_INT32, TENSOR_I8},
                                    {0x0B, 2, TENSOR_INT32, TENSOR_I16},
                                    {0x0C, 4, TENSOR_INT32, TENSOR_SAME},
                                    {0x0D, 4, TENSOR_FLOAT32, TENSOR_SAME},
                                    {0x0E, 8, TENSOR_FLOAT64, TENSOR_SAME}};

#define IDX_TYPES      ((int)(sizeof idx_types / sizeof idx_types[0]))
#define IDX_HEADER_MAX (4 + 4 * TENSOR_MAX_DIMS)
/* Elements of a gzipped file are read in pieces that grow from this. */
#define FIRST_PIECE (1 << 20)
#define BUFFER      (1 << 16)

/* {== reading ========================================================== */

typedef struct IdxReader {
  const char *path;
  TensorGzip input;
  const IdxType *type;
  int ndim;
  int64_t shape[TENSOR_MAX_DIMS];
  int64_t header, bytes; /* sizes of the two parts */
  char *data;            /* the elements as they are in the file */
} IdxReader;

/* Less than `bytes` bytes is a failure of the header. */
static int read_header_part(IdxReader *r, void *to, int64_t bytes) {
  int64_t got;
  int status = tensor_gzip_read(&r->input, to, bytes, &got);
  if (status != TENSOR_OK || got == bytes) return status;
  return tensor_fail("%s: too short for the header of an IDX file", r->path);
}

static int too_short(const IdxReader *r, int64_t have) {
  return tensor_fail("%s: too short: header says %lld bytes, %s %lld", r->path,
                     (long long)(r->header + r->bytes),
                     gzdirect(r->input.file) ? "file has" : "unpacked file has",
                     (long long)have);
}

static int too_long(const IdxReader *r) {
  return tensor_fail("%s: bytes are left over: header says %lld bytes, the "
                     "file has more",
                     r->path, (long long)(r->header + r->bytes));
}

static int read_header(IdxReader *r) {
  unsigned char magic[4], sizes[4 * TENSOR_MAX_DIMS];
  int status = read_header_part(r, magic, 4);
  if (status != TENSOR_OK) return status;
  for (int i = 0; i < IDX_TYPES; i++)
    if (magic[2] == idx_types[i].code) r->type = &idx_types[i];
  if (magic[0] != 0 || magic[1] != 0 || r->type == NULL)
    return tensor_fail("%s: not an IDX file (it begins with %02x %02x %02x "
                       "%02x)",
                       r->path, magic[0], magic[1], magic[2], magic[3]);
  r->ndim = magic[3];
  if (r->ndim > TENSOR_MAX_DIMS)
    return tensor_fail("%s: has %d dims, a tensor has at most %d", r->path,
                       r->ndim, TENSOR_MAX_DIMS);
  status = read_header_part(r, sizes, 4 * r->ndim);
  if (status != TENSOR_OK) return status;
  for (int d = 0; d < r->ndim; d++) {
    const unsigned char *s = sizes + 4 * d;
    r->shape[d] = (int64_t)s[0] << 24 | s[1] << 16 | s[2] << 8 | s[3];
  }
  r->header = 4 + 4 * r->ndim;
  int64_t count;
  return tensor_input_count(r->path, r->ndim, r->shape, r->type->size, &count,
                            &r->bytes);
}

/* Makes r->data hold `bytes` bytes. */
static int grow(IdxReader *r, int64_t bytes) {
  char *data = realloc(r->data, (size_t)tensor_max64(bytes, 1));
  if (data == NULL) return tensor_no_memory(bytes);
  r->data = data;
  return TENSOR_OK;
}

/* A plain file's size is known; a gzipped one may promise anything. */
static int read_elements(IdxReader *r) {
  int64_t have = 0, room = tensor_min64(r->bytes, FIRST_PIECE), got;
  if (gzdirect(r->input.file)) {
    if (r->input.size - r->header < r->bytes)
      return too_short(r, r->input.size);
    if (r->input.size - r->header > r->bytes) return too_long(r);
    room = r->bytes;
  }
  for (;;) {
    int status = grow(r, room);
    if (status != TENSOR_OK) return status;
    status = tensor_gzip_read(&r->input, r->data + have, room - have, &got);
    if (status != TENSOR_OK) return status;
    have += got;
    if (have < room) return too_short(r, r->header + have);
    if (have == r->bytes) break;
    room = r->bytes - room < room ? r->bytes : 2 * room;
  }
  char extra;
  int status = tensor_gzip_read(&r->input, &extra, 1, &got);
  if (status != TENSOR_OK) return status;
  return got == 0 ? TENSOR_OK : too_long(r);
}

static int make_tensor(Tensor *out, IdxReader *r) {
  int status = tensor_new(out, r->type->dtype, r->ndim, r->shape);
  if (status != TENSOR_OK) return status;
  int64_t count = tensor_numel(out);
  if (TENSOR_LITTLE_ENDIAN) tensor_swap_bytes(r->data, count, r->type->size);
  if (r->type->narrow == TENSOR_SAME)
    memcpy(out->data, r->data, (size_t)r->bytes);
  else
    status = tensor_widen(r->type->narrow, out->data, r->data, count);
  return status;
}

int tensor_load_idx(Tensor *out, const char *path) {
  IdxReader r = {.path = path};
  int status = tensor_gzip_open(&r.input, path);
  if (status != TENSOR_OK) return status;
  status = read_header(&r);
  if (status == TENSOR_OK) status = read_elements(&r);
  tensor_gzip_close(&r.input);
  if (status == TENSOR_OK) status = make_tensor(out, &r);
  free(r.data);
  return status;
}

/* }== writing ========================================================== */

static int write_header(TensorPacker *p, const Tensor *x, unsigned char code) {
  unsigned char header[IDX_HEADER_MAX] = {0, 0, code, (unsigned char)x->ndim};
  for (int d = 0; d < x->ndim; d++)
    for (int i = 0; i < 4; i++)
      header[4 + 4 * d + i] = (unsigned char)(x->shape[d] >> (24 - 8 * i));
  return tensor_pack(p, header, 4 + 4 * x->ndim);
}

/* The elements of a contiguous tensor, turned to big-endian in pieces. */
static int write_elements(TensorPacker *p, const Tensor *x, size_t size) {
  char piece[BUFFER];
  int64_t left = tensor_bytes(x);
  const char *from = x->data;
  int status = TENSOR_OK;
  while (left > 0 && status == TENSOR_OK) {
    size_t bytes = (size_t)tensor_min64(left, BUFFER);
    memcpy(piece, from, bytes);
    if (TENSOR_LITTLE_ENDIAN)
      tensor_swap_bytes(piece, (int64_t)(bytes / size), size);
    status = tensor_pack(p, piece, (int64_t)bytes);
    from += bytes;
    left -= (int64_t)bytes;
  }
  return status;
}

static int write_all(TensorOutput *output, const char *path, const Tensor *x,
                     const IdxType *type) {
  TensorPacker p;
  int status = tensor_pack_begin(&p, output, tensor_packing_of(path));
  if (status == TENSOR_OK) status = write_header(&p, x, type->code);
  if (status == TENSOR_OK) status = write_elements(&p, x, type->size);
  return tensor_pack_end(&p, status);
}

/* The row of the table that stores x, or NULL with the message left. */
static const IdxType *type_for(const Tensor *x, const char *path) {
  for (int d = 0; d < x->ndim; d++)
    if (x->shape[d] > UINT32_MAX) {
      tensor_fail("%s: dim %d is too large for an IDX file", path, d + 1);
      return NULL;
    }
  for (int i = 0; i < IDX_TYPES; i++)
    if (idx_types[i].dtype == x->dtype && idx_types[i].narrow == TENSOR_SAME)
      return &idx_types[i];
  tensor_fail("%s: IDX files hold uint8, int32, float32 or float64; convert "
              "this %s tensor first",
              path, tensor_dtype_name(x->dtype));
  return NULL;
}

int tensor_save_idx(const Tensor *x, const char *path) {
  const IdxType *type = type_for(x, path);
  if (type == NULL) return TENSOR_FAIL;
  Tensor plain = {0};
  int status = tensor_as(&plain, x, x->dtype);
  if (status != TENSOR_OK) return status;
  TensorOutput *output = tensor_output_open(path);
  if (output == NULL) {
    tensor_release(&plain);
    return TENSOR_FAIL;
  }
  status = write_all(output, path, &plain, type);
  tensor_release(&plain);
  if (status == TENSOR_OK) return tensor_output_commit(output);
  tensor_output_cancel(output);
  return status;
}

/* }===================================================================== */
