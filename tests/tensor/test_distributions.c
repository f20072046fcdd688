/*
** test_distributions.c - the distributions whose parameters may be tensors,
** against their moments and distribution functions; extremes; that neither
** threads nor lengths change the numbers; and what is refused.
*/
#include "tensor/random.h"
#include "tests/tensor/support.h"

#define MANY 200000

static Tensor number(double x) {
  return test_from(TENSOR_FLOAT64, &x, 0, NULL);
}

/* {== all of them under one roof ========================================== */

typedef struct Kind {
  const char *name;
  int (*one)(Tensor *, const Tensor *);
  int (*two)(Tensor *, const Tensor *, const Tensor *);
} Kind;

static const Kind uniform = {"uniform", NULL, tensor_random_uniform_given};
static const Kind normal = {"normal", NULL, tensor_random_normal_given};
static const Kind exponential = {"exponential", tensor_random_exponential,
                                 NULL};
static const Kind gammas = {"gamma", NULL, tensor_random_gamma};
static const Kind beta = {"beta", NULL, tensor_random_beta};
static const Kind poisson = {"poisson", tensor_random_poisson, NULL};
static const Kind *const kinds[] = {&uniform, &normal, &exponential,
                                    &gammas,  &beta,   &poisson};
#define KINDS (sizeof kinds / sizeof kinds[0])

static int draw(const Kind *k, Tensor *out, const Tensor *a, const Tensor *b) {
  return k->one != NULL ? k->one(out, a) : k->two(out, a, b);
}

static Tensor new_row(TensorDType dtype, int64_t n) {
  Tensor t;
  test_ok(tensor_new(&t, dtype, 1, &n));
  return t;
}

/* n numbers for plain parameters. */
static Tensor drawn(const Kind *k, TensorDType dtype, int64_t n, double a,
                    double b) {
  Tensor t = new_row(dtype, n), x = number(a), y = number(b);
  test_ok(draw(k, &t, &x, &y));
  tensor_release(&x);
  tensor_release(&y);
  return t;
}

/* }== distribution functions ============================================== */

typedef double Distribution(double x, double a, double b);

