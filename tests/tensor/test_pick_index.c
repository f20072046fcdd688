/*
** test_pick_index.c - several dims picked at once, against plain loops; and
** which views overlap themselves.
*/
#include "tests/tensor/support.h"

/* What a trial picks from and with. */
typedef struct Trial {
  Tensor x, index[TENSOR_MAX_DIMS];
  TensorIndex k;
  int ndim, first, picked;
  int64_t shape[TENSOR_MAX_DIMS];
} Trial;

/* Legal positions, some from the end; of shape (n, 1), (m), (n, m) ... */
static Tensor make_index(int which, int64_t size, TensorDType dtype) {
  static const int64_t shapes[][2] = {{3, 1}, {3, 4}, {1, 4}};
  TestLayout layout = (TestLayout)(test_random() % TEST_BROADCAST);
  Tensor t = test_view(layout, dtype, 2, shapes[which % 3]);
  for (int64_t i = 0, n = tensor_numel(&t); i < n; i++) {
    int64_t v = test_random() % size + 1;
    bool back = v % 3 == 0 && dtype != TENSOR_UINT8;
    tensor_set_int(&t, test_offset(&t, i), back ? v - size - 1 : v);
  }
  return t;
}

static void make_trial(Trial *t, TensorDType dtype, unsigned dims, int trial) {
  static const int64_t shape[] = {4, 3, 5, 2};
  static const TensorDType kinds[] = {TENSOR_INT64, TENSOR_INT32, TENSOR_UINT8};
  t->x = test_view((TestLayout)(trial % TEST_BROADCAST), dtype, 4, shape);
  t->k = (TensorIndex){.dims = dims};
  t->picked = 0;
  for (int d = 0; d < 4; d++) {
    if ((dims >> d & 1) == 0) continue;
    int n = t->picked++;
    t->index[n] = make_index(trial + n, shape[d], kinds[(trial + n) % 3]);
    t->k.index[n] = &t->index[n];
  }
  test_ok(tensor_index_shape(&t->k, &t->x, &t->ndim, t->shape, &t->first));
}

static void release_trial(Trial *t) {
  tensor_release(&t->x);
  for (int n = 0; n < t->picked; n++) tensor_release(&t->index[n]);
}

/* The offset in x that element `at` of the result stands for. */
static int64_t source_offset(const Trial *t, int64_t at) {
  int64_t where[TENSOR_MAX_DIMS], offset = 0;
  int joined = t->ndim - (t->x.ndim - t->picked), rest = 0;
  for (int d = t->ndim - 1; d >= 0; d--) {
    where[d] = at % t->shape[d];
    at /= t->shape[d];
  }
  for (int d = 0, n = 0; d < t->x.ndim; d++) {
    int64_t q;
    if (t->k.dims >> d & 1) {
      const Tensor *index = t->k.index[n++];
      int64_t place = 0;
      for (int e = 0; e < index->ndim; e++) {
        int from = t->first + joined - index->ndim + e;
        if (index->shape[e] > 1) place += where[from] * index->strides[e];
      }
      int64_t v = tensor_get_int(index, place);
      q = v < 0 ? v + t->x.shape[d] : v - 1;
    } else {
      q = where[rest < t->first ? rest : rest + joined];
      rest++;
    }
    offset += q * t->x.strides[d];
  }
  return offset;
}

Test(pick_index, get_every_set_of_dims) {
  for (unsigned dims = 1; dims < 16; dims++)
    for (int trial = 0; trial < 12; trial++) {
      Trial t;
      Tensor out;
      make_trial(&t, (TensorDType)(trial % TENSOR_DTYPE_COUNT), dims, trial);
      test_ok(tensor_new(&out, t.x.dtype, t.ndim, t.shape));
      test_ok(tensor_index_get(&out, &t.x, &t.k));
      for (int64_t i = 0, n = tensor_numel(&out); i < n; i++)
        cr_assert_eq(test_at(&out, i), tensor_get(&t.x, source_offset(&t, i)));
      tensor_release(&out);
      release_trial(&t);
    }
}

/* In row-major order, so that the last of equal positions wins. */
static void put_plainly(const Trial *t, const Tensor *x, const Tensor *source,
                        bool add) {
  for (int64_t i = 0, n = tensor_numel(source); i < n; i++) {
    int64_t at = source_offset(t, i);
    tensor_set(x, at, test_at(source, i) + (add ? tensor_get(x, at) : 0));
  }
}

