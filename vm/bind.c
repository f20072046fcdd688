/*
** bind.c - the operation table as Lua functions: each row a closure over its
** binding.
*/
#include <stdlib.h>
#include <string.h>

#include "vm/module.h"

/* {== memory: Lua's collector hears of the bytes that tensors take
**
** A collection costs time in proportion to Lua's own heap; what it frees is
** used again while it is still in the processor's caches. */

#define CHARGE_LEAST ((int64_t)8 << 20)
#define CHARGE_HEAPS 4 /* bytes of tensors for each byte of Lua's */

static int64_t allocated_then;

static void collect(lua_State *L) {
  lua_gc(L, LUA_GCCOLLECT);
  tensor_memory_trim();
  allocated_then = tensor_memory().allocated;
}

void vm_charge(lua_State *L) {
  int64_t since = tensor_memory().allocated - allocated_then;
  if (since <= CHARGE_LEAST) return;
  int64_t heap = (int64_t)lua_gc(L, LUA_GCCOUNT) << 10;
  if (since > heap * CHARGE_HEAPS) collect(L);
}

/* }== calling a row {== */

/* Once more, after collecting, when memory was short. */
static int call_row(lua_State *L, const VmBinding *b, VmArgs *args,
                    OpResults *r) {
  const OpAttrs *attrs = b->has_attrs ? &args->attrs : NULL;
  int status = nn_call(b->row, args->inputs, args->in, attrs, r);
  if (status != TENSOR_NO_MEMORY) return status;
  collect(L);
  return nn_call(b->row, args->inputs, args->in, attrs, r);
}

/* The results of rows that have several: they wait in a box of their own
** while each gets one. */
#define RESULTS "nnlua.results"

static int results_gc(lua_State *L) {
  nn_results_release(luaL_checkudata(L, 1, RESULTS));
  return 0;
}

static OpResults *new_results(lua_State *L) {
  OpResults *r = lua_newuserdatauv(L, sizeof *r, 0);
  r->count = 0;
  r->many = r->few;
  if (luaL_newmetatable(L, RESULTS)) {
    lua_pushcfunction(L, results_gc);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  return r;
}

static int push_several(lua_State *L, const VmBinding *b, VmArgs *args) {
  OpResults *r = new_results(L);
  int status = call_row(L, b, args, r);
  vm_release_args(args);
  if (status != TENSOR_OK) {
    r->count = 0;
    r->many = r->few;
    return vm_raise(L, status);
  }
  luaL_checkstack(L, b->row->list ? 4 : r->count + 4, "too many results");
  if (b->row->list) lua_createtable(L, r->count, 0);
  for (int k = 0; k < r->count; k++) {
    Value **box = vm_new_box(L);
    *box = nn_value_retain(r->many[k]);
    if (b->row->list) lua_rawseti(L, -2, k + 1);
  }
  vm_charge(L);
  return b->row->list ? 1 : r->count;
}

/* The common case: one result, into a box made before. */
static int push_one(lua_State *L, const VmBinding *b, VmArgs *args,
                    Value **box) {
  OpResults r;
  int status = call_row(L, b, args, &r);
  vm_release_args(args);
  if (status != TENSOR_OK) return vm_raise(L, status);
  *box = r.few[0];
  vm_charge(L);
  return 1;
}

/* A row without a form of its own: its result, copied over the first input.
** While that is tracked the row reads a copy, for its gradient's sake. */
static int copy_back(lua_State *L, const VmBinding *b, VmArgs *args) {
  OpResults r;
  Value *x = args->in[0];
  int status = TENSOR_OK;
  if (x->track != NULL && nn_grad_enabled()) {
    status = nn_call(nn_row("clone"), 1, &x, NULL, &r);
    if (status != TENSOR_OK) return status;
    args->in[0] = r.few[0];
  } else {
    nn_value_retain(x);
  }
  status = call_row(L, b, args, &r);
  if (status == TENSOR_OK) {
    Value *pair[2] = {x, r.few[0]};
    status = nn_call_in_place(nn_row("copy_"), 2, pair, NULL);
    nn_results_release(&r);
  }
  nn_value_release(x);
  return status;
}

/* Into the first argument, which is also the result. */
static int change_in_place(lua_State *L, const VmBinding *b, VmArgs *args) {
  const OpAttrs *attrs = b->has_attrs ? &args->attrs : NULL;
  const OpRow *row = b->row;
  int status = row->map != NULL || row->in_place
                   ? nn_call_in_place(row, args->inputs, args->in, attrs)
                   : copy_back(L, b, args);
  vm_release_args(args);
  if (status != TENSOR_OK) return vm_raise(L, status);
  vm_charge(L);
  lua_settop(L, 1);
  return 1;
}

static bool has_several(const OpRow *row) {
  return row->compose != NULL || row->outputs > 1;
}

static int no_target(lua_State *L, const VmBinding *b) {
  const char *kind = vm_kind_of(L, 1); /* before anything is pushed */
  return vm_error(L, "%s%s: the first argument must be a tensor, got %s%s",
                  b->row->name, b->in_place ? "_" : "", kind, vm_colon_hint(L));
}

/* Pushes what stands in for the row where the value at idx asks for it. */
static bool push_stand_in(lua_State *L, int idx) {
  return lua_type(L, idx) == LUA_TTABLE &&
         luaL_getmetafield(L, idx, "__tensor_function") != LUA_TNIL;
}

/* The same for any of the arguments, or of the items of a list. */
static bool find_stand_in(lua_State *L, int top) {
  luaL_checkstack(L, 4, "too many arguments");
  for (int idx = 1; idx <= top; idx++) {
    if (push_stand_in(L, idx)) return true;
    int64_t n =
        lua_type(L, idx) == LUA_TTABLE ? (int64_t)lua_rawlen(L, idx) : 0;
    for (int64_t i = 1; i <= n; i++) {
      lua_rawgeti(L, idx, (lua_Integer)i);
      bool found = push_stand_in(L, lua_gettop(L));
      if (found) lua_remove(L, -2);
      if (found) return true;
      lua_pop(L, 1);
    }
  }
  return false;
}

/* Arguments were refused. A table with __tensor_function in its metatable
** stands for a tensor to come, and answers instead: f(name, ...). */
static int refused(lua_State *L, const VmBinding *b, int top, int status) {
  lua_settop(L, top);
  if (!find_stand_in(L, top)) return vm_raise(L, status);
  lua_insert(L, 1);
  lua_pushstring(L, b->row->name);
  lua_insert(L, 2);
  lua_call(L, top + 1, LUA_MULTRET);
  return lua_gettop(L);
}

static int row_function(lua_State *L) {
  const VmBinding *b = lua_touserdata(L, lua_upvalueindex(1));
  VmArgs args;
  int top = lua_gettop(L);
  bool changes = b->in_place || b->row->in_place;
  bool several = has_several(b->row);
  if (changes && vm_to_value(L, 1) == NULL) return no_target(L, b);
  int status = vm_read_args(L, b, &args);
  if (status != TENSOR_OK) return refused(L, b, top, status);
  if (changes) return change_in_place(L, b, &args);
  if (several) return push_several(L, b, &args);
  return push_one(L, b, &args, vm_new_box(L));
}

int vm_apply(lua_State *L, const OpRow *row, int inputs, Value *const *in,
             const OpAttrs *attrs) {
  OpResults r;
  Value **box = vm_new_box(L);
  int status = nn_call(row, inputs, in, attrs, &r);
  if (status == TENSOR_OK) {
    *box = r.many[0];
    for (int k = 1; k < r.count; k++) nn_value_release(r.many[k]);
    if (r.many != r.few) free(r.many);
    vm_charge(L);
  }
  return status;
}

/* }== binding {== */

static void push_function(lua_State *L, const OpRow *row, bool in_place) {
  VmBinding *b = lua_newuserdatauv(L, sizeof *b, 0);
  b->row = row;
  b->in_place = in_place;
  vm_parse_params(b);
  lua_pushcclosure(L, row_function, 1);
}

/* Pushes the table of module that the name begins with, "linalg." or none;
** returns the rest of the name. */
static const char *push_home(lua_State *L, int module, const char *name) {
  const char *dot = strchr(name, '.');
  if (dot == NULL) {
    lua_pushvalue(L, module);
    return name;
  }
  lua_pushlstring(L, name, (size_t)(dot - name));
  lua_pushvalue(L, -1);
  if (lua_rawget(L, module) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, module);
  }
  lua_remove(L, -2);
  return dot + 1;
}

