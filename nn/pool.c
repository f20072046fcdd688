/*
** pool.c - lists of free records, one for each size class.
*/
#include "nn/pool.h"

#include <stdint.h>
#include <stdlib.h>

#include "tensor/tensor.h"

#define STEP    64   /* bytes between classes */
#define CLASSES 24   /* larger records go to malloc */
#define MOST    8192 /* records that wait in one list */

/* The address sanitizer must see every record die. */
#if defined(__SANITIZE_ADDRESS__)
#define POOLED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOLED 0
#endif
#endif
#ifndef POOLED
#define POOLED 1
#endif

typedef struct Free {
  struct Free *next;
} Free;

static struct {
  Free *first;
  int count;
} lists[CLASSES];

static size_t class_of(size_t size) { return (size - 1) / STEP; }

void *nn_pool_take(size_t size) {
  size_t class = class_of(size);
  if (class < CLASSES && lists[class].first != NULL) {
    Free *record = lists[class].first;
    lists[class].first = record->next;
    lists[class].count--;
    return record;
  }
  void *record = malloc(class < CLASSES ? (class + 1) * STEP : size);
  if (record == NULL) tensor_no_memory((int64_t)size);
  return record;
}

void nn_pool_give(void *record, size_t size) {
  size_t class = class_of(size);
  if (record == NULL) return;
  if (!POOLED || class >= CLASSES || lists[class].count >= MOST) {
    free(record);
    return;
  }
  Free *head = record;
  head->next = lists[class].first;
  lists[class].first = head;
  lists[class].count++;
}
