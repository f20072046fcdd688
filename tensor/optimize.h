/*
** optimize.h - one step of an optimiser, fused: each parameter and its state
** are read and written once. All tensors of one call are contiguous and of
** one float dtype and size; g is not changed. The gradient is
** g * scale + decay * p throughout. Where epsilon stands follows Keras.
*/
#ifndef TENSOR_OPTIMIZE_H
#define TENSOR_OPTIMIZE_H

#include "tensor/tensor.h"

typedef struct TensorStep {
  double lr;
  double scale; /* of the gradient */
  double decay; /* of the parameter, added to the gradient (L2) */
  bool apart;   /* Adam: p -= lr decay p instead, beside the step (AdamW) */
  double momentum;
  double rho, beta1, beta2; /* rates of running means */
  double epsilon;
  int64_t count; /* this is the count-th step, from 1 (Adam and its kin) */
  double of_mean, of_gradient; /* their shares in a step (Nadam) */
  bool nesterov;
} TensorStep;

/* v = momentum v - lr g; p += v, or momentum v - lr g again with nesterov.
** v NULL: p -= lr g. (Sutskever et al., 2013) */
int tensor_sgd_step(const TensorStep *s, Tensor *p, const Tensor *g, Tensor *v);
/* a += g^2; p -= lr g / sqrt(a + epsilon). (Duchi et al., 2011) */
int tensor_adagrad_step(const TensorStep *s, Tensor *p, const Tensor *g,
                        Tensor *a);
/* a = rho a + (1 - rho) g^2; d = g sqrt((u + epsilon) / (a + epsilon));
** u = rho u + (1 - rho) d^2; p -= lr d. (Zeiler, 2012) */
int tensor_adadelta_step(const TensorStep *s, Tensor *p, const Tensor *g,
                         Tensor *a, Tensor *u);
/* a = rho a + (1 - rho) g^2; d = lr g / sqrt(a + epsilon); with momentum
** v = momentum v + d, p -= v; else p -= d. (Tieleman and Hinton, 2012)
** Centred: m = rho m + (1 - rho) g, and a - m^2 stands for a in d; it needs
** v, with momentum 0 too. */
int tensor_rmsprop_step(const TensorStep *s, Tensor *p, const Tensor *g,
                        Tensor *a, Tensor *v, Tensor *m);
/* m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
** p -= rate m / (sqrt(v) + epsilon), where rate takes the bias of their start
** from lr. (Kingma and Ba, 2015) With most, the largest v so far stands for v
** (AMSGrad: Reddi et al., 2018). */
int tensor_adam_step(const TensorStep *s, Tensor *p, const Tensor *g, Tensor *m,
                     Tensor *v, Tensor *most);
/* m as Adam's; u = max(beta2 u, |g|); p -= lr m' / (u + epsilon), m' without
** the bias of its start. (Kingma and Ba, 2015) */
int tensor_adamax_step(const TensorStep *s, Tensor *p, const Tensor *g,
                       Tensor *m, Tensor *u);
/* m and v as Adam's; p -= lr (of_mean m + of_gradient g) / (sqrt(v') +
** epsilon), v' without the bias of its start. (Dozat, 2016) */
int tensor_nadam_step(const TensorStep *s, Tensor *p, const Tensor *g,
                      Tensor *m, Tensor *v);

#endif
