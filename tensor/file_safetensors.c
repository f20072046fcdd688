/*
** file_safetensors.c - reading named tensors: the safetensors format.
**
** Eight bytes (little-endian) give the length of a JSON header, which gives
** for each name a dtype, a shape and where its bytes lie in the rest of the
** file. The bytes of all tensors follow each other without holes or overlap
** and end where the file ends; the reader insists on it, so that no header
** can ask for more memory than its file has bytes (times 4 where a narrow
** type becomes a wider one).
*/
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tensor/file.h"
#include "tensor/file_safetensors.h"
#include "tensor/kernel.h"

/* Values in a header: more is an attack on the memory of the JSON reader. */
#define VALUES_MOST 4000000

const TensorFileType tensor_file_types[TENSOR_FILE_TYPES] = {
    {"BOOL", 1, TENSOR_BOOL, TENSOR_SAME},
    {"U8", 1, TENSOR_UINT8, TENSOR_SAME},
    {"I8", 1, TENSOR_INT32, TENSOR_I8},
    {"I16", 2, TENSOR_INT32, TENSOR_I16},
    {"U16", 2, TENSOR_INT32, TENSOR_U16},
    {"F16", 2, TENSOR_FLOAT32, TENSOR_F16},
    {"BF16", 2, TENSOR_FLOAT32, TENSOR_BF16},
    {"I32", 4, TENSOR_INT32, TENSOR_SAME},
    {"U32", 4, TENSOR_INT64, TENSOR_U32},
    {"F32", 4, TENSOR_FLOAT32, TENSOR_SAME},
    {"F64", 8, TENSOR_FLOAT64, TENSOR_SAME},
    {"I64", 8, TENSOR_INT64, TENSOR_SAME},
    {"U64", 8, TENSOR_INT64, TENSOR_U64}};

void tensor_file_free(TensorFile *file) {
  for (int i = 0; i < file->count; i++) {
    if (file->names != NULL) free(file->names[i]);
    if (file->tensors != NULL) tensor_release(&file->tensors[i]);
  }
  for (int i = 0; i < file->entries; i++) {
    if (file->keys != NULL) free(file->keys[i]);
    if (file->values != NULL) free(file->values[i]);
  }
  free(file->names);
  free(file->tensors);
  free(file->keys);
  free(file->values);
  memset(file, 0, sizeof *file);
}

typedef struct Entry {
  const char *name; /* in the JSON */
  const TensorFileType *type;
  int ndim;
  int64_t shape[TENSOR_MAX_DIMS];
  int64_t begin, end, count;
} Entry;

typedef struct Reader {
  const char *path;
  int fd;
  int64_t header, data; /* sizes of the two parts */
  char *text;           /* the header */
  json_t *json;
  Entry *entries;
  int count;
} Reader;

static int read_length(Reader *r, int64_t size) {
  unsigned char bytes[8];
  uint64_t length = 0;
  if (size < 8)
    return tensor_fail("%s: too short for a safetensors file: %lld bytes",
                       r->path, (long long)size);
  int status = tensor_input_read(r->path, r->fd, bytes, 8);
  if (status != TENSOR_OK) return status;
  for (int i = 7; i >= 0; i--) length = length << 8 | bytes[i];
  if (length > (uint64_t)TENSOR_FILE_HEADER_MOST)
    return tensor_fail("%s: not a safetensors file: a header of %llu bytes is "
                       "more than the format allows",
                       r->path, (unsigned long long)length);
  if ((int64_t)length > size - 8)
    return tensor_fail("%s: too short: header says it has %llu bytes, the "
                       "file has %lld after its length",
                       r->path, (unsigned long long)length,
                       (long long)(size - 8));
  r->header = (int64_t)length;
  r->data = size - 8 - r->header;
  return TENSOR_OK;
}

/* A close upper bound on the values in JSON text: each but the first comes
** after a comma, a colon or an opening bracket outside of strings. */
static int64_t count_values(const char *text, int64_t length) {
  int64_t count = 1;
  bool inside = false;
  for (int64_t i = 0; i < length; i++) {
    char c = text[i];
    if (c == '"')
      inside = !inside;
    else if (inside && c == '\\')
      i++;
    else if (!inside && (c == ',' || c == ':' || c == '[' || c == '{'))
      count++;
  }
  return count;
}

