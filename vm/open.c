/*
** open.c - opens the library: the `tensor` module, `native` for the standard
** library, the searcher for embedded Lua, and the globals that load when
** first touched.
*/
#include <string.h>

#include "vm/module.h"

/* {== the embedded standard library */

static const VmSource *find_source(const char *name) {
  for (const VmSource *s = vm_sources; s->name != NULL; s++)
    if (strcmp(s->name, name) == 0) return s;
  return NULL;
}

/* package.searchers: built-in modules come before files of the same name. */
static int search_embedded(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  const VmSource *s = find_source(name);
  if (s == NULL) {
    lua_pushfstring(L, "no built-in module '%s'", name);
    return 1;
  }
  const char *chunk = lua_pushfstring(L, "=" VM_LIBRARY_CHUNK "%s", name);
  if (luaL_loadbufferx(L, s->text, (size_t)(s->end - s->text), chunk, "t") !=
      LUA_OK)
    return lua_error(L);
  lua_pushstring(L, name);
  return 2;
}

static void add_searcher(lua_State *L) {
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "searchers");
  for (lua_Integer i = (lua_Integer)lua_rawlen(L, -1); i >= 2; i--) {
    lua_rawgeti(L, -1, i);
    lua_rawseti(L, -2, i + 1);
  }
  lua_pushcfunction(L, search_embedded);
  lua_rawseti(L, -2, 2); /* after package.preload */
  lua_pop(L, 2);
}

/* }== globals that load when touched {== */

static const char *const lazy[] = {"autograd", "nn",    "optim", "data",
                                   "text",     "image", "plot",  "viz",
                                   "hyper",    "help",  NULL};

static bool is_lazy(const char *name) {
  for (int k = 0; lazy[k] != NULL; k++)
    if (strcmp(lazy[k], name) == 0) return find_source(name) != NULL;
  return false;
}

/* _G.__index: requires the module and makes it a plain global. */
static int load_global(lua_State *L) {
  if (lua_type(L, 2) != LUA_TSTRING || !is_lazy(lua_tostring(L, 2))) return 0;
  lua_getglobal(L, "require");
  lua_pushvalue(L, 2);
  lua_call(L, 1, 1);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, -2);
  lua_rawset(L, 1);
  return 1;
}

static void set_lazy_globals(lua_State *L) {
  lua_pushglobaltable(L);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, load_global);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  lua_pop(L, 1);
}

/* }== the modules made of C functions {== */

static const VmFunction *const lists[] = {
    vm_functions_table, vm_functions_create, vm_functions_random,
    vm_functions_value, vm_functions_print,  vm_functions_autograd,
    vm_functions_files};

/* tensor.f and tensor:f into both tables, other modules' into natives. */
static void add_function(lua_State *L, const VmFunction *f, int module,
                         int methods, int autograd) {
  const char *name = strpbrk(f->name, ".:");
  if (name == NULL) return; /* the module itself, made by open_tensor */
  lua_pushcfunction(L, f->function);
  if (strncmp(f->name, "autograd.", 9) == 0) {
    lua_setfield(L, autograd, name + 1);
    return;
  }
  lua_pushvalue(L, -1);
  lua_setfield(L, module, name + 1);
  if (*name == ':')
    lua_setfield(L, methods, name + 1);
  else
    lua_pop(L, 1);
}

/* The call of the module, tensor(...), is the first of the first list. */
static void make_callable(lua_State *L, int module) {
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, vm_functions_table[0].function);
  lua_setfield(L, -2, "__call");
  lua_setmetatable(L, module);
}

static void open_tensor(lua_State *L, int native) {
  lua_newtable(L);
  int module = lua_gettop(L);
  lua_newtable(L);
  int methods = module + 1;
  lua_newtable(L);
  int autograd = module + 2;
  vm_bind_rows(L, module, methods);
  for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
    for (const VmFunction *f = lists[k]; f->name != NULL; f++)
      add_function(L, f, module, methods, autograd);
  make_callable(L, module);
  lua_setfield(L, native, "autograd");
  vm_make_metatable(L); /* the methods are on top */
  lua_setfield(L, native, "methods");
  lua_pushvalue(L, module);
  lua_setglobal(L, "tensor");
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_pushvalue(L, module);
  lua_setfield(L, -2, "tensor");
  lua_pushvalue(L, native);
  lua_setfield(L, -2, "native");
  lua_pop(L, 2);
}

/* }== what help and completion ask {== */

