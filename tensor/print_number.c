/*
** print_number.c - numbers as a person reads them.
**
** Floats that are all whole numbers are written without a fraction, others
** with a fixed number of digits after the point, and only where the greatest
** one is too large or too small for that, with exponents. There is no common
** factor in front. In fixed notation a 0 is written "0", and an element that
** would look like 0 but is not gets an exponent of its own: no element is
** ever shown as a 0 that it is not.
*/
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tensor/print_number.h"

#define MOST_PRECISION 17
/* From here on whole numbers, and others, need exponents. */
#define MOST_INTEGRAL 1e8
#define MOST_FIXED    1e6

NumberStyle tensor_number_style(TensorDType dtype, int precision) {
  NumberStyle s = {.dtype = dtype, .integral = true};
  s.precision = precision < 0                ? 0
                : precision > MOST_PRECISION ? MOST_PRECISION
                                             : precision;
  return s;
}

void tensor_number_note(NumberStyle *s, const Tensor *t, int64_t offset) {
  if (!tensor_dtype_is_float(s->dtype)) return;
  double v = fabs(tensor_get(t, offset));
  if (!isfinite(v)) return;
  if (v > s->greatest) s->greatest = v;
  if (v != floor(v)) s->integral = false;
}

void tensor_number_settle(NumberStyle *s, TensorChoice scientific) {
  if (scientific != TENSOR_AUTO)
    s->scientific = scientific == TENSOR_ALWAYS;
  else if (s->integral)
    s->scientific = s->greatest >= MOST_INTEGRAL;
  else
    s->scientific =
        s->greatest >= MOST_FIXED ||
        s->greatest < pow(10, s->precision > 0 ? 1 - s->precision : 0);
}

static int float_text(const NumberStyle *s, double v,
                      char text[TENSOR_NUMBER_TEXT]) {
  const char *word = isnan(v) ? "nan" : v > 0 ? "inf" : "-inf";
  if (!isfinite(v)) return snprintf(text, TENSOR_NUMBER_TEXT, "%s", word);
  if (v == 0) return snprintf(text, TENSOR_NUMBER_TEXT, "0");
  if (s->scientific)
    return snprintf(text, TENSOR_NUMBER_TEXT, "%.*e", s->precision, v);
  if (s->integral) return snprintf(text, TENSOR_NUMBER_TEXT, "%.0f", v);
  if (fabs(v) < 0.5 * pow(10, -s->precision))
    return snprintf(text, TENSOR_NUMBER_TEXT, "%.0e", v);
  return snprintf(text, TENSOR_NUMBER_TEXT, "%.*f", s->precision, v);
}

int tensor_number_text(const NumberStyle *s, const Tensor *t, int64_t offset,
                       char text[TENSOR_NUMBER_TEXT]) {
  if (tensor_dtype_is_float(s->dtype))
    return float_text(s, tensor_get(t, offset), text);
  int64_t v = tensor_get_int(t, offset);
  if (s->dtype == TENSOR_BOOL)
    return snprintf(text, TENSOR_NUMBER_TEXT, "%s", v ? "true" : "false");
  return snprintf(text, TENSOR_NUMBER_TEXT, "%" PRId64, v);
}

void tensor_number_measure(NumberStyle *s, const Tensor *t, int64_t offset) {
  char text[TENSOR_NUMBER_TEXT];
  int length = tensor_number_text(s, t, offset, text);
  if (length > s->width) s->width = length;
}
