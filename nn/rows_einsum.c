/*
** rows_einsum.c - sums of products by Einstein's notation.
**
** The equation is read into terms: a tensor with a label for each of its
** dims. Repeated labels within a term become diagonals; dims of size 1 that
** broadcast are dropped, so that a label has one size wherever it is left.
** Then terms are contracted two by two, each time the pair that saves most
** elements, as a product of batched matrices: (labels kept in both, those of
** the left alone, those summed) x (kept in both, summed, those of the right
** alone). No label that has been summed is ever held with all the others.
*/
#include <string.h>

#include "nn/einsum.h"

/* {== terms */

static uint64_t labels_of(const Term *t) {
  uint64_t set = 0;
  for (int d = 0; d < t->n; d++) set |= nn_einsum_bit(t->label[d]);
  return set;
}

/* Labels that the output or a term other than a and b needs. */
static uint64_t needed(const Equation *q, int a, int b) {
  uint64_t set = labels_of(&q->out);
  for (int k = 0; k < q->count; k++)
    if (k != a && k != b) set |= labels_of(&q->term[k]);
  return set;
}

static void drop_label(Term *t, int d) {
  t->n--;
  for (; d < t->n; d++) t->label[d] = t->label[d + 1];
}

/* The diagonal of two dims of one label; its dim comes last. */
static void take_diagonal(Equation *q, Term *t, int dim1, int dim2) {
  OpAttrs attrs;
  int label = t->label[dim1];
  attrs.i[0] = 0;
  attrs.i[1] = dim1;
  attrs.i[2] = dim2;
  t->v = nn_apply1(q->c, &nn_row_diagonal, t->v, &attrs);
  drop_label(t, dim2);
  drop_label(t, dim1);
  t->label[t->n++] = label;
}

static int take_diagonals(Equation *q, Term *t, int k) {
  for (int d = 0; d < t->n; d++)
    for (int e = d + 1; e < t->n; e++) {
      if (t->label[d] != t->label[e]) continue;
      const int64_t *shape = t->v->t.shape;
      if (shape[d] != shape[e])
        return tensor_fail("einsum: the letter %c stands for two dims of "
                           "tensor %d, of sizes %lld and %lld",
                           nn_einsum_letter(t->label[d]), k + 1,
                           (long long)shape[d], (long long)shape[e]);
      take_diagonal(q, t, d, e);
      if (t->v == NULL) return q->c->status;
      d = -1; /* from the start: the labels have moved */
      break;
    }
  return TENSOR_OK;
}

/* Drops the dims of size 1 that broadcast to a label's size. */
static void drop_ones(Equation *q, Term *t) {
  int64_t shape[TENSOR_MAX_DIMS];
  int n = 0, left = t->n;
  for (int d = 0; d < t->v->t.ndim; d++) {
    int64_t size = t->v->t.shape[d];
    if (size == 1 && q->size[t->label[n]] != 1)
      drop_label(t, n);
    else
      shape[n++] = size;
  }
  if (n < left) t->v = op_reshape(q->c, t->v, n, shape);
}

/* Sums over the labels that nothing else needs. */
static void sum_alone(Equation *q, int k) {
  Term *t = &q->term[k];
  uint64_t keep = needed(q, k, k);
  unsigned dims = 0;
  int n = 0;
  for (int d = 0; d < t->n; d++) {
    if ((keep & nn_einsum_bit(t->label[d])) == 0)
      dims |= 1u << d;
    else
      t->label[n++] = t->label[d];
  }
  t->n = n;
  if (dims != 0) t->v = op_sum(q->c, t->v, dims, false);
}

/* All terms in one dtype, each label once in a term, all sizes alike. */
static int prepare_terms(Equation *q, TensorDType dtype) {
  for (int k = 0; k < q->count; k++) {
    Term *t = &q->term[k];
    t->v = op_to(q->c, t->v, dtype);
    if (t->v == NULL) return q->c->status;
    int status = take_diagonals(q, t, k);
    if (status != TENSOR_OK) return status;
    drop_ones(q, t);
    if (t->v == NULL) return q->c->status;
  }
  for (int k = 0; k < q->count; k++) {
    sum_alone(q, k);
    if (q->term[k].v == NULL) return q->c->status;
  }
  return TENSOR_OK;
}

/* }== contracting two terms {== */

/* The labels of t in the set, in t's order. */
static int labels_in(const Term *t, uint64_t set, int *label) {
  int n = 0;
  for (int d = 0; d < t->n; d++)
    if (set & nn_einsum_bit(t->label[d])) label[n++] = t->label[d];
  return n;
}

