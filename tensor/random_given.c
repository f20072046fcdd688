/*
** random_given.c - distributions whose parameters may be tensors: reading
** the parameters, numbers drawn one by one, and the exponential distribution.
*/
#include "tensor/map.h"
#include "tensor/random.h"

/* {== parameters ========================================================== */

static bool obeys(double x, TensorRule rule) {
  return isfinite(x) && (rule == TENSOR_FINITE || x > 0 ||
                         (rule == TENSOR_NOT_NEGATIVE && x == 0));
}

/* Element i of a parameter breaks the rule. */
static int refuse(const TensorDraw *d, const char *who, const TensorPassed *in,
                  const TensorParameter *p, int64_t i) {
  static const char *const words[] = {[TENSOR_FINITE] = "finite",
                                      [TENSOR_NOT_NEGATIVE] =
                                          "finite and not negative",
                                      [TENSOR_ABOVE_0] = "finite and above 0"};
  char at[TENSOR_SHAPE_TEXT];
  int64_t index[TENSOR_MAX_DIMS], rest = i;
  double x = p->at[i * p->step];
  if (isnan(x)) x = (double)NAN; /* prints without a sign */
  if (p->step == 0)
    return tensor_fail("%s: %s must be %s, got %g", who, in->name,
                       words[in->rule], x);
  for (int k = d->out->ndim - 1; k >= 0; k--) {
    index[k] = rest % d->out->shape[k] + 1;
    rest /= d->out->shape[k];
  }
  return tensor_fail("%s: %s must be %s, got %g for element %s", who, in->name,
                     words[in->rule], x,
                     tensor_shape_text(d->out->ndim, index, at));
}

static int check(const TensorDraw *d, const char *who, const TensorPassed *in,
                 const TensorParameter *p) {
  int64_t count = p->step == 0 ? 1 : d->count;
  for (int64_t i = 0; i < count; i++) {
    if (!obeys(p->at[i * p->step], in->rule)) return refuse(d, who, in, p, i);
    if (i % TENSOR_RANDOM_CHECKED == 0 && tensor_poll() != TENSOR_OK)
      return TENSOR_INTERRUPTED;
  }
  return TENSOR_OK;
}

/* The elements of x, one for each of out's. */
static int widen(const TensorDraw *d, const Tensor *x, TensorParameter *p) {
  Tensor view;
  int status = tensor_broadcast_to(&view, x, d->out->ndim, d->out->shape);
  if (status != TENSOR_OK) return status;
  status = tensor_as(&p->wide, &view, TENSOR_FLOAT64);
  tensor_release(&view);
  if (status != TENSOR_OK) return status;
  p->at = (const double *)p->wide.data;
  p->step = 1;
  return TENSOR_OK;
}

int tensor_random_open(TensorDraw *d, const char *who, int count,
                       const TensorPassed *passed) {
  int status = TENSOR_OK;
  for (int k = 0; k < count && status == TENSOR_OK; k++) {
    const Tensor *x = passed[k].x;
    TensorParameter *p = &d->given[k];
    p->at = &p->one;
    if (tensor_numel(x) == 1 && x->ndim <= d->out->ndim)
      p->one = tensor_get(x, 0);
    else if ((status = widen(d, x, p)) != TENSOR_OK)
      return tensor_fail_in(status, "%s: ", who);
    status = check(d, who, &passed[k], p);
  }
  return status;
}

void tensor_random_close(TensorDraw *d) {
  tensor_release(&d->given[0].wide);
  tensor_release(&d->given[1].wide);
}

int tensor_random_draw_given(TensorDraw *d, const char *who, int count,
                             const TensorPassed *passed, TensorDrawSome *some,
                             int64_t each) {
  int status = tensor_random_open(d, who, count, passed);
  if (status == TENSOR_OK) status = tensor_random_draw(d, some, each);
  tensor_random_close(d);
  return status;
}

/* }== one by one ========================================================== */

double tensor_random_next(TensorSource *s) {
  if (s->left == 0) {
    uint32_t counter[4] = {(uint32_t)s->at.counter,
                           (uint32_t)(s->at.counter >> 32), s->attempt++, 0};
    uint32_t key[2] = {(uint32_t)s->at.seed, (uint32_t)(s->at.seed >> 32)};
    uint32_t block[4];
    tensor_philox(counter, key, block);
    s->words[1] = (uint64_t)block[0] << 32 | block[1];
    s->words[0] = (uint64_t)block[2] << 32 | block[3];
    s->left = 2;
  }
  return tensor_random_open_unit(s->words[--s->left]);
}

void tensor_random_store(Tensor *out, int64_t at, int64_t n,
                         const double *numbers) {
  char *to = out->data + at * (int64_t)tensor_dtype_size(out->dtype);
  tensor_convert(n, out->dtype, to, 1, TENSOR_FLOAT64, numbers, 1);
}

void tensor_random_one_by_one(const TensorDraw *d, int64_t from, int64_t to,
                              TensorDrawOne *one) {
  double numbers[TENSOR_BLOCKS];
  for (int64_t at = from; at < to; at += TENSOR_BLOCKS) {
    int64_t n = tensor_min64(TENSOR_BLOCKS, to - at);
    for (int64_t i = 0; i < n; i++) {
      TensorSource s = {.at = d->from};
      s.at.counter += (uint64_t)(at + i);
      numbers[i] = one(d, at + i, &s);
    }
    tensor_random_store(d->out, at, n, numbers);
  }
}

/* }== exponential ========================================================= */

/* The inverse of the distribution function, 1 - exp(-rate x), at 1 - u. */
TENSOR_CLONES static void exponential(const TensorDraw *d, int64_t from,
                                      int64_t to) {
  double numbers[TENSOR_LARGE_WORDS];
  for (int64_t at = from; at < to; at += TENSOR_LARGE_WORDS) {
    TensorChunk c;
    tensor_random_chunk(d->from, at / TENSOR_LARGE_WORDS, 0, &c);
    for (int64_t i = 0; i < TENSOR_LARGE_WORDS; i++)
      numbers[i] = tensor_random_open_unit(tensor_random_large(&c, i));
#pragma omp simd
    for (int i = 0; i < TENSOR_LARGE_WORDS; i++)
      numbers[i] = -TENSOR_MATH(log, numbers[i]);
    int64_t n = tensor_min64(TENSOR_LARGE_WORDS, to - at);
    for (int64_t i = 0; i < n; i++) numbers[i] /= tensor_given(d, 0, at + i);
    tensor_random_store(d->out, at, n, numbers);
  }
}

int tensor_random_exponential(Tensor *out, const Tensor *rate) {
  TensorDraw d = {.out = out, .count = tensor_numel(out)};
  TensorPassed passed = {rate, "the rate", TENSOR_ABOVE_0};
  int status = tensor_random_check_float("exponential", out);
  if (status != TENSOR_OK) return status;
  return tensor_random_draw_given(&d, "exponential", 1, &passed, exponential,
                                  TENSOR_LARGE_WORDS);
}

/* }======================================================================= */
