/*
** random_poisson.c - counts of events that come at a rate.
**
** Small rates by multiplication: events within a unit of time are counted by
** their exponential distances. Others by transformed rejection with squeeze
** (Hormann, "The transformed rejection method for generating Poisson random
** variables", 1993, algorithm PTRS), whose cost does not grow with the rate.
*/
#include "tensor/random.h"

/* A product of n uniform numbers stays above exp(-rate) while n distances
** add up to less than the rate. */
static double by_multiplication(TensorSource *s, double rate) {
  double least = exp(-rate), product = tensor_random_next(s);
  double count = 0;
  for (; product > least; count++) product *= tensor_random_next(s);
  return count;
}

/* What Stirling's formula lacks of log k!, for k from 16 on. */
static double stirling_rest(double k) {
  double k2 = k * k;
  return (1.0 / 12 - (1.0 / 360 - 1 / (1260 * k2)) / k2) / k;
}

/* log (rate^k exp(-rate) / k!), without differences of large numbers. */
static double log_probability(double k, double rate) {
  if (k < 16) {
    double sum = -rate;
    for (int i = 1; i <= (int)k; i++) sum += log(rate / i);
    return sum;
  }
  double gap = k - rate;
  return k * log1p(-gap / k) + gap - 0.5 * log(2 * M_PI * k) - stirling_rest(k);
}

/* The names are the article's. */
static double by_rejection(TensorSource *s, double rate) {
  double b = 0.931 + 2.53 * sqrt(rate), a = -0.059 + 0.02483 * b;
  double v_r = 0.9277 - 3.6224 / (b - 2);
  double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  for (;;) {
    double u = tensor_random_next(s) - 0.5, v = tensor_random_next(s);
    double us = 0.5 - fabs(u);
    double k = floor((2 * a / us + b) * u + rate + 0.43);
    if (us >= 0.07 && v <= v_r) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (log(v * inverse_alpha / (a / (us * us) + b)) <=
        log_probability(k, rate))
      return k;
  }
}

static double draw_poisson(const TensorDraw *d, int64_t i, TensorSource *s) {
  double rate = tensor_given(d, 0, i);
  return rate < 10 ? by_multiplication(s, rate) : by_rejection(s, rate);
}

static void poissons(const TensorDraw *d, int64_t from, int64_t to) {
  tensor_random_one_by_one(d, from, to, draw_poisson);
}

int tensor_random_poisson(Tensor *out, const Tensor *rate) {
  TensorDraw d = {.out = out, .count = tensor_numel(out)};
  TensorPassed passed = {rate, "the rate", TENSOR_NOT_NEGATIVE};
  return tensor_random_draw_given(&d, "poisson", 1, &passed, poissons,
                                  TENSOR_BLOCKS);
}
