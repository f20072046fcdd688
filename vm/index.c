/*
** index.c - x[...] in all its forms, to look and to assign.
**
** An index is an integer, a tensor (of positions, or a bool mask), a table
** with an entry for each dim, or the same as text: "2:4, :, -1". All are
** read into a plan: a slice for every dim, then index tensors for some of
** the dims that the slice leaves.
*/
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "vm/create.h"

#define ENTRIES (2 * TENSOR_MAX_DIMS)

typedef struct Plan {
  Value *x;
  int dim; /* the next dim of x to be spoken of */
  OpAttrs slice;
  int kept;              /* dims that the slice keeps so far */
  bool plain;            /* nothing but integers so far */
  bool dots;             /* "..." was there */
  int picks;             /* index tensors */
  Value *pick[ENTRIES];  /* borrowed from the Lua stack */
  int pick_dim[ENTRIES]; /* the dim (of the slice) that each picks from */
} Plan;

/* {== building a plan */

static int too_many(const Plan *p) {
  char shape[TENSOR_SHAPE_TEXT];
  return tensor_fail("too many indices: a tensor of shape %s has %d dim%s (an "
                     "entry for each dim; a range is a table of its own, a "
                     "list of positions is tensor(list, \"int64\"))",
                     tensor_shape_text(p->x->t.ndim, p->x->t.shape, shape),
                     p->x->t.ndim, p->x->t.ndim == 1 ? "" : "s");
}

static int add_integer(Plan *p, int64_t index) {
  if (p->dim >= p->x->t.ndim) return too_many(p);
  int64_t size = p->x->t.shape[p->dim];
  if (index == 0)
    return tensor_fail("index 0 in dim %d: positions count from 1", p->dim + 1);
  if (size == 0)
    return tensor_fail("index %lld is outside dim %d of size 0: it is empty",
                       (long long)index, p->dim + 1);
  if (index > size || index < -size)
    return tensor_fail("index %lld is outside dim %d of size %lld (positions "
                       "are 1..%lld, or -1..-%lld from the end)",
                       (long long)index, p->dim + 1, (long long)size,
                       (long long)size, (long long)size);
  p->slice.lists[0][p->dim] = index < 0 ? index + size : index - 1;
  p->slice.lists[2][p->dim] = 1;
  p->slice.lists[3][p->dim] = 1; /* drop the dim */
  p->dim++;
  return TENSOR_OK;
}

/* A range end as a position from 0; NN_ABSENT gives the default. */
static int64_t range_end(int64_t at, int64_t size, int64_t absent) {
  if (at == NN_ABSENT) return absent;
  return at < 0 ? at + size : at - 1;
}

/* first..last, both included, cut to what is there, as string.sub does. */
static int add_range(Plan *p, int64_t first, int64_t last, int64_t step) {
  if (p->dim >= p->x->t.ndim) return too_many(p);
  int64_t size = p->x->t.shape[p->dim], length = 0;
  if (step == NN_ABSENT) step = 1;
  if (step == 0) return tensor_fail("the step of a range cannot be 0");
  if (first == 0 || last == 0)
    return tensor_fail("a range in dim %d begins or ends at 0: positions "
                       "count from 1",
                       p->dim + 1);
  int64_t from = range_end(first, size, step > 0 ? 0 : size - 1);
  int64_t to = range_end(last, size, step > 0 ? size - 1 : 0);
  if (step > 0) {
    if (from < 0) from = 0;
    if (to >= size) to = size - 1;
    if (from <= to) length = (to - from) / step + 1;
  } else {
    if (from >= size) from = size - 1;
    if (to < 0) to = 0;
    if (from >= to) length = (from - to) / -step + 1;
  }
  p->slice.lists[0][p->dim] = length > 0 ? from : 0;
  p->slice.lists[1][p->dim] = step;
  p->slice.lists[2][p->dim] = length;
  p->dim++;
  p->kept++;
  p->plain = false;
  return TENSOR_OK;
}

