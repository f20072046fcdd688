/*
** test_safetensors.c - files of named tensors: the layout byte by byte, what
** must be refused, and damage.
*/
#include "tests/tensor/files_support.h"

TestSuite(safetensors, .init = test_make_folder);

static int read_file(const char *path) {
  TensorFile file;
  int status = tensor_load_safetensors(&file, path);
  if (status == TENSOR_OK) tensor_file_free(&file);
  return status;
}

/* Writes a file of a header, its length before it, and data. */
static const char *file_of(const char *header, const void *data, size_t bytes) {
  const char *path = test_path("a.safetensors");
  uint64_t length = strlen(header);
  FILE *f = fopen(path, "wb");
  for (int i = 0; i < 8; i++) fputc((int)(length >> (8 * i) & 0xFF), f);
  fwrite(header, 1, length, f);
  fwrite(data, 1, bytes, f);
  fclose(f);
  return path;
}

static void expect_bytes(const char *path, const char *due, size_t length) {
  Bytes b = test_read(path);
  cr_assert_eq(b.length, length, "%zu bytes", b.length);
  cr_expect(memcmp(b.data, due, length) == 0, "%.*s", (int)b.length - 8,
            b.data + 8);
  free(b.data);
}

/* {== layout ============================================================ */

Test(safetensors, known_files) {
  static const char due[] =
      "8\0\0\0\0\0\0\0{\"w\":{\"dtype\":\"F32\",\"shape\":[2],"
      "\"data_offsets\":[0,8]}}  \0\0\x80?\0\0\0@";
  const char *path = test_path("a.safetensors");
  TensorFile empty = {0};
  test_ok(tensor_save_safetensors(&empty, path));
  expect_bytes(path, "\x8\0\0\0\0\0\0\0{}      ", 16);
  test_ok(read_file(path));
  static const double values[] = {1, 2};
  Tensor t = test_from(TENSOR_FLOAT32, values, TEST_SHAPE(2));
  char *name = "w";
  TensorFile one = {.count = 1, .names = &name, .tensors = &t};
  test_ok(tensor_save_safetensors(&one, path));
  expect_bytes(path, due, sizeof due - 1);
  tensor_release(&t);
  test_remove_folder();
}

#define TENSORS 9

typedef struct Sample {
  char *names[TENSORS];
  Tensor tensors[TENSORS];
  TensorFile file;
} Sample;

/* Tensors of all dtypes, views, a 0-d and an empty one, with metadata. */
static Sample *make_sample(void) {
  static Sample s = {.names = {"a/b.c", "zwölf", "bool", "uint8", "int32",
                               "int64", "float32", "float64", ""}};
  static char *keys[] = {"format", "a \"quoted\"\nkey"};
  static char *values[] = {"pt", "\xc3\xa9, {\"json\": [1, 2]}"};
  for (int i = 0; i < TENSOR_DTYPE_COUNT; i++)
    s.tensors[2 + i] = test_view((TestLayout)(i % TEST_LAYOUTS), (TensorDType)i,
                                 TEST_SHAPE(3, 5));
  s.tensors[0] = test_make(TENSOR_FLOAT64, 0, NULL);
  s.tensors[1] = test_make(TENSOR_INT32, TEST_SHAPE(3, 0, 2));
  s.tensors[8] = test_make(TENSOR_FLOAT32, TEST_SHAPE(2, 1, 2, 1, 2, 1, 1, 2));
  s.file = (TensorFile){.count = TENSORS,
                        .names = s.names,
                        .tensors = s.tensors,
                        .entries = 2,
                        .keys = keys,
                        .values = values};
  return &s;
}

static void free_sample(Sample *s) {
  for (int i = 0; i < TENSORS; i++) tensor_release(&s->tensors[i]);
}

static void expect_tensor(const TensorFile *file, const char *name,
                          const Tensor *due) {
  Tensor plain = {0};
  for (int i = 0; i < file->count; i++) {
    if (strcmp(file->names[i], name) != 0) continue;
    test_ok(tensor_as(&plain, due, due->dtype));
    test_expect_same(&file->tensors[i], &plain);
    tensor_release(&plain);
    return;
  }
  cr_assert_fail("'%s' is not in the file", name);
}

