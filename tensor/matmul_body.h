/*
** matmul_body.h - the plain product of one dtype. Included with these
** defined: TYPE of an element, ACC of a sum (unsigned for integers, so that
** they wrap), STORE(sum) and NAME.
*/

/* A row of c is made in tiles whose sums stay in the first cache. */
TENSOR_CLONES static void NAME(const MatrixProduct *p) {
  const TYPE *a = (const TYPE *)p->a, *b = (const TYPE *)p->b;
  TYPE *c = (TYPE *)p->c;
  ACC sum[TILE];
  for (int64_t j0 = 0; j0 < p->n; j0 += TILE) {
    int width = (int)tensor_min64(TILE, p->n - j0);
    for (int64_t i = 0; i < p->m; i++) {
      for (int j = 0; j < width; j++) sum[j] = 0;
      for (int64_t l = 0; l < p->k; l++) {
        ACC left = (ACC)a[i * p->a_row + l * p->a_column];
        const TYPE *right = b + l * p->b_row + j0 * p->b_column;
        if (p->b_column == 1) {
#pragma omp simd
          for (int j = 0; j < width; j++) sum[j] += left * (ACC)right[j];
        } else {
          for (int j = 0; j < width; j++)
            sum[j] += left * (ACC)right[j * p->b_column];
        }
      }
      for (int j = 0; j < width; j++) c[i * p->n + j0 + j] = STORE(sum[j]);
    }
  }
}

#undef TYPE
#undef ACC
#undef STORE
#undef NAME