static int read_json(Reader *r) {
  json_error_t error;
  r->text = malloc((size_t)r->header + 1);
  if (r->text == NULL) return tensor_no_memory(r->header);
  int status = tensor_input_read(r->path, r->fd, r->text, r->header);
  if (status != TENSOR_OK) return status;
  if (r->header < 2 || r->text[0] != '{')
    return tensor_fail("%s: not a safetensors file: the header must begin "
                       "with '{'",
                       r->path);
  if (count_values(r->text, r->header) > VALUES_MOST)
    return tensor_fail("%s: the header holds too many values", r->path);
  r->json =
      json_loadb(r->text, (size_t)r->header, JSON_REJECT_DUPLICATES, &error);
  if (r->json == NULL)
    return tensor_fail("%s: the header is not right: %s", r->path, error.text);
  return TENSOR_OK;
}

static int entry_type(const Reader *r, Entry *e, const json_t *value) {
  const char *text = json_string_value(json_object_get(value, "dtype"));
  if (text == NULL)
    return tensor_fail("%s: tensor '%s' has no dtype", r->path, e->name);
  for (int i = 0; i < TENSOR_FILE_TYPES; i++)
    if (strcmp(text, tensor_file_types[i].name) == 0)
      e->type = &tensor_file_types[i];
  if (e->type == NULL)
    return tensor_fail("%s: tensor '%s' has dtype %.40s, which is not "
                       "supported",
                       r->path, e->name, text);
  return TENSOR_OK;
}

/* A whole number that is not negative, or -1. */
static int64_t size_of(const json_t *value) {
  if (!json_is_integer(value) || json_integer_value(value) < 0) return -1;
  return json_integer_value(value);
}

static int entry_shape(const Reader *r, Entry *e, const json_t *value) {
  const json_t *shape = json_object_get(value, "shape");
  if (!json_is_array(shape))
    return tensor_fail("%s: tensor '%s' has no shape", r->path, e->name);
  if (json_array_size(shape) > TENSOR_MAX_DIMS)
    return tensor_fail("%s: tensor '%s' has %zu dims, at most %d are supported",
                       r->path, e->name, json_array_size(shape),
                       TENSOR_MAX_DIMS);
  e->ndim = (int)json_array_size(shape);
  for (int d = 0; d < e->ndim; d++) {
    e->shape[d] = size_of(json_array_get(shape, (size_t)d));
    if (e->shape[d] < 0)
      return tensor_fail("%s: tensor '%s': a size in its shape is not a whole "
                         "number from 0",
                         r->path, e->name);
  }
  return TENSOR_OK;
}

static int entry_offsets(const Reader *r, Entry *e, const json_t *value) {
  const json_t *offsets = json_object_get(value, "data_offsets");
  int64_t bytes;
  e->begin = size_of(json_array_get(offsets, 0));
  e->end = size_of(json_array_get(offsets, 1));
  if (json_array_size(offsets) != 2 || e->begin < 0 || e->end < e->begin)
    return tensor_fail("%s: tensor '%s' needs data_offsets [begin, end] with "
                       "0 <= begin <= end",
                       r->path, e->name);
  if (e->end > r->data)
    return tensor_fail("%s: too short: tensor '%s' ends at byte %lld of the "
                       "data, the file has %lld",
                       r->path, e->name, (long long)e->end, (long long)r->data);
  int status = tensor_input_count(r->path, e->ndim, e->shape, e->type->size,
                                  &e->count, &bytes);
  if (status != TENSOR_OK || bytes == e->end - e->begin) return status;
  char text[TENSOR_SHAPE_TEXT];
  return tensor_fail("%s: tensor '%s' is %s %s, which takes %lld bytes, but "
                     "has %lld",
                     r->path, e->name, e->type->name,
                     tensor_shape_text(e->ndim, e->shape, text),
                     (long long)bytes, (long long)(e->end - e->begin));
}

static int read_entry(Reader *r, const char *name, const json_t *value) {
  Entry *e = &r->entries[r->count++];
  e->name = name;
  if (!json_is_object(value))
    return tensor_fail("%s: tensor '%s' is not described by an object", r->path,
                       name);
  int status = entry_type(r, e, value);
  if (status == TENSOR_OK) status = entry_shape(r, e, value);
  return status == TENSOR_OK ? entry_offsets(r, e, value) : status;
}

/* By position; of empty tensors at one position, by name. */
static int compare_entries(const void *a, const void *b) {
  const Entry *x = a, *y = b;
  if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
  if (x->end != y->end) return x->end < y->end ? -1 : 1;
  return strcmp(x->name, y->name);
}

