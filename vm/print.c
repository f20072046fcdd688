/*
** print.c - tensors as text, and the settings of how they look.
*/
#include <stdlib.h>
#include <string.h>

#include "vm/module.h"

/* {== settings */

enum {
  PRECISION,
  THRESHOLD,
  EDGEITEMS,
  LINEWIDTH,
  SCI_MODE,
  MARGINS,
  SUMMARY,
  SETTINGS
};

/* A COUNT is a whole number; a SWITCH is true or false. A WIDTH and a CHOICE
** may also be "auto", which is 0: the latter is a TensorChoice. */
typedef enum Kind { COUNT, WIDTH, CHOICE, SWITCH } Kind;

static const struct {
  const char *name;
  Kind kind;
  int64_t usual, least, most;
} settings[SETTINGS] = {
    [PRECISION] = {"precision", COUNT, 4, 0, 17},
    [THRESHOLD] = {"threshold", COUNT, 1000, 0, INT64_MAX},
    [EDGEITEMS] = {"edgeitems", COUNT, 3, 1, 1000000},
    [LINEWIDTH] = {"linewidth", WIDTH, 0, 20, 100000},
    [SCI_MODE] = {"sci_mode", CHOICE, TENSOR_AUTO, 0, 0},
    [MARGINS] = {"margins", CHOICE, TENSOR_AUTO, 0, 0},
    [SUMMARY] = {"summary", SWITCH, false, 0, 0},
};

static int64_t *current(void) {
  static int64_t values[SETTINGS];
  static bool ready = false;
  for (int k = 0; !ready && k < SETTINGS; k++) values[k] = settings[k].usual;
  ready = true;
  return values;
}

/* }== text {== */

/* Fitted to the window of a terminal, to 80 columns everywhere else, or to
** the width that was set. */
int vm_tensor_tostring(lua_State *L) {
  const int64_t *set = current();
  const TensorPrint options = {.precision = (int)set[PRECISION],
                               .threshold = set[THRESHOLD],
                               .edge = (int)set[EDGEITEMS],
                               .width = set[LINEWIDTH] > 0 ? (int)set[LINEWIDTH]
                                                           : vm_columns(),
                               .scientific = (TensorChoice)set[SCI_MODE],
                               .margins = (TensorChoice)set[MARGINS],
                               .summary = set[SUMMARY] != 0};
  Value *v = vm_check_value(L, 1);
  char *text = tensor_to_text(&v->t, &options);
  if (text == NULL) return vm_error(L, "not enough memory");
  lua_pushstring(L, text);
  free(text);
  return 1;
}

static int value_describe(lua_State *L) {
  char text[TENSOR_SUMMARY_TEXT];
  lua_pushstring(L, tensor_summary_text(&vm_check_value(L, 1)->t, text));
  return 1;
}

/* }== tensor.set_printoptions {== */

static const char who[] = "tensor.set_printoptions";

static int check_name(lua_State *L, int idx) {
  const char *name =
      lua_type(L, idx) == LUA_TSTRING ? lua_tostring(L, idx) : "";
  for (int k = 0; k < SETTINGS; k++)
    if (strcmp(settings[k].name, name) == 0) return k;
  return vm_raise(L, vm_unknown_option(L, idx, who,
                                       "precision, threshold, edgeitems, "
                                       "linewidth, sci_mode, margins, "
                                       "summary"));
}

static int64_t check_whole(lua_State *L, int k) {
  int64_t n;
  if (vm_read_integer(L, -1, &n) && n >= settings[k].least &&
      n <= settings[k].most)
    return n;
  return vm_error(L, "%s: %s must be a whole number from %d on%s, got %s", who,
                  settings[k].name, (int)settings[k].least,
                  settings[k].kind == WIDTH ? ", or \"auto\"" : "",
                  vm_kind_of(L, -1));
}

