/*
** error.c - messages that point at the user's own line.
*/
#include <string.h>

#include "vm/module.h"

/* Whether a frame runs a chunk of the user's. */
static bool is_users(const lua_Debug *ar) {
  return ar->currentline > 0 && strncmp(ar->source, "=" VM_LIBRARY_CHUNK,
                                        sizeof "=" VM_LIBRARY_CHUNK - 1) != 0;
}

void vm_where(lua_State *L) {
  lua_Debug ar;
  for (int level = 1; lua_getstack(L, level, &ar); level++) {
    lua_getinfo(L, "Sl", &ar);
    if (!is_users(&ar)) continue;
    lua_pushfstring(L, "%s:%d: ", ar.short_src, ar.currentline);
    return;
  }
  lua_pushliteral(L, "");
}

int vm_error(lua_State *L, const char *format, ...) {
  va_list args;
  vm_where(L);
  va_start(args, format);
  lua_pushvfstring(L, format, args);
  va_end(args);
  lua_concat(L, 2);
  return lua_error(L);
}

int vm_raise(lua_State *L, int status) {
  (void)status;
  return vm_error(L, "%s", tensor_message());
}

/* fail(format, ...): string.format's, raised at the user's line. */
static int native_fail(lua_State *L) {
  int n = lua_gettop(L);
  if (n > 1) {
    lua_getglobal(L, "string");
    lua_getfield(L, -1, "format");
    lua_remove(L, -2);
    lua_insert(L, 1);
    lua_call(L, n, 1);
  }
  vm_where(L);
  lua_insert(L, -2);
  lua_concat(L, 2);
  return lua_error(L);
}

/* The size of a leading "file:line: ", or 0. */
static size_t position_size(const char *message) {
  const char *colon = message;
  while ((colon = strchr(colon, ':')) != NULL) {
    size_t digits = strspn(colon + 1, "0123456789");
    if (digits > 0 && strncmp(colon + 1 + digits, ": ", 2) == 0)
      return (size_t)(colon - message) + digits + 3;
    colon++;
  }
  return 0;
}

/* add_context(message, text): the text between position and message. */
static int native_add_context(lua_State *L) {
  if (lua_type(L, 1) != LUA_TSTRING) {
    lua_settop(L, 1);
    return 1;
  }
  const char *message = lua_tostring(L, 1);
  size_t size = position_size(message);
  lua_pushlstring(L, message, size);
  lua_pushfstring(L, "%s: %s", luaL_checkstring(L, 2), message + size);
  lua_concat(L, 2);
  return 1;
}

const luaL_Reg vm_native_error[] = {
    {"fail", native_fail}, {"add_context", native_add_context}, {NULL, NULL}};
