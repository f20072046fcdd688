/*
** test_npz.c - NumPy's npz files: archives put together here, as other
** programs write them and as none should, and damage.
*/
#include "tests/tensor/zip_support.h"

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

Test(npz, an_interrupt_leaves_the_old_file) {
  const char *path = test_path("a.npz");
  Sample *s = make_sample();
  test_ok(tensor_save_npz(&s->file, path));
  Bytes before = test_read(path);
  tensor_interrupt = 1;
  cr_expect_eq(read_npz(path), TENSOR_INTERRUPTED);
  for (int compress = 0; compress < 2; compress++) {
    s->file.compress = compress != 0;
    cr_expect_eq(tensor_save_npz(&s->file, path), TENSOR_INTERRUPTED);
  }
  tensor_interrupt = 0;
  Bytes after = test_read(path);
  cr_expect(before.length == after.length &&
            memcmp(before.data, after.data, after.length) == 0);
  free(before.data);
  free(after.data);
  free_sample(s);
  cr_expect_eq(test_remove_folder(), 1, "a temporary file was left");
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
    test_flips(path, read_npz, 3000);
    test_ok(read_npz(path));
  }
  path = archive_of(2, parts);
  test_cuts(path, read_npz);
  test_flips(path, read_npz, 4000);
  free_sample(s);
  test_remove_folder();
}

/* }===================================================================== */
