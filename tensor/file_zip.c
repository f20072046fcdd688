/*
** file_zip.c - reading zip archives: see file_zip.h.
**
** Only the list at the end of the file is believed: the local headers of
** many writers do not know the sizes yet. The list must end where the end
** record begins, members must not overlap (so that the same bytes cannot
** unpack many times), and no member may claim to be larger than its packed
** bytes can become. What a file can ask for is so bounded by its own size
** times RATIO_MOST.
*/
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tensor/file.h"
#include "tensor/file_zip.h"
#include "tensor/kernel.h"

#define COMMENT_MOST 65535
#define LIST_MOST    ((int64_t)100000000)
/* deflate packs at most 1032 to 1. */
#define RATIO_MOST 1032
/* Bytes between two looks at the interrupt flag. */
#define CHUNK (4 << 20)

#define FLAG_ENCRYPTED 0x0001
#define FLAG_STRONG    0x0040
#define FLAG_HIDDEN    0x2000

/* {== numbers, low byte first =========================================== */

static uint64_t number(const unsigned char *p, int bytes) {
  uint64_t n = 0;
  for (int i = bytes - 1; i >= 0; i--) n = n << 8 | p[i];
  return n;
}
static uint32_t number16(const unsigned char *p) {
  return (uint32_t)number(p, 2);
}
static uint32_t number32(const unsigned char *p) {
  return (uint32_t)number(p, 4);
}

static int read_at(const ZipFile *zip, int64_t at, void *to, int64_t bytes) {
  if (lseek(zip->fd, at, SEEK_SET) < 0) return tensor_path_fail(zip->path);
  return tensor_input_read(zip->path, zip->fd, to, bytes);
}

/* }== the end of the file =============================================== */

static int damaged(const ZipFile *zip, const char *what) {
  return tensor_fail("%s: damaged zip file: %s", zip->path, what);
}

/* Notes where the list is; `before` is where it must end. */
static int take_list(ZipFile *zip, uint64_t at, uint64_t size, uint64_t count,
                     int64_t before) {
  if (size > (uint64_t)before || at != (uint64_t)before - size)
    return damaged(zip, "its list of members is not where it should be");
  if (size > (uint64_t)LIST_MOST || count > size / ZIP_ENTRY_SIZE)
    return damaged(zip, "its list of members has a wrong size");
  zip->list_at = (int64_t)at;
  zip->list_size = (int64_t)size;
  zip->count = (int64_t)count;
  return TENSOR_OK;
}

/* The end record of large files, which the locator points at. */
static int read_end64(ZipFile *zip, const unsigned char *locator,
                      int64_t locator_at) {
  unsigned char end[ZIP64_END_SIZE];
  uint64_t at = number(locator + 8, 8);
  if (locator_at < ZIP64_END_SIZE ||
      at > (uint64_t)(locator_at - ZIP64_END_SIZE))
    return damaged(zip, "its zip64 record is not where it should be");
  int status = read_at(zip, (int64_t)at, end, sizeof end);
  if (status != TENSOR_OK) return status;
  if (number32(end) != ZIP64_END ||
      number(end + 4, 8) != (uint64_t)locator_at - at - 12)
    return damaged(zip, "its zip64 record is wrong");
  if (number32(end + 16) != 0 || number32(end + 20) != 0 ||
      number(end + 24, 8) != number(end + 32, 8))
    return tensor_fail("%s: is one part of a zip file of many", zip->path);
  return take_list(zip, number(end + 48, 8), number(end + 40, 8),
                   number(end + 32, 8), (int64_t)at);
}

static int read_end(ZipFile *zip, const unsigned char *end, int64_t at) {
  unsigned char locator[ZIP64_LOCATOR_SIZE] = {0};
  int64_t locator_at = at - ZIP64_LOCATOR_SIZE;
  int status = TENSOR_OK;
  if (locator_at >= 0) status = read_at(zip, locator_at, locator, 20);
  if (status != TENSOR_OK) return status;
  if (number32(locator) == ZIP64_LOCATOR)
    return read_end64(zip, locator, locator_at);
  if (number16(end + 4) != 0 || number16(end + 6) != 0 ||
      number16(end + 8) != number16(end + 10))
    return tensor_fail("%s: is one part of a zip file of many", zip->path);
  return take_list(zip, number32(end + 16), number32(end + 12),
                   number16(end + 10), at);
}