/* The value on top of the stack, for setting k. */
static int64_t check_value(lua_State *L, int k) {
  Kind kind = settings[k].kind;
  bool automatic = lua_type(L, -1) == LUA_TSTRING &&
                   strcmp(lua_tostring(L, -1), "auto") == 0;
  if (automatic && (kind == WIDTH || kind == CHOICE)) return 0;
  if (kind == COUNT || kind == WIDTH) return check_whole(L, k);
  if (!lua_isboolean(L, -1))
    vm_error(L, "%s: %s must be true%s or false%s, got %s", who,
             settings[k].name, kind == CHOICE ? "," : "",
             kind == CHOICE ? ", or \"auto\"" : "", vm_kind_of(L, -1));
  bool truth = lua_toboolean(L, -1) != 0;
  return kind == SWITCH ? truth : truth ? TENSOR_ALWAYS : TENSOR_NEVER;
}

static void push_settings(lua_State *L) {
  lua_createtable(L, 0, SETTINGS);
  for (int k = 0; k < SETTINGS; k++) {
    int64_t value = current()[k];
    Kind kind = settings[k].kind;
    if (value == 0 && (kind == WIDTH || kind == CHOICE))
      lua_pushliteral(L, "auto");
    else if (kind == COUNT || kind == WIDTH)
      lua_pushinteger(L, (lua_Integer)value);
    else
      lua_pushboolean(L, kind == SWITCH ? value != 0 : value == TENSOR_ALWAYS);
    lua_setfield(L, -2, settings[k].name);
  }
}

/* All options are checked before any is set. */
static int set_printoptions(lua_State *L) {
  int64_t values[SETTINGS];
  memcpy(values, current(), sizeof values);
  if (lua_type(L, 1) == LUA_TSTRING &&
      strcmp(lua_tostring(L, 1), "default") == 0) {
    for (int k = 0; k < SETTINGS; k++) values[k] = settings[k].usual;
  } else if (lua_istable(L, 1)) {
    for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1)) {
      int k = check_name(L, lua_gettop(L) - 1);
      values[k] = check_value(L, k);
    }
  } else if (!lua_isnoneornil(L, 1)) {
    return vm_error(L, "%s: takes a table of options, or \"default\", got %s",
                    who, vm_kind_of(L, 1));
  }
  memcpy(current(), values, sizeof values);
  push_settings(L);
  return 1;
}

/* }== */

const VmFunction vm_functions_print[] = {
    {"tensor.set_printoptions", "options", set_printoptions,
     "Sets how tensors are printed; returns the options in force. What is not "
     "named stays; \"default\" in place of the table brings all back.\n"
     "  precision  digits after the point (4)\n"
     "  threshold  with more elements than this the middle is left out (1000)\n"
     "  edgeitems  elements kept at each end then (3)\n"
     "  linewidth  columns of a line (\"auto\": the terminal's width, else 80)"
     "\n"
     "  sci_mode   exponents: true, false, or \"auto\" (where they are needed)"
     "\n"
     "  margins    indices of rows and columns: true, false, or \"auto\" "
     "(where some are left out)\n"
     "  summary    bytes, least, greatest, mean and count of NaN behind the "
     "shape (false)\n"
     "Errors: an unknown option; a value out of range.\n"
     "\n"
     "  > tensor.set_printoptions({precision=2, margins=true});\n"
     "  > tensor({{0.125, 1}, {2.5, 1 / 3}})\n"
     "  float32 (2, 2)\n"
     "           1     2\n"
     "    1:  0.12  1.00\n"
     "    2:  2.50  0.33\n"
     "  > tensor.set_printoptions(\"default\").precision\n"
     "  4"},
    {"tensor:describe", "", value_describe,
     "One line of text on x: dtype, shape, bytes, the least, the greatest and "
     "the mean of its numbers, and how many elements are NaN.\n"
     "  > tensor({1, 2, 6, 0/0}):describe()\n"
     "  float32 (4)  16 bytes, min 1, max 6, mean 3, 1 nan"},
    {NULL, NULL, NULL, NULL}};