/* sources(): module name -> text of the embedded file. */
static int native_sources(lua_State *L) {
  lua_newtable(L);
  for (const VmSource *s = vm_sources; s->name != NULL; s++) {
    lua_pushlstring(L, s->text, (size_t)(s->end - s->text));
    lua_setfield(L, -2, s->name);
  }
  return 1;
}

/* Begins a topic on the stack; name and args as in its list. */
static void begin_topic(lua_State *L, const char *name, const char *args,
                        const char *help) {
  lua_createtable(L, 0, 6);
  lua_pushstring(L, name);
  lua_setfield(L, -2, "name");
  lua_pushstring(L, args);
  lua_setfield(L, -2, "args");
  lua_pushstring(L, help);
  lua_setfield(L, -2, "help");
}

/* What a row does to shapes and dtypes follows from the row. */
static void add_row_topic(lua_State *L, const OpRow *row) {
  static const char *const groups[] = {"arithmetic", "number",  "number",
                                       "float",      "compare", "logic"};
  const char *name = lua_pushfstring(L, "tensor.%s", row->name);
  begin_topic(L, name, row->args, row->help);
  lua_pushboolean(L, vm_has_in_place_form(row));
  lua_setfield(L, -2, "in_place");
  if (row->map != NULL) {
    lua_pushstring(L, groups[row->map->group]);
    lua_setfield(L, -2, "group");
    lua_pushinteger(L, row->map->inputs);
    lua_setfield(L, -2, "inputs");
  }
  lua_remove(L, -2);
}

/* topics(): the texts of all that is written in C, for help.lua. */
static int native_topics(lua_State *L) {
  int count;
  lua_Integer n = 0;
  const OpRow *const *rows = nn_rows(&count);
  lua_newtable(L);
  for (int k = 0; k < count; k++) {
    if (rows[k]->internal) continue;
    add_row_topic(L, rows[k]);
    lua_rawseti(L, -2, ++n);
  }
  for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
    for (const VmFunction *f = lists[k]; f->name != NULL; f++) {
      begin_topic(L, f->name, f->args, f->help);
      lua_rawseti(L, -2, ++n);
    }
  return 1;
}

/* members(x): the names that may follow x. or x: */
static int native_members(lua_State *L) {
  static const char *const fields[] = {"shape", "ndim", "dtype",
                                       "T",     "grad", "requires_grad"};
  lua_newtable(L);
  if (vm_to_value(L, 1) == NULL) return 1;
  lua_Integer n = 0;
  lua_getfield(L, lua_upvalueindex(1), "methods");
  lua_pushnil(L);
  while (lua_next(L, -2) != 0) {
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_rawseti(L, -4, ++n);
  }
  lua_pop(L, 1);
  for (size_t k = 0; k < sizeof fields / sizeof *fields; k++) {
    lua_pushstring(L, fields[k]);
    lua_rawseti(L, -2, ++n);
  }
  return 1;
}

static int native_memory(lua_State *L) {
  TensorMemory m = tensor_memory();
  lua_createtable(L, 0, 4);
  lua_pushinteger(L, (lua_Integer)m.live);
  lua_setfield(L, -2, "live");
  lua_pushinteger(L, (lua_Integer)m.peak);
  lua_setfield(L, -2, "peak");
  lua_pushinteger(L, (lua_Integer)m.cached);
  lua_setfield(L, -2, "cached");
  lua_pushinteger(L, (lua_Integer)m.allocated);
  lua_setfield(L, -2, "allocated");
  return 1;
}

static const luaL_Reg native_own[] = {{"sources", native_sources},
                                      {"topics", native_topics},
                                      {"memory", native_memory},
                                      {NULL, NULL}};

/* }== */

int vm_open(lua_State *L) {
  static const luaL_Reg *const parts[] = {
      native_own,         vm_native_error,    vm_native_table,
      vm_native_autograd, vm_native_optimize, vm_native_json,
      vm_native_files,    vm_native_folders,  vm_native_system,
      vm_native_canvas,   vm_native_random,   vm_native_digest,
      vm_native_prefetch};
  luaL_openlibs(L);
  vm_make_safe(L);
  lua_newtable(L);
  int native = lua_gettop(L);
  for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
    luaL_setfuncs(L, parts[k], 0);
  lua_pushlightuserdata(L, NULL);
  lua_setfield(L, native, "json_null");
  lua_pushvalue(L, native);
  lua_pushcclosure(L, native_members, 1);
  lua_setfield(L, native, "members");
  open_tensor(L, native);
  add_searcher(L);
  set_lazy_globals(L);
  lua_settop(L, native - 1);
  return 0;
}
