/*
** argument.c - reads one argument of a row off the Lua stack, or takes its
** default, and says what is wrong with it.
*/
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm/args.h"

/* {== messages */

const char *vm_kind_of(lua_State *L, int idx) {
  static char text[TENSOR_SHAPE_TEXT + 16];
  Value *v = vm_to_value(L, idx);
  if (v != NULL) {
    char shape[TENSOR_SHAPE_TEXT];
    snprintf(text, sizeof text, "a %s tensor", tensor_describe(&v->t, shape));
    return text;
  }
  switch (lua_type(L, idx)) {
  case LUA_TNONE: return "nothing";
  case LUA_TNIL: return "nil";
  case LUA_TNUMBER:
    if (lua_isinteger(L, idx))
      snprintf(text, sizeof text, "%lld", (long long)lua_tointeger(L, idx));
    else
      snprintf(text, sizeof text, "%.14g", lua_tonumber(L, idx));
    return text;
  case LUA_TSTRING:
    snprintf(text, sizeof text, "\"%.40s\"", lua_tostring(L, idx));
    return text;
  default:
    snprintf(text, sizeof text, "a %s", luaL_typename(L, idx));
    return text;
  }
}

int vm_unknown_option(lua_State *L, int idx, const char *operation,
                      const char *names) {
  return tensor_fail("%s: unknown option %s; the options are %s", operation,
                     vm_kind_of(L, idx), names);
}

static const char *colon_hint(lua_State *L, const VmBinding *b, int k) {
  VmKind kind = b->params[0].kind;
  bool of_tensor = kind == VM_TENSOR || kind == VM_OPERAND;
  return k == 0 && of_tensor ? vm_colon_hint(L) : "";
}

/* "sum: argument 2 (dim) must be ..., got ..."; the last parameter may stand
** for several arguments. */
static int refuse(lua_State *L, const VmBinding *b, int k, int idx,
                  const char *must) {
  const VmParam *p = &b->params[k < b->count ? k : b->count - 1];
  return tensor_fail("%s%s: argument %d (%.*s) must be %s, got %s%s",
                     b->row->name, b->in_place ? "_" : "", k + 1, p->name_size,
                     p->name, must, vm_kind_of(L, idx), colon_hint(L, b, k));
}

/* }== single values {== */

bool vm_read_integer(lua_State *L, int idx, int64_t *n) {
  int is = 0;
  if (lua_type(L, idx) != LUA_TNUMBER) {
    Value *v = vm_to_value(L, idx);
    if (v == NULL || tensor_numel(&v->t) != 1 ||
        tensor_dtype_is_float(v->t.dtype))
      return false;
    *n = tensor_get_int(&v->t, 0);
    return true;
  }
  *n = (int64_t)lua_tointegerx(L, idx, &is);
  return is != 0;
}

Value *vm_read_operand(lua_State *L, int idx, const char *what) {
  Value *v = vm_to_value(L, idx);
  if (v != NULL) return nn_value_retain(v);
  switch (lua_type(L, idx)) {
  case LUA_TNUMBER:
    return lua_isinteger(L, idx)
               ? nn_value_integer((int64_t)lua_tointeger(L, idx))
               : nn_value_number((double)lua_tonumber(L, idx));
  case LUA_TBOOLEAN: return nn_value_boolean(lua_toboolean(L, idx) != 0);
  case LUA_TTABLE:
    tensor_fail("%s must be a tensor or a number, got a table (tensor(t) "
                "makes a tensor of it)",
                what);
    return NULL;
  default:
    tensor_fail("%s must be a tensor or a number, got %s", what,
                vm_kind_of(L, idx));
    return NULL;
  }
}

/* The dims that an argument can name: those of the first input. */
static int first_ndim(const VmArgs *args) {
  return args->inputs > 0 && args->in[0] != NULL ? args->in[0]->t.ndim : 0;
}

/* A dim from 1 or -1 into one from 0. */
static int read_dim(lua_State *L, const VmBinding *b, int k, int idx, int ndim,
                    int64_t *dim) {
  int64_t n;
  if (!vm_read_integer(L, idx, &n))
    return refuse(L, b, k, idx, "a dim (a whole number)");
  const char *what =
      b->params[k].kind == VM_PLACE ? "the result" : "the tensor";
  return nn_read_dim(b->row->name, what, ndim, n, dim);
}

