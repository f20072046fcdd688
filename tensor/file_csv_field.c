/*
** file_csv_field.c - the fields of a CSV file: see file_csv.h.
*/
#include <stdlib.h>
#include <string.h>

#include "tensor/file_csv.h"

static int broken(const CsvText *t, int64_t line, const char *what) {
  return tensor_fail("%s: line %lld: %s", t->path, (long long)line, what);
}

static bool at_line_end(const CsvText *t) {
  return t->at == t->end || *t->at == '\n' || *t->at == '\r';
}

/* Steps over one line end of any system; at the end of the text there is
** none. */
static void skip_line_end(CsvText *t) {
  if (*t->at == '\r' && t->at[1] == '\n') t->at++;
  if (t->at < t->end) t->at++;
  t->line++;
}

static void skip_spaces(CsvText *t) {
  while (*t->at == ' ' || (*t->at == '\t' && t->separator != '\t')) t->at++;
}

/* Counts the line ends in a field in quotes. */
static void count_lines(CsvText *t, const CsvField *f) {
  const char *end = f->text + f->length;
  for (const char *p = f->text; p < end; p++)
    t->line += *p == '\n' || (*p == '\r' && p[1] != '\n');
}

/* From the opening quote to the spaces after the closing one. */
static int take_quoted(CsvText *t, CsvField *f) {
  f->quoted = true;
  f->text = ++t->at;
  for (;;) {
    const char *quote = memchr(t->at, '"', (size_t)(t->end - t->at));
    if (quote == NULL) return broken(t, f->line, "a quote is not closed");
    t->at = quote + 1;
    f->length = quote - f->text;
    if (*t->at != '"') break;
    t->at++;
  }
  count_lines(t, f);
  skip_spaces(t);
  if (at_line_end(t) || *t->at == t->separator) return TENSOR_OK;
  return broken(t, t->line, "something stands behind a closing quote");
}

static void take_plain(CsvText *t, CsvField *f) {
  f->quoted = false;
  f->text = t->at;
  while (!at_line_end(t) && *t->at != t->separator) t->at++;
  f->length = t->at - f->text;
  while (f->length > 0 && strchr(" \t", f->text[f->length - 1]) != NULL)
    f->length--;
}

int tensor_csv_field(CsvText *t, CsvField *f) {
  int status = TENSOR_OK;
  skip_spaces(t);
  f->line = t->line;
  if (*t->at == '"')
    status = take_quoted(t, f);
  else
    take_plain(t, f);
  if (status != TENSOR_OK) return status;
  f->last = at_line_end(t);
  if (f->last)
    skip_line_end(t);
  else
    t->at++;
  return TENSOR_OK;
}

char *tensor_csv_copy(const CsvField *f) {
  char *copy = malloc((size_t)f->length + 1), *to = copy;
  if (copy == NULL) return NULL;
  for (int64_t i = 0; i < f->length; i++) {
    *to++ = f->text[i];
    if (f->quoted && f->text[i] == '"') i++; /* the second of two */
  }
  *to = '\0';
  return copy;
}
