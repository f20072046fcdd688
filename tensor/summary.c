/*
** summary.c - what there is to say of a tensor in one line.
*/
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tensor/tensor.h"

/* One run of elements, stride apart. */
static void add_run(TensorSummary *s, const Tensor *t, int64_t offset,
                    int64_t count, int64_t stride) {
  for (int64_t k = 0; k < count; k++) {
    double v = tensor_get(t, offset + k * stride);
    if (isnan(v)) {
      s->nan++;
      continue;
    }
    if (s->numbers == 0 || v < s->min) s->min = v;
    if (s->numbers == 0 || v > s->max) s->max = v;
    s->mean += v; /* the sum, until all are there */
    s->numbers++;
  }
}

void tensor_summary(TensorSummary *s, const Tensor *t) {
  int last = t->ndim - 1;
  int64_t count = t->ndim > 0 ? t->shape[last] : 1,
          index[TENSOR_MAX_DIMS] = {0};
  int64_t stride = t->ndim > 0 ? t->strides[last] : 0, offset = 0;
  int64_t runs = count > 0 ? tensor_numel(t) / count : 0;
  *s = (TensorSummary){.bytes = tensor_bytes(t), .min = NAN, .max = NAN};
  for (int64_t run = 0; run < runs; run++) {
    add_run(s, t, offset, count, stride);
    for (int d = last - 1; d >= 0; d--) {
      offset += t->strides[d];
      if (++index[d] < t->shape[d]) break;
      offset -= index[d] * t->strides[d];
      index[d] = 0;
    }
  }
  s->mean = s->numbers > 0 ? s->mean / (double)s->numbers : NAN;
}

/* "512 bytes", "1.5 KiB" */
static void bytes_text(int64_t bytes, char text[32]) {
  static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double size = (double)bytes;
  int unit = -1;
  for (; size >= 1024 && unit < 5; unit++) size /= 1024;
  if (unit < 0)
    snprintf(text, 32, "%d bytes", (int)bytes);
  else
    snprintf(text, 32, "%.1f %s", size, units[unit]);
}

static void add_text(char *text, const char *format, ...) TENSOR_PRINTF(2, 3);

static void add_text(char *text, const char *format, ...) {
  size_t length = strlen(text);
  va_list args;
  va_start(args, format);
  vsnprintf(text + length, TENSOR_SUMMARY_TEXT - length, format, args);
  va_end(args);
}

char *tensor_summary_text(const Tensor *t, char text[TENSOR_SUMMARY_TEXT]) {
  TensorSummary s;
  char bytes[32];
  tensor_summary(&s, t);
  tensor_describe(t, text);
  bytes_text(s.bytes, bytes);
  add_text(text, "  %s", bytes);
  if (s.numbers > 0)
    add_text(text, ", min %.6g, max %.6g, mean %.6g", s.min, s.max, s.mean);
  if (s.nan > 0) add_text(text, ", %lld nan", (long long)s.nan);
  return text;
}
