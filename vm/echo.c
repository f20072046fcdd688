/*
** echo.c - how the shell shows results: tensors and other objects as
** tostring does, plain tables as one would write them, two levels deep and
** cut short.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm/program.h"
#include "vm/vm.h"

#define MAX_ITEMS  20 /* of one table */
#define MAX_DEPTH  2  /* levels of tables */
#define MAX_STRING 60 /* bytes of a string in a table */
#define LINE_WIDTH 76 /* a longer table takes several lines */

static void add_value(lua_State *L, luaL_Buffer *b, int index, int depth);

/* {== single values ==================================================== */

static bool is_identifier(const char *s) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  return *s != '\0' && strchr("0123456789", *s) == NULL &&
         s[strspn(s, letters)] == '\0';
}

/* In quotes; without the control characters, and cut at a whole character. */
static void push_quoted(lua_State *L, int index) {
  size_t length;
  luaL_Buffer b;
  const char *s = lua_tolstring(L, index, &length);
  size_t shown = length;
  if (length > MAX_STRING) {
    shown = MAX_STRING;
    while (shown > 0 && (s[shown] & 0xC0) == 0x80) shown--;
  }
  luaL_buffinit(L, &b);
  luaL_addchar(&b, '"');
  for (size_t i = 0; i < shown; i++) {
    char escape[8];
    unsigned char c = (unsigned char)s[i];
    if (c == '\n')
      luaL_addstring(&b, "\\n");
    else if (c == '\t')
      luaL_addstring(&b, "\\t");
    else if (c == '"' || c == '\\') {
      luaL_addchar(&b, '\\');
      luaL_addchar(&b, s[i]);
    } else if (c < 32 || c == 127) {
      snprintf(escape, sizeof escape, "\\%03d", c);
      luaL_addstring(&b, escape);
    } else {
      luaL_addchar(&b, s[i]);
    }
  }
  luaL_addstring(&b, shown < length ? "...\"" : "\"");
  luaL_pushresult(&b);
}

static bool has_tostring(lua_State *L, int index) {
  if (luaL_getmetafield(L, index, "__tostring") == LUA_TNIL) return false;
  lua_pop(L, 1);
  return true;
}

/* Pushes what stands for an object inside a table: its text, or only what
** it is where the text takes several lines. */
static void push_object(lua_State *L, int index) {
  char shape[TENSOR_SHAPE_TEXT];
  Value *v = vm_to_value(L, index);
  if (v != NULL) {
    lua_pushfstring(L, "tensor %s", tensor_describe(&v->t, shape));
    return;
  }
  const char *text = luaL_tolstring(L, index, NULL);
  if (strchr(text, '\n') == NULL) return;
  lua_pop(L, 1);
  if (luaL_getmetafield(L, index, "__name") == LUA_TSTRING) return;
  lua_pushstring(L, luaL_typename(L, index));
}

/* }== tables =========================================================== */

/* Keys of the hash part, sorted: strings by their bytes, then the others as
** they come. */
static int compare_keys(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Pushes "key = value" or "value" for the value at the top, which it
** replaces. `key` is NULL for list items. */
static void make_item(lua_State *L, const char *key, int depth) {
  luaL_Buffer b;
  int value = lua_gettop(L);
  luaL_buffinit(L, &b);
  if (key != NULL) {
    luaL_addstring(&b, key);
    luaL_addstring(&b, " = ");
  }
  add_value(L, &b, value, depth);
  luaL_pushresult(&b);
  lua_replace(L, value);
}

/* Appends items 1, 2, ... of the table to the list at `items`. */
static int add_list(lua_State *L, int table, int items, int depth) {
  int n = 0;
  for (; n < MAX_ITEMS; n++) {
    if (lua_rawgeti(L, table, n + 1) == LUA_TNIL) {
      lua_pop(L, 1);
      break;
    }
    make_item(L, NULL, depth);
    lua_rawseti(L, items, n + 1);
  }
  return n;
}

/* The least MAX_ITEMS + 1 string keys of the table, in order; returns how
** many. The keys stay valid as long as the table holds them. */
static int least_keys(lua_State *L, int table, const char **keys) {
  int count = 0;
  lua_pushnil(L);
  for (; lua_next(L, table); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) continue;
    const char *key = lua_tostring(L, -2);
    if (count <= MAX_ITEMS) {
      keys[count++] = key;
    } else if (strcmp(key, keys[MAX_ITEMS]) < 0) {
      keys[MAX_ITEMS] = key;
    } else {
      continue;
    }
    qsort(keys, (size_t)count, sizeof *keys, compare_keys);
  }
  return count;
}

static int add_fields(lua_State *L, int table, int items, int n, int depth) {
  const char *keys[MAX_ITEMS + 1];
  int count = least_keys(L, table, keys);
  for (int i = 0; i < count && n < MAX_ITEMS; i++) {
    const char *key = keys[i];
    lua_pushstring(L, key);
    lua_rawget(L, table);
    if (!is_identifier(key)) {
      lua_pushstring(L, key);
      push_quoted(L, -1);
      key = lua_pushfstring(L, "[%s]", lua_tostring(L, -1));
      lua_replace(L, -3);
      lua_pop(L, 1);
      lua_insert(L, -2);
      make_item(L, key, depth);
      lua_remove(L, -2);
    } else {
      make_item(L, key, depth);
    }
    lua_rawseti(L, items, ++n);
  }
  return n;
}