/* The end record is the last thing but for a comment, whose length it has. */
static int find_end(ZipFile *zip) {
  int64_t size = tensor_min64(zip->size, ZIP_END_SIZE + COMMENT_MOST);
  int64_t first = zip->size - size;
  if (size < ZIP_END_SIZE)
    return tensor_fail("%s: too short for a zip file: %lld bytes", zip->path,
                       (long long)zip->size);
  unsigned char *tail = malloc((size_t)size);
  if (tail == NULL) return tensor_no_memory(size);
  int status = read_at(zip, first, tail, size);
  int64_t i = size - ZIP_END_SIZE;
  while (status == TENSOR_OK && i >= 0 &&
         (number32(tail + i) != ZIP_END ||
          number16(tail + i + 20) != size - ZIP_END_SIZE - i))
    i--;
  if (status == TENSOR_OK)
    status = i >= 0 ? read_end(zip, tail + i, first + i)
                    : tensor_fail("%s: not a zip file, or one that was cut "
                                  "off: its end is missing",
                                  zip->path);
  free(tail);
  return status;
}

/* }== the list of members =============================================== */

/* Replaces sizes that did not fit 32 bits by those of the extra field. */
static int take_extra(const ZipFile *zip, ZipMember *m, const unsigned char *p,
                      int64_t length) {
  int64_t *const fields[] = {&m->bytes, &m->packed, &m->at};
  while (length >= 4 && number16(p) != ZIP64_EXTRA) {
    int64_t skip = 4 + number16(p + 2);
    p += tensor_min64(skip, length);
    length -= tensor_min64(skip, length);
  }
  int64_t have = length < 4 ? 0 : tensor_min64(number16(p + 2), length - 4);
  for (int i = 0; i < 3; i++) {
    if (*fields[i] != UINT32_MAX) continue;
    if (have < 8) return damaged(zip, "a member's size is missing");
    uint64_t value = number(p + 4, 8);
    if (value > INT64_MAX) return damaged(zip, "a member's size is wrong");
    *fields[i] = (int64_t)value;
    p += 8;
    have -= 8;
  }
  return TENSOR_OK;
}

static int check_member(const ZipFile *zip, const ZipMember *m, uint32_t flags,
                        uint32_t disk) {
  const char *path = zip->path, *name = m->name;
  if (flags & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_HIDDEN))
    return tensor_fail("%s: member '%s' is encrypted", path, name);
  if (disk != 0)
    return tensor_fail("%s: is one part of a zip file of many", path);
  if (m->method != ZIP_STORED && m->method != ZIP_DEFLATED)
    return tensor_fail("%s: member '%s' is packed by method %d; only stored "
                       "and deflated members can be read",
                       path, name, m->method);
  if (m->packed > zip->list_at || m->at > zip->list_at - m->packed)
    return tensor_fail("%s: too short: member '%s' says it takes %lld bytes "
                       "of the file",
                       path, name, (long long)m->packed);
  if (m->method == ZIP_STORED ? m->bytes != m->packed
                              : m->bytes / RATIO_MOST > m->packed)
    return tensor_fail("%s: member '%s' cannot be %lld bytes long, with %lld "
                       "in the file",
                       path, name, (long long)m->bytes, (long long)m->packed);
  return TENSOR_OK;
}

