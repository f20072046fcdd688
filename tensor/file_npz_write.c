/*
** file_npz_write.c - writing NumPy's npz files: a zip archive with an npy
** file for each tensor, by name, stored or deflated.
**
** Members come in the order of their names, with the time that zip counts
** from, so equal contents give equal files. What is written is known before
** it is written, but for the packed size of a deflated member: that follows
** the member, as zip allows. Sizes beyond 32 bits are told in zip64's way.
*/
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/file.h"
#include "tensor/file_gzip.h"
#include "tensor/file_npy.h"
#include "tensor/file_npz.h"
#include "tensor/file_zip.h"
#include "tensor/kernel.h"

/* Sizes from here on are written in zip64's way: below UINT32_MAX by more
** than deflate can add to a member. */
#define LARGE     ((int64_t)0xFF000000)
#define NAME_MOST 65000
/* Bytes between two looks at the interrupt flag. */
#define CHUNK ((int64_t)8 << 20)

#define VERSION       20
#define VERSION_64    45
#define MADE_BY_UNIX  (3 << 8)
#define PERMISSIONS   (0100644U << 16)
#define FIRST_DAY     0x21   /* 1 January 1980 */
#define FLAG_FOLLOWED 0x0008 /* sizes and checksum follow the member */
#define FLAG_UTF8     0x0800

typedef struct Member {
  const char *name; /* of the array */
  int index;        /* of the tensor */
  uint32_t flags;
  uint32_t crc;
  int64_t bytes, packed, at;
} Member;

typedef struct Writer {
  const TensorFile *file;
  const char *path;
  TensorOutput *output;
  int64_t at; /* bytes written */
  Member *members;
} Writer;

/* {== records =========================================================== */

/* A record while it is put together, low bytes first. */
typedef struct Record {
  unsigned char bytes[128];
  size_t size;
} Record;

static void put(Record *r, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++)
    r->bytes[r->size++] = (unsigned char)(value >> (8 * i));
}

static int write_bytes(Writer *w, const void *data, size_t size) {
  w->at += (int64_t)size;
  return tensor_output_write(w->output, data, size);
}

static int write_record(Writer *w, const Record *r) {
  return write_bytes(w, r->bytes, r->size);
}

static bool is_large(const Member *m) { return m->bytes >= LARGE; }

/* The fields that a local header and an entry have in common, from the
** version on: sizes are zip64's where the member is large. */
static void put_common(Record *r, const Member *m, int method, bool large,
                       bool known) {
  put(r, large ? VERSION_64 : VERSION, 2);
  put(r, m->flags, 2);
  put(r, (uint64_t)method, 2);
  put(r, 0, 2); /* midnight */
  put(r, FIRST_DAY, 2);
  put(r, known ? m->crc : 0, 4);
  bool here = known && !is_large(m);
  uint64_t absent = is_large(m) ? UINT32_MAX : 0;
  put(r, here ? (uint64_t)m->packed : absent, 4);
  put(r, here ? (uint64_t)m->bytes : absent, 4);
  put(r, strlen(m->name) + strlen(NPZ_ENDING), 2);
}

static int write_name(Writer *w, const Member *m) {
  int status = write_bytes(w, m->name, strlen(m->name));
  if (status != TENSOR_OK) return status;
  return write_bytes(w, NPZ_ENDING, strlen(NPZ_ENDING));
}

/* }== a member ========================================================== */

static int method_of(const Writer *w) {
  return w->file->compress ? ZIP_DEFLATED : ZIP_STORED;
}

static int write_local(Writer *w, Member *m) {
  Record r = {.size = 0}, extra = {.size = 0};
  bool known = !(m->flags & FLAG_FOLLOWED);
  m->at = w->at;
  if (is_large(m)) {
    put(&extra, ZIP64_EXTRA, 2);
    put(&extra, 16, 2);
    put(&extra, known ? (uint64_t)m->bytes : 0, 8);
    put(&extra, known ? (uint64_t)m->packed : 0, 8);
  }
  put(&r, ZIP_LOCAL, 4);
  put_common(&r, m, method_of(w), is_large(m), known);
  put(&r, extra.size, 2);
  int status = write_record(w, &r);
  if (status == TENSOR_OK) status = write_name(w, m);
  return status == TENSOR_OK ? write_record(w, &extra) : status;
}