/* t's tensor with its dims in the order of the labels; all are named. */
static Value *ordered(Equation *q, const Term *t, const int *label) {
  int64_t order[TENSOR_MAX_DIMS];
  bool same = true;
  for (int d = 0; d < t->n; d++) {
    int e = 0;
    while (t->label[e] != label[d]) e++;
    order[d] = e;
    same = same && e == d;
  }
  return same ? t->v : op_permute(q->c, t->v, order);
}

/* The product of the sizes of labels; -1 where it cannot be counted. */
static int64_t count_of(const Equation *q, int n, const int *label) {
  int64_t product = 1;
  for (int d = 0; d < n; d++)
    if (__builtin_mul_overflow(product, q->size[label[d]], &product)) return -1;
  return product;
}

/* How two terms go together: four groups of labels, and their counts. */
typedef struct Pairing {
  int both[TENSOR_MAX_DIMS], left[TENSOR_MAX_DIMS];
  int right[TENSOR_MAX_DIMS], summed[TENSOR_MAX_DIMS];
  int boths, lefts, rights, summeds;
} Pairing;

static void pair_up(const Equation *q, int a, int b, Pairing *p) {
  const Term *x = &q->term[a], *y = &q->term[b];
  uint64_t in_x = labels_of(x), in_y = labels_of(y), keep = needed(q, a, b);
  p->boths = labels_in(x, in_y & keep, p->both);
  p->summeds = labels_in(x, in_y & ~keep, p->summed);
  p->lefts = labels_in(x, ~in_y, p->left);
  p->rights = labels_in(y, ~in_x, p->right);
}

static void append(int *label, int *n, const int *more, int count) {
  memcpy(label + *n, more, (size_t)count * sizeof *more);
  *n += count;
}

/* A term's tensor as (both, second, third), its labels in that order. */
static Value *as_matrices(Equation *q, const Term *t, const Pairing *p,
                          const int *second, int seconds, const int *third,
                          int thirds) {
  int label[3 * TENSOR_MAX_DIMS], n = 0;
  append(label, &n, p->both, p->boths);
  append(label, &n, second, seconds);
  append(label, &n, third, thirds);
  int64_t shape[3] = {count_of(q, p->boths, p->both),
                      count_of(q, seconds, second), count_of(q, thirds, third)};
  Value *v = ordered(q, t, label);
  if (shape[0] < 0 || shape[1] < 0 || shape[2] < 0) {
    q->c->status = tensor_no_memory(INT64_MAX);
    return NULL;
  }
  bool alone = p->boths == 0; /* no batch */
  return v == NULL
             ? NULL
             : op_reshape(q->c, v, alone ? 2 : 3, shape + (alone ? 1 : 0));
}

static Value *matrix_product(Equation *q, const Term *x, const Term *y,
                             const Pairing *p) {
  Value *a = as_matrices(q, x, p, p->left, p->lefts, p->summed, p->summeds);
  Value *b = as_matrices(q, y, p, p->summed, p->summeds, p->right, p->rights);
  return a == NULL || b == NULL ? NULL : op_bmatmul(q->c, a, b);
}

/* A term's tensor with its labels where `label` names them, and size 1 for
** those that it has not. */
static Value *aligned(Equation *q, const Term *t, const int *label, int n) {
  int own[TENSOR_MAX_DIMS], m = 0;
  int64_t shape[TENSOR_MAX_DIMS];
  uint64_t set = labels_of(t);
  for (int d = 0; d < n; d++) {
    bool has = (set & nn_einsum_bit(label[d])) != 0;
    if (has) own[m++] = label[d];
    shape[d] = has ? q->size[label[d]] : 1;
  }
  Value *v = ordered(q, t, own);
  return v == NULL ? NULL : op_reshape(q->c, v, n, shape);
}

/* Where there is nothing to sum, or nothing but sums of products of equal
** rows, multiplying elements is simpler than matrices. */
static Value *element_product(Equation *q, const Term *x, const Term *y,
                              const Pairing *p, const int *label, int n) {
  int all[3 * TENSOR_MAX_DIMS], m = 0;
  append(all, &m, label, n);
  append(all, &m, p->summed, p->summeds);
  Value *product = op_mul(q->c, aligned(q, x, all, m), aligned(q, y, all, m));
  unsigned sums = 0;
  for (int d = n; d < m; d++) sums |= 1u << d;
  return sums == 0 ? product : op_sum(q->c, product, sums, false);
}

static bool by_elements(const Pairing *p) {
  return p->summeds == 0 || (p->boths > 0 && p->lefts == 0 && p->rights == 0);
}