static int read_dims(lua_State *L, const VmBinding *b, int k, int idx, int ndim,
                     int64_t *set) {
  int64_t dim;
  int status = TENSOR_OK;
  *set = 0;
  if (lua_type(L, idx) != LUA_TTABLE) {
    status = read_dim(L, b, k, idx, ndim, &dim);
    if (status == TENSOR_OK) *set = (int64_t)1 << dim;
    return status;
  }
  int64_t n = (int64_t)lua_rawlen(L, idx);
  for (int64_t i = 1; i <= n && status == TENSOR_OK; i++) {
    lua_rawgeti(L, idx, (lua_Integer)i);
    status = read_dim(L, b, k, lua_gettop(L), ndim, &dim);
    lua_pop(L, 1);
    if (status != TENSOR_OK) break;
    if (*set >> dim & 1)
      status = tensor_fail("%s: dim %lld is named twice", b->row->name,
                           (long long)dim + 1);
    *set |= (int64_t)1 << dim;
  }
  return status;
}

/* }== lists {== */

static int read_list(lua_State *L, const VmBinding *b, int k, int idx, int last,
                     OpAttrs *a, int slot) {
  int n = 0;
  bool table = lua_type(L, idx) == LUA_TTABLE;
  int64_t count = table ? (int64_t)lua_rawlen(L, idx) : last - idx + 1;
  if (count > TENSOR_MAX_DIMS)
    return tensor_fail("%s: %.*s has %lld sizes, more than %d", b->row->name,
                       b->params[k].name_size, b->params[k].name,
                       (long long)count, TENSOR_MAX_DIMS);
  for (; n < count; n++) {
    bool ok;
    if (table) {
      lua_rawgeti(L, idx, n + 1);
      ok = vm_read_integer(L, -1, &a->lists[slot][n]);
      if (!ok) {
        int status = refuse(L, b, k, lua_gettop(L), "whole numbers");
        lua_pop(L, 1);
        return status;
      }
      lua_pop(L, 1);
    } else if (!vm_read_integer(L, idx + n, &a->lists[slot][n])) {
      return refuse(L, b, k, idx + n, "whole numbers or a list of them");
    }
  }
  a->counts[slot] = n;
  return TENSOR_OK;
}

int vm_read_shape(lua_State *L, int idx, int last, const char *what,
                  int64_t shape[TENSOR_MAX_DIMS], int *ndim) {
  static const OpRow no_row = {.name = "", .args = "", .help = ""};
  VmBinding b = {.row = &no_row, .count = 1};
  OpRow row = no_row;
  OpAttrs a;
  row.name = what;
  b.row = &row;
  b.params[0].name = "shape";
  b.params[0].name_size = 5;
  int status = read_list(L, &b, 0, idx, last, &a, 0);
  if (status != TENSOR_OK) return status;
  *ndim = a.counts[0];
  memcpy(shape, a.lists[0], sizeof a.lists[0]);
  return TENSOR_OK;
}

static int read_padding(lua_State *L, const VmBinding *b, int k, int idx,
                        OpAttrs *a, int slot) {
  if (lua_type(L, idx) != LUA_TSTRING)
    return read_list(L, b, k, idx, idx, a, slot);
  const char *word = lua_tostring(L, idx);
  a->counts[slot] = strcmp(word, "same") == 0     ? NN_SAME
                    : strcmp(word, "causal") == 0 ? NN_CAUSAL
                                                  : 0;
  if (a->counts[slot] == 0 && strcmp(word, "valid") != 0)
    return refuse(L, b, k, idx, "\"valid\", \"same\" or sizes");
  return TENSOR_OK;
}

/* The tensors of a Lua list, or those from idx to last. */
static int read_tensors(lua_State *L, const VmBinding *b, int k, int idx,
                        int last, VmArgs *args) {
  if (lua_type(L, idx) != LUA_TTABLE) {
    int status = TENSOR_OK;
    if (k < b->count - 1)
      return refuse(L, b, k, idx, "a list of tensors, {a, b}");
    for (; idx <= last && status == TENSOR_OK; idx++) {
      Value *v = vm_to_value(L, idx);
      if (v == NULL)
        status = refuse(L, b, idx - 1, idx, "a tensor, or a list of them");
      else
        args->in[args->inputs++] = nn_value_retain(v);
    }
    return status;
  }
  int64_t n = (int64_t)lua_rawlen(L, idx);
  for (int64_t i = 1; i <= n; i++) {
    lua_rawgeti(L, idx, (lua_Integer)i);
    Value *v = vm_to_value(L, -1);
    if (v == NULL) {
      int status = tensor_fail("%s: item %lld of the list must be a tensor, "
                               "got %s",
                               b->row->name, (long long)i, vm_kind_of(L, -1));
      lua_pop(L, 1);
      return status;
    }
    args->in[args->inputs++] = nn_value_retain(v);
    lua_pop(L, 1);
  }
  return TENSOR_OK;
}

