/*
** file_csv.c - reading tables of numbers from CSV files (RFC 4180, and what
** spreadsheets and statistics programs make of it).
**
** The text is gone through twice: first for its shape, and for all that can
** be wrong with it but the numbers, so that memory is taken once and never
** for more elements than the text has fields; then for the numbers.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/file.h"
#include "tensor/file_csv.h"
#include "tensor/file_gzip.h"
#include "tensor/kernel.h"

#define FIRST_PIECE (1 << 16)
/* Fields between two looks at the interrupt flag. */
#define POLL_EVERY (1 << 16)
/* Characters of a wrong field that a message shows. */
#define SHOWN 40

typedef struct Csv {
  TensorStorage *bytes; /* the whole text: counted as tensors are, because
                           a gzipped one may be of any size */
  CsvText text;         /* at its beginning */
  bool header;          /* the first line holds names */
  int64_t rows, columns;
} Csv;

/* {== the text ========================================================== */

/* Makes room for `room` bytes of text, of which `have` are kept. */
static int grow(Csv *c, int64_t have, int64_t room) {
  TensorStorage *more = tensor_storage_new(room);
  if (more == NULL) return TENSOR_NO_MEMORY;
  if (c->bytes != NULL) {
    memcpy(more->data, c->bytes->data, (size_t)have);
    tensor_storage_release(c->bytes);
  }
  c->bytes = more;
  return TENSOR_OK;
}

/* Reads to the end, and puts a zero byte there. */
static int read_bytes(Csv *c, TensorGzip *input, int64_t *size) {
  int64_t got, room = gzdirect(input->file) ? input->size + 2 : FIRST_PIECE;
  for (*size = 0;; room *= 2) {
    int status = grow(c, *size, room);
    if (status != TENSOR_OK) return status;
    status =
        tensor_gzip_read(input, c->bytes->data + *size, room - 1 - *size, &got);
    if (status != TENSOR_OK) return status;
    *size += got;
    if (*size < room - 1) break;
  }
  c->bytes->data[*size] = '\0';
  return TENSOR_OK;
}

/* The character between fields: what the first line has of these. Commas
** come last, because they also stand in numbers beside semicolons. */
static char find_separator(const char *p) {
  bool quoted = false, semicolon = false;
  for (; *p != '\0' && (quoted || (*p != '\n' && *p != '\r')); p++) {
    if (*p == '"') quoted = !quoted;
    if (*p == '\t' && !quoted) return '\t';
    semicolon = semicolon || (*p == ';' && !quoted);
  }
  return semicolon ? ';' : ',';
}

/* Text holds no control characters but tabs and line ends. */
static int check_text(const char *path, const char *text, int64_t size) {
  if (size >= 2 &&
      (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0))
    return tensor_fail("%s: is UTF-16 text; save it as UTF-8", path);
  for (int64_t i = 0; i < size; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c < ' ' && c != '\t' && c != '\n' && c != '\r')
      return tensor_fail("%s: is not text: it holds a byte of value %d", path,
                         c);
  }
  return TENSOR_OK;
}

static int read_text(Csv *c, const char *path, char separator) {
  TensorGzip input;
  int64_t size;
  int status = tensor_gzip_open(&input, path);
  if (status != TENSOR_OK) return status;
  status = read_bytes(c, &input, &size);
  tensor_gzip_close(&input);
  if (status != TENSOR_OK) return status;
  const char *text = c->bytes->data;
  status = check_text(path, text, size);
  if (status != TENSOR_OK) return status;
  bool mark = strncmp(text, "\xEF\xBB\xBF", 3) == 0; /* of UTF-8 */
  c->text = (CsvText){
      .path = path, .at = text + (mark ? 3 : 0), .end = text + size, .line = 1};
  c->text.separator =
      separator != '\0' ? separator : find_separator(c->text.at);
  return TENSOR_OK;
}

/* }== its shape ========================================================= */

/* What is known of a line of fields. */
typedef struct Line {
  int64_t number, fields;
  bool empty, text; /* text: a field is not a number */
} Line;

static int measure_line(CsvText *t, Line *line, bool look) {
  CsvField f;
  *line = (Line){.number = t->line};
  do {
    double value;
    int status = tensor_csv_field(t, &f);
    if (status == TENSOR_OK && ++line->fields % POLL_EVERY == 0)
      status = tensor_poll();
    if (status != TENSOR_OK) return status;
    line->text = line->text || (look && !tensor_csv_number(&f, &value));
  } while (!f.last);
  line->empty = line->fields == 1 && f.length == 0 && !f.quoted;
  return TENSOR_OK;
}

static int check_line(const Csv *c, const Line *line, int64_t first) {
  if (line->fields == c->columns) return TENSOR_OK;
  return tensor_fail("%s: line %lld has %lld fields, but line %lld has %lld",
                     c->text.path, (long long)line->number,
                     (long long)line->fields, (long long)first,
                     (long long)c->columns);
}

