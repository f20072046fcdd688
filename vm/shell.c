/*
** shell.c - the interactive shell: reads what the parser says is complete,
** runs it, shows what it is worth, and goes on whatever happens.
*/
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm/editor.h"
#include "vm/program.h"
#include "vm/vm.h"

#define PROMPT      "> "
#define MORE_PROMPT ">> "
#define CHUNK       "=stdin"

/* {== places =========================================================== */

/* Pushes $variable/nnlua/name, or $HOME/fallback/nnlua/name; false (and
** nothing pushed) where there is no home. */
static bool push_place(lua_State *L, const char *variable, const char *fallback,
                       const char *name) {
  const char *base = getenv(variable), *home = getenv("HOME");
  if (base != NULL && *base == '/')
    lua_pushfstring(L, "%s/nnlua/%s", base, name);
  else if (home != NULL && *home == '/')
    lua_pushfstring(L, "%s/%s/nnlua/%s", home, fallback, name);
  else
    return false;
  return true;
}

static bool report(lua_State *L, int status) {
  if (status == LUA_OK) return true;
  const char *message = lua_tostring(L, -1);
  vm_complain(NULL, message != NULL ? message : "error without a message");
  lua_pop(L, 1);
  return false;
}

static void run_config(lua_State *L) {
  if (!push_place(L, "XDG_CONFIG_HOME", ".config", "config.lua")) return;
  const char *path = lua_tostring(L, -1);
  if (access(path, F_OK) == 0) {
    int status = luaL_loadfilex(L, path, "t");
    report(L, status == LUA_OK ? vm_call(L, 0, 0) : status);
  }
  lua_pop(L, 1);
}

/* }== completion ======================================================= */

static const char **matches; /* the names last found; memory of malloc */

/* Called with the text as a light userdata and its length; returns a table
** and the start. */
static int complete_protected(lua_State *L) {
  const char *text = lua_touserdata(L, 1);
  size_t start = vm_complete(L, text, (size_t)lua_tointeger(L, 2));
  lua_pushinteger(L, (lua_Integer)start);
  return 2;
}

/* The registry keeps the list of names, so that they stay valid. */
static EditorMatches complete(void *context, const char *text, size_t length) {
  lua_State *L = context;
  EditorMatches m = {NULL, 0, 0};
  int top = lua_gettop(L);
  lua_pushcfunction(L, complete_protected);
  lua_pushlightuserdata(L, (void *)(uintptr_t)text);
  lua_pushinteger(L, (lua_Integer)length);
  if (lua_pcall(L, 2, 2, 0) == LUA_OK) {
    int count = (int)lua_rawlen(L, -2);
    m.start = (size_t)lua_tointeger(L, -1);
    const char **names = realloc(matches, ((size_t)count + 1) * sizeof *names);
    if (names != NULL) {
      m.names = matches = names;
      m.count = count;
      for (int i = 0; i < count; i++) {
        lua_rawgeti(L, -2, i + 1);
        names[i] = lua_tostring(L, -1);
        lua_pop(L, 1);
      }
      lua_pushvalue(L, -2);
      lua_rawsetp(L, LUA_REGISTRYINDEX, &matches);
    }
  }
  lua_settop(L, top);
  return m;
}

/* }== reading ========================================================== */

/* What to do with the text read so far. */
typedef enum Verdict { RUN, READ_MORE, REFUSE } Verdict;

static int load(lua_State *L, const char *text) {
  return luaL_loadbufferx(L, text, strlen(text), CHUNK, "t");
}

/* Whether the parser gave up at the end of the text. */
static bool is_incomplete(lua_State *L, int status) {
  static const char mark[] = "<eof>";
  size_t length;
  if (status != LUA_ERRSYNTAX) return false;
  const char *message = lua_tolstring(L, -1, &length);
  return length >= sizeof mark - 1 &&
         strcmp(message + length - (sizeof mark - 1), mark) == 0;
}

/* Whether a `;` at the end of the expression, as the parser sees it (not in
** a comment), silences: nothing may follow it. */
static bool is_silenced(lua_State *L, const char *text) {
  size_t length = strlen(text);
  while (length > 0 && strchr(" \t\r\n", text[length - 1])) length--;
  if (length == 0 || text[length - 1] != ';') return false;
  bool silent = load(L, lua_pushfstring(L, "return %s 0", text)) != LUA_OK;
  lua_pop(L, 2);
  return silent;
}

/* Pushes the text as an expression's chunk, or a message. */
static int load_expression(lua_State *L, const char *text) {
  int status = load(L, lua_pushfstring(L, "return %s\n", text));
  lua_remove(L, -2);
  return status;
}

/* Replaces the chunk at the top with one whose top-level locals are
** globals, so that they outlive it. */
static void keep_locals(lua_State *L, const char *text) {
  char *kept = vm_keep_locals(text);
  if (kept == NULL) return;
  if (load(L, kept) == LUA_OK)
    lua_replace(L, -2);
  else
    lua_pop(L, 1);
  free(kept);
}

