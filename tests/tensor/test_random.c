/*
** test_random.c - the generator against its published vectors, and what is
** drawn from it: bounds, moments, frequencies, and that the same seed gives
** the same numbers with any thread count.
*/
#include "tensor/random.h"
#include "tests/tensor/support.h"

static Tensor new_row(TensorDType dtype, int64_t n) {
  Tensor t;
  test_ok(tensor_new(&t, dtype, 1, &n));
  return t;
}

/* {== the generator ====================================================== */

/* From kat_vectors of the Random123 library: counter, key, block. */
Test(random, known_answers) {
  static const uint32_t vectors[][10] = {
      {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
      {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
       0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
      {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0,
       0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}};
  for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
    const uint32_t *v = vectors[i];
    uint32_t block[4];
    tensor_philox(v, v + 4, block);
    cr_expect_arr_eq(block, v + 6, sizeof block, "vector %zu", i);
  }
}

/* Draws from the stream are these very blocks, one after another. */
Test(random, chunks_are_blocks) {
  TensorRandom from = {.seed = 0x123456789abcdef0, .counter = UINT32_MAX - 20};
  TensorChunk c;
  tensor_random_chunk(from, 1, 3, &c);
  for (int i = 0; i < TENSOR_BLOCKS; i++) {
    uint64_t at = from.counter + (uint64_t)(TENSOR_BLOCKS + i);
    uint32_t counter[4] = {(uint32_t)at, (uint32_t)(at >> 32), 3, 0};
    uint32_t key[2] = {0x9abcdef0, 0x12345678}, block[4];
    tensor_philox(counter, key, block);
    for (int w = 0; w < 4; w++)
      cr_assert_eq(c.words[w * TENSOR_BLOCKS + i], block[w]);
  }
}

Test(random, seeds_itself) {
  TensorRandom s = tensor_random_state();
  cr_expect_eq(s.counter, 0);
  cr_expect_eq(tensor_random_state().seed, s.seed, "only once");
}

/* }== all kinds of draws ================================================= */

/* One draw of each kind into a tensor of n elements. */
static Tensor draw_uniform(TensorDType dtype, int64_t n) {
  Tensor t = new_row(dtype, n);
  test_ok(tensor_random_uniform(&t, -1, 3));
  return t;
}
static Tensor draw_normal(TensorDType dtype, int64_t n) {
  Tensor t = new_row(dtype, n);
  test_ok(tensor_random_normal(&t, 1, 2));
  return t;
}
/* About half of all words are rejected here. */
static Tensor draw_integers(TensorDType dtype, int64_t n) {
  Tensor t = new_row(dtype == TENSOR_FLOAT32 ? TENSOR_INT32 : TENSOR_INT64, n);
  bool small = t.dtype == TENSOR_INT32;
  int64_t top = small ? INT32_MAX / 2 : INT64_MAX / 2;
  test_ok(tensor_random_integers(&t, -top, top + 2));
  return t;
}
static Tensor draw_coins(TensorDType dtype, int64_t n) {
  Tensor t = new_row(dtype, n), p = new_row(dtype, 1);
  test_ok(tensor_fill(&p, 0.25));
  test_ok(tensor_random_bernoulli(&t, &p));
  tensor_release(&p);
  return t;
}
static Tensor draw_permutation(TensorDType dtype, int64_t n) {
  (void)dtype;
  Tensor t = new_row(TENSOR_INT64, n);
  test_ok(tensor_random_permutation(&t));
  return t;
}

typedef Tensor Draw(TensorDType dtype, int64_t n);
static Draw *const draws[] = {draw_uniform, draw_normal, draw_integers,
                              draw_coins, draw_permutation};
#define DRAWS (sizeof draws / sizeof draws[0])

static Tensor seeded(Draw *draw, uint64_t seed, int threads, TensorDType dtype,
                     int64_t n) {
  tensor_random_seed(seed);
  tensor_set_threads(threads);
  return draw(dtype, n);
}

static void check_repeats(Draw *draw, TensorDType dtype, int64_t n) {
  Tensor one = seeded(draw, 7, 1, dtype, n);
  uint64_t counter = tensor_random_state().counter;
  Tensor two = seeded(draw, 7, 2, dtype, n);
  test_expect_same(&two, &one);
  cr_expect_eq(tensor_random_state().counter, counter);
  Tensor other = seeded(draw, 8, 2, dtype, n);
  cr_expect(n < 60 ||
            memcmp(other.data, one.data, (size_t)tensor_bytes(&one)) != 0);
  tensor_release(&one);
  tensor_release(&two);
  tensor_release(&other);
}

Test(random, same_seed_same_numbers_any_threads) {
  static const int64_t sizes[] = {0, 1, 15, 64, 65, 1000, 300001};
  for (size_t i = 0; i < DRAWS; i++)
    for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++)
      for (TensorDType t = TENSOR_FLOAT32; t <= TENSOR_FLOAT64; t++)
        check_repeats(draws[i], t, sizes[j]);
}