Test(safetensors, round_trips) {
  const char *path = test_path("a.safetensors");
  Sample *s = make_sample();
  TensorFile back;
  test_ok(tensor_save_safetensors(&s->file, path));
  test_ok(tensor_load_safetensors(&back, path));
  cr_assert_eq(back.count, TENSORS);
  for (int i = 0; i < TENSORS; i++)
    expect_tensor(&back, s->names[i], &s->tensors[i]);
  cr_assert_eq(back.entries, 2);
  cr_expect_str_eq(back.keys[1], "format");
  cr_expect_str_eq(back.values[1], "pt");
  cr_expect_str_eq(back.keys[0], s->file.keys[1]);
  cr_expect_str_eq(back.values[0], s->file.values[1]);
  tensor_file_free(&back);
  free_sample(s);
  test_remove_folder();
}

/* Widest types first, names in order; the order given does not matter. */
Test(safetensors, layout_is_canonical) {
  static char *names[] = {"u", "f2", "i", "f1", "b", "d"};
  static const TensorDType dtypes[] = {TENSOR_UINT8, TENSOR_FLOAT32,
                                       TENSOR_INT64, TENSOR_FLOAT32,
                                       TENSOR_BOOL,  TENSOR_FLOAT64};
  static const char *const due[] = {"i", "d", "f1", "f2", "u", "b"};
  const char *path = test_path("a.safetensors");
  Tensor tensors[6];
  for (int i = 0; i < 6; i++) tensors[i] = test_make(dtypes[i], TEST_SHAPE(3));
  TensorFile back, file = {.count = 6, .names = names, .tensors = tensors};
  test_ok(tensor_save_safetensors(&file, path));
  Bytes first = test_read(path);
  cr_expect_eq(first.data[0] % 8, 0);
  test_ok(tensor_load_safetensors(&back, path));
  for (int i = 0; i < 6; i++) cr_expect_str_eq(back.names[i], due[i]);
  test_ok(tensor_save_safetensors(&back, path));
  expect_bytes(path, (char *)first.data, first.length);
  tensor_file_free(&back);
  free(first.data);
  for (int i = 0; i < 6; i++) tensor_release(&tensors[i]);
  test_remove_folder();
}

static void narrow(const char *dtype, int size, int n, const void *data,
                   TensorDType due_dtype, const double *due) {
  char header[200];
  TensorFile file;
  snprintf(header, sizeof header,
           "{\"x\":{\"dtype\":\"%s\",\"shape\":[%d],\"data_offsets\":[0,%d]}}",
           dtype, n, n * size);
  const char *path = file_of(header, data, (size_t)(n * size));
  test_ok(tensor_load_safetensors(&file, path));
  cr_assert_eq(file.tensors[0].dtype, due_dtype, "%s", dtype);
  for (int i = 0; i < n; i++) {
    double got = test_at(&file.tensors[0], i);
    cr_expect(got == due[i] || (isnan(got) && isnan(due[i])),
              "%s: %g where %g was due", dtype, got, due[i]);
  }
  tensor_file_free(&file);
}

Test(safetensors, narrow_types_become_wider) {
  static const uint16_t half[] = {0x3C00, 0xC000, 0x7C00, 0xFC00, 0x7E00,
                                  0x0001, 0x83FF, 0x7BFF, 0x0400, 0x8000};
  static const double half_due[] = {
      1, -2, INFINITY, -INFINITY, NAN, 0x1p-24, -0x3FFp-24, 65504, 0x1p-14, 0};
  static const uint16_t brain[] = {0x3F80, 0xC040, 0x7F80, 0x7FC0, 0x0001};
  static const double brain_due[] = {1, -3, INFINITY, NAN, 0x1p-133};
  static const int8_t bytes[] = {-128, 127, -1};
  static const double byte_due[] = {-128, 127, -1};
  static const int16_t shorts[] = {-32768, 32767};
  static const double short_due[] = {-32768, 32767};
  static const uint16_t words[] = {65535, 1};
  static const double word_due[] = {65535, 1};
  static const uint32_t longs[] = {4294967295u, 1};
  static const double long_due[] = {4294967295.0, 1};
  static const uint64_t larger[] = {1ULL << 62, 1};
  static const double larger_due[] = {0x1p62, 1};
  narrow("F16", 2, 10, half, TENSOR_FLOAT32, half_due);
  narrow("BF16", 2, 5, brain, TENSOR_FLOAT32, brain_due);
  narrow("I8", 1, 3, bytes, TENSOR_INT32, byte_due);
  narrow("I16", 2, 2, shorts, TENSOR_INT32, short_due);
  narrow("U16", 2, 2, words, TENSOR_INT32, word_due);
  narrow("U32", 4, 2, longs, TENSOR_INT64, long_due);
  narrow("U64", 8, 2, larger, TENSOR_INT64, larger_due);
  test_remove_folder();
}

