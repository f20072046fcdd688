/*
** test_npy.c - NumPy's npy files: headers in every spelling, element types
** in both byte orders, what must be refused, and damage.
*/
#include "tests/tensor/files_support.h"

TestSuite(npy, .init = test_make_folder);

static int read_npy(const char *path) {
  Tensor t = {0};
  int status = tensor_load_npy(&t, path);
  if (status == TENSOR_OK) tensor_release(&t);
  return status;
}

/* Writes a file: version, the text of the header, data. */
static const char *file_of(int version, const char *text, const void *data,
                           size_t bytes) {
  const char *path = test_path("a.npy");
  size_t length = strlen(text);
  FILE *f = fopen(path, "wb");
  fprintf(f, "\x93NUMPY%c%c", version, 0);
  for (int i = 0; i < (version == 1 ? 2 : 4); i++)
    fputc((int)(length >> (8 * i) & 0xFF), f);
  fwrite(text, 1, length, f);
  fwrite(data, 1, bytes, f);
  fclose(f);
  return path;
}

/* {== writing =========================================================== */

static void expect_header(const Tensor *t, const char *text) {
  const char *path = test_path("a.npy");
  char due[256];
  test_ok(tensor_save_npy(t, path));
  Bytes b = test_read(path);
  memset(due, ' ', sizeof due);
  memcpy(due, "\x93NUMPY\1\0v\0", 10);
  memcpy(due + 10, text, strlen(text));
  due[127] = '\n';
  cr_assert_eq(b.length, 128 + (size_t)tensor_bytes(t));
  cr_expect(memcmp(b.data, due, 128) == 0, "%.128s", b.data);
  cr_expect(memcmp(b.data + 128, t->data, (size_t)tensor_bytes(t)) == 0);
  free(b.data);
}

/* What numpy.save writes, byte by byte. */
Test(npy, writes_what_numpy_does) {
  static const char *const descrs[] = {"|b1", "|u1", "<i4",
                                       "<i8", "<f4", "<f8"};
  char text[100];
  for (int i = 0; i < TENSOR_DTYPE_COUNT; i++) {
    Tensor t = test_make((TensorDType)i, TEST_SHAPE(2, 3));
    snprintf(text, sizeof text,
             "{'descr': '%s', 'fortran_order': False, 'shape': (2, 3), }",
             descrs[i]);
    expect_header(&t, text);
    tensor_release(&t);
  }
  Tensor t = test_make(TENSOR_FLOAT32, 0, NULL);
  expect_header(&t, "{'descr': '<f4', 'fortran_order': False, 'shape': (), }");
  tensor_release(&t);
  t = test_make(TENSOR_FLOAT32, TEST_SHAPE(5));
  expect_header(&t,
                "{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }");
  tensor_release(&t);
  test_remove_folder();
}

/* The longest shape still has a header that can be read. */
Test(npy, long_shapes) {
  const char *path = test_path("a.npy");
  int64_t shape[TENSOR_MAX_DIMS] = {0};
  Tensor back = {0}, t;
  for (int d = 1; d < TENSOR_MAX_DIMS; d++)
    shape[d] = d == 1 ? INT64_MAX / 8 : 1;
  test_ok(tensor_new(&t, TENSOR_UINT8, TENSOR_MAX_DIMS, shape));
  test_ok(tensor_save_npy(&t, path));
  test_ok(tensor_load_npy(&back, path));
  test_expect_same(&back, &t);
  tensor_release(&back);
  tensor_release(&t);
  test_remove_folder();
}

