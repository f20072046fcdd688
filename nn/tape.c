/*
** tape.c - what ran, in order.
**
** Who holds whom: a value its track, a track its node, a node its inputs'
** tracks and the values its gradient rule reads. Results are kept without
** history, so there are no cycles, and counting references is enough. Chains
** of nodes can be very long: they are freed in a loop, not by recursion.
*/
#include <stdlib.h>
#include <string.h>

#include "nn/ops.h"
#include "nn/pool.h"
#include "nn/rows.h"

static bool grad_enabled = true;
static bool training = false;
static int64_t nodes_made;

bool nn_grad_enabled(void) { return grad_enabled; }

bool nn_set_grad_enabled(bool on) {
  bool was = grad_enabled;
  grad_enabled = on;
  return was;
}

bool nn_training(void) { return training; }

bool nn_set_training(bool on) {
  bool was = training;
  training = on;
  return was;
}

/* {== tracks and nodes */

static Track *track_new(Node *node, int output, const Value *v) {
  Track *t = nn_pool_take(sizeof *t);
  if (t == NULL) return NULL;
  t->refs = 1;
  t->node = node;
  t->output = output;
  t->version = v->t.storage->version;
  t->grad = t->pending = NULL;
  t->wanted = false;
  nn_shape_like(&t->shape, v->t.dtype, &v->t);
  if (node != NULL) node->refs++;
  return t;
}

/* A node ends in its inputs. */
static size_t node_size(int inputs) {
  return sizeof(Node) + (size_t)inputs * (sizeof(Track *) + sizeof(Kept));
}

void nn_node_clear(Node *n) {
  for (int k = 0; k < n->inputs; k++) {
    Kept *kept = &n->kept[k];
    nn_value_release(kept->value);
    kept->value = NULL;
    nn_track_release(n->edges[k]);
    n->edges[k] = NULL;
  }
  for (int k = 0; k < n->outputs; k++) tensor_release(&n->results[k]);
  nn_function_release(n->function);
  n->function = NULL;
  n->spent = true;
}

/* Letting a node go may let others go, and so on: they wait in line. */
void nn_node_release(Node *n) {
  static Node *line = NULL;
  static bool working = false;
  if (--n->refs > 0) return;
  n->next = line;
  line = n;
  if (working) return;
  working = true;
  while (line != NULL) {
    Node *first = line;
    line = first->next;
    nn_node_clear(first);
    nn_pool_give(first->attrs, sizeof *first->attrs);
    nn_pool_give(first, node_size(first->inputs));
  }
  working = false;
}

void nn_track_release(Track *t) {
  if (t == NULL || --t->refs > 0) return;
  Node *n = t->node;
  if (n != NULL && n->out[t->output] == t) n->out[t->output] = NULL;
  nn_value_release(t->grad);
  nn_value_release(t->pending);
  nn_pool_give(t, sizeof *t);
  if (n != NULL) nn_node_release(n);
}

static Node *node_new(const OpCall *call, int outputs) {
  Node *n = nn_pool_take(node_size(call->inputs));
  if (n == NULL) return NULL;
  OpAttrs *attrs = NULL;
  if (call->attrs != NULL) {
    attrs = nn_pool_take(sizeof *attrs);
    if (attrs == NULL) {
      nn_pool_give(n, node_size(call->inputs));
      return NULL;
    }
    *attrs = *call->attrs;
  }
  n->refs = 1;
  n->order = ++nodes_made;
  n->visit = 0;
  n->row = call->row;
  n->attrs = attrs;
  n->function = NULL;
  n->spent = false;
  n->inputs = call->inputs;
  n->outputs = outputs;
  n->kept = (Kept *)(void *)(n + 1);
  n->edges = (Track **)(void *)(n->kept + call->inputs);
  return n;
}

/* Whether a gradient that is wanted reads input k. */
static bool is_read(const OpCall *call, int k) {
  if (k >= 32 || (call->row->keeps >> k & 1) == 0) return false;
  return !call->row->crosswise || call->in[1 - k]->track != NULL;
}

