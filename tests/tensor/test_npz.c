/*
** test_npz.c - NumPy's npz files: archives put together here, as other
** programs write them and as none should, and damage.
*/
#include <zlib.h>

#include "tests/tensor/files_support.h"

TestSuite(npz, .init = test_make_folder);

static int read_npz(const char *path) {
  TensorFile file;
  int status = tensor_load_npz(&file, path);
  if (status == TENSOR_OK) tensor_file_free(&file);
  return status;
}

static const Tensor *find(const TensorFile *file, const char *name) {
  for (int i = 0; i < file->count; i++)
    if (strcmp(file->names[i], name) == 0) return &file->tensors[i];
  cr_assert_fail("'%s' is not in the file", name);
  return NULL;
}

/* {== writing =========================================================== */

#define TENSORS 8

typedef struct Sample {
  char *names[TENSORS];
  Tensor tensors[TENSORS];
  TensorFile file;
} Sample;

/* Tensors of all dtypes, views, a 0-d and an empty one. */
static Sample *make_sample(void) {
  static Sample s = {.names = {"a/b.c", "zwölf", "bool", "uint8", "int32",
                               "int64", "float32", ""}};
  for (int i = 2; i < TENSORS; i++)
    s.tensors[i] = test_view((TestLayout)(i % TEST_LAYOUTS),
                             (TensorDType)(i - 2), TEST_SHAPE(3, 5));
  s.tensors[0] = test_make(TENSOR_FLOAT64, 0, NULL);
  s.tensors[1] = test_make(TENSOR_INT32, TEST_SHAPE(3, 0, 2));
  s.file =
      (TensorFile){.count = TENSORS, .names = s.names, .tensors = s.tensors};
  return &s;
}

static void free_sample(Sample *s) {
  for (int i = 0; i < TENSORS; i++) tensor_release(&s->tensors[i]);
}

Test(npz, round_trips) {
  const char *path = test_path("a.npz");
  Sample *s = make_sample();
  for (int compress = 0; compress < 2; compress++) {
    TensorFile back;
    s->file.compress = compress != 0;
    test_ok(tensor_save_npz(&s->file, path));
    test_ok(tensor_load_npz(&back, path));
    cr_assert_eq(back.count, TENSORS);
    for (int i = 0; i < TENSORS; i++) {
      Tensor plain = {0};
      test_ok(tensor_as(&plain, &s->tensors[i], s->tensors[i].dtype));
      test_expect_same(find(&back, s->names[i]), &plain);
      tensor_release(&plain);
    }
    tensor_file_free(&back);
  }
  free_sample(s);
  cr_expect_eq(test_remove_folder(), 1, "a temporary file was left");
}

Test(npz, large_members_pack_and_unpack) {
  const char *path = test_path("a.npz");
  Tensor t = test_make(TENSOR_FLOAT64, TEST_SHAPE(1000, 1000));
  char *name = "t";
  TensorFile back, one = {.count = 1, .names = &name, .tensors = &t};
  one.compress = true;
  test_ok(tensor_fill(&t, 1));
  for (int64_t i = 0; i < 1000; i++) tensor_set(&t, 997 * i, (double)i);
  test_ok(tensor_save_npz(&one, path));
  Bytes b = test_read(path);
  cr_expect_lt(b.length, 100000);
  free(b.data);
  test_ok(tensor_load_npz(&back, path));
  test_expect_same(&back.tensors[0], &t);
  tensor_file_free(&back);
  tensor_release(&t);
  test_remove_folder();
}

/* Names in order, whatever order was given; no times. */
Test(npz, layout_is_canonical) {
  static char *names[] = {"b", "c", "a"}, *others[] = {"a", "b", "c"};
  const char *path = test_path("a.npz"), *other = test_path("b.npz");
  Tensor tensors[3], turned[3];
  for (int i = 0; i < 3; i++) tensors[i] = test_make(TENSOR_INT32, 0, NULL);
  turned[0] = tensors[2];
  turned[1] = tensors[0];
  turned[2] = tensors[1];
  TensorFile file = {.count = 3, .names = names, .tensors = tensors};
  TensorFile same = {.count = 3, .names = others, .tensors = turned};
  test_ok(tensor_save_npz(&file, path));
  test_ok(tensor_save_npz(&same, other));
  Bytes a = test_read(path), b = test_read(other);
  cr_expect(a.length == b.length && memcmp(a.data, b.data, a.length) == 0);
  free(a.data);
  free(b.data);
  for (int i = 0; i < 3; i++) tensor_release(&tensors[i]);
  test_remove_folder();
}