/* More elements than are read at a time. */
Test(safetensors, long_narrow_tensors) {
  static uint16_t words[10000];
  static double due[10000];
  for (int i = 0; i < 10000; i++) due[i] = words[i] = (uint16_t)(7 * i);
  narrow("U16", 2, 10000, words, TENSOR_INT32, due);
  test_remove_folder();
}

/* }== what must be refused ============================================== */

#define ENTRY(dtype, shape, offsets)                                           \
  "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

typedef struct Attack {
  const char *header;
  size_t bytes; /* of zeros behind it */
  const char *message;
} Attack;

/* What the format forbids, and what tensors cannot hold. */
static const Attack attacks[] = {
    /* the text */
    {"", 0, "must begin with '{'"},
    {" {}", 0, "must begin with '{'"},
    {"[]", 0, "must begin with '{'"},
    {"{}x", 0, "header is not right"},
    {"{} {}", 0, "header is not right"},
    {"{\"a\":", 0, "header is not right"},
    {"{'a':1}", 0, "header is not right"},
    {"{\"a\":NaN}", 0, "header is not right"},
    {"{\"\xff\":{}}", 0, "header is not right"},
    {"{\"\xed\xa0\x80\":{}}", 0, "header is not right"},
    {"{\"a\\u0000b\":{}}", 0, "header is not right"},
    {"{\"__metadata__\":{\"a\":\"\xff\"}}", 0, "header is not right"},
    /* keys that are there twice, outside and inside */
    {"{\"a\":" ENTRY("U8", "[4]", "[0,4]") ",\"a\":" ENTRY("U8", "[4]",
                                                           "[4,8]") "}",
     8, "duplicate"},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "duplicate"},
    {"{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0, "duplicate"},
    {"{\"a\":{\"dtype\":\"U8\",\"dtype\":\"F32\",\"shape\":[4],"
     "\"data_offsets\":[0,4]}}",
     4, "duplicate"},
    /* entries that are no description of a tensor */
    {"{\"a\":1}", 0, "not described by an object"},
    {"{\"a\":[]}", 0, "not described by an object"},
    {"{\"__metadata__\":1}", 0, "not an object"},
    {"{\"__metadata__\":{\"a\":1}}", 0, "'a' is not a string"},
    {"{\"__metadata__\":{\"a\":{}}}", 0, "'a' is not a string"},
    {"{\"a\":{\"shape\":[],\"data_offsets\":[0,4]}}", 4, "no dtype"},
    {"{\"a\":{\"dtype\":1,\"shape\":[],\"data_offsets\":[0,4]}}", 4,
     "no dtype"},
    {"{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "no shape"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}", 4,
     "no shape"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}", 4, "data_offsets"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"offsets\":[0,4]}}", 4,
     "data_offsets"},
    /* dtypes without a place here; of less than a byte, or unknown */
    {"{\"a\":" ENTRY("C64", "[1]", "[0,8]") "}", 8, "dtype C64, which is not"},
    {"{\"q\":" ENTRY("F8_E4M3", "[1]", "[0,1]") "}", 1,
     "'q' has dtype F8_E4M3"},
    {"{\"a\":" ENTRY("F8_E5M2", "[1]", "[0,1]") "}", 1, "dtype F8_E5M2"},
    {"{\"a\":" ENTRY("F4", "[3]", "[0,2]") "}", 2, "dtype F4"},
    {"{\"a\":" ENTRY("F6_E2M3", "[4]", "[0,3]") "}", 3, "dtype F6_E2M3"},
    {"{\"a\":" ENTRY("f32", "[1]", "[0,4]") "}", 4, "dtype f32"},
    {"{\"a\":" ENTRY("", "[1]", "[0,4]") "}", 4, "not supported"},
    /* shapes */
    {"{\"a\":" ENTRY("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4, "9 dims"},
    {"{\"a\":" ENTRY("F32", "[-1]", "[0,4]") "}", 4, "whole number"},
    {"{\"a\":" ENTRY("F32", "[1.0]", "[0,4]") "}", 4, "whole number"},
    {"{\"a\":" ENTRY("F32", "[true]", "[0,4]") "}", 4, "whole number"},
    {"{\"a\":" ENTRY("F32", "[\"1\"]", "[0,4]") "}", 4, "whole number"},
    {"{\"a\":" ENTRY("F32", "[[1]]", "[0,4]") "}", 4, "whole number"},
    {"{\"a\":" ENTRY("F32", "[2]", "[0,4]") "}", 4, "takes 8 bytes, but has 4"},
    {"{\"a\":" ENTRY("F32", "[0]", "[0,4]") "}", 4, "takes 0 bytes, but has 4"},
    {"{\"a\":" ENTRY("F32", "[1]", "[0,0]") "}", 0, "takes 4 bytes, but has 0"},
    {"{\"a\":" ENTRY("F32", "[4611686018427387904,4]", "[0,0]") "}", 0,
     "more elements than can be counted"},
    {"{\"a\":" ENTRY("U8", "[4294967296,4294967296]", "[0,0]") "}", 0,
     "more elements than can be counted"},
    {"{\"a\":" ENTRY("F32", "[0,4611686018427387904,4]", "[0,0]") "}", 0,
     "more elements than can be counted"},
    {"{\"a\":" ENTRY("F32", "[99999999999999999999]", "[0,4]") "}", 4,
     "header is not right"},
    /* offsets */
    {"{\"a\":" ENTRY("F32", "[1]", "[-4,0]") "}", 4, "data_offsets"},
    {"{\"a\":" ENTRY("F32", "[1]", "[4,0]") "}", 4, "data_offsets"},
    {"{\"a\":" ENTRY("F32", "[1]", "[0]") "}", 4, "data_offsets"},
    {"{\"a\":" ENTRY("F32", "[1]", "[0,4,8]") "}", 4, "data_offsets"},
    {"{\"a\":" ENTRY("F32", "[1]", "[0.0,4.0]") "}", 4, "data_offsets"},
    {"{\"a\":" ENTRY("F32", "[1]", "{\"0\":0,\"1\":4}") "}", 4, "data_offsets"},
    {"{\"a\":" ENTRY("F32", "[2]", "[0,8]") "}", 4, "too short"},
    {"{\"a\":" ENTRY("F32", "[1]", "[0,9223372036854775807]") "}", 4,
     "too short"},
    {"{\"a\":" ENTRY("F32", "[1]",
                     "[9223372036854775804,9223372036854775807]") "}",
     4, "too short"},
    {"{\"a\":" ENTRY("F32", "[1]", "[0,18446744073709551620]") "}", 4,
     "header is not right"},
    /* holes, overlap, bytes of nobody */
    {"{\"a\":" ENTRY("U8", "[4]", "[4,8]") "}", 8, "a hole"},
    {"{\"a\":" ENTRY("U8", "[4]", "[0,4]") ",\"b\":" ENTRY("U8", "[4]",
                                                           "[6,10]") "}",
     10, "a hole"},
    {"{\"a\":" ENTRY("U8", "[4]", "[0,4]") ",\"b\":" ENTRY("U8", "[4]",
                                                           "[2,6]") "}",
     6, "overlap"},
    {"{\"a\":" ENTRY("U8", "[4]", "[0,4]") ",\"b\":" ENTRY("U8", "[4]",
                                                           "[0,4]") "}",
     4, "overlap"},
    {"{\"a\":" ENTRY("U8", "[4]", "[0,4]") ",\"b\":" ENTRY("U8", "[0]",
                                                           "[2,2]") "}",
     4, "overlap"},
    {"{\"a\":" ENTRY("U8", "[4]", "[0,4]") "}", 8, "left over"},
    {"{}", 1, "left over"},
};

Test(safetensors, attacks) {
  static const char zeros[64];
  int64_t before = tensor_memory().allocated;
  for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
    const Attack *a = &attacks[i];
    const char *path = file_of(a->header, zeros, a->bytes);
    test_fails(read_file(path), a->message);
    cr_expect(strncmp(tensor_message(), path, strlen(path)) == 0, "%s",
              tensor_message());
  }
  cr_expect_eq(tensor_memory().allocated, before);
  test_remove_folder();
}

