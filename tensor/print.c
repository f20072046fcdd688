/*
** print.c - tensors as a person reads them.
**
**   float32 (2, 3)          a header with dtype and shape, then columns
**     1.0000  0.5000  0
**
** A tensor of more dims is shown as slices over the last two, each headed by
** its indices, which count from 1: `(1, 2, :, :)`. What is left out becomes
** "...", and then the rows and columns that are shown tell their indices:
**
**   int64 (50, 4)
**        1    2    3    4
**   1:   1    2    3    4
**   ...
**  50: 197  198  199  200
**
** The work depends on what is shown, never on the size of the tensor, unless
** a summary of all elements is asked for.
**
** A Shown says which positions of one dim are shown: all, or the first
** `head` and the last `tail`.
*/
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/kernel.h"
#include "tensor/print_number.h"

#define GAP      2 /* spaces before each column */
#define ELLIPSIS "..."

/* {== growing text ====================================================== */

typedef struct Text {
  char *data;
  size_t length, room;
  bool failed; /* out of memory: what follows is ignored */
} Text;

static void add(Text *t, const char *format, ...) TENSOR_PRINTF(2, 3);

static void add(Text *t, const char *format, ...) {
  char piece[TENSOR_NUMBER_TEXT + 80];
  va_list args;
  va_start(args, format);
  int n = vsnprintf(piece, sizeof piece, format, args);
  va_end(args);
  size_t length = n < 0 ? 0 : (size_t)n;
  if (length >= sizeof piece) length = sizeof piece - 1;
  if (!t->failed && t->room - t->length <= length) {
    size_t room = 2 * t->room + sizeof piece;
    char *data = realloc(t->data, room);
    t->failed = data == NULL;
    if (data != NULL) {
      t->data = data;
      t->room = room;
    }
  }
  if (t->failed) return;
  memcpy(t->data + t->length, piece, length + 1);
  t->length += length;
}

/* }== what is shown ===================================================== */

typedef struct Shown {
  int64_t size, head, tail; /* head + tail == size: all */
} Shown;

static Shown all_of(int64_t size) { return (Shown){size, size, 0}; }

static Shown ends_of(int64_t size, int64_t head, int64_t tail) {
  return head + tail >= size ? all_of(size) : (Shown){size, head, tail};
}

static int64_t shown_count(Shown s) { return s.head + s.tail; }
static bool is_elided(Shown s) { return s.head + s.tail < s.size; }
/* The position of the k-th shown one. */
static int64_t shown_at(Shown s, int64_t k) {
  return k < s.head ? k : s.size - s.tail + (k - s.head);
}

/* A tensor on its way to paper: slices of rows of columns. */
typedef struct Page {
  const Tensor *t;
  int width;
  Shown slices, rows, columns;
  int64_t row_stride, column_stride;
  NumberStyle style;
  int margin; /* columns of the page that row indices take; 0: none */
  Text text;
} Page;

/* The element offset of a slice, slices counted in row-major order. */
static int64_t slice_offset(const Tensor *t, int64_t slice) {
  int64_t offset = 0;
  for (int d = t->ndim - 3; d >= 0; d--) {
    offset += slice % t->shape[d] * t->strides[d];
    slice /= t->shape[d];
  }
  return offset;
}

typedef void Visit(NumberStyle *s, const Tensor *t, int64_t offset);

static void visit_shown(Page *p, Visit *visit) {
  for (int64_t i = 0; i < shown_count(p->slices); i++) {
    int64_t slice = slice_offset(p->t, shown_at(p->slices, i));
    for (int64_t j = 0; j < shown_count(p->rows); j++) {
      int64_t row = slice + shown_at(p->rows, j) * p->row_stride;
      for (int64_t k = 0; k < shown_count(p->columns); k++)
        visit(&p->style, p->t,
              row + shown_at(p->columns, k) * p->column_stride);
    }
  }
}

/* As many of the shown columns as fit, at least the first and the last. */
static void fit_columns(Page *p) {
  int64_t cell = p->style.width + GAP;
  int64_t room = p->width - p->margin, count = shown_count(p->columns);
  if (is_elided(p->columns)) room -= GAP + (int64_t)strlen(ELLIPSIS);
  if (count <= 2 || count * cell <= room) return;
  if (!is_elided(p->columns)) room -= GAP + (int64_t)strlen(ELLIPSIS);
  int64_t fit = tensor_max64(room / cell, 2);
  p->columns = ends_of(p->columns.size, (fit + 1) / 2, fit / 2);
}

static int digits_of(int64_t n) {
  int digits = 1;
  for (; n >= 10; n /= 10) digits++;
  return digits;
}

/* Which columns are shown, and whether indices stand in the margins. */
static void lay_out(Page *p, TensorChoice margins) {
  int ndim = p->t->ndim;
  if (ndim == 0) return;
  bool wraps = ndim == 1 && !is_elided(p->columns);
  if (!wraps) fit_columns(p);
  bool elided = ndim > 1 && (is_elided(p->rows) || is_elided(p->columns));
  if (margins == TENSOR_NEVER || (margins == TENSOR_AUTO && !elided)) return;
  int64_t rows = wraps ? p->columns.size : p->rows.size;
  p->margin = GAP + digits_of(rows) + 1;
  if (wraps) return;
  int digits = digits_of(p->columns.size);
  if (p->style.width < digits) p->style.width = digits;
  fit_columns(p);
}

