/*
** complete.c - what may follow at the prompt: names, fields and methods,
** keywords, files inside a string.
**
** Looking never runs user code: tables are read raw, through metatables
** only where __index is a table. The library's own modules are loaded when
** a name in them is asked for, and native.members tells a tensor's fields.
*/
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "vm/program.h"
#include "vm/vm.h"

#define MAX_MATCHES 1000
#define MAX_INDEX   16 /* __index tables followed */

static const char *const keywords[] = {
    "and",      "break",  "do",   "else", "elseif", "end",   "false", "for",
    "function", "goto",   "if",   "in",   "local",  "nil",   "not",   "or",
    "repeat",   "return", "then", "true", "until",  "while", NULL};

/* Loaded when touched, hence not among the globals before. */
static const char *const modules[] = {"tensor", "autograd", "nn",    "optim",
                                      "data",   "text",     "image", "plot",
                                      "viz",    "hyper",    "help",  NULL};

/* Matches are gathered as keys of the table at `set`. */
typedef struct Search {
  lua_State *L;
  int set;
  int count;
  const char *prefix; /* what a name must begin with */
  size_t length;      /* of the prefix */
  const char *head;   /* what is put before each name */
  size_t head_length;
  bool callable_only;
} Search;

/* {== words ============================================================ */

static bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_';
}

static bool is_name(const char *s, size_t length) {
  if (length == 0 || (*s >= '0' && *s <= '9')) return false;
  for (size_t i = 0; i < length; i++)
    if (!is_word(s[i])) return false;
  return true;
}

static void add_match(Search *s, const char *name, size_t length) {
  lua_State *L = s->L;
  if (s->count >= MAX_MATCHES || length < s->length ||
      memcmp(name, s->prefix, s->length) != 0)
    return;
  lua_pushlstring(L, s->head, s->head_length);
  lua_pushlstring(L, name, length);
  lua_concat(L, 2);
  lua_pushboolean(L, true);
  lua_rawset(L, s->set);
  s->count++;
}

static void add_names(Search *s, const char *const *names) {
  for (; *names != NULL; names++) add_match(s, *names, strlen(*names));
}

/* }== modules ========================================================== */

static bool is_loaded(lua_State *L, const char *name) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_pushstring(L, name);
  bool found = lua_rawget(L, -2) != LUA_TNIL;
  lua_pop(L, 2);
  return found;
}

static bool is_preloaded(lua_State *L, const char *name) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushstring(L, name);
  bool found = lua_rawget(L, -2) != LUA_TNIL;
  lua_pop(L, 2);
  return found;
}

static bool is_embedded(const char *name) {
  for (const VmSource *s = vm_sources; s->name != NULL; s++)
    if (strcmp(s->name, name) == 0) return true;
  return false;
}

/* Whether the name is one of the library's modules that there are. */
static bool is_module(lua_State *L, const char *name) {
  for (const char *const *m = modules; *m != NULL; m++) {
    if (strcmp(*m, name) == 0)
      return is_loaded(L, name) || is_preloaded(L, name) || is_embedded(name);
  }
  return false;
}

/* Pushes the module, or nil. */
static void push_module(lua_State *L, const char *name) {
  lua_getglobal(L, "require");
  lua_pushstring(L, name);
  if (lua_pcall(L, 1, 1, 0) == LUA_OK) return;
  lua_pop(L, 1);
  lua_pushnil(L);
}

/* }== fields =========================================================== */

/* Replaces the value at the top with its metatable's __index, if that is a
** table; false (and nothing at the top) if not. */
static bool follow_index(lua_State *L) {
  bool found = false;
  if (lua_getmetatable(L, -1)) {
    lua_pushliteral(L, "__index");
    found = lua_rawget(L, -2) == LUA_TTABLE;
    lua_replace(L, -3);
    lua_pop(L, 1);
  }
  if (!found) lua_pop(L, 1);
  return found;
}

/* Replaces the value at the top with its field, read raw; nil if none. */
static void get_field(lua_State *L, const char *name, size_t length) {
  bool more = lua_istable(L, -1) || follow_index(L);
  if (!more) {
    lua_pushnil(L);
    return;
  }
  for (int i = 0; more && i < MAX_INDEX; i++) {
    lua_pushlstring(L, name, length);
    if (lua_rawget(L, -2) != LUA_TNIL) {
      lua_remove(L, -2);
      return;
    }
    lua_pop(L, 1);
    more = follow_index(L);
  }
  if (more) lua_pop(L, 1);
  lua_pushnil(L);
}

