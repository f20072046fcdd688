/*
** call.c - protected calls, and the message a failed one leaves: what went
** wrong, with a traceback that shows the user's functions only.
**
** Hidden are C functions and the library's own Lua functions (chunks named
** "=nnlua:..."), unless the environment says NNLUA_TRACEBACK=full.
*/
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "vm/program.h"
#include "vm/vm.h"

#define FRAMES_FIRST 10
#define FRAMES_LAST  11
#define LEVELS_PLAIN 100

/* {== traceback ======================================================== */

static bool wants_all(void) {
  const char *wish = getenv("NNLUA_TRACEBACK");
  return wish != NULL && strcmp(wish, "full") == 0;
}

static bool is_library(const char *source) {
  return strncmp(source, "=" VM_LIBRARY_CHUNK, sizeof VM_LIBRARY_CHUNK) == 0;
}

/* Fetches the frame; false for one that is not to be seen. */
static bool is_shown(lua_State *L, int level, lua_Debug *ar) {
  if (!lua_getstack(L, level, ar)) return false;
  lua_getinfo(L, "Slnt", ar);
  if (wants_all()) return true;
  return *ar->what != 'C' && !is_library(ar->source);
}

/* How many levels there are. Looking at level n costs n steps, hence the
** search by halves. */
static int count_levels(lua_State *L) {
  lua_Debug ar;
  int low = 0, high = 1;
  while (lua_getstack(L, high, &ar)) {
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    int middle = low + (high - low) / 2;
    if (lua_getstack(L, middle, &ar))
      low = middle;
    else
      high = middle;
  }
  return high;
}

static void add_frame(lua_State *L, luaL_Buffer *b, const lua_Debug *ar) {
  lua_pushfstring(L, "\n\t%s:", ar->short_src);
  luaL_addvalue(b);
  if (ar->currentline > 0) {
    lua_pushfstring(L, "%d:", ar->currentline);
    luaL_addvalue(b);
  }
  if (*ar->namewhat != '\0') {
    bool global = strcmp(ar->namewhat, "global") == 0;
    lua_pushfstring(L, " in %s '%s'", global ? "function" : ar->namewhat,
                    ar->name);
  } else if (*ar->what == 'm') {
    lua_pushliteral(L, " in main chunk");
  } else if (*ar->what == 'C') {
    lua_pushliteral(L, " in ?");
  } else {
    lua_pushfstring(L, " in function <%s:%d>", ar->short_src, ar->linedefined);
  }
  luaL_addvalue(b);
  if (ar->istailcall) luaL_addstring(b, "\n\t(...tail calls...)");
}

/* The least level from `from` on after which FRAMES_LAST frames or fewer
** are shown. */
static int find_tail(lua_State *L, int from, int levels) {
  lua_Debug ar;
  int level = levels, shown = 0;
  while (level > from && shown < FRAMES_LAST)
    shown += is_shown(L, --level, &ar);
  return level;
}

/* An error in one line at the prompt needs no list of one place, however far
** into the library it was raised. */
static bool is_plain(lua_State *L, int levels) {
  lua_Debug ar;
  int shown = 0;
  for (int i = 0; i < levels && i <= LEVELS_PLAIN; i++) {
    if (!is_shown(L, i, &ar)) continue;
    if (strcmp(ar.source, "=stdin") != 0 || *ar.what != 'm') return false;
    shown++;
  }
  return shown <= 1 && levels <= LEVELS_PLAIN;
}

static void add_traceback(lua_State *L, luaL_Buffer *b) {
  lua_Debug ar;
  int level = 0, shown = 0, levels = count_levels(L);
  if (is_plain(L, levels)) return;
  luaL_addstring(b, "\nstack traceback:");
  for (; level < levels && shown < FRAMES_FIRST; level++) {
    if (!is_shown(L, level, &ar)) continue;
    add_frame(L, b, &ar);
    shown++;
  }
  int tail = find_tail(L, level, levels);
  if (tail > level) {
    lua_pushfstring(L, "\n\t...\t(skipping %d levels)", tail - level);
    luaL_addvalue(b);
  }
  for (level = tail; level < levels; level++)
    if (is_shown(L, level, &ar)) add_frame(L, b, &ar);
}