/* }== one argument {== */

static int read_word(lua_State *L, const VmBinding *b, int k, int idx,
                     int64_t *index) {
  const VmParam *p = &b->params[k];
  int n = -1;
  if (lua_type(L, idx) == LUA_TSTRING)
    n = vm_word_index(p, lua_tostring(L, idx), (int)lua_rawlen(L, idx));
  if (n < 0) {
    char must[128];
    snprintf(must, sizeof must, "%sone of %.*s",
             p->kind == VM_WORD ? "" : "a number or ", p->words_size, p->words);
    return refuse(L, b, k, idx, must);
  }
  *index = n;
  return TENSOR_OK;
}

/* Both slots are filled: which word, from 1, or 0 and the number. */
static int read_number_or_word(lua_State *L, const VmBinding *b, int k, int idx,
                               OpAttrs *a) {
  const VmParam *p = &b->params[k];
  bool number = lua_type(L, idx) == LUA_TNUMBER;
  int64_t word = -1;
  int status = number ? TENSOR_OK : read_word(L, b, k, idx, &word);
  a->i[p->slot] = word + 1;
  a->f[p->number_slot] = number ? (double)lua_tonumber(L, idx) : NAN;
  return status;
}

static int read_dtype(lua_State *L, const VmBinding *b, int k, int idx,
                      int64_t *dtype) {
  int d = lua_type(L, idx) == LUA_TSTRING
              ? tensor_dtype_parse(lua_tostring(L, idx))
              : -1;
  if (d < 0)
    return refuse(L, b, k, idx,
                  "a dtype (float32, float64, int64, int32, uint8, bool)");
  *dtype = d;
  return TENSOR_OK;
}

static int read_number(lua_State *L, const VmBinding *b, int k, int idx,
                       double *f) {
  if (lua_type(L, idx) != LUA_TNUMBER) return refuse(L, b, k, idx, "a number");
  *f = (double)lua_tonumber(L, idx);
  return TENSOR_OK;
}

static int read_operand(lua_State *L, const VmBinding *b, int k, int idx,
                        VmArgs *args) {
  const VmParam *p = &b->params[k];
  Value *v = vm_to_value(L, idx);
  int type = lua_type(L, idx);
  if (v != NULL) {
    nn_value_retain(v);
  } else if (type == LUA_TTABLE) {
    return refuse(L, b, k, idx, "a tensor (make one with tensor(t))");
  } else if (p->kind == VM_TENSOR) {
    return refuse(L, b, k, idx, "a tensor");
  } else if (type == LUA_TNUMBER || type == LUA_TBOOLEAN) {
    v = vm_read_operand(L, idx, b->row->name);
    if (v == NULL) return TENSOR_NO_MEMORY;
  } else {
    return refuse(L, b, k, idx, "a tensor or a number");
  }
  args->in[args->inputs++] = v;
  return TENSOR_OK;
}

