/*
** nn.h - operations on tensors, with gradients.
**
** The operation table is the heart: one row (OpRow) is all there is to an
** operation. nn_call runs a row: shapes are checked before anything is
** allocated, the kernel runs, and where a gradient is wanted the tape notes
** the row and its inputs. Gradient rules are written in operations, so they
** have gradients themselves.
**
** This folder knows only tensor. Functions that can fail return a
** TensorStatus and leave a message. Dims count from 0 here.
*/
#ifndef NN_H
#define NN_H

#include "tensor/map.h"
#include "tensor/operations.h"

/* {================================================================
** Values: a tensor and what the tape knows about it
** ================================================================= */

typedef struct Track Track;
typedef struct Node Node;

typedef struct Value {
  int64_t refs;
  Tensor t;
  bool weak;    /* born from a plain number: never widens other dtypes */
  bool is_view; /* made by an operation that shares its input's storage */
  Track *track; /* NULL: no gradient flows through it */
} Value;

/* A value that takes over t's reference; NULL (and t released) when there is
** no memory. */
Value *nn_value_new(Tensor *t);
/* A weak 0-d value: float32 or float64 by default dtype, int64, bool. */
Value *nn_value_number(double number);
Value *nn_value_integer(int64_t number);
Value *nn_value_boolean(bool truth);
/* The same tensor without its history. */
Value *nn_value_detach(const Value *v);
Value *nn_value_retain(Value *v);
void nn_value_release(Value *v); /* NULL is fine */

/* The float dtype of new tensors and of integers divided. */
extern TensorDType nn_default_dtype;

/* }================================================================ */

/* {================================================================
** The operation table
** ================================================================= */

#define NN_LISTS 4
/* The count of a padding list that stands for the word "same". */
#define NN_SAME (-2)
/* And for "causal": rows other than conv1d refuse it. */
#define NN_CAUSAL (-3)
/* An argument that was not given. */
#define NN_ABSENT INT64_MIN

/* The arguments of an operation that are not tensors, in the order in which
** the row names them, each kind counted on its own. What the row does not
** name is not set: nothing may read it. */
typedef struct OpAttrs {
  int64_t i[8]; /* integers, dims, sets of dims (bits), flags, dtypes */
  double f[4];
  int counts[NN_LISTS]; /* -1: the list was not given */
  int64_t lists[NN_LISTS][TENSOR_MAX_DIMS];
  const char *text; /* lasts for the call alone: for composites */
} OpAttrs;

typedef struct OpRow OpRow;
typedef struct Grad Grad;

typedef struct OpCall {
  const OpRow *row;
  int inputs;
  Value *const *in;
  const OpAttrs *attrs;
} OpCall;

/* What a shape rule decides about one result. */
typedef struct OpShape {
  TensorDType dtype;
  int ndim;
  int64_t shape[TENSOR_MAX_DIMS];
} OpShape;

/* Results: counted references that the caller releases. */
#define NN_FEW 3
typedef struct OpResults {
  int count;
  Value *few[NN_FEW];
  Value **many; /* few, or memory for more */
} OpResults;

/*
** args tells what a caller writes, and so how Lua's arguments are read:
** names separated by commas, each `name[: type][ = default]`:
**   (none)   a tensor or a number     tensor   a tensor
**   tensors  a list of tensors        dim      one dim of the first input
**   dims     a dim, a list, or all    place    a dim for a new one
**   int      a whole number           number   a float
**   bool     true or false            ints     whole numbers or a list
**   dtype    "float32" ...            a|b|c    one of these words
**   padding  "valid", "same", "causal" or ints
**   number|a|b   a float, or one of these words: i holds 0 or which word
**            (from 1), f the number (NaN for a word)
**   text     a string, for composites alone
** The last argument may be several in place of a list of them: `ints` or
** `tensors`.
** `= nil` makes an argument optional without a default.
*/
struct OpRow {
  const char *name; /* "f", or "linalg.f" for tensor.linalg.f */
  const char *args;
  const char *help;
  int outputs;          /* 0 counts as 1 */
  unsigned keeps;       /* bit k: the gradient reads input k */
  bool crosswise;       /* each of two inputs' gradients reads only the other */
  bool keeps_result;    /* the gradient reads the results */
  bool internal;        /* not for users: gradients, fused steps */
  bool in_place;        /* writes its first input; name ends in _ */
  bool list;            /* the results are a list, not several */
  bool form_in_place;   /* name_ exists too: the result copied into x */
  const TensorMap *map; /* elementwise: shape rule and kernel follow */
  /* Checks the call, and decides each result. */
  int (*shape)(const OpCall *c, OpShape *out);
  /* Fills the results, made to that (contiguous, not set). Without a shape
  ** rule, in place: checks and writes the first input. */
  int (*kernel)(const OpCall *c, Tensor *out);
  int (*view)(const OpCall *c, Tensor *out); /* instead: makes a view */
  /* instead of all that: a few lines over other operations */
  int (*compose)(Grad *c, const OpCall *call, OpResults *out);
  void (*gradient)(Grad *c);
};

