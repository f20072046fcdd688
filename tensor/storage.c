/*
** storage.c - counted blocks of bytes, recycled by size.
**
** Sizes are rounded up to classes, four to each power of two, so that a
** block freed by one tensor fits the next of about its size. Freed blocks
** wait in a list per class, newest first (its bytes may still be in the
** processor's cache). A trim gives back the blocks that waited since the
** trim before it.
*/
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tensor/tensor.h"

#define ALIGNMENT   64
#define SMALLEST    64       /* bytes of the first class */
#define CLASSES     (4 * 56) /* up to the largest size that is asked for */
#define CACHE_LIMIT ((int64_t)512 << 20)
#define HUGE_PAGE   ((int64_t)2 << 20)

typedef struct Block {
  TensorStorage storage; /* first: a storage is a block */
  struct Block *next;
  int64_t stamp; /* the trim after which it began to wait */
  int class;
} Block;

static Block *waiting[CLASSES];
static TensorMemory memory;
static int64_t trims;

/* The class that holds `bytes`, and its size. */
static int class_of(int64_t bytes, int64_t *size) {
  int64_t base = SMALLEST;
  int class = 0;
  while (base * 2 < bytes) {
    base *= 2;
    class += 4;
  }
  int64_t quarter = base / 4;
  int steps = bytes <= base ? 0 : (int)((bytes - base + quarter - 1) / quarter);
  *size = (base + steps * quarter + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  return class + steps;
}

/* What tensors may take: most of the machine's memory. The system promises
** more than it has and kills who takes it at its word. */
static int64_t most_bytes(void) {
  static int64_t most = 0;
  if (most == 0) {
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    most = pages > 0 && size > 0 ? (int64_t)pages / 10 * 9 * size : INT64_MAX;
  }
  return most;
}

static char *system_new(int64_t size) {
  if (memory.live + memory.cached > most_bytes() - size) return NULL;
  int64_t alignment = size >= 2 * HUGE_PAGE ? HUGE_PAGE : ALIGNMENT;
  int64_t rounded = (size + alignment - 1) / alignment * alignment;
  char *data = aligned_alloc((size_t)alignment, (size_t)rounded);
#ifdef MADV_HUGEPAGE
  if (data != NULL && alignment == HUGE_PAGE)
    madvise(data, (size_t)rounded, MADV_HUGEPAGE);
#endif
  return data;
}

static void system_free(Block *b) {
  memory.cached -= b->storage.bytes;
  free(b->storage.data);
  free(b);
}

static Block *block_new(int class, int64_t size) {
  Block *b = malloc(sizeof *b);
  char *data = b == NULL ? NULL : system_new(size);
  if (data == NULL) {
    tensor_memory_clear(); /* what waits may be just what is missing */
    if (b != NULL) data = system_new(size);
  }
  if (data == NULL) {
    free(b);
    return NULL;
  }
  b->class = class;
  b->storage.bytes = size;
  b->storage.data = data;
  return b;
}

TensorStorage *tensor_storage_new(int64_t bytes) {
  int64_t size;
  if (bytes > INT64_MAX / 4) {
    tensor_no_memory(bytes);
    return NULL;
  }
  int class = class_of(bytes, &size);
  Block *b = waiting[class];
  if (b != NULL) {
    waiting[class] = b->next;
    memory.cached -= size;
  } else if ((b = block_new(class, size)) == NULL) {
    tensor_no_memory(bytes);
    return NULL;
  }
  b->storage.refs = 1;
  b->storage.version = 0;
  memory.allocated += size;
  memory.live += size;
  if (memory.live > memory.peak) memory.peak = memory.live;
  return &b->storage;
}

void tensor_storage_retain(TensorStorage *s) { s->refs++; }

void tensor_storage_release(TensorStorage *s) {
  if (--s->refs > 0) return;
  Block *b = (Block *)s;
  memory.live -= s->bytes;
  memory.cached += s->bytes;
  if (memory.cached > CACHE_LIMIT) {
    system_free(b);
    return;
  }
  b->stamp = trims;
  b->next = waiting[b->class];
  waiting[b->class] = b;
}

TensorMemory tensor_memory(void) { return memory; }

/* Frees the blocks that began to wait before trim number `stamp`. Lists are
** newest first, so each is cut at the first old one. */
static void free_older(int64_t stamp) {
  for (int i = 0; i < CLASSES; i++) {
    Block **at = &waiting[i];
    while (*at != NULL && (*at)->stamp >= stamp) at = &(*at)->next;
    Block *old = *at;
    *at = NULL;
    while (old != NULL) {
      Block *next = old->next;
      system_free(old);
      old = next;
    }
  }
}

void tensor_memory_trim(void) { free_older(trims++); }

void tensor_memory_clear(void) { free_older(INT64_MAX); }
