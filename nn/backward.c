/*
** backward.c - gradients flow back through the tape: the nodes behind the
** outputs, the latest first, each hand what has reached their results on to
** their inputs.
*/
#include <stdlib.h>

#include "nn/ops.h"

static int64_t backward_runs;

typedef struct Walk {
  Node **nodes; /* retained */
  int64_t count, size;
  Track **leaves; /* retained; those that got something */
  int64_t leaf_count, leaf_size;
  int64_t run;
  NnBackward options;
} Walk;

/* Makes room for one more pointer. */
static int reserve(void *array, int64_t count, int64_t *size) {
  if (count < *size) return TENSOR_OK;
  int64_t larger = *size == 0 ? 64 : 2 * *size;
  void **at = array;
  void *grown = realloc(*at, (size_t)larger * sizeof(void *));
  if (grown == NULL) return tensor_no_memory(larger);
  *at = grown;
  *size = larger;
  return TENSOR_OK;
}

static int visit(Walk *w, Node *n) {
  if (n == NULL || n->visit == w->run) return TENSOR_OK;
  int status = reserve(&w->nodes, w->count, &w->size);
  if (status != TENSOR_OK) return status;
  n->visit = w->run;
  n->refs++;
  w->nodes[w->count++] = n;
  return TENSOR_OK;
}

/* Collects all nodes behind those already collected. */
static int collect(Walk *w) {
  for (int64_t i = 0; i < w->count; i++) {
    Node *n = w->nodes[i];
    if (n->spent)
      return tensor_fail("backward: it has run through this graph before and "
                         "freed it; pass {retain_graph=true} the first time");
    for (int k = 0; k < n->inputs; k++) {
      int status =
          n->edges[k] == NULL ? TENSOR_OK : visit(w, n->edges[k]->node);
      if (status != TENSOR_OK) return status;
    }
  }
  return TENSOR_OK;
}

static int latest_first(const void *a, const void *b) {
  const Node *p = *(Node *const *)a, *q = *(Node *const *)b;
  return p->order < q->order ? 1 : p->order > q->order ? -1 : 0;
}

/* Adds g to *sum. */
static int accumulate(Grad *c, Value **sum, Value *g, bool create_graph) {
  if (*sum == NULL) {
    *sum = nn_value_retain(g);
    return TENSOR_OK;
  }
  if (!create_graph && (*sum)->refs == 1 && (*sum)->track == NULL &&
      (*sum)->t.storage->refs == 1 && (*sum)->t.dtype == g->t.dtype &&
      tensor_is_contiguous(&(*sum)->t)) {
    const Tensor *in[] = {&(*sum)->t, &g->t};
    return tensor_map(&tensor_maps[TENSOR_MAP_add], g->t.dtype, &(*sum)->t, in);
  }
  Value *total = op_add(c, *sum, g);
  if (total == NULL) return c->status;
  nn_value_release(*sum);
  *sum = nn_value_retain(total);
  return TENSOR_OK;
}

/* Lets g flow into a track, reduced to its shape and dtype. */
static int flow(Walk *w, Grad *c, Track *t, Value *g) {
  if (g == NULL) return c->status;
  g = op_sum_to(c, g, t->shape.ndim, t->shape.shape);
  g = op_to(c, g, t->shape.dtype);
  if (g == NULL) return c->status;
  if (t->node == NULL && t->pending == NULL) {
    int status = reserve(&w->leaves, w->leaf_count, &w->leaf_size);
    if (status != TENSOR_OK) return status;
    t->refs++;
    w->leaves[w->leaf_count++] = t;
  }
  return accumulate(c, &t->pending, g, w->options.create_graph);
}

/* A value for a kept result, with its place in the graph. */
static Value *unpack_result(Grad *c, const Node *n, int k) {
  if (n->results[k].storage == NULL) return NULL;
  if (n->results[k].storage->version != n->result_versions[k]) {
    c->status = tensor_fail("backward: the result of %s, which its gradient "
                            "needs, was changed in place",
                            n->row->name);
    return NULL;
  }
  Tensor alias;
  tensor_alias(&alias, &n->results[k]);
  Value *v = nn_scope_own(c, nn_value_new(&alias));
  if (v != NULL && n->out[k] != NULL) {
    v->track = n->out[k];
    v->track->refs++;
  }
  return v;
}

