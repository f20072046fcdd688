/*
** program.h - what the files of the program itself share: options, stopping
** a computation, the shell and its parts. The rest of vm does not need it.
*/
#ifndef VM_PROGRAM_H
#define VM_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#ifndef VM_VERSION
#define VM_VERSION "0.1.0"
#endif

/* {== options (options.c) ============================================== */

/* -e CODE and -l MOD, in the order they were given. */
typedef struct VmAction {
  bool is_require;
  const char *text;
} VmAction;

typedef struct VmOptions {
  bool interactive, version, version_only, help, no_progress;
  bool has_seed;
  uint64_t seed;
  int threads;       /* 0: as the machine has them */
  VmAction *actions; /* points into memory that vm_options_free frees */
  int action_count;
  int script; /* index in argv; argc when there is none */
} VmOptions;

/* False when argv is wrong; then the complaint is on stderr. */
bool vm_options_parse(VmOptions *o, int argc, char **argv);
void vm_options_free(VmOptions *o);
void vm_options_usage(void);

/* Whether --no-progress was given. */
extern bool vm_quiet_progress;

/* }== stopping a computation (interrupt.c) ============================= */

typedef struct VmWatch {
  lua_State *before; /* what was running when this watch began */
} VmWatch;

/* From enter to leave a Ctrl-C stops what L runs. leave returns why it was
** stopped, or NULL; the outermost one forgets the request. */
void vm_watch_enter(VmWatch *w, lua_State *L);
const char *vm_watch_leave(VmWatch *w, lua_State *L);
#define VM_OUTPUT_LOST "cannot write to standard output"

/* Why the computation must stop ("interrupted"), or NULL. */
const char *vm_stop_reason(void);
/* Makes coroutine.resume and its kin tell which coroutine runs, so that a
** signal reaches it. Called after the libraries are open. */
void vm_watch_coroutines(lua_State *L);

/* }== the shell ======================================================== */

/* Shows the values from index `first` to the top, one a line; returns the
** index of the last one shown, or 0 (echo.c). */
int vm_echo(lua_State *L, int first);

/* Text that means the same as `text`, a chunk that compiles, but whose
** top-level locals are globals; NULL when there are none or when memory is
** short. The caller frees it (scan.c). */
char *vm_keep_locals(const char *text);

/* Whether text (to its zero) ends inside a quoted string, and where the
** string's content begins; inside a comment or long string, *open is NULL
** (scan.c). */
bool vm_ends_in_string(const char *text, const char **open);

/* Pushes the list of what may follow text[0..length), sorted, and returns
** from which offset on they replace the text. Runs no user code. Raises Lua
** errors only for want of memory (complete.c). */
size_t vm_complete(lua_State *L, const char *text, size_t length);

/* Writes a complaint to stderr: "name: message", in colour on a terminal;
** name may be NULL (main.c). */
void vm_complain(const char *name, const char *message);
/* Whether a stream (0, 1, 2) shows colours. */
bool vm_wants_colour(int fd);

/* }===================================================================== */

#endif
