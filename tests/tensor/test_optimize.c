/*
** test_optimize.c - fused optimiser steps against their formulas, several
** steps in a row, over more elements than one block has.
*/
#include "tensor/optimize.h"
#include "tests/tensor/support.h"

#define STATES 3
#define STEPS  3

typedef enum Kind {
  SGD,
  MOMENTUM,
  NESTEROV,
  ADAGRAD,
  ADADELTA,
  RMSPROP,
  RMSPROP_MOMENTUM,
  RMSPROP_CENTERED,
  ADAM,
  ADAMW,
  AMSGRAD,
  ADAMAX,
  NADAM,
  KINDS
} Kind;

static const int states_of[KINDS] = {
    [MOMENTUM] = 1, [NESTEROV] = 1,         [ADAGRAD] = 1,
    [ADADELTA] = 2, [RMSPROP] = 1,          [RMSPROP_MOMENTUM] = 2,
    [ADAM] = 2,     [RMSPROP_CENTERED] = 3, [ADAMW] = 2,
    [AMSGRAD] = 3,  [ADAMAX] = 2,           [NADAM] = 2};

static TensorStep options(Kind kind, int64_t count) {
  return (TensorStep){.lr = 0.1,
                      .scale = 0.5,
                      .decay = 0.25,
                      .apart = kind == ADAMW,
                      .momentum = 0.75,
                      .nesterov = kind == NESTEROV,
                      .rho = 0.875,
                      .beta1 = 0.75,
                      .beta2 = 0.875,
                      .epsilon = 1e-3,
                      .count = count,
                      .of_mean = 0.625,
                      .of_gradient = 1.5};
}

static int step(Kind kind, const TensorStep *s, Tensor *p, const Tensor *g,
                Tensor *t) {
  switch (kind) {
  case SGD: return tensor_sgd_step(s, p, g, NULL);
  case MOMENTUM:
  case NESTEROV: return tensor_sgd_step(s, p, g, &t[0]);
  case ADAGRAD: return tensor_adagrad_step(s, p, g, &t[0]);
  case ADADELTA: return tensor_adadelta_step(s, p, g, &t[0], &t[1]);
  case RMSPROP: return tensor_rmsprop_step(s, p, g, &t[0], NULL, NULL);
  case RMSPROP_MOMENTUM:
    return tensor_rmsprop_step(s, p, g, &t[0], &t[1], NULL);
  case RMSPROP_CENTERED:
    return tensor_rmsprop_step(s, p, g, &t[0], &t[1], &t[2]);
  case ADAM:
  case ADAMW: return tensor_adam_step(s, p, g, &t[0], &t[1], NULL);
  case AMSGRAD: return tensor_adam_step(s, p, g, &t[0], &t[1], &t[2]);
  case ADAMAX: return tensor_adamax_step(s, p, g, &t[0], &t[1]);
  default: return tensor_nadam_step(s, p, g, &t[0], &t[1]);
  }
}

/* What Adam's kin take from p, from their running means. */
static double adam_move(Kind kind, const TensorStep *s, double g, double *t) {
  double count = (double)s->count;
  double bias1 = 1 - pow(s->beta1, count), bias2 = 1 - pow(s->beta2, count);
  t[0] = s->beta1 * t[0] + (1 - s->beta1) * g;
  if (kind == ADAMAX) {
    t[1] = fmax(s->beta2 * t[1], fabs(g));
    return s->lr / bias1 * t[0] / (t[1] + s->epsilon);
  }
  t[1] = s->beta2 * t[1] + (1 - s->beta2) * g * g;
  if (kind == NADAM)
    return s->lr * (s->of_mean * t[0] + s->of_gradient * g) /
           (sqrt(t[1] / bias2) + s->epsilon);
  if (kind == AMSGRAD) t[2] = fmax(t[2], t[1]);
  double v = kind == AMSGRAD ? t[2] : t[1];
  return s->lr * sqrt(bias2) / bias1 * t[0] / (sqrt(v) + s->epsilon);
}

static double rmsprop_move(Kind kind, const TensorStep *s, double g,
                           double *t) {
  t[0] = s->rho * t[0] + (1 - s->rho) * g * g;
  double v = t[0];
  if (kind == RMSPROP_CENTERED) {
    t[2] = s->rho * t[2] + (1 - s->rho) * g;
    v -= t[2] * t[2];
  }
  double move = s->lr * g / sqrt(v + s->epsilon);
  if (kind != RMSPROP) move = t[1] = s->momentum * t[1] + move;
  return move;
}