/* Sorts the entries by position and checks that they fill the data. */
static int check_layout(Reader *r) {
  int64_t at = 0;
  qsort(r->entries, (size_t)r->count, sizeof *r->entries, compare_entries);
  for (int i = 0; i < r->count; i++) {
    const Entry *e = &r->entries[i];
    if (e->begin != at)
      return tensor_fail("%s: the bytes of tensor '%s' %s", r->path, e->name,
                         e->begin < at ? "overlap another tensor's"
                                       : "leave a hole before them");
    at = e->end;
  }
  if (at != r->data)
    return tensor_fail("%s: bytes are left over: the tensors take %lld of %lld",
                       r->path, (long long)at, (long long)r->data);
  return TENSOR_OK;
}

static int read_entries(Reader *r) {
  const char *name;
  json_t *value;
  size_t most = json_object_size(r->json);
  r->entries = calloc(most + 1, sizeof *r->entries);
  if (r->entries == NULL) return tensor_no_memory((int64_t)most);
  json_object_foreach(r->json, name, value) {
    if (strcmp(name, TENSOR_FILE_METADATA) == 0) continue;
    int status = read_entry(r, name, value);
    if (status != TENSOR_OK) return status;
  }
  return check_layout(r);
}

static int read_metadata(const Reader *r, TensorFile *file) {
  json_t *metadata = json_object_get(r->json, TENSOR_FILE_METADATA), *value;
  const char *key;
  if (metadata == NULL) return TENSOR_OK;
  if (!json_is_object(metadata))
    return tensor_fail("%s: " TENSOR_FILE_METADATA " is not an object",
                       r->path);
  size_t most = json_object_size(metadata) + 1;
  file->keys = calloc(most, sizeof *file->keys);
  file->values = calloc(most, sizeof *file->values);
  if (file->keys == NULL || file->values == NULL)
    return tensor_no_memory((int64_t)most);
  json_object_foreach(metadata, key, value) {
    if (!json_is_string(value))
      return tensor_fail("%s: metadata '%s' is not a string", r->path, key);
    int i = file->entries++;
    file->keys[i] = strdup(key);
    file->values[i] = strdup(json_string_value(value));
    if (file->keys[i] == NULL || file->values[i] == NULL)
      return tensor_no_memory((int64_t)json_string_length(value));
  }
  return TENSOR_OK;
}

static int read_bytes(void *context, void *to, int64_t bytes) {
  const Reader *r = context;
  return tensor_input_read(r->path, r->fd, to, bytes);
}

static int read_tensor(Reader *r, const Entry *e, Tensor *t) {
  char what[300];
  snprintf(what, sizeof what, "%s: tensor '%s'", r->path, e->name);
  TensorElements elements = {.size = e->type->size,
                             .narrow = e->type->narrow,
                             .swap = !TENSOR_LITTLE_ENDIAN,
                             .read = read_bytes,
                             .context = r,
                             .what = what};
  int status = tensor_new(t, e->type->dtype, e->ndim, e->shape);
  return status == TENSOR_OK ? tensor_read_elements(t, &elements) : status;
}

static int read_tensors(Reader *r, TensorFile *file) {
  size_t most = (size_t)r->count + 1;
  file->names = calloc(most, sizeof *file->names);
  file->tensors = calloc(most, sizeof *file->tensors);
  if (file->names == NULL || file->tensors == NULL)
    return tensor_no_memory((int64_t)most);
  for (int i = 0; i < r->count; i++) {
    const Entry *e = &r->entries[i];
    file->count++;
    file->names[i] = strdup(e->name);
    if (file->names[i] == NULL) return tensor_no_memory(1);
    int status = read_tensor(r, e, &file->tensors[i]);
    if (status != TENSOR_OK) return status;
  }
  return TENSOR_OK;
}

int tensor_load_safetensors(TensorFile *file, const char *path) {
  Reader r = {.path = path};
  int64_t size;
  memset(file, 0, sizeof *file);
  int status = tensor_input_open(path, &r.fd, &size);
  if (status != TENSOR_OK) return status;
  status = read_length(&r, size);
  if (status == TENSOR_OK) status = read_json(&r);
  if (status == TENSOR_OK) status = read_entries(&r);
  if (status == TENSOR_OK) status = read_metadata(&r, file);
  if (status == TENSOR_OK) status = read_tensors(&r, file);
  if (status != TENSOR_OK) tensor_file_free(file);
  close(r.fd);
  json_decref(r.json);
  free(r.entries);
  free(r.text);
  return status;
}
