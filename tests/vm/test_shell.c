/*
** test_shell.c - the shell in a pseudo-terminal, as a person meets it.
**
** Each test types, and waits for what must then be on the screen. What is
** waited for is spelt so that the echo of what is typed does not show it.
** NNLUA names the program; build/nnlua if not set.
*/
#include <criterion/criterion.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAIT_SECONDS 30
#define SCREEN_SIZE  65536

static char home[] = "/tmp/nnlua-home-XXXXXX";
static int terminal = -1;
static pid_t shell;
static char screen[SCREEN_SIZE]; /* all that came since `wait_for` last */
static size_t screen_length;

/* {== the terminal ===================================================== */

static const char *program(void) {
  const char *path = getenv("NNLUA");
  return path != NULL ? path : "build/nnlua";
}

static void set_environment(void) {
  setenv("HOME", home, 1);
  setenv("TERM", "xterm", 1);
  setenv("NO_COLOR", "1", 1);
  setenv("LC_ALL", "C.UTF-8", 1);
  unsetenv("XDG_STATE_HOME");
  unsetenv("XDG_CONFIG_HOME");
}

/* Forgets the escapes that turn bracketed paste on and off. */
static void strip_escapes(void) {
  static const char *const marks[] = {"\033[?2004h", "\033[?2004l"};
  for (int i = 0; i < 2; i++) {
    size_t length = strlen(marks[i]);
    char *p = screen;
    while ((p = strstr(p, marks[i])) != NULL) {
      memmove(p, p + length, strlen(p + length) + 1);
      screen_length -= length;
    }
  }
}

