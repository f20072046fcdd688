/*
** zip_support.h - zip archives put together by hand, right and wrong ones.
*/
#ifndef TEST_ZIP_SUPPORT_H
#define TEST_ZIP_SUPPORT_H

#include <zlib.h>

#include "tests/tensor/files_support.h"

/* A member of a test's archive, with what may be wrong with it. What is 0
** is as it should be. */
typedef struct Part {
  const char *name;
  const char *local_name; /* another one before the bytes */
  int method;
  int flags;
  int disk;
  bool zip64_local;     /* sizes as NumPy writes them */
  bool zip64_entry;     /* sizes in the extra field of the list */
  bool zip64_lacks;     /* ... which is not there */
  bool descriptor;      /* sizes follow the bytes */
  int64_t more_bytes;   /* added to the size in the list */
  int64_t more_packed;  /* added to the packed size in the list */
  int64_t more_at;      /* added to the place in the list */
  uint32_t crc_change;  /* what its bits change in the checksum */
  int cut;              /* bytes of the packed data that are left out */
  int extra;            /* bytes after the packed data, counted as its own */
  const char *contents; /* instead of an array */
} Part;

typedef struct Archive {
  unsigned char bytes[1 << 16], list[1 << 16];
  size_t size, listed;
  int count;
} Archive;

static inline void put(unsigned char *to, size_t *size, uint64_t value,
                       int bytes) {
  for (int i = 0; i < bytes; i++)
    to[(*size)++] = (unsigned char)(value >> (8 * i));
}

static inline void put_text(unsigned char *to, size_t *size, const void *text,
                            size_t length) {
  memcpy(to + *size, text, length);
  *size += length;
}

/* An npy file of 200 times the byte 7. */
static inline size_t array_bytes(unsigned char *to) {
  static const char text[] =
      "{'descr': '|u1', 'fortran_order': False, 'shape': (200,), }\n";
  size_t size = 0;
  put_text(to, &size, "\x93NUMPY\1\0", 8);
  put(to, &size, sizeof text - 1, 2);
  put_text(to, &size, text, sizeof text - 1);
  memset(to + size, 7, 200);
  return size + 200;
}

static inline size_t pack(const unsigned char *from, size_t size,
                          unsigned char *to, size_t room) {
  z_stream z = {0};
  deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  z.next_in = (z_const Bytef *)from;
  z.avail_in = (uInt)size;
  z.next_out = to;
  z.avail_out = (uInt)room;
  cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
  deflateEnd(&z);
  return z.total_out;
}

/* What comes before, in and after a part's bytes, and its row of the list. */
typedef struct Sizes {
  uint64_t crc, bytes, packed;
} Sizes;

static inline void add_local(Archive *a, const Part *p, const Sizes *s) {
  unsigned char *to = a->bytes;
  size_t *size = &a->size;
  const char *name = p->local_name ? p->local_name : p->name;
  put(to, size, 0x04034B50, 4);
  put(to, size, p->zip64_local ? 45 : 20, 2);
  put(to, size, (uint64_t)p->flags, 2);
  put(to, size, (uint64_t)p->method, 2);
  put(to, size, 0, 4);
  put(to, size, p->descriptor ? 0 : s->crc, 4);
  put(to, size, p->zip64_local ? UINT32_MAX : s->packed, 4);
  put(to, size, p->zip64_local ? UINT32_MAX : s->bytes, 4);
  put(to, size, strlen(name), 2);
  put(to, size, p->zip64_local ? 20 : 0, 2);
  put_text(to, size, name, strlen(name));
  if (!p->zip64_local) return;
  put(to, size, 1 | 16 << 16, 4);
  put(to, size, s->bytes, 8);
  put(to, size, s->packed, 8);
}

static inline void add_descriptor(Archive *a, const Sizes *s) {
  put(a->bytes, &a->size, 0x08074B50, 4);
  put(a->bytes, &a->size, s->crc, 4);
  put(a->bytes, &a->size, s->packed, 4);
  put(a->bytes, &a->size, s->bytes, 4);
}

static inline void add_row(Archive *a, const Part *p, const Sizes *s,
                           uint64_t at) {
  unsigned char *to = a->list;
  size_t *size = &a->listed;
  bool large = p->zip64_entry;
  /* a field of another kind comes before the one with the sizes */
  int extra = p->zip64_lacks ? 6 : large ? 6 + 28 : 0;
  put(to, size, 0x02014B50, 4);
  put(to, size, 20 | 20 << 16, 4);
  put(to, size, (uint64_t)p->flags, 2);
  put(to, size, (uint64_t)p->method, 2);
  put(to, size, 0, 4);
  put(to, size, s->crc, 4);
  put(to, size, large ? UINT32_MAX : s->packed, 4);
  put(to, size, large ? UINT32_MAX : s->bytes, 4);
  put(to, size, strlen(p->name), 2);
  put(to, size, (uint64_t)extra, 2);
  put(to, size, 0, 2);
  put(to, size, (uint64_t)p->disk, 2);
  put(to, size, 0, 6);
  put(to, size, large ? UINT32_MAX : at, 4);
  put_text(to, size, p->name, strlen(p->name));
  if (extra > 0) put(to, size, 0x7075 | 2 << 16, 6);
  if (extra <= 6) return;
  put(to, size, 1 | 24 << 16, 4);
  put(to, size, s->bytes, 8);
  put(to, size, s->packed, 8);
  put(to, size, at, 8);
}

static inline void add_part(Archive *a, const Part *p) {
  unsigned char plain[1000], packed[1000];
  size_t bytes = array_bytes(plain);
  uint64_t at = a->size + (uint64_t)p->more_at;
  if (p->contents != NULL) {
    bytes = strlen(p->contents);
    memcpy(plain, p->contents, bytes);
  }
  size_t size = bytes;
  memcpy(packed, plain, size);
  if (p->method == 8) size = pack(plain, bytes, packed, sizeof packed);
  memset(packed + size, 0, 100);
  size += (size_t)(p->extra - p->cut);
  uint32_t crc = (uint32_t)crc32(0, plain, (uInt)bytes) ^ p->crc_change;
  Sizes sizes = {.crc = crc, .bytes = bytes, .packed = size};
  add_local(a, p, &sizes);
  put_text(a->bytes, &a->size, packed, size);
  if (p->descriptor) add_descriptor(a, &sizes);
  sizes.bytes += (uint64_t)p->more_bytes;
  sizes.packed += (uint64_t)p->more_packed;
  add_row(a, p, &sizes, at);
  a->count++;
}

/* Writes the archive's end and the file; a comment may follow. */
static inline const char *finish(Archive *a, const char *comment) {
  const char *path = test_path("a.npz");
  size_t at = a->size;
  put_text(a->bytes, &a->size, a->list, a->listed);
  put(a->bytes, &a->size, 0x06054B50, 4);
  put(a->bytes, &a->size, 0, 4);
  put(a->bytes, &a->size, (uint64_t)a->count, 2);
  put(a->bytes, &a->size, (uint64_t)a->count, 2);
  put(a->bytes, &a->size, a->listed, 4);
  put(a->bytes, &a->size, at, 4);
  put(a->bytes, &a->size, strlen(comment), 2);
  put_text(a->bytes, &a->size, comment, strlen(comment));
  test_write(path, a->bytes, a->size);
  return path;
}

static inline const char *archive_of(int count, const Part *parts) {
  static Archive a;
  a.size = a.listed = 0;
  a.count = 0;
  for (int i = 0; i < count; i++) add_part(&a, &parts[i]);
  return finish(&a, "");
}

#endif