Test(safetensors, refuses_wrong_lengths) {
  const char *path = test_path("a.safetensors");
  test_fails(read_file(path), "No such file");
  test_write(path, "", 0);
  test_fails(read_file(path), "too short");
  test_write(path, "\2\0\0\0\0\0\0", 7);
  test_fails(read_file(path), "too short");
  test_write(path, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}", 10);
  test_fails(read_file(path), "more than the format allows");
  test_write(path, "\x01\xE1\xF5\x05\0\0\0\0{}", 10); /* 100,000,001 */
  test_fails(read_file(path), "more than the format allows");
  test_write(path, "\0\xE1\xF5\x05\0\0\0\0{}", 10); /* 100,000,000 */
  test_fails(read_file(path), "too short");
  test_write(path, "\x03\0\0\0\0\0\0\0{}", 10);
  test_fails(read_file(path), "too short");
  test_remove_folder();
}

Test(safetensors, refuses_elements_that_do_not_fit) {
  test_fails(
      read_file(file_of("{\"a\":" ENTRY("BOOL", "[1]", "[0,1]") "}", "\2", 1)),
      "tensor 'a': a bool must be 0 or 1, not 2");
  test_fails(read_file(file_of("{\"a\":" ENTRY("U64", "[1]", "[0,8]") "}",
                               "\0\0\0\0\0\0\0\x80", 8)),
             "tensor 'a': 9223372036854775808 is more than int64 holds");
  test_remove_folder();
}

