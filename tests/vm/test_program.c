/*
** test_program.c - the program as a process: options, scripts, exit
** statuses, what it says on stderr, and output that cannot be written.
**
** NNLUA names the program; build/nnlua if not set.
*/
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_SECONDS 60
#define TEXT_SIZE     16384
#define MAX_ARGS      16

typedef struct Outcome {
  int status; /* of exit; -1 after a signal */
  char out[TEXT_SIZE], err[TEXT_SIZE];
} Outcome;

static Outcome got; /* of the last run */
static char script_path[] = "/tmp/nnlua-test-XXXXXX";

/* {== running ========================================================== */

static const char *program(void) {
  const char *path = getenv("NNLUA");
  return path != NULL ? path : "build/nnlua";
}

static int text_file(const char *text) {
  FILE *f = tmpfile();
  cr_assert_not_null(f);
  fputs(text, f);
  fflush(f);
  int fd = dup(fileno(f));
  fclose(f);
  lseek(fd, 0, SEEK_SET);
  return fd;
}

static void read_back(int fd, char text[TEXT_SIZE]) {
  lseek(fd, 0, SEEK_SET);
  ssize_t n = read(fd, text, TEXT_SIZE - 1);
  text[n > 0 ? n : 0] = '\0';
  close(fd);
}

/* Starts the program with these files; `args` ends with NULL. */
static pid_t start(const char *const args[], int in, int out, int err) {
  char *argv[MAX_ARGS + 2] = {(char *)(size_t)program()};
  for (int i = 0; i < MAX_ARGS && args[i] != NULL; i++)
    argv[i + 1] = (char *)(size_t)args[i];
  fflush(NULL);
  pid_t pid = fork();
  if (pid == 0) {
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    alarm(LIMIT_SECONDS);
    execv(argv[0], argv);
    _exit(127);
  }
  return pid;
}

