/*
** einsum_read.c - reads an equation of einsum: which dims run together, and
** whether the tensors' sizes allow it.
*/
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "nn/einsum.h"

static int label_of(char letter) {
  return isupper((unsigned char)letter) ? letter - 'A' : letter - 'a' + 26;
}

char nn_einsum_letter(int label) {
  return (char)(label < 26 ? 'A' + label : 'a' + label - 26);
}

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int bad_character(const char *at) {
  if (*at == '.') return tensor_fail("einsum: an ellipsis is written \"...\"");
  if (*at == '-' || *at == '>')
    return tensor_fail("einsum: the output is written once, after \"->\"");
  unsigned char c = (unsigned char)*at;
  if (isprint(c))
    return tensor_fail("einsum: '%c' has no meaning in an equation: write "
                       "letters, \"...\", \",\" and \"->\"",
                       c);
  return tensor_fail("einsum: the character of code %d has no meaning in an "
                     "equation: write letters, \"...\", \",\" and \"->\"",
                     (int)c);
}

/* The labels of one group up to a comma, "->" or the end; *dots_at is the
** place of the ellipsis among them, or -1. *at moves on to what ends it. */
static int read_group(const char **at, int *label, int *n, int *dots_at) {
  const char *s = *at;
  *n = 0;
  *dots_at = -1;
  for (; *s != '\0' && *s != ',' && strncmp(s, "->", 2) != 0; s++) {
    if (*s == ' ') continue;
    if (is_letter(*s)) {
      if (*n == TENSOR_MAX_DIMS)
        return tensor_fail("einsum: more than %d letters for one tensor",
                           TENSOR_MAX_DIMS);
      label[(*n)++] = label_of(*s);
    } else if (strncmp(s, "...", 3) == 0) {
      if (*dots_at >= 0)
        return tensor_fail("einsum: two ellipses for one tensor");
      *dots_at = *n;
      s += 2;
    } else {
      return bad_character(s);
    }
  }
  *at = s;
  return TENSOR_OK;
}

static int wrong_count(int k, const Tensor *x, int letters, bool dots) {
  char shape[TENSOR_SHAPE_TEXT];
  return tensor_fail("einsum: tensor %d has shape %s, but the equation names "
                     "%d dim%s for it%s",
                     k + 1, tensor_shape_text(x->ndim, x->shape, shape),
                     letters, letters == 1 ? "" : "s",
                     dots ? " besides \"...\"" : "");
}

/* Spreads the ellipsis into labels of its own. */
static void spread(Term *t, int n, const int *label, int dots_at, int dots) {
  t->n = 0;
  for (int d = 0; d <= n; d++) {
    for (int e = 0; d == dots_at && e < dots; e++)
      t->label[t->n++] = EINSUM_LETTERS + TENSOR_MAX_DIMS - dots + e;
    if (d < n) t->label[t->n++] = label[d];
  }
}

/* Notes a dim's size; sizes must agree but for 1. */
static int note_size(Equation *q, int label, int64_t size, int k) {
  q->times[label]++;
  if (q->size[label] == -1 || (q->size[label] == 1 && size != 1)) {
    q->size[label] = size;
    q->from[label] = k;
  }
  if (size == q->size[label] || size == 1) return TENSOR_OK;
  char name[64] = "a dim under \"...\"";
  if (label < EINSUM_LETTERS)
    snprintf(name, sizeof name, "the letter %c", nn_einsum_letter(label));
  return tensor_fail("einsum: %s has size %lld in tensor %d and %lld in "
                     "tensor %d",
                     name, (long long)q->size[label], q->from[label] + 1,
                     (long long)size, k + 1);
}

static int read_term(Equation *q, const char **at, int k) {
  int label[TENSOR_MAX_DIMS], n, dots_at, status;
  Term *t = &q->term[k];
  const Tensor *x = &t->v->t;
  status = read_group(at, label, &n, &dots_at);
  if (status != TENSOR_OK) return status;
  if (dots_at < 0 ? n != x->ndim : n > x->ndim)
    return wrong_count(k, x, n, dots_at >= 0);
  int dots = dots_at < 0 ? 0 : x->ndim - n;
  if (dots > q->dots) q->dots = dots;
  spread(t, n, label, dots_at, dots);
  for (int d = 0; d < t->n && status == TENSOR_OK; d++)
    status = note_size(q, t->label[d], x->shape[d], k);
  return status;
}

static int count_groups(const char *text) {
  int n = 1;
  for (; *text != '\0' && strncmp(text, "->", 2) != 0; text++)
    n += *text == ',';
  return n;
}

/* Without "->": the dims under "...", then the letters that stand once, in
** alphabetical order, capitals first. */
static int implicit_output(Equation *q) {
  int label[EINSUM_LETTERS], n = 0, most = TENSOR_MAX_DIMS - q->dots;
  for (int l = 0; l < EINSUM_LETTERS; l++)
    if (q->times[l] == 1) label[n++] = l;
  if (n > most)
    return tensor_fail("einsum: the result would have %d dims, more than %d",
                       n + q->dots, TENSOR_MAX_DIMS);
  spread(&q->out, n, label, 0, q->dots);
  return TENSOR_OK;
}

static int read_output(Equation *q, const char *at) {
  int label[TENSOR_MAX_DIMS], n, dots_at;
  uint64_t seen = 0;
  int status = read_group(&at, label, &n, &dots_at);
  if (status != TENSOR_OK) return status;
  if (*at != '\0')
    return *at == ',' ? tensor_fail("einsum: there is only one output")
                      : bad_character(at);
  for (int d = 0; d < n; d++) {
    if (q->size[label[d]] < 0)
      return tensor_fail("einsum: the letter %c of the output stands in no "
                         "input",
                         nn_einsum_letter(label[d]));
    if (seen >> label[d] & 1)
      return tensor_fail("einsum: the letter %c stands twice in the output",
                         nn_einsum_letter(label[d]));
    seen |= (uint64_t)1 << label[d];
  }
  if (dots_at < 0 && q->dots > 0)
    return tensor_fail("einsum: the output needs \"...\" too, for the dims "
                       "(%d) that it stands for in the inputs",
                       q->dots);
  if (n + q->dots > TENSOR_MAX_DIMS)
    return tensor_fail("einsum: the result would have %d dims, more than %d",
                       n + q->dots, TENSOR_MAX_DIMS);
  spread(&q->out, n, label, dots_at, q->dots);
  return TENSOR_OK;
}

int nn_einsum_read(Equation *q) {
  const char *at = q->text;
  int groups = count_groups(at);
  if (groups != q->count)
    return tensor_fail("einsum: \"%.60s\" is for %d tensor%s, got %d", q->text,
                       groups, groups == 1 ? "" : "s", q->count);
  for (int k = 0; k < q->count; k++) {
    int status = read_term(q, &at, k);
    if (status != TENSOR_OK) return status;
    if (*at == ',') at++;
  }
  return *at == '\0' ? implicit_output(q) : read_output(q, at + 2);
}
