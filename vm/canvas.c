/*
** canvas.c - a sheet to draw on: native.canvas(width, height, kind, scale)
** with few, plain primitives. Scales, axes and layout are the business of
** stdlib/plot.
**
** Coordinates run right and down from the upper left corner, in units of
** `scale` pixels. Colour and pen stay as they were last set. finish() gives
** the picture and everything that was taken back; so does the collector.
*/
#include <stdlib.h>
#include <string.h>

#include "vm/canvas.h"
#include "vm/module.h"

#define CANVAS "nnlua.canvas"
/* The largest side of a picture, cairo's own limit. */
#define MAX_SIDE   32767
#define MAX_DASHES 8

/* {== taking and giving back ============================================ */

static void release_canvas(VmCanvas *c) {
  c->failed = true; /* nothing more is written */
  if (c->cr != NULL) c->cairo->destroy(c->cr);
  if (c->surface != NULL) c->cairo->surface_destroy(c->surface);
  free(c->text);
  c->cr = NULL;
  c->surface = NULL;
  c->text = NULL;
}

static int canvas_gc(lua_State *L) {
  release_canvas(luaL_checkudata(L, 1, CANVAS));
  return 0;
}

VmCanvas *vm_check_canvas(lua_State *L) {
  VmCanvas *c = luaL_checkudata(L, 1, CANVAS);
  if (c->cr == NULL) vm_error(L, "canvas: it is finished");
  return c;
}

void vm_canvas_settle(lua_State *L, VmCanvas *c) {
  cairo_status_t status = c->cairo->status(c->cr);
  if (status == CAIRO_STATUS_SUCCESS)
    status = c->cairo->surface_status(c->surface);
  if (status != CAIRO_STATUS_SUCCESS)
    vm_error(L, "canvas: %s", c->cairo->status_to_string(status));
}

double vm_canvas_number(lua_State *L, int idx) {
  double x = luaL_checknumber(L, idx);
  if (!(x >= -VM_CANVAS_LIMIT && x <= VM_CANVAS_LIMIT))
    vm_error(L, "canvas: argument %d is out of range: %f", idx - 1, x);
  return x;
}

/* Makes room for `more` bytes of the document. */
static bool grow(VmCanvas *c, size_t more) {
  if (more <= c->room - c->length) return true;
  size_t room = c->room + c->room / 2 + more + 4096;
  char *text = realloc(c->text, room);
  if (text == NULL) return false;
  c->text = text;
  c->room = room;
  return true;
}

/* cairo's writer of documents. */
static cairo_status_t take_text(void *canvas, const unsigned char *data,
                                unsigned length) {
  VmCanvas *c = canvas;
  if (c->failed || !grow(c, length)) return CAIRO_STATUS_WRITE_ERROR;
  memcpy(c->text + c->length, data, length);
  c->length += length;
  return CAIRO_STATUS_SUCCESS;
}

/* Letters as wide at every size and angle: text fits where it was measured. */
static void set_text_metrics(const VmCanvas *c) {
  cairo_font_options_t *options = c->cairo->font_options_create();
  c->cairo->font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  c->cairo->set_font_options(c->cr, options);
  c->cairo->font_options_destroy(options);
}

static void open_surface(VmCanvas *c) {
  if (c->is_svg) {
    c->surface = c->cairo->svg_surface_create_for_stream(take_text, c, c->width,
                                                         c->height);
    c->cairo->svg_surface_set_document_unit(c->surface, CAIRO_SVG_UNIT_PX);
  } else {
    c->surface =
        c->cairo->image_surface_create(CAIRO_FORMAT_RGB24, c->width, c->height);
  }
  c->cr = c->cairo->create(c->surface);
  c->cairo->scale(c->cr, c->scale, c->scale);
  c->cairo->set_line_join(c->cr, CAIRO_LINE_JOIN_ROUND);
  set_text_metrics(c);
}

static int check_side(lua_State *L, int idx) {
  lua_Integer side = luaL_checkinteger(L, idx);
  if (side < 1 || side > MAX_SIDE)
    vm_error(L, "canvas: a side of %I pixels: 1 to %d is possible", side,
             MAX_SIDE);
  return (int)side;
}

