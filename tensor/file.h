/*
** file.h - what the readers and writers of this folder share: opening and
** reading with messages that begin with the path, and byte order.
*/
#ifndef TENSOR_FILE_H
#define TENSOR_FILE_H

#include "tensor/tensor.h"

/* Leaves "path: what errno says"; returns TENSOR_FAIL. */
int tensor_path_fail(const char *path);

/* Opens a regular file for reading; *fd is -1 on failure. */
int tensor_input_open(const char *path, int *fd, int64_t *size);
/* Reads exactly `bytes` bytes, or fails; polls for an interrupt. */
int tensor_input_read(const char *path, int fd, void *data, int64_t bytes);

/* How many elements a header's sizes make, and how many bytes at `size`
** bytes each. Fails where any of it overflows, even beside a size of 0. */
int tensor_input_count(const char *path, int ndim, const int64_t *shape,
                       size_t size, int64_t *count, int64_t *bytes);

/* Turns `count` items of `size` (1, 2, 4, 8) bytes round, in place. */
void tensor_swap_bytes(void *data, int64_t count, size_t size);

/* Whether this machine stores the low byte first. */
#define TENSOR_LITTLE_ENDIAN (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

#endif