/* Beyond the threshold only the ends are shown, but all columns if even the
** narrowest elements would leave room for them. */
static void choose_shown(Page *p, const TensorPrint *o) {
  const Tensor *t = p->t;
  int64_t slices = 1, edge = tensor_max64(o->edge, 1);
  for (int d = 0; d < t->ndim - 2; d++) slices *= t->shape[d];
  int64_t rows = t->ndim >= 2 ? t->shape[t->ndim - 2] : 1;
  int64_t columns = t->ndim >= 1 ? t->shape[t->ndim - 1] : 1;
  p->row_stride = t->ndim >= 2 ? t->strides[t->ndim - 2] : 0;
  p->column_stride = t->ndim >= 1 ? t->strides[t->ndim - 1] : 0;
  bool elide = tensor_numel(t) > o->threshold;
  p->slices = elide ? ends_of(slices, edge, edge) : all_of(slices);
  p->rows = elide ? ends_of(rows, edge, edge) : all_of(rows);
  bool narrow = t->ndim >= 2 && columns <= p->width / (1 + GAP);
  p->columns =
      elide && !narrow ? ends_of(columns, edge, edge) : all_of(columns);
}

/* }== writing =========================================================== */

/* The index of a row in the margin. */
static void add_margin(Page *p, int64_t index) {
  if (p->margin > 0)
    add(&p->text, "%*lld:", p->margin - 1, (long long)index + 1);
}

/* `per_line` columns to a line, or all in one line where it is 0. */
static void add_row(Page *p, int64_t offset, int64_t per_line) {
  char text[TENSOR_NUMBER_TEXT];
  for (int64_t k = 0; k < shown_count(p->columns); k++) {
    if (k == p->columns.head && is_elided(p->columns))
      add(&p->text, "%*s" ELLIPSIS, GAP, "");
    if (per_line > 0 && k % per_line == 0) {
      if (k > 0) add(&p->text, "\n");
      add_margin(p, k);
    }
    int64_t at = shown_at(p->columns, k) * p->column_stride;
    tensor_number_text(&p->style, p->t, offset + at, text);
    add(&p->text, "%*s%*s", GAP, "", p->style.width, text);
  }
}

/* The indices of the columns, above them. */
static void add_column_indices(Page *p) {
  if (p->margin == 0) return;
  add(&p->text, "\n%*s", p->t->ndim == 1 ? 0 : p->margin, "");
  for (int64_t k = 0; k < shown_count(p->columns); k++) {
    if (k == p->columns.head && is_elided(p->columns))
      add(&p->text, "%*s" ELLIPSIS, GAP, "");
    add(&p->text, "%*s%*lld", GAP, "", p->style.width,
        (long long)shown_at(p->columns, k) + 1);
  }
}

static void add_rows(Page *p, int64_t offset) {
  add_column_indices(p);
  for (int64_t j = 0; j < shown_count(p->rows); j++) {
    if (j == p->rows.head && is_elided(p->rows))
      add(&p->text, "\n%*s" ELLIPSIS, GAP, "");
    int64_t row = shown_at(p->rows, j);
    add(&p->text, "\n");
    add_margin(p, row);
    add_row(p, offset + row * p->row_stride, 0);
  }
}

/* "(1, 2, :, :)" */
static void add_slice_head(Page *p, int64_t slice) {
  int64_t index[TENSOR_MAX_DIMS];
  for (int d = p->t->ndim - 3; d >= 0; d--) {
    index[d] = slice % p->t->shape[d] + 1;
    slice /= p->t->shape[d];
  }
  add(&p->text, "\n(");
  for (int d = 0; d < p->t->ndim - 2; d++)
    add(&p->text, "%lld, ", (long long)index[d]);
  add(&p->text, ":, :)");
}

static void add_slices(Page *p) {
  for (int64_t i = 0; i < shown_count(p->slices); i++) {
    if (i == p->slices.head && is_elided(p->slices))
      add(&p->text, "\n" ELLIPSIS "\n");
    int64_t slice = shown_at(p->slices, i);
    add_slice_head(p, slice);
    add_rows(p, slice_offset(p->t, slice));
    if (i + 1 < shown_count(p->slices)) add(&p->text, "\n");
  }
}

static void add_vector(Page *p) {
  int64_t room = p->width - p->margin, cell = p->style.width + GAP;
  bool wraps = !is_elided(p->columns);
  if (!wraps) add_column_indices(p);
  add(&p->text, "\n");
  add_row(p, 0, wraps ? tensor_max64(room / cell, 1) : 0);
}

static void add_elements(Page *p) {
  if (p->t->ndim == 0)
    add_row(p, 0, 0);
  else if (p->t->ndim == 1)
    add_vector(p);
  else if (p->t->ndim == 2)
    add_rows(p, 0);
  else
    add_slices(p);
}

char *tensor_to_text(const Tensor *t, const TensorPrint *options) {
  char head[TENSOR_SUMMARY_TEXT];
  Page p = {.t = t, .width = options->width};
  add(&p.text, "%s",
      options->summary ? tensor_summary_text(t, head)
                       : tensor_describe(t, head));
  if (tensor_numel(t) == 0) {
    add(&p.text, "  (empty)");
  } else {
    choose_shown(&p, options);
    p.style = tensor_number_style(t->dtype, options->precision);
    visit_shown(&p, tensor_number_note);
    tensor_number_settle(&p.style, options->scientific);
    visit_shown(&p, tensor_number_measure);
    lay_out(&p, options->margins);
    add_elements(&p);
  }
  if (!p.text.failed) return p.text.data;
  free(p.text.data);
  return NULL;
}

/* }===================================================================== */
