/*
** autograd.c - gradients for Lua: backward, grad, and the scopes that switch
** recording and training on and off.
*/
#include <string.h>

#include "vm/module.h"

/* {== options */

/* {retain_graph=, create_graph=} at idx, if there. */
static NnBackward check_options(lua_State *L, int idx, const char *who) {
  NnBackward o = {false, false};
  if (lua_isnoneornil(L, idx)) return o;
  if (lua_type(L, idx) != LUA_TTABLE)
    vm_error(L, "%s: the options must be a table, got %s", who,
             vm_kind_of(L, idx));
  lua_pushnil(L);
  while (lua_next(L, idx) != 0) {
    const char *name =
        lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
    if (strcmp(name, "retain_graph") == 0)
      o.retain_graph = lua_toboolean(L, -1) != 0;
    else if (strcmp(name, "create_graph") == 0)
      o.create_graph = lua_toboolean(L, -1) != 0;
    else if (strcmp(name, "grad_outputs") != 0 &&
             strcmp(name, "allow_unused") != 0)
      vm_raise(L, vm_unknown_option(L, -2, who,
                                    "retain_graph, create_graph, "
                                    "grad_outputs, allow_unused"));
    lua_pop(L, 1);
  }
  return o;
}

/* }== methods {== */

/* y:backward([grad] [, options]) */
static int value_backward(lua_State *L) {
  Value *y = vm_check_value(L, 1), *seed = vm_to_value(L, 2);
  bool only_options =
      seed == NULL && lua_type(L, 2) == LUA_TTABLE && lua_isnoneornil(L, 3);
  if (seed == NULL && !only_options && !lua_isnoneornil(L, 2))
    return vm_error(L, "backward: the gradient must be a tensor, got %s",
                    vm_kind_of(L, 2));
  NnBackward o = check_options(L, only_options ? 2 : 3, "backward");
  lua_State *before = vm_calls_back(L);
  int status = nn_backward(1, &y, &seed, o);
  vm_calls_back(before);
  if (status != TENSOR_OK) return vm_raise(L, status);
  vm_charge(L);
  return 0;
}

static int value_requires_grad(lua_State *L) {
  Value *v = vm_check_value(L, 1);
  bool on = lua_isnone(L, 2) || lua_toboolean(L, 2);
  int status = nn_require_grad(v, on);
  if (status != TENSOR_OK) return vm_raise(L, status);
  lua_settop(L, 1);
  return 1;
}

static int value_detach(lua_State *L) {
  Value *v = vm_check_value(L, 1);
  Value **box = vm_new_box(L);
  *box = nn_value_detach(v);
  return *box == NULL ? vm_raise(L, TENSOR_NO_MEMORY) : 1;
}

static int value_zero_grad(lua_State *L) {
  Value *v = vm_check_value(L, 1);
  int status = nn_set_gradient(v, NULL);
  return status == TENSOR_OK ? 0 : vm_raise(L, status);
}

static int value_is_leaf(lua_State *L) {
  lua_pushboolean(L, nn_is_leaf(vm_check_value(L, 1)));
  return 1;
}

/* }== autograd.grad {== */

/* The tensors at idx, one or a list, into a block on the Lua stack. */
static Value **check_tensors(lua_State *L, int idx, const char *what,
                             int *count) {
  Value *one = vm_to_value(L, idx);
  if (one == NULL && lua_type(L, idx) != LUA_TTABLE)
    vm_error(L, "grad: %s must be a tensor or a list of tensors, got %s", what,
             vm_kind_of(L, idx));
  *count = one != NULL ? 1 : (int)lua_rawlen(L, idx);
  Value **v = lua_newuserdatauv(L, (size_t)(*count + 1) * sizeof *v, 0);
  if (one != NULL) v[0] = one;
  for (int k = 0; one == NULL && k < *count; k++) {
    lua_rawgeti(L, idx, k + 1);
    v[k] = vm_to_value(L, -1);
    if (v[k] == NULL)
      vm_error(L, "grad: item %d of %s must be a tensor, got %s", k + 1, what,
               vm_kind_of(L, -1));
    lua_pop(L, 1);
  }
  return v;
}

/* The option grad_outputs, or NULL. */
static Value **check_seeds(lua_State *L, int options, int outputs) {
  int count;
  if (lua_type(L, options) != LUA_TTABLE ||
      lua_getfield(L, options, "grad_outputs") == LUA_TNIL)
    return NULL;
  Value **seeds = check_tensors(L, lua_gettop(L), "grad_outputs", &count);
  if (count != outputs)
    vm_error(L, "grad: %d outputs but %d grad_outputs", outputs, count);
  return seeds;
}

/* Pushes a list of empty boxes. */
static void push_boxes(lua_State *L, int count) {
  lua_createtable(L, count, 0);
  for (int k = 0; k < count; k++) {
    vm_new_box(L);
    lua_rawseti(L, -2, k + 1);
  }
}

static Value **box_of(lua_State *L, int k) {
  lua_rawgeti(L, -1, k + 1);
  Value **box = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return box;
}

