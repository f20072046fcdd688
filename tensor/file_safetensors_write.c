/*
** file_safetensors_write.c - writing named tensors: the safetensors format.
**
** The layout is canonical: metadata by key, then the tensors from the last
** row of the format's types to the first, those of a type by name, the
** header padded with spaces to a multiple of 8. So every tensor is aligned,
** and equal contents give equal files.
*/
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/file.h"
#include "tensor/file_safetensors.h"

/* What is sorted: a name with the position where its thing is. */
typedef struct Place {
  const char *name;
  int rank; /* the row of tensor_file_types; 0 for metadata */
  int index;
} Place;

static int compare_places(const void *a, const void *b) {
  const Place *x = a, *y = b;
  if (x->rank != y->rank) return y->rank - x->rank;
  return strcmp(x->name, y->name);
}

static int rank_of(TensorDType dtype) {
  int rank = 0;
  for (int i = 0; i < TENSOR_FILE_TYPES; i++)
    if (tensor_file_types[i].dtype == dtype &&
        tensor_file_types[i].narrow == TENSOR_SAME)
      rank = i;
  return rank;
}

/* Puts value (taken over) under a key that must be new. */
static int add_member(json_t *object, const char *key, json_t *value,
                      const char *path) {
  if (json_object_get(object, key) != NULL) {
    json_decref(value);
    return tensor_fail("%s: the name '%s' is there twice", path, key);
  }
  if (value == NULL || json_object_set_new(object, key, value) != 0)
    return tensor_fail("%s: '%s' or its text is not valid UTF-8", path, key);
  return TENSOR_OK;
}

static int write_metadata(const TensorFile *file, const Place *places,
                          json_t *header, const char *path) {
  if (file->entries == 0) return TENSOR_OK;
  json_t *metadata = json_object();
  int status = add_member(header, TENSOR_FILE_METADATA, metadata, path);
  for (int i = 0; i < file->entries && status == TENSOR_OK; i++)
    status = add_member(metadata, places[i].name,
                        json_string(file->values[places[i].index]), path);
  return status;
}

/* {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} */
static json_t *describe(const Tensor *t, int rank, int64_t begin) {
  json_t *shape = json_array();
  for (int d = 0; d < t->ndim; d++)
    json_array_append_new(shape, json_integer(t->shape[d]));
  return json_pack("{s:s, s:o, s:[I, I]}", "dtype",
                   tensor_file_types[rank].name, "shape", shape, "data_offsets",
                   (json_int_t)begin, (json_int_t)(begin + tensor_bytes(t)));
}

static int write_entries(const TensorFile *file, const Place *places,
                         json_t *header, const char *path) {
  int64_t at = 0;
  for (int i = 0; i < file->count; i++) {
    const Tensor *t = &file->tensors[places[i].index];
    if (strcmp(places[i].name, TENSOR_FILE_METADATA) == 0)
      return tensor_fail("%s: no tensor may be called " TENSOR_FILE_METADATA,
                         path);
    int status = add_member(header, places[i].name,
                            describe(t, places[i].rank, at), path);
    if (status != TENSOR_OK) return status;
    if (__builtin_add_overflow(at, tensor_bytes(t), &at))
      return tensor_fail("%s: the tensors are too large for one file", path);
  }
  return TENSOR_OK;
}

static int write_header(TensorOutput *o, const json_t *header,
                        const char *path) {
  static const char spaces[] = "       ";
  unsigned char length[8];
  char *text = json_dumps(header, JSON_COMPACT);
  if (text == NULL) return tensor_no_memory(TENSOR_FILE_HEADER_MOST);
  size_t bytes = strlen(text), padded = (bytes + 7) / 8 * 8;
  for (int i = 0; i < 8; i++)
    length[i] = (unsigned char)((uint64_t)padded >> (8 * i));
  int status = TENSOR_OK;
  if ((int64_t)padded > TENSOR_FILE_HEADER_MOST)
    status = tensor_fail("%s: the names and metadata are too long", path);
  if (status == TENSOR_OK) status = tensor_output_write(o, length, 8);
  if (status == TENSOR_OK) status = tensor_output_write(o, text, bytes);
  if (status == TENSOR_OK)
    status = tensor_output_write(o, spaces, padded - bytes);
  free(text);
  return status;
}

static int write_tensor(TensorOutput *o, const Tensor *t) {
  Tensor plain = {0};
  int status = tensor_low_byte_first(&plain, t);
  if (status != TENSOR_OK) return status;
  status = tensor_output_write(o, plain.data, (size_t)tensor_bytes(&plain));
  tensor_release(&plain);
  return status;
}

static int write_file(const TensorFile *file, const Place *places,
                      const json_t *header, const char *path) {
  TensorOutput *o = tensor_output_open(path);
  if (o == NULL) return TENSOR_FAIL;
  int status = write_header(o, header, path);
  for (int i = 0; i < file->count && status == TENSOR_OK; i++)
    status = write_tensor(o, &file->tensors[places[i].index]);
  if (status == TENSOR_OK) return tensor_output_commit(o);
  tensor_output_cancel(o);
  return status;
}

/* Room for the metadata's places and, after them, the tensors'. */
static Place *sort_places(const TensorFile *file) {
  size_t count = (size_t)file->entries + (size_t)file->count;
  Place *places = malloc((count + 1) * sizeof *places);
  if (places == NULL) return NULL;
  Place *tensors = places + file->entries;
  for (int i = 0; i < file->entries; i++)
    places[i] = (Place){file->keys[i], 0, i};
  for (int i = 0; i < file->count; i++)
    tensors[i] = (Place){file->names[i], rank_of(file->tensors[i].dtype), i};
  qsort(places, (size_t)file->entries, sizeof *places, compare_places);
  qsort(tensors, (size_t)file->count, sizeof *places, compare_places);
  return places;
}

int tensor_save_safetensors(const TensorFile *file, const char *path) {
  Place *places = sort_places(file);
  json_t *header = json_object();
  int status = TENSOR_OK;
  if (places == NULL || header == NULL) status = tensor_no_memory(1 << 16);
  if (status == TENSOR_OK) status = write_metadata(file, places, header, path);
  if (status == TENSOR_OK)
    status = write_entries(file, places + file->entries, header, path);
  if (status == TENSOR_OK)
    status = write_file(file, places + file->entries, header, path);
  json_decref(header);
  free(places);
  return status;
}