/* canvas(width, height, "pixels"|"svg", scale = 1) */
static int native_canvas(lua_State *L) {
  static const char *const kinds[] = {"pixels", "svg", NULL};
  VmCanvas start = {.width = check_side(L, 1),
                    .height = check_side(L, 2),
                    .is_svg = luaL_checkoption(L, 3, NULL, kinds) == 1,
                    .scale = luaL_optnumber(L, 4, 1),
                    .pen = 1};
  if (!(start.scale >= 1e-3 && start.scale <= 1e3))
    return vm_error(L, "canvas: a scale of %f", start.scale);
  start.cairo = vm_cairo();
  if (start.cairo == NULL) return vm_raise(L, TENSOR_FAIL);
  VmCanvas *c = lua_newuserdatauv(L, sizeof *c, 0);
  *c = start;
  luaL_setmetatable(L, CANVAS);
  open_surface(c);
  vm_canvas_settle(L, c);
  return 1;
}

/* }== colour, pen, lines ================================================ */

static double check_level(lua_State *L, int idx) {
  double x = luaL_checknumber(L, idx);
  if (!(x >= 0 && x <= 1)) vm_error(L, "canvas: a colour of %f", x);
  return x;
}

/* color(red, green, blue, alpha = 1): each 0..1 */
static int canvas_color(lua_State *L) {
  const VmCanvas *c = vm_check_canvas(L);
  double alpha = lua_isnoneornil(L, 5) ? 1 : check_level(L, 5);
  c->cairo->set_source_rgba(c->cr, check_level(L, 2), check_level(L, 3),
                            check_level(L, 4), alpha);
  return 0;
}

/* pen(width, dash...): lengths of strokes and gaps, none for a whole line */
static int canvas_pen(lua_State *L) {
  VmCanvas *c = vm_check_canvas(L);
  double dashes[MAX_DASHES];
  int count = lua_gettop(L) - 2;
  c->pen = vm_canvas_number(L, 2);
  if (c->pen < 0 || count > MAX_DASHES)
    return vm_error(L, "canvas: no such pen");
  for (int k = 0; k < count; k++) {
    dashes[k] = vm_canvas_number(L, k + 3);
    if (dashes[k] <= 0) return vm_error(L, "canvas: no such dash");
  }
  c->cairo->set_line_width(c->cr, c->pen);
  c->cairo->set_dash(c->cr, dashes, count, 0);
  c->cairo->set_line_cap(c->cr, count > 0 ? CAIRO_LINE_CAP_BUTT
                                          : CAIRO_LINE_CAP_ROUND);
  return 0;
}

/* line(x1, y1, x2, y2) */
static int canvas_line(lua_State *L) {
  VmCanvas *c = vm_check_canvas(L);
  c->cairo->move_to(c->cr, vm_canvas_number(L, 2), vm_canvas_number(L, 3));
  c->cairo->line_to(c->cr, vm_canvas_number(L, 4), vm_canvas_number(L, 5));
  c->cairo->stroke(c->cr);
  vm_canvas_settle(L, c);
  return 0;
}

static void check_box(lua_State *L, double box[4]) {
  for (int k = 0; k < 4; k++) box[k] = vm_canvas_number(L, k + 2);
  if (box[2] < 0 || box[3] < 0) vm_error(L, "canvas: a negative size");
}

/* box(x, y, width, height, filled): an outline unless filled */
static int canvas_box(lua_State *L) {
  VmCanvas *c = vm_check_canvas(L);
  double box[4];
  check_box(L, box);
  c->cairo->rectangle(c->cr, box[0], box[1], box[2], box[3]);
  if (lua_toboolean(L, 6))
    c->cairo->fill(c->cr);
  else
    c->cairo->stroke(c->cr);
  vm_canvas_settle(L, c);
  return 0;
}

/* clip(x, y, width, height), or clip() for the whole sheet again */
static int canvas_clip(lua_State *L) {
  VmCanvas *c = vm_check_canvas(L);
  double box[4];
  c->cairo->reset_clip(c->cr);
  if (lua_gettop(L) > 1) {
    check_box(L, box);
    c->cairo->rectangle(c->cr, box[0], box[1], box[2], box[3]);
    c->cairo->clip(c->cr);
  }
  vm_canvas_settle(L, c);
  return 0;
}

/* }== text ============================================================== */