/* The numbers of a shorter draw begin a longer one. */
Test(random, length_does_not_matter) {
  for (size_t i = 0; i < 4; i++) { /* not the permutation */
    Tensor shorter = seeded(draws[i], 7, 1, TENSOR_FLOAT64, 77);
    Tensor longer = seeded(draws[i], 7, 2, TENSOR_FLOAT64, 200000);
    cr_expect_arr_eq(shorter.data, longer.data, (size_t)tensor_bytes(&shorter));
    tensor_release(&shorter);
    tensor_release(&longer);
  }
}

Test(random, state_restores) {
  tensor_random_seed(3);
  for (size_t i = 0; i < DRAWS; i++) {
    TensorRandom state = tensor_random_state();
    Tensor first = draws[i](TENSOR_FLOAT32, 500);
    Tensor next = draws[i](TENSOR_FLOAT32, 500);
    tensor_random_restore(state);
    Tensor again = draws[i](TENSOR_FLOAT32, 500);
    test_expect_same(&again, &first);
    cr_expect(memcmp(first.data, next.data, 500) != 0);
    tensor_release(&first);
    tensor_release(&next);
    tensor_release(&again);
  }
}

/* }== distributions ====================================================== */

/* The mean of the power-th powers of (x - centre). */
static double moment(const Tensor *t, double centre, int power) {
  double sum = 0;
  int64_t n = tensor_numel(t);
  for (int64_t i = 0; i < n; i++) sum += pow(tensor_get(t, i) - centre, power);
  return sum / (double)n;
}

static void expect_moment(const Tensor *t, double centre, int power, double due,
                          double tol) {
  double got = moment(t, centre, power);
  cr_expect(fabs(got - due) < tol, "moment %d is %g where %g was due", power,
            got, due);
}

#define MANY 400000

Test(random, moments) {
  for (TensorDType dtype = TENSOR_FLOAT32; dtype <= TENSOR_FLOAT64; dtype++) {
    Tensor u = seeded(draw_uniform, 1, 2, dtype, MANY);
    expect_moment(&u, 1, 1, 0, 0.01);
    expect_moment(&u, 1, 2, 16.0 / 12, 0.01);
    tensor_release(&u);
    Tensor z = seeded(draw_normal, 1, 2, dtype, MANY);
    expect_moment(&z, 1, 1, 0, 0.02);
    expect_moment(&z, 1, 2, 4, 0.05);
    expect_moment(&z, 1, 3, 0, 0.3);
    expect_moment(&z, 1, 4, 48, 2);
    tensor_release(&z);
    Tensor c = seeded(draw_coins, 1, 2, dtype, MANY);
    expect_moment(&c, 0, 1, 0.25, 0.005);
    tensor_release(&c);
  }
}

/* The share of normal numbers beyond 1, 2, 3 and 4 standard deviations. */
Test(random, normal_tails) {
  for (TensorDType dtype = TENSOR_FLOAT32; dtype <= TENSOR_FLOAT64; dtype++) {
    Tensor z = seeded(draw_normal, 5, 2, dtype, MANY);
    for (int k = 1; k <= 4; k++) {
      double beyond = 0, due = erfc(k / sqrt(2));
      for (int64_t i = 0; i < MANY; i++)
        beyond += fabs(tensor_get(&z, i) - 1) > 2 * k;
      double error = sqrt(due / MANY);
      cr_expect(fabs(beyond / MANY - due) < 5 * error, "beyond %d: %g", k,
                beyond);
    }
    tensor_release(&z);
  }
}

