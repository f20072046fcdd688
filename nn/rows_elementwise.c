/*
** rows_elementwise.c - elementwise.def as rows of the operation table.
*/
#include "nn/ops.h"

#define LOG2_E            1.44269504088896340736
#define LOG10_E           0.43429448190325182765
#define TWO_OVER_SQRT_PI  1.12837916709551257390
#define ONE_OVER_SQRT_2PI 0.39894228040143267794
#define SQRT_HALF         0.70710678118654752440
#define SELU_SCALE        1.0507009873554804934
#define SELU_ALPHA        1.6732632423543772848

/* What a row keeps. */
#define A    1
#define B    2
#define R    4
#define X    8 /* crosswise: a's gradient reads b, b's reads a */
#define NONE NULL

#define GRADIENT_OPERANDS                                                      \
  Value *g = c->g, *a = c->in[0], *r = c->r;                                   \
  (void)g, (void)a, (void)r

#define UNARY(name, group, args, expression, keeps, gradient, help)            \
  static void gradient_##name(Grad *c) {                                       \
    GRADIENT_OPERANDS;                                                         \
    c->to[0] = gradient;                                                       \
  }
#define BINARY(name, group, args, expression, keeps, gradient_a, gradient_b,   \
               help)                                                           \
  static void gradient_##name(Grad *c) {                                       \
    GRADIENT_OPERANDS;                                                         \
    Value *b = c->in[1];                                                       \
    (void)b;                                                                   \
    if (c->needs[0]) c->to[0] = gradient_a;                                    \
    if (c->needs[1]) c->to[1] = gradient_b;                                    \
  }
#include "tensor/elementwise.def"
#undef UNARY
#undef BINARY

/* clang-format off */
#define ROW(name_, group, args_, keeps_, help_)                                \
  {.name = #name_,                                                             \
   .args = args_,                                                              \
   .help = help_,                                                              \
   .outputs = 1,                                                               \
   .keeps = (keeps_) & (A | B),                                                \
   .crosswise = ((keeps_) & X) != 0,                                           \
   .keeps_result = ((keeps_) & R) != 0,                                        \
   .internal = help_[0] == '\0',                                               \
   .map = &tensor_maps[TENSOR_MAP_##name_],                                    \
   .gradient = TENSOR_##group == TENSOR_COMPARE ||                             \
                       TENSOR_##group == TENSOR_LOGIC                          \
                   ? NULL                                                      \
                   : gradient_##name_},
/* clang-format on */
#define UNARY(name, group, args, expression, keeps, gradient, help)            \
  ROW(name, group, args, keeps, help)
#define BINARY(name, group, args, expression, keeps, gradient_a, gradient_b,   \
               help)                                                           \
  ROW(name, group, args, keeps, help)

const OpRow nn_elementwise_rows[TENSOR_MAP_COUNT] = {
#include "tensor/elementwise.def"
};
