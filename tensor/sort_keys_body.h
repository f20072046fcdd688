/*
** sort_keys_body.h - keys of one dtype (see sort.h). Included with these
** defined: TYPE of an element, KEY of its key, KEY_OF(v), ELEMENT(x, at, key),
** which is the element x[at] known by its key, and NAME(word), which makes
** the name of a function.
*/

/* The key of x[i], counted from the least. */
#define KEY_AT(k, x, i)                                                        \
  ((KEY)((KEY)(KEY_OF((x)[i]) ^ (KEY)(k)->flip) - (KEY)(k)->least))

TENSOR_CLONES static void NAME(extremes)(const TYPE *x, int64_t n, KEY flip,
                                         KEY *least, KEY *most) {
  KEY low = *least, high = *most;
  for (int64_t i = 0; i < n; i++) {
    KEY key = (KEY)(KEY_OF(x[i]) ^ flip);
    low = key < low ? key : low;
    high = key > high ? key : high;
  }
  *least = low;
  *most = high;
}

static void NAME(bounds)(SortKeys *k) {
  const TYPE *x = k->x;
  KEY flip = (KEY)k->flip, least = (KEY)(KEY_OF(x[0]) ^ flip), most = least;
  for (int64_t first = 0; first < k->n; first += SORT_BLOCK) {
    if (first > 0 && tensor_stopped(k->status)) break;
    NAME(extremes)
    (x + first, tensor_min64(SORT_BLOCK, k->n - first), flip, &least, &most);
  }
  k->least = least;
  k->most = (uint64_t)(most - least);
  k->bits = tensor_sort_bits(k->most);
}

TENSOR_CLONES static void NAME(pack)(uint64_t *out, const SortKeys *k,
                                     int64_t first, int64_t last) {
  const TYPE *x = k->x;
  int shift = k->index_bits;
  for (int64_t i = first; i < last; i++)
    out[i] = (uint64_t)KEY_AT(k, x, i) << shift | (uint64_t)i;
}

static void NAME(widen)(SortWide *out, const SortKeys *k, int64_t first,
                        int64_t last) {
  const TYPE *x = k->x;
  for (int64_t i = first; i < last; i++)
    out[i] = (SortWide){KEY_AT(k, x, i), i};
}

TENSOR_CLONES static void NAME(unpack)(void *values, int64_t *positions,
                                       const SortKeys *k,
                                       const uint64_t *sorted, int64_t first,
                                       int64_t last) {
  const TYPE *x = k->x;
  TYPE *out = values;
  KEY least = (KEY)k->least, flip = (KEY)k->flip;
  int shift = k->index_bits;
  uint64_t mask = (UINT64_C(1) << shift) - 1;
  for (int64_t i = first; i < last; i++)
    positions[i] = (int64_t)(sorted[i] & mask) + 1;
  for (int64_t i = first; out != NULL && i < last; i++) {
    KEY key = (KEY)((KEY)(sorted[i] >> shift) + least) ^ flip;
    out[i] = ELEMENT(x, sorted[i] & mask, key);
  }
}

static void NAME(unpack_wide)(void *values, int64_t *positions,
                              const SortKeys *k, const SortWide *sorted,
                              int64_t first, int64_t last) {
  const TYPE *x = k->x;
  TYPE *out = values;
  KEY least = (KEY)k->least, flip = (KEY)k->flip;
  for (int64_t i = first; i < last; i++) {
    positions[i] = sorted[i].at + 1;
    if (out == NULL) continue;
    KEY key = (KEY)((KEY)sorted[i].key + least) ^ flip;
    out[i] = ELEMENT(x, sorted[i].at, key);
  }
}

/* The digits of width bits, from bit low on, of the keys that are `found`
** above them; what is too great for a digit belongs to other keys. */
TENSOR_CLONES static void NAME(digits)(KEY *restrict digits, const SortKeys *k,
                                       int64_t first, int64_t count, KEY found,
                                       int low) {
  const TYPE *x = k->x;
  KEY flip = (KEY)k->flip, least = (KEY)k->least;
  for (int64_t i = 0; i < count; i++) {
    KEY key = (KEY)((KEY)(KEY_OF(x[first + i]) ^ flip) - least);
    digits[i] = (KEY)((key ^ found) >> low);
  }
}

static void NAME(count)(const SortKeys *k, KEY found, int low, int width,
                        int64_t *counts) {
  KEY digits[SORT_DIGITS], buckets = (KEY)((KEY)1 << width);
  memset(counts, 0, sizeof *counts << width);
  for (int64_t first = 0; first < k->n; first += SORT_DIGITS) {
    int64_t n = tensor_min64(SORT_DIGITS, k->n - first);
    NAME(digits)(digits, k, first, n, found, low);
    for (int64_t i = 0; i < n; i++)
      if (digits[i] < buckets) counts[digits[i]]++;
    if (first % SORT_BLOCK == 0 && tensor_stopped(k->status)) return;
  }
}