/* Counts rows and columns; sees whether there are names unless `header`
** says so. Empty lines may only stand at the end. */
static int measure(Csv *c, TensorCsvHeader header) {
  CsvText t = c->text;
  Line line;
  int64_t lines = 0, first = 0, empty = 0;
  while (t.at < t.end) {
    int status = measure_line(&t, &line, lines == 0);
    if (status == TENSOR_OK && lines % POLL_EVERY == 0) status = tensor_poll();
    if (status != TENSOR_OK) return status;
    if (line.empty && empty == 0) empty = line.number;
    if (line.empty) continue;
    if (empty != 0)
      return tensor_fail("%s: line %lld is empty", t.path, (long long)empty);
    if (lines++ == 0) {
      first = line.number;
      c->columns = line.fields;
      c->header = header == TENSOR_CSV_NAMES ||
                  (header == TENSOR_CSV_GUESS && line.text);
    }
    status = check_line(c, &line, first);
    if (status != TENSOR_OK) return status;
  }
  if (lines == 0) return tensor_fail("%s: there is nothing in it", t.path);
  c->rows = lines - c->header;
  return TENSOR_OK;
}

/* }== names and numbers ================================================= */

static int read_names(const Csv *c, CsvText *t, TensorCsv *out) {
  CsvField f;
  if (!c->header) return TENSOR_OK;
  out->names = calloc((size_t)c->columns, sizeof *out->names);
  if (out->names == NULL) return tensor_no_memory(c->columns);
  for (int64_t i = 0; i < c->columns; i++) {
    int status = tensor_csv_field(t, &f);
    if (status != TENSOR_OK) return status;
    out->names[i] = tensor_csv_copy(&f);
    if (out->names[i] == NULL) return tensor_no_memory(f.length);
    out->count++;
  }
  return TENSOR_OK;
}

static int wrong_number(const TensorCsv *out, const CsvText *t,
                        const CsvField *f, int64_t i) {
  char shown[SHOWN + 1], name[SHOWN + 8] = "";
  int64_t column = i % out->table.shape[1];
  int length = (int)tensor_min64(f->length, SHOWN);
  for (int k = 0; k < length; k++) /* a field in quotes may have lines */
    shown[k] = (unsigned char)f->text[k] < ' ' ? ' ' : f->text[k];
  if (out->names != NULL)
    snprintf(name, sizeof name, " ('%.*s')", SHOWN, out->names[column]);
  return tensor_fail("%s: line %lld, column %lld%s: '%.*s' is not a %s",
                     t->path, (long long)f->line, (long long)column + 1, name,
                     length, shown,
                     tensor_dtype_is_float(out->table.dtype)
                         ? "number"
                         : "whole number of the dtype asked for");
}

/* Puts the field's number into element i; false where it is none. */
static bool store(const Tensor *table, int64_t i, const CsvField *f) {
  double value;
  int64_t whole;
  if (tensor_dtype_is_float(table->dtype)) {
    if (!tensor_csv_number(f, &value)) return false;
    tensor_set(table, i, value);
    return true;
  }
  if (!tensor_csv_integer(f, &whole)) return false;
  tensor_set_int(table, i, whole);
  return tensor_get_int(table, i) == whole;
}

static int read_numbers(const Csv *c, CsvText *t, TensorCsv *out) {
  CsvField f;
  int64_t count = c->rows * c->columns;
  for (int64_t i = 0; i < count; i++) {
    int status = tensor_csv_field(t, &f);
    if (status == TENSOR_OK && i % POLL_EVERY == 0) status = tensor_poll();
    if (status != TENSOR_OK) return status;
    if (!store(&out->table, i, &f)) return wrong_number(out, t, &f, i);
  }
  return TENSOR_OK;
}

static int load(Csv *c, TensorCsv *out, const char *path,
                const TensorCsvOptions *o) {
  int status = read_text(c, path, o->separator);
  if (status == TENSOR_OK) status = measure(c, o->header);
  if (status != TENSOR_OK) return status;
  CsvText t = c->text;
  int64_t shape[2] = {c->rows, c->columns};
  status = tensor_new(&out->table, o->dtype, 2, shape);
  if (status == TENSOR_OK) status = read_names(c, &t, out);
  return status == TENSOR_OK ? read_numbers(c, &t, out) : status;
}

int tensor_load_csv(TensorCsv *out, const char *path,
                    const TensorCsvOptions *options) {
  Csv c = {.bytes = NULL};
  CsvLocale locale;
  memset(out, 0, sizeof *out);
  int status = tensor_csv_enter(&locale);
  if (status != TENSOR_OK) return status;
  status = load(&c, out, path, options);
  tensor_csv_leave(&locale);
  if (c.bytes != NULL) tensor_storage_release(c.bytes);
  if (status != TENSOR_OK) tensor_csv_free(out);
  return status;
}

void tensor_csv_free(TensorCsv *csv) {
  for (int64_t i = 0; i < csv->count; i++) free(csv->names[i]);
  free(csv->names);
  tensor_release(&csv->table);
  memset(csv, 0, sizeof *csv);
}

/* }===================================================================== */