static void keep_input(Node *n, int k, Value *v, bool keep) {
  n->kept[k].value = keep ? nn_value_retain(v) : NULL;
  n->kept[k].version = v->t.storage->version;
  nn_shape_like(&n->kept[k].shape, v->t.dtype, &v->t);
  n->edges[k] = v->track;
  if (v->track != NULL) v->track->refs++;
}

static void keep_result(Node *n, int k, const Value *v) {
  n->out[k] = NULL;
  n->results[k].storage = NULL;
  n->result_versions[k] = v->t.storage->version;
  if (n->row->keeps_result) tensor_alias(&n->results[k], &v->t);
}

bool nn_wants_record(const OpCall *call) {
  if (!grad_enabled || call->row->gradient == NULL) return false;
  for (int k = 0; k < call->inputs; k++)
    if (call->in[k]->track != NULL) return true;
  return false;
}

int nn_record(const OpCall *call, OpResults *r) {
  Node *n = node_new(call, r->count);
  if (n == NULL) return TENSOR_NO_MEMORY;
  for (int k = 0; k < n->inputs; k++)
    keep_input(n, k, call->in[k], is_read(call, k));
  for (int k = 0; k < n->outputs; k++) keep_result(n, k, r->many[k]);
  int status = TENSOR_OK;
  for (int k = 0; k < n->outputs && status == TENSOR_OK; k++) {
    Value *v = r->many[k];
    if (!tensor_dtype_is_float(v->t.dtype)) continue;
    Track *t = track_new(n, k, v);
    if (t == NULL) {
      status = TENSOR_NO_MEMORY;
      break;
    }
    nn_track_release(v->track); /* an in-place result had one before */
    v->track = t;
    n->out[k] = t;
  }
  nn_node_release(n);
  return status;
}

int nn_check_current(const Value *v, const char *operation) {
  const Track *t = v->track;
  if (t->node == NULL || t->version == v->t.storage->version) return TENSOR_OK;
  return tensor_fail("%s: this tensor's elements were changed in place, "
                     "through another view, after it was computed, so its "
                     "gradient is no longer known; clone() it before the "
                     "change",
                     operation);
}

/* }== leaves {== */

bool nn_is_leaf(const Value *v) {
  return v->track == NULL || v->track->node == NULL;
}

int nn_require_grad(Value *v, bool on) {
  if (!nn_is_leaf(v)) {
    if (on) return TENSOR_OK;
    return tensor_fail("requires_grad_: this tensor was computed from others; "
                       "use detach() for a copy without its history");
  }
  if (!on) {
    nn_track_release(v->track);
    v->track = NULL;
    return TENSOR_OK;
  }
  if (!tensor_dtype_is_float(v->t.dtype))
    return tensor_fail("requires_grad_: only float tensors have gradients, "
                       "this one is %s",
                       tensor_dtype_name(v->t.dtype));
  if (v->track == NULL) v->track = track_new(NULL, 0, v);
  return v->track == NULL ? TENSOR_NO_MEMORY : TENSOR_OK;
}

Value *nn_gradient(const Value *v) {
  return v->track == NULL ? NULL : v->track->grad;
}

int nn_set_gradient(Value *v, Value *gradient) {
  if (gradient != NULL && v->track == NULL)
    return tensor_fail("this tensor has requires_grad = false: it takes no "
                       "gradient");
  if (gradient != NULL && !tensor_same_shape(&v->t, &gradient->t)) {
    char a[TENSOR_SHAPE_TEXT], b[TENSOR_SHAPE_TEXT];
    return tensor_fail(
        "a gradient of shape %s does not fit a tensor of shape "
        "%s",
        tensor_shape_text(gradient->t.ndim, gradient->t.shape, a),
        tensor_shape_text(v->t.ndim, v->t.shape, b));
  }
  if (v->track == NULL) return TENSOR_OK;
  if (gradient != NULL) nn_value_retain(gradient);
  nn_value_release(v->track->grad);
  v->track->grad = gradient;
  return TENSOR_OK;
}

/* }== */
