/*
** prefetch.c - the part of `native` that picks rows of tensors ahead of need
** (see tensor/prefetch.h).
*/
#include <stdlib.h>

#include "tensor/prefetch.h"
#include "vm/module.h"

static const char TYPE[] = "nnlua.prefetch";

static TensorPrefetch **check_prefetch(lua_State *L) {
  return luaL_checkudata(L, 1, TYPE);
}

/* For the collector and for the end of a loop. */
static int prefetch_free(lua_State *L) {
  TensorPrefetch **p = check_prefetch(L);
  tensor_prefetch_free(*p);
  *p = NULL;
  return 0;
}

/* prefetch() -> the next batch, a tensor for each source; nothing at the
** end. */
static int prefetch_next(lua_State *L) {
  TensorPrefetch *p = *check_prefetch(L);
  if (p == NULL) return 0;
  int count = tensor_prefetch_count(p);
  luaL_checkstack(L, count + 3, NULL);
  Tensor *parts = lua_newuserdatauv(L, (size_t)count * sizeof *parts, 0);
  int first = lua_gettop(L) + 1;
  for (int i = 0; i < count; i++) vm_new_box(L);
  bool more;
  int status = tensor_prefetch_next(p, parts, &more);
  if (status != TENSOR_OK) return vm_raise(L, status);
  if (!more) return 0;
  for (int i = 0; i < count; i++) {
    Value **box = lua_touserdata(L, first + i);
    *box = nn_value_new(&parts[i]);
    if (*box == NULL) status = TENSOR_NO_MEMORY;
  }
  if (status != TENSOR_OK) return vm_raise(L, status);
  vm_charge(L);
  return count;
}

static void push_type(lua_State *L) {
  static const luaL_Reg methods[] = {{"__call", prefetch_next},
                                     {"__gc", prefetch_free},
                                     {"__close", prefetch_free},
                                     {NULL, NULL}};
  if (!luaL_newmetatable(L, TYPE)) return;
  luaL_setfuncs(L, methods, 0);
  lua_pushliteral(L, "prefetch");
  lua_setfield(L, -2, "__metatable");
}

/* prefetch({tensor, ...}, order, batch_size, first, last, depth): an object
** that gives, call by call, the rows of batches first..last (from 1) of the
** order, and keeps `depth` of them ready. */
static int native_prefetch(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  int count = (int)lua_rawlen(L, 1);
  Tensor *sources = lua_newuserdatauv(
      L, (size_t)(count > 0 ? count : 1) * sizeof *sources, 0);
  for (int i = 0; i < count; i++) {
    lua_rawgeti(L, 1, i + 1);
    sources[i] = vm_check_value(L, -1)->t;
    lua_pop(L, 1);
  }
  TensorPrefetchPlan plan = {.count = count,
                             .sources = sources,
                             .order = &vm_check_value(L, 2)->t,
                             .batch_size = luaL_checkinteger(L, 3),
                             .first = luaL_checkinteger(L, 4) - 1,
                             .last = luaL_checkinteger(L, 5),
                             .depth = luaL_checkinteger(L, 6)};
  TensorPrefetch **p = lua_newuserdatauv(L, sizeof *p, 0);
  *p = NULL;
  push_type(L);
  lua_setmetatable(L, -2);
  int status = tensor_prefetch_new(p, &plan);
  return status == TENSOR_OK ? 1 : vm_raise(L, status);
}

const luaL_Reg vm_native_prefetch[] = {{"prefetch", native_prefetch},
                                       {NULL, NULL}};
