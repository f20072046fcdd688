/*
** folders.c - the part of `native` that reads, writes and names whole files,
** and makes folders.
*/
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tensor/file.h"
#include "vm/guard.h"
#include "vm/module.h"

const char *vm_check_path(lua_State *L, int idx, const char *who) {
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

/* write_file(path, text): whole or not at all */
static int files_write(lua_State *L) {
  size_t length;
  const char *path = vm_check_path(L, 1, "write_file");
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
  const char *path = vm_check_path(L, 1, "read_file");
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
  lua_pushboolean(L, stat(vm_check_path(L, 1, "file_exists"), &info) == 0);
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
  const char *path = vm_check_path(L, 1, "make_folder");
  VmGuard *guard = vm_new_guard(L, release_bytes);
  guard->what = strdup(path);
  if (guard->what == NULL) return vm_raise(L, tensor_no_memory(1));
  int status = make_folders(guard->what);
  vm_guard_release(guard);
  return status == TENSOR_OK ? 0 : vm_raise(L, status);
}

/* rename_file(from, to): takes the place of a file that is there */
static int files_rename(lua_State *L) {
  const char *from = vm_check_path(L, 1, "rename_file");
  const char *to = vm_check_path(L, 2, "rename_file");
  if (rename(from, to) == 0) return 0;
  return vm_error(L, "%s: cannot be renamed to '%s': %s", from, to,
                  strerror(errno));
}

/* remove_file(path): a file, not a folder */
static int files_remove(lua_State *L) {
  const char *path = vm_check_path(L, 1, "remove_file");
  return unlink(path) == 0 ? 0 : vm_raise(L, tensor_path_fail(path));
}

static void release_folder(void *folder) { closedir(folder); }

/* list_folder(path) -> its folders, its other entries: two lists of names, not
** sorted. A link counts as what it leads to. */
static int files_list(lua_State *L) {
  const char *path = vm_check_path(L, 1, "list_folder");
  VmGuard *guard = vm_new_guard(L, release_folder);
  guard->what = opendir(path);
  if (guard->what == NULL) return vm_raise(L, tensor_path_fail(path));
  lua_newtable(L);
  lua_newtable(L);
  int lists = lua_gettop(L) - 1;
  for (struct dirent *e; (e = readdir(guard->what)) != NULL;) {
    struct stat info;
    if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
    bool known = fstatat(dirfd(guard->what), e->d_name, &info, 0) == 0;
    int list = known && S_ISDIR(info.st_mode) ? lists : lists + 1;
    lua_pushstring(L, e->d_name);
    lua_rawseti(L, list, (lua_Integer)lua_rawlen(L, list) + 1);
  }
  vm_guard_release(guard);
  lua_settop(L, lists + 1);
  return 2;
}

const luaL_Reg vm_native_folders[] = {
    {"write_file", files_write},   {"read_file", files_read},
    {"file_exists", files_exists}, {"make_folder", files_make_folder},
    {"list_folder", files_list},   {"rename_file", files_rename},
    {"remove_file", files_remove}, {NULL, NULL}};