int vm_read_argument(lua_State *L, const VmBinding *b, int k, int idx, int last,
                     VmArgs *args) {
  const VmParam *p = &b->params[k];
  OpAttrs *a = &args->attrs;
  int ndim = first_ndim(args);
  switch (p->kind) {
  case VM_OPERAND:
  case VM_TENSOR: return read_operand(L, b, k, idx, args);
  case VM_TENSORS: return read_tensors(L, b, k, idx, last, args);
  case VM_DIM: return read_dim(L, b, k, idx, ndim, &a->i[p->slot]);
  case VM_PLACE: return read_dim(L, b, k, idx, ndim + 1, &a->i[p->slot]);
  case VM_DIMS: return read_dims(L, b, k, idx, ndim, &a->i[p->slot]);
  case VM_INT:
    return vm_read_integer(L, idx, &a->i[p->slot])
               ? TENSOR_OK
               : refuse(L, b, k, idx, "a whole number");
  case VM_BOOL:
    if (lua_type(L, idx) != LUA_TBOOLEAN)
      return refuse(L, b, k, idx, "true or false");
    a->i[p->slot] = lua_toboolean(L, idx);
    return TENSOR_OK;
  case VM_NUMBER: return read_number(L, b, k, idx, &a->f[p->slot]);
  case VM_INTS: return read_list(L, b, k, idx, last, a, p->slot);
  case VM_PADDING: return read_padding(L, b, k, idx, a, p->slot);
  case VM_DTYPE: return read_dtype(L, b, k, idx, &a->i[p->slot]);
  case VM_WORD: return read_word(L, b, k, idx, &a->i[p->slot]);
  case VM_NUMBER_OR_WORD: return read_number_or_word(L, b, k, idx, a);
  case VM_TEXT:
    if (lua_type(L, idx) != LUA_TSTRING)
      return refuse(L, b, k, idx, "a string");
    a->text = lua_tostring(L, idx);
    return TENSOR_OK;
  }
  return TENSOR_FAIL;
}

/* }== what was not given {== */

static int default_operand(const VmParam *p, VmArgs *args) {
  if (vm_same_text(p->fallback, p->fallback_size, "nil")) return TENSOR_OK;
  Value *v = nn_value_number(strtod(p->fallback, NULL));
  if (v == NULL) return TENSOR_NO_MEMORY;
  args->in[args->inputs++] = v;
  return TENSOR_OK;
}

static int missing(lua_State *L, const VmBinding *b, int k) {
  const VmParam *p = &b->params[k];
  bool given = k < lua_gettop(L) && lua_isnil(L, k + 1);
  return tensor_fail("%s%s: argument %d (%.*s) is %s%s", b->row->name,
                     b->in_place ? "_" : "", k + 1, p->name_size, p->name,
                     given ? "nil" : "missing",
                     given ? "" : colon_hint(L, b, k));
}

static int default_dim(const VmBinding *b, const VmParam *p, VmArgs *args) {
  bool nil = vm_same_text(p->fallback, p->fallback_size, "nil");
  int64_t n = nil ? 0 : strtoll(p->fallback, NULL, 10);
  int places = first_ndim(args) + (p->kind == VM_PLACE ? 1 : 0);
  args->attrs.i[p->slot] = nil ? NN_ABSENT : n < 0 ? n + places : n - 1;
  if (nil || places > 0) return TENSOR_OK;
  return tensor_fail("%s: %s", b->row->name,
                     args->inputs == 0 ? "the list of tensors is empty"
                                       : "the tensor has no dims");
}

int vm_default_argument(lua_State *L, const VmBinding *b, int k, VmArgs *args) {
  const VmParam *p = &b->params[k];
  OpAttrs *a = &args->attrs;
  if (!p->optional) return missing(L, b, k);
  bool nil = vm_same_text(p->fallback, p->fallback_size, "nil");
  switch (p->kind) {
  case VM_OPERAND: return default_operand(p, args);
  case VM_NUMBER:
    a->f[p->slot] = nil ? NAN : strtod(p->fallback, NULL);
    return TENSOR_OK;
  case VM_NUMBER_OR_WORD:
    a->i[p->slot] = nil ? NN_ABSENT : 0;
    a->f[p->number_slot] = nil ? NAN : strtod(p->fallback, NULL);
    return TENSOR_OK;
  case VM_INTS:
    a->counts[p->slot] = nil ? -1 : 1;
    a->lists[p->slot][0] = nil ? 0 : strtoll(p->fallback, NULL, 10);
    return TENSOR_OK;
  case VM_PADDING: a->counts[p->slot] = 0; return TENSOR_OK;
  case VM_BOOL:
    a->i[p->slot] =
        nil ? NN_ABSENT : vm_same_text(p->fallback, p->fallback_size, "true");
    return TENSOR_OK;
  case VM_WORD:
    a->i[p->slot] = vm_word_index(p, p->fallback, p->fallback_size);
    return TENSOR_OK;
  case VM_DIM:
  case VM_PLACE: return default_dim(b, p, args);
  default:
    a->i[p->slot] = nil ? NN_ABSENT : strtoll(p->fallback, NULL, 10);
    return TENSOR_OK;
  }
}

/* }== */