/* Zeros for the inputs that nothing has reached, into the boxes on top. */
static int fill_empty_boxes(lua_State *L, int count, Value *const *in) {
  for (int k = 0; k < count; k++) {
    Value **box = box_of(L, k);
    Tensor zeros;
    if (*box != NULL) continue;
    int status = tensor_new_like(&zeros, in[k]->t.dtype, &in[k]->t);
    if (status != TENSOR_OK) return status;
    tensor_fill(&zeros, 0);
    *box = nn_value_new(&zeros);
    if (*box == NULL) return TENSOR_NO_MEMORY;
  }
  return TENSOR_OK;
}

/* grad(outputs, inputs [, options]): a list of gradients, or the one of a
** single input; zeros where an output does not depend on it. */
static int autograd_grad(lua_State *L) {
  int outputs, inputs;
  bool single = vm_to_value(L, 2) != NULL;
  NnBackward o = check_options(L, 3, "grad");
  Value **out = check_tensors(L, 1, "outputs", &outputs);
  Value **in = check_tensors(L, 2, "inputs", &inputs);
  for (int k = 0; k < inputs; k++)
    if (in[k]->track == NULL)
      return vm_error(L,
                      "grad: input %d has requires_grad = false; call "
                      "x:requires_grad_() before computing with it",
                      k + 1);
  Value **seeds = check_seeds(L, 3, outputs);
  luaL_checkstack(L, 8, "too many inputs");
  Value **gradients =
      lua_newuserdatauv(L, (size_t)(inputs + 1) * sizeof *gradients, 0);
  push_boxes(L, inputs);
  lua_State *before = vm_calls_back(L);
  int status = nn_gradients(outputs, out, seeds, inputs, in, gradients, o);
  vm_calls_back(before);
  for (int k = 0; k < inputs; k++) *box_of(L, k) = gradients[k];
  if (status == TENSOR_OK) status = fill_empty_boxes(L, inputs, in);
  if (status != TENSOR_OK) return vm_raise(L, status);
  if (single) lua_rawgeti(L, -1, 1);
  vm_charge(L);
  return 1;
}

/* }== the graph {== */

/* Adds the step (a light userdata) at 2 to the list at 1. */
static int add_step(lua_State *L) {
  const NnStep *step = lua_touserdata(L, 2);
  char shape[TENSOR_SHAPE_TEXT];
  lua_createtable(L, 0, 4);
  lua_pushlightuserdata(L, (void *)(uintptr_t)step->id);
  lua_setfield(L, -2, "id");
  lua_pushstring(L, step->name);
  lua_setfield(L, -2, "name");
  lua_pushfstring(
      L, "%s %s", tensor_dtype_name(step->shape.dtype),
      tensor_shape_text(step->shape.ndim, step->shape.shape, shape));
  lua_setfield(L, -2, "shape");
  lua_createtable(L, step->inputs, 0);
  for (int k = 0; k < step->inputs; k++) {
    lua_pushlightuserdata(L, (void *)(uintptr_t)step->from[k]);
    lua_rawseti(L, -2, k + 1);
  }
  lua_setfield(L, -2, "from");
  lua_rawseti(L, 1, (lua_Integer)lua_rawlen(L, 1) + 1);
  return 0;
}

/* Protected: the walk must end its own way. The list is on top. */
static int see_step(void *to, const NnStep *step) {
  lua_State *L = to;
  lua_pushcfunction(L, add_step);
  lua_pushvalue(L, -2);
  lua_pushlightuserdata(L, (void *)(uintptr_t)step);
  if (lua_pcall(L, 2, 0, 0) == LUA_OK) return TENSOR_OK;
  lua_pop(L, 1);
  return tensor_no_memory(0);
}

/* graph(y): a list of {id=, name=, shape=, from={ids}}, leaves without a
** name. */
static int native_graph(lua_State *L) {
  Value *v = vm_check_value(L, 1);
  lua_newtable(L);
  int status = nn_graph(v, see_step, L);
  return status == TENSOR_OK ? 1 : vm_raise(L, status);
}

/* }== scopes {== */

/*
** A scope sets both flags while f runs. What they were is in a userdata that
** Lua closes when the call ends, however it ends; an error passes through
** with its traceback whole.
*/
typedef struct Flags {
  bool grad, training;
} Flags;

#define FLAGS "nnlua.flags"

static int flags_close(lua_State *L) {
  Flags *f = luaL_checkudata(L, 1, FLAGS);
  nn_set_grad_enabled(f->grad);
  nn_set_training(f->training);
  return 0;
}

