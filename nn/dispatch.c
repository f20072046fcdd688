/*
** dispatch.c - runs a row of the table.
*/
#include <stdlib.h>
#include <string.h>

#include "nn/ops.h"
#include "nn/rows.h"

/* {== elementwise rows: one shape rule and one kernel for all */

enum { OF_TRUTH, OF_INTEGERS, OF_FLOATS };

static int kind_of(TensorDType d) {
  return tensor_dtype_is_float(d) ? OF_FLOATS
         : d == TENSOR_BOOL       ? OF_TRUTH
                                  : OF_INTEGERS;
}

/* The first, unless the second is of a higher kind. */
static TensorDType weightier(TensorDType a, TensorDType b) {
  return kind_of(b) > kind_of(a) ? b : a;
}

/* As in PyTorch: tensors with dims decide; 0-d tensors, and after them plain
** numbers, change the result only where they are of a higher kind. */
TensorDType nn_joined_dtype(int count, Value *const *values) {
  TensorDType met[3] = {TENSOR_BOOL, TENSOR_BOOL, TENSOR_BOOL};
  bool any[3] = {false, false, false};
  for (int k = 0; k < count; k++) {
    const Value *v = values[k];
    int rank = v->weak ? 0 : v->t.ndim == 0 ? 1 : 2;
    met[rank] = tensor_dtype_promote(met[rank], v->t.dtype);
    any[rank] = true;
  }
  if (!any[1] && !any[2] && nn_is_inner()) return met[0];
  if (met[0] == TENSOR_FLOAT64) met[0] = nn_default_dtype;
  TensorDType joined = met[0];
  if (any[1]) joined = weightier(met[1], joined);
  return any[2] ? weightier(met[2], joined) : joined;
}

TensorDType nn_joined_float(int count, Value *const *values) {
  return nn_float_of(nn_joined_dtype(count, values));
}

static bool all_weak(const OpCall *call) {
  for (int k = 0; k < call->inputs; k++)
    if (!call->in[k]->weak) return false;
  return true;
}

static int compute_dtype(const OpCall *call, TensorDType *compute) {
  const TensorMap *map = call->row->map;
  TensorDType d = nn_joined_dtype(call->inputs, call->in);
  bool numbers = map->group == TENSOR_NUMBER || map->group == TENSOR_POWER;
  if (map->group == TENSOR_FLOAT && !tensor_dtype_is_float(d))
    d = all_weak(call) && nn_is_inner() ? TENSOR_FLOAT64 : nn_default_dtype;
  if (map->group == TENSOR_LOGIC && d != TENSOR_BOOL)
    return tensor_fail("%s: works on bool tensors, not on %s (compare first, "
                       "as in x:gt(0))",
                       call->row->name, tensor_dtype_name(d));
  if (numbers && d == TENSOR_BOOL)
    return tensor_fail("%s: works on numbers, not on bool tensors (convert "
                       "with x:to(\"int64\"))",
                       call->row->name);
  *compute = d;
  return TENSOR_OK;
}

static int join_shapes(const OpCall *call, OpShape *out) {
  const Tensor *a = &call->in[0]->t;
  if (call->inputs == 1 || tensor_same_shape(a, &call->in[1]->t)) {
    out->ndim = a->ndim;
    memcpy(out->shape, a->shape, sizeof out->shape);
    return TENSOR_OK;
  }
  int status =
      tensor_broadcast_shape(a, &call->in[1]->t, &out->ndim, out->shape);
  return nn_named(call->row->name, status);
}

static bool has_zero(const Tensor *t) {
  Tensor any, zeros;
  bool found = true; /* to be on the safe side without memory */
  if (tensor_new_like(&zeros, TENSOR_BOOL, t) != TENSOR_OK) return found;
  tensor_map(&tensor_maps[TENSOR_MAP_logical_not], TENSOR_BOOL, &zeros,
             (const Tensor *const[]){t});
  if (tensor_new(&any, TENSOR_BOOL, 0, NULL) == TENSOR_OK) {
    tensor_reduce(TENSOR_ANY, &any, &zeros, ~0u);
    found = tensor_get_int(&any, 0) != 0;
    tensor_release(&any);
  }
  tensor_release(&zeros);
  return found;
}

/* Integers have no infinity to answer with. */
static int check_division(const OpCall *call, TensorDType compute) {
  const TensorMap *map = call->row->map;
  if (map != &tensor_maps[TENSOR_MAP_floor_div] &&
      map != &tensor_maps[TENSOR_MAP_mod])
    return TENSOR_OK;
  if (tensor_dtype_is_float(compute) || !has_zero(&call->in[1]->t))
    return TENSOR_OK;
  return tensor_fail("%s: an integer is divided by 0", call->row->name);
}

