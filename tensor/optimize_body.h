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
    p[i] -= lr * d / TENSOR_MATH(sqrt, a[i] + epsilon);
  }
}

TENSOR_CLONES static void NAME(adadelta)(const TensorStep *s, int64_t n,
                                         void *const *at) {
  REAL *p = at[0], *a = at[2], *u = at[3];
  const REAL *g = at[1];
  const REAL lr = (REAL)s->lr, scale = (REAL)s->scale, decay = (REAL)s->decay;
  const REAL rho = (REAL)s->rho, fresh = (REAL)(1 - s->rho);
  const REAL epsilon = (REAL)s->epsilon;
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    REAL d = g[i] * scale + decay * p[i];
    a[i] = rho * a[i] + fresh * d * d;
    d *= TENSOR_MATH(sqrt, (u[i] + epsilon) / (a[i] + epsilon));
    u[i] = rho * u[i] + fresh * d * d;
    p[i] -= lr * d;
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
    p[i] -= lr * d / TENSOR_MATH(sqrt, a[i] + epsilon);
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
    v[i] = momentum * v[i] + lr * d / TENSOR_MATH(sqrt, a[i] + epsilon);
    p[i] -= v[i];
  }
}

/* Rounding must not take the variance a - m^2 below 0. */
TENSOR_CLONES static void NAME(rmsprop_centered)(const TensorStep *s, int64_t n,
                                                 void *const *at) {
  REAL *p = at[0], *a = at[2], *v = at[3], *m = at[4];
  const REAL *g = at[1];
  const REAL lr = (REAL)s->lr, scale = (REAL)s->scale, decay = (REAL)s->decay;
  const REAL rho = (REAL)s->rho, fresh = (REAL)(1 - s->rho);
  const REAL epsilon = (REAL)s->epsilon, momentum = (REAL)s->momentum;
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    REAL d = g[i] * scale + decay * p[i];
    a[i] = rho * a[i] + fresh * d * d;
    m[i] = rho * m[i] + fresh * d;
    REAL variance = a[i] - m[i] * m[i];
    variance = variance > 0 ? variance : 0;
    v[i] = momentum * v[i] + lr * d / TENSOR_MATH(sqrt, variance + epsilon);
    p[i] -= v[i];
  }
}

/* Adam's learning rate, which mends the bias of the running means. */
static REAL NAME(adam_rate)(const TensorStep *s) {
  const double count = (double)s->count;
  return (REAL)(s->lr * sqrt(1 - pow(s->beta2, count)) /
                (1 - pow(s->beta1, count)));
}

/* What AdamW leaves of a parameter. */
static REAL NAME(adam_kept)(const TensorStep *s) {
  return s->apart ? (REAL)(1 - s->lr * s->decay) : 1;
}

TENSOR_CLONES static void NAME(adam)(const TensorStep *s, int64_t n,
                                     void *const *at) {
  REAL *p = at[0], *m = at[2], *v = at[3];
  const REAL *g = at[1];
  const REAL scale = (REAL)s->scale, decay = s->apart ? 0 : (REAL)s->decay;
  const REAL beta1 = (REAL)s->beta1, fresh1 = (REAL)(1 - s->beta1);
  const REAL beta2 = (REAL)s->beta2, fresh2 = (REAL)(1 - s->beta2);
  const REAL rate = NAME(adam_rate)(s), kept = NAME(adam_kept)(s);
  const REAL epsilon = (REAL)s->epsilon;
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    REAL d = g[i] * scale + decay * p[i];
    m[i] = beta1 * m[i] + fresh1 * d;
    v[i] = beta2 * v[i] + fresh2 * d * d;
    p[i] = kept * p[i] - rate * m[i] / (TENSOR_MATH(sqrt, v[i]) + epsilon);
  }
}

TENSOR_CLONES static void NAME(amsgrad)(const TensorStep *s, int64_t n,
                                        void *const *at) {
  REAL *p = at[0], *m = at[2], *v = at[3], *most = at[4];
  const REAL *g = at[1];
  const REAL scale = (REAL)s->scale, decay = s->apart ? 0 : (REAL)s->decay;
  const REAL beta1 = (REAL)s->beta1, fresh1 = (REAL)(1 - s->beta1);
  const REAL beta2 = (REAL)s->beta2, fresh2 = (REAL)(1 - s->beta2);
  const REAL rate = NAME(adam_rate)(s), kept = NAME(adam_kept)(s);
  const REAL epsilon = (REAL)s->epsilon;
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    REAL d = g[i] * scale + decay * p[i];
    m[i] = beta1 * m[i] + fresh1 * d;
    v[i] = beta2 * v[i] + fresh2 * d * d;
    most[i] = v[i] > most[i] ? v[i] : most[i];
    p[i] = kept * p[i] - rate * m[i] / (TENSOR_MATH(sqrt, most[i]) + epsilon);
  }
}

TENSOR_CLONES static void NAME(adamax)(const TensorStep *s, int64_t n,
                                       void *const *at) {
  REAL *p = at[0], *m = at[2], *u = at[3];
  const REAL *g = at[1];
  const REAL scale = (REAL)s->scale, decay = (REAL)s->decay;
  const REAL beta1 = (REAL)s->beta1, fresh1 = (REAL)(1 - s->beta1);
  const REAL beta2 = (REAL)s->beta2, epsilon = (REAL)s->epsilon;
  const REAL rate = (REAL)(s->lr / (1 - pow(s->beta1, (double)s->count)));
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    REAL d = g[i] * scale + decay * p[i];
    REAL size = d < 0 ? -d : d, before = beta2 * u[i];
    m[i] = beta1 * m[i] + fresh1 * d;
    u[i] = before > size ? before : size;
    p[i] -= rate * m[i] / (u[i] + epsilon);
  }
}

TENSOR_CLONES static void NAME(nadam)(const TensorStep *s, int64_t n,
                                      void *const *at) {
  REAL *p = at[0], *m = at[2], *v = at[3];
  const REAL *g = at[1];
  const REAL scale = (REAL)s->scale, decay = (REAL)s->decay;
  const REAL beta1 = (REAL)s->beta1, fresh1 = (REAL)(1 - s->beta1);
  const REAL beta2 = (REAL)s->beta2, fresh2 = (REAL)(1 - s->beta2);
  const REAL of_mean = (REAL)(s->lr * s->of_mean);
  const REAL of_gradient = (REAL)(s->lr * s->of_gradient);
  const REAL root = (REAL)(1 / sqrt(1 - pow(s->beta2, (double)s->count)));
  const REAL epsilon = (REAL)s->epsilon;
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    REAL d = g[i] * scale + decay * p[i];
    m[i] = beta1 * m[i] + fresh1 * d;
    v[i] = beta2 * v[i] + fresh2 * d * d;
    p[i] -= (of_mean * m[i] + of_gradient * d) /
            (TENSOR_MATH(sqrt, v[i]) * root + epsilon);
  }
}

#undef REAL
#undef NAME
