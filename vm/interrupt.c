/*
** interrupt.c - stopping Lua and the kernels from a signal handler.
**
** A request to stop stays in force until the outermost watch ends: Lua code
** that catches the error is stopped again at its next instruction. Lua's
** hooks belong to one coroutine, and a signal handler cannot ask which one
** runs; `running` says so. It always points to a live state: whoever sets
** it sets it back before that state can be collected.
*/
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "vm/program.h"
#include "vm/vm.h"

static lua_State *volatile running;
static volatile sig_atomic_t broken_pipe;
static pthread_t home;        /* the thread that runs Lua */
static struct timespec since; /* when tensor_interrupt was set */
static struct sigaction old_interrupt, old_pipe, old_clock;

/* {== the request ====================================================== */

/* A pipe of the script's own that broke is the script's business: then
** standard output has no error. */
const char *vm_stop_reason(void) {
  if (tensor_interrupt) return "interrupted";
  if (broken_pipe && ferror(stdout)) return VM_OUTPUT_LOST ": Broken pipe";
  return NULL;
}

static void stop_hook(lua_State *L, lua_Debug *ar) {
  (void)ar;
  const char *reason = vm_stop_reason();
  if (reason == NULL) {
    broken_pipe = 0;
    lua_sethook(L, NULL, 0, 0);
  } else {
    lua_pushstring(L, reason);
    lua_error(L);
  }
}

static void set_hook(lua_State *L) {
  lua_sethook(L, stop_hook, LUA_MASKCOUNT, 1);
}

/*
** A request that comes just before the computation waits for input would be
** missed: the signal is over when the wait begins. So until it is answered a
** clock ticks, whose signals do nothing but end a wait.
*/
static void tick(int number) { (void)number; }

static void set_clock(bool on) {
  const long pause = on ? 20000 : 0; /* microseconds */
  const struct itimerval clock = {{0, pause}, {0, pause}};
  setitimer(ITIMER_REAL, &clock, NULL);
}

/* Whether the first request has been left unanswered for a second. */
static bool is_overdue(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (now.tv_sec - since.tv_sec) * 1000 +
             (now.tv_nsec - since.tv_nsec) / 1000000 >=
         1000;
}

static void on_interrupt(void) {
  if (tensor_interrupt) {
    if (is_overdue()) { /* the computation does not listen: die of it */
      signal(SIGINT, SIG_DFL);
      raise(SIGINT);
    }
  } else {
    clock_gettime(CLOCK_MONOTONIC, &since);
    tensor_interrupt = 1;
    set_clock(true);
  }
}

static void on_signal(int number) {
  if (!pthread_equal(pthread_self(), home)) {
    pthread_kill(home, number);
    return;
  }
  int saved = errno;
  if (number == SIGINT)
    on_interrupt();
  else
    broken_pipe = 1;
  if (running != NULL) set_hook(running);
  errno = saved;
}

/* }== watches ========================================================== */

/* Without SA_RESTART, so that a read from the terminal ends too. A signal
** that the program was started to ignore stays ignored. */
static void install(int number, void (*handler)(int), struct sigaction *old) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, old);
  if (number == SIGINT && old->sa_handler == SIG_IGN)
    sigaction(number, old, NULL);
}

void vm_watch_enter(VmWatch *w, lua_State *L) {
  w->before = running;
  if (w->before == NULL) {
    home = pthread_self();
    tensor_interrupt = 0;
    broken_pipe = 0;
    running = L;
    install(SIGALRM, tick, &old_clock);
    install(SIGINT, on_signal, &old_interrupt);
    install(SIGPIPE, on_signal, &old_pipe);
  } else {
    running = L;
  }
}

const char *vm_watch_leave(VmWatch *w, lua_State *L) {
  const char *reason = vm_stop_reason();
  if (w->before != NULL) {
    running = w->before;
    if (vm_stop_reason()) set_hook(w->before);
    return reason;
  }
  sigaction(SIGINT, &old_interrupt, NULL);
  sigaction(SIGPIPE, &old_pipe, NULL);
  if (tensor_interrupt) set_clock(false);
  sigaction(SIGALRM, &old_clock, NULL);
  reason = vm_stop_reason();
  running = NULL;
  tensor_interrupt = 0;
  broken_pipe = 0;
  if (lua_gethook(L) == stop_hook) lua_sethook(L, NULL, 0, 0);
  return reason;
}

