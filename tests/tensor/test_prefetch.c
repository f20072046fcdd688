/*
** test_prefetch.c - rows that a thread picks ahead of need, against
** tensor_index_select.
*/
#include "support.h"
#include "tensor/prefetch.h"

#define ROWS 13
#define ALL  INT64_MAX /* batches */

static Tensor make_order(void) {
  Tensor order;
  test_ok(tensor_new(&order, TENSOR_INT64, TEST_SHAPE(ROWS)));
  test_ok(tensor_random_permutation(&order));
  return order;
}

static void expect_batch(const Tensor *got, const Tensor *x,
                         const Tensor *order, int64_t first) {
  Tensor rows, expected;
  tensor_slice(&rows, order, 0, first, 1, got->shape[0]);
  test_ok(tensor_new_like(&expected, x->dtype, got));
  test_ok(tensor_index_select(&expected, x, 0, &rows));
  test_expect_close(got, &expected, 0);
  tensor_release(&expected);
  tensor_release(&rows);
}

/* Takes `most` batches of x and y, then stops. */
static void check_pass(const Tensor *sources, int64_t batch_size, int64_t first,
                       int64_t depth, int64_t most) {
  Tensor order = make_order(), parts[2];
  int64_t batches = (ROWS + batch_size - 1) / batch_size, taken = 0;
  TensorPrefetchPlan plan = {.count = 2,
                             .sources = sources,
                             .order = &order,
                             .batch_size = batch_size,
                             .first = first,
                             .last = batches,
                             .depth = depth};
  TensorPrefetch *p;
  bool more = true;
  test_ok(tensor_prefetch_new(&p, &plan));
  while (taken < most) {
    test_ok(tensor_prefetch_next(p, parts, &more));
    if (!more) break;
    for (int i = 0; i < 2; i++) {
      expect_batch(&parts[i], &sources[i], &order,
                   (first + taken) * batch_size);
      tensor_release(&parts[i]);
    }
    taken++;
  }
  if (most > batches) cr_expect_eq(taken, batches - first);
  tensor_prefetch_free(p);
  tensor_release(&order);
}

Test(prefetch, every_layout) {
  static const int64_t sizes[] = {1, 4, ROWS, 50};
  for (int dtype = 0; dtype < TENSOR_DTYPE_COUNT; dtype++) {
    Tensor x = test_make((TensorDType)dtype, TEST_SHAPE(5, ROWS, 6));
    Tensor sources[2];
    tensor_transpose(&sources[0], &x, 0, 1);
    tensor_slice(&sources[1], &sources[0], 2, 1, 2, 3);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
      for (int64_t depth = 1; depth < 4; depth++) {
        check_pass(sources, sizes[i], 0, depth, ALL);
        check_pass(sources, sizes[i], 1, depth * 20, ALL);
        check_pass(sources, sizes[i], 0, depth, 2);
        check_pass(sources, sizes[i], 0, depth, 0);
      }
    for (int i = 0; i < 2; i++) tensor_release(&sources[i]);
    tensor_release(&x);
  }
  cr_expect_eq(tensor_memory().live, 0);
}

Test(prefetch, refusals) {
  Tensor order = make_order();
  Tensor x = test_make(TENSOR_FLOAT32, TEST_SHAPE(ROWS - 1, 2));
  TensorPrefetchPlan plan = {.count = 1,
                             .sources = &x,
                             .order = &order,
                             .batch_size = 2,
                             .last = 7,
                             .depth = 1};
  TensorPrefetch *p;
  test_fails(tensor_prefetch_new(&p, &plan), "position 13 is not in 1..12");
  plan.sources = &order;
  plan.last = 8;
  test_fails(tensor_prefetch_new(&p, &plan), "not so many batches");
  plan.last = 7;
  plan.depth = 0;
  test_fails(tensor_prefetch_new(&p, &plan), "counts must be positive");
  tensor_release(&x);
  tensor_release(&order);
  cr_expect_eq(tensor_memory().live, 0);
}