static bool is_callable(lua_State *L, int index) {
  if (lua_isfunction(L, index)) return true;
  if (luaL_getmetafield(L, index, "__call") == LUA_TNIL) return false;
  lua_pop(L, 1);
  return true;
}

/* The string keys of the table at the top. */
static void add_keys(Search *s) {
  lua_State *L = s->L;
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    size_t length;
    if (lua_type(L, -2) == LUA_TSTRING &&
        (!s->callable_only || is_callable(L, -1))) {
      const char *name = lua_tolstring(L, -2, &length);
      if (is_name(name, length)) add_match(s, name, length);
    }
    lua_pop(L, 1);
  }
}

/* Whether native.members knows names for the value at the top. */
static bool add_members(Search *s) {
  lua_State *L = s->L;
  int value = lua_gettop(L);
  bool known = false;
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_getfield(L, -1, "native");
  if (lua_istable(L, -1)) {
    lua_getfield(L, -1, "members");
    lua_pushvalue(L, value);
    if (lua_isfunction(L, -2) && lua_pcall(L, 1, 1, 0) == LUA_OK &&
        lua_istable(L, -1)) {
      for (lua_Integer i = 1; lua_rawgeti(L, -1, i) == LUA_TSTRING; i++) {
        add_match(s, lua_tostring(L, -1), lua_rawlen(L, -1));
        lua_pop(L, 1);
        known = true;
      }
    }
  }
  lua_settop(L, value);
  return known;
}

/* The fields of the value at the top, which is removed. */
static void add_fields(Search *s) {
  lua_State *L = s->L;
  bool more = true;
  if (lua_isuserdata(L, -1) && add_members(s)) {
    lua_pop(L, 1);
    return;
  }
  if (!lua_istable(L, -1)) more = follow_index(L);
  for (int i = 0; more && i < MAX_INDEX; i++) {
    add_keys(s);
    more = follow_index(L);
  }
  if (more) lua_pop(L, 1);
}

/* }== chains: a.b[1].c ================================================= */

/* The start of the chain of names, dots and indices that ends at `end`. */
static const char *chain_start(const char *text, const char *end) {
  const char *p = end;
  while (p > text) {
    if (is_word(p[-1]) || (p[-1] == '.' && (p - 1 == text || p[-2] != '.'))) {
      p--;
    } else if (p[-1] == ']') {
      do p--;
      while (p > text && *p != '[' && *p != '\n');
      if (*p != '[') return end;
    } else {
      break;
    }
  }
  return p;
}

/* Replaces the value at the top with its item [i], read raw. */
static const char *get_item(lua_State *L, const char *p) {
  char *after;
  long long i = strtoll(p + 1, &after, 10);
  if (after == p + 1 || *after != ']' || !lua_istable(L, -1)) {
    lua_pop(L, 1);
    lua_pushnil(L);
    return NULL;
  }
  lua_rawgeti(L, -1, i);
  lua_remove(L, -2);
  return after + 1;
}

static void push_global(lua_State *L, const char *name, size_t length) {
  lua_pushglobaltable(L);
  lua_pushlstring(L, name, length);
  lua_rawget(L, -2);
  lua_remove(L, -2);
  if (!lua_isnil(L, -1)) return;
  const char *text = lua_pushlstring(L, name, length);
  if (is_module(L, text))
    push_module(L, text);
  else
    lua_pushnil(L);
  lua_replace(L, -3);
  lua_pop(L, 1);
}

/* Pushes the value of the chain p..end, or nil. */
static void push_chain(lua_State *L, const char *p, const char *end) {
  bool first = true;
  lua_pushnil(L);
  while (p != NULL && p < end) {
    if (*p == '[') {
      p = get_item(L, p);
      continue;
    }
    if (*p == '.') p++;
    const char *name = p;
    while (p < end && is_word(*p)) p++;
    if (p == name) break; /* not a chain after all */
    if (first)
      push_global(L, name, (size_t)(p - name));
    else
      get_field(L, name, (size_t)(p - name));
    if (first) lua_replace(L, -2);
    first = false;
  }
  if (p != end) {
    lua_pop(L, 1);
    lua_pushnil(L);
  }
}

/* }== what is asked for ================================================ */

static void add_globals(Search *s) {
  lua_State *L = s->L;
  add_names(s, keywords);
  for (const char *const *m = modules; *m != NULL; m++)
    if (is_module(L, *m)) add_match(s, *m, strlen(*m));
  lua_pushglobaltable(L);
  add_fields(s);
}