/* }== coroutines ======================================================= */

static lua_CFunction library_resume, library_close;

/*
** What autograd.no_grad and record have switched belongs to the coroutine
** that called them, also when it yields, or dies inside. While a coroutine
** sleeps, its flags wait in the space that Lua keeps for each state.
*/
enum { HAS_FLAGS = 1, RECORDS = 2, TRAINS = 4 };

static unsigned current_flags(void) {
  return HAS_FLAGS | (nn_grad_enabled() ? RECORDS : 0u) |
         (nn_training() ? TRAINS : 0u);
}

static void set_flags(unsigned flags) {
  if ((flags & HAS_FLAGS) == 0) return;
  nn_set_grad_enabled((flags & RECORDS) != 0);
  nn_set_training((flags & TRAINS) != 0);
}

/* Calls f, a function of Lua's library that runs co and raises no error. */
static int call_watched(lua_State *L, lua_CFunction f, lua_State *co) {
  lua_State *before = running;
  unsigned flags = current_flags();
  unsigned char *own = lua_getextraspace(co);
  running = co;
  set_flags(*own);
  if (vm_stop_reason()) set_hook(co);
  int results = f(L);
  *own = lua_status(co) == LUA_YIELD ? (unsigned char)current_flags() : 0;
  set_flags(flags);
  running = before;
  if (vm_stop_reason()) set_hook(L);
  return results;
}

static lua_State *check_coroutine(lua_State *L) {
  lua_State *co = lua_tothread(L, 1);
  luaL_argexpected(L, co, 1, "coroutine");
  return co;
}

static int resume(lua_State *L) {
  return call_watched(L, library_resume, check_coroutine(L));
}

/* The library raises an error, before it runs anything, unless the
** coroutine is suspended or dead. */
static int close_coroutine(lua_State *L) {
  lua_State *co = check_coroutine(L);
  lua_Debug ar;
  bool active =
      co == L || (lua_status(co) == LUA_OK && lua_getstack(co, 0, &ar));
  return active ? library_close(L) : call_watched(L, library_close, co);
}

/* Raises the error below the top, as coroutine.wrap does: with the place of
** the call in front, and the coroutine closed. */
static int raise_from(lua_State *L, lua_State *co) {
  int status = lua_status(co);
  if (status != LUA_OK && status != LUA_YIELD) {
    lua_resetthread(co);
    lua_xmove(co, L, 1);
  }
  if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING &&
      vm_stop_reason() == NULL) {
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

static int call_wrapped(lua_State *L) {
  lua_State *co = lua_tothread(L, lua_upvalueindex(1));
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  int results = call_watched(L, library_resume, co);
  if (!lua_toboolean(L, -results)) return raise_from(L, co);
  return results - 1;
}

static int wrap(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_State *co = lua_newthread(L);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  lua_pushcclosure(L, call_wrapped, 1);
  return 1;
}

void vm_watch_coroutines(lua_State *L) {
  memset(lua_getextraspace(L), 0, LUA_EXTRASPACE); /* new ones copy it */
  static const luaL_Reg watched[] = {{"resume", resume},
                                     {"wrap", wrap},
                                     {"close", close_coroutine},
                                     {NULL, NULL}};
  if (lua_getglobal(L, LUA_COLIBNAME) == LUA_TTABLE) {
    if (library_resume == NULL) {
      lua_getfield(L, -1, "resume");
      lua_getfield(L, -2, "close");
      library_resume = lua_tocfunction(L, -2);
      library_close = lua_tocfunction(L, -1);
      lua_pop(L, 2);
    }
    luaL_setfuncs(L, watched, 0);
  }
  lua_pop(L, 1);
}

/* }===================================================================== */