static int finish(pid_t pid) {
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Runs to the end with `input` as standard input. */
static void run_with(const char *input, const char *const args[]) {
  int in = text_file(input), out = text_file(""), err = text_file("");
  got.status = finish(start(args, in, out, err));
  close(in);
  read_back(out, got.out);
  read_back(err, got.err);
}

#define RUN(...) run_with("", (const char *const[]){__VA_ARGS__, NULL})

/* Runs `code` from a file, whose name is script_path. */
static void run_script(const char *code) {
  strcpy(script_path + sizeof script_path - 7, "XXXXXX");
  int fd = mkstemp(script_path);
  cr_assert(fd >= 0);
  cr_assert_eq(write(fd, code, strlen(code)), (ssize_t)strlen(code));
  close(fd);
  RUN(script_path, "first", "second");
  unlink(script_path);
}

static void expect(int status, const char *out, const char *err) {
  cr_expect_eq(got.status, status, "status %d, stderr: %s", got.status,
               got.err);
  if (out != NULL) cr_expect_str_eq(got.out, out);
  if (*err == '\0')
    cr_expect_str_empty(got.err);
  else
    cr_expect(strstr(got.err, err) != NULL, "no '%s' in: %s", err, got.err);
}

static int count_lines(const char *text) {
  int lines = 0;
  for (; (text = strchr(text, '\n')) != NULL; text++) lines++;
  return lines;
}

/* }== options ========================================================== */

Test(program, options_of_lua) {
  RUN("-e", "print(1 + 1)");
  expect(0, "2\n", "");
  RUN("-eprint(1)", "-e", "print(2)");
  expect(0, "1\n2\n", "");
  RUN("-l", "m=string", "-e", "print(m.rep('x', 3))");
  expect(0, "xxx\n", "");
  RUN("-v", "-e", "print(3)");
  expect(0, NULL, "");
  cr_expect(strstr(got.out, "nnlua ") == got.out);
  RUN("--version");
  expect(0, NULL, "");
  cr_expect(strstr(got.out, "Lua 5.4") != NULL);
  RUN("--help");
  expect(0, NULL, "");
  cr_expect(strstr(got.out, "usage: nnlua") == got.out);
}

Test(program, own_options) {
  static const char code[] = "print(tensor.rand(3):sum():item())";
  char first[64];
  RUN("--seed", "7", "-e", code);
  expect(0, NULL, "");
  snprintf(first, sizeof first, "%.60s", got.out);
  RUN("--seed=7", "--threads", "1", "--no-progress", "-e", code);
  expect(0, first, "");
  RUN("--seed=8", "-e", code);
  cr_expect_str_neq(got.out, first);
}

Test(program, wrong_options) {
  static const char *const wrong[][2] = {
      {"-x", "unknown option '-x'"},
      {"-ix", "unknown option '-ix'"},
      {"--sead", "unknown option '--sead'"},
      {"--seed", "no value after '--seed'"},
      {"--seed=x", "a whole number, not 'x'"},
      {"--seed=-1", "a whole number, not '-1'"},
      {"--seed=99999999999999999999", "a whole number"},
      {"--threads=0", "from 1 to 1024, not '0'"},
      {"-e", "no value after '-e'"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    RUN(wrong[i][0]);
    expect(1, "", wrong[i][1]);
  }
}

Test(program, help) {
  RUN("help");
  expect(0, NULL, "");
  cr_expect(strstr(got.out, "Modules:") != NULL);
  RUN("help", "shell");
  expect(0, NULL, "");
  cr_expect(strstr(got.out, "Ctrl-C") != NULL);
  RUN("help", "no-such-topic-at-all");
  expect(1, "", "no help on 'no-such-topic-at-all'");
  RUN("help", "shel");
  expect(1, "", "did you mean 'shell'?");
}

Test(program, help_finds_values) {
  RUN("-e", "help(tensor.sum) help(tensor.ones(1)) help('sum') help(nil)");
  expect(0, NULL, "");
  cr_expect(strstr(got.out, "tensor.sum(") == got.out, "%s", got.out);
  cr_expect(strstr(got.out, "\ntensor(") != NULL, "%s", got.out);
  cr_expect(strstr(got.out, "no help on nil") != NULL, "%s", got.out);
  RUN("-e", "for _, name in ipairs(help.topics()) do "
            "assert(#help.text(name) > 0, name) end "
            "assert(help.text('no such') == nil) "
            "assert(help.find('sum') and help.find(help))");
  expect(0, "", "");
}

Test(program, suggestions) {
  RUN("-e", "local s = require('suggest').nearest "
            "print(s('epoch', {'epochs', 'batch'}), s('Dens', {'Dot', "
            "'Dense'}), s('acn', {'can'}), s('zzz', {'abc'}), s('', {'b'}), "
            "s('x', {'x'}))");
  expect(0, "epochs\tDense\tcan\tnil\tnil\tnil\n", "");
}

/* }== scripts ========================================================== */

Test(program, arguments) {
  run_script("print(..., arg[1], arg[2], arg[0] ~= nil, arg[-1] ~= nil)");
  expect(0, "first\tfirst\tsecond\ttrue\ttrue\n", "");
  run_script("print(select('#', ...))");
  expect(0, "2\n", "");
}

Test(program, standard_input) {
  run_with("print(1, ...)", (const char *const[]){NULL});
  expect(0, "1\n", "");
  run_with("print(2, ...)", (const char *const[]){"-", "a", NULL});
  expect(0, "2\ta\n", "");
}

Test(program, unreadable_scripts) {
  RUN("/tmp");
  expect(1, "", "nnlua: cannot run /tmp: it is a folder");
  cr_expect_eq(count_lines(got.err), 1);
  RUN("/no/such/file.lua");
  expect(1, "", "nnlua: cannot open /no/such/file.lua");
  cr_expect_eq(count_lines(got.err), 1);
  run_script("x = = 1");
  expect(1, "", ":1: unexpected symbol near '='");
  cr_expect_eq(count_lines(got.err), 1);
  run_script("\033LuaT binary");
  expect(1, "", "attempt to load a binary chunk");
}

Test(program, errors_have_tracebacks) {
  run_script("local function f() error('boom') end\n"
             "f()\n");
  expect(1, "", ":1: boom\nstack traceback:\n");
  cr_expect(strstr(got.err, ":2: in main chunk") != NULL, "%s", got.err);
  cr_expect(strstr(got.err, "[C]") == NULL, "%s", got.err);
  run_script("pritn(1)");
  expect(1, "", "did you mean 'print'?");
  run_script("local function r() return 1 + r() end r()");
  expect(1, "", "stack overflow");
  cr_expect(count_lines(got.err) < 30);
}

Test(program, errors_that_are_no_strings) {
  run_script("error()");
  expect(1, "", "(error object is a nil value)");
  run_script("error({})");
  expect(1, "", "(error object is a table value)");
  run_script("error(setmetatable({}, {__tostring = function() return 'me' "
             "end}))");
  expect(1, "", "nnlua: me\n");
  run_script("error(setmetatable({}, {__tostring = function() error('x') "
             "end}))");
  cr_expect_eq(got.status, 1);
}

Test(program, exit_status) {
  RUN("-e", "os.exit(3)");
  expect(3, "", "");
  RUN("-e", "os.exit(true, true)");
  expect(0, "", "");
  RUN("-e", "os.exit(false)");
  expect(1, "", "");
}

Test(program, library_frames_are_hidden) {
  RUN("-e", "require('suggest').nearest()");
  expect(1, "", "(command line):1: ");
  cr_expect(strstr(got.err, "\n\tnnlua:") == NULL, "%s", got.err);
}

/* }== limits =========================================================== */

Test(program, not_enough_memory) {
  /* more than there are addresses */
  run_script("io.read(2^50 // 1 | 0)");
  expect(1, "", "nnlua: not enough memory");
}

Test(program, full_device) {
  int in = text_file(""), out = open("/dev/full", O_WRONLY);
  static const char *const ways[] = {
      "print(1)", "print(1) os.exit(0)",
      "for i = 1, 1e4 do io.write('123456789') end"};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    int err = text_file("");
    got.status =
        finish(start((const char *const[]){"-e", ways[i], NULL}, in, out, err));
    read_back(err, got.err);
    expect(1, NULL, "nnlua: cannot write to standard output");
    cr_expect_eq(count_lines(got.err), 1);
  }
  close(in);
  close(out);
}

/* A reader that goes away ends even a script that writes for ever, and one
** that catches errors. */
Test(program, closed_pipe) {
  static const char *const ways[] = {
      "while true do print(1) end", "while true do pcall(print, 1) end",
      "coroutine.wrap(function() while true do print(1) end end)()"};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    int ends[2], in = text_file(""), err = text_file("");
    cr_assert_eq(pipe(ends), 0);
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    pid_t pid =
        start((const char *const[]){"-e", ways[i], NULL}, in, ends[1], err);
    close(ends[1]);
    close(ends[0]);
    got.status = finish(pid);
    close(in);
    read_back(err, got.err);
    expect(1, NULL, "nnlua: cannot write to standard output");
  }
}