static double of_uniform(double x, double low, double high) {
  return (x - low) / (high - low);
}
static double of_normal(double x, double mean, double sd) {
  return erfc(-(x - mean) / sd / sqrt(2)) / 2;
}
static double of_exponential(double x, double rate, double b) {
  (void)b;
  return -expm1(-rate * x);
}
/* The series x^a exp(-x) sum of x^n / gamma(a + n + 1). */
static double of_gamma(double x, double a, double rate) {
  double term, sum;
  x *= rate;
  if (x <= 0) return 0;
  term = sum = exp(a * log(x) - x - lgamma(a + 1));
  for (int n = 1; term > 1e-17; n++) sum += term *= x / (a + n);
  return fmin(sum, 1);
}
/* By Simpson's rule over the angle, x = sin^2: no end is infinite from a and
** b = 1/2 on. */
static double beta_integral(double x, double a, double b) {
  enum { PARTS = 200 };
  double end = asin(sqrt(x)), sum = 0;
  for (int i = 0; i <= PARTS; i++) {
    double angle = end * i / PARTS;
    double weight = i == 0 || i == PARTS ? 1 : i % 2 == 1 ? 4 : 2;
    sum += weight * 2 * pow(sin(angle), 2 * a - 1) * pow(cos(angle), 2 * b - 1);
  }
  return sum * end / PARTS / 3;
}
static double of_beta(double x, double a, double b) {
  return beta_integral(x, a, b) / exp(lgamma(a) + lgamma(b) - lgamma(a + b));
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov: the greatest distance from the distribution. Beyond
** 2.2 / sqrt(n) it goes once in 10000 times. */
static void expect_distribution(const Kind *k, TensorDType dtype, double a,
                                double b, Distribution *f) {
  enum { N = 20000 };
  static double x[N];
  Tensor t = drawn(k, dtype, N, a, b);
  for (int64_t i = 0; i < N; i++) x[i] = tensor_get(&t, i);
  qsort(x, N, sizeof *x, by_size);
  double distance = 0;
  for (int i = 0; i < N; i++) {
    double p = f(x[i], a, b);
    distance = fmax(distance, fmax(p - (double)i / N, (double)(i + 1) / N - p));
  }
  cr_expect(distance * sqrt(N) < 2.2, "%s(%g, %g): %g", k->name, a, b,
            distance * sqrt(N));
  tensor_release(&t);
}

Test(distributions, follow_their_functions) {
  tensor_random_seed(1);
  for (TensorDType d = TENSOR_FLOAT32; d <= TENSOR_FLOAT64; d++) {
    expect_distribution(&uniform, d, -2, 5, of_uniform);
    expect_distribution(&normal, d, 3, 0.5, of_normal);
    expect_distribution(&exponential, d, 0.25, 0, of_exponential);
    expect_distribution(&exponential, d, 1e6, 0, of_exponential);
    static const double concentrations[] = {0.05, 0.5, 0.999, 1, 1.5, 4, 30};
    for (size_t i = 0; i < 7; i++)
      expect_distribution(&gammas, d, concentrations[i], 3, of_gamma);
    static const double pairs[][2] = {{0.5, 0.5}, {1, 1}, {0.7, 3},
                                      {5, 0.6},   {2, 2}, {8, 20}};
    for (size_t i = 0; i < 6; i++)
      expect_distribution(&beta, d, pairs[i][0], pairs[i][1], of_beta);
  }
}

static double chance_of(double k, double rate) {
  return exp(k * log(rate) - rate - lgamma(k + 1));
}

/* Chi-square over the counts that are due ten times or more. */
static void expect_poisson(double rate) {
  enum { TOP = 400 };
  double seen[TOP] = {0}, sum = 0, cells = 0;
  Tensor t = drawn(&poisson, TENSOR_INT64, MANY, rate, 0);
  for (int64_t i = 0; i < MANY; i++) {
    int64_t v = tensor_get_int(&t, i);
    cr_assert(v >= 0 && v < TOP);
    seen[v]++;
  }
  for (int k = 0; k < TOP; k++) {
    double due = MANY * chance_of(k, rate);
    if (due < 10) continue;
    sum += (seen[k] - due) * (seen[k] - due) / due;
    cells++;
  }
  cr_expect(sum < cells + 5 * sqrt(2 * cells), "rate %g: %g for %g", rate, sum,
            cells);
  tensor_release(&t);
}

Test(distributions, poisson_counts) {
  static const double rates[] = {0.01, 1, 5.5, 9.999, 10, 11.3, 25, 70, 250};
  tensor_random_seed(2);
  for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++)
    expect_poisson(rates[i]);
}

/* }== moments ============================================================= */

/* Mean and variance within five deviations of what they should be; fourth:
** the fourth moment about the mean over the square of the variance. */
static void expect_moments(const Kind *k, double a, double b, double mean,
                           double variance, double fourth) {
  Tensor t = drawn(k, TENSOR_FLOAT64, MANY, a, b);
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < MANY; i++) sum += tensor_get(&t, i) - mean;
  for (int64_t i = 0; i < MANY; i++) {
    double x = tensor_get(&t, i) - mean;
    squares += x * x;
  }
  double off = sum / MANY, spread = squares / MANY;
  cr_expect(fabs(off) < 5 * sqrt(variance / MANY), "%s(%g, %g): mean off by %g",
            k->name, a, b, off);
  cr_expect(fabs(spread - variance) < 5 * variance * sqrt((fourth - 1) / MANY),
            "%s(%g, %g): variance %g", k->name, a, b, spread);
  tensor_release(&t);
}

Test(distributions, moments) {
  tensor_random_seed(3);
  expect_moments(&uniform, -1, 5, 2, 3, 1.8);
  expect_moments(&normal, 1, 2, 1, 4, 3);
  expect_moments(&exponential, 4, 0, 0.25, 1.0 / 16, 9);
  static const double as[] = {0.1, 0.9, 1, 2.5, 1000, 1e9};
  for (size_t i = 0; i < 6; i++)
    expect_moments(&gammas, as[i], 2, as[i] / 2, as[i] / 4, 3 + 6 / as[i]);
  expect_moments(&beta, 2, 3, 0.4, 0.04, 3);
  expect_moments(&beta, 1e-3, 1e-3, 0.5, 0.25 / 1.002, 1.01);
  static const double rates[] = {0.1, 3, 10, 100, 1e4, 1e6, 1e9, 1e12};
  for (size_t i = 0; i < 8; i++)
    expect_moments(&poisson, rates[i], 0, rates[i], rates[i], 3 + 1 / rates[i]);
}

