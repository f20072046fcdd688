/*
** test_fft.c - Fourier transforms against the sum they stand for, computed in
** double precision.
*/
#include "tests/tensor/support.h"

typedef struct Spectrum {
  double *re, *im;
} Spectrum;

static Spectrum new_spectrum(int64_t n) {
  Spectrum s = {malloc((size_t)n * sizeof(double)),
                malloc((size_t)n * sizeof(double))};
  cr_assert(s.re != NULL && s.im != NULL);
  return s;
}

static void free_spectrum(Spectrum s) {
  free(s.re);
  free(s.im);
}

/* Element (line, k) of t seen along dim; z: (re, im) at the end. */
static int64_t place(const Tensor *t, int dim, bool z, int64_t line,
                     int64_t k) {
  int64_t inner = 1;
  for (int d = dim + 1; d < t->ndim - z; d++) inner *= t->shape[d];
  return (line / inner * t->shape[dim] + k) * inner + line % inner;
}

static int64_t lines_of(const Tensor *t, int dim, bool z) {
  int64_t lines = 1;
  for (int d = 0; d < t->ndim - z; d++)
    if (d != dim) lines *= t->shape[d];
  return lines;
}

static void read_line(const Tensor *t, int dim, bool z, int64_t line,
                      Spectrum to) {
  for (int64_t k = 0; k < t->shape[dim]; k++) {
    int64_t at = place(t, dim, z, line, k);
    to.re[k] = test_at(t, z ? 2 * at : at);
    to.im[k] = z ? test_at(t, 2 * at + 1) : 0;
  }
}

/* y[k] = sum over j of x[j] exp(-+ 2 pi i j k / n). */
static void transform_plainly(Spectrum y, Spectrum x, int64_t n, bool inverse) {
  for (int64_t k = 0; k < n; k++) {
    long double re = 0, im = 0;
    for (int64_t j = 0; j < n; j++) {
      double angle = 2 * M_PI * (double)(j * k % n) / (double)n;
      double c = cos(angle), s = inverse ? sin(angle) : -sin(angle);
      re += (long double)x.re[j] * c - (long double)x.im[j] * s;
      im += (long double)x.re[j] * s + (long double)x.im[j] * c;
    }
    y.re[k] = (double)re;
    y.im[k] = (double)im;
  }
}

/* The root of the mean square of got - due, beside due's; the first `count`
** elements of a line. */
static void expect_line(const Tensor *got, int dim, bool z, int64_t line,
                        Spectrum due, int64_t count, double scale) {
  double wrong = 0, whole = 0;
  for (int64_t k = 0; k < count; k++) {
    int64_t at = place(got, dim, z, line, k);
    double re = test_at(got, z ? 2 * at : at) - scale * due.re[k];
    double im = z ? test_at(got, 2 * at + 1) - scale * due.im[k] : 0;
    wrong += re * re + im * im;
    whole += scale * scale *
             (due.re[k] * due.re[k] + (z ? due.im[k] * due.im[k] : 0));
  }
  double unit = got->dtype == TENSOR_FLOAT32 ? 1e-7 : 3e-16;
  double bound = unit * fmax(2, log2((double)count));
  cr_assert(sqrt(wrong) <= bound * sqrt(whole) + 1e-300,
            "dim %d, line %lld, %lld elements: the error is %g, not below %g",
            dim, (long long)line, (long long)count, sqrt(wrong / whole), bound);
}

static Tensor empty_like(const Tensor *x, int dim, int64_t n, int more) {
  int64_t shape[TENSOR_MAX_DIMS];
  Tensor t;
  for (int d = 0; d < x->ndim; d++) shape[d] = d == dim ? n : x->shape[d];
  shape[x->ndim] = 2;
  test_ok(tensor_new(&t, x->dtype, x->ndim + more, shape));
  return t;
}

static void check_complex(const Tensor *z, int dim, bool inverse) {
  int64_t n = z->shape[dim];
  Tensor got = empty_like(z, dim, n, 0);
  Spectrum x = new_spectrum(n), y = new_spectrum(n);
  test_ok(tensor_fft(&got, z, 1u << dim, inverse, 0.5));
  for (int64_t l = 0; l < lines_of(z, dim, true); l++) {
    read_line(z, dim, true, l, x);
    transform_plainly(y, x, n, inverse);
    expect_line(&got, dim, true, l, y, n, 0.5);
  }
  free_spectrum(x);
  free_spectrum(y);
  tensor_release(&got);
}