/* More members than 16 bits count: the end record of large files. */
Test(npz, more_members_than_a_small_archive_has, .timeout = 120) {
  const int count = 65600;
  const char *path = test_path("a.npz");
  Tensor t = test_make(TENSOR_UINT8, 0, NULL);
  TensorFile back, file = {.count = count};
  file.names = malloc((size_t)count * sizeof *file.names);
  file.tensors = malloc((size_t)count * sizeof *file.tensors);
  char *text = malloc((size_t)count * 8);
  for (int i = 0; i < count; i++) {
    file.names[i] = text + 8 * i;
    snprintf(file.names[i], 8, "%d", i);
    file.tensors[i] = t;
  }
  test_ok(tensor_save_npz(&file, path));
  test_ok(tensor_load_npz(&back, path));
  cr_expect_eq(back.count, count);
  tensor_file_free(&back);
  free(file.names);
  free(file.tensors);
  free(text);
  tensor_release(&t);
  test_remove_folder();
}

Test(npz, refuses_to_write) {
  const char *path = test_path("a.npz");
  Tensor tensors[2] = {test_make(TENSOR_UINT8, TEST_SHAPE(3)),
                       test_make(TENSOR_FLOAT32, TEST_SHAPE(3))};
  char *twice[] = {"a", "a"}, *wrong[] = {"a", "\xff"}, *far[] = {"a", NULL};
  TensorFile file = {.count = 2, .names = twice, .tensors = tensors};
  test_fails(tensor_save_npz(&file, path), "'a' is there twice");
  file.names = wrong;
  test_fails(tensor_save_npz(&file, path), "UTF-8");
  file.names = far;
  far[1] = malloc(70001);
  memset(far[1], 'x', 70000);
  far[1][70000] = '\0';
  test_fails(tensor_save_npz(&file, path), "too long");
  free(far[1]);
  tensor_release(&tensors[0]);
  tensor_release(&tensors[1]);
  cr_expect_eq(test_remove_folder(), 0);
}

/* }== archives put together by hand ===================================== */

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

static void put(unsigned char *to, size_t *size, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++)
    to[(*size)++] = (unsigned char)(value >> (8 * i));
}

static void put_text(unsigned char *to, size_t *size, const void *text,
                     size_t length) {
  memcpy(to + *size, text, length);
  *size += length;
}

/* An npy file of 200 times the byte 7. */
static size_t array_bytes(unsigned char *to) {
  static const char text[] =
      "{'descr': '|u1', 'fortran_order': False, 'shape': (200,), }\n";
  size_t size = 0;
  put_text(to, &size, "\x93NUMPY\1\0", 8);
  put(to, &size, sizeof text - 1, 2);
  put_text(to, &size, text, sizeof text - 1);
  memset(to + size, 7, 200);
  return size + 200;
}