/* }== the stream ========================================================== */

static Tensor seeded(const Kind *k, int threads, TensorDType dtype, int64_t n,
                     double a) {
  tensor_random_seed(7);
  tensor_set_threads(threads);
  return drawn(k, dtype, n, a, 4);
}

static void check_repeats(const Kind *k, TensorDType dtype, int64_t n,
                          double a) {
  Tensor one = seeded(k, 1, dtype, n, a);
  uint64_t counter = tensor_random_state().counter;
  Tensor two = seeded(k, 2, dtype, n, a);
  test_expect_same(&two, &one);
  cr_expect_eq(tensor_random_state().counter, counter);
  Tensor more = seeded(k, 2, dtype, n + 70000, a);
  cr_expect_arr_eq(one.data, more.data, (size_t)tensor_bytes(&one), "%s",
                   k->name);
  Tensor next = drawn(k, dtype, n, a, 4);
  cr_expect(n < 60 ||
            memcmp(next.data, one.data, (size_t)tensor_bytes(&one)) != 0);
  tensor_release(&one);
  tensor_release(&two);
  tensor_release(&more);
  tensor_release(&next);
}

Test(distributions, same_seed_same_numbers_any_threads_and_length) {
  static const int64_t sizes[] = {0, 1, 15, 16, 17, 64, 65, 1000, 70001};
  for (size_t i = 0; i < KINDS; i++)
    for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++)
      for (TensorDType d = TENSOR_FLOAT32; d <= TENSOR_FLOAT64; d++) {
        check_repeats(kinds[i], d, sizes[j], 0.5);
        check_repeats(kinds[i], d, sizes[j], 3.5);
      }
}

/* A tensor of equal parameters draws what one number does. */
Test(distributions, tensors_draw_as_numbers) {
  int64_t shape[2] = {30, 40};
  for (size_t i = 0; i < KINDS; i++) {
    Tensor due, got, one = number(0.5), two = number(2), wide, column;
    test_ok(tensor_new(&due, TENSOR_FLOAT32, 2, shape));
    test_ok(tensor_new(&got, TENSOR_FLOAT32, 2, shape));
    test_ok(tensor_new(&wide, TENSOR_FLOAT32, 2, shape));
    test_ok(tensor_new(&column, TENSOR_INT32, 2, (int64_t[]){30, 1}));
    test_ok(tensor_fill(&wide, 0.5));
    test_ok(tensor_fill(&column, 2));
    tensor_random_seed(5);
    test_ok(draw(kinds[i], &due, &one, &two));
    tensor_random_seed(5);
    test_ok(draw(kinds[i], &got, &wide, &column));
    test_expect_same(&got, &due);
    Tensor *all[] = {&due, &got, &one, &two, &wide, &column};
    for (int j = 0; j < 6; j++) tensor_release(all[j]);
  }
}

/* Each element follows its own parameter. */
Test(distributions, parameters_by_element) {
  enum { COLUMNS = 4, ROWS = 20000 };
  static const double rates[COLUMNS] = {0.5, 8, 12, 1e6};
  Tensor p = test_from(TENSOR_FLOAT32, rates, TEST_SHAPE(COLUMNS)), t;
  test_ok(tensor_new(&t, TENSOR_FLOAT64, 2, (int64_t[]){ROWS, COLUMNS}));
  for (int k = 0; k < 2; k++) {
    double sum[COLUMNS] = {0};
    test_ok(draw(k == 0 ? &poisson : &exponential, &t, &p, NULL));
    for (int64_t i = 0; i < ROWS * COLUMNS; i++)
      sum[i % COLUMNS] += tensor_get(&t, i);
    for (int c = 0; c < COLUMNS; c++) {
      double mean = k == 0 ? rates[c] : 1 / rates[c];
      double sd = k == 0 ? sqrt(rates[c]) : mean;
      cr_expect(fabs(sum[c] / ROWS - mean) < 5 * sd / sqrt(ROWS));
    }
  }
  tensor_release(&t);
  tensor_release(&p);
}

