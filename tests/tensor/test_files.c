/*
** test_files.c - writing files whole or not at all, and IDX files.
*/
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <zlib.h>

#include "tests/tensor/files_support.h"

TestSuite(files, .init = test_make_folder);

/* {== output ============================================================ */

static int write_text(const char *path, const char *text) {
  TensorOutput *o = tensor_output_open(path);
  if (o == NULL) return TENSOR_FAIL;
  int status = tensor_output_write(o, text, strlen(text));
  if (status == TENSOR_OK) return tensor_output_commit(o);
  tensor_output_cancel(o);
  return status;
}

static void expect_text(const char *path, const char *text) {
  Bytes b = test_read(path);
  b.data[b.length] = '\0';
  cr_expect_str_eq((char *)b.data, text);
  free(b.data);
}

Test(files, output_replaces_at_the_end) {
  const char *path = test_path("a");
  test_ok(write_text(path, "old"));
  TensorOutput *o = tensor_output_open(path);
  test_ok(tensor_output_write(o, "new", 3));
  expect_text(path, "old");
  test_ok(tensor_output_commit(o));
  expect_text(path, "new");
  tensor_output_cancel(tensor_output_open(path));
  expect_text(path, "new");
  cr_expect_eq(test_remove_folder(), 1, "a temporary file was left");
}

Test(files, output_keeps_permissions_and_links) {
  struct stat info;
  const char *path = test_path("a"), *link = test_path("b");
  umask(022);
  test_ok(write_text(path, "1"));
  stat(path, &info);
  cr_expect_eq(info.st_mode & 0777, 0644);
  chmod(path, 0600);
  test_ok(write_text(path, "2"));
  stat(path, &info);
  cr_expect_eq(info.st_mode & 0777, 0600);
  cr_assert_eq(symlink(path, link), 0);
  test_ok(write_text(link, "3"));
  expect_text(path, "3");
  lstat(link, &info);
  cr_expect(S_ISLNK(info.st_mode));
  test_remove_folder();
}

Test(files, output_says_what_is_wrong) {
  test_fails(write_text(test_folder, "x"), "is a folder");
  test_fails(write_text(test_path("no/x"), "x"), "No such file or directory");
  test_fails(write_text("", "x"), "No such file or directory");
  test_ok(write_text(test_path("a"), "x"));
  test_fails(write_text(test_path("a/b"), "x"), "Not a directory");
  test_remove_folder();
}

Test(files, full_disk_leaves_the_old_file) {
  const char *path = test_path("a.idx.gz");
  Tensor small = test_make(TENSOR_UINT8, TEST_SHAPE(4));
  Tensor large = test_make(TENSOR_FLOAT64, TEST_SHAPE(20000));
  test_ok(tensor_save_idx(&small, path));
  Bytes before = test_read(path);
  struct rlimit old, limit;
  getrlimit(RLIMIT_FSIZE, &old);
  limit = old;
  limit.rlim_cur = 5000;
  signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &limit);
  int status = tensor_save_idx(&large, path);
  setrlimit(RLIMIT_FSIZE, &old);
  test_fails(status, "File too large");
  Bytes after = test_read(path);
  cr_expect(before.length == after.length &&
            memcmp(before.data, after.data, after.length) == 0);
  free(before.data);
  free(after.data);
  tensor_release(&small);
  tensor_release(&large);
  cr_expect_eq(test_remove_folder(), 1, "a temporary file was left");
}

Test(files, devices_are_written_not_replaced) {
  struct stat info;
  test_fails(write_text("/dev/full", "x"), "No space left on device");
  stat("/dev/full", &info);
  cr_expect(S_ISCHR(info.st_mode));
  test_ok(write_text("/dev/null", "x"));
  test_remove_folder();
}

/* }== IDX =============================================================== */

static int read_idx(const char *path) {
  Tensor t = {0};
  int status = tensor_load_idx(&t, path);
  if (status == TENSOR_OK) tensor_release(&t);
  return status;
}

static void idx_round_trip(const char *path, Tensor t) {
  Tensor back = {0}, plain = {0};
  test_ok(tensor_save_idx(&t, path));
  test_ok(tensor_load_idx(&back, path));
  test_ok(tensor_as(&plain, &t, t.dtype));
  test_expect_same(&back, &plain);
  tensor_release(&plain);
  tensor_release(&back);
  tensor_release(&t);
}

/* Each write waits for the disk, so few tensors stand for many. */
Test(files, idx_round_trips) {
  static const TensorDType dtypes[] = {TENSOR_UINT8, TENSOR_INT32,
                                       TENSOR_FLOAT32, TENSOR_FLOAT64};
  const char *plain = test_path("a.idx"), *packed = test_path("a.idx.gz");
  for (int i = 0; i < 4; i++) {
    idx_round_trip(plain, test_make(dtypes[i], TEST_SHAPE(70000)));
    idx_round_trip(packed, test_make(dtypes[i], TEST_SHAPE(7, 8, 9)));
  }
  for (TestLayout l = TEST_CONTIGUOUS; l < TEST_LAYOUTS; l++)
    idx_round_trip(plain, test_view(l, TENSOR_INT32, TEST_SHAPE(3, 4, 5)));
  idx_round_trip(packed, test_make(TENSOR_FLOAT32, 0, NULL));
  idx_round_trip(plain, test_make(TENSOR_UINT8, TEST_SHAPE(0, 3)));
  idx_round_trip(packed, test_make(TENSOR_UINT8, TEST_SHAPE(2000, 28, 28)));
  test_remove_folder();
}

