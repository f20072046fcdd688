/*
** input.c - reading files: opening what can be read, and nothing else, and
** reading it whole. Only regular files are taken, so that a reader knows
** the size before it believes a header, and a pipe never makes it wait.
*/
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tensor/file.h"
#include "tensor/kernel.h"

/* Bytes between two looks at the interrupt flag. */
#define READ_CHUNK (8 << 20)

int tensor_path_fail(const char *path) {
  return tensor_fail("%s: %s", path, strerror(errno));
}

int tensor_input_open(const char *path, int *fd, int64_t *size) {
  struct stat info;
  *size = 0;
  /* O_NONBLOCK: opening a pipe without a writer must not hang */
  *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (*fd < 0) return tensor_path_fail(path);
  int status = TENSOR_OK;
  if (fstat(*fd, &info) != 0)
    status = tensor_path_fail(path);
  else if (S_ISDIR(info.st_mode))
    status = tensor_fail("%s: is a folder, not a file", path);
  else if (!S_ISREG(info.st_mode))
    status = tensor_fail("%s: is not a regular file", path);
  else
    *size = info.st_size;
  if (status != TENSOR_OK) {
    close(*fd);
    *fd = -1;
  }
  return status;
}

int tensor_input_read(const char *path, int fd, void *data, int64_t bytes) {
  char *to = data;
  while (bytes > 0) {
    ssize_t got = read(fd, to, (size_t)tensor_min64(bytes, READ_CHUNK));
    if (got == 0) return tensor_fail("%s: ends too early", path);
    if (got < 0 && errno != EINTR) return tensor_path_fail(path);
    int status = tensor_poll();
    if (status != TENSOR_OK) return status;
    if (got < 0) continue;
    to += got;
    bytes -= got;
  }
  return TENSOR_OK;
}

int tensor_input_count(const char *path, int ndim, const int64_t *shape,
                       size_t size, int64_t *count, int64_t *bytes) {
  int64_t total = (int64_t)size;
  bool overflow = false, empty = false;
  for (int d = 0; d < ndim; d++) {
    int64_t length = tensor_max64(shape[d], 1);
    overflow = overflow || __builtin_mul_overflow(total, length, &total);
    empty = empty || shape[d] == 0;
  }
  if (overflow || total > INT64_MAX / 2) {
    char text[TENSOR_SHAPE_TEXT];
    return tensor_fail("%s: the shape %s has more elements than can be counted",
                       path, tensor_shape_text(ndim, shape, text));
  }
  *bytes = empty ? 0 : total;
  *count = *bytes / (int64_t)size;
  return TENSOR_OK;
}

void tensor_swap_bytes(void *data, int64_t count, size_t size) {
  if (size == 1) return;
  unsigned char *p = data;
  for (int64_t i = 0; i < count; i++, p += size)
    for (size_t low = 0, high = size - 1; low < high; low++, high--) {
      unsigned char byte = p[low];
      p[low] = p[high];
      p[high] = byte;
    }
}
