/*
** canvas.h - what the files of the canvas share: a sheet that cairo draws on,
** for plots (stdlib/plot).
*/
#ifndef VM_CANVAS_H
#define VM_CANVAS_H

#include "vm/cairo.h"
#include "vm/vm.h"

/* Coordinates a caller may give: cairo's own numbers end at 2^23. */
#define VM_CANVAS_LIMIT 1e6

typedef struct VmCanvas {
  const VmCairo *cairo;
  cairo_t *cr; /* NULL once the canvas is finished */
  cairo_surface_t *surface;
  int width, height; /* in pixels */
  bool is_svg, failed;
  double scale; /* pixels to a unit of the coordinates */
  double pen;   /* width of lines, in units */
  char *text;   /* the SVG document as far as it is written */
  size_t length, room;
} VmCanvas;

/* The canvas at 1, which is not finished yet; raises an error otherwise. */
VmCanvas *vm_check_canvas(lua_State *L);
/* Raises what cairo says went wrong, if anything did. */
void vm_canvas_settle(lua_State *L, VmCanvas *c);
/* The number at idx; must lie within VM_CANVAS_LIMIT. */
double vm_canvas_number(lua_State *L, int idx);

/* canvas:polyline(xs, ys), canvas:markers(xs, ys, shape, radius) */
int vm_canvas_polyline(lua_State *L);
int vm_canvas_markers(lua_State *L);

#endif