static int unpack(Grad *c, const Node *n) {
  for (int k = 0; k < n->inputs; k++) {
    const Kept *kept = &n->kept[k];
    c->needs[k] = n->edges[k] != NULL;
    c->to[k] = NULL;
    c->in[k] = kept->value;
    if (kept->value != NULL && kept->value->t.storage->version != kept->version)
      return c->status = tensor_fail(
                 "backward: input %d of %s, which its gradient needs, was "
                 "changed in place",
                 k + 1, n->row->name);
  }
  if (n->outputs > 0) c->r = unpack_result(c, n, 0);
  if (n->outputs > 1) c->r2 = unpack_result(c, n, 1);
  if (n->outputs > 2) c->r3 = unpack_result(c, n, 2);
  return c->status;
}

/* Runs one node's gradient rule and lets the answers flow on. */
static int back_through(Walk *w, Node *n, Grad *c) {
  Value *g[NN_FEW] = {NULL};
  bool any = false;
  for (int k = 0; k < n->outputs; k++) {
    if (n->out[k] != NULL) g[k] = n->out[k]->pending;
    any |= g[k] != NULL;
  }
  if (!any) return TENSOR_OK;
  c->node = n;
  c->attrs = n->attrs;
  c->inputs = n->inputs;
  c->g = g[0];
  c->g2 = g[1];
  c->g3 = g[2];
  c->r = c->r2 = c->r3 = NULL;
  int status = unpack(c, n);
  if (status != TENSOR_OK) return status;
  n->row->gradient(c);
  status = c->status;
  for (int k = 0; k < n->inputs && status == TENSOR_OK; k++)
    if (c->needs[k]) status = flow(w, c, n->edges[k], c->to[k]);
  return status;
}

static void drop_pending(Track *t) {
  if (t == NULL || t->wanted) return;
  nn_value_release(t->pending);
  t->pending = NULL;
}

static int step_back(Walk *w, Node *n) {
  enum { FEW = 8 };
  Value *few[2 * FEW];
  bool few_needs[FEW];
  Grad c = {.in = few, .to = few + FEW, .needs = few_needs};
  void *more = NULL;
  if (n->inputs > FEW) {
    size_t count = (size_t)n->inputs;
    more = malloc(count * (2 * sizeof(Value *) + sizeof(bool)));
    if (more == NULL) return tensor_no_memory(n->inputs);
    c.in = more;
    c.to = c.in + count;
    c.needs = (bool *)(c.to + count);
  }
  nn_scope_begin(&c);
  int status = back_through(w, n, &c);
  c.status = status;
  nn_scope_end(&c);
  free(more);
  for (int k = 0; k < n->outputs; k++) drop_pending(n->out[k]);
  return status;
}

/* A seed of ones, or the user's, into an output. */
static int plant(Walk *w, Value *out, Value *seed) {
  Grad c;
  if (out->track == NULL)
    return tensor_fail("backward: the tensor does not depend on any tensor "
                       "with requires_grad; call x:requires_grad_() before "
                       "computing with x");
  int status = nn_check_current(out, "backward");
  if (status != TENSOR_OK) return status;
  if (seed != NULL && !tensor_same_shape(&seed->t, &out->t)) {
    char a[TENSOR_SHAPE_TEXT], b[TENSOR_SHAPE_TEXT];
    return tensor_fail("backward: a gradient of shape %s does not fit a "
                       "tensor of shape %s",
                       tensor_shape_text(seed->t.ndim, seed->t.shape, a),
                       tensor_shape_text(out->t.ndim, out->t.shape, b));
  }
  nn_scope_begin(&c);
  Value *g = seed != NULL ? seed : op_full_like(&c, out, 1);
  status = flow(w, &c, out->track, g);
  if (status == TENSOR_OK) status = visit(w, out->track->node);
  c.status = status;
  return nn_scope_end(&c);
}

/* A gradient that its owner may change in place: a tensor of its own. */
static Value *own_gradient(Grad *c, Value *g) {
  bool shared = g->refs > 1 || g->t.storage->refs > 1;
  return shared || !tensor_is_contiguous(&g->t) ? op_clone(c, g) : g;
}

/* What has flowed into the leaves becomes their gradient. */
static int settle_leaves(Walk *w) {
  int status = TENSOR_OK;
  for (int64_t i = 0; i < w->leaf_count && status == TENSOR_OK; i++) {
    Track *t = w->leaves[i];
    if (t->pending == NULL) continue;
    Grad c;
    nn_scope_begin(&c);
    Value *g = t->grad == NULL ? own_gradient(&c, t->pending) : t->pending;
    status = g == NULL ? c.status
                       : accumulate(&c, &t->grad, g, w->options.create_graph);
    c.status = status;
    nn_scope_end(&c);
  }
  return status;
}

