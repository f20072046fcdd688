/*
** guard.c - guards: see guard.h.
*/
#include <lauxlib.h>

#include "vm/guard.h"

#define GUARD "nnlua guard"

void vm_guard_release(VmGuard *guard) {
  if (guard->what != NULL) guard->release(guard->what);
  guard->what = NULL;
}

static int collect(lua_State *L) {
  vm_guard_release(lua_touserdata(L, 1));
  return 0;
}

VmGuard *vm_new_guard(lua_State *L, void (*release)(void *what)) {
  VmGuard *guard = lua_newuserdatauv(L, sizeof *guard, 0);
  guard->what = NULL;
  guard->release = release;
  if (luaL_newmetatable(L, GUARD)) {
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  return guard;
}
