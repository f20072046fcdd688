/*
** arg_reduce_type.h - both directions of one dtype. Included with TYPE,
** IS_NAN(element) and NAME_OF(direction, word) defined.
*/

#define BEFORE(a, b) ((a) > (b))
#define NAME(word)   NAME_OF(greatest, word)
#include "tensor/arg_reduce_body.h"

#define BEFORE(a, b) ((a) < (b))
#define NAME(word)   NAME_OF(least, word)
#include "tensor/arg_reduce_body.h"

#undef TYPE
#undef IS_NAN
#undef NAME_OF
