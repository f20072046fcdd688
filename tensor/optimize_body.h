/*
** optimize_body.h - the loops of optimize.c for one float type: REAL, and
** NAME(f) which puts the type into a function's name.
*/

TENSOR_CLONES static void NAME(sgd)(const TensorStep *s, int64_t n,
                                    void *const *at) {
  REAL *p = at[0];
  const REAL *g = at[1];
  const REAL lr = (REAL)s->lr, scale = (REAL)s->scale, decay = (REAL)s->decay;
#pragma omp simd
  for (int64_t i = 0; i < n; i++) p[i] -= lr * (g[i] * scale + decay * p[i]);
}

TENSOR_CLONES static void NAME(momentum)(const TensorStep *s, int64_t n,
                                         void *const *at) {
  REAL *p = at[0], *v = at[2];
  const REAL *g = at[1];
  const REAL lr = (REAL)s->lr, scale = (REAL)s->scale, decay = (REAL)s->decay;
  const REAL momentum = (REAL)s->momentum;
  const REAL ahead = s->nesterov ? momentum : 1;
  const REAL direct = s->nesterov ? lr : 0;
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    REAL d = g[i] * scale + decay * p[i];
    v[i] = momentum * v[i] - lr * d;
    p[i] += ahead * v[i] - direct * d;
  }
}

TENSOR_CLONES static void NAME(adagrad)(const TensorStep *s, int64_t n,
                                        void *const *at) {
  REAL *p = at[0], *a = at[2];
  const REAL *g = at[1];
  const REAL lr = (REAL)s->lr, scale = (REAL)s->scale, decay = (REAL)s->decay;
  const REAL epsilon = (REAL)s->epsilon;
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    REAL d = g[i] * scale + decay * p[i];
    a[i] += d * d;
    p[i] -= lr * d / (TENSOR_MATH(sqrt, a[i]) + epsilon);
  }
}

TENSOR_CLONES static void NAME(rmsprop)(const TensorStep *s, int64_t n,
                                        void *const *at) {
  REAL *p = at[0], *a = at[2];
  const REAL *g = at[1];
  const REAL lr = (REAL)s->lr, scale = (REAL)s->scale, decay = (REAL)s->decay;
  const REAL rho = (REAL)s->rho, fresh = (REAL)(1 - s->rho);
  const REAL epsilon = (REAL)s->epsilon;
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    REAL d = g[i] * scale + decay * p[i];
    a[i] = rho * a[i] + fresh * d * d;
    p[i] -= lr * d / (TENSOR_MATH(sqrt, a[i]) + epsilon);
  }
}

TENSOR_CLONES static void NAME(rmsprop_momentum)(const TensorStep *s, int64_t n,
                                                 void *const *at) {
  REAL *p = at[0], *a = at[2], *v = at[3];
  const REAL *g = at[1];
  const REAL lr = (REAL)s->lr, scale = (REAL)s->scale, decay = (REAL)s->decay;
  const REAL rho = (REAL)s->rho, fresh = (REAL)(1 - s->rho);
  const REAL epsilon = (REAL)s->epsilon, momentum = (REAL)s->momentum;
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    REAL d = g[i] * scale + decay * p[i];
    a[i] = rho * a[i] + fresh * d * d;
    v[i] = momentum * v[i] + lr * d / (TENSOR_MATH(sqrt, a[i]) + epsilon);
    p[i] -= v[i];
  }
}

TENSOR_CLONES static void NAME(adam)(const TensorStep *s, int64_t n,
                                     void *const *at) {
  REAL *p = at[0], *m = at[2], *v = at[3];
  const REAL *g = at[1];
  const REAL scale = (REAL)s->scale, decay = (REAL)s->decay;
  const REAL beta1 = (REAL)s->beta1, fresh1 = (REAL)(1 - s->beta1);
  const REAL beta2 = (REAL)s->beta2, fresh2 = (REAL)(1 - s->beta2);
  const double count = (double)s->count;
  const REAL rate = (REAL)(s->lr / (1 - pow(s->beta1, count)));
  const REAL root = (REAL)(1 / sqrt(1 - pow(s->beta2, count)));
  const REAL epsilon = (REAL)s->epsilon;
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    REAL d = g[i] * scale + decay * p[i];
    m[i] = beta1 * m[i] + fresh1 * d;
    v[i] = beta2 * v[i] + fresh2 * d * d;
    p[i] -= rate * m[i] / (TENSOR_MATH(sqrt, v[i]) * root + epsilon);
  }
}

#undef REAL
#undef NAME
