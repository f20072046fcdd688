/*
** options.c - the command line, read before there is any Lua.
*/
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm/program.h"

#define MAX_THREADS 1024

bool vm_quiet_progress = false;

void vm_options_usage(void) {
  fputs("usage: nnlua [options] [script [args]]\n"
        "       nnlua help [TOPIC]\n"
        "  -e CODE        run CODE\n"
        "  -i             open the shell after the script\n"
        "  -l MOD         require MOD into the global of that name\n"
        "  -v             print the version\n"
        "  -              run standard input\n"
        "  --             no more options\n"
        "  --seed N       seed the random numbers\n"
        "  --threads N    use N threads\n"
        "  --no-progress  draw no progress bars\n"
        "  --version      print the version and leave\n"
        "  --help         print this text and leave\n",
        stdout);
}

static bool complain(const char *what, const char *option) {
  fprintf(stderr, "nnlua: %s '%s'\nTry 'nnlua --help'.\n", what, option);
  return false;
}

/* {== values =========================================================== */

static bool read_number(const char *text, uint64_t least, uint64_t most,
                        uint64_t *number) {
  char *end;
  if (!isdigit((unsigned char)*text)) return false;
  errno = 0;
  unsigned long long value = strtoull(text, &end, 10);
  if (errno != 0 || *end != '\0' || value < least || value > most) return false;
  *number = value;
  return true;
}

/* The value of an option: what is glued to it, or the next argument. */
static const char *take_value(const char *glued, char **argv, int *i) {
  if (*glued != '\0') return glued;
  if (argv[*i + 1] == NULL) return NULL;
  return argv[++*i];
}

/* The same for "--name N" and "--name=N"; NULL where argv[*i] is another
** option, `missing` set where the value is not there. */
static const char *long_value(const char *name, char **argv, int *i,
                              bool *missing) {
  size_t length = strlen(name);
  const char *option = argv[*i];
  if (strncmp(option, name, length) != 0) return NULL;
  if (option[length] == '=') return option + length + 1;
  if (option[length] != '\0') return NULL;
  *missing = argv[*i + 1] == NULL;
  return *missing ? NULL : argv[++*i];
}

/* }== options ========================================================== */

static bool parse_long(VmOptions *o, char **argv, int *i) {
  const char *option = argv[*i], *value;
  bool missing = false;
  uint64_t number = 0;
  if (strcmp(option, "--version") == 0) return o->version_only = true;
  if (strcmp(option, "--help") == 0) return o->help = true;
  if (strcmp(option, "--no-progress") == 0) return o->no_progress = true;
  if ((value = long_value("--seed", argv, i, &missing)) != NULL) {
    o->has_seed = true;
    return read_number(value, 0, UINT64_MAX, &o->seed) ||
           complain("--seed needs a whole number, not", value);
  }
  if ((value = long_value("--threads", argv, i, &missing)) != NULL) {
    if (!read_number(value, 1, MAX_THREADS, &number))
      return complain("--threads needs a number from 1 to 1024, not", value);
    o->threads = (int)number;
    return true;
  }
  return complain(missing ? "no value after" : "unknown option", option);
}

static bool parse_action(VmOptions *o, char **argv, int *i) {
  const char *option = argv[*i];
  const char *value = take_value(option + 2, argv, i);
  if (value == NULL) return complain("no value after", option);
  VmAction *action = &o->actions[o->action_count++];
  action->is_require = option[1] == 'l';
  action->text = value;
  return true;
}

static bool parse_option(VmOptions *o, char **argv, int *i) {
  const char *option = argv[*i];
  switch (option[1]) {
  case '-': return parse_long(o, argv, i);
  case 'e':
  case 'l': return parse_action(o, argv, i);
  case 'i':
    if (option[2] == '\0') return o->interactive = true;
    break;
  case 'v':
    if (option[2] == '\0') return o->version = true;
    break;
  default: break;
  }
  return complain("unknown option", option);
}

bool vm_options_parse(VmOptions *o, int argc, char **argv) {
  int i = 1;
  memset(o, 0, sizeof *o);
  o->actions = calloc((size_t)argc + 1, sizeof *o->actions);
  if (o->actions == NULL) return complain("not enough memory for", "options");
  for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
    if (strcmp(argv[i], "--") == 0) {
      i++;
      break;
    }
    if (!parse_option(o, argv, &i)) return false;
  }
  o->script = i < argc ? i : argc;
  vm_quiet_progress = o->no_progress;
  return true;
}

void vm_options_free(VmOptions *o) { free(o->actions); }

/* }===================================================================== */