/* Neighbours in memory, and the two of a pair, have nothing in common. */
Test(random, normals_are_not_correlated) {
  static const int64_t lags[] = {1, 2, 15, 16, 17, 32, 64};
  Tensor z = seeded(draw_normal, 9, 2, TENSOR_FLOAT32, MANY);
  for (size_t j = 0; j < sizeof lags / sizeof lags[0]; j++) {
    double sum = 0;
    for (int64_t i = lags[j]; i < MANY; i++)
      sum += (tensor_get(&z, i) - 1) * (tensor_get(&z, i - lags[j]) - 1) / 4;
    cr_expect(fabs(sum / MANY) < 0.008, "lag %lld: %g", (long long)lags[j],
              sum / MANY);
  }
  tensor_release(&z);
}

Test(random, uniform_keeps_its_bounds) {
  static const double cases[][2] = {{0, 1},          {-1, 1},    {0.7, 0.70001},
                                    {1e8, 1e8 + 20}, {-3e38, 0}, {1, 1 + 1e-7},
                                    {-0.1, 0.1},     {0, 1e-44}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    for (TensorDType d = TENSOR_FLOAT32; d <= TENSOR_FLOAT64; d++) {
      Tensor t = new_row(d, 100000);
      test_ok(tensor_random_uniform(&t, cases[i][0], cases[i][1]));
      for (int64_t j = 0; j < 100000; j++) {
        double v = tensor_get(&t, j);
        cr_assert(v >= cases[i][0] && v < cases[i][1], "%.17g", v);
      }
      tensor_release(&t);
    }
  }
}

Test(random, integers_are_even_and_inside) {
  static const struct {
    TensorDType dtype;
    int64_t low, high;
  } cases[] = {{TENSOR_BOOL, 0, 1},      {TENSOR_UINT8, 3, 9},
               {TENSOR_INT32, -5, 5},    {TENSOR_INT64, 1, 1},
               {TENSOR_FLOAT32, -2, 10}, {TENSOR_FLOAT64, 0, 255}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    int64_t low = cases[i].low, kinds = cases[i].high - low + 1;
    double count[256] = {0};
    Tensor t = new_row(cases[i].dtype, MANY);
    test_ok(tensor_random_integers(&t, low, cases[i].high));
    for (int64_t j = 0; j < MANY; j++) {
      int64_t v = tensor_get_int(&t, j);
      cr_assert(v >= low && v <= cases[i].high);
      count[v - low]++;
    }
    double due = (double)MANY / (double)kinds;
    for (int64_t j = 0; j < kinds; j++)
      cr_expect(fabs(count[j] - due) < 6 * sqrt(due));
    tensor_release(&t);
  }
}

/* Integers below parts * 2^shift, where many words must be rejected: kept,
** they would make some remainders more common than others. */
static void check_remainders(int64_t parts, int shift) {
  double count[9] = {0}, due = (double)MANY / (double)parts;
  int64_t kinds = parts << shift;
  Tensor t = new_row(TENSOR_INT64, MANY);
  test_ok(tensor_random_integers(&t, 0, kinds - 1));
  for (int64_t i = 0; i < MANY; i++) {
    int64_t v = tensor_get_int(&t, i);
    cr_assert(v >= 0 && v < kinds);
    count[v % parts]++;
  }
  for (int64_t i = 0; i < parts; i++)
    cr_expect(fabs(count[i] - due) < 5 * sqrt(due));
  tensor_release(&t);
}

Test(random, wide_integers_are_unbiased) {
  tensor_random_seed(11);
  check_remainders(3, 30);
  check_remainders(3, 33);
  check_remainders(9, 59);
}

Test(random, integers_of_the_full_range) {
  Tensor t = new_row(TENSOR_INT64, MANY);
  test_ok(tensor_random_integers(&t, INT64_MIN, INT64_MAX));
  for (int bit = 0; bit < 64; bit++) {
    double ones = 0;
    for (int64_t i = 0; i < MANY; i++)
      ones += (double)((uint64_t)tensor_get_int(&t, i) >> bit & 1);
    cr_expect(fabs(ones - MANY / 2.0) < 5 * sqrt(MANY / 4.0), "bit %d", bit);
  }
  tensor_release(&t);
}

Test(random, integer_errors) {
  Tensor t = new_row(TENSOR_UINT8, 4);
  test_fails(tensor_random_integers(&t, 2, 1), "no integer from 2 to 1");
  test_fails(tensor_random_integers(&t, 0, 256), "uint8");
  test_fails(tensor_random_integers(&t, -1, 3), "uint8");
  test_fails(tensor_random_uniform(&t, 0, 1), "float");
  test_fails(tensor_random_normal(&t, 0, 1), "float");
  tensor_release(&t);
}