/* What follows a member whose packed size was not known before it. */
static int write_descriptor(Writer *w, const Member *m) {
  Record r = {.size = 0};
  int size = is_large(m) ? 8 : 4;
  if (!(m->flags & FLAG_FOLLOWED)) return TENSOR_OK;
  put(&r, ZIP_DESCRIPTOR, 4);
  put(&r, m->crc, 4);
  put(&r, (uint64_t)m->packed, size);
  put(&r, (uint64_t)m->bytes, size);
  return write_record(w, &r);
}

static int write_packed(Writer *w, Member *m, const char *header, int length,
                        const Tensor *plain) {
  TensorPacker p;
  int status = tensor_pack_begin(
      &p, w->output, w->file->compress ? TENSOR_DEFLATE : TENSOR_PLAIN);
  if (status == TENSOR_OK) status = tensor_pack(&p, header, length);
  if (status == TENSOR_OK)
    status = tensor_pack(&p, plain->data, tensor_bytes(plain));
  status = tensor_pack_end(&p, status);
  if (w->file->compress) m->packed = (int64_t)p.zip.total_out;
  w->at += m->packed;
  return status;
}

/* The checksum of the array's bytes, which comes before them. */
static int checksum(Member *m, const char *header, int length,
                    const Tensor *plain) {
  m->crc = (uint32_t)crc32_z(0, (const Bytef *)header, (size_t)length);
  for (int64_t at = 0, end = tensor_bytes(plain); at < end; at += CHUNK) {
    int64_t piece = tensor_min64(end - at, CHUNK);
    int status = tensor_poll();
    if (status != TENSOR_OK) return status;
    m->crc = (uint32_t)crc32_z(m->crc, (const Bytef *)plain->data + at,
                               (size_t)piece);
  }
  return TENSOR_OK;
}

static int write_plain(Writer *w, Member *m, const Tensor *plain) {
  char header[NPY_HEADER_ROOM];
  int length = tensor_npy_header(plain, header);
  m->bytes = length + tensor_bytes(plain);
  m->packed = w->file->compress ? 0 : m->bytes;
  int status = checksum(m, header, length, plain);
  if (status == TENSOR_OK) status = write_local(w, m);
  if (status == TENSOR_OK) status = write_packed(w, m, header, length, plain);
  return status == TENSOR_OK ? write_descriptor(w, m) : status;
}

static int write_member(Writer *w, Member *m) {
  Tensor plain = {0};
  int status = tensor_low_byte_first(&plain, &w->file->tensors[m->index]);
  if (status == TENSOR_OK) status = write_plain(w, m, &plain);
  tensor_release(&plain);
  return status;
}

/* }== the list and the end ============================================== */

static int write_entry(Writer *w, const Member *m) {
  Record r = {.size = 0}, extra = {.size = 0};
  bool far = m->at >= LARGE, large = is_large(m) || far;
  if (large) {
    put(&extra, ZIP64_EXTRA, 2);
    put(&extra, (is_large(m) ? 16U : 0U) + (far ? 8U : 0U), 2);
    if (is_large(m)) put(&extra, (uint64_t)m->bytes, 8);
    if (is_large(m)) put(&extra, (uint64_t)m->packed, 8);
    if (far) put(&extra, (uint64_t)m->at, 8);
  }
  put(&r, ZIP_ENTRY, 4);
  put(&r, MADE_BY_UNIX | (large ? VERSION_64 : VERSION), 2);
  put_common(&r, m, method_of(w), large, true);
  put(&r, extra.size, 2);
  put(&r, 0, 2); /* no comment */
  put(&r, 0, 2); /* the only disk */
  put(&r, 0, 2);
  put(&r, PERMISSIONS, 4);
  put(&r, far ? UINT32_MAX : (uint64_t)m->at, 4);
  int status = write_record(w, &r);
  if (status == TENSOR_OK) status = write_name(w, m);
  return status == TENSOR_OK ? write_record(w, &extra) : status;
}

