/*
** file_npy_header.c - the header of an npy file: the text of a Python dict
** with the keys descr, fortran_order and shape, such as
**
**   {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
**
** It is read by a small parser of its own, which knows strings, booleans and
** tuples of whole numbers, and nothing else.
*/
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tensor/file.h"
#include "tensor/file_npy.h"

static const NpyType types[] = {
    {'b', 1, TENSOR_BOOL, TENSOR_SAME, false},
    {'u', 1, TENSOR_UINT8, TENSOR_SAME, false},
    {'i', 1, TENSOR_INT32, TENSOR_I8, false},
    {'i', 2, TENSOR_INT32, TENSOR_I16, false},
    {'u', 2, TENSOR_INT32, TENSOR_U16, false},
    {'i', 4, TENSOR_INT32, TENSOR_SAME, false},
    {'u', 4, TENSOR_INT64, TENSOR_U32, false},
    {'i', 8, TENSOR_INT64, TENSOR_SAME, false},
    {'u', 8, TENSOR_INT64, TENSOR_U64, false},
    {'f', 2, TENSOR_FLOAT32, TENSOR_F16, false},
    {'f', 4, TENSOR_FLOAT32, TENSOR_SAME, false},
    {'f', 8, TENSOR_FLOAT64, TENSOR_SAME, false},
    {'c', 8, TENSOR_FLOAT32, TENSOR_SAME, true},
    {'c', 16, TENSOR_FLOAT64, TENSOR_SAME, true},
};
#define TYPES ((int)(sizeof types / sizeof types[0]))

/* {== words of the text ================================================= */

typedef struct Text {
  const char *name; /* for messages */
  const char *at, *end;
} Text;

static int wrong(const Text *t, const char *what) {
  return tensor_fail("%s: the header is not right: %s", t->name, what);
}

static void skip_spaces(Text *t) {
  while (t->at < t->end && memchr(" \t\r\n", *t->at, 4) != NULL) t->at++;
}

/* Takes the character where it comes next, after spaces. */
static bool take(Text *t, char c) {
  skip_spaces(t);
  if (t->at == t->end || *t->at != c) return false;
  t->at++;
  return true;
}

static bool take_word(Text *t, const char *word) {
  size_t length = strlen(word);
  skip_spaces(t);
  if ((size_t)(t->end - t->at) < length || memcmp(t->at, word, length) != 0)
    return false;
  t->at += length;
  return true;
}

/* A string in single or double quotes. Those that a header needs are short
** and hold nothing that would have to be escaped. */
static bool take_string(Text *t, char *word, size_t room) {
  size_t length = 0;
  char quote = take(t, '\'') ? '\'' : take(t, '"') ? '"' : '\0';
  if (quote == '\0') return false;
  for (; t->at < t->end && *t->at != quote; t->at++) {
    if (length + 1 == room || *t->at == '\\' || *t->at < ' ') return false;
    word[length++] = *t->at;
  }
  word[length] = '\0';
  return take(t, quote);
}

/* A whole number from 0, as Python 3 writes it or as Python 2 did ("3L"). */
static bool take_size(Text *t, int64_t *size) {
  skip_spaces(t);
  const char *first = t->at;
  for (*size = 0; t->at < t->end && *t->at >= '0' && *t->at <= '9'; t->at++)
    if (__builtin_mul_overflow(*size, 10, size) ||
        __builtin_add_overflow(*size, *t->at - '0', size))
      return false;
  if (t->at == first || (*first == '0' && t->at > first + 1)) return false;
  if (t->at < t->end && *t->at == 'L') t->at++;
  return true;
}

/* }== the values of the keys ============================================ */

static int take_shape(Text *t, NpyHeader *h) {
  bool comma = true; /* nothing, or a comma, came before */
  h->ndim = 0;
  if (!take(t, '(')) return wrong(t, "the shape must be a tuple");
  while (!take(t, ')')) {
    int64_t size;
    if (!comma || !take_size(t, &size))
      return wrong(t, "the shape must hold whole numbers from 0 that fit "
                      "64 bits");
    if (h->ndim == TENSOR_MAX_DIMS)
      return tensor_fail("%s: has more than %d dims, which is the most a "
                         "tensor has",
                         t->name, TENSOR_MAX_DIMS);
    h->shape[h->ndim++] = size;
    comma = take(t, ',');
  }
  /* in Python (3) is a number, (3,) a tuple */
  if (h->ndim == 1 && !comma)
    return wrong(t, "the shape must be a tuple, such as (3,)");
  return TENSOR_OK;
}

static int refuse_type(const Text *t, const char *descr) {
  const char *why = "is not known";
  switch (descr[strcspn(descr, "OSUaVMm")]) {
  case 'O':
    why = "holds Python objects, which only Python can make again";
    break;
  case 'S':
  case 'a':
  case 'U': why = "holds text, not numbers"; break;
  case 'V': why = "holds bytes without a meaning, not numbers"; break;
  case 'M':
  case 'm': why = "holds dates or times; save them as numbers"; break;
  default: break;
  }
  return tensor_fail("%s: the element type '%s' %s; what can be read are b1, "
                     "i1 to i8, u1 to u8, f2 to f8, c8 and c16",
                     t->name, descr, why);
}

