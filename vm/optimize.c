/*
** optimize.c - the fused optimiser steps for the standard library, part of
** `native`. Each changes a parameter and its states in place.
*/
#include "tensor/optimize.h"
#include "vm/module.h"

typedef int (*Step)(const TensorStep *s, Value **v);

/* The tensors at 1..count; nil is NULL from `optional` on (0: nowhere). */
static void check_values(lua_State *L, Value **v, int count, int optional) {
  for (int k = 0; k < count; k++) {
    bool may_lack = optional > 0 && k + 1 >= optional;
    v[k] = vm_to_value(L, k + 1);
    if (v[k] == NULL && !(may_lack && lua_isnoneornil(L, k + 1)))
      vm_error(L, "step: argument %d must be a tensor, got %s", k + 1,
               vm_kind_of(L, k + 1));
  }
}

static Tensor *tensor_of(Value *v) { return v == NULL ? NULL : &v->t; }

/* A contiguous gradient of p's dtype, whatever g is. */
static int finish(lua_State *L, const TensorStep *s, Value **v, int count,
                  Step step) {
  Tensor g;
  Value gradient = *v[1];
  int status = tensor_as(&g, &v[1]->t, v[0]->t.dtype);
  if (status != TENSOR_OK) return vm_raise(L, status);
  gradient.t = g;
  v[1] = &gradient;
  status = step(s, v);
  tensor_release(&g);
  if (status != TENSOR_OK) return vm_raise(L, status);
  for (int k = 0; k < count; k++)
    if (k != 1 && v[k] != NULL) nn_touched(v[k]);
  return 0;
}

static int sgd(const TensorStep *s, Value **v) {
  return tensor_sgd_step(s, &v[0]->t, &v[1]->t, tensor_of(v[2]));
}
static int adagrad(const TensorStep *s, Value **v) {
  return tensor_adagrad_step(s, &v[0]->t, &v[1]->t, &v[2]->t);
}
static int adadelta(const TensorStep *s, Value **v) {
  return tensor_adadelta_step(s, &v[0]->t, &v[1]->t, &v[2]->t, &v[3]->t);
}
static int rmsprop(const TensorStep *s, Value **v) {
  return tensor_rmsprop_step(s, &v[0]->t, &v[1]->t, &v[2]->t, tensor_of(v[3]),
                             tensor_of(v[4]));
}
static int adam(const TensorStep *s, Value **v) {
  return tensor_adam_step(s, &v[0]->t, &v[1]->t, &v[2]->t, &v[3]->t,
                          tensor_of(v[4]));
}
static int adamax(const TensorStep *s, Value **v) {
  return tensor_adamax_step(s, &v[0]->t, &v[1]->t, &v[2]->t, &v[3]->t);
}
static int nadam(const TensorStep *s, Value **v) {
  return tensor_nadam_step(s, &v[0]->t, &v[1]->t, &v[2]->t, &v[3]->t);
}

/* sgd_step(p, g, velocity|nil, lr, momentum, nesterov, decay, scale) */
static int native_sgd_step(lua_State *L) {
  Value *v[3];
  check_values(L, v, 3, 3);
  TensorStep s = {.lr = luaL_checknumber(L, 4),
                  .momentum = luaL_optnumber(L, 5, 0),
                  .nesterov = lua_toboolean(L, 6) != 0,
                  .decay = luaL_optnumber(L, 7, 0),
                  .scale = luaL_optnumber(L, 8, 1)};
  return finish(L, &s, v, 3, sgd);
}

/* adagrad_step(p, g, accumulator, lr, epsilon, decay, scale) */
static int native_adagrad_step(lua_State *L) {
  Value *v[3];
  check_values(L, v, 3, 0);
  TensorStep s = {.lr = luaL_checknumber(L, 4),
                  .epsilon = luaL_checknumber(L, 5),
                  .decay = luaL_optnumber(L, 6, 0),
                  .scale = luaL_optnumber(L, 7, 1)};
  return finish(L, &s, v, 3, adagrad);
}

/* adadelta_step(p, g, mean_square, mean_move, lr, rho, epsilon, decay,
** scale) */
static int native_adadelta_step(lua_State *L) {
  Value *v[4];
  check_values(L, v, 4, 0);
  TensorStep s = {.lr = luaL_checknumber(L, 5),
                  .rho = luaL_checknumber(L, 6),
                  .epsilon = luaL_checknumber(L, 7),
                  .decay = luaL_optnumber(L, 8, 0),
                  .scale = luaL_optnumber(L, 9, 1)};
  return finish(L, &s, v, 4, adadelta);
}

/* rmsprop_step(p, g, mean_square, momentum buffer|nil, mean|nil, lr, rho,
** momentum, epsilon, decay, scale) */
static int native_rmsprop_step(lua_State *L) {
  Value *v[5];
  check_values(L, v, 5, 4);
  TensorStep s = {.lr = luaL_checknumber(L, 6),
                  .rho = luaL_checknumber(L, 7),
                  .momentum = luaL_optnumber(L, 8, 0),
                  .epsilon = luaL_checknumber(L, 9),
                  .decay = luaL_optnumber(L, 10, 0),
                  .scale = luaL_optnumber(L, 11, 1)};
  return finish(L, &s, v, 5, rmsprop);
}

/* What Adam's kin begin with: lr at `at`, beta1, beta2, epsilon, step,
** decay, scale. */
static TensorStep adam_options(lua_State *L, int at) {
  return (TensorStep){.lr = luaL_checknumber(L, at),
                      .beta1 = luaL_checknumber(L, at + 1),
                      .beta2 = luaL_checknumber(L, at + 2),
                      .epsilon = luaL_checknumber(L, at + 3),
                      .count = (int64_t)luaL_checkinteger(L, at + 4),
                      .decay = luaL_optnumber(L, at + 5, 0),
                      .scale = luaL_optnumber(L, at + 6, 1)};
}

/* adam_step(p, g, m, v, most|nil, lr, beta1, beta2, epsilon, step, decay,
** scale, decay stands apart) */
static int native_adam_step(lua_State *L) {
  Value *v[5];
  check_values(L, v, 5, 5);
  TensorStep s = adam_options(L, 6);
  s.apart = lua_toboolean(L, 13) != 0;
  return finish(L, &s, v, 5, adam);
}

/* adamax_step(p, g, m, u, lr, beta1, beta2, epsilon, step, decay, scale) */
static int native_adamax_step(lua_State *L) {
  Value *v[4];
  check_values(L, v, 4, 0);
  TensorStep s = adam_options(L, 5);
  return finish(L, &s, v, 4, adamax);
}

/* nadam_step(p, g, m, v, lr, beta1, beta2, epsilon, step, decay, scale,
** share of m, share of g) */
static int native_nadam_step(lua_State *L) {
  Value *v[4];
  check_values(L, v, 4, 0);
  TensorStep s = adam_options(L, 5);
  s.of_mean = luaL_checknumber(L, 12);
  s.of_gradient = luaL_checknumber(L, 13);
  return finish(L, &s, v, 4, nadam);
}

const luaL_Reg vm_native_optimize[] = {{"sgd_step", native_sgd_step},
                                       {"adagrad_step", native_adagrad_step},
                                       {"adadelta_step", native_adadelta_step},
                                       {"rmsprop_step", native_rmsprop_step},
                                       {"adam_step", native_adam_step},
                                       {"adamax_step", native_adamax_step},
                                       {"nadam_step", native_nadam_step},
                                       {NULL, NULL}};