static void set_font(lua_State *L, const VmCanvas *c, int size, int bold) {
  double points = vm_canvas_number(L, size);
  if (points <= 0) vm_error(L, "canvas: a font of size %f", points);
  c->cairo->select_font_face(c->cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                             lua_toboolean(L, bold) ? CAIRO_FONT_WEIGHT_BOLD
                                                    : CAIRO_FONT_WEIGHT_NORMAL);
  c->cairo->set_font_size(c->cr, points);
}

/* text_size(text, size, bold) -> advance, and the font's ascent, descent */
static int canvas_text_size(lua_State *L) {
  VmCanvas *c = vm_check_canvas(L);
  const char *text = luaL_checkstring(L, 2);
  cairo_text_extents_t extents;
  cairo_font_extents_t font;
  set_font(L, c, 3, 4);
  c->cairo->text_extents(c->cr, text, &extents);
  c->cairo->font_extents(c->cr, &font);
  vm_canvas_settle(L, c);
  lua_pushnumber(L, extents.x_advance);
  lua_pushnumber(L, font.ascent);
  lua_pushnumber(L, font.descent);
  return 3;
}

/* text(text, x, y, size, align, angle, bold): x, y on the base line, at the
** share `align` of the text's length (0 its left end, 1 its right); the angle
** in radians, clockwise */
static int canvas_text(lua_State *L) {
  VmCanvas *c = vm_check_canvas(L);
  const char *text = luaL_checkstring(L, 2);
  double x = vm_canvas_number(L, 3), y = vm_canvas_number(L, 4);
  double align = luaL_optnumber(L, 6, 0), angle = luaL_optnumber(L, 7, 0);
  if (!(align >= 0 && align <= 1) || !(angle >= -10 && angle <= 10))
    return vm_error(L, "canvas: text at %f, turned by %f", align, angle);
  cairo_text_extents_t extents;
  set_font(L, c, 5, 8);
  c->cairo->text_extents(c->cr, text, &extents);
  c->cairo->save(c->cr);
  c->cairo->translate(c->cr, x, y);
  c->cairo->rotate(c->cr, angle);
  c->cairo->move_to(c->cr, -align * extents.x_advance, 0);
  c->cairo->show_text(c->cr, text);
  c->cairo->restore(c->cr);
  c->cairo->new_path(c->cr);
  vm_canvas_settle(L, c);
  return 0;
}

/* }== pictures ========================================================== */

/* One pixel as cairo has it: alpha, red, green, blue from the high byte down,
** the colours multiplied by alpha. */
static uint32_t packed(const uint8_t *rgba) {
  uint32_t alpha = rgba[3], pixel = alpha << 24;
  for (int k = 0; k < 3; k++) {
    uint32_t level = ((uint32_t)rgba[k] * alpha + 127) / 255;
    pixel |= level << (16 - 8 * k);
  }
  return pixel;
}

/* Draws h x w packed pixels into the box. */
static void paint(const VmCanvas *c, uint32_t *pixels, int h, int w,
                  const double box[4], bool smooth) {
  const VmCairo *cairo = c->cairo;
  cairo_surface_t *source = cairo->image_surface_create_for_data(
      (unsigned char *)pixels, CAIRO_FORMAT_ARGB32, w, h, 4 * w);
  cairo->save(c->cr);
  cairo->rectangle(c->cr, box[0], box[1], box[2], box[3]);
  cairo->clip(c->cr);
  cairo->translate(c->cr, box[0], box[1]);
  cairo->scale(c->cr, box[2] / w, box[3] / h);
  cairo->set_source_surface(c->cr, source, 0, 0);
  cairo_pattern_t *pattern = cairo->get_source(c->cr);
  /* smooth edges stay as strong as the rest */
  cairo->pattern_set_extend(pattern, CAIRO_EXTEND_PAD);
  cairo->pattern_set_filter(pattern,
                            smooth ? CAIRO_FILTER_GOOD : CAIRO_FILTER_NEAREST);
  cairo->paint(c->cr);
  cairo->restore(c->cr);
  cairo->surface_finish(source); /* the pixels are ours */
  cairo->surface_destroy(source);
}

static const Tensor *check_picture(lua_State *L, int idx) {
  const Tensor *t = &vm_check_value(L, idx)->t;
  if (t->dtype != TENSOR_UINT8 || t->ndim != 3 || t->shape[2] != 4 ||
      !tensor_is_contiguous(t) || t->shape[0] < 1 || t->shape[1] < 1 ||
      t->shape[0] > MAX_SIDE || t->shape[1] > MAX_SIDE)
    vm_error(L,
             "canvas: a picture must be contiguous uint8 (height, width, 4), "
             "sides 1 to %d, got %s",
             MAX_SIDE, vm_kind_of(L, idx));
  return t;
}

