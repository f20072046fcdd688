/*
** patience.c - how long a thread without work spins before it sleeps.
**
** The OpenMP runtime's default, about a millisecond, makes a program crawl
** when other programs want the processor too: every thread that has finished
** burns the time that the last one needs. A few microseconds cover the way
** from one kernel to the next. The runtime reads its environment when it is
** initialised, before main, so this runs earlier still; what the user has set
** stays.
*/
#include <stdlib.h>

__attribute__((constructor(101))) static void set_patience(void) {
  setenv("GOMP_SPINCOUNT", "10000", 0);
}
