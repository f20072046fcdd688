/*
** cairo.c - loads cairo: see cairo.h. It stays loaded to the end.
*/
#include <dlfcn.h>
#include <string.h>

#include "tensor/tensor.h"
#include "vm/cairo.h"

#define LIBRARY "libcairo.so.2"

typedef struct Symbol {
  const char *name;
  size_t offset; /* of its pointer in VmCairo */
} Symbol;

#define SYMBOL(name) {"cairo_" #name, offsetof(VmCairo, name)},
static const Symbol symbols[] = {VM_CAIRO_FUNCTIONS(SYMBOL)};
#undef SYMBOL

static int load(VmCairo *cairo) {
  void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL)
    return tensor_fail("plots are drawn by the cairo library, which cannot be "
                       "loaded: %s (on Debian: apt-get install libcairo2)",
                       dlerror());
  for (size_t k = 0; k < sizeof symbols / sizeof *symbols; k++) {
    void *symbol = dlsym(library, symbols[k].name);
    if (symbol == NULL) {
      dlclose(library);
      return tensor_fail("plots need cairo 1.16 or later: this " LIBRARY
                         " has no %s",
                         symbols[k].name);
    }
    memcpy((char *)cairo + symbols[k].offset, &symbol, sizeof symbol);
  }
  return TENSOR_OK;
}

const VmCairo *vm_cairo(void) {
  static VmCairo cairo;
  static bool loaded;
  if (!loaded) loaded = load(&cairo) == TENSOR_OK;
  return loaded ? &cairo : NULL;
}
