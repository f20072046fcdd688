/*
** safe.c - the standard functions of Lua with which a script could break the
** machine below it, made harmless: bytecode is not checked by Lua, and the
** debug library reaches into C functions.
*/
#include <string.h>

#include "vm/module.h"

/* {== text only, no bytecode */

/* load(chunk, name, mode, env) and loadfile(name, mode, env) with mode "t";
** upvalue 1 is Lua's own function, 2 where the mode stands. */
static int text_only(lua_State *L) {
  int mode = (int)lua_tointeger(L, lua_upvalueindex(2));
  int top = lua_gettop(L);
  if (top < mode) {
    lua_settop(L, mode);
    top = mode;
  }
  lua_pushliteral(L, "t");
  lua_replace(L, mode);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, top, LUA_MULTRET);
  return lua_gettop(L);
}

static int text_dofile(lua_State *L) {
  const char *path = luaL_optstring(L, 1, NULL);
  lua_settop(L, 1);
  if (luaL_loadfilex(L, path, "t") != LUA_OK) return lua_error(L);
  lua_call(L, 0, LUA_MULTRET);
  return lua_gettop(L) - 1;
}

static void set_text_only(lua_State *L, const char *name, int mode) {
  lua_getglobal(L, name);
  lua_pushinteger(L, mode);
  lua_pushcclosure(L, text_only, 2);
  lua_setglobal(L, name);
}

/* }== the debug library {== */

/* Upvalue 1 is Lua's own function throughout. */
static int pass_on(lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

static int safe_setmetatable(lua_State *L) {
  if (lua_type(L, 1) == LUA_TUSERDATA)
    return vm_error(L, "debug.setmetatable: the metatable of a userdata "
                       "cannot be changed");
  return pass_on(L);
}

static int safe_setupvalue(lua_State *L) {
  if (lua_iscfunction(L, 1))
    return vm_error(L, "debug.setupvalue: takes a Lua function");
  return pass_on(L);
}

/* Locals of Lua functions only; a C function's stack is its own. */
static int safe_setlocal(lua_State *L) {
  lua_Debug ar;
  int at = lua_isthread(L, 1) ? 2 : 1;
  lua_State *other = at == 2 ? lua_tothread(L, 1) : L;
  int level = (int)luaL_checkinteger(L, at);
  if (at == 1 && level == 0)
    return vm_error(L, "debug.setlocal: takes the level of a Lua function");
  if (lua_getstack(other, level, &ar)) {
    lua_getinfo(other, "S", &ar);
    if (strcmp(ar.what, "C") == 0)
      return vm_error(L, "debug.setlocal: takes the level of a Lua function");
  }
  if (at == 1) { /* this function adds a level of its own */
    lua_pushinteger(L, level + 1);
    lua_replace(L, 1);
  }
  return pass_on(L);
}

static void wrap(lua_State *L, const char *name, lua_CFunction f) {
  lua_getfield(L, -1, name);
  lua_pushcclosure(L, f, 1);
  lua_setfield(L, -2, name);
}

/* }== */

void vm_make_safe(lua_State *L) {
  set_text_only(L, "load", 3);
  set_text_only(L, "loadfile", 2);
  lua_pushcfunction(L, text_dofile);
  lua_setglobal(L, "dofile");
  lua_getglobal(L, "debug");
  wrap(L, "setmetatable", safe_setmetatable);
  wrap(L, "setupvalue", safe_setupvalue);
  wrap(L, "setlocal", safe_setlocal);
  lua_pushnil(L);
  lua_setfield(L, -2, "getregistry");
  lua_pushnil(L);
  lua_setfield(L, -2, "setuservalue");
  lua_pop(L, 1);
}