/* What a folder holds. */
typedef struct Names {
  struct dirent **list;
  int count;
} Names;

static void add_file(Search *s, const char *folder, const char *name) {
  lua_State *L = s->L;
  struct stat info;
  const char *path = lua_pushfstring(L, "%s/%s", folder, name);
  if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
    lua_pushfstring(L, "%s/", name);
  else
    lua_pushstring(L, name);
  add_match(s, lua_tostring(L, -1), lua_rawlen(L, -1));
  lua_pop(L, 2);
}

/* Names that would need escapes in a string are left out, as are hidden
** files that nobody began to write. */
static bool can_be_written(const Search *s, const char *name) {
  if (*name == '.' && *s->prefix != '.') return false;
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return false;
  for (; *name != '\0'; name++)
    if ((unsigned char)*name < 32 || strchr("\"'\\\177", *name)) return false;
  return true;
}

/* The list of names is collected by Lua, should an error cut this short. */
static int free_names(lua_State *L) {
  Names *n = lua_touserdata(L, 1);
  for (int i = 0; i < n->count; i++) free(n->list[i]);
  free(n->list);
  n->list = NULL;
  n->count = 0;
  return 0;
}

static Names *push_names(lua_State *L, const char *folder) {
  Names *n = lua_newuserdatauv(L, sizeof *n, 0);
  n->list = NULL;
  n->count = 0;
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, free_names);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  int count = scandir(folder, &n->list, NULL, NULL);
  n->count = count > 0 ? count : 0;
  return n;
}

static void add_files(Search *s, const char *folder) {
  const Names *n = push_names(s->L, folder);
  for (int i = 0; i < n->count && s->count < MAX_MATCHES; i++) {
    const char *name = n->list[i]->d_name;
    if (can_be_written(s, name) && strncmp(name, s->prefix, s->length) == 0)
      add_file(s, folder, name);
  }
  lua_pop(s->L, 1);
}

static size_t complete_file(Search *s, const char *text, const char *open) {
  const char *slash = strrchr(open, '/');
  s->head = open;
  s->head_length = slash != NULL ? (size_t)(slash + 1 - open) : 0;
  s->prefix = open + s->head_length;
  s->length = strlen(s->prefix);
  if (slash == NULL)
    add_files(s, ".");
  else if (slash == open)
    add_files(s, "/");
  else {
    add_files(s, lua_pushlstring(s->L, open, (size_t)(slash - open)));
    lua_pop(s->L, 1);
  }
  return (size_t)(open - text);
}

static size_t complete_name(Search *s, const char *text, size_t length) {
  const char *end = text + length, *word = end;
  while (word > text && is_word(word[-1])) word--;
  s->prefix = word;
  s->length = (size_t)(end - word);
  if (word > text && (word[-1] == '.' || word[-1] == ':')) {
    const char *base = word - 1;
    s->callable_only = *base == ':';
    push_chain(s->L, chain_start(text, base), base);
    add_fields(s);
  } else {
    add_globals(s);
  }
  return (size_t)(word - text);
}

static int compare(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Replaces the set at the top with the sorted list of its keys. */
static void sort_matches(lua_State *L, int set) {
  int count = 0;
  lua_pushnil(L);
  for (; lua_next(L, set); lua_pop(L, 1)) count++;
  const char **names =
      lua_newuserdatauv(L, sizeof *names * ((size_t)count + 1), 0);
  int n = 0;
  lua_pushnil(L);
  for (; lua_next(L, set); lua_pop(L, 1)) names[n++] = lua_tostring(L, -2);
  qsort(names, (size_t)n, sizeof *names, compare);
  lua_createtable(L, n, 0);
  for (int i = 0; i < n; i++) {
    lua_pushstring(L, names[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_replace(L, set);
  lua_settop(L, set);
}

size_t vm_complete(lua_State *L, const char *text, size_t length) {
  const char *open;
  size_t start = length;
  luaL_checkstack(L, LUA_MINSTACK, "cannot complete");
  lua_newtable(L);
  Search s = {L, lua_gettop(L), 0, "", 0, "", 0, false};
  text = lua_pushlstring(L, text, length);
  if (!vm_ends_in_string(text, &open))
    start = complete_name(&s, text, length);
  else if (open != NULL)
    start = complete_file(&s, text, open);
  sort_matches(L, s.set);
  return start;
}

/* }===================================================================== */
