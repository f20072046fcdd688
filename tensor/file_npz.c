/*
** file_npz.c - NumPy's npz files: a zip archive with an npy file for each
** array, named after it.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tensor/file.h"
#include "tensor/file_npy.h"
#include "tensor/file_npz.h"
#include "tensor/file_zip.h"

#define NAME_SHOWN 300

/* A folder that an archiver has put in: it has no bytes. */
static bool is_folder(const ZipMember *m) {
  size_t length = strlen(m->name);
  return length > 0 && m->name[length - 1] == '/' && m->bytes == 0;
}

/* The array's name, made of the member's, or NULL if it has none. */
static char *array_name(const ZipMember *m) {
  size_t length = strlen(m->name), ending = strlen(NPZ_ENDING);
  if (length < ending || strcmp(m->name + length - ending, NPZ_ENDING) != 0)
    return NULL;
  return strndup(m->name, length - ending);
}

static int read_member(const ZipFile *zip, const ZipMember *m, ZipStream *s,
                       Tensor *out) {
  char name[NAME_SHOWN];
  snprintf(name, sizeof name, "%s: member '%s'", zip->path, m->name);
  NpySource source = {
      .name = name, .size = m->bytes, .read = tensor_zip_read, .context = s};
  int status = tensor_zip_begin(s, zip, m);
  if (status != TENSOR_OK) return status;
  status = tensor_zip_end(s, tensor_npy_read(out, &source));
  if (status != TENSOR_OK) tensor_release(out);
  return status;
}

static int read_members(const ZipFile *zip, ZipStream *s, TensorFile *file) {
  for (int64_t i = 0; i < zip->count; i++) {
    const ZipMember *m = &zip->members[i];
    if (is_folder(m)) continue;
    char *name = array_name(m);
    if (name == NULL)
      return tensor_fail("%s: member '%s' is not an array: its name does not "
                         "end in " NPZ_ENDING,
                         zip->path, m->name);
    file->names[file->count++] = name;
    int status = read_member(zip, m, s, &file->tensors[file->count - 1]);
    if (status != TENSOR_OK) return status;
  }
  return TENSOR_OK;
}

static int compare_names(const void *a, const void *b) {
  return strcmp((*(const ZipMember *const *)a)->name,
                (*(const ZipMember *const *)b)->name);
}

/* That no two members have one name. */
static int check_names(const ZipFile *zip) {
  size_t count = (size_t)zip->count;
  const ZipMember **sorted = malloc((count + 1) * sizeof *sorted);
  int status = TENSOR_OK;
  if (sorted == NULL) return tensor_no_memory(zip->count);
  for (size_t i = 0; i < count; i++) sorted[i] = &zip->members[i];
  qsort(sorted, count, sizeof *sorted, compare_names);
  for (size_t i = 1; i < count && status == TENSOR_OK; i++)
    if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
      status = tensor_fail("%s: member '%s' is there twice", zip->path,
                           sorted[i]->name);
  free(sorted);
  return status;
}

static int load(const ZipFile *zip, TensorFile *file) {
  size_t most = (size_t)zip->count + 1;
  ZipStream *stream = malloc(sizeof *stream);
  file->names = calloc(most, sizeof *file->names);
  file->tensors = calloc(most, sizeof *file->tensors);
  int status = stream == NULL || file->names == NULL || file->tensors == NULL
                   ? tensor_no_memory((int64_t)most)
                   : check_names(zip);
  if (status == TENSOR_OK) status = read_members(zip, stream, file);
  free(stream);
  return status;
}

int tensor_load_npz(TensorFile *file, const char *path) {
  ZipFile zip;
  memset(file, 0, sizeof *file);
  int status = tensor_zip_open(&zip, path);
  if (status != TENSOR_OK) return status;
  status = load(&zip, file);
  tensor_zip_close(&zip);
  if (status != TENSOR_OK) tensor_file_free(file);
  return status;
}
