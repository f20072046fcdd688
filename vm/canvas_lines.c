/*
** canvas_lines.c - the parts of a canvas that take many points: lines
** through them and marks at them, for data of any size and any values.
**
** Points come as two float64 tensors. What is not finite makes a gap. cairo
** knows only coordinates below 2^23, so a line is cut at a box around the
** sheet first. Of the neighbouring points that fall into one narrow column
** only the first, lowest, highest and last are drawn, which looks the same:
** Jugel, Jerzak, Hackenbroich, Markl: "M4: a visualization-oriented time
** series data aggregation", VLDB 2014.
*/
#include <math.h>

#include "vm/canvas.h"
#include "vm/module.h"

/* Columns to a pixel; SVG may be enlarged. */
#define COLUMNS 4
/* Segments that are stroked at once: cairo slows down beyond. */
#define PIECE      512
#define POLL_EVERY 4096
/* Coordinates are brought below this before any arithmetic. */
#define FARTHEST 1e12
#define PI       3.14159265358979323846

typedef struct Point {
  double x, y;
} Point;

typedef struct Points {
  const double *x, *y;
  int64_t count;
} Points;

typedef struct Pen {
  VmCanvas *canvas;
  double low[2], high[2]; /* the box that lines are cut at */
  Point last;
  bool has_last;  /* a line is being drawn */
  bool is_single; /* it has one point so far */
  bool is_down;   /* cairo's current point is `last` */
  int segments;   /* since the last stroke */
} Pen;

static const double *check_points(lua_State *L, int idx, int64_t *count) {
  const Tensor *t = &vm_check_value(L, idx)->t;
  if (t->dtype != TENSOR_FLOAT64 || t->ndim != 1 || !tensor_is_contiguous(t))
    vm_error(L, "canvas: points must be contiguous float64 (n), got %s",
             vm_kind_of(L, idx));
  *count = t->shape[0];
  return (const double *)t->data;
}

/* The points at 2 and 3. */
static Points read_points(lua_State *L) {
  Points p;
  int64_t other;
  p.x = check_points(L, 2, &p.count);
  p.y = check_points(L, 3, &other);
  if (other != p.count) vm_error(L, "canvas: x and y differ in length");
  return p;
}

static bool point_at(const Points *p, int64_t i, Point *point) {
  if (!isfinite(p->x[i]) || !isfinite(p->y[i])) return false;
  point->x = fmax(-FARTHEST, fmin(FARTHEST, p->x[i]));
  point->y = fmax(-FARTHEST, fmin(FARTHEST, p->y[i]));
  return true;
}

/* {== lines ============================================================= */

static void begin(Pen *pen, VmCanvas *c) {
  double margin = 16 + 2 * c->pen;
  *pen = (Pen){
      .canvas = c,
      .low = {-margin, -margin},
      .high = {c->width / c->scale + margin, c->height / c->scale + margin}};
}

/* Cuts the part of the line from a to b that lies within low..high in one
** direction (Liang and Barsky): narrows from..to, shares of its length. */
static bool cut(double a, double b, double low, double high, double *from,
                double *to) {
  double d = b - a;
  if (d == 0) return a >= low && a <= high;
  double enter = ((d > 0 ? low : high) - a) / d;
  double leave = ((d > 0 ? high : low) - a) / d;
  *from = fmax(*from, enter);
  *to = fmin(*to, leave);
  return *from <= *to;
}

static void stroke(Pen *pen) {
  VmCanvas *c = pen->canvas;
  c->cairo->stroke(c->cr);
  pen->segments = 0;
  if (pen->is_down) c->cairo->move_to(c->cr, pen->last.x, pen->last.y);
}

/* The line from the last point to p, as far as it is near the sheet. */
static void draw_segment(Pen *pen, Point p) {
  VmCanvas *c = pen->canvas;
  Point a = pen->last;
  double from = 0, to = 1;
  bool is_near = cut(a.x, p.x, pen->low[0], pen->high[0], &from, &to) &&
                 cut(a.y, p.y, pen->low[1], pen->high[1], &from, &to);
  if (is_near) {
    double dx = p.x - a.x, dy = p.y - a.y;
    if (!pen->is_down)
      c->cairo->move_to(c->cr, a.x + from * dx, a.y + from * dy);
    c->cairo->line_to(c->cr, a.x + to * dx, a.y + to * dy);
  }
  pen->is_down = is_near && to == 1;
  pen->last = p;
  if (++pen->segments >= PIECE) stroke(pen);
}

static void draw_to(Pen *pen, Point p) {
  if (pen->has_last) {
    draw_segment(pen, p);
    pen->is_single = false;
  } else {
    pen->last = p;
    pen->has_last = pen->is_single = true;
    pen->is_down = false;
  }
}

/* A dot where a line has one point only, which would not be seen. */
static void draw_dot(Pen *pen) {
  VmCanvas *c = pen->canvas;
  Point p = pen->last;
  if (p.x < pen->low[0] || p.x > pen->high[0] || p.y < pen->low[1] ||
      p.y > pen->high[1])
    return;
  stroke(pen);
  c->cairo->arc(c->cr, p.x, p.y, 1.5 * c->pen, 0, 2 * PI);
  c->cairo->fill(c->cr);
}

/* Ends the line. */
static void lift(Pen *pen) {
  pen->is_down = false;
  if (pen->has_last && pen->is_single) draw_dot(pen);
  pen->has_last = false;
}