/* Reads the entry at p, of which `left` bytes are there; *size is its. */
static int read_entry(ZipFile *zip, ZipMember *m, const unsigned char *p,
                      int64_t left, int64_t *size) {
  if (left < ZIP_ENTRY_SIZE || number32(p) != ZIP_ENTRY)
    return damaged(zip, "its list of members is wrong");
  int64_t name = number16(p + 28), extra = number16(p + 30);
  *size = ZIP_ENTRY_SIZE + name + extra + number16(p + 32);
  if (*size > left) return damaged(zip, "its list of members is wrong");
  m->method = (int)number16(p + 10);
  m->crc = number32(p + 16);
  m->packed = number32(p + 20);
  m->bytes = number32(p + 24);
  m->at = number32(p + 42);
  const unsigned char *text = p + ZIP_ENTRY_SIZE;
  if (memchr(text, 0, (size_t)name) != NULL)
    return damaged(zip, "a name holds a zero byte");
  m->name = strndup((const char *)text, (size_t)name);
  if (m->name == NULL) return tensor_no_memory(name);
  int status = take_extra(zip, m, text + name, extra);
  if (status != TENSOR_OK) return status;
  return check_member(zip, m, number16(p + 8), number16(p + 34));
}

static int compare_places(const void *a, const void *b) {
  const ZipMember *x = a, *y = b;
  return x->at < y->at ? -1 : x->at > y->at;
}

/* Sorts by place, and notes where each member must have ended. */
static int check_places(ZipFile *zip) {
  ZipMember *m = zip->members;
  qsort(m, (size_t)zip->count, sizeof *m, compare_places);
  for (int64_t i = 0; i < zip->count; i++) {
    m[i].end = i + 1 < zip->count ? m[i + 1].at : zip->list_at;
    if (m[i].end - m[i].at < ZIP_LOCAL_SIZE + m[i].packed)
      return tensor_fail("%s: the bytes of member '%s' overlap what follows "
                         "them",
                         zip->path, m[i].name);
  }
  return TENSOR_OK;
}

static int read_list(ZipFile *zip) {
  int64_t at = 0, size = 0;
  unsigned char *list = malloc((size_t)zip->list_size + 1);
  zip->members = calloc((size_t)zip->count + 1, sizeof *zip->members);
  int status = list == NULL || zip->members == NULL
                   ? tensor_no_memory(zip->list_size)
                   : read_at(zip, zip->list_at, list, zip->list_size);
  for (int64_t i = 0; status == TENSOR_OK && i < zip->count; i++) {
    status = read_entry(zip, &zip->members[i], list + at, zip->list_size - at,
                        &size);
    at += size;
  }
  free(list);
  if (status == TENSOR_OK && at != zip->list_size)
    status = damaged(zip, "its list of members is wrong");
  return status == TENSOR_OK ? check_places(zip) : status;
}

int tensor_zip_open(ZipFile *zip, const char *path) {
  *zip = (ZipFile){.path = path};
  int status = tensor_input_open(path, &zip->fd, &zip->size);
  if (status != TENSOR_OK) return status;
  status = find_end(zip);
  if (status == TENSOR_OK) status = read_list(zip);
  if (status != TENSOR_OK) tensor_zip_close(zip);
  return status;
}

void tensor_zip_close(ZipFile *zip) {
  for (int64_t i = 0; zip->members != NULL && i < zip->count; i++)
    free(zip->members[i].name);
  free(zip->members);
  zip->members = NULL;
  if (zip->fd >= 0) close(zip->fd);
  zip->fd = -1;
}

/* }== a member's bytes ================================================== */

static int bad_member(const ZipStream *s, const char *what) {
  return tensor_fail("%s: member '%s' %s", s->zip->path, s->member->name, what);
}