/* The end record of large files and what points at it. */
static void put_end64(Record *r, uint64_t count, uint64_t size, uint64_t at) {
  put(r, ZIP64_END, 4);
  put(r, ZIP64_END_SIZE - 12, 8);
  put(r, MADE_BY_UNIX | VERSION_64, 2);
  put(r, VERSION_64, 2);
  put(r, 0, 8); /* disks */
  put(r, count, 8);
  put(r, count, 8);
  put(r, size, 8);
  put(r, at, 8);
  put(r, ZIP64_LOCATOR, 4);
  put(r, 0, 4);
  put(r, at + size, 8);
  put(r, 1, 4);
}

static int write_end(Writer *w, int64_t list_at) {
  Record r = {.size = 0};
  uint64_t count = (uint64_t)w->file->count;
  uint64_t at = (uint64_t)list_at, size = (uint64_t)(w->at - list_at);
  bool large = count >= UINT16_MAX || w->at >= LARGE;
  if (large) put_end64(&r, count, size, at);
  put(&r, ZIP_END, 4);
  put(&r, 0, 4); /* disks */
  put(&r, large ? UINT16_MAX : count, 2);
  put(&r, large ? UINT16_MAX : count, 2);
  put(&r, large ? UINT32_MAX : size, 4);
  put(&r, large ? UINT32_MAX : at, 4);
  put(&r, 0, 2); /* no comment */
  return write_record(w, &r);
}

/* }== the file ========================================================== */

static int compare_members(const void *a, const void *b) {
  return strcmp(((const Member *)a)->name, ((const Member *)b)->name);
}

/* Whether the text is valid UTF-8, as the reader of JSON judges it. */
static bool is_utf8(const char *text) {
  json_t *probe = json_string(text);
  json_decref(probe);
  return probe != NULL;
}

static uint32_t flags_of(const Writer *w, const char *name) {
  uint32_t flags = w->file->compress ? FLAG_FOLLOWED : 0;
  for (const char *p = name; *p != '\0'; p++)
    if ((unsigned char)*p >= 0x80) return flags | FLAG_UTF8;
  return flags;
}

/* Makes the list, in order, and checks the names. */
static int prepare(Writer *w) {
  const TensorFile *file = w->file;
  w->members = calloc((size_t)file->count + 1, sizeof *w->members);
  if (w->members == NULL) return tensor_no_memory(file->count);
  for (int i = 0; i < file->count; i++) {
    const char *name = file->names[i];
    w->members[i] =
        (Member){.name = name, .index = i, .flags = flags_of(w, name)};
    if (strlen(name) > NAME_MOST)
      return tensor_fail("%s: a name of %zu bytes is too long for an npz "
                         "file",
                         w->path, strlen(name));
    if (!is_utf8(name))
      return tensor_fail("%s: the name '%s' is not valid UTF-8", w->path, name);
  }
  qsort(w->members, (size_t)file->count, sizeof *w->members, compare_members);
  for (int i = 1; i < file->count; i++)
    if (strcmp(w->members[i - 1].name, w->members[i].name) == 0)
      return tensor_fail("%s: the name '%s' is there twice", w->path,
                         w->members[i].name);
  return TENSOR_OK;
}

static int write_file(Writer *w) {
  w->output = tensor_output_open(w->path);
  if (w->output == NULL) return TENSOR_FAIL;
  int status = TENSOR_OK;
  for (int i = 0; i < w->file->count && status == TENSOR_OK; i++)
    status = write_member(w, &w->members[i]);
  int64_t list_at = w->at;
  for (int i = 0; i < w->file->count && status == TENSOR_OK; i++)
    status = write_entry(w, &w->members[i]);
  if (status == TENSOR_OK) status = write_end(w, list_at);
  if (status == TENSOR_OK) return tensor_output_commit(w->output);
  tensor_output_cancel(w->output);
  return status;
}

int tensor_save_npz(const TensorFile *file, const char *path) {
  Writer w = {.file = file, .path = path};
  int status = prepare(&w);
  if (status == TENSOR_OK) status = write_file(&w);
  free(w.members);
  return status;
}

/* }===================================================================== */