/* Whole, half, and back from the half. */
static void check_real(const Tensor *x, int dim) {
  int64_t n = x->shape[dim];
  Tensor whole = empty_like(x, dim, n, 1);
  Tensor half = empty_like(x, dim, n / 2 + 1, 1),
         back = empty_like(x, dim, n, 0);
  Spectrum line = new_spectrum(n), y = new_spectrum(n);
  test_ok(tensor_fft_real(&whole, x, 1u << dim, 0.5));
  test_ok(tensor_rfft(&half, x, dim, 1));
  test_ok(tensor_irfft(&back, &half, dim, 1 / (double)n));
  for (int64_t l = 0; l < lines_of(x, dim, false); l++) {
    read_line(x, dim, false, l, line);
    transform_plainly(y, line, n, false);
    expect_line(&whole, dim, true, l, y, n, 0.5);
    expect_line(&half, dim, true, l, y, n / 2 + 1, 1);
    expect_line(&back, dim, false, l, line, n, 1);
  }
  free_spectrum(line);
  free_spectrum(y);
  tensor_release(&whole);
  tensor_release(&half);
  tensor_release(&back);
}

static void check_length(TensorDType dtype, int64_t lines, int64_t n) {
  Tensor rows = test_make(dtype, TEST_SHAPE(lines, n));
  Tensor columns = test_make(dtype, TEST_SHAPE(n, lines));
  Tensor z = test_make(dtype, TEST_SHAPE(lines, n, 2));
  Tensor w = test_make(dtype, TEST_SHAPE(n, lines, 2));
  check_real(&rows, 1);
  check_real(&columns, 0);
  for (int inverse = 0; inverse <= 1; inverse++) {
    check_complex(&z, 1, inverse);
    check_complex(&w, 0, inverse);
  }
  tensor_release(&rows);
  tensor_release(&columns);
  tensor_release(&z);
  tensor_release(&w);
}

Test(fft, every_short_length) {
  for (TensorDType dtype = TENSOR_FLOAT32; dtype <= TENSOR_FLOAT64; dtype++)
    for (int64_t n = 1; n <= 64; n++) {
      check_length(dtype, 1, n);
      check_length(dtype, 21, n);
    }
}

Test(fft, longer_lengths) {
  static const int64_t lengths[] = {97,  128, 210, 243,  343, 427,
                                    500, 625, 997, 1000, 1024};
  for (TensorDType dtype = TENSOR_FLOAT32; dtype <= TENSOR_FLOAT64; dtype++)
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
      check_length(dtype, i % 2 == 0 ? 1 : 17, lengths[i]);
}

/* More than is transformed side by side, and by one thread: against the same
** transform cut into short ones, n = 2^k and a prime. */
static void check_impulse(TensorDType dtype, int64_t n, int64_t at) {
  Tensor x, y;
  test_ok(tensor_new(&x, dtype, TEST_SHAPE(n)));
  test_ok(tensor_new(&y, dtype, TEST_SHAPE(n, 2)));
  test_ok(tensor_fill(&x, 0));
  tensor_set(&x, at, 1);
  test_ok(tensor_fft_real(&y, &x, 1, 1));
  for (int64_t k = 0; k < n; k++) {
    double angle = -2 * M_PI * (double)(at * k % n) / (double)n;
    double off = hypot(tensor_get(&y, 2 * k) - cos(angle),
                       tensor_get(&y, 2 * k + 1) - sin(angle));
    cr_assert_lt(off, dtype == TENSOR_FLOAT32 ? 5e-6 : 1e-14,
                 "length %lld, element %lld", (long long)n, (long long)k);
  }
  tensor_release(&x);
  tensor_release(&y);
}

Test(fft, long_lengths) {
  static const int64_t lengths[] = {10007,  32768,  65537,
                                    100000, 262144, 300007};
  for (TensorDType dtype = TENSOR_FLOAT32; dtype <= TENSOR_FLOAT64; dtype++)
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
      check_impulse(dtype, lengths[i], 0);
      check_impulse(dtype, lengths[i], 1);
      check_impulse(dtype, lengths[i], lengths[i] * 2 / 3);
    }
}