Test(files, idx_bytes) {
  static const unsigned char due[] = {0, 0, 0x0C, 1,    0,    0,    0,    2,
                                      0, 1, 0xE2, 0x40, 0xFF, 0xFF, 0xFF, 0xFE};
  static const double values[] = {123456, -2};
  const char *path = test_path("a.idx");
  Tensor t = test_from(TENSOR_INT32, values, TEST_SHAPE(2));
  test_ok(tensor_save_idx(&t, path));
  Bytes b = test_read(path);
  cr_assert_eq(b.length, sizeof due);
  cr_expect_arr_eq(b.data, due, sizeof due);
  free(b.data);
  tensor_release(&t);
  test_remove_folder();
}

Test(files, idx_narrow_types_become_int32) {
  static const unsigned char bytes[] = {0, 0, 0x09, 1, 0, 0, 0, 2, 0xFF, 0x7F};
  static const unsigned char shorts[] = {0, 0, 0x0B, 1,    0,    0,
                                         0, 2, 0x80, 0x00, 0x7F, 0xFF};
  const char *path = test_path("a.idx");
  Tensor t = {0};
  test_write(path, bytes, sizeof bytes);
  test_ok(tensor_load_idx(&t, path));
  cr_expect_eq(t.dtype, TENSOR_INT32);
  cr_expect_eq(test_int_at(&t, 0), -1);
  cr_expect_eq(test_int_at(&t, 1), 127);
  tensor_release(&t);
  test_write(path, shorts, sizeof shorts);
  test_ok(tensor_load_idx(&t, path));
  cr_expect_eq(test_int_at(&t, 0), -32768);
  cr_expect_eq(test_int_at(&t, 1), 32767);
  tensor_release(&t);
  test_remove_folder();
}

static void idx_refused(const char *data, size_t length, const char *text) {
  const char *path = test_path("bad.idx");
  test_write(path, data, length);
  test_fails(read_idx(path), text);
}

Test(files, idx_refuses) {
  idx_refused("", 0, "too short for the header");
  idx_refused("\0\0\x08\1\0\0", 6, "too short for the header");
  idx_refused("\1\0\x08\1\0\0\0\1x", 9, "begins with 01 00 08 01");
  idx_refused("\0\0\x0A\1\0\0\0\1x", 9, "not an IDX file");
  idx_refused("\0\0\x08\x09\0\0\0\1x", 9, "9 dims");
  idx_refused("\0\0\x08\1\0\0\0\2x", 9,
              "too short: header says 10 bytes, file has 9");
  idx_refused("\0\0\x08\1\0\0\0\1xy", 10, "left over: header says 9 bytes");
  idx_refused("\0\0\x08\1\xFF\xFF\xFF\xFFx", 9, "header says 4294967303 bytes");
  idx_refused("\0\0\x0E\3\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 16,
              "more elements than can be counted");
  idx_refused("\0\0\x08\2\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12,
              "more elements than can be counted");
  idx_refused("\0\0\x08\3\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\0", 16,
              "more elements than can be counted");
  test_fails(read_idx(test_path("none.idx")), "No such file");
  test_fails(read_idx(test_folder), "is a folder");
  test_fails(read_idx("/dev/zero"), "not a regular file");
  Tensor t = test_make(TENSOR_INT64, TEST_SHAPE(2));
  test_fails(tensor_save_idx(&t, test_path("a.idx")), "int64");
  tensor_release(&t);
  test_remove_folder();
}

static void write_gzipped(const char *path, const char *data, int length) {
  gzFile f = gzopen(path, "wb");
  cr_assert_eq(gzwrite(f, data, (unsigned)length), length);
  cr_assert_eq(gzclose(f), Z_OK);
}

/* A gzipped header that promises far more than there is, and one that
** promises less. */
Test(files, idx_promises_are_not_believed) {
  const char *path = test_path("a.idx.gz");
  int64_t before = tensor_memory().allocated;
  write_gzipped(path,
                "\0\0\x08\2\x7F\xFF\xFF\xFF\0\0\xFF\xFF"
                "few bytes",
                21);
  test_fails(read_idx(path), "unpacked file has 21");
  write_gzipped(path,
                "\0\0\x08\1\0\0\0\2"
                "abc",
                11);
  test_fails(read_idx(path), "left over: header says 10 bytes");
  cr_expect_eq(tensor_memory().allocated, before);
  test_remove_folder();
}

Test(files, idx_gzip_is_deterministic) {
  const char *path = test_path("a.idx.gz");
  Tensor t = test_make(TENSOR_UINT8, TEST_SHAPE(100));
  test_ok(tensor_save_idx(&t, path));
  Bytes b = test_read(path);
  static const unsigned char due[] = {0x1F, 0x8B, 8, 0, 0, 0, 0, 0};
  cr_expect_arr_eq(b.data, due, sizeof due, "a name or a time is in it");
  free(b.data);
  tensor_release(&t);
  test_remove_folder();
}

Test(files, idx_survives_damage, .timeout = 120) {
  Tensor t = test_make(TENSOR_INT32, TEST_SHAPE(3, 4, 5));
  const char *plain = test_path("a.idx"), *packed = test_path("a.idx.gz");
  test_ok(tensor_save_idx(&t, plain));
  test_ok(tensor_save_idx(&t, packed));
  test_cuts(plain, read_idx);
  test_cuts(packed, read_idx);
  test_flips(plain, read_idx, 3000);
  test_flips(packed, read_idx, 3000);
  test_ok(read_idx(plain));
  tensor_release(&t);
  test_remove_folder();
}

/* }===================================================================== */