/* One element, plainly. */
static double twin(Kind kind, const TensorStep *s, double p, double g,
                   double *t) {
  if (s->apart) p -= s->lr * s->decay * p;
  g = g * s->scale + (s->apart ? 0 : s->decay * p);
  switch (kind) {
  case SGD: return p - s->lr * g;
  case MOMENTUM: return p + (t[0] = s->momentum * t[0] - s->lr * g);
  case NESTEROV:
    t[0] = s->momentum * t[0] - s->lr * g;
    return p + s->momentum * t[0] - s->lr * g;
  case ADAGRAD: t[0] += g * g; return p - s->lr * g / sqrt(t[0] + s->epsilon);
  case ADADELTA:
    t[0] = s->rho * t[0] + (1 - s->rho) * g * g;
    g *= sqrt(t[1] + s->epsilon) / sqrt(t[0] + s->epsilon);
    t[1] = s->rho * t[1] + (1 - s->rho) * g * g;
    return p - s->lr * g;
  case RMSPROP:
  case RMSPROP_MOMENTUM:
  case RMSPROP_CENTERED: return p - rmsprop_move(kind, s, g, t);
  default: return p - adam_move(kind, s, g, t);
  }
}

/* A tensor of n elements from -1 to 1, or of zeros. */
static Tensor make(TensorDType dtype, int64_t n, bool zeros) {
  Tensor t;
  test_ok(tensor_new(&t, dtype, TEST_SHAPE(n)));
  for (int64_t i = 0; i < n; i++)
    tensor_set(&t, i, zeros ? 0 : (double)(test_random() % 2049 - 1024) / 1024);
  return t;
}

static void check(Kind kind, TensorDType dtype, int64_t n) {
  Tensor p = make(dtype, n, false), due = make(dtype, n, true), states[STATES];
  Tensor plain = make(TENSOR_FLOAT64, n * STATES, true);
  for (int k = 0; k < STATES; k++) states[k] = make(dtype, n, true);
  for (int64_t i = 0; i < n; i++) tensor_set(&due, i, tensor_get(&p, i));
  for (int64_t count = 1; count <= STEPS; count++) {
    TensorStep s = options(kind, count);
    Tensor g = make(dtype, n, false);
    test_ok(step(kind, &s, &p, &g, states));
    for (int64_t i = 0; i < n; i++)
      tensor_set(&due, i,
                 twin(kind, &s, tensor_get(&due, i), tensor_get(&g, i),
                      (double *)plain.data + i * STATES));
    tensor_release(&g);
  }
  test_expect_close(&p, &due, dtype == TENSOR_FLOAT32 ? 1e-5 : 1e-13);
  for (int k = states_of[kind]; k < STATES; k++)
    for (int64_t i = 0; i < n; i++)
      cr_assert_eq(tensor_get(&states[k], i), 0, "a state too many");
  for (int k = 0; k < STATES; k++) tensor_release(&states[k]);
  tensor_release(&plain);
  tensor_release(&due);
  tensor_release(&p);
}

Test(optimize, formulas) {
  static const int64_t sizes[] = {0, 1, 17, 40000};
  for (Kind kind = 0; kind < KINDS; kind++)
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
      for (TensorDType dtype = TENSOR_FLOAT32; dtype <= TENSOR_FLOAT64; dtype++)
        check(kind, dtype, sizes[i]);
}

/* Rounding takes a - m^2 below 0 where the gradient stays the same. */
Test(optimize, centred_stays_finite) {
  Tensor p = make(TENSOR_FLOAT32, 64, true), g = make(TENSOR_FLOAT32, 64, true);
  Tensor t[STATES];
  for (int k = 0; k < STATES; k++) t[k] = make(TENSOR_FLOAT32, 64, true);
  for (int64_t i = 0; i < 64; i++) tensor_set(&g, i, 1000.1 + (double)i * 7.7);
  TensorStep s = {.lr = 0.001, .scale = 1, .rho = 0.5, .epsilon = 1e-7};
  for (int count = 0; count < 200; count++)
    test_ok(tensor_rmsprop_step(&s, &p, &g, &t[0], &t[1], &t[2]));
  for (int64_t i = 0; i < 64; i++)
    cr_expect(isfinite(tensor_get(&p, i)), "element %d", (int)i);
  for (int k = 0; k < STATES; k++) tensor_release(&t[k]);
  tensor_release(&p);
  tensor_release(&g);
}

Test(optimize, arguments) {
  Tensor p = make(TENSOR_FLOAT32, 4, true), g = make(TENSOR_FLOAT32, 5, true);
  Tensor q = make(TENSOR_FLOAT64, 4, true);
  TensorStep s = {.lr = 1, .scale = 1, .count = 1};
  test_fails(tensor_sgd_step(&s, &p, &g, NULL), "one shape and float dtype");
  test_fails(tensor_adamax_step(&s, &p, &p, &q, &p), "one shape");
  test_fails(tensor_rmsprop_step(&s, &p, &p, &p, NULL, &p), "centred");
  tensor_release(&p);
  tensor_release(&g);
  tensor_release(&q);
}