/* Of a few keys each is compared with all: cheaper than clearing counts. */
static uint64_t NAME(select_of_few)(const SortKeys *k, int64_t rank,
                                    int64_t *less) {
  KEY keys[SORT_FEW];
  NAME(digits)(keys, k, 0, k->n, 0, 0);
  for (int64_t i = 0; i < k->n; i++) {
    int64_t below = 0, upto = 0;
    for (int64_t j = 0; j < k->n; j++) {
      below += keys[j] < keys[i];
      upto += keys[j] <= keys[i];
    }
    *less = below;
    if (below <= rank && rank < upto) return keys[i];
  }
  return 0;
}

static uint64_t NAME(select)(const SortKeys *k, int64_t rank, int64_t *less) {
  if (k->n <= SORT_FEW) return NAME(select_of_few)(k, rank, less);
  int64_t counts[SORT_BUCKETS];
  KEY found = 0;
  int left = k->bits, digit = tensor_sort_digit(k->n);
  *less = 0;
  while (left > 0) {
    int width = left < digit ? left : digit;
    left -= width;
    NAME(count)(k, found, left, width, counts);
    if (*k->status != TENSOR_OK) return 0;
    int64_t d = 0;
    while (*less + counts[d] <= rank) *less += counts[d++];
    found |= (KEY)((KEY)d << left);
  }
  return found;
}

static void NAME(collect)(SortWide *out, const SortKeys *k, uint64_t bound,
                          int64_t equal) {
  const TYPE *x = k->x;
  KEY most = (KEY)bound;
  for (int64_t first = 0; first < k->n; first += SORT_BLOCK) {
    int64_t last = tensor_min64(k->n, first + SORT_BLOCK);
    if (first > 0 && tensor_stopped(k->status)) return;
    for (int64_t i = first; i < last; i++) {
      KEY key = KEY_AT(k, x, i);
      if (key > most || (key == most && equal-- <= 0)) continue;
      *out++ = (SortWide){key, i};
    }
  }
}

TENSOR_CLONES static KEY NAME(next_of)(const KEY *keys, int64_t n, KEY here,
                                       KEY above, int64_t *equal) {
  KEY count = 0;
  for (int64_t i = 0; i < n; i++) {
    KEY other = keys[i] > here ? keys[i] : (KEY) ~(KEY)0;
    above = other < above ? other : above;
    count += keys[i] == here;
  }
  *equal += (int64_t)count;
  return above;
}

static uint64_t NAME(next)(const SortKeys *k, uint64_t key, int64_t *equal) {
  KEY keys[SORT_DIGITS], above = (KEY) ~(KEY)0;
  *equal = 0;
  for (int64_t first = 0; first < k->n; first += SORT_DIGITS) {
    int64_t n = tensor_min64(SORT_DIGITS, k->n - first);
    NAME(digits)(keys, k, first, n, 0, 0);
    above = NAME(next_of)(keys, n, (KEY)key, above, equal);
    if (first % SORT_BLOCK == 0 && tensor_stopped(k->status)) return 0;
  }
  return above;
}

static int64_t NAME(find)(const SortKeys *k, uint64_t key, int64_t nth) {
  const TYPE *x = k->x;
  for (int64_t i = 0; i < k->n; i++)
    if (KEY_AT(k, x, i) == (KEY)key && nth-- == 0) return i;
  return 0;
}

static void NAME(search)(int64_t *out, const void *row, int64_t n,
                         const void *values, int64_t count, bool right) {
  const TYPE *x = row, *v = values;
  for (int64_t i = 0; i < count; i++) {
    KEY key = KEY_OF(v[i]);
    int64_t low = 0;
    for (int64_t left = n; left > 0;) { /* halves without branches */
      int64_t half = left / 2;
      KEY there = KEY_OF(x[low + half]);
      bool after = (there < key) | (right & (there == key));
      low = after ? low + half + 1 : low;
      left = after ? left - half - 1 : half;
    }
    out[i] = low;
  }
}

static int NAME(compare)(const void *data, int64_t a, int64_t b,
                         int64_t length) {
  const TYPE *x = (const TYPE *)data + a * length;
  const TYPE *y = (const TYPE *)data + b * length;
  for (int64_t i = 0; i < length; i++) {
    KEY p = KEY_OF(x[i]), q = KEY_OF(y[i]);
    if (p != q) return p < q ? -1 : 1;
  }
  return 0;
}

#undef KEY_AT
#undef TYPE
#undef KEY
#undef KEY_OF
#undef ELEMENT
#undef NAME