Test(random, float_errors) {
  Tensor t = new_row(TENSOR_FLOAT32, 4);
  test_fails(tensor_random_uniform(&t, 1, 0), "uniform");
  test_fails(tensor_random_uniform(&t, 0, (double)INFINITY), "uniform");
  test_fails(tensor_random_uniform(&t, 0, 1e300), "float32");
  test_fails(tensor_random_normal(&t, 0, -1), "normal");
  test_fails(tensor_random_normal(&t, (double)NAN, 1), "normal");
  test_ok(tensor_random_uniform(&t, 2, 2));
  cr_expect_eq(tensor_get(&t, 3), 2);
  test_ok(tensor_random_normal(&t, 2, 0));
  cr_expect_eq(tensor_get(&t, 3), 2);
  tensor_release(&t);
}

/* }== coins ============================================================== */

Test(random, coins_by_element) {
  Tensor p =
      test_from(TENSOR_FLOAT32, (double[]){0, 0.1, 0.5, 0.9, 1}, TEST_SHAPE(5));
  int64_t shape[2] = {MANY / 5, 5};
  for (TensorDType dtype = TENSOR_BOOL; dtype <= TENSOR_FLOAT64; dtype++) {
    double ones[5] = {0};
    Tensor t;
    test_ok(tensor_new(&t, dtype, 2, shape));
    test_ok(tensor_random_bernoulli(&t, &p));
    for (int64_t i = 0; i < MANY; i++) ones[i % 5] += tensor_get(&t, i);
    cr_expect_eq(ones[0], 0);
    cr_expect_eq(ones[4], MANY / 5);
    for (int i = 1; i < 4; i++)
      cr_expect(fabs(ones[i] / (MANY / 5) - tensor_get(&p, i)) < 0.01);
    tensor_release(&t);
  }
  tensor_release(&p);
}

Test(random, coin_errors) {
  Tensor t = new_row(TENSOR_BOOL, 3);
  for (int i = 0; i < 3; i++) {
    Tensor p =
        test_from(TENSOR_FLOAT64, (double[]){0.5, 0.5, 0.5}, TEST_SHAPE(3));
    tensor_set(&p, i, i == 0 ? 1.5 : i == 1 ? -0.1 : (double)NAN);
    test_fails(tensor_random_bernoulli(&t, &p), "from 0 to 1");
    tensor_release(&p);
  }
  Tensor p = new_row(TENSOR_FLOAT32, 2);
  test_fails(tensor_random_bernoulli(&t, &p), "bernoulli");
  tensor_release(&p);
  tensor_release(&t);
}

/* }== permutations ======================================================= */

Test(random, permutations_are_permutations) {
  static const int64_t sizes[] = {0, 1, 2, 3, 63, 64, 65, 66, 1000, 60000};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    static bool seen[60001];
    memset(seen, 0, sizeof seen);
    Tensor t = draw_permutation(TENSOR_INT64, sizes[i]);
    for (int64_t j = 0; j < sizes[i]; j++) {
      int64_t v = tensor_get_int(&t, j);
      cr_assert(v >= 1 && v <= sizes[i] && !seen[v]);
      seen[v] = true;
    }
    tensor_release(&t);
  }
}

Test(random, every_permutation_comes_as_often) {
  double count[64] = {0};
  tensor_random_seed(2);
  for (int i = 0; i < 60000; i++) {
    Tensor t = draw_permutation(TENSOR_INT64, 3);
    count[tensor_get_int(&t, 0) * 16 + tensor_get_int(&t, 1) * 4 +
          tensor_get_int(&t, 2) - 16]++;
    tensor_release(&t);
  }
  int kinds = 0;
  for (int i = 0; i < 64; i++) {
    if (count[i] == 0) continue;
    kinds++;
    cr_expect(fabs(count[i] - 10000) < 500, "%g", count[i]);
  }
  cr_expect_eq(kinds, 6);
}

/* }== multinomial ======================================================== */

