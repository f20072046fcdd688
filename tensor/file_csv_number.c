/*
** file_csv_number.c - numbers as text, to and fro without loss.
**
** The C library's functions follow the locale, which decides what stands
** between whole part and fraction, so they are called in C's own.
*/
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tensor/file_csv.h"

int tensor_csv_enter(CsvLocale *locale) {
  locale->own = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (locale->own == (locale_t)0) return tensor_no_memory(1 << 10);
  locale->before = uselocale(locale->own);
  return TENSOR_OK;
}

void tensor_csv_leave(CsvLocale *locale) {
  uselocale(locale->before);
  freelocale(locale->own);
}

/* {== reading ========================================================== */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Whether the text is a word, whatever its case. */
static bool is_word(const char *text, int64_t length, const char *word) {
  return (size_t)length == strlen(word) &&
         strncasecmp(text, word, (size_t)length) == 0;
}

static bool is_missing(const char *text, int64_t length) {
  static const char *const words[] = {"", "nan", "na", "n/a", "null", "none"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (is_word(text, length, words[i])) return true;
  return false;
}

/* A decimal number: digits * 10^exponent. */
typedef struct Decimal {
  uint64_t digits;
  int count; /* of digits that matter; beyond 19, `digits` is not right */
  int64_t exponent;
} Decimal;

static const char *take_digits(const char *p, const char *end, Decimal *d,
                               int64_t exponent_each) {
  for (; p < end && is_digit(*p); p++) {
    if (d->count < 19) d->digits = d->digits * 10 + (uint64_t)(*p - '0');
    if (d->digits != 0 && d->count < 20) d->count++;
    d->exponent += exponent_each;
  }
  return p;
}

/* The e+12 behind the digits: NULL where it is wrong. */
static const char *take_exponent(const char *p, const char *end, Decimal *d) {
  if (p == end || (*p != 'e' && *p != 'E')) return p;
  bool minus = ++p < end && *p == '-';
  if (p < end && (*p == '-' || *p == '+')) p++;
  if (p == end || !is_digit(*p)) return NULL;
  int64_t exponent = 0;
  for (; p < end && is_digit(*p); p++)
    if (exponent < 100000) exponent = exponent * 10 + (*p - '0');
  d->exponent += minus ? -exponent : exponent;
  return p;
}

/* Whether the text is digits with a point and an exponent, as in "-1.5e3". */
static bool take_decimal(const char *p, const char *end, Decimal *d) {
  const char *whole = p;
  *d = (Decimal){0, 0, 0};
  p = take_digits(p, end, d, 0);
  bool some = p > whole;
  if (p < end && *p == '.') {
    const char *fraction = ++p;
    p = take_digits(p, end, d, -1);
    some = some || p > fraction;
  }
  p = some ? take_exponent(p, end, d) : NULL;
  return p == end;
}

/* Up to 15 digits, and powers of ten up to 22, are exact in a double, and so
** one product or quotient of them is rounded once, as it should be. */
static bool small_decimal(const Decimal *d, double *value) {
  static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (d->count > 15 || d->exponent > 22 || d->exponent < -22) return false;
  double digits = (double)d->digits;
  *value = d->exponent < 0 ? digits / tens[-d->exponent]
                           : digits * tens[d->exponent];
  return true;
}

/* What is left of the field without the spaces around it: a quoted one may
** have some. */
static const char *trim(const CsvField *field, const char **end) {
  const char *p = field->text;
  *end = p + field->length;
  while (p < *end && *p == ' ') p++;
  while (*end > p && (*end)[-1] == ' ') --*end;
  return p;
}

bool tensor_csv_number(const CsvField *field, double *value) {
  const char *end, *p = trim(field, &end);
  Decimal d;
  bool minus = p < end && *p == '-', sign = minus || (p < end && *p == '+');
  p += sign;
  if (take_decimal(p, end, &d)) {
    if (!small_decimal(&d, value)) *value = strtod(p, NULL);
  } else if (is_word(p, end - p, "inf") || is_word(p, end - p, "infinity")) {
    *value = INFINITY;
  } else if (sign ? is_word(p, end - p, "nan") : is_missing(p, end - p)) {
    *value = NAN;
  } else {
    return false;
  }
  if (minus) *value = -*value;
  return true;
}

bool tensor_csv_integer(const CsvField *field, int64_t *value) {
  const char *end, *p = trim(field, &end);
  bool minus = p < end && *p == '-';
  if (p < end && (*p == '-' || *p == '+')) p++;
  const char *first = p;
  for (*value = 0; p < end && is_digit(*p); p++) {
    int digit = minus ? '0' - *p : *p - '0';
    if (__builtin_mul_overflow(*value, 10, value) ||
        __builtin_add_overflow(*value, digit, value))
      return false;
  }
  if (p == end && p > first) return true;
  double number; /* "3.0" and "1e3" are whole numbers too */
  if (!tensor_csv_number(field, &number) || number != floor(number) ||
      fabs(number) > 0x1p53)
    return false;
  *value = (int64_t)number;
  return true;
}

/* }== writing ========================================================== */

static int print_digits(double v, int digits, char text[CSV_NUMBER_ROOM]) {
  return snprintf(text, CSV_NUMBER_ROOM, "%.*g", digits, v);
}

static bool gives_again(const char *text, double v, bool single) {
  return single ? strtof(text, NULL) == (float)v : strtod(text, NULL) == v;
}

/* As few digits as make the number again. Two decimals of 6 digits differ as
** float32, and of 15 as float64: what these print without trailing zeros is
** the shortest then; only the least numbers hold fewer digits. */
static int print_float(double v, bool single, char text[CSV_NUMBER_ROOM]) {
  const char *word = isnan(v) ? "nan" : v > 0 ? "inf" : "-inf";
  if (!isfinite(v)) return snprintf(text, CSV_NUMBER_ROOM, "%s", word);
  if (v == floor(v) && fabs(v) < 1e6) /* a short whole number; -0 as well */
    return snprintf(text, CSV_NUMBER_ROOM, "%.0f", v);
  int most = single ? 9 : 17, digits = most - 1;
  int least = fabs(v) < (single ? FLT_MIN : DBL_MIN) ? 1 : single ? 6 : 15;
  int length = print_digits(v, digits, text);
  if (!gives_again(text, v, single)) return print_digits(v, most, text);
  while (--digits >= least) {
    char shorter[CSV_NUMBER_ROOM];
    int n = print_digits(v, digits, shorter);
    if (!gives_again(shorter, v, single)) break;
    memcpy(text, shorter, sizeof shorter);
    length = n;
  }
  return length;
}

int tensor_csv_print(const Tensor *t, int64_t offset,
                     char text[CSV_NUMBER_ROOM]) {
  if (tensor_dtype_is_float(t->dtype))
    return print_float(tensor_get(t, offset), t->dtype == TENSOR_FLOAT32, text);
  return snprintf(text, CSV_NUMBER_ROOM, "%" PRId64, tensor_get_int(t, offset));
}

/* }===================================================================== */
