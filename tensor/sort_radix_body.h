/*
** sort_radix_body.h - sorting of one kind of keys by their digits, and of
** short rows by insertion. Included with these defined: TYPE, KEY_IN(e),
** which is the number in an element whose digits are looked at, and
** NAME(word), which makes the name of a function.
**
** Each thread counts the digits in its piece; from all counts follows where
** each thread's elements of each digit go, and then each thread moves its
** own. So the order of equals stays.
*/

typedef struct NAME(Pass) {
  TYPE *to;
  const TYPE *from;
  int64_t *counts; /* then: places */
  int shift, width;
} NAME(Pass);

static void NAME(count)(void *of, int piece, int64_t first, int64_t last) {
  const NAME(Pass) *p = of;
  int64_t *counts = p->counts + ((int64_t)piece << p->width);
  uint64_t mask = (UINT64_C(1) << p->width) - 1;
  int shift = p->shift;
  for (int64_t i = first; i < last; i++)
    counts[KEY_IN(p->from[i]) >> shift & mask]++;
}

static void NAME(move)(void *of, int piece, int64_t first, int64_t last) {
  const NAME(Pass) *p = of;
  int64_t *place = p->counts + ((int64_t)piece << p->width);
  uint64_t mask = (UINT64_C(1) << p->width) - 1;
  int shift = p->shift;
  TYPE *to = p->to;
  for (int64_t i = first; i < last; i++) {
    TYPE e = p->from[i];
    to[place[KEY_IN(e) >> shift & mask]++] = e;
  }
}

/* One digit; false where all elements have the same one, and stay. */
static bool NAME(pass)(const SortRadix *r, NAME(Pass) * p) {
  int threads = r->threads;
  memset(p->counts, 0, (sizeof *p->counts << p->width) * (size_t)threads);
  tensor_sort_pieces(threads, r->n, r->status, NAME(count), p);
  if (!places_of(p->counts, p->width, threads, r->n)) return false;
  tensor_sort_pieces(threads, r->n, r->status, NAME(move), p);
  return true;
}

static void NAME(insert)(TYPE *a, int64_t n) {
  for (int64_t i = 1; i < n; i++) {
    TYPE e = a[i];
    int64_t j = i;
    for (; j > 0 && KEY_IN(e) < KEY_IN(a[j - 1]); j--) a[j] = a[j - 1];
    a[j] = e;
  }
}

TYPE *NAME(tensor_sort)(const SortRadix *r, TYPE *a, TYPE *b) {
  if (r->n <= SORT_SHORT) {
    NAME(insert)(a, r->n);
    return a;
  }
  int digit = tensor_sort_digit(r->n), end = r->shift + r->bits;
  int passes = (r->bits + digit - 1) / digit;
  for (int shift = r->shift; shift < end; passes--) {
    int width = (end - shift + passes - 1) / passes;
    NAME(Pass) p = {b, a, r->counts, shift, width};
    shift += width;
    if (!NAME(pass)(r, &p)) continue;
    TYPE *sorted = b;
    b = a;
    a = sorted;
    if (*r->status != TENSOR_OK) break;
  }
  return a;
}

#undef TYPE
#undef KEY_IN
#undef NAME
