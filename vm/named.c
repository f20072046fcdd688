/*
** named.c - tables of named tensors and the files that hold them, and the
** part of `native` that reads and writes safetensors files with their
** metadata.
*/
#include <stdlib.h>
#include <string.h>

#include "vm/files.h"

bool vm_worth_a_retry(lua_State *L, int status) {
  if (status != TENSOR_NO_MEMORY) return false;
  lua_gc(L, LUA_GCCOLLECT, 0);
  tensor_memory_clear();
  return true;
}

static void release_file(void *file) {
  tensor_file_free(file);
  free(file);
}

TensorFile *vm_new_file(lua_State *L, VmGuard **guard) {
  *guard = vm_new_guard(L, release_file);
  (*guard)->what = calloc(1, sizeof(TensorFile));
  if ((*guard)->what == NULL) vm_raise(L, tensor_no_memory(sizeof(TensorFile)));
  return (*guard)->what;
}

static int64_t count_pairs(lua_State *L, int idx) {
  int64_t count = 0;
  for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) count++;
  return count;
}

/* The key below the value on top, which must be text without a zero byte. */
static const char *check_key(lua_State *L, const char *who, const char *what) {
  if (lua_type(L, -2) != LUA_TSTRING)
    vm_error(L, "%s: %s must have names (strings), not a %s as a key", who,
             what, luaL_typename(L, -2));
  const char *key = lua_tostring(L, -2);
  if (strlen(key) != lua_rawlen(L, -2))
    vm_error(L, "%s: a name holds a zero byte", who);
  return key;
}

static char *copy_text(lua_State *L, const char *text) {
  char *copy = strdup(text);
  if (copy == NULL) vm_raise(L, tensor_no_memory((int64_t)strlen(text)));
  return copy;
}

static void add_tensor(lua_State *L, TensorFile *file, const char *name,
                       const Value *v) {
  file->names[file->count] = copy_text(L, name);
  tensor_alias(&file->tensors[file->count++], &v->t);
}

static void room_for_tensors(lua_State *L, TensorFile *file, int64_t count) {
  file->names = calloc((size_t)count + 1, sizeof *file->names);
  file->tensors = calloc((size_t)count + 1, sizeof *file->tensors);
  if (file->names == NULL || file->tensors == NULL)
    vm_raise(L, tensor_no_memory(count));
}

void vm_take_tensors(lua_State *L, TensorFile *file, int idx, const char *who) {
  room_for_tensors(L, file, count_pairs(L, idx));
  for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
    const char *name = check_key(L, who, "tensors in a table");
    const Value *v = vm_to_value(L, -1);
    if (v == NULL)
      vm_error(L, "%s: '%s' is a %s, not a tensor", who, name,
               luaL_typename(L, -1));
    add_tensor(L, file, name, v);
  }
}

/* Fills the file's metadata from the table of strings at idx. */
static void take_metadata(lua_State *L, TensorFile *file, int idx,
                          const char *who) {
  int64_t count = count_pairs(L, idx);
  file->keys = calloc((size_t)count + 1, sizeof *file->keys);
  file->values = calloc((size_t)count + 1, sizeof *file->values);
  if (file->keys == NULL || file->values == NULL)
    vm_raise(L, tensor_no_memory(count));
  for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
    const char *key = check_key(L, who, "metadata");
    if (lua_type(L, -1) != LUA_TSTRING)
      vm_error(L, "%s: metadata '%s' must be a string, not a %s", who, key,
               luaL_typename(L, -1));
    const char *value = lua_tostring(L, -1);
    if (strlen(value) != lua_rawlen(L, -1))
      vm_error(L, "%s: metadata '%s' holds a zero byte", who, key);
    int i = file->entries++;
    file->keys[i] = copy_text(L, key);
    file->values[i] = copy_text(L, value);
  }
}

void vm_take_alone(lua_State *L, TensorFile *file, const Value *v,
                   const char *name) {
  room_for_tensors(L, file, 1);
  add_tensor(L, file, name, v);
}

void vm_push_alias(lua_State *L, const Tensor *t) {
  Tensor alias;
  tensor_alias(&alias, t);
  vm_push_tensor(L, &alias);
}

void vm_push_tensors(lua_State *L, const TensorFile *file) {
  lua_createtable(L, 0, file->count);
  for (int i = 0; i < file->count; i++) {
    vm_push_alias(L, &file->tensors[i]);
    lua_setfield(L, -2, file->names[i]);
  }
}

TensorFile *vm_load_file(lua_State *L, VmReadFile *read, const char *path,
                         VmGuard **guard) {
  TensorFile *file = vm_new_file(L, guard);
  int status = read(file, path);
  if (vm_worth_a_retry(L, status)) status = read(file, path);
  if (status != TENSOR_OK) vm_raise(L, status);
  return file;
}

/* load_safetensors(path) -> tensors by name, metadata, list of names */
static int files_load_safetensors(lua_State *L) {
  const char *path = vm_check_path(L, 1, "load_safetensors");
  VmGuard *guard;
  const TensorFile *file =
      vm_load_file(L, tensor_load_safetensors, path, &guard);
  vm_push_tensors(L, file);
  lua_createtable(L, 0, file->entries);
  for (int i = 0; i < file->entries; i++) {
    lua_pushstring(L, file->values[i]);
    lua_setfield(L, -2, file->keys[i]);
  }
  lua_createtable(L, file->count, 0);
  for (int i = 0; i < file->count; i++) {
    lua_pushstring(L, file->names[i]);
    lua_rawseti(L, -2, i + 1);
  }
  vm_guard_release(guard);
  return 3;
}

/* save_safetensors(path, tensors [, metadata]) */
static int files_save_safetensors(lua_State *L) {
  static const char who[] = "save_safetensors";
  const char *path = vm_check_path(L, 1, who);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 3);
  VmGuard *guard;
  TensorFile *file = vm_new_file(L, &guard);
  vm_take_tensors(L, file, 2, who);
  if (!lua_isnil(L, 3)) {
    luaL_checktype(L, 3, LUA_TTABLE);
    take_metadata(L, file, 3, who);
  }
  int status = tensor_save_safetensors(file, path);
  vm_guard_release(guard);
  return status == TENSOR_OK ? 0 : vm_raise(L, status);
}

const luaL_Reg vm_native_files[] = {
    {"load_safetensors", files_load_safetensors},
    {"save_safetensors", files_save_safetensors},
    {NULL, NULL}};
