/*
** json.c - JSON text and Lua values.
**
** A table whose keys are 1..n is an array, one whose keys are strings an
** object; an empty table is an object unless marked by json_array. JSON's
** null is the light userdata NULL, `native.json_null`. Integers stay 64-bit
** integers. Keys are sorted, so equal tables give equal text.
**
** The JSON tree hangs on a guard, every node tied to its parent as soon as
** it is made: a Lua error loses nothing. The depth is limited, which also
** ends tables that contain themselves.
*/
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vm/guard.h"
#include "vm/vm.h"

#define DEPTH_MOST  200
#define INDENT_MOST 31
#define ARRAY_MARK  "nnlua json array"

static void release_json(void *json) { json_decref(json); }

/* {== Lua to JSON ======================================================= */

typedef struct Encoder {
  lua_State *L;
  int digits; /* that every float so far needs to come back the same */
} Encoder;

static json_t *encode(Encoder *e, json_t *parent, const char *key, int depth);

/* Hangs a fresh node into its parent: under the key of an object, at the
** end of an array. Returns the node, borrowed. */
static json_t *attach(Encoder *e, json_t *parent, const char *key,
                      json_t *node) {
  int failed = json_is_object(parent) ? json_object_set_new(parent, key, node)
                                      : json_array_append_new(parent, node);
  if (node == NULL || failed)
    vm_error(e->L, "json_encode: text%s%s%s is not valid UTF-8",
             key == NULL ? "" : " at '", key == NULL ? "" : key,
             key == NULL ? "" : "'");
  return node;
}

/* How many keys the table on top has and whether all are strings. Other
** keys must be 1..n. */
static bool is_object(Encoder *e, int64_t length) {
  lua_State *L = e->L;
  int64_t texts = 0, others = 0;
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
    if (lua_type(L, -2) == LUA_TSTRING)
      texts++;
    else if (lua_isinteger(L, -2) && lua_tointeger(L, -2) >= 1 &&
             lua_tointeger(L, -2) <= length)
      others++;
    else
      vm_error(L,
               "json_encode: keys must be strings, or 1, 2, ... n without a "
               "hole; this one is a %s",
               luaL_typename(L, -2));
  }
  if (texts > 0 && others > 0)
    vm_error(L, "json_encode: a table mixes positions and named keys");
  if (texts == 0 && others < length)
    vm_error(L, "json_encode: a list of %d has a hole", (int)length);
  bool marked = luaL_getmetafield(L, -1, "__name") != LUA_TNIL;
  if (marked) {
    const char *name = lua_tostring(L, -1);
    marked = name != NULL && strcmp(name, ARRAY_MARK) == 0;
    lua_pop(L, 1);
  }
  if (marked && texts > 0)
    vm_error(L, "json_encode: a table marked as an array has named keys");
  return texts > 0 || (others == 0 && !marked);
}

static void encode_object(Encoder *e, json_t *object, int depth) {
  lua_State *L = e->L;
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
    const char *key = lua_tostring(L, -2);
    if (strlen(key) != lua_rawlen(L, -2))
      vm_error(L, "json_encode: a key holds a zero byte");
    encode(e, object, key, depth + 1);
  }
}

static void encode_array(Encoder *e, json_t *array, int64_t length, int depth) {
  for (int64_t i = 1; i <= length; i++) {
    lua_rawgeti(e->L, -1, i);
    encode(e, array, NULL, depth + 1);
    lua_pop(e->L, 1);
  }
}

static json_t *encode_table(Encoder *e, json_t *parent, const char *key,
                            int depth) {
  if (depth > DEPTH_MOST)
    vm_error(e->L,
             "json_encode: tables are nested more than %d deep (does one "
             "contain itself?)",
             DEPTH_MOST);
  luaL_checkstack(e->L, 8, "json_encode");
  int64_t length = (int64_t)lua_rawlen(e->L, -1);
  bool object = is_object(e, length);
  json_t *node = attach(e, parent, key, object ? json_object() : json_array());
  if (object)
    encode_object(e, node, depth);
  else
    encode_array(e, node, length, depth);
  return node;
}

static json_t *encode_float(Encoder *e, const char *key) {
  double v = lua_tonumber(e->L, -1);
  char text[40];
  if (!isfinite(v))
    vm_error(e->L, "json_encode: JSON has no %s%s%s%s",
             isnan(v) ? "NaN" : "inf", key == NULL ? "" : " (at '",
             key == NULL ? "" : key, key == NULL ? "" : "')");
  for (; e->digits < 17; e->digits++) {
    snprintf(text, sizeof text, "%.*g", e->digits, v);
    if (strtod(text, NULL) == v) break;
  }
  return json_real(v);
}

static json_t *encode_string(lua_State *L) {
  size_t length;
  const char *text = lua_tolstring(L, -1, &length);
  return json_stringn(text, length);
}