/* Neighbouring points of one column: the first, the one of the least and the
** one of the greatest y, the last. */
typedef struct Column {
  bool used;
  double place;
  int64_t first, least, greatest, last;
} Column;

static void draw_column(Pen *pen, const Points *p, Column *column) {
  if (!column->used) return;
  bool up = column->least < column->greatest;
  int64_t order[] = {column->first, up ? column->least : column->greatest,
                     up ? column->greatest : column->least, column->last};
  for (int k = 0; k < 4; k++) {
    Point point;
    if (k > 0 && order[k] == order[k - 1]) continue;
    if (point_at(p, order[k], &point)) draw_to(pen, point);
  }
  column->used = false;
}

static void add_to_column(Pen *pen, const Points *p, Column *column, int64_t i,
                          Point point) {
  double place = floor(point.x * pen->canvas->scale * COLUMNS);
  if (column->used && column->place != place) draw_column(pen, p, column);
  if (!column->used) *column = (Column){true, place, i, i, i, i};
  if (p->y[i] < p->y[column->least]) column->least = i;
  if (p->y[i] > p->y[column->greatest]) column->greatest = i;
  column->last = i;
}

int vm_canvas_polyline(lua_State *L) {
  VmCanvas *c = vm_check_canvas(L);
  Points p = read_points(L);
  Pen pen;
  Column column = {0};
  int status = TENSOR_OK;
  begin(&pen, c);
  for (int64_t i = 0; i < p.count && status == TENSOR_OK; i++) {
    Point point;
    if (point_at(&p, i, &point)) {
      add_to_column(&pen, &p, &column, i, point);
    } else {
      draw_column(&pen, &p, &column);
      lift(&pen);
    }
    if (i % POLL_EVERY == 0) status = tensor_poll();
  }
  draw_column(&pen, &p, &column);
  lift(&pen);
  stroke(&pen);
  if (status != TENSOR_OK) return vm_raise(L, status);
  vm_canvas_settle(L, c);
  return 0;
}

/* }== marks ============================================================= */

static void corners(const VmCanvas *c, Point at, const Point *corner, int n,
                    double r) {
  for (int k = 0; k < n; k++)
    c->cairo->line_to(c->cr, at.x + r * corner[k].x, at.y + r * corner[k].y);
  c->cairo->close_path(c->cr);
  c->cairo->fill(c->cr);
}

static void draw_circle(const VmCanvas *c, Point at, double r) {
  c->cairo->arc(c->cr, at.x, at.y, r, 0, 2 * PI);
  c->cairo->fill(c->cr);
}

static void draw_square(const VmCanvas *c, Point at, double r) {
  static const Point corner[] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};
  corners(c, at, corner, 4, 0.89 * r);
}

static void draw_diamond(const VmCanvas *c, Point at, double r) {
  static const Point corner[] = {{0, -1}, {1, 0}, {0, 1}, {-1, 0}};
  corners(c, at, corner, 4, 1.25 * r);
}

static void draw_triangle(const VmCanvas *c, Point at, double r) {
  static const Point corner[] = {{0, -1}, {0.866, 0.5}, {-0.866, 0.5}};
  corners(c, at, corner, 3, 1.4 * r);
}

static void draw_cross(const VmCanvas *c, Point at, double r) {
  c->cairo->move_to(c->cr, at.x - r, at.y - r);
  c->cairo->line_to(c->cr, at.x + r, at.y + r);
  c->cairo->move_to(c->cr, at.x - r, at.y + r);
  c->cairo->line_to(c->cr, at.x + r, at.y - r);
  c->cairo->stroke(c->cr);
}

static void draw_plus(const VmCanvas *c, Point at, double r) {
  r *= 1.25;
  c->cairo->move_to(c->cr, at.x - r, at.y);
  c->cairo->line_to(c->cr, at.x + r, at.y);
  c->cairo->move_to(c->cr, at.x, at.y - r);
  c->cairo->line_to(c->cr, at.x, at.y + r);
  c->cairo->stroke(c->cr);
}

int vm_canvas_markers(lua_State *L) {
  static const char *const shapes[] = {
      "circle", "square", "diamond", "triangle", "cross", "plus", NULL};
  static void (*const draw[])(const VmCanvas *, Point, double) = {
      draw_circle,   draw_square, draw_diamond,
      draw_triangle, draw_cross,  draw_plus};
  VmCanvas *c = vm_check_canvas(L);
  Points p = read_points(L);
  int shape = luaL_checkoption(L, 4, NULL, shapes);
  double r = vm_canvas_number(L, 5);
  double right = c->width / c->scale, bottom = c->height / c->scale;
  if (r <= 0) return vm_error(L, "canvas: a mark of radius %f", r);
  for (int64_t i = 0; i < p.count; i++) {
    Point at;
    int status = i % POLL_EVERY == 0 ? tensor_poll() : TENSOR_OK;
    if (status != TENSOR_OK) return vm_raise(L, status);
    if (point_at(&p, i, &at) && at.x >= -2 * r && at.x <= right + 2 * r &&
        at.y >= -2 * r && at.y <= bottom + 2 * r)
      draw[shape](c, at, r);
  }
  vm_canvas_settle(L, c);
  return 0;
}

/* }===================================================================== */