Test(random, multinomial_by_weight) {
  Tensor p = test_from(TENSOR_FLOAT32, (double[]){1, 0, 3, 4, 0, 0, 5, 5, 0, 0},
                       TEST_SHAPE(2, 5));
  static const double due[2][5] = {{0.125, 0, 0.375, 0.5, 0},
                                   {0, 0.5, 0.5, 0, 0}};
  double count[2][5] = {{0}};
  int64_t shape[2] = {2, MANY};
  Tensor t;
  test_ok(tensor_new(&t, TENSOR_INT64, 2, shape));
  test_ok(tensor_random_multinomial(&t, &p, true));
  for (int64_t i = 0; i < 2 * MANY; i++) {
    int64_t v = tensor_get_int(&t, i);
    cr_assert(v >= 1 && v <= 5);
    count[i / MANY][v - 1]++;
  }
  for (int r = 0; r < 2; r++)
    for (int i = 0; i < 5; i++)
      cr_expect(due[r][i] == 0 ? count[r][i] == 0
                               : fabs(count[r][i] / MANY - due[r][i]) < 0.005);
  tensor_release(&t);
  tensor_release(&p);
}

/* The first is drawn by weight, the second by weight among the others. */
Test(random, multinomial_without_replacement) {
  enum { ROWS = 100000 };
  Tensor row =
      test_from(TENSOR_FLOAT64, (double[]){1, 2, 0, 5}, TEST_SHAPE(1, 4));
  Tensor p, t;
  int64_t shape[2] = {ROWS, 4};
  test_ok(tensor_broadcast_to(&p, &row, 2, shape));
  shape[1] = 2;
  test_ok(tensor_new(&t, TENSOR_INT64, 2, shape));
  test_ok(tensor_random_multinomial(&t, &p, false));
  double first[5] = {0}, last_then_first = 0;
  for (int64_t i = 0; i < ROWS; i++) {
    int64_t a = tensor_get_int(&t, 2 * i), b = tensor_get_int(&t, 2 * i + 1);
    cr_assert(a != b && a != 3 && b != 3);
    first[a]++;
    last_then_first += a == 4 && b == 1;
  }
  cr_expect(fabs(first[1] / ROWS - 1.0 / 8) < 0.006);
  cr_expect(fabs(first[2] / ROWS - 2.0 / 8) < 0.006);
  cr_expect(fabs(first[4] / ROWS - 5.0 / 8) < 0.006);
  cr_expect(fabs(last_then_first / ROWS - 5.0 / 8 * 1 / 3) < 0.006);
  tensor_release(&p);
  tensor_release(&row);
  tensor_release(&t);
}

/* All of them: a permutation. Extreme weights stay in bounds. */
Test(random, multinomial_extremes) {
  static const double weights[4] = {1e308, 1e308, 5e-324, 1e308};
  Tensor p = test_from(TENSOR_FLOAT64, weights, TEST_SHAPE(4));
  Tensor t = new_row(TENSOR_INT64, 4);
  int64_t seen = 0;
  test_ok(tensor_random_multinomial(&t, &p, false));
  for (int i = 0; i < 4; i++) seen |= (int64_t)1 << tensor_get_int(&t, i);
  cr_expect_eq(seen, 0x1e);
  test_ok(tensor_random_multinomial(&t, &p, true));
  for (int i = 0; i < 4; i++) cr_expect_neq(tensor_get_int(&t, i), 3);
  tensor_release(&p);
  tensor_release(&t);
}

static void expect_refused(double a, double b, bool replacement,
                           const char *text) {
  Tensor p = test_from(TENSOR_FLOAT64, (double[]){a, b}, TEST_SHAPE(2));
  Tensor t = new_row(TENSOR_INT64, 2);
  int64_t live = tensor_memory().live;
  test_fails(tensor_random_multinomial(&t, &p, replacement), text);
  cr_expect_eq(tensor_memory().live, live);
  tensor_release(&p);
  tensor_release(&t);
}

Test(random, multinomial_errors) {
  expect_refused(1, -1, true, "weight 2 of row 1 is -1");
  expect_refused((double)NAN, 1, true, "finite");
  expect_refused((double)INFINITY, 1, false, "finite");
  expect_refused(0, 0, true, "all weights");
  expect_refused(0, 1, false, "above 0: 1");
  Tensor p = new_row(TENSOR_FLOAT32, 0), t = new_row(TENSOR_INT64, 1);
  test_fails(tensor_random_multinomial(&t, &p, true), "nothing to draw from");
  tensor_release(&p);
  tensor_release(&t);
}

/* }======================================================================= */