/* "<f4": byte order, kind, size. */
static int take_type(Text *t, NpyHeader *h) {
  char descr[32], kind = '\0', after = '\0';
  int size = 0;
  if (take(t, '['))
    return tensor_fail("%s: holds records (a structured dtype): save each "
                       "field as an array of its own",
                       t->name);
  if (!take_string(t, descr, sizeof descr))
    return wrong(t, "descr must be a short string, such as '<f4'");
  const char *order = memchr("<>=|", descr[0], 4) != NULL ? descr : "";
  const char *rest = *order != '\0' ? descr + 1 : descr;
  h->type = NULL;
  h->big_endian =
      *order == '>' || (*order != '<' && !TENSOR_LITTLE_ENDIAN); /* ours */
  if (sscanf(rest, "%c%2d%c", &kind, &size, &after) == 2 && rest[1] >= '1' &&
      rest[1] <= '9')
    for (int i = 0; i < TYPES; i++)
      if (types[i].kind == kind && types[i].size == size) h->type = &types[i];
  return h->type != NULL ? TENSOR_OK : refuse_type(t, descr);
}

static int take_order(Text *t, NpyHeader *h) {
  h->fortran_order = take_word(t, "True");
  if (h->fortran_order || take_word(t, "False")) return TENSOR_OK;
  return wrong(t, "fortran_order must be True or False");
}

/* }== the dict ========================================================== */

typedef struct Key {
  const char *name;
  int (*take_value)(Text *t, NpyHeader *h);
} Key;

static const Key keys[] = {
    {"descr", take_type}, {"fortran_order", take_order}, {"shape", take_shape}};
#define KEYS 3

/* One "'key': value"; `found` has a bit for each key that was there. */
static int take_member(Text *t, NpyHeader *h, unsigned *found) {
  char word[32];
  if (!take_string(t, word, sizeof word))
    return wrong(t, "each key must be a string in quotes");
  for (int k = 0; k < KEYS; k++) {
    if (strcmp(word, keys[k].name) != 0) continue;
    if (*found & 1U << k)
      return tensor_fail("%s: the header is not right: '%s' is there twice",
                         t->name, word);
    *found |= 1U << k;
    if (!take(t, ':')) return wrong(t, "a colon must follow each key");
    return keys[k].take_value(t, h);
  }
  return tensor_fail("%s: the header is not right: the key '%s' has no place "
                     "in it",
                     t->name, word);
}

int tensor_npy_parse(NpyHeader *h, const char *name, const char *text,
                     int64_t length) {
  Text t = {.name = name, .at = text, .end = text + length};
  unsigned found = 0;
  bool comma = true; /* nothing, or a comma, came before */
  if (!take(&t, '{')) return wrong(&t, "it must begin with '{'");
  while (!take(&t, '}')) {
    if (!comma) return wrong(&t, "a comma must follow each value");
    int status = take_member(&t, h, &found);
    if (status != TENSOR_OK) return status;
    comma = take(&t, ',');
  }
  skip_spaces(&t);
  if (t.at != t.end) return wrong(&t, "something follows the '}'");
  for (int k = 0; k < KEYS; k++)
    if (!(found & 1U << k))
      return tensor_fail("%s: the header is not right: '%s' is not there", name,
                         keys[k].name);
  if (h->type->complex && h->ndim == TENSOR_MAX_DIMS)
    return tensor_fail("%s: complex numbers need a dim more than the %d the "
                       "array has, which is the most a tensor has",
                       name, h->ndim);
  return TENSOR_OK;
}

/* }== writing =========================================================== */

#define PREFIX 10 /* what stands before the text */
#define ALIGN  64 /* where the elements begin */
#define GROWTH 21 /* digits that a first size could grow to */

static const NpyType *type_of(TensorDType dtype) {
  for (int i = 0; i < TYPES; i++)
    if (types[i].dtype == dtype && types[i].narrow == TENSOR_SAME)
      return &types[i];
  return NULL; /* not reached: each dtype has a row */
}

/* "(2, 3)", "(3,)", "()" as Python writes it, into text; and how many
** digits the first size has. */
static int shape_text(const Tensor *x, char *text, int room, int *digits) {
  int n = snprintf(text, (size_t)room, "(");
  *digits = GROWTH;
  for (int d = 0; d < x->ndim; d++) {
    int from = n;
    n += snprintf(text + n, (size_t)(room - n), "%" PRId64, x->shape[d]);
    if (d == 0) *digits = n - from;
    if (d + 1 < x->ndim || d == 0)
      n += snprintf(text + n, (size_t)(room - n), d + 1 < x->ndim ? ", " : ",");
  }
  return n + snprintf(text + n, (size_t)(room - n), ")");
}

/* Spaces stand where the first size could grow, then as many as align the
** elements; a tensor's header is short enough for version 1.0. */
int tensor_npy_header(const Tensor *x, char text[NPY_HEADER_ROOM]) {
  static const unsigned char magic[8] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  char shape[TENSOR_SHAPE_TEXT + 8];
  int digits;
  const NpyType *type = type_of(x->dtype);
  shape_text(x, shape, sizeof shape, &digits);
  int n = PREFIX;
  n += snprintf(text + n, (size_t)(NPY_HEADER_ROOM - n),
                "{'descr': '%c%c%d', 'fortran_order': False, 'shape': %s, }",
                type->size == 1 ? '|' : '<', type->kind, type->size, shape);
  n += GROWTH - digits;
  int total = (n + 1) / ALIGN * ALIGN + ALIGN;
  int length = (int)strlen(text + PREFIX);
  memset(text + PREFIX + length, ' ', (size_t)(total - PREFIX - length));
  text[total - 1] = '\n';
  memcpy(text, magic, sizeof magic);
  text[8] = (char)((total - PREFIX) & 0xFF);
  text[9] = (char)((total - PREFIX) >> 8);
  return total;
}

/* }===================================================================== */