static void walk_end(Walk *w, bool done) {
  for (int64_t i = 0; i < w->leaf_count; i++) {
    drop_pending(w->leaves[i]);
    nn_track_release(w->leaves[i]);
  }
  for (int64_t i = 0; i < w->count; i++) {
    Node *n = w->nodes[i];
    for (int k = 0; k < n->outputs; k++) drop_pending(n->out[k]);
    if (done && !w->options.retain_graph) nn_node_clear(n);
    nn_node_release(n);
  }
  free(w->nodes);
  free(w->leaves);
}

static int walk_back(Walk *w, int outputs, Value *const *out,
                     Value *const *seeds) {
  int status = TENSOR_OK;
  w->run = ++backward_runs;
  w->options.retain_graph |= w->options.create_graph;
  for (int k = 0; k < outputs && status == TENSOR_OK; k++)
    status = plant(w, out[k], seeds == NULL ? NULL : seeds[k]);
  if (status == TENSOR_OK) status = collect(w);
  if (status != TENSOR_OK) return status;
  if (w->count > 1)
    qsort(w->nodes, (size_t)w->count, sizeof *w->nodes, latest_first);
  for (int64_t i = 0; i < w->count && status == TENSOR_OK; i++) {
    status = tensor_poll();
    if (status == TENSOR_OK) status = step_back(w, w->nodes[i]);
  }
  return status;
}

int nn_backward(int outputs, Value *const *out, Value *const *seeds,
                NnBackward options) {
  Walk w = {.options = options};
  bool was = nn_set_grad_enabled(options.create_graph);
  int status = walk_back(&w, outputs, out, seeds);
  if (status == TENSOR_OK) status = settle_leaves(&w);
  walk_end(&w, status == TENSOR_OK);
  nn_set_grad_enabled(was);
  return status;
}

int nn_gradients(int outputs, Value *const *out, Value *const *seeds,
                 int inputs, Value *const *in, Value **gradients,
                 NnBackward options) {
  Walk w = {.options = options};
  for (int k = 0; k < inputs; k++)
    if (in[k]->track != NULL) in[k]->track->wanted = true;
  bool was = nn_set_grad_enabled(options.create_graph);
  int status = walk_back(&w, outputs, out, seeds);
  for (int k = 0; k < inputs; k++) {
    Track *t = in[k]->track;
    bool have = status == TENSOR_OK && t != NULL && t->pending != NULL;
    gradients[k] = have ? nn_value_retain(t->pending) : NULL;
  }
  for (int k = 0; k < inputs; k++) {
    Track *t = in[k]->track;
    if (t == NULL) continue;
    t->wanted = false;
    drop_pending(t);
  }
  walk_end(&w, status == TENSOR_OK);
  nn_set_grad_enabled(was);
  return status;
}

/* {== the graph, for those who want to see it */

static int tell_leaf(const Track *t, NnSee *see, void *to) {
  NnStep step = {.id = t, .shape = t->shape};
  return see(to, &step);
}

static int tell_node(const Node *n, NnSee *see, void *to) {
  const void *few[8], **from = few;
  NnStep step = {.id = n, .name = n->row->name, .inputs = 0};
  if (n->inputs > 8) {
    from = malloc((size_t)n->inputs * sizeof *from);
    if (from == NULL) return tensor_no_memory(n->inputs);
  }
  int status = TENSOR_OK;
  for (int k = 0; k < n->inputs && status == TENSOR_OK; k++) {
    const Track *t = n->edges[k];
    if (t == NULL) continue;
    from[step.inputs++] = t->node != NULL ? (const void *)t->node : t;
    if (t->node == NULL) status = tell_leaf(t, see, to);
  }
  step.from = from;
  for (int k = n->outputs - 1; k >= 0; k--)
    if (n->out[k] != NULL) step.shape = n->out[k]->shape;
  if (status == TENSOR_OK) status = see(to, &step);
  if (from != few) free(from);
  return status;
}

int nn_graph(const Value *v, NnSee *see, void *to) {
  Walk w = {.run = ++backward_runs};
  if (v->track == NULL) return TENSOR_OK;
  if (v->track->node == NULL) return tell_leaf(v->track, see, to);
  int status = visit(&w, v->track->node);
  if (status == TENSOR_OK) status = collect(&w);
  if (status == TENSOR_OK && w.count > 1)
    qsort(w.nodes, (size_t)w.count, sizeof *w.nodes, latest_first);
  for (int64_t i = w.count - 1; i >= 0 && status == TENSOR_OK; i--)
    status = tell_node(w.nodes[i], see, to);
  w.options.retain_graph = true;
  walk_end(&w, false);
  return status;
}

/* }== */
