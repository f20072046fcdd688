/*
** file_csv_write.c - writing a table of numbers as CSV: each with as few
** digits as give it again.
*/
#include <string.h>

#include "tensor/file.h"
#include "tensor/file_csv.h"
#include "tensor/file_gzip.h"

#define BUFFER (1 << 16)

typedef struct Writer {
  TensorPacker packer;
  char separator;
  size_t used;
  char buffer[BUFFER];
} Writer;

static int flush(Writer *w) {
  int status = tensor_pack(&w->packer, w->buffer, (int64_t)w->used);
  w->used = 0;
  return status == TENSOR_OK ? tensor_poll() : status;
}

static int put(Writer *w, const char *text, size_t length) {
  while (length > 0) {
    size_t room = BUFFER - w->used, n = length < room ? length : room;
    memcpy(w->buffer + w->used, text, n);
    w->used += n;
    text += n;
    length -= n;
    int status = w->used == BUFFER ? flush(w) : TENSOR_OK;
    if (status != TENSOR_OK) return status;
  }
  return TENSOR_OK;
}

/* What stands behind field `column` of `columns`. */
static int put_end(Writer *w, int64_t column, int64_t columns) {
  return put(w, column + 1 < columns ? &w->separator : "\n", 1);
}

/* Names that would not come back as they are go into quotes. */
static bool needs_quotes(const Writer *w, const char *name) {
  size_t length = strlen(name);
  return length == 0 || name[0] == ' ' || name[length - 1] == ' ' ||
         strpbrk(name, "\"\n\r\t,;|") != NULL ||
         strchr(name, w->separator) != NULL;
}

static int put_name(Writer *w, const char *name) {
  if (!needs_quotes(w, name)) return put(w, name, strlen(name));
  int status = put(w, "\"", 1);
  for (; *name != '\0' && status == TENSOR_OK; name++)
    status = put(w, *name == '"' ? "\"\"" : name, *name == '"' ? 2 : 1);
  return status == TENSOR_OK ? put(w, "\"", 1) : status;
}

static int put_table(Writer *w, const Tensor *x, char *const *names) {
  int64_t columns = x->shape[1], count = tensor_numel(x);
  char text[CSV_NUMBER_ROOM];
  int status = TENSOR_OK;
  for (int64_t i = 0; names != NULL && i < columns && status == TENSOR_OK;
       i++) {
    status = put_name(w, names[i]);
    if (status == TENSOR_OK) status = put_end(w, i, columns);
  }
  for (int64_t i = 0; i < count && status == TENSOR_OK; i++) {
    status = put(w, text, (size_t)tensor_csv_print(x, i, text));
    if (status == TENSOR_OK) status = put_end(w, i % columns, columns);
  }
  return status;
}

static int write_file(const Tensor *x, const char *path, char *const *names,
                      char separator) {
  Writer w = {.separator = separator};
  TensorOutput *output = tensor_output_open(path);
  if (output == NULL) return TENSOR_FAIL;
  int status = tensor_pack_begin(&w.packer, output, tensor_packing_of(path));
  if (status == TENSOR_OK) status = put_table(&w, x, names);
  if (status == TENSOR_OK) status = flush(&w);
  status = tensor_pack_end(&w.packer, status);
  if (status == TENSOR_OK) return tensor_output_commit(output);
  tensor_output_cancel(output);
  return status;
}

/* x as a contiguous table: of one dim as a column, of none as one number. */
static int as_table(Tensor *table, const Tensor *x, const char *path,
                    int64_t names) {
  Tensor plain = {0};
  char text[TENSOR_SHAPE_TEXT];
  tensor_shape_text(x->ndim, x->shape, text);
  if (x->ndim > 2)
    return tensor_fail("%s: a CSV file holds a table of at most 2 dims, not a "
                       "tensor of shape %s",
                       path, text);
  int64_t shape[2] = {x->ndim > 0 ? x->shape[0] : 1,
                      x->ndim > 1 ? x->shape[1] : 1};
  if (names > 0 && names != shape[1])
    return tensor_fail("%s: there are %lld names for %lld columns", path,
                       (long long)names, (long long)shape[1]);
  if (shape[1] == 0 || (shape[0] == 0 && names == 0))
    return tensor_fail("%s: a tensor of shape %s leaves nothing to write in a "
                       "CSV file",
                       path, text);
  int status = tensor_as(&plain, x, x->dtype);
  if (status != TENSOR_OK) return status;
  tensor_view_as(table, &plain, 2, shape); /* one line of elements: a view */
  tensor_release(&plain);
  return TENSOR_OK;
}

int tensor_save_csv(const Tensor *x, const char *path, int64_t count,
                    char *const *names, char separator) {
  Tensor table = {0};
  CsvLocale locale;
  int status = as_table(&table, x, path, count);
  if (status != TENSOR_OK) return status;
  status = tensor_csv_enter(&locale);
  if (status == TENSOR_OK) {
    status = write_file(&table, path, count > 0 ? names : NULL,
                        separator != '\0' ? separator : ',');
    tensor_csv_leave(&locale);
  }
  tensor_release(&table);
  return status;
}