/* A pipe of the script's own that breaks is an error the script can see. */
Test(program, own_broken_pipe) {
  run_script("local p = io.popen('true', 'w')\n"
             "local ok\n"
             "for i = 1, 1e3 do ok = p:write(('x'):rep(1e4)) end\n"
             "print(not ok)");
  expect(0, "true\n", "");
}

/* }== Ctrl-C =========================================================== */

/* Starts `code`, which prints a line when it is under way, and interrupts
** it then, and where `again` once more when it had the time to stop. */
static void interrupt(const char *code, bool again) {
  char line[16];
  int ends[2], in = text_file(""), err = text_file("");
  cr_assert_eq(pipe(ends), 0);
  pid_t pid = start((const char *const[]){"-e", code, NULL}, in, ends[1], err);
  close(ends[1]);
  cr_assert(read(ends[0], line, sizeof line) > 0);
  kill(pid, SIGINT);
  if (again) {
    usleep(1500000);
    kill(pid, SIGINT);
  }
  got.status = finish(pid);
  close(ends[0]);
  close(in);
  read_back(err, got.err);
}

Test(program, interrupts) {
  static const char *const loops[] = {
      "while true do end",
      "while true do pcall(function() while true do end end) end",
      "local function h() return 1 end "
      "while true do xpcall(function() while true do end end, h) end",
      "coroutine.wrap(function() while true do end end)()",
      "local co = coroutine.create(function() while true do "
      "coroutine.yield() end end) while true do coroutine.resume(co) end",
      "local co = coroutine.create(function() pcall(function() "
      "coroutine.wrap(function() while true do end end)() end) "
      "while true do end end) while true do coroutine.resume(co) end",
      "local co = coroutine.create(function() local x <close> = "
      "setmetatable({}, {__close = function() while true do end end}) "
      "coroutine.yield() end) coroutine.resume(co) coroutine.close(co)",
  };
  for (size_t i = 0; i < sizeof loops / sizeof *loops; i++) {
    char code[512];
    snprintf(code, sizeof code, "print(1) io.stdout:flush() %s", loops[i]);
    interrupt(code, false);
    expect(1, NULL, "nnlua: interrupted\n");
  }
}

/* What does not listen can still be ended: Lua has no hooks in a
** finalizer. */
Test(program, second_interrupt_kills) {
  interrupt("setmetatable({}, {__gc = function() print(1) io.stdout:flush() "
            "while true do end end}) collectgarbage()",
            true);
  cr_expect_eq(got.status, -1);
}

/* }== coroutines, which the program wraps ============================== */

Test(program, coroutines_behave) {
  run_script("local co = coroutine.create(function(a) "
             "local b = coroutine.yield(a + 1) error('x' .. b, 0) end)\n"
             "print(coroutine.resume(co, 1))\n"
             "print(coroutine.resume(co, 'y'))\n"
             "print(coroutine.resume(co))\n"
             "for i in coroutine.wrap(function() for i = 1, 3 do "
             "coroutine.yield(i) end end) do io.write(i, ' ') end print()\n"
             "local w = coroutine.wrap(function() error('in wrap', 0) end)\n"
             "print(pcall(w))\n"
             "print(pcall(coroutine.wrap(function() error({}) end)))\n"
             "print(pcall(coroutine.resume, 1))\n"
             "print(pcall(coroutine.wrap, 1))\n"
             "print(coroutine.close(coroutine.create(print)))\n"
             "print(pcall(coroutine.close, (coroutine.running())))\n");
  cr_expect_eq(got.status, 0, "%s", got.err);
  cr_expect(strstr(got.out, "true\t2\n"
                            "false\txy\n"
                            "false\tcannot resume dead coroutine\n"
                            "1 2 3 \n"
                            "false\tin wrap\n"
                            "false\ttable: ") == got.out,
            "%s", got.out);
  cr_expect(strstr(got.out, "coroutine expected") != NULL, "%s", got.out);
  cr_expect(strstr(got.out, "cannot close a running coroutine") != NULL, "%s",
            got.out);
}

/* }===================================================================== */
