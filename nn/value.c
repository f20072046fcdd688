/*
** value.c - making, sharing and letting go of values; scopes of temporaries.
*/
#include <stdlib.h>
#include <string.h>

#include "nn/pool.h"
#include "nn/tape.h"

TensorDType nn_default_dtype = TENSOR_FLOAT32;

Value *nn_value_new(Tensor *t) {
  Value *v = nn_pool_take(sizeof *v);
  if (v == NULL) {
    tensor_release(t);
    return NULL;
  }
  v->refs = 1;
  v->t = *t;
  v->weak = false;
  v->is_view = false;
  v->track = NULL;
  return v;
}

static Value *weak_value(TensorDType dtype) {
  Tensor t;
  if (tensor_new(&t, dtype, 0, NULL) != TENSOR_OK) return NULL;
  Value *v = nn_value_new(&t);
  if (v != NULL) v->weak = true;
  return v;
}

Value *nn_value_number(double number) {
  Value *v = weak_value(TENSOR_FLOAT64);
  if (v != NULL) memcpy(v->t.data, &number, sizeof number);
  return v;
}

Value *nn_value_integer(int64_t number) {
  Value *v = weak_value(TENSOR_INT64);
  if (v != NULL) memcpy(v->t.data, &number, sizeof number);
  return v;
}

Value *nn_value_boolean(bool truth) {
  Value *v = weak_value(TENSOR_BOOL);
  if (v != NULL) memcpy(v->t.data, &truth, sizeof truth);
  return v;
}

Value *nn_value_detach(const Value *v) {
  Tensor t;
  tensor_alias(&t, &v->t);
  Value *copy = nn_value_new(&t);
  if (copy != NULL) copy->is_view = v->is_view;
  return copy;
}

Value *nn_value_retain(Value *v) {
  v->refs++;
  return v;
}

void nn_value_release(Value *v) {
  if (v == NULL || --v->refs > 0) return;
  tensor_release(&v->t);
  nn_track_release(v->track);
  nn_pool_give(v, sizeof *v);
}

void nn_touched(Value *v) {
  v->t.storage->version++;
  if (v->track != NULL) v->track->version = v->t.storage->version;
}

void nn_results_release(OpResults *r) {
  for (int i = 0; i < r->count; i++) nn_value_release(r->many[i]);
  if (r->many != r->few) free(r->many);
  r->count = 0;
  r->many = r->few;
}

/* {== scopes: one stack of temporaries for all, each scope a piece of it */

static struct {
  Value **values;
  int64_t count, size;
} temporaries;

void nn_scope_begin(Grad *c) {
  c->status = TENSOR_OK;
  c->mark = temporaries.count;
}

int nn_scope_end(Grad *c) {
  while (temporaries.count > c->mark)
    nn_value_release(temporaries.values[--temporaries.count]);
  return c->status;
}

static bool grow_temporaries(void) {
  int64_t size = temporaries.size == 0 ? 256 : 2 * temporaries.size;
  Value **values = realloc(temporaries.values, (size_t)size * sizeof *values);
  if (values == NULL) return false;
  temporaries.values = values;
  temporaries.size = size;
  return true;
}

Value *nn_scope_own(Grad *c, Value *v) {
  if (v == NULL) {
    if (c->status == TENSOR_OK) c->status = TENSOR_NO_MEMORY;
    return NULL;
  }
  if (temporaries.count == temporaries.size && !grow_temporaries()) {
    nn_value_release(v);
    c->status = tensor_no_memory(temporaries.size);
    return NULL;
  }
  temporaries.values[temporaries.count++] = v;
  return v;
}

/* }== */
