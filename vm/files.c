/*
** files.c - files for Lua: tensor.save and tensor.load by the end of the
** path, and the part of `native` that reads, writes and names files.
*/
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tensor/file.h"
#include "vm/guard.h"
#include "vm/module.h"

/* The name of a tensor that is saved alone in a safetensors file. */
#define ALONE "tensor"

/* {== paths ============================================================= */

/* The path at idx; `who` is the function's name for messages. */
static const char *check_path(lua_State *L, int idx, const char *who) {
  size_t length;
  if (lua_type(L, idx) != LUA_TSTRING)
    vm_error(L, "%s: argument #%d must be a path (a string), not a %s", who,
             idx, luaL_typename(L, idx));
  const char *path = lua_tolstring(L, idx, &length);
  if (length == 0) vm_error(L, "%s: the path is empty", who);
  if (strlen(path) != length)
    vm_error(L, "%s: the path holds a zero byte", who);
  return path;
}

typedef enum Format { FORMAT_IDX, FORMAT_PNG, FORMAT_SAFETENSORS } Format;

static Format check_format(lua_State *L, const char *path, const char *who) {
  static const struct {
    const char *ending;
    Format format;
  } formats[] = {{".idx", FORMAT_IDX},   {".idx.gz", FORMAT_IDX},
                 {"-ubyte", FORMAT_IDX}, {"-ubyte.gz", FORMAT_IDX},
                 {".png", FORMAT_PNG},   {".safetensors", FORMAT_SAFETENSORS}};
  size_t length = strlen(path);
  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
    size_t n = strlen(formats[i].ending);
    if (length > n && !strcasecmp(path + length - n, formats[i].ending))
      return formats[i].format;
  }
  vm_error(L,
           "%s: '%s': the path must end in .safetensors, .png, .idx, .idx.gz, "
           "-ubyte or -ubyte.gz",
           who, path);
  return FORMAT_IDX; /* not reached */
}

/* Whether to try again what failed: once, after collecting garbage. */
static bool worth_a_retry(lua_State *L, int status) {
  if (status != TENSOR_NO_MEMORY) return false;
  lua_gc(L, LUA_GCCOLLECT, 0);
  tensor_memory_clear();
  return true;
}

/* }== named tensors ===================================================== */

static void release_file(void *file) {
  tensor_file_free(file);
  free(file);
}

/* Pushes a guard with an empty file in it. */
static TensorFile *new_file(lua_State *L, VmGuard **guard) {
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

/* Fills the file with the table of tensors at idx. */
static void take_tensors(lua_State *L, TensorFile *file, int idx,
                         const char *who) {
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

/* Pushes another reference to t. */
static void push_alias(lua_State *L, const Tensor *t) {
  Tensor alias;
  tensor_alias(&alias, t);
  vm_push_tensor(L, &alias);
}

static void push_tensors(lua_State *L, const TensorFile *file) {
  lua_createtable(L, 0, file->count);
  for (int i = 0; i < file->count; i++) {
    push_alias(L, &file->tensors[i]);
    lua_setfield(L, -2, file->names[i]);
  }
}

static TensorFile *load_file(lua_State *L, const char *path, VmGuard **guard) {
  TensorFile *file = new_file(L, guard);
  int status = tensor_load_safetensors(file, path);
  if (worth_a_retry(L, status)) status = tensor_load_safetensors(file, path);
  if (status != TENSOR_OK) vm_raise(L, status);
  return file;
}

/* load_safetensors(path) -> tensors by name, metadata, list of names */
static int files_load_safetensors(lua_State *L) {
  const char *path = check_path(L, 1, "load_safetensors");
  VmGuard *guard;
  const TensorFile *file = load_file(L, path, &guard);
  push_tensors(L, file);
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
  const char *path = check_path(L, 1, who);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 3);
  VmGuard *guard;
  TensorFile *file = new_file(L, &guard);
  take_tensors(L, file, 2, who);
  if (!lua_isnil(L, 3)) {
    luaL_checktype(L, 3, LUA_TTABLE);
    take_metadata(L, file, 3, who);
  }
  int status = tensor_save_safetensors(file, path);
  vm_guard_release(guard);
  return status == TENSOR_OK ? 0 : vm_raise(L, status);
}

/* }== tensor.save, tensor.load ========================================== */

static int save_named(lua_State *L, const char *path) {
  VmGuard *guard;
  TensorFile *file = new_file(L, &guard);
  const Value *v = vm_to_value(L, 2);
  if (v != NULL) {
    room_for_tensors(L, file, 1);
    add_tensor(L, file, ALONE, v);
  } else {
    take_tensors(L, file, 2, "tensor.save");
  }
  int status = tensor_save_safetensors(file, path);
  vm_guard_release(guard);
  return status;
}

static int tensor_file_save(lua_State *L) {
  static const char who[] = "tensor.save";
  const char *path = check_path(L, 1, who);
  Format format = check_format(L, path, who);
  const Value *v = vm_to_value(L, 2);
  if (v == NULL && !lua_istable(L, 2))
    return vm_error(L,
                    "%s: argument #2 must be a tensor or a table of named "
                    "tensors, not a %s",
                    who, luaL_typename(L, 2));
  if (v == NULL && format != FORMAT_SAFETENSORS)
    return vm_error(L,
                    "%s: '%s' holds one tensor; a table of tensors needs a "
                    "path that ends in .safetensors",
                    who, path);
  int status = format == FORMAT_SAFETENSORS ? save_named(L, path)
               : format == FORMAT_PNG       ? tensor_save_png(&v->t, path)
                                            : tensor_save_idx(&v->t, path);
  return status == TENSOR_OK ? 0 : vm_raise(L, status);
}

static int load_named(lua_State *L, const char *path) {
  VmGuard *guard;
  const TensorFile *file = load_file(L, path, &guard);
  if (file->count == 1 && strcmp(file->names[0], ALONE) == 0)
    push_alias(L, &file->tensors[0]);
  else
    push_tensors(L, file);
  vm_guard_release(guard);
  return 1;
}

static int tensor_file_load(lua_State *L) {
  static const char who[] = "tensor.load";
  const char *path = check_path(L, 1, who);
  Format format = check_format(L, path, who);
  if (format == FORMAT_SAFETENSORS) return load_named(L, path);
  int (*load)(Tensor *, const char *) =
      format == FORMAT_PNG ? tensor_load_png : tensor_load_idx;
  Tensor t = {0};
  int status = load(&t, path);
  if (worth_a_retry(L, status)) status = load(&t, path);
  if (status != TENSOR_OK) return vm_raise(L, status);
  vm_push_tensor(L, &t);
  return 1;
}

/* }== files and folders ================================================= */

/* write_file(path, text): whole or not at all */
static int files_write(lua_State *L) {
  size_t length;
  const char *path = check_path(L, 1, "write_file");
  const char *text = luaL_checklstring(L, 2, &length);
  TensorOutput *output = tensor_output_open(path);
  if (output == NULL) return vm_raise(L, TENSOR_FAIL);
  int status = tensor_output_write(output, text, length);
  if (status == TENSOR_OK)
    status = tensor_output_commit(output);
  else
    tensor_output_cancel(output);
  return status == TENSOR_OK ? 0 : vm_raise(L, status);
}

static void release_bytes(void *bytes) { free(bytes); }

/* read_file(path) -> its bytes */
static int files_read(lua_State *L) {
  const char *path = check_path(L, 1, "read_file");
  VmGuard *guard = vm_new_guard(L, release_bytes);
  int fd;
  int64_t size;
  int status = tensor_input_open(path, &fd, &size);
  if (status != TENSOR_OK) return vm_raise(L, status);
  guard->what = malloc((size_t)size + 1);
  status = guard->what == NULL ? tensor_no_memory(size)
                               : tensor_input_read(path, fd, guard->what, size);
  close(fd);
  if (status != TENSOR_OK) {
    vm_guard_release(guard);
    return vm_raise(L, status);
  }
  lua_pushlstring(L, guard->what, (size_t)size);
  vm_guard_release(guard);
  return 1;
}

/* file_exists(path) -> whether something is there */
static int files_exists(lua_State *L) {
  struct stat info;
  lua_pushboolean(L, stat(check_path(L, 1, "file_exists"), &info) == 0);
  return 1;
}

/* mkdir, content with a folder that is there. */
static int make_one_folder(const char *path) {
  struct stat info;
  if (mkdir(path, 0777) == 0) return TENSOR_OK;
  if (errno != EEXIST) return tensor_path_fail(path);
  if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) return TENSOR_OK;
  return tensor_fail("%s: is a file, not a folder", path);
}