/* x ^ 2, x ^ 0.5 and x ^ -1 with plain numbers are exact and cheap another
** way. */
static const TensorMap *simpler_map(const OpCall *call, TensorDType compute) {
  const TensorMap *map = call->row->map;
  if (map != &tensor_maps[TENSOR_MAP_pow] || !call->in[1]->weak) return map;
  double e = tensor_get(&call->in[1]->t, 0);
  if (e == 2) return &tensor_maps[TENSOR_MAP_square];
  if (e == -1 && tensor_dtype_is_float(compute))
    return &tensor_maps[TENSOR_MAP_reciprocal];
  if (e == 0.5 && tensor_dtype_is_float(compute))
    return &tensor_maps[TENSOR_MAP_sqrt];
  return map;
}

static int run_map(const OpCall *call, TensorDType compute, Tensor *out) {
  int status = check_division(call, compute);
  if (status != TENSOR_OK) return status;
  const Tensor *in[TENSOR_MAP_MAX_INPUTS];
  for (int k = 0; k < call->inputs; k++) in[k] = &call->in[k]->t;
  return tensor_map(simpler_map(call, compute), compute, out, in);
}

static int call_map(const OpCall *call, Tensor *out) {
  OpShape shape;
  TensorDType compute;
  int status = compute_dtype(call, &compute);
  if (status == TENSOR_OK) status = join_shapes(call, &shape);
  if (status == TENSOR_OK)
    status = tensor_new(out, tensor_map_result(call->row->map, compute),
                        shape.ndim, shape.shape);
  if (status != TENSOR_OK) return status;
  status = run_map(call, compute, out);
  if (status != TENSOR_OK) tensor_release(out);
  return status;
}

/* }== rows with a shape rule and a kernel of their own {== */

static int call_kernel(const OpCall *call, int outputs, Tensor *out) {
  OpShape shapes[NN_FEW];
  int made = 0, status = call->row->shape(call, shapes);
  while (status == TENSOR_OK && made < outputs) {
    const OpShape *s = &shapes[made];
    status = tensor_new(&out[made], s->dtype, s->ndim, s->shape);
    if (status == TENSOR_OK) made++;
  }
  if (status == TENSOR_OK) status = call->row->kernel(call, out);
  if (status != TENSOR_OK)
    while (made > 0) tensor_release(&out[--made]);
  return status;
}

static int compute(const OpCall *call, int outputs, Tensor *out) {
  const OpRow *row = call->row;
  if (row->map != NULL) return call_map(call, out);
  if (row->view != NULL) return row->view(call, out);
  return call_kernel(call, outputs, out);
}

/* }== calling {== */

static int call_composite(const OpCall *call, OpResults *out) {
  Grad c;
  nn_scope_begin(&c);
  int status = call->row->compose(&c, call, out);
  if (status == TENSOR_OK) status = c.status;
  if (status == TENSOR_OK)
    for (int k = 0; k < out->count; k++) nn_value_retain(out->many[k]);
  else
    out->count = 0;
  nn_scope_end(&c);
  if (status != TENSOR_OK) nn_results_release(out);
  return status;
}

static int check_inputs(const OpCall *call) {
  for (int k = 0; k < call->inputs; k++) {
    const Value *v = call->in[k];
    if (v->track == NULL) continue;
    int status = nn_check_current(v, call->row->name);
    if (status != TENSOR_OK) return status;
  }
  return tensor_poll();
}

int nn_call(const OpRow *row, int inputs, Value *const *in,
            const OpAttrs *attrs, OpResults *out) {
  OpCall call = {row, inputs, in, attrs};
  Tensor t[NN_FEW];
  int outputs = row->outputs > 1 ? row->outputs : 1;
  out->count = 0;
  out->many = out->few;
  int status = check_inputs(&call);
  if (status != TENSOR_OK) return status;
  if (row->compose != NULL) return call_composite(&call, out);
  status = compute(&call, outputs, t);
  if (status != TENSOR_OK) return status;
  for (int k = 0; k < outputs; k++) {
    out->few[k] = nn_value_new(&t[k]);
    if (out->few[k] == NULL) {
      status = TENSOR_NO_MEMORY;
    } else {
      out->few[k]->is_view = row->view != NULL;
      out->few[k]->weak = row->map != NULL && nn_is_inner() && all_weak(&call);
      out->count = k + 1;
    }
  }
  if (status == TENSOR_OK && nn_wants_record(&call))
    status = nn_record(&call, out);
  if (status != TENSOR_OK) nn_results_release(out);
  return status;
}