/* }== bounds and extremes ================================================= */

static void expect_between(const Kind *k, TensorDType dtype, double a, double b,
                           double least, double most) {
  Tensor t = drawn(k, dtype, 20000, a, b);
  for (int64_t i = 0; i < 20000; i++) {
    double v = tensor_get(&t, i);
    cr_assert(v >= least && v <= most, "%s(%g, %g): %.17g", k->name, a, b, v);
  }
  tensor_release(&t);
}

Test(distributions, extremes) {
  const double inf = (double)INFINITY, tiny = 5e-324, huge = 1.7e308;
  for (TensorDType d = TENSOR_FLOAT32; d <= TENSOR_FLOAT64; d++) {
    expect_between(&exponential, d, 1, 0, 1e-17, 37);
    expect_between(&exponential, d, huge, 0, 0, 1e-300);
    expect_between(&exponential, d, tiny, 0, 1e300, inf);
    expect_between(&gammas, d, tiny, 1, 0, 0);
    expect_between(&gammas, d, huge, 1, 1e300, inf);
    expect_between(&gammas, d, 1, huge, 0, 1e-300);
    expect_between(&beta, d, tiny, tiny, 0, 1);
    expect_between(&beta, d, huge, huge, 0.5, 0.5 + 1e-12);
    expect_between(&beta, d, tiny, huge, 0, 0);
    expect_between(&beta, d, huge, tiny, 1, 1);
    expect_between(&poisson, d, 0, 0, 0, 0);
    expect_between(&poisson, d, tiny, 0, 0, 0);
    expect_between(&poisson, d, huge, 0, 1e300, inf);
    expect_between(&normal, d, 2, 0, 2, 2);
    expect_between(&uniform, d, 3, 3, 3, 3);
    expect_between(&uniform, d, 1, nextafter(1, 2), 1, 1);
    expect_between(&uniform, d, 16777216, 16777218, 16777216, 16777218 - 1e-9);
  }
}

Test(distributions, uniform_stays_below_high) {
  for (TensorDType d = TENSOR_FLOAT32; d <= TENSOR_FLOAT64; d++) {
    Tensor low = test_from(d, (double[]){1e8, -0.1, 0}, TEST_SHAPE(3));
    Tensor high = test_from(d, (double[]){1e8 + 8, 0.1, 1e-44}, TEST_SHAPE(3));
    Tensor t;
    test_ok(tensor_new(&t, d, 2, (int64_t[]){30000, 3}));
    test_ok(tensor_random_uniform_given(&t, &low, &high));
    for (int64_t i = 0; i < 90000; i++) {
      double v = tensor_get(&t, i);
      cr_assert(v >= tensor_get(&low, i % 3) && v < tensor_get(&high, i % 3));
    }
    tensor_release(&t);
    tensor_release(&low);
    tensor_release(&high);
  }
}

/* Counts in every dtype; integers end at their range. */
Test(distributions, poisson_dtypes) {
  expect_between(&poisson, TENSOR_BOOL, 1e3, 0, 1, 1);
  expect_between(&poisson, TENSOR_UINT8, 250, 0, 170, 255);
  expect_between(&poisson, TENSOR_UINT8, 1e5, 0, 255, 255);
  expect_between(&poisson, TENSOR_INT32, 1e5, 0, 98000, 102000);
  expect_between(&poisson, TENSOR_INT32, 1e30, 0, INT32_MAX, INT32_MAX);
  expect_between(&poisson, TENSOR_INT64, 1e30, 0, 9e18, 1e19);
}

Test(distributions, empty_and_0d) {
  for (size_t i = 0; i < KINDS; i++) {
    Tensor none = new_row(TENSOR_FLOAT32, 0), a = number(1), b = number(2);
    Tensor one = number(-5), no_rates = new_row(TENSOR_FLOAT64, 0);
    test_ok(draw(kinds[i], &none, &a, &b));
    test_ok(draw(kinds[i], &none, &no_rates, &b));
    test_ok(draw(kinds[i], &one, &a, &b));
    cr_expect(tensor_get(&one, 0) > -5);
    Tensor *all[] = {&none, &a, &b, &one, &no_rates};
    for (int j = 0; j < 5; j++) tensor_release(all[j]);
  }
}

