/*
** cairo.h - the cairo library, loaded when a picture is first drawn: nothing
** of it is linked, so the program starts as fast and runs where it is not
** installed.
*/
#ifndef VM_CAIRO_H
#define VM_CAIRO_H

#include <cairo-svg.h>
#include <cairo.h>

/* What is used of it, without the leading cairo_. */
#define VM_CAIRO_FUNCTIONS(X)                                                  \
  X(arc)                                                                       \
  X(clip)                                                                      \
  X(close_path)                                                                \
  X(create)                                                                    \
  X(destroy)                                                                   \
  X(fill)                                                                      \
  X(font_extents)                                                              \
  X(font_options_create)                                                       \
  X(font_options_destroy)                                                      \
  X(font_options_set_hint_metrics)                                             \
  X(get_source)                                                                \
  X(image_surface_create)                                                      \
  X(image_surface_create_for_data)                                             \
  X(image_surface_get_data)                                                    \
  X(image_surface_get_stride)                                                  \
  X(line_to)                                                                   \
  X(move_to)                                                                   \
  X(new_path)                                                                  \
  X(paint)                                                                     \
  X(pattern_set_extend)                                                        \
  X(pattern_set_filter)                                                        \
  X(rectangle)                                                                 \
  X(reset_clip)                                                                \
  X(restore)                                                                   \
  X(rotate)                                                                    \
  X(save)                                                                      \
  X(scale)                                                                     \
  X(select_font_face)                                                          \
  X(set_dash)                                                                  \
  X(set_font_options)                                                          \
  X(set_font_size)                                                             \
  X(set_line_cap)                                                              \
  X(set_line_join)                                                             \
  X(set_line_width)                                                            \
  X(set_source_rgba)                                                           \
  X(set_source_surface)                                                        \
  X(show_text)                                                                 \
  X(status)                                                                    \
  X(status_to_string)                                                          \
  X(stroke)                                                                    \
  X(surface_destroy)                                                           \
  X(surface_finish)                                                            \
  X(surface_flush)                                                             \
  X(surface_status)                                                            \
  X(svg_surface_create_for_stream)                                             \
  X(svg_surface_set_document_unit)                                             \
  X(text_extents)                                                              \
  X(translate)

#define VM_CAIRO_POINTER(name) __typeof__(cairo_##name) *name;
typedef struct VmCairo {
  VM_CAIRO_FUNCTIONS(VM_CAIRO_POINTER)
} VmCairo;
#undef VM_CAIRO_POINTER

/* The library's functions; NULL with a message where it is missing. */
const VmCairo *vm_cairo(void);

#endif