/* Encodes the value on top of the stack and leaves it there. */
static json_t *encode(Encoder *e, json_t *parent, const char *key, int depth) {
  lua_State *L = e->L;
  json_t *node = NULL;
  switch (lua_type(L, -1)) {
  case LUA_TTABLE: return encode_table(e, parent, key, depth);
  case LUA_TBOOLEAN: node = json_boolean(lua_toboolean(L, -1)); break;
  case LUA_TSTRING: node = encode_string(L); break;
  case LUA_TNUMBER:
    node = lua_isinteger(L, -1) ? json_integer(lua_tointeger(L, -1))
                                : encode_float(e, key);
    break;
  case LUA_TLIGHTUSERDATA:
    if (lua_touserdata(L, -1) == NULL) node = json_null();
    /* fall through */
  default:
    if (node != NULL) break;
    vm_error(L, "json_encode: JSON cannot hold a %s%s%s%s",
             luaL_typename(L, -1), key == NULL ? "" : " (at '",
             key == NULL ? "" : key, key == NULL ? "" : "')");
  }
  return attach(e, parent, key, node);
}

static void release_text(void *text) { free(text); }

/* json_encode(value [, indent]) -> text */
static int json_encode(lua_State *L) {
  luaL_checkany(L, 1);
  lua_Integer indent = luaL_optinteger(L, 2, 0);
  if (indent < 0 || indent > INDENT_MOST)
    return vm_error(L, "json_encode: indent must be 0..%d", INDENT_MOST);
  VmGuard *tree = vm_new_guard(L, release_json);
  VmGuard *text = vm_new_guard(L, release_text);
  json_t *root = json_array(); /* what is encoded becomes its only element */
  tree->what = root;
  if (root == NULL) return vm_raise(L, tensor_no_memory(64));
  Encoder e = {L, 15};
  lua_pushvalue(L, 1);
  json_t *value = encode(&e, root, NULL, 1);
  size_t flags = JSON_ENCODE_ANY | JSON_SORT_KEYS |
                 JSON_REAL_PRECISION((size_t)e.digits) |
                 (indent > 0 ? JSON_INDENT((size_t)indent) : JSON_COMPACT);
  text->what = json_dumps(value, flags);
  if (text->what == NULL) return vm_raise(L, tensor_no_memory(1 << 20));
  lua_pushstring(L, text->what);
  vm_guard_release(text);
  vm_guard_release(tree);
  return 1;
}

/* }== JSON to Lua ======================================================= */

static void mark_array(lua_State *L) {
  if (luaL_newmetatable(L, ARRAY_MARK)) {
    lua_pushliteral(L, ARRAY_MARK);
    lua_setfield(L, -2, "__name");
  }
  lua_setmetatable(L, -2);
}

static void decode(lua_State *L, json_t *node, int depth);

static void decode_object(lua_State *L, json_t *node, int depth) {
  const char *key;
  json_t *value;
  lua_createtable(L, 0, (int)json_object_size(node));
  json_object_foreach(node, key, value) {
    lua_pushstring(L, key);
    decode(L, value, depth + 1);
    lua_rawset(L, -3);
  }
}

static void decode_array(lua_State *L, json_t *node, int depth) {
  size_t count = json_array_size(node);
  lua_createtable(L, (int)count, 0);
  if (count == 0) mark_array(L);
  for (size_t i = 0; i < count; i++) {
    decode(L, json_array_get(node, i), depth + 1);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

/* Pushes the value of a node. */
static void decode(lua_State *L, json_t *node, int depth) {
  if (depth > DEPTH_MOST)
    vm_error(L, "json_decode: nested more than %d deep", DEPTH_MOST);
  luaL_checkstack(L, 4, "json_decode");
  switch (json_typeof(node)) {
  case JSON_OBJECT: decode_object(L, node, depth); break;
  case JSON_ARRAY: decode_array(L, node, depth); break;
  case JSON_STRING:
    lua_pushlstring(L, json_string_value(node), json_string_length(node));
    break;
  case JSON_INTEGER: lua_pushinteger(L, json_integer_value(node)); break;
  case JSON_REAL: lua_pushnumber(L, json_real_value(node)); break;
  case JSON_TRUE: lua_pushboolean(L, 1); break;
  case JSON_FALSE: lua_pushboolean(L, 0); break;
  case JSON_NULL: lua_pushlightuserdata(L, NULL); break;
  }
}

/* json_decode(text) -> value */
static int json_decode(lua_State *L) {
  json_error_t error;
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  VmGuard *tree = vm_new_guard(L, release_json);
  tree->what = json_loadb(
      text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL,
      &error);
  if (tree->what == NULL)
    return vm_error(L, "json_decode: line %d, column %d: %s", error.line,
                    error.column, error.text);
  decode(L, tree->what, 1);
  vm_guard_release(tree);
  return 1;
}

/* json_array(t) -> t, which is an array even when it is empty */
static int json_array_of(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  mark_array(L);
  return 1;
}

/* }===================================================================== */

const luaL_Reg vm_native_json[] = {{"json_encode", json_encode},
                                   {"json_decode", json_decode},
                                   {"json_array", json_array_of},
                                   {NULL, NULL}};