/* Terms a and b become one, in a's place; the last term moves to b's. */
static int contract(Equation *q, int a, int b) {
  Pairing p;
  Term *x = &q->term[a], *y = &q->term[b], joined = {.n = 0};
  int label[3 * TENSOR_MAX_DIMS], n = 0;
  int64_t shape[TENSOR_MAX_DIMS];
  pair_up(q, a, b, &p);
  append(label, &n, p.both, p.boths);
  append(label, &n, p.left, p.lefts);
  append(label, &n, p.right, p.rights);
  if (n > TENSOR_MAX_DIMS)
    return tensor_fail("einsum: on the way a result would have %d dims, more "
                       "than %d",
                       n, TENSOR_MAX_DIMS);
  if (by_elements(&p)) {
    joined.v = element_product(q, x, y, &p, label, n);
  } else {
    for (int d = 0; d < n; d++) shape[d] = q->size[label[d]];
    joined.v = op_reshape(q->c, matrix_product(q, x, y, &p), n, shape);
  }
  if (joined.v == NULL) return q->c->status;
  append(joined.label, &joined.n, label, n);
  q->term[a] = joined;
  q->term[b] = q->term[--q->count];
  return TENSOR_OK;
}

/* }== the order of contractions {== */

static double elements(const Equation *q, uint64_t set) {
  double n = 1;
  for (int l = 0; l < EINSUM_LABELS; l++)
    if (set & nn_einsum_bit(l)) n *= (double)q->size[l];
  return n;
}

/* How many more elements there are after contracting a and b; pairs whose
** result has too many dims come last. */
static double cost(const Equation *q, int a, int b) {
  uint64_t x = labels_of(&q->term[a]), y = labels_of(&q->term[b]);
  uint64_t z = (x | y) & (needed(q, a, b) | (x ^ y));
  if (__builtin_popcountll(z) > TENSOR_MAX_DIMS) return 1e300;
  return elements(q, z) - elements(q, x) - elements(q, y);
}

static int contract_all(Equation *q) {
  while (q->count > 1) {
    int best_a = 0, best_b = 1;
    double least = cost(q, 0, 1);
    for (int a = 0; a < q->count; a++)
      for (int b = a + 1; b < q->count; b++) {
        double here = cost(q, a, b);
        if (here >= least) continue;
        least = here;
        best_a = a;
        best_b = b;
      }
    int status = contract(q, best_a, best_b);
    if (status != TENSOR_OK) return status;
  }
  return TENSOR_OK;
}

/* }== */

static int einsum_compose(Grad *c, const OpCall *call, OpResults *out) {
  Equation q = {.c = c, .text = call->attrs->text, .count = call->inputs};
  TensorDType dtype = TENSOR_BOOL;
  if (q.count > EINSUM_MOST)
    return tensor_fail("einsum: takes at most %d tensors, not %d", EINSUM_MOST,
                       q.count);
  for (int l = 0; l < EINSUM_LABELS; l++) q.size[l] = -1;
  for (int k = 0; k < q.count; k++) {
    q.term[k].v = call->in[k];
    dtype = tensor_dtype_promote(dtype, call->in[k]->t.dtype);
  }
  int status = nn_einsum_read(&q);
  if (status == TENSOR_OK) status = prepare_terms(&q, dtype);
  if (status == TENSOR_OK) status = contract_all(&q);
  if (status != TENSOR_OK) return status;
  Value *v = ordered(&q, &q.term[0], q.out.label);
  return nn_answer(c, out, op_to(c, v, dtype));
}

static const OpRow row_einsum = {
    .name = "einsum",
    .args = "equation: text, tensors: tensors",
    .help =
        "Sums of products by Einstein's notation. The equation names each dim "
        "of each tensor by a letter, \"ij,jk->ik\": dims of one letter run "
        "together, and what is not in the output is summed. A letter twice in "
        "one tensor means its diagonal; \"...\" stands for the dims that are "
        "not named, which broadcast; sizes of 1 broadcast too. Without \"->\" "
        "the output has the dims under \"...\", then the letters that stand "
        "once, in alphabetical order, capitals first. Blanks count for "
        "nothing.\n"
        "The tensors follow one by one or as a list. More than two are "
        "multiplied pair by pair, the pairs first that leave the fewest "
        "elements.\n"
        "  > local a = tensor({{1, 2}, {3, 4}})\n"
        "  > tensor.einsum(\"ij,jk->ik\", a, a)\n"
        "  float32 (2, 2)\n"
        "     7  10\n"
        "    15  22\n"
        "  > tensor.einsum(\"ii\", a):item()\n"
        "  5.0\n"
        "  > tensor.einsum(\"...i,i->...\", a, tensor({1, 10}))\n"
        "  float32 (2)\n"
        "    21  43",
    .compose = einsum_compose,
};

const OpRow *const nn_rows_einsum[] = {&row_einsum, NULL};