/* The whole table, in order; count in *count. */
const OpRow *const *nn_rows(int *count);
const OpRow *nn_row(const char *name);

/* A dim as users write it, from 1 or from -1 at the end, as one from 0. `what`
** ("the tensor") is the thing of so many dims. */
int nn_read_dim(const char *operation, const char *what, int ndim, int64_t n,
                int64_t *dim);

/* Runs a row. Inputs stay the caller's; on success the results are the
** caller's too. */
int nn_call(const OpRow *row, int inputs, Value *const *in,
            const OpAttrs *attrs, OpResults *out);
/* Runs an elementwise row, or one that only copies, into its first input. */
int nn_call_in_place(const OpRow *row, int inputs, Value *const *in,
                     const OpAttrs *attrs);
void nn_results_release(OpResults *r);

/* }================================================================ */

/* {================================================================
** The tape
** ================================================================= */

bool nn_grad_enabled(void);
bool nn_set_grad_enabled(bool on); /* returns what it was */
bool nn_training(void);            /* dropout drops, batch norm learns */
bool nn_set_training(bool on);

/* Makes v a leaf that collects a gradient, or no longer. */
int nn_require_grad(Value *v, bool on);
bool nn_is_leaf(const Value *v);
/* The gradient that backward collected in a leaf, borrowed; NULL if none. */
Value *nn_gradient(const Value *v);
/* Sets or (NULL) forgets it. */
int nn_set_gradient(Value *v, Value *gradient);

typedef struct NnBackward {
  bool retain_graph; /* the graph may be walked again */
  bool create_graph; /* the gradients have gradients */
} NnBackward;

/* Adds d(sum of outputs, weighted by seeds) / d(leaf) into every leaf that
** the outputs depend on. A NULL seed counts as ones. */
int nn_backward(int outputs, Value *const *out, Value *const *seeds,
                NnBackward options);
/* The same for the given inputs alone: gradients[i] is a reference for the
** caller, or NULL where the outputs do not depend on inputs[i]. */
int nn_gradients(int outputs, Value *const *out, Value *const *seeds,
                 int inputs, Value *const *in, Value **gradients,
                 NnBackward options);

/*
** A user's own operation: how gradients flow back through it. Counted; the
** tape holds it until the graph is freed, and then calls release.
*/
typedef struct NnFunction NnFunction;
struct NnFunction {
  int64_t refs;
  /* g has flowed into result number `output`: fills to[k] with a counted
  ** gradient of input k, or leaves NULL. */
  int (*backward)(NnFunction *f, int output, Value *g, int inputs, Value **to);
  void (*release)(NnFunction *f);
};
void nn_function_release(NnFunction *f);
/* Notes that result, a fresh value without history, was computed by f from
** the inputs. */
int nn_record_function(NnFunction *f, int output, int inputs, Value *const *in,
                       Value *result);

/* One thing in the graph behind a value: an operation that ran, or a leaf. */
typedef struct NnStep {
  const void *id;
  const char *name; /* of the operation; NULL: a leaf */
  OpShape shape;    /* of the (first) result */
  int inputs;       /* those through which gradients flow */
  const void *const *from;
} NnStep;
typedef int NnSee(void *to, const NnStep *step);
/* Shows all that v was computed from, the earliest first; a leaf comes as
** often as it is used. */
int nn_graph(const Value *v, NnSee *see, void *to);

/* Says that v's elements were changed from outside an operation. */
void nn_touched(Value *v);

/* }================================================================ */

#endif
