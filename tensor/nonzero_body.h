/*
** nonzero_body.h - elements of one dtype that are not 0. Included with TYPE
** and NAME(word) defined.
*/

TENSOR_CLONES static int64_t NAME(count)(const char *data, int64_t n,
                                         int64_t step) {
  const TYPE *x = (const TYPE *)data;
  int64_t count = 0;
  if (step == 1) {
    for (int64_t i = 0; i < n; i++) count += x[i] != 0;
  } else {
    for (int64_t i = 0; i < n; i++) count += x[i * step] != 0;
  }
  return count;
}

/* Each element is written down and kept only if it counts, so that a random
** mask costs no mispredicted branches. */
static int64_t NAME(find)(const char *data, int64_t n, int64_t step,
                          int64_t *out, int64_t out_step) {
  const TYPE *x = (const TYPE *)data;
  int64_t found[FIND_BLOCK], count = 0;
  for (int64_t i = 0; i < n; i += FIND_BLOCK) {
    int here = 0, length = (int)tensor_min64(FIND_BLOCK, n - i);
    for (int j = 0; j < length; j++) {
      found[here] = i + j + 1;
      here += x[(i + j) * step] != 0;
    }
    for (int j = 0; j < here; j++) out[count++ * out_step] = found[j];
  }
  return count;
}

#undef TYPE
#undef NAME