static int with_flags(lua_State *L, bool grad, bool training, const char *who) {
  if (lua_type(L, 1) != LUA_TFUNCTION && !luaL_getmetafield(L, 1, "__call"))
    return vm_error(L, "%s: takes a function, got %s", who, vm_kind_of(L, 1));
  lua_settop(L, lua_type(L, 1) == LUA_TFUNCTION ? lua_gettop(L)
                                                : lua_gettop(L) - 1);
  int nargs = lua_gettop(L) - 1;
  Flags *f = lua_newuserdatauv(L, sizeof *f, 0);
  if (luaL_newmetatable(L, FLAGS)) {
    lua_pushcfunction(L, flags_close);
    lua_setfield(L, -2, "__close");
  }
  lua_setmetatable(L, -2);
  f->grad = nn_grad_enabled();
  f->training = nn_training();
  lua_insert(L, 1);
  lua_toclose(L, 1);
  nn_set_grad_enabled(grad);
  nn_set_training(training);
  lua_call(L, nargs, LUA_MULTRET);
  lua_closeslot(L, 1);
  return lua_gettop(L) - 1;
}

static int autograd_no_grad(lua_State *L) {
  return with_flags(L, false, nn_training(), "no_grad");
}

static int autograd_record(lua_State *L) {
  return with_flags(L, true, true, "record");
}

static int native_is_training(lua_State *L) {
  lua_pushboolean(L, nn_training());
  return 1;
}

static int native_set_training(lua_State *L) {
  lua_pushboolean(L, nn_set_training(lua_toboolean(L, 1) != 0));
  return 1;
}

static int native_is_grad(lua_State *L) {
  lua_pushboolean(L, nn_grad_enabled());
  return 1;
}

static int native_set_grad(lua_State *L) {
  lua_pushboolean(L, nn_set_grad_enabled(lua_toboolean(L, 1) != 0));
  return 1;
}

/* }== */

const luaL_Reg vm_native_autograd[] = {{"is_training", native_is_training},
                                       {"set_training", native_set_training},
                                       {"is_grad", native_is_grad},
                                       {"set_grad", native_set_grad},
                                       {"graph", native_graph},
                                       {"record_function", vm_record_function},
                                       {NULL, NULL}};

const VmFunction vm_functions_autograd[] = {
    {"tensor:backward",
     "grad = ones, {retain_graph=false, "
     "create_graph=false}",
     value_backward,
     "Adds the gradient of x, summed over its elements with the weights grad "
     "(ones, unless given; of x's shape), into the .grad of every tensor "
     "with requires_grad that x was computed from. The record is freed "
     "unless retain_graph; with create_graph the gradients can be "
     "differentiated again. An error when nothing was recorded, or when a "
     "second backward meets a freed record.\n"
     "  > w = tensor({1, 2}):requires_grad_()\n"
     "  > (w * w):sum():backward()\n"
     "  > w.grad\n"
     "  float32 (2)\n"
     "    2  4"},
    {"tensor:requires_grad_", "on = true", value_requires_grad,
     "Says whether operations on x are recorded, so that backward finds its "
     "gradient; returns x. Floats only.\n"
     "  > tensor({1, 2}):requires_grad_().requires_grad\n"
     "  true"},
    {"tensor:detach", "", value_detach,
     "The same elements without their history: no gradient flows through. "
     "The storage is shared, see clone.\n"
     "  > w = tensor({1, 2}):requires_grad_()\n"
     "  > (w * 2):detach().requires_grad\n"
     "  false"},
    {"tensor:zero_grad", "", value_zero_grad,
     "Forgets the gradient that backward has added up: x.grad is nil.\n"
     "  > w = tensor({1, 2}):requires_grad_()\n"
     "  > w:sum():backward()\n"
     "  > w:zero_grad()\n"
     "  > w.grad\n"
     "  nil"},
    {"tensor:is_leaf", "", value_is_leaf,
     "Whether x was made by the user, not computed from tracked tensors.\n"
     "  > w = tensor({1, 2}):requires_grad_()\n"
     "  > w:is_leaf(), (w * 2):is_leaf()\n"
     "  true\n"
     "  false"},
    {"autograd.grad",
     "outputs, inputs, {create_graph=false, "
     "retain_graph=false, grad_outputs=nil}",
     autograd_grad,
     "The gradients of the sum of outputs with respect to inputs, each a "
     "tensor or a list: a list, or one tensor for one input; zeros where "
     "outputs do not depend on it. grad_outputs weighs the elements of "
     "outputs (ones, unless given). With create_graph the gradients can be "
     "differentiated again. The inputs' .grad is left alone.\n"
     "  > x = tensor({1, 2}):requires_grad_()\n"
     "  > autograd.grad((x ^ 3):sum(), x)\n"
     "  float32 (2)\n"
     "     3  12"},
    {"autograd.no_grad", "f, ...", autograd_no_grad,
     "Calls f(...) without recording; returns what f returns.\n"
     "  > w = tensor({1, 2}):requires_grad_()\n"
     "  > autograd.no_grad(function() return w * 2 end).requires_grad\n"
     "  false"},
    {"autograd.record", "f, ...", autograd_record,
     "Calls f(...) with recording on and layers in training mode (Gluon's "
     "scope); returns what f returns.\n"
     "  > autograd.record(nn.Dropout{0.5}, tensor.ones(4)):ne(1):all():item()\n"
     "  true"},
    {NULL, NULL, NULL, NULL}};
