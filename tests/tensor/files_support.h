/*
** files_support.h - what the tests of file formats share: a folder for each
** test, files as bytes, and damage done to them.
*/
#ifndef TEST_FILES_SUPPORT_H
#define TEST_FILES_SUPPORT_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/tensor/support.h"

typedef struct Bytes {
  unsigned char *data;
  size_t length;
} Bytes;

/* The folder of this test; each test is a process of its own. */
static char test_folder[] = "/tmp/nnlua-test-XXXXXX";

static inline void test_make_folder(void) {
  cr_assert_not_null(mkdtemp(test_folder));
}

/* Removes the folder; returns how many files were in it. */
static inline int test_remove_folder(void) {
  char path[600];
  int count = 0;
  DIR *folder = opendir(test_folder);
  for (struct dirent *e; (e = readdir(folder)) != NULL;) {
    if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
    snprintf(path, sizeof path, "%s/%s", test_folder, e->d_name);
    unlink(path);
    count++;
  }
  closedir(folder);
  rmdir(test_folder);
  return count;
}

/* The path of a file in the folder; four can be in use at once. */
static inline const char *test_path(const char *name) {
  static char paths[4][200];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", test_folder, name);
  return path;
}

static inline void test_write(const char *path, const void *data,
                              size_t length) {
  FILE *f = fopen(path, "wb");
  cr_assert_not_null(f);
  cr_assert_eq(fwrite(data, 1, length, f), length);
  cr_assert_eq(fclose(f), 0);
}

/* The caller frees the data. */
static inline Bytes test_read(const char *path) {
  Bytes b = {NULL, 0};
  FILE *f = fopen(path, "rb");
  cr_assert_not_null(f, "%s", path);
  fseek(f, 0, SEEK_END);
  b.length = (size_t)ftell(f);
  rewind(f);
  b.data = malloc(b.length + 1);
  cr_assert_eq(fread(b.data, 1, b.length, f), b.length);
  fclose(f);
  return b;
}

/* Reads a file and gives everything back. */
typedef int TestReader(const char *path);

/* The file cut anywhere is refused, with a message that begins with the
** path. */
static inline void test_cuts(const char *path, TestReader *reader) {
  Bytes b = test_read(path);
  for (size_t length = 0; length < b.length; length++) {
    test_write(path, b.data, length);
    cr_assert_eq(reader(path), TENSOR_FAIL, "%s cut to %zu bytes was read",
                 path, length);
    cr_assert(strncmp(tensor_message(), path, strlen(path)) == 0, "%s",
              tensor_message());
  }
  test_write(path, b.data, b.length);
  free(b.data);
}

/* The file with one to four bytes changed is read or refused. */
static inline void test_flips(const char *path, TestReader *reader, int times) {
  Bytes b = test_read(path);
  unsigned char *copy = malloc(b.length);
  for (int i = 0; i < times; i++) {
    memcpy(copy, b.data, b.length);
    for (int64_t n = 1 + test_random() % 4; n > 0; n--)
      copy[(size_t)test_random() % b.length] = (unsigned char)test_random();
    test_write(path, copy, b.length);
    int status = reader(path);
    cr_assert(status == TENSOR_OK || status == TENSOR_FAIL, "%s",
              tensor_message());
  }
  test_write(path, b.data, b.length);
  free(copy);
  free(b.data);
}

#endif