/* image(rgba, x, y, width, height, smooth) */
static int canvas_image(lua_State *L) {
  VmCanvas *c = vm_check_canvas(L);
  const Tensor *t = check_picture(L, 2);
  double box[4];
  for (int k = 0; k < 4; k++) box[k] = vm_canvas_number(L, k + 3);
  if (box[2] <= 0 || box[3] <= 0) return vm_error(L, "canvas: an empty box");
  int h = (int)t->shape[0], w = (int)t->shape[1];
  int64_t count = t->shape[0] * t->shape[1];
  uint32_t *pixels = malloc((size_t)count * sizeof *pixels);
  if (pixels == NULL) return vm_raise(L, tensor_no_memory(4 * count));
  const uint8_t *rgba = (const uint8_t *)t->data;
  for (int64_t i = 0; i < count; i++) pixels[i] = packed(rgba + 4 * i);
  paint(c, pixels, h, w, box, lua_toboolean(L, 7) != 0);
  free(pixels);
  vm_canvas_settle(L, c);
  return 0;
}

/* }== the finished picture ============================================== */

static int finish_svg(lua_State *L, VmCanvas *c) {
  c->cairo->surface_finish(c->surface);
  if (c->cairo->surface_status(c->surface) != CAIRO_STATUS_SUCCESS) {
    release_canvas(c);
    return vm_raise(L, tensor_no_memory((int64_t)c->room));
  }
  lua_pushlstring(L, c->text, c->length);
  release_canvas(c);
  return 1;
}

/* The sheet as uint8 (height, width, 3). */
static int finish_pixels(lua_State *L, VmCanvas *c) {
  Tensor t;
  const int64_t shape[] = {c->height, c->width, 3};
  int status = tensor_new(&t, TENSOR_UINT8, 3, shape);
  if (status != TENSOR_OK) return vm_raise(L, status);
  c->cairo->surface_flush(c->surface);
  const unsigned char *data = c->cairo->image_surface_get_data(c->surface);
  int stride = c->cairo->image_surface_get_stride(c->surface);
  uint8_t *to = (uint8_t *)t.data;
  for (int i = 0; i < c->height; i++) {
    const unsigned char *row = data + (ptrdiff_t)i * stride;
    for (int j = 0; j < c->width; j++, to += 3) {
      uint32_t pixel;
      memcpy(&pixel, row + (ptrdiff_t)j * 4, sizeof pixel);
      to[0] = (uint8_t)(pixel >> 16);
      to[1] = (uint8_t)(pixel >> 8);
      to[2] = (uint8_t)pixel;
    }
  }
  release_canvas(c);
  vm_push_tensor(L, &t);
  return 1;
}

/* finish() -> the document's text, or the pixels; the canvas is used up */
static int canvas_finish(lua_State *L) {
  VmCanvas *c = vm_check_canvas(L);
  vm_canvas_settle(L, c);
  return c->is_svg ? finish_svg(L, c) : finish_pixels(L, c);
}

/* }===================================================================== */

/* The metatable is made with the first canvas. */
static const luaL_Reg methods[] = {{"color", canvas_color},
                                   {"pen", canvas_pen},
                                   {"line", canvas_line},
                                   {"box", canvas_box},
                                   {"polyline", vm_canvas_polyline},
                                   {"markers", vm_canvas_markers},
                                   {"clip", canvas_clip},
                                   {"text", canvas_text},
                                   {"text_size", canvas_text_size},
                                   {"image", canvas_image},
                                   {"finish", canvas_finish},
                                   {NULL, NULL}};

static int new_canvas(lua_State *L) {
  if (luaL_newmetatable(L, CANVAS)) {
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, canvas_gc);
    lua_setfield(L, -2, "__gc");
    lua_pushliteral(L, "canvas");
    lua_setfield(L, -2, "__metatable"); /* scripts keep off the methods */
  }
  lua_pop(L, 1);
  return native_canvas(L);
}

const luaL_Reg vm_native_canvas[] = {{"canvas", new_canvas}, {NULL, NULL}};
