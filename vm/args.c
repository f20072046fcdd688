/*
** args.c - reads a row's arguments off the Lua stack, by the text in the
** row: positions first, then perhaps one table of options by name.
*/
#include <stdio.h>
#include <string.h>

#include "vm/args.h"

/* Whether the value at idx is a table of options: it has a text for a key. */
static bool is_options(lua_State *L, int idx) {
  if (lua_type(L, idx) != LUA_TTABLE) return false;
  lua_pushnil(L);
  if (lua_next(L, idx) == 0) return false;
  bool text = lua_type(L, -2) == LUA_TSTRING;
  lua_pop(L, 2);
  return text;
}

static bool is_param(const VmBinding *b, int from, const char *name) {
  for (int k = from; k < b->count; k++)
    if (vm_same_text(b->params[k].name, b->params[k].name_size, name))
      return true;
  return false;
}

/* Every name in the table must be that of a parameter not yet given. */
static int check_options(lua_State *L, const VmBinding *b, int from, int idx) {
  lua_pushnil(L);
  while (lua_next(L, idx) != 0) {
    lua_pop(L, 1);
    if (lua_type(L, -1) == LUA_TSTRING &&
        is_param(b, from, lua_tostring(L, -1)))
      continue;
    char names[256] = "";
    for (int k = from; k < b->count; k++) {
      size_t at = strlen(names);
      snprintf(names + at, sizeof names - at, "%s%.*s", k > from ? ", " : "",
               b->params[k].name_size, b->params[k].name);
    }
    int status = vm_unknown_option(L, lua_gettop(L), b->row->name, names);
    lua_pop(L, 1);
    return status;
  }
  return TENSOR_OK;
}

static int read_option(lua_State *L, const VmBinding *b, int k, int idx,
                       VmArgs *args) {
  const VmParam *p = &b->params[k];
  lua_pushlstring(L, p->name, (size_t)p->name_size);
  lua_rawget(L, idx);
  int at = lua_gettop(L);
  int status = lua_isnil(L, at) ? vm_default_argument(L, b, k, args)
                                : vm_read_argument(L, b, k, at, at, args);
  lua_pop(L, 1);
  return status;
}

static int read_all(lua_State *L, const VmBinding *b, int top, VmArgs *args) {
  int options = 0, status = TENSOR_OK;
  for (int k = 0; k < b->count && status == TENSOR_OK; k++) {
    int idx = k + 1;
    if (options == 0 && idx <= top && k > 0 && lua_type(L, idx) == LUA_TTABLE &&
        is_options(L, idx)) {
      options = idx;
      status = check_options(L, b, k, idx);
      if (status == TENSOR_OK && idx < top)
        status =
            tensor_fail("%s: nothing may follow the options", b->row->name);
      if (status != TENSOR_OK) break;
    }
    bool rest = k == b->count - 1 && (b->params[k].kind == VM_INTS ||
                                      b->params[k].kind == VM_TENSORS);
    if (options != 0)
      status = read_option(L, b, k, options, args);
    else if (idx > top || lua_isnil(L, idx))
      status = vm_default_argument(L, b, k, args);
    else
      status = vm_read_argument(L, b, k, idx, rest ? top : idx, args);
    if (rest && (idx > top || lua_type(L, idx) != LUA_TTABLE)) return status;
  }
  if (status == TENSOR_OK && options == 0 && top > b->count)
    status = tensor_fail("%s%s: takes %d argument%s, got %d", b->row->name,
                         b->in_place ? "_" : "", b->count,
                         b->count == 1 ? "" : "s", top);
  return status;
}

int vm_read_args(lua_State *L, const VmBinding *b, VmArgs *args) {
  int top = lua_gettop(L);
  args->inputs = 0;
  args->in = args->few;
  args->attrs.text = NULL;
  for (int k = 0; k < b->count; k++) { /* a list may need a larger block */
    if (b->params[k].kind != VM_TENSORS || k + 1 > top) continue;
    size_t n = (size_t)top + VM_MAX_INPUTS;
    if (lua_type(L, k + 1) == LUA_TTABLE) n += (size_t)lua_rawlen(L, k + 1);
    args->in = lua_newuserdatauv(L, n * sizeof(Value *), 0); /* stays on top */
  }
  int status = read_all(L, b, top, args);
  if (status != TENSOR_OK) vm_release_args(args);
  return status;
}

void vm_release_args(VmArgs *args) {
  while (args->inputs > 0) nn_value_release(args->in[--args->inputs]);
}
