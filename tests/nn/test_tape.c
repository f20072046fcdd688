/*
** test_tape.c - the operation table and the tape, seen from C.
*/
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "nn/nn.h"

static Value *row_of(int count, const double *numbers) {
  Tensor t;
  int64_t shape = count;
  cr_assert_eq(tensor_new(&t, TENSOR_FLOAT64, 1, &shape), TENSOR_OK);
  for (int k = 0; k < count; k++) tensor_set(&t, k, numbers[k]);
  return nn_value_new(&t);
}

/* Calls a row with one result, which must succeed. */
static Value *call(const char *name, int inputs, Value *const *in,
                   const OpAttrs *attrs) {
  OpResults r;
  cr_assert_eq(nn_call(nn_row(name), inputs, in, attrs, &r), TENSOR_OK, "%s",
               tensor_message());
  cr_assert_eq(r.count, 1);
  return r.many[0];
}

static Value *total(Value *x) {
  OpAttrs all = {.i = {NN_ABSENT, 0}};
  return call("sum", 1, &x, &all);
}

Test(tape, table_is_whole) {
  int count;
  const OpRow *const *rows = nn_rows(&count);
  cr_assert(count > 80);
  for (int k = 0; k < count; k++) {
    const OpRow *row = rows[k];
    int ways = (row->map != NULL) + (row->view != NULL) +
               (row->kernel != NULL) + (row->compose != NULL);
    cr_expect_eq(nn_row(row->name), row, "%s stands twice", row->name);
    cr_expect_eq(ways, 1, "%s has %d ways to run", row->name, ways);
    cr_expect(row->internal || row->help[0] != '\0', "%s has no words",
              row->name);
    cr_expect(row->kernel == NULL || row->in_place || row->shape != NULL,
              "%s has no shape rule", row->name);
    size_t length = strlen(row->name);
    cr_expect_eq(row->in_place, row->name[length - 1] == '_');
  }
  cr_expect_null(nn_row("no such row"));
}

Test(tape, gradient_flows_and_nothing_is_kept) {
  int64_t before = tensor_memory().live;
  Value *x = row_of(3, (const double[]){1, 2, 3});
  cr_assert_eq(nn_require_grad(x, true), TENSOR_OK);
  Value *square = call("mul", 2, (Value *[]){x, x}, NULL);
  Value *y = total(square);
  NnBackward once = {false, false};
  cr_assert_eq(nn_backward(1, &y, NULL, once), TENSOR_OK);
  for (int k = 0; k < 3; k++)
    cr_expect_eq(tensor_get(&nn_gradient(x)->t, k), 2.0 * (k + 1));
  cr_expect_eq(nn_backward(1, &y, NULL, once), TENSOR_FAIL);
  cr_expect(strstr(tensor_message(), "retain_graph") != NULL);
  nn_value_release(y);
  nn_value_release(square);
  nn_value_release(x);
  cr_expect_eq(tensor_memory().live, before);
}

Test(tape, gradients_of_gradients) {
  Value *x = row_of(1, (const double[]){3});
  nn_require_grad(x, true);
  Value *cube = call("mul", 2, (Value *[]){x, x}, NULL), *first, *second;
  Value *y = call("mul", 2, (Value *[]){cube, x}, NULL);
  NnBackward again = {false, true}, last = {false, false};
  cr_assert_eq(nn_gradients(1, &y, NULL, 1, &x, &first, again), TENSOR_OK);
  cr_expect_eq(tensor_get(&first->t, 0), 27);
  cr_assert_eq(nn_gradients(1, &first, NULL, 1, &x, &second, last), TENSOR_OK);
  cr_expect_eq(tensor_get(&second->t, 0), 18);
  cr_expect_null(nn_gradient(x));
  Value *all[] = {second, first, y, cube, x};
  for (int k = 0; k < 5; k++) nn_value_release(all[k]);
}

Test(tape, failures_leave_nothing_behind) {
  int64_t before = tensor_memory().live;
  Value *a = row_of(2, (const double[]){1, 2});
  Value *b = row_of(3, (const double[]){1, 2, 3});
  OpResults r;
  cr_expect_eq(nn_call(nn_row("add"), 2, (Value *[]){a, b}, NULL, &r),
               TENSOR_FAIL);
  cr_expect(strstr(tensor_message(), "(2)") != NULL);
  cr_expect_eq(r.count, 0);
  cr_expect_eq(nn_call_in_place(nn_row("add"), 2, (Value *[]){a, b}, NULL),
               TENSOR_FAIL);
  nn_value_release(a);
  nn_value_release(b);
  cr_expect_eq(tensor_memory().live, before);
}

Test(tape, an_interrupt_stops_a_call) {
  Value *a = row_of(2, (const double[]){1, 2});
  OpResults r;
  tensor_interrupt = 1;
  cr_expect_eq(nn_call(nn_row("exp"), 1, &a, NULL, &r), TENSOR_INTERRUPTED);
  tensor_interrupt = 0;
  nn_value_release(call("exp", 1, &a, NULL));
  nn_value_release(a);
}

/* A chain far longer than the stack could follow. */
Test(tape, long_chains_are_freed_in_a_loop) {
  Value *x = row_of(1, (const double[]){0});
  nn_require_grad(x, true);
  Value *one = row_of(1, (const double[]){1}), *y = nn_value_retain(x);
  for (int k = 0; k < 300000; k++) {
    Value *next = call("add", 2, (Value *[]){y, one}, NULL);
    nn_value_release(y);
    y = next;
  }
  cr_expect_eq(tensor_get(&y->t, 0), 300000);
  nn_value_release(y);
  nn_value_release(one);
  nn_value_release(x);
}

/* Plain numbers join in without widening; tensors do widen. */
Test(tape, dtypes_meet) {
  int64_t one = 1;
  Tensor t;
  tensor_new(&t, TENSOR_FLOAT32, 1, &one);
  tensor_fill(&t, 1);
  Value *single = nn_value_new(&t), *number = nn_value_number(0.5);
  tensor_new(&t, TENSOR_INT32, 1, &one);
  tensor_fill(&t, 1);
  Value *whole = nn_value_new(&t);
  Value *wide = row_of(1, (const double[]){1});
  const struct {
    Value *a, *b;
    TensorDType result;
  } cases[] = {{single, number, TENSOR_FLOAT32},
               {single, wide, TENSOR_FLOAT64},
               {whole, number, TENSOR_FLOAT32},
               {whole, single, TENSOR_FLOAT32},
               {whole, whole, TENSOR_INT32}};
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    Value *y = call("add", 2, (Value *[]){cases[k].a, cases[k].b}, NULL);
    cr_expect_eq(y->t.dtype, cases[k].result);
    nn_value_release(y);
  }
  Value *all[] = {single, number, whole, wide};
  for (int k = 0; k < 4; k++) nn_value_release(all[k]);
}