/* The local header repeats the name; after it come the packed bytes. */
static int check_local(ZipStream *s) {
  unsigned char local[ZIP_LOCAL_SIZE];
  const ZipMember *m = s->member;
  int status = read_at(s->zip, m->at, local, sizeof local);
  if (status != TENSOR_OK) return status;
  int64_t name = number16(local + 26), extra = number16(local + 28);
  if (number32(local) != ZIP_LOCAL || (int)number16(local + 8) != m->method ||
      name != (int64_t)strlen(m->name))
    return bad_member(s, "is not what the list of members says");
  if (m->end - m->at - ZIP_LOCAL_SIZE - name - extra < m->packed)
    return bad_member(s, "overlaps what follows it");
  status = tensor_input_read(s->zip->path, s->zip->fd, s->buffer, name);
  if (status != TENSOR_OK) return status;
  if (memcmp(s->buffer, m->name, (size_t)name) != 0)
    return bad_member(s, "is not what the list of members says");
  return tensor_input_read(s->zip->path, s->zip->fd, s->buffer, extra);
}

int tensor_zip_begin(ZipStream *s, const ZipFile *zip, const ZipMember *m) {
  s->zip = zip;
  s->member = m;
  s->left = m->packed;
  s->crc = 0;
  memset(&s->inflate, 0, sizeof s->inflate);
  int status = check_local(s);
  if (status != TENSOR_OK || m->method == ZIP_STORED) return status;
  return inflateInit2(&s->inflate, -15) == Z_OK ? TENSOR_OK
                                                : tensor_no_memory(1 << 16);
}

/* Gives inflate the next packed bytes when it has used the last ones. */
static int feed(ZipStream *s) {
  if (s->inflate.avail_in > 0 || s->left == 0) return TENSOR_OK;
  int64_t piece = tensor_min64(s->left, (int64_t)sizeof s->buffer);
  int status = tensor_input_read(s->zip->path, s->zip->fd, s->buffer, piece);
  s->inflate.next_in = s->buffer;
  s->inflate.avail_in = (uInt)piece;
  s->left -= piece;
  return status;
}

/* Unpacks up to `bytes` bytes; *got of them came, fewer only at the end. */
static int unpack(ZipStream *s, void *to, int64_t bytes, int64_t *got) {
  int code = Z_OK;
  s->inflate.next_out = to;
  s->inflate.avail_out = (uInt)bytes;
  while (s->inflate.avail_out > 0 && code != Z_STREAM_END) {
    int status = feed(s);
    if (status == TENSOR_OK) status = tensor_poll();
    if (status != TENSOR_OK) return status;
    code = inflate(&s->inflate, Z_NO_FLUSH);
    if (code == Z_MEM_ERROR) return tensor_no_memory(1 << 16);
    if (code != Z_OK && code != Z_STREAM_END)
      return bad_member(s, "is damaged: its packed data is wrong");
  }
  *got = bytes - s->inflate.avail_out;
  return TENSOR_OK;
}

int tensor_zip_read(void *context, void *to, int64_t bytes) {
  ZipStream *s = context;
  bool stored = s->member->method == ZIP_STORED;
  if (stored && bytes > s->left) return bad_member(s, "ends too early");
  for (char *p = to; bytes > 0;) {
    int64_t piece = tensor_min64(bytes, CHUNK), got = piece;
    int status = stored ? tensor_input_read(s->zip->path, s->zip->fd, p, piece)
                        : unpack(s, p, piece, &got);
    if (status != TENSOR_OK) return status;
    if (got < piece) return bad_member(s, "ends too early");
    if (stored) s->left -= piece;
    s->crc = (uint32_t)crc32_z(s->crc, (const Bytef *)p, (size_t)piece);
    p += piece;
    bytes -= piece;
  }
  return TENSOR_OK;
}

int tensor_zip_end(ZipStream *s, int status) {
  unsigned char more;
  int64_t got = 0;
  if (status == TENSOR_OK && s->member->method == ZIP_DEFLATED)
    status = unpack(s, &more, 1, &got);
  if (status == TENSOR_OK &&
      (got > 0 || s->left > 0 || s->inflate.avail_in > 0))
    status = bad_member(s, "has bytes left over");
  if (status == TENSOR_OK && s->crc != s->member->crc)
    status = bad_member(s, "is damaged: its checksum is wrong");
  if (s->member->method == ZIP_DEFLATED) inflateEnd(&s->inflate);
  return status;
}

/* }===================================================================== */
