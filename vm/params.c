/*
** params.c - the text in a row that tells what it takes, as parameters.
*/
#include <string.h>

#include "vm/args.h"

static const struct {
  const char *name;
  VmKind kind;
} kinds[] = {
    {"tensor", VM_TENSOR},   {"tensors", VM_TENSORS}, {"dim", VM_DIM},
    {"dims", VM_DIMS},       {"place", VM_PLACE},     {"int", VM_INT},
    {"number", VM_NUMBER},   {"bool", VM_BOOL},       {"ints", VM_INTS},
    {"padding", VM_PADDING}, {"dtype", VM_DTYPE},     {"text", VM_TEXT}};

bool vm_same_text(const char *a, int size, const char *b) {
  return (int)strlen(b) == size && memcmp(a, b, (size_t)size) == 0;
}

/* How the words begin where a number will do too. */
static const char number_or[] = "number|";
#define NUMBER_OR_SIZE ((int)sizeof number_or - 1)

static VmKind kind_named(const char *text, int size) {
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
    if (vm_same_text(text, size, kinds[k].name)) return kinds[k].kind;
  bool number = size > NUMBER_OR_SIZE &&
                memcmp(text, number_or, (size_t)NUMBER_OR_SIZE) == 0;
  return number ? VM_NUMBER_OR_WORD : VM_WORD;
}

int vm_word_index(const VmParam *p, const char *word, int size) {
  const char *s = p->words, *end = p->words + p->words_size;
  for (int n = 0; s < end; n++) {
    int length = (int)strcspn(s, "|,= ");
    if (length == size && memcmp(s, word, (size_t)size) == 0) return n;
    s += length + 1;
  }
  return -1;
}

static const char *skip(const char *s) { return s + strspn(s, " ,"); }

/* Each kind fills slots of its own. */
static int *slot_counter(VmKind kind, int counters[4]) {
  switch (kind) {
  case VM_OPERAND:
  case VM_TENSOR:
  case VM_TENSORS: return &counters[0];
  case VM_NUMBER: return &counters[1];
  case VM_INTS:
  case VM_PADDING: return &counters[2];
  default: return &counters[3];
  }
}

static const char *parse_param(VmParam *p, const char *s, int counters[4]) {
  p->name = s;
  p->name_size = (int)strcspn(s, ":,= ");
  s = s + p->name_size;
  p->kind = VM_OPERAND;
  p->optional = false;
  if (*s == ':') {
    p->words = s + 1 + strspn(s + 1, " ");
    p->words_size = (int)strcspn(p->words, ",= ");
    p->kind = kind_named(p->words, p->words_size);
    s = p->words + p->words_size;
  }
  s += strspn(s, " ");
  if (*s == '=') {
    p->fallback = s + 1 + strspn(s + 1, " ");
    p->fallback_size = (int)strcspn(p->fallback, ",");
    p->optional = true;
    s = p->fallback + p->fallback_size;
  }
  p->slot = (*slot_counter(p->kind, counters))++;
  if (p->kind == VM_NUMBER_OR_WORD) {
    p->words += NUMBER_OR_SIZE;
    p->words_size -= NUMBER_OR_SIZE;
    p->number_slot = counters[1]++;
  }
  return skip(s);
}

void vm_parse_params(VmBinding *b) {
  int counters[4] = {0, 0, 0, 0};
  const char *s = skip(b->row->args);
  b->count = 0;
  while (*s != '\0' && b->count < VM_MAX_PARAMS)
    s = parse_param(&b->params[b->count++], s, counters);
  b->has_attrs = counters[1] + counters[2] + counters[3] > 0;
}