static int add_pick(Plan *p, Value *index) {
  int dims = index->t.dtype == TENSOR_BOOL ? index->t.ndim : 1;
  if (dims == 0) return tensor_fail("a mask without dims cannot be an index");
  if (p->dim + dims > p->x->t.ndim || p->picks == ENTRIES) return too_many(p);
  for (int d = 0; d < dims && index->t.dtype == TENSOR_BOOL; d++) {
    if (index->t.shape[d] == p->x->t.shape[p->dim + d]) continue;
    return tensor_fail("a mask of size %lld does not fit dim %d of size %lld",
                       (long long)index->t.shape[d], p->dim + d + 1,
                       (long long)p->x->t.shape[p->dim + d]);
  }
  p->pick[p->picks] = index;
  p->pick_dim[p->picks++] = p->kept;
  p->dim += dims;
  p->kept += dims;
  p->plain = false;
  return TENSOR_OK;
}

/* "...": whole dims, as many as leave `rest` for the entries that follow. */
static int add_dots(Plan *p, int rest) {
  if (p->dots) return tensor_fail("an index can hold \"...\" only once");
  p->dots = true;
  while (p->dim < p->x->t.ndim - rest) {
    int status = add_range(p, NN_ABSENT, NN_ABSENT, NN_ABSENT);
    if (status != TENSOR_OK) return status;
  }
  p->plain = false;
  return TENSOR_OK;
}

/* }== the text form {== */

/* A number or `end` (-1); *at moves past it. */
static bool text_number(const char **at, int64_t *n) {
  const char *s = *at + strspn(*at, " ");
  char *stop;
  if (strncmp(s, "end", 3) == 0) {
    *n = -1;
    *at = s + 3;
    return true;
  }
  long long value = strtoll(s, &stop, 10);
  if (stop == s) return false;
  *n = value;
  *at = stop;
  return true;
}

static int bad_text(const char *text) {
  return tensor_fail("\"%.60s\" is no index: write positions and "
                     "first:last:step for each dim, as in \"2:4, :, -1\" or "
                     "\"..., 15:\"",
                     text);
}

/* One entry of the text, up to a comma; *at moves on to it. */
static int add_text_entry(Plan *p, const char *text, const char **at,
                          int rest) {
  int64_t part[3] = {NN_ABSENT, NN_ABSENT, NN_ABSENT};
  int n = 0;
  const char *s = *at + strspn(*at, " ");
  if (strncmp(s, "...", 3) == 0) {
    *at = s + 3;
    return add_dots(p, rest);
  }
  bool number = text_number(&s, &part[0]);
  for (s += strspn(s, " "); *s == ':' && n < 2; s += strspn(s, " ")) {
    s++;
    text_number(&s, &part[++n]);
  }
  *at = s;
  if (n == 0 && !number) return bad_text(text);
  return n == 0 ? add_integer(p, part[0])
                : add_range(p, part[0], part[1], part[2]);
}

static int count_entries(const char *text) {
  int n = 1;
  for (; *text != '\0'; text++) n += *text == ',';
  return n;
}

static int plan_text(Plan *p, const char *text) {
  const char *at = text;
  int entries = count_entries(text);
  for (int k = 0; k < entries; k++) {
    int status = add_text_entry(p, text, &at, entries - k - 1);
    if (status != TENSOR_OK) return status;
    at += strspn(at, " ");
    if (*at != (k < entries - 1 ? ',' : '\0')) return bad_text(text);
    at++;
  }
  return TENSOR_OK;
}

/* }== the table form {== */

static bool range_part(lua_State *L, int table, int k, int64_t *n) {
  bool ok = true;
  *n = NN_ABSENT;
  lua_rawgeti(L, table, k);
  if (!lua_isnil(L, -1)) ok = vm_read_integer(L, -1, n);
  lua_pop(L, 1);
  return ok;
}

/* {}, {first, last} or {first, last, step}. */
static int add_range_table(lua_State *L, Plan *p, int table) {
  int64_t part[3];
  bool fits = lua_rawlen(L, table) <= 3;
  for (int k = 0; k < 3; k++)
    if (!fits || !range_part(L, table, k + 1, &part[k]))
      return tensor_fail("a range is {first, last} or {first, last, step} in "
                         "whole numbers, or {} for all");
  if (part[0] != NN_ABSENT && part[1] == NN_ABSENT)
    return tensor_fail("a range needs its last position too: {first, last} "
                       "(-1 is the end)");
  return add_range(p, part[0], part[1], part[2]);
}