static size_t pack(const unsigned char *from, size_t size, unsigned char *to,
                   size_t room) {
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

static void add_part(Archive *a, const Part *p) {
  unsigned char plain[1000], packed[1000];
  size_t bytes = array_bytes(plain), size = bytes;
  if (p->contents != NULL) {
    size = bytes = strlen(p->contents);
    memcpy(plain, p->contents, bytes);
  }
  memcpy(packed, plain, size);
  if (p->method == 8) size = pack(plain, bytes, packed, sizeof packed);
  memset(packed + size, 0, 100);
  size += (size_t)(p->extra - p->cut);
  uint64_t crc = (uint32_t)crc32(0, plain, (uInt)bytes) ^ p->crc_change;
  uint64_t at = a->size + (uint64_t)p->more_at;
  uint64_t due = bytes + (uint64_t)p->more_bytes;
  uint64_t taken = size + (uint64_t)p->more_packed;
  const char *local = p->local_name ? p->local_name : p->name;
  put(a->bytes, &a->size, 0x04034B50, 4);
  put(a->bytes, &a->size, p->zip64_local ? 45 : 20, 2);
  put(a->bytes, &a->size, (uint64_t)p->flags, 2);
  put(a->bytes, &a->size, (uint64_t)p->method, 2);
  put(a->bytes, &a->size, 0, 4);
  put(a->bytes, &a->size, p->descriptor ? 0 : crc, 4);
  put(a->bytes, &a->size, p->zip64_local ? UINT32_MAX : size, 4);
  put(a->bytes, &a->size, p->zip64_local ? UINT32_MAX : bytes, 4);
  put(a->bytes, &a->size, strlen(local), 2);
  put(a->bytes, &a->size, p->zip64_local ? 20 : 0, 2);
  put_text(a->bytes, &a->size, local, strlen(local));
  if (p->zip64_local) {
    put(a->bytes, &a->size, 1 | 16 << 16, 4);
    put(a->bytes, &a->size, bytes, 8);
    put(a->bytes, &a->size, size, 8);
  }
  put_text(a->bytes, &a->size, packed, size);
  if (p->descriptor) {
    put(a->bytes, &a->size, 0x08074B50, 4);
    put(a->bytes, &a->size, crc, 4);
    put(a->bytes, &a->size, size, 4);
    put(a->bytes, &a->size, bytes, 4);
  }
  int extra = p->zip64_lacks ? 6 : p->zip64_entry ? 28 + 6 : 0;
  put(a->list, &a->listed, 0x02014B50, 4);
  put(a->list, &a->listed, 20 | 20 << 16, 4);
  put(a->list, &a->listed, (uint64_t)p->flags, 2);
  put(a->list, &a->listed, (uint64_t)p->method, 2);
  put(a->list, &a->listed, 0, 4);
  put(a->list, &a->listed, crc, 4);
  put(a->list, &a->listed, p->zip64_entry ? UINT32_MAX : taken, 4);
  put(a->list, &a->listed, p->zip64_entry ? UINT32_MAX : due, 4);
  put(a->list, &a->listed, strlen(p->name), 2);
  put(a->list, &a->listed, (uint64_t)extra, 2);
  put(a->list, &a->listed, 0, 2);
  put(a->list, &a->listed, (uint64_t)p->disk, 2);
  put(a->list, &a->listed, 0, 6);
  put(a->list, &a->listed, p->zip64_entry ? UINT32_MAX : at, 4);
  put_text(a->list, &a->listed, p->name, strlen(p->name));
  if (extra > 0) put(a->list, &a->listed, 0x7075 | 2 << 16, 6);
  if (extra > 6) {
    put(a->list, &a->listed, 1 | 24 << 16, 4);
    put(a->list, &a->listed, due, 8);
    put(a->list, &a->listed, taken, 8);
    put(a->list, &a->listed, at, 8);
  }
  a->count++;
}

/* Writes the archive's end and the file; a comment may follow. */
static const char *finish(Archive *a, const char *comment) {
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

static const char *archive_of(int count, const Part *parts) {
  static Archive a;
  a.size = a.listed = 0;
  a.count = 0;
  for (int i = 0; i < count; i++) add_part(&a, &parts[i]);
  return finish(&a, "");
}

static void expect_array(const char *path, const char *name) {
  TensorFile file;
  test_ok(tensor_load_npz(&file, path));
  const Tensor *t = find(&file, name);
  test_expect_shape(t, TEST_SHAPE(200));
  for (int i = 0; i < 200; i++) cr_assert_eq(test_int_at(t, i), 7);
  tensor_file_free(&file);
}

/* What zip programs write besides what this one does. */
Test(npz, archives_of_other_programs) {
  static const Part parts[] = {
      {.name = "a.npy"},
      {.name = "b.npy", .method = 8},
      {.name = "c.npy", .zip64_local = true},
      {.name = "d.npy", .zip64_local = true, .zip64_entry = true, .method = 8},
      {.name = "e.npy", .descriptor = true, .flags = 8, .method = 8},
      {.name = "../../f.npy"},
      {.name = "\xc3\xa4.npy", .flags = 0x800},
      {.name = ".npy"},
      {.name = "folder/", .contents = ""}};
  static const char *const names[] = {"a", "b",       "c",        "d",
                                      "e", "../../f", "\xc3\xa4", ""};
  const char *path = archive_of(9, parts);
  for (int i = 0; i < 8; i++) expect_array(path, names[i]);
  static Archive a;
  add_part(&a, &parts[0]);
  expect_array(finish(&a, "a comment, PK\5\6 even"), "a");
  test_remove_folder();
}

/* }== what must be refused ============================================== */

static const Part good = {.name = "b.npy"};

static void refused(Part part, const char *text) {
  part.name = part.name != NULL ? part.name : "a.npy";
  const char *path = archive_of(2, (Part[]){part, good});
  test_fails(read_npz(path), text);
  cr_expect(strncmp(tensor_message(), path, strlen(path)) == 0, "%s",
            tensor_message());
  for (int method = 0; method < 9; method += 8) { /* as the second too */
    Part first = {.name = "0.npy", .method = method};
    test_fails(read_npz(archive_of(3, (Part[]){first, part, good})), text);
  }
}

Test(npz, refuses_members) {
  refused((Part){.flags = 1}, "'a.npy' is encrypted");
  refused((Part){.flags = 0x41}, "'a.npy' is encrypted");
  refused((Part){.method = 12}, "packed by method 12");
  refused((Part){.disk = 1}, "one part of a zip file of many");
  refused((Part){.crc_change = 1}, "its checksum is wrong");
  refused((Part){.method = 8, .crc_change = 1U << 31}, "its checksum is wrong");
  refused((Part){.name = "a.txt"}, "'a.txt' is not an array");
  refused((Part){.name = "a"}, "'a' is not an array");
  refused((Part){.name = "b.npy"}, "'b.npy' is there twice");
  refused((Part){.local_name = "x.npy"}, "is not what the list");
  refused((Part){.local_name = "ab.npy"}, "is not what the list");
  refused((Part){.contents = ""}, "too short for an npy file");
  refused((Part){.contents = "PK, but no array"}, "not an npy file");
  refused((Part){.zip64_lacks = true, .more_bytes = (int64_t)UINT32_MAX - 270},
          "a member's size is missing");
  test_remove_folder();
}

Test(npz, refuses_sizes) {
  int64_t before = tensor_memory().allocated;
  refused((Part){.more_bytes = 1}, "cannot be");
  refused((Part){.more_bytes = -1}, "cannot be");
  refused((Part){.method = 8, .more_bytes = 1000000}, "cannot be");
  refused((Part){.method = 8, .zip64_entry = true, .more_bytes = 1LL << 50},
          "cannot be");
  refused((Part){.zip64_entry = true, .more_bytes = -1000},
          "a member's size is wrong");
  refused((Part){.zip64_entry = true, .more_at = -1000},
          "a member's size is wrong");
  refused((Part){.more_packed = 50000}, "too short");
  refused((Part){.more_at = 50000}, "too short");
  refused((Part){.zip64_entry = true, .more_packed = INT64_MAX / 2},
          "too short");
  refused((Part){.method = 8, .more_bytes = 100}, "left over");
  refused((Part){.method = 8, .more_bytes = -100}, "too short");
  cr_expect_lt(tensor_memory().allocated, before + 100000);
  test_remove_folder();
}

Test(npz, refuses_packed_data) {
  refused((Part){.method = 8, .extra = 5}, "has bytes left over");
  refused((Part){.method = 8, .cut = 5}, "damaged: its packed data");
  refused((Part){.method = 8, .more_packed = 1}, "overlap");
  refused((Part){.more_at = 1}, "is not what the list");
  Part a = {.name = "a.npy"}, b = {.name = "b.npy", .method = 8};
  a.more_at = 1; /* into itself, alone in the file */
  a.more_packed = a.more_bytes = -1;
  test_fails(read_npz(archive_of(1, &a)), "is not what the list");
  /* two members over the same bytes */
  static Archive archive;
  add_part(&archive, &b);
  size_t first = archive.size;
  b.name = "c.npy";
  b.more_at = -(int64_t)first;
  add_part(&archive, &b);
  test_fails(read_npz(finish(&archive, "")), "overlap");
  test_remove_folder();
}

/* The array's header promises what its member does not hold. */
Test(npz, refuses_arrays_that_lie) {
  static const char text[] =
      "\x93NUMPY\1|z|{'descr': '|u1', 'fortran_order': False, 'shape': (%s,)}";
  static const char *const shapes[] = {"9", "11", "1099511627776"};
  static const char *const due[] = {"left over", "too short", "too short"};
  int64_t before = tensor_memory().allocated;
  for (int i = 0; i < 3; i++) {
    char contents[200];
    int n = snprintf(contents, sizeof contents, text, shapes[i]);
    memset(contents + n, 'x', 10);
    contents[n + 10] = '\0';
    /* bytes of the prefix that cannot be in C text stand for themselves */
    Archive *a = calloc(1, sizeof *a);
    Part part = {.name = "a.npy", .contents = contents};
    contents[7] = 1;
    contents[8] = (char)(n - 10);
    contents[9] = 1;
    add_part(a, &part);
    size_t at = 30 + 5;
    a->bytes[at + 7] = a->bytes[at + 9] = 0;
    const char *path = finish(a, "");
    test_fails(read_npz(path), due[i]);
    free(a);
  }
  cr_expect_eq(tensor_memory().allocated, before);
  test_remove_folder();
}

Test(npz, refuses_ends) {
  const char *path = test_path("a.npz");
  test_fails(read_npz(path), "No such file");
  test_write(path, "", 0);
  test_fails(read_npz(path), "too short for a zip file");
  test_write(path, "\x93NUMPY and what follows it", 26);
  test_fails(read_npz(path), "not a zip file");
  static const struct {
    int at, value; /* a byte of the end record of an archive of one member */
    const char *text;
  } cases[] = {{4, 1, "one part of"},           {6, 1, "one part of"},
               {8, 2, "one part of"},           {10, 2, "one part of"},
               {12, 200, "where it should be"}, {16, 200, "where it should"},
               {19, 255, "where it should"},    {20, 1, "not a zip file"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    path = archive_of(1, &good);
    Bytes b = test_read(path);
    b.data[b.length - 22 + (size_t)cases[i].at] = (unsigned char)cases[i].value;
    test_write(path, b.data, b.length);
    test_fails(read_npz(path), cases[i].text);
    free(b.data);
  }
  path = archive_of(1, &good); /* one more, and one less, in both counts */
  Bytes b = test_read(path);
  b.data[b.length - 14] = b.data[b.length - 12] = 2;
  test_write(path, b.data, b.length);
  test_fails(read_npz(path), "list of members has a wrong size");
  b.data[b.length - 14] = b.data[b.length - 12] = 0;
  test_write(path, b.data, b.length);
  test_fails(read_npz(path), "its list of members is wrong");
  free(b.data);
  test_remove_folder();
}

/* }== damage ============================================================ */

Test(npz, survives_damage, .timeout = 240) {
  static const Part parts[] = {
      {.name = "a.npy", .method = 8, .descriptor = true, .flags = 8},
      {.name = "b.npy", .zip64_local = true, .zip64_entry = true}};
  const char *path = test_path("b.npz");
  Sample *s = make_sample();
  for (int compress = 0; compress < 2; compress++) {
    s->file.compress = compress != 0;
    test_ok(tensor_save_npz(&s->file, path));
    test_cuts(path, read_npz);
    test_flips(path, read_npz, 4000);
    test_ok(read_npz(path));
  }
  path = archive_of(2, parts);
  test_cuts(path, read_npz);
  test_flips(path, read_npz, 8000);
  free_sample(s);
  test_remove_folder();
}

/* }===================================================================== */
