/*
** main.c - the program `nnlua`: reads the command line, makes the state,
** runs what was asked in one protected call, and reports.
*/
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm/program.h"
#include "vm/vm.h"

typedef struct Program {
  VmOptions options;
  int argc;
  char **argv;
  int status; /* of the process */
} Program;

/* {== saying what is wrong ============================================= */

bool vm_wants_colour(int fd) {
  const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
  return isatty(fd) && (no == NULL || *no == '\0') && term != NULL &&
         strcmp(term, "dumb") != 0;
}

void vm_complain(const char *name, const char *message) {
  bool colour = vm_wants_colour(STDERR_FILENO);
  int first = (int)strcspn(message, "\n");
  fflush(stdout);
  if (name != NULL) fprintf(stderr, "%s: ", name);
  fprintf(stderr, "%s%.*s%s%s\n", colour ? "\033[31m" : "", first, message,
          colour ? "\033[0m" : "", message + first);
  fflush(stderr);
}

static bool told_of_output; /* that its reader is gone */

/* Complains of the message at the top and removes it. */
static bool report(lua_State *L, int status) {
  if (status == LUA_OK) return true;
  const char *message = lua_tostring(L, -1);
  if (message && strncmp(message, VM_OUTPUT_LOST, strlen(VM_OUTPUT_LOST)) == 0)
    told_of_output = true;
  vm_complain("nnlua", message ? message : "(error object is not a string)");
  lua_pop(L, 1);
  return false;
}

/* Output that could not be written is a failure, however the program ends:
** os.exit comes by here too. */
static void flush_output(void) {
  bool lost = ferror(stdout) != 0;
  errno = 0;
  if (fflush(stdout) == 0 && !lost) return;
  const char *why = errno != 0 ? strerror(errno) : NULL;
  if (!told_of_output)
    fprintf(stderr, "nnlua: " VM_OUTPUT_LOST "%s%s\n", why ? ": " : "",
            why ? why : "");
  _exit(EXIT_FAILURE);
}

/* }== running ========================================================== */

static bool run_code(lua_State *L, const char *code) {
  int status = luaL_loadbufferx(L, code, strlen(code), "=(command line)", "t");
  return report(L, status == LUA_OK ? vm_call(L, 0, 0) : status);
}

/* "mod" or "global=mod" */
static bool run_require(lua_State *L, const char *text) {
  const char *equals = strchr(text, '=');
  const char *module = equals != NULL ? equals + 1 : text;
  lua_getglobal(L, "require");
  lua_pushstring(L, module);
  if (!report(L, vm_call(L, 1, 1))) return false;
  lua_pushlstring(L, text, equals ? (size_t)(equals - text) : strlen(text));
  lua_insert(L, -2);
  lua_pushglobaltable(L);
  lua_insert(L, -3);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  return true;
}

static bool run_actions(lua_State *L, const VmOptions *o) {
  for (int i = 0; i < o->action_count; i++) {
    const VmAction *a = &o->actions[i];
    if (!(a->is_require ? run_require : run_code)(L, a->text)) return false;
  }
  return true;
}

/* Global `arg`: the script at 0, its arguments after, the rest before. */
static void make_arg_table(lua_State *L, const Program *p) {
  int script = p->options.script == p->argc ? 0 : p->options.script;
  lua_createtable(L, p->argc - script, script + 1);
  for (int i = 0; i < p->argc; i++) {
    lua_pushstring(L, p->argv[i]);
    lua_rawseti(L, -2, i - script);
  }
  lua_setglobal(L, "arg");
}

static int load_script(lua_State *L, const char *path) {
  struct stat info;
  if (path != NULL && stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
    lua_pushfstring(L, "cannot run %s: it is a folder", path);
    return LUA_ERRFILE;
  }
  return luaL_loadfilex(L, path, "t");
}

static bool run_script(lua_State *L, const Program *p) {
  const char *path = p->argv[p->options.script];
  bool is_input = strcmp(path, "-") == 0 &&
                  strcmp(p->argv[p->options.script - 1], "--") != 0;
  int status = load_script(L, is_input ? NULL : path);
  if (status != LUA_OK) return report(L, status);
  int count = p->argc - p->options.script - 1;
  luaL_checkstack(L, count + LUA_MINSTACK, "too many arguments");
  for (int i = 1; i <= count; i++)
    lua_pushstring(L, p->argv[p->options.script + i]);
  return report(L, vm_call(L, count, 0));
}

static bool run_input(lua_State *L) {
  int status = load_script(L, NULL);
  return report(L, status == LUA_OK ? vm_call(L, 0, 0) : status);
}

/* nnlua help [TOPIC] */
static bool run_help(lua_State *L, const char *topic) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "help");
  if (!report(L, vm_call(L, 1, 1))) return false;
  lua_getfield(L, -1, "find");
  lua_pushstring(L, topic); /* nil when there is none: the overview */
  if (!report(L, vm_call(L, 1, 2))) return false;
  if (lua_isstring(L, -2)) {
    puts(lua_tostring(L, -2));
    return true;
  }
  return report(L, LUA_ERRRUN);
}

/* }== the one protected call =========================================== */

static void print_version(void) { puts("nnlua " VM_VERSION ", " LUA_RELEASE); }

static bool is_help(const Program *p) {
  int rest = p->argc - p->options.script;
  return (rest == 1 || rest == 2) &&
         strcmp(p->argv[p->options.script], "help") == 0;
}

/* What is left to do after the options: script, shell or standard input. */
static int run_rest(lua_State *L, const Program *p) {
  const VmOptions *o = &p->options;
  bool has_script = o->script < p->argc;
  if (has_script && !run_script(L, p)) return EXIT_FAILURE;
  if (o->interactive) return vm_shell(L);
  if (has_script || o->action_count > 0 || o->version) return EXIT_SUCCESS;
  if (isatty(STDIN_FILENO)) return vm_shell(L);
  return run_input(L) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(lua_State *L) {
  Program *p = lua_touserdata(L, 1);
  const VmOptions *o = &p->options;
  p->status = EXIT_FAILURE;
  luaL_checkversion(L);
  lua_settop(L, 0);
  lua_pushcfunction(L, vm_open);
  lua_call(L, 0, 0);
  vm_watch_coroutines(L);
  if (o->threads > 0) tensor_set_threads(o->threads);
  if (o->has_seed) tensor_random_seed(o->seed);
  make_arg_table(L, p);
  if (o->version) print_version();
  if (is_help(p)) {
    if (run_help(L, p->argv[o->script + 1])) p->status = EXIT_SUCCESS;
  } else if (run_actions(L, o)) {
    p->status = run_rest(L, p);
  }
  return 0;
}

static void run_program(Program *p) {
  lua_State *L = luaL_newstate();
  if (L == NULL) {
    vm_complain("nnlua", "not enough memory");
    p->status = EXIT_FAILURE;
    return;
  }
  lua_pushcfunction(L, run);
  lua_pushlightuserdata(L, p);
  if (!report(L, lua_pcall(L, 1, 0, 0))) p->status = EXIT_FAILURE;
  lua_close(L);
}

int main(int argc, char **argv) {
  Program p = {.argc = argc, .argv = argv, .status = EXIT_SUCCESS};
  atexit(flush_output);
  signal(SIGPIPE, SIG_IGN);
  if (argc < 1 || !vm_options_parse(&p.options, argc, argv))
    p.status = EXIT_FAILURE;
  else if (p.options.help)
    vm_options_usage();
  else if (p.options.version_only)
    print_version();
  else
    run_program(&p);
  vm_options_free(&p.options);
  return p.status;
}

/* }===================================================================== */
