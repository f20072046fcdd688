/*
** file_gzip.c - reading files that may be gzipped, and writing through
** deflate: see file_gzip.h.
*/
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "tensor/file.h"
#include "tensor/file_gzip.h"
#include "tensor/kernel.h"

#define BUFFER (1 << 16)
/* Bytes between two looks at the interrupt flag. */
#define CHUNK (4 << 20)

/* {== reading ========================================================== */

int tensor_gzip_open(TensorGzip *g, const char *path) {
  int fd;
  *g = (TensorGzip){.path = path};
  int status = tensor_input_open(path, &fd, &g->size);
  if (status != TENSOR_OK) return status;
  g->file = gzdopen(fd, "rb");
  if (g->file == NULL) {
    close(fd);
    return tensor_no_memory(BUFFER);
  }
  gzbuffer(g->file, BUFFER);
  return TENSOR_OK;
}

void tensor_gzip_close(TensorGzip *g) {
  if (g->file != NULL) gzclose_r(g->file);
  g->file = NULL;
}

int tensor_gzip_read(TensorGzip *g, void *to, int64_t bytes, int64_t *got) {
  *got = 0;
  while (*got < bytes) {
    int64_t piece = tensor_min64(bytes - *got, CHUNK);
    int n = gzread(g->file, (char *)to + *got, (unsigned)piece);
    int code = Z_OK;
    const char *text = gzerror(g->file, &code);
    if (code == Z_ERRNO) return tensor_path_fail(g->path);
    if (code == Z_BUF_ERROR)
      return tensor_fail("%s: too short: the gzip data is cut off", g->path);
    if (n < 0 || code != Z_OK)
      return tensor_fail("%s: damaged gzip data: %s", g->path, text);
    if (n == 0) return TENSOR_OK;
    *got += n;
    int status = tensor_poll();
    if (status != TENSOR_OK) return status;
  }
  return TENSOR_OK;
}

/* }== writing ========================================================== */

TensorPacking tensor_packing_of(const char *path) {
  size_t length = strlen(path);
  bool zipped = length > 3 && strcasecmp(path + length - 3, ".gz") == 0;
  return zipped ? TENSOR_GZIP : TENSOR_PLAIN;
}

int tensor_pack_begin(TensorPacker *p, TensorOutput *output,
                      TensorPacking packing) {
  memset(p, 0, sizeof *p);
  p->output = output;
  p->packing = packing;
  if (packing == TENSOR_PLAIN) return TENSOR_OK;
  /* 15: the largest window; 16 more: a gzip header; negative: none */
  int window = packing == TENSOR_GZIP ? 15 + 16 : -15;
  if (deflateInit2(&p->zip, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window, 8,
                   Z_DEFAULT_STRATEGY) == Z_OK)
    return TENSOR_OK;
  p->packing = TENSOR_PLAIN; /* nothing to give back */
  return tensor_no_memory(1 << 18);
}

/* Packs what is in the stream's input; `flush` as for deflate. */
static int write_packed(TensorPacker *p, int flush) {
  unsigned char packed[BUFFER];
  do {
    p->zip.next_out = packed;
    p->zip.avail_out = BUFFER;
    deflate(&p->zip, flush);
    int status =
        tensor_output_write(p->output, packed, BUFFER - p->zip.avail_out);
    if (status != TENSOR_OK) return status;
  } while (p->zip.avail_out == 0);
  return TENSOR_OK;
}

int tensor_pack(TensorPacker *p, const void *data, int64_t bytes) {
  const char *from = data;
  if (p->packing == TENSOR_PLAIN)
    return tensor_output_write(p->output, data, (size_t)bytes);
  while (bytes > 0) {
    int64_t piece = tensor_min64(bytes, CHUNK);
    p->zip.next_in = (z_const Bytef *)from;
    p->zip.avail_in = (uInt)piece;
    int status = write_packed(p, Z_NO_FLUSH);
    if (status == TENSOR_OK) status = tensor_poll();
    if (status != TENSOR_OK) return status;
    from += piece;
    bytes -= piece;
  }
  return TENSOR_OK;
}

int tensor_pack_end(TensorPacker *p, int status) {
  if (p->packing == TENSOR_PLAIN) return status;
  if (status == TENSOR_OK) status = write_packed(p, Z_FINISH);
  deflateEnd(&p->zip);
  p->packing = TENSOR_PLAIN;
  return status;
}

/* }===================================================================== */