/* }== in place {== */

static int in_place_failure(const OpRow *row, const char *why) {
  if (row->internal) return tensor_fail("assignment: %s", why);
  return tensor_fail("%s%s: %s", row->name, row->in_place ? "" : "_", why);
}

/* Whether the first input may be written, and its history rewritten. */
static int check_target(const OpCall *call, bool record) {
  const Value *x = call->in[0];
  const OpRow *row = call->row;
  if (tensor_overlaps_itself(&x->t))
    return in_place_failure(row, "an expanded tensor shares its elements, so "
                                 "it cannot be changed in place; clone() it "
                                 "first");
  if (!record) return TENSOR_OK;
  if (x->track != NULL && x->track->node == NULL)
    return in_place_failure(row, "a tensor with requires_grad cannot be "
                                 "changed in place while gradients are "
                                 "recorded; use autograd.no_grad");
  if (x->is_view)
    return in_place_failure(row, "a view cannot be changed in place while "
                                 "gradients are recorded; assign to the whole "
                                 "tensor, as in t[{1}] = v");
  return TENSOR_OK;
}

static int write_target(const OpCall *call) {
  Tensor *x = &call->in[0]->t;
  if (call->row->map == NULL) return call->row->kernel(call, x);
  OpShape shape;
  TensorDType dtype;
  int status = compute_dtype(call, &dtype);
  if (status == TENSOR_OK) status = join_shapes(call, &shape);
  if (status != TENSOR_OK) return status;
  TensorDType result = tensor_map_result(call->row->map, dtype);
  if (shape.ndim != x->ndim ||
      memcmp(shape.shape, x->shape, (size_t)x->ndim * sizeof(int64_t)) != 0) {
    char a[TENSOR_SHAPE_TEXT], b[TENSOR_SHAPE_TEXT];
    return tensor_fail("%s_: the result has shape %s, which does not fit into "
                       "the tensor of shape %s",
                       call->row->name,
                       tensor_shape_text(shape.ndim, shape.shape, a),
                       tensor_shape_text(x->ndim, x->shape, b));
  }
  if (result > x->dtype &&
      (tensor_dtype_is_float(result) != tensor_dtype_is_float(x->dtype) ||
       x->dtype == TENSOR_BOOL))
    return tensor_fail("%s_: the result is %s, which does not fit into a "
                       "tensor of %s",
                       call->row->name, tensor_dtype_name(result),
                       tensor_dtype_name(x->dtype));
  return run_map(call, dtype, x);
}

/* The first input as it was, for a gradient that reads it. */
static Value *before(Grad *c, const OpCall *call) {
  Tensor copy;
  Value *x = call->in[0];
  c->status = tensor_clone(&copy, &x->t, x->t.dtype);
  if (c->status != TENSOR_OK) return NULL;
  Value *old = nn_scope_own(c, nn_value_new(&copy));
  if (old == NULL || x->track == NULL) return old;
  old->track = x->track;
  old->track->refs++;
  return old;
}

/* Whether the gradient reads the first input as it was. */
static bool reads_before(const OpCall *call) {
  for (int k = 0; k < call->inputs && k < 32; k++)
    if (call->in[k] == call->in[0] && (call->row->keeps >> k & 1)) return true;
  return false;
}

static int record_in_place(const OpCall *call, Value *old) {
  Value *in[TENSOR_MAX_DIMS + 2];
  Value *x = call->in[0];
  OpCall as_called = *call;
  OpResults r = {1, {x}, NULL};
  for (int k = 0; k < call->inputs; k++)
    in[k] = call->in[k] == x && old != NULL ? old : call->in[k];
  as_called.in = in;
  r.many = r.few;
  return nn_record(&as_called, &r);
}

int nn_call_in_place(const OpRow *row, int inputs, Value *const *in,
                     const OpAttrs *attrs) {
  OpCall call = {row, inputs, in, attrs};
  bool record = nn_wants_record(&call);
  Value *old = NULL;
  Grad c;
  int status = check_inputs(&call);
  if (status == TENSOR_OK) status = check_target(&call, record);
  if (status != TENSOR_OK) return status;
  nn_scope_begin(&c);
  if (record && reads_before(&call)) old = before(&c, &call);
  if (c.status == TENSOR_OK) c.status = write_target(&call);
  if (c.status == TENSOR_OK) {
    in[0]->t.storage->version++;
    if (record)
      c.status = record_in_place(&call, old);
    else if (in[0]->track != NULL)
      in[0]->track->version = in[0]->t.storage->version;
  }
  return nn_scope_end(&c);
}

/* }== */