static int add_entry(lua_State *L, Plan *p, int idx) {
  int64_t n;
  Value *v = vm_to_value(L, idx);
  if (v != NULL && (v->t.ndim > 0 || v->t.dtype == TENSOR_BOOL))
    return add_pick(p, v);
  if (vm_read_integer(L, idx, &n)) return add_integer(p, n);
  if (lua_type(L, idx) == LUA_TTABLE) return add_range_table(L, p, idx);
  return tensor_fail("an index must be a whole number, a range {first, last}, "
                     "{} or a tensor, got %s%s",
                     vm_kind_of(L, idx),
                     lua_type(L, idx) == LUA_TBOOLEAN
                         ? " (== compares whole tensors: a mask is x:eq(y))"
                         : "");
}

/* The entries stay on the Lua stack, so that index tensors stay alive. */
static int plan_table(lua_State *L, Plan *p, int table) {
  int n = (int)lua_rawlen(L, table);
  if (n > ENTRIES || !lua_checkstack(L, n + 4)) return too_many(p);
  for (int k = 1; k <= n; k++) {
    lua_rawgeti(L, table, k);
    int status = add_entry(L, p, lua_gettop(L));
    if (status != TENSOR_OK) return status;
  }
  return TENSOR_OK;
}

/* }== the plan of the key at idx {== */

static int make_plan(lua_State *L, Plan *p, Value *x, int idx) {
  p->x = x;
  p->dim = p->kept = p->picks = 0;
  p->plain = true;
  p->dots = false;
  for (int d = 0; d < x->t.ndim; d++) {
    p->slice.lists[0][d] = 0;
    p->slice.lists[1][d] = 1;
    p->slice.lists[2][d] = x->t.shape[d];
    p->slice.lists[3][d] = 0;
  }
  for (int k = 0; k < NN_LISTS; k++) p->slice.counts[k] = x->t.ndim;
  if (lua_type(L, idx) == LUA_TTABLE) return plan_table(L, p, idx);
  if (lua_type(L, idx) == LUA_TSTRING)
    return plan_text(p, lua_tostring(L, idx));
  return add_entry(L, p, idx);
}

/* Whether the plan leads to a single element. */
static bool is_element(const Plan *p) {
  return p->plain && p->dim == p->x->t.ndim && p->picks == 0;
}

static int64_t element_offset(const Plan *p) {
  int64_t offset = 0;
  for (int d = 0; d < p->x->t.ndim; d++)
    offset += p->slice.lists[0][d] * p->x->t.strides[d];
  return offset;
}

/* }== picking by tensors {== */

/* The inputs of a row: what is picked from, perhaps a source, and the index
** tensors, masks turned into positions. */
typedef struct Picks {
  int first, inputs;
  Value *in[2 + TENSOR_MAX_DIMS]; /* counted from `first` on */
  OpAttrs attrs;
} Picks;

static void release_picks(Picks *k) {
  while (k->inputs > k->first) nn_value_release(k->in[--k->inputs]);
}

/* Column d of a mask's positions. */
static int add_column(Picks *k, Value *positions, int d) {
  Tensor column;
  tensor_select(&column, &positions->t, 1, d);
  Value *v = nn_value_new(&column);
  if (v == NULL) return TENSOR_NO_MEMORY;
  k->in[k->inputs++] = v;
  return TENSOR_OK;
}

static int add_mask(Picks *k, Value *mask) {
  OpResults r;
  int status = nn_call(nn_row("nonzero"), 1, &mask, NULL, &r);
  for (int d = 0; d < mask->t.ndim && status == TENSOR_OK; d++)
    status = add_column(k, r.many[0], d);
  if (r.count > 0) nn_results_release(&r);
  return status;
}

/* The dims of x that its slice keeps. */
static int64_t kept_dims(const Plan *p) {
  int64_t kept = 0;
  for (int d = 0; d < p->x->t.ndim; d++)
    if (p->slice.lists[3][d] == 0) kept |= (int64_t)1 << d;
  return kept;
}