/* }== refusals ============================================================ */

static void expect_refused(const Kind *k, TensorDType dtype, double a, double b,
                           const char *text) {
  Tensor t = new_row(dtype, 3), x = number(a), y = number(b);
  TensorRandom before = tensor_random_state();
  test_fails(draw(k, &t, &x, &y), text);
  cr_expect_eq(tensor_random_state().counter, before.counter);
  tensor_release(&t);
  tensor_release(&x);
  tensor_release(&y);
}

Test(distributions, wrong_parameters) {
  const double nan = (double)NAN, inf = (double)INFINITY;
  const double wrong[] = {0, -1, nan, inf, -inf};
  for (int i = 0; i < 5; i++) {
    expect_refused(&exponential, TENSOR_FLOAT32, wrong[i], 0,
                   "exponential: the rate must be finite and above 0, got ");
    expect_refused(&gammas, TENSOR_FLOAT64, wrong[i], 1,
                   "gamma: the concentration must be finite and above 0");
    expect_refused(&gammas, TENSOR_FLOAT64, 1, wrong[i],
                   "gamma: the rate must be finite and above 0, got ");
    expect_refused(&beta, TENSOR_FLOAT64, wrong[i], 1, "beta: a must be");
    expect_refused(&beta, TENSOR_FLOAT64, 1, wrong[i], "beta: b must be");
    if (i == 0) continue;
    expect_refused(&poisson, TENSOR_INT64, wrong[i], 0,
                   "poisson: the rate must be finite and not negative");
    expect_refused(&normal, TENSOR_FLOAT32, 0, wrong[i],
                   "normal: the standard deviation must be finite");
  }
  expect_refused(&normal, TENSOR_FLOAT32, nan, 1, "the mean must be finite");
  expect_refused(&uniform, TENSOR_FLOAT32, nan, 1, "low must be finite");
  expect_refused(&uniform, TENSOR_FLOAT32, 0, inf, "high must be finite");
  expect_refused(&uniform, TENSOR_FLOAT32, 2, 1, "no numbers from 2 to 1");
  expect_refused(&uniform, TENSOR_FLOAT32, 0, 1e300, "float32 does not reach");
  expect_refused(&uniform, TENSOR_FLOAT64, -1.7e308, 1.7e308, "no numbers");
}

Test(distributions, wrong_tensors) {
  int64_t live = tensor_memory().live;
  Tensor t, p = test_from(TENSOR_FLOAT32, (double[]){1, 2, 3, 4, -5, 6},
                          TEST_SHAPE(2, 3));
  Tensor one = number(1), row = new_row(TENSOR_FLOAT32, 3);
  test_ok(tensor_new(&t, TENSOR_FLOAT32, 2, (int64_t[]){2, 3}));
  test_fails(tensor_random_gamma(&t, &one, &p), "got -5 for element (2, 2)");
  test_fails(tensor_random_gamma(&t, &p, &one), "got -5 for element (2, 2)");
  test_fails(tensor_random_exponential(&row, &p), "does not broadcast");
  for (size_t i = 0; i < KINDS - 1; i++) { /* not poisson */
    Tensor whole = new_row(TENSOR_INT64, 2);
    test_fails(draw(kinds[i], &whole, &one, &one), "needs a float dtype");
    tensor_release(&whole);
  }
  tensor_release(&t);
  tensor_release(&p);
  tensor_release(&one);
  tensor_release(&row);
  cr_expect_eq(tensor_memory().live, live);
}

Test(distributions, stop_when_asked) {
  for (size_t i = 0; i < KINDS; i++) {
    Tensor t = new_row(TENSOR_FLOAT32, MANY), a = number(1), b = number(2);
    tensor_interrupt = 1;
    cr_expect_eq(draw(kinds[i], &t, &a, &b), TENSOR_INTERRUPTED);
    tensor_interrupt = 0;
    Tensor *all[] = {&t, &a, &b};
    for (int j = 0; j < 3; j++) tensor_release(all[j]);
  }
}

/* }======================================================================= */
