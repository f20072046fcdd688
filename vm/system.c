/*
** system.c - the part of `native` that asks the system: time, terminal,
** process.
*/
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "vm/module.h"
#include "vm/program.h"

#define DEFAULT_COLUMNS 80

/* Seconds on a clock that only moves forward. */
static int system_clock(lua_State *L) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  lua_pushnumber(L, (lua_Number)now.tv_sec + (lua_Number)now.tv_nsec * 1e-9);
  return 1;
}

static int system_isatty(lua_State *L) {
  static const char *const names[] = {"stdin", "stdout", "stderr", NULL};
  static const int files[] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
  lua_pushboolean(L, isatty(files[luaL_checkoption(L, 1, "stdout", names)]));
  return 1;
}

int vm_columns(void) {
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  return DEFAULT_COLUMNS;
}

static int system_columns(lua_State *L) {
  lua_pushinteger(L, vm_columns());
  return 1;
}

static int system_no_progress(lua_State *L) {
  lua_pushboolean(L, vm_quiet_progress || !isatty(STDOUT_FILENO));
  return 1;
}

static int system_pid(lua_State *L) {
  lua_pushinteger(L, getpid());
  return 1;
}

const luaL_Reg vm_native_system[] = {
    {"clock", system_clock},     {"isatty", system_isatty},
    {"columns", system_columns}, {"no_progress", system_no_progress},
    {"pid", system_pid},         {NULL, NULL}};