/* home[name] = methods[name] = the row's function; no methods: 0. */
static void bind(lua_State *L, const OpRow *row, const char *name,
                 bool in_place, int home, int methods) {
  push_function(L, row, in_place);
  lua_pushfstring(L, "%s%s", name, in_place ? "_" : "");
  lua_pushvalue(L, -1);
  lua_pushvalue(L, -3);
  lua_rawset(L, home);
  lua_insert(L, -2);
  if (methods != 0)
    lua_rawset(L, methods);
  else
    lua_pop(L, 2);
}

bool vm_has_in_place_form(const OpRow *row) {
  bool same_kind = row->map != NULL && row->map->group != TENSOR_COMPARE;
  return same_kind || row->form_in_place;
}

/* Rows named "linalg.f" or "fft.f" are functions of tensor.linalg and
** tensor.fft, and no methods. */
void vm_bind_rows(lua_State *L, int module, int methods) {
  int count;
  const OpRow *const *rows = nn_rows(&count);
  for (int k = 0; k < count; k++) {
    const OpRow *row = rows[k];
    if (row->internal) continue;
    const char *name = push_home(L, module, row->name);
    int home = lua_gettop(L), of = name == row->name ? methods : 0;
    bind(L, row, name, false, home, of);
    if (vm_has_in_place_form(row)) bind(L, row, name, true, home, of);
    lua_pop(L, 1);
  }
}

/* }== the table itself, for tests and help {== */

static int native_rows(lua_State *L) {
  int count;
  const OpRow *const *rows = nn_rows(&count);
  lua_createtable(L, count, 0);
  for (int k = 0; k < count; k++) {
    const OpRow *row = rows[k];
    lua_createtable(L, 0, 9);
    lua_pushstring(L, row->name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, row->args);
    lua_setfield(L, -2, "args");
    lua_pushstring(L, row->help);
    lua_setfield(L, -2, "help");
    lua_pushboolean(L, row->internal);
    lua_setfield(L, -2, "internal");
    lua_pushboolean(L, row->in_place);
    lua_setfield(L, -2, "in_place");
    lua_pushboolean(L, row->map != NULL);
    lua_setfield(L, -2, "elementwise");
    lua_pushboolean(L, row->gradient != NULL || row->compose != NULL);
    lua_setfield(L, -2, "differentiable");
    lua_pushboolean(L, row->compose != NULL);
    lua_setfield(L, -2, "composite");
    push_function(L, row, false);
    lua_setfield(L, -2, "call");
    lua_rawseti(L, -2, k + 1);
  }
  return 1;
}

/* row(name): the function of any row, internal ones too. */
static int native_row(lua_State *L) {
  const OpRow *row = nn_row(luaL_checkstring(L, 1));
  if (row == NULL) return vm_error(L, "there is no row of that name");
  push_function(L, row, false);
  return 1;
}

const luaL_Reg vm_native_table[] = {
    {"rows", native_rows}, {"row", native_row}, {NULL, NULL}};

/* }== */