Test(npy, round_trips) {
  static const int64_t shapes[][3] = {{3, 4, 5}, {2, 0, 3}, {1, 1, 7}};
  const char *path = test_path("a.npy");
  for (int i = 0; i < TENSOR_DTYPE_COUNT * TEST_LAYOUTS; i++) {
    Tensor back = {0}, plain = {0};
    Tensor t =
        test_view((TestLayout)(i / TENSOR_DTYPE_COUNT),
                  (TensorDType)(i % TENSOR_DTYPE_COUNT), i % 4, shapes[i % 3]);
    test_ok(tensor_save_npy(&t, path));
    test_ok(tensor_load_npy(&back, path));
    test_ok(tensor_as(&plain, &t, t.dtype));
    test_expect_same(&back, &plain);
    tensor_release(&plain);
    tensor_release(&back);
    tensor_release(&t);
  }
  cr_expect_eq(test_remove_folder(), 1, "a temporary file was left");
}

/* }== headers =========================================================== */

Test(npy, headers_in_every_spelling) {
  static const char data[] = {1, 2, 3, 4, 5, 6};
  static const char *const texts[] = {
      "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }\n",
      "{'descr':'|u1','fortran_order':False,'shape':(2,3)}",
      "{\"shape\": (2, 3,), \"descr\": \"u1\", \"fortran_order\": False}",
      " {'fortran_order' : False,\n'shape' : ( 2L , 3L ) , 'descr' : '<u1'} ",
      "{'shape': (2, 3), 'fortran_order': False, 'descr': '>u1'}   \n",
      "{'shape': (2, 3), 'fortran_order': False, 'descr': '=u1'}\t\n"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    for (int version = 1; version <= 3; version++) {
      Tensor t = {0};
      test_ok(tensor_load_npy(&t, file_of(version, texts[i], data, 6)));
      cr_expect_eq(t.dtype, TENSOR_UINT8);
      test_expect_shape(&t, TEST_SHAPE(2, 3));
      for (int k = 0; k < 6; k++) cr_expect_eq(test_at(&t, k), k + 1);
      tensor_release(&t);
    }
  test_remove_folder();
}

/* A header of those three values; NULL leaves a key out. */
static const char *header_of(const char *descr, const char *order,
                             const char *shape) {
  static char text[400];
  snprintf(text, sizeof text, "{%s%s%s%s%s%s%s%s%s}", descr ? "'descr': " : "",
           descr ? descr : "", descr ? ", " : "",
           order ? "'fortran_order': " : "", order ? order : "",
           order ? ", " : "", shape ? "'shape': " : "", shape ? shape : "",
           shape ? ", " : "");
  return text;
}

static void refused(const char *descr, const char *order, const char *shape,
                    const char *text) {
  static const char zeros[64];
  const char *path = file_of(1, header_of(descr, order, shape), zeros, 4);
  test_fails(read_npy(path), text);
  cr_expect(strncmp(tensor_message(), path, strlen(path)) == 0, "%s",
            tensor_message());
}

Test(npy, refuses_wrong_shapes) {
  static const struct {
    const char *shape, *text;
  } cases[] = {
      {"(4)", "must be a tuple"},
      {"4", "must be a tuple"},
      {"[4]", "must be a tuple"},
      {"None", "must be a tuple"},
      {"(-4,)", "whole numbers"},
      {"(4.0,)", "whole numbers"},
      {"(04,)", "whole numbers"},
      {"(0x4,)", "whole numbers"},
      {"(2 2)", "whole numbers"},
      {"(,)", "whole numbers"},
      {"(4,,)", "whole numbers"},
      {"(True,)", "whole numbers"},
      {"(99999999999999999999,)", "whole numbers"},
      {"(4,", "whole numbers"},
      {"(9223372036854775807, 9)", "more elements than can be counted"},
      {"(0, 9223372036854775807, 9)", "more elements than can be counted"},
      {"(1, 1, 1, 1, 1, 1, 1, 1, 4)", "more than 8 dims"},
      {"(5,)", "too short: the shape (5) takes 5 bytes"},
      {"(9223372036854775807,)", "more elements than can be counted"},
      {"(1099511627776,)", "too short"},
      {"(3,)", "left over"},
      {"(0,)", "left over"},
      {"()", "left over"},
  };
  int64_t before = tensor_memory().allocated;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    refused("'|u1'", "False", cases[i].shape, cases[i].text);
  refused("'<c8'", "False", "(1, 1, 1, 1, 1, 1, 1, 1)", "complex numbers need");
  cr_expect_eq(tensor_memory().allocated, before);
  test_remove_folder();
}

Test(npy, refuses_wrong_types) {
  static const struct {
    const char *descr, *text;
  } cases[] = {
      {"'|O'", "Python objects"},
      {"'<U4'", "holds text"},
      {"'|S4'", "holds text"},
      {"'|V4'", "bytes without a meaning"},
      {"'<M8[ns]'", "dates or times"},
      {"'<m8'", "dates or times"},
      {"[('a', '<f4')]", "holds records"},
      {"'<f16'", "'<f16' is not known"},
      {"'<c32'", "is not known"},
      {"'<f'", "is not known"},
      {"'<f4x'", "is not known"},
      {"'<f04'", "is not known"},
      {"'<f 4'", "is not known"},
      {"'<f-4'", "is not known"},
      {"'<<f4'", "is not known"},
      {"'<i3'", "is not known"},
      {"'b2'", "is not known"},
      {"''", "is not known"},
      {"'<'", "is not known"},
      {"4", "descr must be a short string"},
      {"<f4", "descr must be a short string"},
      {"'\\x3cf4'", "descr must be a short string"},
      {"'<f4 or something that is far too long'", "a short string"},
      {"u'<f4'", "descr must be a short string"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    refused(cases[i].descr, "False", "(4,)", cases[i].text);
  test_remove_folder();
}

Test(npy, refuses_wrong_dicts) {
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"", "must begin with '{'"},
      {"[]", "must begin with '{'"},
      {"{", "each key must be a string"},
      {"{}", "'descr' is not there"},
      {"{,}", "each key must be a string"},
      {"{1: 2}", "each key must be a string"},
      {"{'descr' '|u1'}", "a colon must follow"},
      {"{'descr': '|u1' 'shape': (4,)}", "a comma must follow"},
      {"{'descr': '|u1', 'descr': '|u1'}", "'descr' is there twice"},
      {"{'more': 1}", "the key 'more' has no place"},
      {"{'descr': '|u1', 'shape': (4,)", "a comma must follow"},
      {"{'descr': '|u1', 'fortran_order': False, 'shape': (4,)} + 1",
       "something follows"},
      {"{'descr': '|u1', 'fortran_order': False, 'shape': (4,)}}",
       "something follows"},
      {"__import__('os')", "must begin with '{'"},
  };
  static const char zeros[4];
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    test_fails(read_npy(file_of(1, cases[i].text, zeros, 4)), cases[i].message);
  refused("'|u1'", "0", "(4,)", "must be True or False");
  refused("'|u1'", "None", "(4,)", "must be True or False");
  refused("'|u1'", NULL, "(4,)", "'fortran_order' is not there");
  refused("'|u1'", "False", NULL, "'shape' is not there");
  test_remove_folder();
}

Test(npy, refuses_wrong_files) {
  const char *path = test_path("a.npy");
  test_fails(read_npy(path), "No such file");
  test_write(path, "", 0);
  test_fails(read_npy(path), "too short for an npy file");
  test_write(path, "PK\3\4 and more", 13);
  test_fails(read_npy(path), "not an npy file (it begins with 50 4b 03 04)");
  test_write(path, "\x93NUMPY\4\0\4\0\0\0{}  ", 16);
  test_fails(read_npy(path), "version 4.0 is not known");
  test_write(path, "\x93NUMPY\1\1\4\0{}  ", 14);
  test_fails(read_npy(path), "version 1.1 is not known");
  test_write(path, "\x93NUMPY\2\0\0\0", 10);
  test_fails(read_npy(path), "too short for an npy file");
  test_write(path, "\x93NUMPY\2\0\xFF\xFF\xFF\xFF{}  ", 16);
  test_fails(read_npy(path), "a header of 4294967295 bytes");
  test_write(path, "\x93NUMPY\1\0\5\0{}  ", 14);
  test_fails(read_npy(path), "its header is 5 bytes long, 4 are there");
  test_remove_folder();
}

/* }== elements ========================================================== */

/* Elements of that type, first in this and then in the other byte order. */
static void reads(const char *type, int size, int n, const void *data,
                  TensorDType dtype, const double *due) {
  char descr[8], shape[16];
  unsigned char turned[64];
  for (int big = 0; big < 2; big++) {
    Tensor t = {0};
    snprintf(descr, sizeof descr, "'%c%s'", big ? '>' : '<', type);
    snprintf(shape, sizeof shape, "(%d,)", n);
    for (int i = 0; i < n * size; i++) {
      int to = big ? i / size * size + size - 1 - i % size : i;
      turned[to] = ((const unsigned char *)data)[i];
    }
    const char *header = header_of(descr, "False", shape);
    test_ok(
        tensor_load_npy(&t, file_of(1, header, turned, (size_t)(n * size))));
    cr_assert_eq(t.dtype, dtype, "%s", type);
    test_expect_shape(&t, TEST_SHAPE(n));
    for (int i = 0; i < n; i++)
      cr_expect(test_near(test_at(&t, i), due[i], 0), "%s: %g where %g was due",
                descr, test_at(&t, i), due[i]);
    tensor_release(&t);
  }
}

Test(npy, element_types) {
  static const bool bools[] = {true, false, true};
  static const uint8_t bytes[] = {0, 128, 255};
  static const int8_t chars[] = {-128, 127, -1};
  static const int16_t shorts[] = {-32768, 32767, -2};
  static const uint16_t words[] = {0, 65535, 256};
  static const int32_t ints[] = {INT32_MIN, INT32_MAX, 258};
  static const uint32_t uints[] = {0, UINT32_MAX, 258};
  static const int64_t longs[] = {INT64_MIN, 258, -1};
  static const uint64_t ulongs[] = {0, 258, 1ULL << 62};
  static const uint16_t halves[] = {0x3C00, 0xFC00, 0x0001};
  static const float floats[] = {1.5F, -INFINITY, 0x1p-149F};
  static const double doubles[] = {1.5, NAN, 0x1p-1074};
  reads("b1", 1, 3, bools, TENSOR_BOOL, (double[]){1, 0, 1});
  reads("u1", 1, 3, bytes, TENSOR_UINT8, (double[]){0, 128, 255});
  reads("i1", 1, 3, chars, TENSOR_INT32, (double[]){-128, 127, -1});
  reads("i2", 2, 3, shorts, TENSOR_INT32, (double[]){-32768, 32767, -2});
  reads("u2", 2, 3, words, TENSOR_INT32, (double[]){0, 65535, 256});
  reads("i4", 4, 3, ints, TENSOR_INT32, (double[]){INT32_MIN, INT32_MAX, 258});
  reads("u4", 4, 3, uints, TENSOR_INT64, (double[]){0, UINT32_MAX, 258});
  reads("i8", 8, 3, longs, TENSOR_INT64, (double[]){-0x1p63, 258, -1});
  reads("u8", 8, 3, ulongs, TENSOR_INT64, (double[]){0, 258, 0x1p62});
  reads("f2", 2, 3, halves, TENSOR_FLOAT32, (double[]){1, -INFINITY, 0x1p-24});
  reads("f4", 4, 3, floats, TENSOR_FLOAT32,
        (double[]){1.5, -INFINITY, 0x1p-149});
  reads("f8", 8, 3, doubles, TENSOR_FLOAT64, (double[]){1.5, NAN, 0x1p-1074});
  test_remove_folder();
}

Test(npy, elements_that_do_not_fit) {
  static const uint64_t large[] = {1, 1ULL << 63};
  static const char bools[] = {0, 1, 2};
  test_fails(read_npy(file_of(1, header_of("'<u8'", "False", "(2,)"), large,
                              sizeof large)),
             "9223372036854775808 is more than int64 holds");
  test_fails(read_npy(file_of(1, header_of("'|b1'", "False", "(3,)"), bools,
                              sizeof bools)),
             "a bool must be 0 or 1, not 2");
  test_remove_folder();
}

/* More elements than are widened at a time. */
Test(npy, long_narrow_arrays) {
  static uint16_t words[100000];
  Tensor t = {0};
  for (int i = 0; i < 100000; i++) words[i] = (uint16_t)(7 * i);
  test_ok(
      tensor_load_npy(&t, file_of(1, header_of("'<u2'", "False", "(100000,)"),
                                  words, sizeof words)));
  for (int i = 0; i < 100000; i++) cr_assert_eq(test_int_at(&t, i), words[i]);
  tensor_release(&t);
  test_remove_folder();
}

Test(npy, fortran_order_is_a_view) {
  static const float data[] = {1, 2, 3, 4, 5, 6};
  Tensor t = {0};
  test_ok(tensor_load_npy(
      &t, file_of(1, header_of("'<f4'", "True", "(2, 3)"), data, 24)));
  test_expect_shape(&t, TEST_SHAPE(2, 3));
  cr_expect_eq(t.strides[0], 1);
  static const double due[] = {1, 3, 5, 2, 4, 6};
  for (int i = 0; i < 6; i++) cr_expect_eq(test_at(&t, i), due[i]);
  tensor_release(&t);
  test_ok(read_npy(file_of(1, header_of("'<f4'", "True", "()"), data, 4)));
  test_ok(read_npy(file_of(1, header_of("'<f4'", "True", "(0, 3)"), data, 0)));
  test_remove_folder();
}

Test(npy, complex_numbers_are_pairs) {
  static const float singles[] = {1, 2, 3, 4, 5, 6};
  static const double doubles[] = {1, -2};
  Tensor t = {0};
  test_ok(tensor_load_npy(
      &t, file_of(1, header_of("'<c8'", "False", "(3,)"), singles, 24)));
  cr_expect_eq(t.dtype, TENSOR_FLOAT32);
  test_expect_shape(&t, TEST_SHAPE(3, 2));
  for (int i = 0; i < 6; i++) cr_expect_eq(test_at(&t, i), i + 1);
  tensor_release(&t);
  test_ok(tensor_load_npy(
      &t, file_of(1, header_of("'<c16'", "False", "()"), doubles, 16)));
  cr_expect_eq(t.dtype, TENSOR_FLOAT64);
  test_expect_shape(&t, TEST_SHAPE(2));
  cr_expect_eq(test_at(&t, 1), -2);
  tensor_release(&t);
  test_ok(tensor_load_npy(
      &t, file_of(1, header_of("'<c8'", "True", "(3, 1)"), singles, 24)));
  test_expect_shape(&t, TEST_SHAPE(3, 1, 2));
  for (int i = 0; i < 6; i++) cr_expect_eq(test_at(&t, i), i + 1);
  tensor_release(&t);
  test_remove_folder();
}

/* }== damage ============================================================ */

Test(npy, survives_damage, .timeout = 120) {
  static const int8_t chars[20] = {1, 2, 3};
  const char *path = test_path("a.npy");
  Tensor t = test_make(TENSOR_FLOAT32, TEST_SHAPE(3, 4));
  test_ok(tensor_save_npy(&t, path));
  test_cuts(path, read_npy);
  test_flips(path, read_npy, 4000);
  test_ok(read_npy(path));
  file_of(3, header_of("'|i1'", "True", "(4, 5)"), chars, 20);
  test_cuts(path, read_npy);
  test_flips(path, read_npy, 4000);
  tensor_release(&t);
  test_remove_folder();
}

/* }===================================================================== */
