/*
** guard.h - keeping what C owns safe from Lua errors: a guard is a userdata
** that holds one pointer and gives it back when it is collected, so an error
** raised in between loses nothing.
*/
#ifndef VM_GUARD_H
#define VM_GUARD_H

#include <lua.h>

typedef struct VmGuard {
  void *what; /* NULL: nothing to give back */
  void (*release)(void *what);
} VmGuard;

/* Pushes an empty guard. Push it first, take after. */
VmGuard *vm_new_guard(lua_State *L, void (*release)(void *what));
/* Gives back now what the guard holds. */
void vm_guard_release(VmGuard *guard);

#endif