/* Pushes the chunk, or a message where it is refused, or nothing. */
static Verdict judge(lua_State *L, const char *text, bool *silent) {
  int status = load_expression(L, text);
  *silent = status != LUA_OK || is_silenced(L, text);
  if (status == LUA_OK) return RUN;
  bool incomplete = is_incomplete(L, status);
  lua_pop(L, 1);
  status = load(L, text);
  if (status == LUA_OK) {
    keep_locals(L, text);
    return RUN;
  }
  if (!incomplete && !is_incomplete(L, status)) return REFUSE;
  lua_pop(L, 1);
  return READ_MORE;
}

/* Pushes `?name` as a call of help. */
static void push_question(lua_State *L, const char *text) {
  text += 1 + strspn(text + 1, " \t");
  size_t length = strlen(text);
  while (length > 0 && strchr(" \t?", text[length - 1])) length--;
  lua_getglobal(L, "require");
  lua_pushliteral(L, "help");
  if (lua_pcall(L, 1, 1, 0) != LUA_OK) lua_error(L);
  if (length > 0)
    lua_pushlstring(L, text, length);
  else
    lua_pushnil(L);
}

/* }== running ========================================================== */

/* Shows its arguments; the last one shown is kept as `ans`. */
static int show_results(lua_State *L) {
  int shown = vm_echo(L, 1);
  if (shown == 0) return 0;
  lua_pushglobaltable(L);
  lua_pushliteral(L, "ans");
  lua_pushvalue(L, shown);
  lua_rawset(L, -3);
  return 0;
}

/* Runs the chunk above `base`. */
static void run_chunk(lua_State *L, int base, bool silent) {
  if (!report(L, vm_call(L, 0, LUA_MULTRET))) return;
  int count = lua_gettop(L) - base;
  if (silent || count == 0) return;
  lua_pushcfunction(L, show_results);
  lua_insert(L, base + 1);
  report(L, vm_call(L, count, 0));
}

static void run_question(lua_State *L, const char *text) {
  push_question(L, text);
  report(L, vm_call(L, 1, 0));
}

/* "exit" and "quit" mean what they say, unless they are variables. */
static bool is_farewell(lua_State *L, const char *text) {
  static const char *const words[] = {"exit", "quit", "exit()", "quit()"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (strcmp(text, words[i]) != 0) continue;
    lua_pushglobaltable(L);
    lua_pushlstring(L, text, 4);
    bool free_name = lua_rawget(L, -2) == LUA_TNIL;
    lua_pop(L, 2);
    return free_name;
  }
  return false;
}

/* Reads on until the text at the top is complete. Pushes a chunk, or the
** parser's message; EDITOR_CANCELLED pushes neither. */
static EditorResult finish_entry(lua_State *L, Verdict *verdict, bool *silent) {
  const char *line, *text = lua_tostring(L, -1);
  while ((*verdict = judge(L, text, silent)) == READ_MORE) {
    EditorResult result = vm_editor_read(MORE_PROMPT, &line);
    if (result == EDITOR_CANCELLED) return result;
    if (result == EDITOR_END) { /* the message says what is missing */
      load(L, text);
      *verdict = REFUSE;
      return EDITOR_LINE;
    }
    lua_pushfstring(L, "%s\n%s", text, line);
    lua_replace(L, -2);
    text = lua_tostring(L, -1);
  }
  return EDITOR_LINE;
}

/* Reads and runs one entry, which may take several lines. False at the
** end. */
static bool run_entry(lua_State *L) {
  const char *line;
  bool silent = false;
  Verdict verdict = REFUSE;
  EditorResult result = vm_editor_read(PROMPT, &line);
  if (result != EDITOR_LINE) return result != EDITOR_END;
  int base = lua_gettop(L) + 1; /* of the text */
  const char *text = lua_pushstring(L, line);
  if (is_farewell(L, text)) return false;
  if (*text == '?') {
    vm_editor_remember(text);
    run_question(L, text);
    return true;
  }
  if (finish_entry(L, &verdict, &silent) == EDITOR_CANCELLED) return true;
  vm_editor_remember(lua_tostring(L, base));
  if (verdict == RUN)
    run_chunk(L, base, silent);
  else
    report(L, LUA_ERRSYNTAX);
  return true;
}

static int run_entry_protected(lua_State *L) {
  lua_pushboolean(L, run_entry(L));
  return 1;
}

/* }== the shell ======================================================== */

static void greet(void) {
  puts("nnlua " VM_VERSION ": " LUA_VERSION
       " with tensors and neural networks\n"
       "help() tells what there is, ?name explains a name; Ctrl-D leaves");
}

static void ignore_signal(int number) { (void)number; }

/* Between two computations a Ctrl-C ends the line, not the shell. */
static void ignore_interrupts(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = ignore_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
}

int vm_shell(lua_State *L) {
  bool go_on = true;
  greet();
  ignore_interrupts();
  run_config(L);
  bool has_history = push_place(L, "XDG_STATE_HOME", ".local/state", "history");
  vm_editor_open(has_history ? lua_tostring(L, -1) : NULL, complete, L);
  while (go_on) {
    lua_pushcfunction(L, run_entry_protected);
    if (report(L, lua_pcall(L, 0, 1, 0))) {
      go_on = lua_toboolean(L, -1);
      lua_pop(L, 1);
    }
    fflush(stdout);
  }
  putchar('\n');
  vm_editor_close();
  free(matches);
  matches = NULL;
  return EXIT_SUCCESS;
}

/* }===================================================================== */
