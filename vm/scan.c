/*
** scan.c - a reader of Lua's words, for what the shell must know before or
** beside the compiler: where strings end, and which locals are top-level.
**
** Never reads past the text's zero, whatever the text.
*/
#include <stdlib.h>
#include <string.h>

#include "vm/program.h"

typedef enum Kind { END, NAME, STRING, OTHER } Kind;

typedef struct Scan {
  Kind kind;
  const char *start, *end; /* of the word */
  bool unfinished;         /* the text ends inside it, or in a comment */
} Scan;

/* {== words ============================================================ */

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* The end of a long bracket that opens at p; NULL where none opens. An
** unfinished one ends with the text, and *unfinished is set. */
static const char *skip_long(const char *p, bool *unfinished) {
  size_t level = strspn(p + 1, "=");
  if (p[0] != '[' || p[1 + level] != '[') return NULL;
  for (p += 2 + level; (p = strchr(p, ']')) != NULL; p++) {
    if (strspn(p + 1, "=") == level && p[1 + level] == ']')
      return p + 2 + level;
  }
  *unfinished = true;
  return NULL;
}

static const char *text_end(const char *p) { return p + strlen(p); }

static const char *skip_comment(const char *p, bool *unfinished) {
  p += 2;
  const char *end = *p == '[' ? skip_long(p, unfinished) : NULL;
  if (end != NULL || *unfinished) return end != NULL ? end : text_end(p);
  p += strcspn(p, "\n");
  *unfinished = *p == '\0';
  return p;
}

static const char *skip_quoted(const char *p, bool *unfinished) {
  char quote = *p++;
  while (*p != quote && *p != '\0' && *p != '\n') {
    if (*p == '\\' && p[1] != '\0') p++;
    p++;
  }
  *unfinished = *p == '\0';
  return *p == quote ? p + 1 : p;
}

static const char *skip_word(const char *p) {
  while (is_letter(*p) || is_digit(*p)) p++;
  return p;
}

/* Moves on to the next word after s->end. */
static void next(Scan *s) {
  const char *p = s->end;
  s->unfinished = false;
  for (;;) {
    p += strspn(p, " \t\r\n\f\v");
    if (p[0] != '-' || p[1] != '-') break;
    p = skip_comment(p, &s->unfinished);
  }
  s->start = p;
  s->kind = OTHER;
  if (*p == '\0') {
    s->kind = END;
    s->end = p;
  } else if (is_letter(*p)) {
    s->kind = NAME;
    s->end = skip_word(p);
  } else if (*p == '"' || *p == '\'') {
    s->kind = STRING;
    s->end = skip_quoted(p, &s->unfinished);
  } else if (is_digit(*p)) {
    s->end = skip_word(p);
  } else {
    const char *end = *p == '[' ? skip_long(p, &s->unfinished) : NULL;
    s->end = end != NULL ? end : s->unfinished ? text_end(p) : p + 1;
  }
}

static bool is(const Scan *s, const char *word) {
  size_t length = (size_t)(s->end - s->start);
  return length == strlen(word) && memcmp(s->start, word, length) == 0;
}

bool vm_ends_in_string(const char *text, const char **open) {
  Scan s = {OTHER, text, text, false};
  do {
    next(&s);
  } while (s.kind != END && !s.unfinished);
  *open = s.unfinished && s.kind == STRING ? s.start + 1 : NULL;
  return s.unfinished;
}

/* }== locals =========================================================== */

/* A copy in progress: `from` is where the rest begins. */
typedef struct Rewrite {
  const char *from;
  char *to;
} Rewrite;

static void copy_until(Rewrite *r, const char *end) {
  size_t length = (size_t)(end - r->from);
  memcpy(r->to, r->from, length);
  r->to += length;
  r->from = end;
}

/* Leaves spaces for the word, so that columns stay what they were. */
static void blank(Rewrite *r, const char *start, const char *end) {
  copy_until(r, start);
  memset(r->to, ' ', (size_t)(end - start));
  r->to += end - start;
  r->from = end;
}

/* From after `local` to after its last name (or attribute). False for a
** declaration that must stay: to close a variable, or _ENV. */
static bool skip_names(Scan *s) {
  const char *end;
  do {
    next(s); /* the name */
    if (s->kind != NAME || is(s, "_ENV")) return false;
    end = s->end;
    next(s);
    if (is(s, "<")) {
      next(s);
      if (is(s, "close")) return false;
      next(s); /* ">" */
      end = s->end;
      next(s);
    }
  } while (is(s, ","));
  s->end = end;
  return true;
}

/* Copies the names without their attributes. */
static void copy_names(Rewrite *r, const char *end) {
  Scan s = {OTHER, r->from, r->from, false};
  while (s.end < end) {
    next(&s);
    if (!is(&s, "<")) continue;
    const char *start = s.start;
    next(&s);
    next(&s);
    blank(r, start, s.end);
  }
  copy_until(r, end);
}

/* s stands on a top-level `local`. */
static void rewrite_local(Rewrite *r, Scan *s) {
  Scan local = *s, after = *s;
  next(&after);
  if (is(&after, "function")) {
    blank(r, local.start, local.end);
    return;
  }
  if (!skip_names(s)) {
    *s = local;
    return;
  }
  blank(r, local.start, local.end);
  copy_names(r, s->end);
  after = *s;
  next(&after);
  if (!is(&after, "=")) {
    memcpy(r->to, " = nil", 6);
    r->to += 6;
  }
}

static int depth_change(const Scan *s) {
  if (is(s, "function") || is(s, "do") || is(s, "if") || is(s, "repeat"))
    return 1;
  return is(s, "end") || is(s, "until") ? -1 : 0;
}

char *vm_keep_locals(const char *text) {
  /* "local x" grows by 6 characters at most: twice the text is enough */
  char *copy = malloc(2 * strlen(text) + 1);
  if (copy == NULL) return NULL;
  Rewrite r = {text, copy};
  Scan s = {OTHER, text, text, false};
  int depth = 0;
  for (next(&s); s.kind != END; next(&s)) {
    if (s.kind != NAME) continue;
    if (depth == 0 && is(&s, "local"))
      rewrite_local(&r, &s);
    else
      depth += depth_change(&s);
  }
  if (r.from == text) {
    free(copy);
    return NULL;
  }
  copy_until(&r, s.start + 1); /* with the zero */
  return copy;
}

/* }===================================================================== */
