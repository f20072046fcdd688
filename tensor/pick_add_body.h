/*
** pick_add_body.h - adding picked elements of one dtype. Included with these
** defined: TYPE of an element, ADD(a, b), which wraps for integers, and NAME.
*/

TENSOR_CLONES static void NAME(const Pick *p, char *out_data,
                               const char *x_data, const int64_t *at,
                               int64_t n) {
  int last = p->ndim - 1;
  int64_t to = p->to[last], from = p->from[last], step = p->at[last];
  TYPE *out = (TYPE *)out_data;
  const TYPE *x = (const TYPE *)x_data;
  if (step == 0 && to == 1 && from == 1) {
    TYPE *row = out + *at * p->to_picked;
    const TYPE *row_x = x + *at * p->from_picked;
#pragma omp simd
    for (int64_t j = 0; j < n; j++) row[j] = ADD(row[j], row_x[j]);
    return;
  }
  for (int64_t j = 0; j < n; j++) {
    int64_t q = at[j * step];
    TYPE *target = out + j * to + q * p->to_picked;
    *target = ADD(*target, x[j * from + q * p->from_picked]);
  }
}

#undef TYPE
#undef ADD
#undef NAME