/* Makes the folder and those above it. `path` is changed for a while. */
static int make_folders(char *path) {
  for (char *p = path + 1;; p++) {
    if (*p != '/' && *p != '\0') continue;
    char end = *p;
    *p = '\0';
    int status = make_one_folder(path);
    *p = end;
    if (status != TENSOR_OK || end == '\0') return status;
  }
}

/* make_folder(path): with the folders above it; one that is there is fine */
static int files_make_folder(lua_State *L) {
  const char *path = check_path(L, 1, "make_folder");
  VmGuard *guard = vm_new_guard(L, release_bytes);
  guard->what = copy_text(L, path);
  int status = make_folders(guard->what);
  vm_guard_release(guard);
  return status == TENSOR_OK ? 0 : vm_raise(L, status);
}

/* rename_file(from, to): takes the place of a file that is there */
static int files_rename(lua_State *L) {
  const char *from = check_path(L, 1, "rename_file");
  const char *to = check_path(L, 2, "rename_file");
  if (rename(from, to) == 0) return 0;
  return vm_error(L, "%s: cannot be renamed to '%s': %s", from, to,
                  strerror(errno));
}

/* remove_file(path): a file, not a folder */
static int files_remove(lua_State *L) {
  const char *path = check_path(L, 1, "remove_file");
  return unlink(path) == 0 ? 0 : vm_raise(L, tensor_path_fail(path));
}

/* }===================================================================== */

const luaL_Reg vm_native_files[] = {
    {"load_safetensors", files_load_safetensors},
    {"save_safetensors", files_save_safetensors},
    {"write_file", files_write},
    {"read_file", files_read},
    {"file_exists", files_exists},
    {"make_folder", files_make_folder},
    {"rename_file", files_rename},
    {"remove_file", files_remove},
    {NULL, NULL}};

const VmFunction vm_functions_files[] = {
    {"tensor.save", "path, x", tensor_file_save,
     "Writes a tensor to a file, whole or not at all. The end of the path "
     "says how: .safetensors (also a table of named tensors), .png (an image: "
     "height, width, channels), .idx, .idx.gz."},
    {"tensor.load", "path", tensor_file_load,
     "Reads what tensor.save writes: a tensor, or a table of named tensors "
     "from a .safetensors file with other names than its own. PNG gives "
     "uint8 (height, width, channels)."},
    {NULL, NULL, NULL, NULL}};
