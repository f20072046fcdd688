/*
** file_zip.h - reading zip archives: the list of members, which stands at
** the end of the file, and what they unpack to.
*/
#ifndef TENSOR_FILE_ZIP_H
#define TENSOR_FILE_ZIP_H

#include <zlib.h>

#include "tensor/tensor.h"

#define ZIP_LOCAL      0x04034B50U /* begins each member */
#define ZIP_DESCRIPTOR 0x08074B50U /* sizes that follow a member */
#define ZIP_ENTRY      0x02014B50U /* a row of the list of members */
#define ZIP_END        0x06054B50U /* ends the file */
#define ZIP64_END      0x06064B50U /* the same for large ones, before it */
#define ZIP64_LOCATOR  0x07064B50U /* where that is */
#define ZIP64_EXTRA    1           /* marks 64-bit sizes beside an entry */

/* Sizes of the parts that do not vary. */
#define ZIP_LOCAL_SIZE     30
#define ZIP_ENTRY_SIZE     46
#define ZIP_END_SIZE       22
#define ZIP64_END_SIZE     56
#define ZIP64_LOCATOR_SIZE 20

#define ZIP_STORED   0
#define ZIP_DEFLATED 8

typedef struct ZipMember {
  char *name; /* as it is in the file; no path of ours */
  int method;
  uint32_t crc;
  int64_t packed, bytes; /* sizes in the file and unpacked */
  int64_t at;            /* where its local header begins */
  int64_t end;           /* where the next thing begins */
} ZipMember;

typedef struct ZipFile {
  const char *path;
  int fd;
  int64_t size;
  int64_t list_at, list_size, count;
  ZipMember *members; /* in the order of their bytes; none overlap */
} ZipFile;

/* Reads and checks the list. Sizes that no member of this file can unpack to
** are refused. */
int tensor_zip_open(ZipFile *zip, const char *path);
void tensor_zip_close(ZipFile *zip);

/* A member while it is read. */
typedef struct ZipStream {
  const ZipFile *zip;
  const ZipMember *member;
  int64_t left; /* packed bytes not read yet */
  uint32_t crc;
  z_stream inflate;
  unsigned char buffer[1 << 16];
} ZipStream;

int tensor_zip_begin(ZipStream *s, const ZipFile *zip, const ZipMember *m);
/* Reads exactly `bytes` unpacked bytes, or fails; `context` is the stream. */
int tensor_zip_read(void *context, void *to, int64_t bytes);
/* Unless `status` is a failure already: that all was read and that it has
** the right checksum. Gives everything back; returns the status. */
int tensor_zip_end(ZipStream *s, int status);

#endif
