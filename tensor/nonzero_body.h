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

static int64_t NAME(find)(const char *data, int64_t n, int64_t step,
                          int64_t *out, int64_t out_step) {
  const TYPE *x = (const TYPE *)data;
  int64_t count = 0;
  for (int64_t i = 0; i < n; i++)
    if (x[i * step] != 0) out[count++ * out_step] = i + 1;
  return count;
}

#undef TYPE
#undef NAME
