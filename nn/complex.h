/*
** complex.h - inside nn: complex tensors, which have a last dim of 2, (re,
** im).
**
** Which kind an operation takes is part of its meaning and never guessed from
** a shape. Those that take both read a tensor as real unless the caller says
** complex=true, and refuse one that may be either where nothing is said.
*/
#ifndef NN_COMPLEX_H
#define NN_COMPLEX_H

#include "nn/ops.h"

/* Fails unless input k is complex. */
int nn_need_complex(const OpCall *call, int k);
/* Whether the first input is complex, for operations that take both kinds and
** work on at least `dims` dims; `said` is the argument: 0, 1 or absent. */
int nn_read_complex(const OpCall *call, int64_t said, int dims,
                    bool *is_complex);
/* Reads a list of dims of the signal, from 1 or -1, into ones from 0. */
int nn_read_signal_dims(const OpCall *call, int signal, bool is_complex,
                        int count, const int64_t *list, int64_t *dims);
/* The real (0) or imaginary (1) part of z: a view. */
Value *nn_complex_part(Grad *c, Value *z, int which);
/* The transform of a complex x along a set of dims. */
Value *nn_spectrum(Grad *c, Value *x, unsigned dims, bool inverse,
                   double scale);

#endif