/* Adds what the terminal has to say within 50 ms; false at its end. */
static bool listen_terminal(void) {
  struct pollfd p = {terminal, POLLIN, 0};
  if (poll(&p, 1, 50) <= 0) return true;
  if (screen_length > SCREEN_SIZE / 2) { /* the latest half is enough */
    memmove(screen, screen + SCREEN_SIZE / 4, screen_length - SCREEN_SIZE / 4);
    screen_length -= SCREEN_SIZE / 4;
  }
  ssize_t n =
      read(terminal, screen + screen_length, SCREEN_SIZE - 1 - screen_length);
  if (n <= 0) return false;
  screen_length += (size_t)n;
  screen[screen_length] = '\0';
  strip_escapes();
  return true;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Waits until the text is on the screen, and forgets all up to its end. */
static void wait_for(const char *text) {
  double end = now() + WAIT_SECONDS;
  const char *found;
  bool open = true;
  while ((found = strstr(screen, text)) == NULL && open && now() < end)
    open = listen_terminal();
  cr_assert_not_null(found, "no '%s' on the screen:\n%s", text, screen);
  size_t used = (size_t)(found - screen) + strlen(text);
  memmove(screen, screen + used, screen_length - used + 1);
  screen_length -= used;
}

static void type(const char *text) {
  cr_assert_eq(write(terminal, text, strlen(text)), (ssize_t)strlen(text));
}

/* Types a line at the prompt and waits for what it brings. */
static void enter(const char *line, const char *answer) {
  wait_for("> ");
  type(line);
  type("\n");
  wait_for(answer);
}

static void start(void) {
  struct winsize size = {.ws_row = 40, .ws_col = 200};
  screen_length = 0;
  screen[0] = '\0';
  shell = forkpty(&terminal, NULL, NULL, &size);
  cr_assert(shell >= 0);
  if (shell == 0) {
    set_environment();
    execl(program(), program(), (char *)NULL);
    _exit(127);
  }
  wait_for("Ctrl-D leaves");
}

static int leave(void) {
  int status = 0;
  double end = now() + WAIT_SECONDS;
  while (listen_terminal() && now() < end) continue;
  close(terminal);
  if (now() >= end) kill(shell, SIGKILL);
  waitpid(shell, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Ctrl-D at the prompt. */
static void end(void) {
  wait_for("> ");
  type("\004");
  cr_expect_eq(leave(), 0);
}

static void make_home(void) { cr_assert_not_null(mkdtemp(home)); }

static void remove_home(void) {
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", home);
  cr_expect_eq(system(command), 0);
}

TestSuite(shell, .init = make_home, .fini = remove_home, .timeout = 300);

/* }== reading and showing ============================================== */

Test(shell, expressions_are_shown) {
  start();
  enter("20 + 22", "\n42\r\n");
  enter("ans + 1", "\n43\r\n");
  enter("1 + 1, 2 + 2", "\n2\r\n4\r\n");
  enter("ans", "\n4\r\n");
  enter("nil", "\nnil\r\n");
  enter("'a' .. 'b'", "\nab\r\n");
  enter("x = 7", "\n");
  enter("x;", "\n");
  enter("ans", "\nab\r\n");
  enter("io.write('out', 'put\\n')", "\noutput\r\n> ");
  type("=x\n");
  wait_for("unexpected symbol");
  end();
}

Test(shell, tables_are_shown) {
  start();
  enter("{1, 2, {3, {4, {5}}}, a = 'x'}",
        "\n{1, 2, {3, {...}}, a = \"x\"}\r\n");
  enter("{}", "\n{}\r\n");
  enter("t = {} for i = 1, 100 do t[i] = i end", "\n");
  enter("t", " 19, 20,\r\n  ...\r\n}\r\n");
  enter("t = {} t[1] = t", "\n");
  enter("t", "\n{{{...}}}\r\n");
  enter("{['a b'] = 1, [2.5] = 2}", "\n{[2.5] = 2, [\"a b\"] = 1}\r\n");
  enter("setmetatable({}, {__tostring = function() return 'o' .. 'k' end})",
        "\nok\r\n");
  end();
}

Test(shell, tables_of_trials_are_live) {
  start();
  enter("hyper.minimize(function(v) return v.x end, {x = hyper.int(3, 3)}, "
        "{trials = 2})",
        "time  x\r\n    1  ...                              3\r"
        "    1  3 *         3");
  wait_for("\033[K\r\n    2  ...");
  wait_for("best of 2 trials: trial 1, loss 3, x=3\r\n");
  end();
}

Test(shell, entries_of_several_lines) {
  start();
  enter("for i = 1, 2 do", ">> ");
  type("print(i * 11)\n");
  wait_for(">> ");
  type("end\n");
  wait_for("\n11\r\n22\r\n");
  enter("{1,", ">> ");
  type("2}\n");
  wait_for("\n{1, 2}\r\n");
  enter("s = [[a", ">> ");
  type("b]]\n");
  enter("#s", "\n3\r\n");
  end();
}

Test(shell, pasted_text_is_one_entry) {
  start();
  wait_for("> ");
  type("\033[200~for i = 1, 2 do\r\tprint(i * 11, 'd\xc3\xa9j\xc3\xa0')\r"
       "end\r\033[201~");
  wait_for("end");
  type("\n");
  wait_for("\n11\td\xc3\xa9j\xc3\xa0\r\n22\t");
  end();
}

Test(shell, locals_live_on) {
  start();
  enter("local a, b <const> = 1, 20", "\n");
  enter("a + b", "\n21\r\n");
  enter("local function f(n) local k = 5 return n * k end", "\n");
  enter("f(5)", "\n25\r\n");
  enter("k", "\nnil\r\n");
  enter("local c; do local d = 1; c = d + 1 end", "\n");
  enter("c, d", "\n2\r\nnil\r\n");
  end();
}

/* }== errors, and going on ============================================= */

Test(shell, errors_do_not_end_it) {
  start();
  enter("y = 5", "\n");
  enter("error('bo' .. 'om')", "\nstdin:1: boom\r\n> ");
  type("x = = 1\n");
  wait_for("stdin:1: unexpected symbol");
  enter("error({})", "(error object is a table value)");
  enter("string.rep()", "bad argument #1");
  enter("setmetatable({}, {__tostring = error})", "\n");
  enter("y * 2", "\n10\r\n");
  enter("function f() error('de' .. 'ep') end", "\n");
  enter("f()", "stdin:1: deep\r\nstack traceback:\r\n");
  end();
}

Test(shell, interrupts_stop_what_runs) {
  static const char *const loops[] = {
      "while true do end",
      "while true do pcall(function() while true do end end) end",
      "coroutine.wrap(function() while true do end end)()",
      ("co = coroutine.wrap(function() while 1 do coroutine.yield() end end) "
       "while 1 do co() end"),
      "io.read()",
  };
  start();
  enter("kept = 6", "\n");
  for (size_t i = 0; i < sizeof loops / sizeof *loops; i++) {
    char line[256];
    snprintf(line, sizeof line, "print('go' .. 'ing') %s", loops[i]);
    enter(line, "\ngoing\r\n");
    type("\003");
    wait_for("interrupted\r\n");
    enter("kept * 7", "\n42\r\n");
  }
  end();
}

/* The model and every variable outlive a training that was stopped. */
Test(shell, interrupt_stops_training) {
  start();
  enter("x, y = tensor.rand(4000, 100), tensor.randint(1, 10, 4000)", "\n");
  enter("m = nn.Sequential{nn.Dense{200, activation='relu', "
        "input_shape={100}}, nn.Dense{10, activation='softmax'}}",
        "\n");
  enter("m:compile{optimizer='rmsprop', "
        "loss='sparse_categorical_crossentropy'}",
        "\n");
  enter("m:fit(x, y, {epochs=100000})", "Epoch 2/100000");
  type("\003");
  wait_for("interrupted\r\n");
  enter("m:predict(x).shape", "\n(4000, 10)\r\n");
  enter("m:fit(x, y, {epochs=1, verbose=0}).loss[1] > 0", "\ntrue\r\n");
  end();
}

Test(shell, interrupt_stops_kernels) {
  static const char *const kernels[] = {
      "a = a:matmul(a):clamp(0, 1)",
      "local y = tensor.conv2d(image, kernel)",
      "b = (a + 1):log():sum()",
      "local y = tensor.randn(2000, 2000)",
  };
  start();
  enter("a = tensor.rand(2000, 2000)", "\n");
  enter("image = tensor.ones(64, 64, 64, 32)", "\n");
  enter("kernel = tensor.ones(5, 5, 32, 64)", "\n");
  for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
    char line[256];
    snprintf(line, sizeof line, "print('go' .. 'ing') while true do %s end",
             kernels[i]);
    enter(line, "\ngoing\r\n");
    type("\003");
    wait_for("interrupted\r\n");
    enter("a.shape", "\n(2000, 2000)\r\n");
  }
  end();
}

Test(shell, interrupt_gives_the_line_up) {
  start();
  enter("n = 1", "\n");
  wait_for("> ");
  type("n = 2\003");
  wait_for("^C\r\n");
  enter("n", "\n1\r\n");
  enter("for i = 1, 2 do", ">> ");
  type("\003");
  wait_for("^C\r\n");
  enter("n + 2", "\n3\r\n");
  end();
}

Test(shell, farewell) {
  start();
  wait_for("> ");
  type("exit\n");
  cr_expect_eq(leave(), 0);
  start();
  wait_for("> ");
  type("os.exit(5)\n");
  cr_expect_eq(leave(), 5);
}

/* }== help and completion ============================================== */

Test(shell, question_mark_asks_for_help) {
  start();
  enter("?shell", "The prompt takes");
  enter("? no_such_name", "no help on 'no_such_name'");
  end();
}

Test(shell, tab_completes) {
  start();
  wait_for("> ");
  type("string.re\t");
  type("p('ab', 2)\n"); /* rep and reverse share no more */
  wait_for("\nabab\r\n");
  wait_for("> ");
  type("stri\t.forma\t('%d', 9 * 9)\n");
  wait_for("\n81\r\n");
  enter("thing = {alpha = {beta = 33}}", "\n");
  wait_for("> ");
  type("thi\t.al\t.be\t\n");
  wait_for("\n33\r\n");
  enter("s = 'abc'", "\n");
  wait_for("> ");
  type("s:uppe\t()\n");
  wait_for("\nABC\r\n");
  wait_for("> ");
  type("#io.open('/etc/pass\t'):read('a') > 0\n");
  wait_for("\ntrue\r\n");
  wait_for("> ");
  type("string.\t");
  wait_for("gmatch");
  type("\003");
  end();
}

Test(shell, tab_runs_no_user_code) {
  start();
  enter("u = setmetatable({}, {__index = function() print('r' .. 'an') end})",
        "\n");
  wait_for("> ");
  type("u.x.y\t\tu.a\t\003");
  wait_for("^C");
  cr_expect(strstr(screen, "ran") == NULL);
  end();
}

Test(shell, tab_survives_anything) {
  static const char *const texts[] = {
      ".",  ":",     "..",        "a..",       ")",    "]",       "[",
      "x[", "x[1].", "x[a].",     "\"",        "'/",   "'/no/",   "--",
      "[[", "[==[",  "1.",        "a:b:",      "::",   "{}.",     "(\"\"):",
      "#",  "?",     "\xc3\xa9.", "_G._G._G.", "nil.", "s[[1]].", "a.b.c.d."};
  start();
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    wait_for("> ");
    type(texts[i]);
    type("\t\t\003");
    wait_for("^C\r\n");
  }
  enter("6 * 7", "\n42\r\n");
  end();
}

/* }== history and settings ============================================= */

Test(shell, history_is_kept) {
  start();
  enter("old = 3 * 37", "\n");
  enter("if old then", ">> ");
  type("print(old * 2) end\n");
  wait_for("\n222\r\n");
  end();
  start();
  wait_for("> ");
  type("\033[A\n"); /* the block as one entry, with old not set */
  wait_for("print(old * 2) end");
  end();
  start();
  wait_for("> ");
  type("\033[A\033[A\n");
  enter("old", "\n111\r\n");
  end();
}

Test(shell, needs_no_home) {
  strcpy(home, "/nonexistent/XX");
  start();
  enter("1 + 2", "\n3\r\n");
  end();
}

Test(shell, configuration) {
  char path[128];
  snprintf(path, sizeof path, "%s/.config", home);
  mkdir(path, 0700);
  snprintf(path, sizeof path, "%s/.config/nnlua", home);
  mkdir(path, 0700);
  snprintf(path, sizeof path, "%s/.config/nnlua/config.lua", home);
  FILE *f = fopen(path, "w");
  cr_assert_not_null(f);
  fputs("setting = 8\nerror('wrong')\n", f);
  fclose(f);
  start();
  wait_for("config.lua:2: wrong");
  enter("setting * 2", "\n16\r\n");
  end();
}

/* }===================================================================== */