/* }== message ========================================================== */

/* Pushes the text of the error object at index 1. */
static const char *push_text(lua_State *L) {
  const char *reason = vm_stop_reason();
  if (reason != NULL)
    lua_pushstring(L, reason);
  else if (lua_isstring(L, 1))
    lua_pushvalue(L, 1);
  else if (!luaL_callmeta(L, 1, "__tostring") || !lua_isstring(L, -1))
    lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
  return lua_tostring(L, -1);
}

/* The length of a leading "nnlua:NAME:LINE: ", or 0. */
static size_t library_place(const char *text) {
  if (strncmp(text, VM_LIBRARY_CHUNK, sizeof VM_LIBRARY_CHUNK - 1) != 0)
    return 0;
  const char *p = text + sizeof VM_LIBRARY_CHUNK - 1;
  p += strcspn(p, ": \n");
  if (*p != ':' || !isdigit((unsigned char)p[1])) return 0;
  for (p++; isdigit((unsigned char)*p);) p++;
  return p[0] == ':' && p[1] == ' ' ? (size_t)(p + 2 - text) : 0;
}

/* A message that points into the library points at the user's line
** instead. Where Lua itself complains, something is wrong in the library or
** was passed to it unchecked: the place is worth telling. */
static const char *move_place(lua_State *L, const char *text) {
  size_t place = library_place(text);
  if (place == 0 || wants_all()) return text;
  vm_where(L);
  const char *where = lua_tostring(L, -1), *rest = text + place;
  if (strncmp(rest, "attempt to ", 11) == 0) {
    lua_pushlstring(L, text, place - 2);
    return lua_pushfstring(L, "%s%s (in %s)", where, rest, lua_tostring(L, -1));
  }
  return lua_pushfstring(L, "%s%s", where, rest);
}

/* Pushes what was probably meant where Lua's message complains of a value's
** type, or nothing. */
static bool push_suggestion(lua_State *L, const char *text) {
  bool complains = strstr(text, "attempt to ") != NULL ||
                   strstr(text, " expected, got tensor)") != NULL;
  if (!complains || vm_stop_reason() != NULL) return false;
  int top = lua_gettop(L);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "suggest");
  if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_istable(L, -1)) {
    lua_getfield(L, -1, "explain");
    lua_pushstring(L, text);
    if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_type(L, -1) == LUA_TSTRING)
      return true;
  }
  lua_settop(L, top);
  return false;
}

static int handle_error(lua_State *L) {
  luaL_Buffer b;
  const char *text = move_place(L, push_text(L));
  bool suggests = push_suggestion(L, text);
  const char *suggestion = suggests ? lua_tostring(L, -1) : NULL;
  luaL_buffinit(L, &b);
  luaL_addstring(&b, text);
  if (suggests) {
    luaL_addstring(&b, "; ");
    luaL_addstring(&b, suggestion);
  }
  add_traceback(L, &b);
  luaL_pushresult(&b);
  return 1;
}

/* }===================================================================== */

int vm_call(lua_State *L, int nargs, int nresults) {
  VmWatch watch;
  int base = lua_gettop(L) - nargs;
  lua_pushcfunction(L, handle_error);
  lua_insert(L, base);
  vm_watch_enter(&watch, L);
  int status = lua_pcall(L, nargs, nresults, base);
  const char *reason = vm_watch_leave(&watch, L);
  lua_remove(L, base);
  /* stopped in a message handler, or where no instruction followed */
  if (reason != NULL && (status == LUA_OK || status == LUA_ERRERR)) {
    lua_settop(L, base - 1);
    lua_pushstring(L, reason);
    return LUA_ERRRUN;
  }
  return status;
}