/* The keys that are neither strings nor 1..listed. */
static int add_others(lua_State *L, int table, int items, int n, int depth) {
  int listed = n;
  lua_pushnil(L);
  while (n < MAX_ITEMS && lua_next(L, table)) {
    lua_Integer i = lua_tointeger(L, -2);
    bool in_list = lua_isinteger(L, -2) && i >= 1 && i <= listed;
    if (lua_type(L, -2) == LUA_TSTRING || in_list) {
      lua_pop(L, 1);
      continue;
    }
    int key = lua_absindex(L, -2);
    push_object(L, key);
    const char *text = lua_pushfstring(L, "[%s]", lua_tostring(L, -1));
    lua_replace(L, -2);
    lua_insert(L, -2);
    make_item(L, text, depth);
    lua_rawseti(L, items, ++n);
    lua_pop(L, 1);
  }
  if (n >= MAX_ITEMS) lua_settop(L, items);
  return n;
}

/* How many entries there are, counted no further than one too many. */
static int count_entries(lua_State *L, int table) {
  int count = 0;
  lua_pushnil(L);
  while (lua_next(L, table)) {
    lua_pop(L, 1);
    if (++count > MAX_ITEMS) {
      lua_pop(L, 1);
      break;
    }
  }
  return count;
}

/* Pushes the table's items as a list of strings; returns how many. */
static int push_items(lua_State *L, int table, int depth) {
  lua_newtable(L);
  int items = lua_gettop(L);
  int n = add_list(L, table, items, depth);
  n = add_others(L, table, items, n, depth);
  n = add_fields(L, table, items, n, depth);
  if (count_entries(L, table) > n) {
    lua_pushliteral(L, "...");
    lua_rawseti(L, items, ++n);
  }
  return n;
}

static bool is_wide(lua_State *L, int items, int count) {
  size_t width = 2;
  for (int i = 1; i <= count; i++) {
    lua_rawgeti(L, items, i);
    width += lua_rawlen(L, -1) + 2;
    lua_pop(L, 1);
  }
  return width > LINE_WIDTH;
}

/* Adds the items in as many lines as they need. */
static void add_items(lua_State *L, luaL_Buffer *b, int items, int count,
                      bool wide) {
  size_t column = LINE_WIDTH;
  for (int i = 1; i <= count; i++) {
    lua_rawgeti(L, items, i);
    size_t length = lua_rawlen(L, -1) + 2;
    bool new_line = wide && column + length > LINE_WIDTH;
    lua_pop(L, 1);
    if (i > 1) luaL_addstring(b, new_line ? "," : ", ");
    if (new_line) luaL_addstring(b, "\n  ");
    column = (new_line ? 2 : column) + length;
    lua_rawgeti(L, items, i);
    luaL_addvalue(b);
  }
}

/* Pushes the table as text. */
static void push_table(lua_State *L, int table, int depth) {
  luaL_Buffer b;
  luaL_checkstack(L, LUA_MINSTACK, "table too deep");
  int count = push_items(L, table, depth);
  int items = lua_gettop(L);
  bool wide = depth == 0 && is_wide(L, items, count);
  luaL_buffinit(L, &b);
  luaL_addchar(&b, '{');
  add_items(L, &b, items, count, wide);
  luaL_addstring(&b, wide ? "\n}" : "}");
  luaL_pushresult(&b);
  lua_remove(L, items);
}

/* }== echo ============================================================= */

static void add_value(lua_State *L, luaL_Buffer *b, int index, int depth) {
  if (lua_type(L, index) == LUA_TSTRING)
    push_quoted(L, index);
  else if (!lua_istable(L, index) || has_tostring(L, index))
    push_object(L, index);
  else if (depth + 1 < MAX_DEPTH)
    push_table(L, index, depth + 1);
  else
    lua_pushliteral(L, "{...}");
  luaL_addvalue(b);
}

/* What io.write and its kin return says nothing. */
static bool is_standard_output(lua_State *L, int index) {
  luaL_Stream *stream = luaL_testudata(L, index, LUA_FILEHANDLE);
  return stream != NULL && stream->f == stdout;
}

int vm_echo(lua_State *L, int first) {
  int last = lua_gettop(L), shown = 0;
  luaL_checkstack(L, LUA_MINSTACK, "too many results to show");
  for (int i = first; i <= last; i++) {
    size_t length;
    if (is_standard_output(L, i)) continue;
    if (lua_istable(L, i) && !has_tostring(L, i))
      push_table(L, i, 0);
    else
      luaL_tolstring(L, i, NULL);
    const char *text = lua_tolstring(L, -1, &length);
    fwrite(text, 1, length, stdout);
    if (length == 0 || text[length - 1] != '\n') putchar('\n');
    lua_pop(L, 1);
    shown = i;
  }
  return shown;
}

/* }===================================================================== */
