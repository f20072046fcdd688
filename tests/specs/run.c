/*
** run.c - runs each tests/specs/NAME_spec.lua as a process of its own.
**
** A spec passes when the program ends with status 0; what it printed is
** shown when it does not. NNLUA names the program, NNLUA_SPECS (a pattern)
** picks among the specs.
*/
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH_ROOM   256
#define OUTPUT_ROOM 65536
#define TIME_LIMIT  900 /* seconds: the sanitizers are slow */

typedef struct Spec {
  char path[PATH_ROOM];
} Spec;

static const char *setting(const char *name, const char *otherwise) {
  const char *value = getenv(name);
  return value != NULL && *value != '\0' ? value : otherwise;
}

/* A spec requires what lies beside it: check.lua. */
static void set_module_path(const char *path) {
  char text[PATH_ROOM + 16];
  const char *slash = strrchr(path, '/');
  int folder = slash != NULL ? (int)(slash - path) : 0;
  snprintf(text, sizeof text, "%.*s/?.lua;;", folder, path);
  setenv("LUA_PATH_5_4", slash != NULL ? text : "./?.lua;;", 1);
}

static void run_program(const char *path, int output) {
  const char *program = setting("NNLUA", "build/nnlua");
  set_module_path(path);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  close(output);
  alarm(TIME_LIMIT);
  execl(program, program, "--no-progress", path, (char *)NULL);
  fprintf(stderr, "cannot run %s\n", program);
  _exit(127);
}

/* Reads to the end; keeps the first OUTPUT_ROOM - 1 bytes. */
static void read_all(int input, char *text) {
  size_t length = 0;
  char rest[4096];
  for (;;) {
    size_t room = OUTPUT_ROOM - 1 - length;
    ssize_t got = room > 0 ? read(input, text + length, room)
                           : read(input, rest, sizeof rest);
    if (got <= 0) break;
    if (room > 0) length += (size_t)got;
  }
  text[length] = '\0';
}

/* The exit status, or 128 plus the signal that ended the program. */
static int run_spec(const char *path, char *text) {
  int ends[2], status = 0;
  cr_assert(pipe(ends) == 0);
  pid_t child = fork();
  cr_assert(child >= 0, "cannot fork");
  if (child == 0) {
    close(ends[0]);
    run_program(path, ends[1]);
  }
  close(ends[1]);
  read_all(ends[0], text);
  close(ends[0]);
  cr_assert(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

ParameterizedTestParameters(specs, lua) {
  glob_t found;
  const char *pattern = setting("NNLUA_SPECS", "tests/specs/*_spec.lua");
  if (glob(pattern, 0, NULL, &found) != 0) found.gl_pathc = 0;
  Spec *specs = cr_calloc(found.gl_pathc + 1, sizeof(Spec));
  for (size_t i = 0; i < found.gl_pathc; i++)
    snprintf(specs[i].path, PATH_ROOM, "%s", found.gl_pathv[i]);
  size_t count = found.gl_pathc;
  if (count > 0) globfree(&found);
  return cr_make_param_array(Spec, specs, count, NULL);
}

ParameterizedTest(Spec *spec, specs, lua) {
  static char text[OUTPUT_ROOM];
  int status = run_spec(spec->path, text);
  cr_expect(status == 0, "%s ended with status %d:\n%s", spec->path, status,
            text);
}
