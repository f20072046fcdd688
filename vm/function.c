/*
** function.c - autograd.Function: gradient rules written in Lua.
**
** The rule is a Lua function in the registry, called from within backward,
** on the state that called backward; its errors come back as a status.
*/
#include <stdlib.h>

#include "vm/module.h"

typedef struct LuaFunction {
  NnFunction base;
  lua_State *main;
  int ref; /* of the rule */
} LuaFunction;

static lua_State *caller;

lua_State *vm_calls_back(lua_State *L) {
  lua_State *before = caller;
  caller = L;
  return before;
}

/* The gradients in the table on top, for the inputs. */
static void take_gradients(lua_State *L, int inputs, Value **to) {
  for (int k = 0; k < inputs; k++) {
    lua_rawgeti(L, -1, k + 1);
    Value *v = vm_to_value(L, -1);
    if (v != NULL) to[k] = nn_value_retain(v);
    lua_pop(L, 1);
  }
}

/* rule(output, g) in protected mode; leaves a table or a message. */
static int call_rule(lua_State *L, const LuaFunction *f, int output, Value *g) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, f->ref);
  lua_pushinteger(L, output + 1);
  Value **box = lua_touserdata(L, -3); /* made before: see run_rule */
  *box = nn_value_retain(g);
  lua_pushvalue(L, -3);
  return lua_pcall(L, 2, 1, 0);
}

/* In protected mode as well: an empty box may need memory. */
static int make_box(lua_State *L) {
  vm_new_box(L);
  return 1;
}

static int fail_with(lua_State *L) {
  const char *message = lua_tostring(L, -1);
  if (tensor_interrupt) return tensor_poll();
  return tensor_fail("autograd.Function: %s",
                     message == NULL ? "an error without a message" : message);
}

static int run_rule(NnFunction *base, int output, Value *g, int inputs,
                    Value **to) {
  const LuaFunction *f = (const LuaFunction *)base;
  lua_State *L = caller;
  int status = TENSOR_OK;
  if (L == NULL || !lua_checkstack(L, 8)) return tensor_no_memory(0);
  int top = lua_gettop(L);
  lua_pushcfunction(L, make_box);
  if (lua_pcall(L, 0, 1, 0) != LUA_OK || call_rule(L, f, output, g) != LUA_OK)
    status = fail_with(L);
  else if (lua_istable(L, -1))
    take_gradients(L, inputs, to);
  lua_settop(L, top);
  return status;
}

static void release(NnFunction *base) {
  LuaFunction *f = (LuaFunction *)base;
  luaL_unref(f->main, LUA_REGISTRYINDEX, f->ref);
  free(f);
}

/* A function with one reference, in a guard that gives it back. */
static int guard_gc(lua_State *L) {
  NnFunction **f = lua_touserdata(L, 1);
  nn_function_release(*f);
  *f = NULL;
  return 0;
}

#define GUARD "nnlua.function"

static NnFunction *new_function(lua_State *L, int rule) {
  NnFunction **guard = lua_newuserdatauv(L, sizeof *guard, 0);
  *guard = NULL;
  if (luaL_newmetatable(L, GUARD)) {
    lua_pushcfunction(L, guard_gc);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  lua_pushvalue(L, rule);
  int ref = luaL_ref(L, LUA_REGISTRYINDEX);
  LuaFunction *f = malloc(sizeof *f);
  if (f == NULL) {
    luaL_unref(L, LUA_REGISTRYINDEX, ref);
    vm_raise(L, tensor_no_memory(sizeof *f));
    return NULL;
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  f->main = lua_tothread(L, -1);
  lua_pop(L, 1);
  f->base = (NnFunction){1, run_rule, release};
  f->ref = ref;
  *guard = &f->base;
  return &f->base;
}

/* The tensors of the list at idx, in a block on the stack; borrowed. */
static Value **tensors_at(lua_State *L, int idx, int *count) {
  *count = (int)lua_rawlen(L, idx);
  Value **v = lua_newuserdatauv(L, (size_t)(*count + 1) * sizeof *v, 0);
  for (int k = 0; k < *count; k++) {
    lua_rawgeti(L, idx, k + 1);
    v[k] = vm_check_value(L, lua_gettop(L));
    lua_pop(L, 1);
  }
  return v;
}

/* record_function(rule, inputs, results): a list of the same results, with
** the history that they come from inputs by way of rule(k, g), which gives a
** list of gradients when g has flowed into result k. */
int vm_record_function(lua_State *L) {
  int inputs, results;
  lua_settop(L, 3);
  Value **in = tensors_at(L, 2, &inputs), **out = tensors_at(L, 3, &results);
  NnFunction *f = new_function(L, 1);
  lua_createtable(L, results, 0);
  for (int k = 0; k < results; k++) {
    Value **box = vm_new_box(L);
    *box = nn_value_detach(out[k]);
    int status = *box == NULL ? TENSOR_NO_MEMORY
                              : nn_record_function(f, k, inputs, in, *box);
    if (status != TENSOR_OK) return vm_raise(L, status);
    lua_rawseti(L, -2, k + 1);
  }
  return 1;
}
