/*
** file_png.c - PNG files of every kind to and from uint8 tensors.
**
** libpng reports an error by a jump. Everything owned lives in the Png
** structure, outside the function that is jumped into, so a jump loses
** nothing; the functions libpng calls back own nothing when they raise.
** What libpng warns of is kept only to explain an error that follows.
*/
#include <math.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tensor/file.h"
#include "tensor/kernel.h"

/* Images that unpack to more than this are refused. */
#define PNG_MOST_BYTES ((int64_t)1 << 30)
/* zlib packs at most about 1032 to 1. */
#define PNG_MOST_RATIO 1100
#define TEXT_SIZE      128

typedef struct Png {
  const char *path;
  png_structp png;
  png_infop info;
  char error[TEXT_SIZE], warning[TEXT_SIZE];
  int status;           /* of a failed call of ours, with its message */
  FILE *file;           /* reading */
  int64_t size;         /* of the file */
  Tensor image;         /* what is read */
  TensorOutput *output; /* writing */
  unsigned char *row;
} Png;

/* {== what libpng calls ================================================= */

static void on_error(png_structp png, png_const_charp text) {
  Png *p = png_get_error_ptr(png);
  snprintf(p->error, TEXT_SIZE, "%s", text);
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
  Png *p = png_get_error_ptr(png);
  snprintf(p->warning, TEXT_SIZE, "%s", text);
}

static void on_read(png_structp png, png_bytep data, size_t bytes) {
  Png *p = png_get_io_ptr(png);
  if (fread(data, 1, bytes, p->file) != bytes)
    png_error(png, ferror(p->file) ? "cannot be read" : "ends too early");
}

static void on_write(png_structp png, png_bytep data, size_t bytes) {
  Png *p = png_get_io_ptr(png);
  p->status = tensor_output_write(p->output, data, bytes);
  if (p->status != TENSOR_OK) png_error(png, "cannot be written");
}

static void on_flush(png_structp png) { (void)png; }

/* The failure of a call of ours comes out as it is, libpng's with the
** warning that led to it. */
static int png_failure(Png *p) {
  if (p->status != TENSOR_OK) return p->status;
  if (p->warning[0] == '\0' || strcmp(p->warning, p->error) == 0)
    return tensor_fail("%s: %s", p->path, p->error);
  return tensor_fail("%s: %s (%s)", p->path, p->error, p->warning);
}

/* Jumps out, for the functions below that run under setjmp. */
static void check(Png *p, int status) {
  p->status = status;
  if (status != TENSOR_OK) png_error(p->png, "stopped");
}

/* }== reading =========================================================== */

/* Asks libpng for 8 bits a channel, without palette; 16 bits are rounded to
** the nearest, colours are not touched. */
static void ask_for_bytes(Png *p) {
  png_set_expand(p->png);
  png_set_scale_16(p->png);
}

/* The size of the image is believed only if a file of this size can hold
** it. */
static int check_size(const Png *p) {
  int64_t width = png_get_image_width(p->png, p->info);
  int64_t height = png_get_image_height(p->png, p->info);
  int64_t bits =
      png_get_bit_depth(p->png, p->info) * png_get_channels(p->png, p->info);
  if (width * 4 > PNG_MOST_BYTES / height)
    return tensor_fail("%s: %lld x %lld pixels are too many for one image",
                       p->path, (long long)width, (long long)height);
  if ((width * bits + 7) / 8 * height / PNG_MOST_RATIO > p->size)
    return tensor_fail("%s: too short: the header says %lld x %lld pixels, "
                       "the file has %lld bytes",
                       p->path, (long long)width, (long long)height,
                       (long long)p->size);
  return TENSOR_OK;
}

static int new_image(Png *p) {
  int64_t shape[3] = {png_get_image_height(p->png, p->info),
                      png_get_image_width(p->png, p->info),
                      png_get_channels(p->png, p->info)};
  return tensor_new(&p->image, TENSOR_UINT8, 3, shape);
}

/* One pass, or seven of an interlaced image, each over all the rows. */
static void read_rows(Png *p, int passes) {
  int64_t row_bytes = p->image.shape[1] * p->image.shape[2];
  for (int pass = 0; pass < passes; pass++)
    for (int64_t y = 0; y < p->image.shape[0]; y++) {
      png_read_row(p->png, (png_bytep)p->image.data + y * row_bytes, NULL);
      if (y % 64 == 0) check(p, tensor_poll());
    }
}