/* Brackets in brackets, as deep as the text is long. */
Test(safetensors, refuses_deep_headers) {
  size_t depth = 1000000;
  char *header = malloc(depth + 10);
  memcpy(header, "{\"a\":", 5);
  memset(header + 5, '[', depth);
  header[depth + 5] = '\0';
  test_fails(read_file(file_of(header, "", 0)), "header is not right");
  free(header);
  test_remove_folder();
}

/* What is unusual, but allowed. */
Test(safetensors, reads_what_is_allowed) {
  static const char *const headers[] = {
      "{}",
      "{}                ",
      "{\n\t\"__metadata__\" : { } }",
      "{\"a\":" ENTRY("F32", "[0]", "[0,0]") "}",
      "{\"a\":" ENTRY("F32", "[3,0,5]", "[0,0]") ",\"b\":" ENTRY("U8", "[0]",
                                                                 "[0,0]") "}",
      "{\"a\":" ENTRY("U8", "[0]", "[0,0],\"more\":1") "}"};
  static const char *const with_data[] = {
      /* in another order than the bytes; not aligned; any name */
      "{\"b\":" ENTRY("F64", "[]", "[1,9]") ",\"a\":" ENTRY("U8", "[]",
                                                            "[0,1]") "}",
      "{\"\":" ENTRY("U8", "[1,9]", "[0,9]") "}",
      "{\"../../x\":" ENTRY("BOOL", "[9,1,1]", "[0,9]") "}",
      "{\"a\":" ENTRY("U8", "[9]", "[0,9]") ",\"z\":" ENTRY("F32", "[0]",
                                                            "[9,9]") "}"};
  for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
    test_ok(read_file(file_of(headers[i], "", 0)));
  for (size_t i = 0; i < sizeof with_data / sizeof with_data[0]; i++)
    test_ok(read_file(file_of(with_data[i], "\0\0\0\0\0\0\0\0\0", 9)));
  test_remove_folder();
}

/* A long header of tiny values, each of which costs the JSON reader far
** more than its bytes. */
Test(safetensors, refuses_headers_that_grow_in_memory) {
  size_t values = 9000000;
  char *header = malloc(2 * values + 20);
  size_t at = (size_t)sprintf(header, "{\"a\":[0");
  for (size_t i = 0; i < values; i++) {
    header[at++] = ',';
    header[at++] = '0';
  }
  memcpy(header + at, "]}", 3);
  test_fails(read_file(file_of(header, "", 0)), "too many values");
  free(header);
  test_remove_folder();
}

Test(safetensors, refuses_to_write) {
  const char *path = test_path("a.safetensors");
  Tensor tensors[2] = {test_make(TENSOR_UINT8, TEST_SHAPE(3)),
                       test_make(TENSOR_FLOAT32, TEST_SHAPE(3))};
  char *twice[] = {"a", "a"}, *wrong[] = {"a", "\xff"};
  char *reserved[] = {"a", "__metadata__"};
  TensorFile file = {.count = 2, .names = twice, .tensors = tensors};
  test_fails(tensor_save_safetensors(&file, path), "'a' is there twice");
  file.names = wrong;
  test_fails(tensor_save_safetensors(&file, path), "UTF-8");
  file.names = reserved;
  test_fails(tensor_save_safetensors(&file, path), "__metadata__");
  file.count = 0;
  file.entries = 2;
  file.keys = file.values = twice;
  test_fails(tensor_save_safetensors(&file, path), "'a' is there twice");
  tensor_release(&tensors[0]);
  tensor_release(&tensors[1]);
  cr_expect_eq(test_remove_folder(), 0);
}

/* }== damage ============================================================ */

Test(safetensors, survives_damage, .timeout = 120) {
  const char *path = test_path("a.safetensors");
  Sample *s = make_sample();
  test_ok(tensor_save_safetensors(&s->file, path));
  test_cuts(path, read_file);
  test_flips(path, read_file, 5000);
  test_ok(read_file(path));
  free_sample(s);
  test_remove_folder();
}

/* }===================================================================== */
