/*
** pool.h - inside nn: memory for the many small records of the tape. What is
** given back waits in a list for its size; a training step frees thousands of
** records at once and takes them again in the next.
*/
#ifndef NN_POOL_H
#define NN_POOL_H

#include <stddef.h>

/* NULL with a message when there is no memory. */
void *nn_pool_take(size_t size);
/* size as it was taken; NULL is fine. */
void nn_pool_give(void *record, size_t size);

#endif
