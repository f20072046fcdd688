/*
** file_csv.h - what the parts of reading and writing CSV files share: fields
** and numbers as text.
*/
#ifndef TENSOR_FILE_CSV_H
#define TENSOR_FILE_CSV_H

#include <locale.h>

#include "tensor/tensor.h"

/* Where a reader is in its text. */
typedef struct CsvText {
  const char *path;
  const char *at, *end; /* a zero byte stands at the end, and nowhere else */
  char separator;
  int64_t line; /* from 1 */
} CsvText;

/* One field. Of one that was quoted, all that stood between the quotes, with
** quotes in it still doubled; of others, what is left without the spaces
** around it. */
typedef struct CsvField {
  const char *text;
  int64_t length;
  bool quoted;
  bool last;    /* the line ends after it */
  int64_t line; /* where it begins */
} CsvField;

/* Takes the next field, which at the end of the text is an empty one. */
int tensor_csv_field(CsvText *t, CsvField *field);
/* The field as text of its own, for the caller to free; NULL without
** memory. */
char *tensor_csv_copy(const CsvField *field);

/* The C library reads and writes numbers as the locale says; between these
** two, as C itself does. */
typedef struct CsvLocale {
  locale_t own, before;
} CsvLocale;
int tensor_csv_enter(CsvLocale *locale);
void tensor_csv_leave(CsvLocale *locale);

/* Whether the field is a number; a missing one ("", "NA" ...) is NaN. */
bool tensor_csv_number(const CsvField *field, double *value);
/* Whether the field is a whole number that fits int64. */
bool tensor_csv_integer(const CsvField *field, int64_t *value);
/* The shortest text that gives the element again; returns its length. */
#define CSV_NUMBER_ROOM 32
int tensor_csv_print(const Tensor *t, int64_t offset,
                     char text[CSV_NUMBER_ROOM]);

#endif