/* Adds the plan's index tensors to the inputs that are there. */
static int gather_picks(const Plan *p, Picks *k) {
  int status = TENSOR_OK;
  k->first = k->inputs;
  k->attrs = p->slice;
  k->attrs.i[0] = 0;
  k->attrs.i[1] = kept_dims(p);
  for (int n = 0; n < p->picks && status == TENSOR_OK; n++) {
    Value *index = p->pick[n];
    bool mask = index->t.dtype == TENSOR_BOOL;
    int dims = mask ? index->t.ndim : 1;
    for (int d = 0; d < dims; d++)
      k->attrs.i[0] |= (int64_t)1 << (p->pick_dim[n] + d);
    if (mask)
      status = add_mask(k, index);
    else
      k->in[k->inputs++] = nn_value_retain(index);
  }
  if (status != TENSOR_OK) release_picks(k);
  return status;
}

/* Whether all that is picked lies under one mask of the first dims. */
static bool is_masked(const Plan *p) {
  return p->picks == 1 && p->pick_dim[0] == 0 &&
         p->pick[0]->t.dtype == TENSOR_BOOL;
}

/* Pushes what the plan picks from `sliced`. */
static int push_picked(lua_State *L, const Plan *p, Value *sliced) {
  Picks k = {.inputs = 1, .in = {sliced, p->pick[0]}};
  if (is_masked(p)) return vm_apply(L, nn_row("masked_select"), 2, k.in, NULL);
  int status = gather_picks(p, &k);
  if (status != TENSOR_OK) return status;
  status = vm_apply(L, nn_row("index"), k.inputs, k.in, &k.attrs);
  release_picks(&k);
  return status;
}

/* }== looking {== */

int vm_index(lua_State *L) {
  Plan p;
  Value *x = vm_check_value(L, 1);
  int status = make_plan(L, &p, x, 2);
  if (status != TENSOR_OK) return vm_raise(L, status);
  if (is_element(&p) && x->track == NULL) {
    vm_push_element(L, &x->t, element_offset(&p));
    return 1;
  }
  status = vm_apply(L, nn_row("slice"), 1, &x, &p.slice);
  if (status == TENSOR_OK && p.picks > 0)
    status = push_picked(L, &p, vm_to_value(L, -1));
  return status == TENSOR_OK ? 1 : vm_raise(L, status);
}

/* }== assigning {== */

/* With index tensors: their positions are all that is needed. */
static int assign_picked(const Plan *p, Value *source) {
  Picks k = {.inputs = 2, .in = {p->x, source}};
  int status = gather_picks(p, &k);
  if (status != TENSOR_OK) return status;
  status = nn_call_in_place(nn_row("set_index_"), k.inputs, k.in, &k.attrs);
  release_picks(&k);
  return status;
}

/* One mask, and a number for all that it covers: no positions are needed. */
static bool is_masked_fill(const Plan *p, const Value *source) {
  return p->picks == 1 && source->t.ndim == 0 &&
         p->pick[0]->t.dtype == TENSOR_BOOL;
}

static int assign_masked(const Plan *p, Value *source) {
  OpAttrs attrs = p->slice;
  Value *in[3] = {p->x, source, p->pick[0]};
  attrs.i[0] = p->pick_dim[0];
  return nn_call_in_place(nn_row("set_mask_"), 3, in, &attrs);
}

/* Pushes what is assigned, in a box: tables of numbers become tensors. */
static Value *push_source(lua_State *L, const Value *x) {
  Value **box;
  if (lua_type(L, 3) == LUA_TTABLE) {
    vm_push_table(L, 3, x->t.dtype, "assignment");
    return vm_to_value(L, -1);
  }
  box = vm_new_box(L);
  *box = vm_read_operand(L, 3, "assignment: the value");
  if (*box == NULL) vm_raise(L, TENSOR_FAIL);
  return *box;
}

int vm_assign(lua_State *L) {
  Plan p;
  Value *x = vm_check_value(L, 1);
  lua_settop(L, 3);
  int status = make_plan(L, &p, x, 2);
  if (status != TENSOR_OK) return vm_raise(L, status);
  Value *source = push_source(L, x);
  if (is_masked_fill(&p, source)) {
    status = assign_masked(&p, source);
  } else if (p.picks > 0) {
    status = assign_picked(&p, source);
  } else {
    Value *in[2] = {x, source};
    status = nn_call_in_place(nn_row("set_slice_"), 2, in, &p.slice);
  }
  return status == TENSOR_OK ? 0 : vm_raise(L, status);
}

/* }== */
