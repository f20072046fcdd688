/*
** tape.h - inside nn: nodes, tracks, and what gradient rules work with.
*/
#ifndef NN_TAPE_H
#define NN_TAPE_H

#include "nn/nn.h"

/* What the tape knows of one value. The edges of the graph are tracks: a
** node holds its inputs' tracks, a track holds the node that made it. */
struct Track {
  int64_t refs;
  Node *node;       /* NULL: a leaf */
  int output;       /* which result of node */
  uint64_t version; /* of the storage when the value was made */
  Value *grad;      /* of a leaf: collected by backward */
  Value *pending;   /* during backward: what has flowed in so far */
  bool wanted;      /* during backward: pending is to be kept */
  OpShape shape;
};

/* What a node knows of an input. */
typedef struct Kept {
  Value *value; /* with its history; NULL where the rule reads it not */
  uint64_t version;
  OpShape shape;
} Kept;

/* One operation that ran. */
struct Node {
  int64_t refs;
  int64_t order; /* nodes count up as they are made */
  int64_t visit; /* the last backward that came by */
  const OpRow *row;
  OpAttrs *attrs;       /* NULL if the row has none */
  NnFunction *function; /* of the user's own operation, else NULL */
  Node *next;           /* while waiting to be freed */
  bool spent;           /* backward freed what was kept */
  int inputs, outputs;
  Tensor results[NN_FEW]; /* kept, without history: no cycles */
  uint64_t result_versions[NN_FEW];
  Track *out[NN_FEW]; /* not counted; NULL once gone */
  Track **edges;      /* NULL where nothing flows */
  Kept *kept;
};

/* Notes that a row ran. On success the results are tracked. */
int nn_record(const OpCall *call, OpResults *r);
bool nn_wants_record(const OpCall *call);
void nn_track_release(Track *t);
void nn_node_release(Node *n);
/* Lets go of all that a node keeps: it has done its work. */
void nn_node_clear(Node *n);
/* TENSOR_FAIL when a tracked value was changed behind the tape's back. */
int nn_check_current(const Value *v, const char *operation);

/*
** What a gradient rule or a composite works in. Operations called through it
** return borrowed values that live until it ends; after a failure (status)
** they return NULL, and take NULL for an answer, so that rules need not look.
*/
struct Grad {
  int status;
  int64_t mark; /* temporaries below belong to others */
  const Node *node;
  const OpAttrs *attrs;
  int inputs;
  Value *g;      /* what flows into the first result */
  Value *g2;     /* and into the second; NULL if nothing does */
  Value **in;    /* inputs that the row keeps, else NULL */
  Value *r, *r2; /* results, where the row keeps them */
  bool *needs;   /* which inputs want a gradient */
  Value **to;    /* the rule's answer: a gradient for each, or NULL */
};

void nn_scope_begin(Grad *c);
/* Releases the temporaries; returns the status. */
int nn_scope_end(Grad *c);
/* Hands a counted reference over to the scope. */
Value *nn_scope_own(Grad *c, Value *v);

#endif