static void check_put(unsigned dims, int trial, bool add) {
  Trial t;
  Tensor due, part, wide, source;
  make_trial(&t, trial % 2 ? TENSOR_FLOAT64 : TENSOR_INT32, dims, trial);
  test_ok(tensor_clone(&due, &t.x, t.x.dtype));
  part = test_make(TENSOR_INT64, 1, &t.shape[t.ndim - 1]); /* broadcasts */
  source = test_make(TENSOR_INT64, t.ndim, t.shape);
  bool narrow = trial % 3 == 0;
  test_ok(tensor_broadcast_to(&wide, &part, t.ndim, t.shape));
  test_ok(tensor_index_put(&t.x, &t.k, narrow ? &part : &source, add));
  Trial plain = t;
  tensor_alias(&plain.x, &due);
  Tensor got;
  test_ok(tensor_clone(&got, &t.x, t.x.dtype));
  put_plainly(&plain, &due, narrow ? &wide : &source, add);
  test_expect_close(&got, &due, 1e-12);
  tensor_release(&plain.x);
  tensor_release(&got);
  tensor_release(&due);
  tensor_release(&part);
  tensor_release(&wide);
  tensor_release(&source);
  release_trial(&t);
}

Test(pick_index, put_and_add) {
  for (unsigned dims = 1; dims < 16; dims++)
    for (int trial = 0; trial < 12; trial++) {
      check_put(dims, trial, false);
      check_put(dims, trial, true);
    }
}

Test(pick_index, what_is_wrong_is_told_before_anything_is_written) {
  Tensor x = test_make(TENSOR_FLOAT32, TEST_SHAPE(2, 3)), before;
  Tensor index = test_ints(2, (int64_t[]){2, 4});
  Tensor number = test_from(TENSOR_FLOAT64, (double[]){9}, 0, NULL);
  Tensor three = test_make(TENSOR_FLOAT32, TEST_SHAPE(3));
  TensorIndex k = {.dims = 2, .names = 12, .index = {&index}};
  test_ok(tensor_clone(&before, &x, x.dtype));
  test_fails(tensor_index_put(&x, &k, &number, false),
             "index 4 at position 2 is outside dim 4 of size 3");
  tensor_set_int(&index, 1, 0);
  test_fails(tensor_index_put(&x, &k, &number, false), "index 0 at position 2");
  tensor_set_int(&index, 1, INT64_MIN);
  test_fails(tensor_index_put(&x, &k, &number, false), "is outside dim 4");
  tensor_set_int(&index, 1, 1);
  test_fails(tensor_index_put(&x, &k, &three, false), "does not broadcast");
  k.index[0] = &three;
  test_fails(tensor_index_put(&x, &k, &number, false), "must hold integers");
  test_expect_same(&x, &before);
  tensor_release(&x);
  tensor_release(&before);
  tensor_release(&index);
  tensor_release(&number);
  tensor_release(&three);
}

Test(pick_index, the_source_may_be_the_target) {
  Tensor x = test_from(TENSOR_INT64, (double[]){3, 1, 2}, TEST_SHAPE(3));
  TensorIndex k = {.dims = 1, .index = {&x}};
  Tensor due = test_from(TENSOR_INT64, (double[]){1, 2, 3}, TEST_SHAPE(3));
  test_ok(tensor_index_put(&x, &k, &x, false));
  test_expect_same(&x, &due);
  tensor_release(&x);
  tensor_release(&due);
}

/* A view of one storage by steps. */
static bool overlaps(int ndim, const int64_t *shape, const int64_t *strides) {
  Tensor t = {.ndim = ndim};
  for (int d = 0; d < ndim; d++) {
    t.shape[d] = shape[d];
    t.strides[d] = strides[d];
  }
  return tensor_overlaps_itself(&t);
}

Test(pick_index, views_that_overlap) {
  cr_expect(overlaps(TEST_SHAPE(2, 3), (int64_t[]){0, 1}));
  cr_expect(overlaps(TEST_SHAPE(3, 3), (int64_t[]){1, 1}), "windows");
  cr_expect(overlaps(TEST_SHAPE(3, 3), (int64_t[]){2, -1}));
  cr_expect(!overlaps(TEST_SHAPE(3, 3), (int64_t[]){3, 1}));
  cr_expect(!overlaps(TEST_SHAPE(3, 2), (int64_t[]){-2, -1}));
  cr_expect(!overlaps(TEST_SHAPE(1, 3), (int64_t[]){0, 1}));
  cr_expect(!overlaps(TEST_SHAPE(0, 3), (int64_t[]){0, 0}));
  cr_expect(!overlaps(TEST_SHAPE(2, 4, 3), (int64_t[]){1, 2, 8}));
}
