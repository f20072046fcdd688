/*
** function.c - operations of the user's own on the tape: the values were
** computed elsewhere, and a callback says what flows back.
**
** Each result has a node of its own; what the user's function returns is
** linear in the gradients, so that their parts add up.
*/
#include "nn/ops.h"

static void function_gradient(Grad *c) {
  NnFunction *f = c->node->function;
  int output = (int)c->attrs->i[0];
  for (int k = 0; k < c->inputs; k++) c->to[k] = NULL;
  int status = f->backward(f, output, c->g, c->inputs, c->to);
  for (int k = 0; k < c->inputs; k++)
    if (c->to[k] != NULL) c->to[k] = nn_scope_own(c, c->to[k]);
  if (status != TENSOR_OK) c->status = status;
}

static const OpRow row_function = {
    .name = "autograd.Function",
    .args = "",
    .help = "",
    .internal = true,
    .gradient = function_gradient,
};

void nn_function_release(NnFunction *f) {
  if (f != NULL && --f->refs == 0) f->release(f);
}

int nn_record_function(NnFunction *f, int output, int inputs, Value *const *in,
                       Value *result) {
  OpAttrs attrs = {.i = {output}};
  OpCall call = {&row_function, inputs, in, &attrs};
  OpResults results = {.count = 1, .few = {result}};
  results.many = results.few;
  if (!nn_wants_record(&call)) return TENSOR_OK;
  for (int k = 0; k < inputs; k++) {
    int status = in[k]->track == NULL
                     ? TENSOR_OK
                     : nn_check_current(in[k], row_function.name);
    if (status != TENSOR_OK) return status;
  }
  int status = nn_record(&call, &results);
  if (status != TENSOR_OK || result->track == NULL) return status;
  result->track->node->function = f;
  f->refs++;
  return TENSOR_OK;
}
