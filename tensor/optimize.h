/*
** optimize.h - one step of an optimiser, fused: each parameter and its state
** are read and written once. All tensors of one call are contiguous and of
** one float dtype and size; g is not changed. The gradient is
** g * scale + decay * p throughout.
*/
#ifndef TENSOR_OPTIMIZE_H
#define TENSOR_OPTIMIZE_H

#include "tensor/tensor.h"

typedef struct TensorStep {
  double lr;
  double scale; /* of the gradient */
  double decay; /* of the parameter, added to the gradient (L2) */
  double momentum;
  double rho, beta1, beta2; /* rates of running means */
  double epsilon;
  int64_t count; /* this is the count-th step, from 1 (Adam) */
  bool nesterov;
} TensorStep;

/* v = momentum v - lr g; p += v, or momentum v - lr g again with nesterov.
** v NULL: p -= lr g. (Sutskever et al., 2013) */
int tensor_sgd_step(const TensorStep *s, Tensor *p, const Tensor *g, Tensor *v);
/* a += g^2; p -= lr g / (sqrt(a) + epsilon). (Duchi et al., 2011) */
int tensor_adagrad_step(const TensorStep *s, Tensor *p, const Tensor *g,
                        Tensor *a);
/* a = rho a + (1 - rho) g^2; d = lr g / (sqrt(a) + epsilon); with momentum
** v = momentum v + d, p -= v; else p -= d. (Tieleman and Hinton, 2012) */
int tensor_rmsprop_step(const TensorStep *s, Tensor *p, const Tensor *g,
                        Tensor *a, Tensor *v);
/* m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
** p -= lr m' / (sqrt(v') + epsilon), m' and v' without the bias of their
** start. (Kingma and Ba, 2015) */
int tensor_adam_step(const TensorStep *s, Tensor *p, const Tensor *g, Tensor *m,
                     Tensor *v);

#endif