Test(fft, layouts_and_dims) {
  static const int64_t shapes[][4] = {
      {3, 4, 5, 2}, {20, 1, 6, 2}, {2, 33, 3, 2}, {1, 7, 40, 2}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    for (TensorDType dtype = TENSOR_FLOAT32; dtype <= TENSOR_FLOAT64; dtype++)
      for (TestLayout layout = 0; layout < TEST_LAYOUTS; layout++) {
        Tensor z = test_view(layout, dtype, 4, shapes[i]);
        Tensor x = test_view(layout, dtype, 3, shapes[i]);
        for (int dim = 0; dim < 3; dim++) {
          check_complex(&z, dim, i % 2 == 0);
          check_real(&x, dim);
        }
        tensor_release(&z);
        tensor_release(&x);
      }
}

/* Several dims are one after the other, and the real transform that of the
** same numbers as complex ones. */
Test(fft, several_dims) {
  Tensor x = test_make(TENSOR_FLOAT64, TEST_SHAPE(5, 6, 7));
  Tensor z, part, got, due;
  test_ok(tensor_new(&z, TENSOR_FLOAT64, TEST_SHAPE(5, 6, 7, 2)));
  test_ok(tensor_fill(&z, 0));
  tensor_select(&part, &z, 3, 0);
  test_ok(tensor_copy(&part, &x));
  test_ok(tensor_new_like(&got, TENSOR_FLOAT64, &z));
  test_ok(tensor_new_like(&due, TENSOR_FLOAT64, &z));
  for (unsigned dims = 1; dims < 8; dims++) {
    test_ok(tensor_copy(&due, &z));
    for (int d = 0; d < 3; d++)
      if (dims >> d & 1) test_ok(tensor_fft(&due, &due, 1u << d, false, 1));
    test_ok(tensor_fft(&got, &z, dims, false, 1));
    test_expect_close(&got, &due, 1e-13);
    test_ok(tensor_fft_real(&got, &x, dims, 1));
    test_expect_close(&got, &due, 1e-13);
  }
  tensor_release(&x);
  tensor_release(&z);
  tensor_release(&part);
  tensor_release(&got);
  tensor_release(&due);
}

Test(fft, threads_do_not_change_bits) {
  static const int64_t shapes[][2] = {{300, 401}, {2, 300007}, {70, 20000}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    Tensor x = test_make(TENSOR_FLOAT32, 2, shapes[i]);
    Tensor one = empty_like(&x, 0, x.shape[0], 1);
    Tensor two = empty_like(&x, 0, x.shape[0], 1);
    tensor_set_threads(1);
    test_ok(tensor_fft_real(&one, &x, 2, 1));
    tensor_set_threads(2);
    test_ok(tensor_fft_real(&two, &x, 2, 1));
    test_expect_same(&two, &one);
    tensor_release(&x);
    tensor_release(&one);
    tensor_release(&two);
  }
}

/* More lengths than are kept, twice. */
Test(fft, forgotten_plans) {
  for (int64_t n = 2; n < 100; n++)
    check_impulse(TENSOR_FLOAT64, n % 50 + 50, 3);
}

Test(fft, an_interrupt_stops) {
  static const int64_t shapes[][2] = {{400, 500}, {1, 300007}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    Tensor x = test_make(TENSOR_FLOAT32, 2, shapes[i]);
    Tensor y = empty_like(&x, 0, x.shape[0], 1);
    tensor_interrupt = 1;
    cr_expect_eq(tensor_fft_real(&y, &x, 2, 1), TENSOR_INTERRUPTED);
    tensor_interrupt = 0;
    test_ok(tensor_fft_real(&y, &x, 2, 1));
    tensor_interrupt = 1;
    cr_expect_eq(tensor_fft_real(&y, &x, 2, 1), TENSOR_INTERRUPTED);
    tensor_interrupt = 0;
    tensor_release(&x);
    tensor_release(&y);
  }
}

Test(fft, nan_and_infinity_spread) {
  double special[] = {NAN, INFINITY, -INFINITY};
  for (int64_t n = 50; n < 70; n++)
    for (int i = 0; i < 3; i++) {
      Tensor x = test_make(TENSOR_FLOAT32, TEST_SHAPE(n)), y;
      test_ok(tensor_new(&y, TENSOR_FLOAT32, TEST_SHAPE(n, 2)));
      tensor_set(&x, 7, special[i]);
      test_ok(tensor_fft_real(&y, &x, 1, 1));
      for (int64_t k = 0; k < n; k++)
        cr_expect(!isfinite(tensor_get(&y, 2 * k)));
      tensor_release(&x);
      tensor_release(&y);
    }
}

Test(fft, absolute_values) {
  double values[] = {3, 4, 0, 0, 3e30, -4e30, 1e-30, 0, INFINITY, NAN, NAN, 1};
  double due[] = {5, 0, 5e30, 1e-30, INFINITY, NAN};
  for (TensorDType dtype = TENSOR_FLOAT32; dtype <= TENSOR_FLOAT64; dtype++) {
    Tensor z = test_from(dtype, values, TEST_SHAPE(6, 2)), r;
    test_ok(tensor_new(&r, dtype, TEST_SHAPE(6)));
    test_ok(tensor_complex_abs(&r, &z));
    for (int k = 0; k < 6; k++)
      cr_expect(test_near(tensor_get(&r, k) / (k == 3 ? 1e-30 : 1),
                          due[k] / (k == 3 ? 1e-30 : 1), 1e-6));
    tensor_release(&z);
    tensor_release(&r);
  }
}