/* Runs libpng; false when it jumped. Owns nothing. */
static bool read_image(Png *p) {
  if (setjmp(png_jmpbuf(p->png))) return false;
  png_set_read_fn(p->png, p, on_read);
  png_set_user_limits(p->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_read_info(p->png, p->info);
  check(p, check_size(p));
  ask_for_bytes(p);
  int passes = png_set_interlace_handling(p->png);
  png_read_update_info(p->png, p->info);
  check(p, new_image(p));
  read_rows(p, passes);
  png_read_end(p->png, NULL);
  return true;
}

static int run_reader(Png *p) {
  p->png =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, p, on_error, on_warning);
  if (p->png != NULL) p->info = png_create_info_struct(p->png);
  int status = TENSOR_OK;
  if (p->info == NULL)
    status = tensor_no_memory(1 << 16);
  else if (!read_image(p))
    status = png_failure(p);
  png_destroy_read_struct(&p->png, &p->info, NULL);
  return status;
}

int tensor_load_png(Tensor *out, const char *path) {
  Png p = {.path = path};
  int fd;
  int status = tensor_input_open(path, &fd, &p.size);
  if (status != TENSOR_OK) return status;
  p.file = fdopen(fd, "rb");
  if (p.file == NULL) {
    close(fd);
    return tensor_no_memory(BUFSIZ);
  }
  status = run_reader(&p);
  fclose(p.file);
  if (status == TENSOR_OK)
    *out = p.image;
  else
    tensor_release(&p.image);
  return status;
}

/* }== writing =========================================================== */

/* Element i of a row as a byte. */
static unsigned char byte_of(const Tensor *t, int64_t offset) {
  if (tensor_dtype_is_float(t->dtype)) {
    double v = tensor_get(t, offset);
    if (!(v > 0)) return 0; /* NaN as well */
    return v >= 1 ? 255 : (unsigned char)floor(v * 255 + 0.5);
  }
  int64_t v = tensor_get_int(t, offset);
  return (unsigned char)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static void write_rows(Png *p, const Tensor *x, int channels) {
  int64_t count = x->shape[1] * channels;
  bool bytes = tensor_dtype_size(x->dtype) == 1;
  for (int64_t y = 0; y < x->shape[0]; y++) {
    if (bytes)
      memcpy(p->row, x->data + y * count, (size_t)count);
    else
      for (int64_t i = 0; i < count; i++) p->row[i] = byte_of(x, y * count + i);
    png_write_row(p->png, p->row);
  }
}

/* Runs libpng; false when it jumped. Owns nothing. */
static bool write_image(Png *p, const Tensor *x, int channels) {
  static const int types[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA,
                              PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
  if (setjmp(png_jmpbuf(p->png))) return false;
  png_set_write_fn(p->png, p, on_write, on_flush);
  png_set_user_limits(p->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_IHDR(p->png, p->info, (png_uint_32)x->shape[1],
               (png_uint_32)x->shape[0], 8, types[channels - 1],
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_write_info(p->png, p->info);
  write_rows(p, x, channels);
  png_write_end(p->png, p->info);
  return true;
}

static int run_writer(Png *p, const Tensor *x, int channels) {
  int64_t row_bytes = x->shape[1] * channels;
  p->row = malloc((size_t)row_bytes);
  p->png =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, p, on_error, on_warning);
  if (p->png != NULL) p->info = png_create_info_struct(p->png);
  int status = TENSOR_OK;
  if (p->row == NULL || p->info == NULL)
    status = tensor_no_memory(row_bytes);
  else if (!write_image(p, x, channels))
    status = png_failure(p);
  png_destroy_write_struct(&p->png, &p->info);
  free(p->row);
  return status;
}

/* The channels of an image tensor, or 0 with the message left. */
static int image_channels(const Tensor *x, const char *path) {
  int64_t channels = x->ndim == 3 ? x->shape[2] : 1;
  bool right = (x->ndim == 2 || x->ndim == 3) && channels >= 1 && channels <= 4;
  bool fits = right && x->shape[0] > 0 && x->shape[1] > 0 &&
              x->shape[0] <= PNG_UINT_31_MAX &&
              x->shape[1] <= PNG_MOST_BYTES / channels;
  if (fits) return (int)channels;
  char text[TENSOR_SHAPE_TEXT];
  tensor_shape_text(x->ndim, x->shape, text);
  if (right)
    tensor_fail("%s: a PNG image cannot have the size %s", path, text);
  else
    tensor_fail("%s: an image is a tensor of shape (height, width) or (height, "
                "width, 1 to 4 channels), not %s",
                path, text);
  return 0;
}

int tensor_save_png(const Tensor *x, const char *path) {
  Png p = {.path = path};
  int channels = image_channels(x, path);
  if (channels == 0) return TENSOR_FAIL;
  Tensor plain = {0};
  int status = tensor_as(&plain, x, x->dtype);
  if (status != TENSOR_OK) return status;
  p.output = tensor_output_open(path);
  if (p.output == NULL) {
    tensor_release(&plain);
    return TENSOR_FAIL;
  }
  status = run_writer(&p, &plain, channels);
  tensor_release(&plain);
  if (status == TENSOR_OK) return tensor_output_commit(p.output);
  tensor_output_cancel(p.output);
  return status;
}

/* }===================================================================== */
