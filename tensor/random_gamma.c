/*
** random_gamma.c - the gamma distribution (Marsaglia and Tsang, "A simple
** method for generating gamma variables", 2000) and the beta distribution,
** which is one gamma number's share of two.
*/
#include "tensor/random.h"

static double normal(TensorSource *s) {
  double distance = sqrt(-2 * log(tensor_random_next(s)));
  return distance * cos(2 * M_PI * tensor_random_next(s));
}

/*
** A gamma number of rate 1, concentration 1 or more: d (1 + c z)^3, z normal,
** is nearly one, and is accepted with the ratio of the densities; the first
** test spares nearly all numbers the logarithms.
*/
static double gamma_from_1(TensorSource *s, double concentration) {
  double d = concentration - 1.0 / 3, c = 1 / sqrt(9 * d);
  for (;;) {
    double z = normal(s), u = tensor_random_next(s);
    double root = 1 + c * z, z2 = z * z;
    if (root <= 0) continue;
    double v = root * root * root;
    if (u < 1 - 0.0331 * z2 * z2) return d * v;
    if (log(u) < 0.5 * z2 + d * (1 - v + log(v))) return d * v;
  }
}

/* Below 1: a number of concentration + 1 times u^(1 / concentration). */
static double gamma_number(TensorSource *s, double concentration) {
  if (concentration >= 1) return gamma_from_1(s, concentration);
  double more = gamma_from_1(s, concentration + 1);
  return more * pow(tensor_random_next(s), 1 / concentration);
}

/* Its logarithm, which is finite where the number is too small for a double
** (but for concentrations so small that the share is 0 or 1 for sure). */
static double log_gamma_number(TensorSource *s, double concentration) {
  if (concentration >= 1) return log(gamma_from_1(s, concentration));
  double more = gamma_from_1(s, concentration + 1);
  return log(more) + log(tensor_random_next(s)) / fmax(concentration, 1e-300);
}

static double draw_gamma(const TensorDraw *d, int64_t i, TensorSource *s) {
  return gamma_number(s, tensor_given(d, 0, i)) / tensor_given(d, 1, i);
}

/* x / (x + y) in logarithms. */
static double draw_beta(const TensorDraw *d, int64_t i, TensorSource *s) {
  double x = log_gamma_number(s, tensor_given(d, 0, i));
  double y = log_gamma_number(s, tensor_given(d, 1, i));
  return 1 / (1 + exp(y - x));
}

static void gammas(const TensorDraw *d, int64_t from, int64_t to) {
  tensor_random_one_by_one(d, from, to, draw_gamma);
}

static void betas(const TensorDraw *d, int64_t from, int64_t to) {
  tensor_random_one_by_one(d, from, to, draw_beta);
}

int tensor_random_gamma(Tensor *out, const Tensor *concentration,
                        const Tensor *rate) {
  TensorDraw d = {.out = out, .count = tensor_numel(out)};
  TensorPassed passed[] = {{concentration, "the concentration", TENSOR_ABOVE_0},
                           {rate, "the rate", TENSOR_ABOVE_0}};
  int status = tensor_random_check_float("gamma", out);
  if (status != TENSOR_OK) return status;
  return tensor_random_draw_given(&d, "gamma", 2, passed, gammas,
                                  TENSOR_BLOCKS);
}

int tensor_random_beta(Tensor *out, const Tensor *a, const Tensor *b) {
  TensorDraw d = {.out = out, .count = tensor_numel(out)};
  TensorPassed passed[] = {{a, "a", TENSOR_ABOVE_0}, {b, "b", TENSOR_ABOVE_0}};
  int status = tensor_random_check_float("beta", out);
  if (status != TENSOR_OK) return status;
  return tensor_random_draw_given(&d, "beta", 2, passed, betas, TENSOR_BLOCKS);
}
