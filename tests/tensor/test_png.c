/*
** test_png.c - PNG files: every kind is written here through libpng with
** known samples, and must come back as the bytes that follow from them.
*/
#include <png.h>

#include "tests/tensor/files_support.h"

TestSuite(png, .init = test_make_folder);

static int read_png(const char *path) {
  Tensor t = {0};
  int status = tensor_load_png(&t, path);
  if (status == TENSOR_OK) tensor_release(&t);
  return status;
}

/* {== pictures of every kind ============================================ */

#define W       13
#define H       11
#define COLOURS 200

/* A kind of PNG and the samples of a picture of it. */
typedef struct Picture {
  int type, depth, channels;
  bool interlaced, transparent; /* transparent: with a tRNS chunk */
  int samples[H][W * 4];
  png_color palette[COLOURS];
  png_byte alpha[COLOURS];
  png_color_16 key; /* the transparent colour */
} Picture;

static int greatest(const Picture *p) { return (1 << p->depth) - 1; }

static int palette_size(const Picture *p) {
  return greatest(p) < COLOURS ? greatest(p) + 1 : COLOURS;
}

static void draw(Picture *p) {
  for (int i = 0; i < COLOURS; i++) {
    p->palette[i] =
        (png_color){(png_byte)test_random(), (png_byte)test_random(),
                    (png_byte)test_random()};
    p->alpha[i] = (png_byte)test_random();
  }
  int most =
      p->type == PNG_COLOR_TYPE_PALETTE ? palette_size(p) - 1 : greatest(p);
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W * p->channels; x++)
      p->samples[y][x] = (int)(test_random() % (most + 1));
  const int *s = p->samples[3];
  p->key.gray = p->key.red = (png_uint_16)s[0];
  p->key.green = (png_uint_16)s[1];
  p->key.blue = (png_uint_16)s[2];
}

/* A row of samples as PNG packs them: first sample in the high bits. */
static void pack(const Picture *p, int y, png_byte *row) {
  memset(row, 0, W * 4 * 2);
  for (int i = 0; i < W * p->channels; i++) {
    int bit = i * p->depth, s = p->samples[y][i];
    if (p->depth == 16) {
      row[2 * i] = (png_byte)(s >> 8);
      row[2 * i + 1] = (png_byte)s;
    } else {
      row[bit / 8] |= (png_byte)(s << (8 - p->depth - bit % 8));
    }
  }
}

static void write_transparency(const Picture *p, png_structp png,
                               png_infop info) {
  if (p->type == PNG_COLOR_TYPE_PALETTE)
    png_set_tRNS(png, info, p->alpha, palette_size(p) / 2, NULL);
  else
    png_set_tRNS(png, info, NULL, 0, &p->key);
}

static void write_picture(const Picture *p, const char *path) {
  static png_byte rows[H][W * 4 * 2];
  png_bytep pointers[H];
  FILE *f = fopen(path, "wb");
  png_structp png =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
  png_infop info = png_create_info_struct(png);
  png_init_io(png, f);
  png_set_IHDR(png, info, W, H, p->depth, p->type, p->interlaced, 0, 0);
  if (p->type == PNG_COLOR_TYPE_PALETTE)
    png_set_PLTE(png, info, p->palette, palette_size(p));
  if (p->transparent) write_transparency(p, png, info);
  for (int y = 0; y < H; y++) {
    pack(p, y, rows[y]);
    pointers[y] = rows[y];
  }
  png_set_rows(png, info, pointers);
  png_write_png(png, info, PNG_TRANSFORM_IDENTITY, NULL);
  png_destroy_write_struct(&png, &info);
  fclose(f);
}

/* What pixel (x, y) must come back as; returns the number of channels. */
static int expected(const Picture *p, int y, int x, int out[4]) {
  const int *s = p->samples[y] + x * p->channels;
  if (p->type == PNG_COLOR_TYPE_PALETTE) {
    out[0] = p->palette[*s].red;
    out[1] = p->palette[*s].green;
    out[2] = p->palette[*s].blue;
    out[3] = *s < palette_size(p) / 2 ? p->alpha[*s] : 255;
    return p->transparent ? 4 : 3;
  }
  for (int c = 0; c < p->channels; c++)
    out[c] = (s[c] * 255 + greatest(p) / 2) / greatest(p);
  if (!p->transparent) return p->channels;
  bool clear = s[0] == p->key.red;
  if (p->channels == 3)
    clear = clear && s[1] == p->key.green && s[2] == p->key.blue;
  out[p->channels] = clear ? 0 : 255;
  return p->channels + 1;
}

static void check_picture(const Picture *p, const char *path) {
  Tensor t = {0};
  int due[4];
  test_ok(tensor_load_png(&t, path));
  cr_assert_eq(t.dtype, TENSOR_UINT8);
  int channels = expected(p, 0, 0, due);
  test_expect_shape(&t, TEST_SHAPE(H, W, channels));
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++) {
      expected(p, y, x, due);
      for (int c = 0; c < channels; c++)
        cr_assert_eq(test_int_at(&t, (y * W + x) * channels + c), due[c],
                     "type %d depth %d: pixel (%d, %d), channel %d", p->type,
                     p->depth, x, y, c);
    }
  tensor_release(&t);
}

/* The picture of that kind, with and without interlacing and tRNS. */
static void check_kind(int type, int depth, int channels) {
  static Picture p;
  const char *path = test_path("a.png");
  bool has_alpha = (type & PNG_COLOR_MASK_ALPHA) != 0;
  for (int variant = 0; variant < (has_alpha ? 2 : 4); variant++) {
    p = (Picture){.type = type, .depth = depth, .channels = channels};
    p.interlaced = variant & 1;
    p.transparent = variant & 2;
    draw(&p);
    write_picture(&p, path);
    check_picture(&p, path);
  }
}

Test(png, reads_every_kind) {
  for (int depth = 1; depth <= 16; depth *= 2) {
    check_kind(PNG_COLOR_TYPE_GRAY, depth, 1);
    if (depth <= 8) check_kind(PNG_COLOR_TYPE_PALETTE, depth, 1);
    if (depth < 8) continue;
    check_kind(PNG_COLOR_TYPE_RGB, depth, 3);
    check_kind(PNG_COLOR_TYPE_GRAY_ALPHA, depth, 2);
    check_kind(PNG_COLOR_TYPE_RGB_ALPHA, depth, 4);
  }
  test_remove_folder();
}

/* }== saving ============================================================ */

Test(png, round_trips) {
  const char *path = test_path("a.png");
  for (int64_t channels = 1; channels <= 4; channels++) {
    Tensor back = {0}, plain = {0};
    TestLayout layout = (TestLayout)channels; /* another one for each */
    Tensor t = test_view(layout, TENSOR_UINT8, TEST_SHAPE(5, 7, channels));
    test_ok(tensor_save_png(&t, path));
    test_ok(tensor_load_png(&back, path));
    test_ok(tensor_as(&plain, &t, t.dtype));
    test_expect_same(&back, &plain);
    tensor_release(&plain);
    tensor_release(&back);
    tensor_release(&t);
  }
  test_remove_folder();
}

static void saved_as(TensorDType dtype, int n, const double *values,
                     const int *due) {
  const char *path = test_path("a.png");
  Tensor back = {0}, t = test_from(dtype, values, TEST_SHAPE(1, n));
  test_ok(tensor_save_png(&t, path));
  test_ok(tensor_load_png(&back, path));
  test_expect_shape(&back, TEST_SHAPE(1, n, 1));
  for (int i = 0; i < n; i++)
    cr_expect_eq(test_int_at(&back, i), due[i], "%g became %lld", values[i],
                 (long long)test_int_at(&back, i));
  tensor_release(&back);
  tensor_release(&t);
}

Test(png, floats_and_integers_become_bytes) {
  static const double floats[] = {0,    1,   0.5, 0.25,     -3,
                                  1e30, NAN, -0., INFINITY, 0.1};
  static const int float_bytes[] = {0, 255, 128, 64, 0, 255, 0, 0, 255, 26};
  static const double integers[] = {-5, 0, 7, 255, 256, 1000000};
  static const int integer_bytes[] = {0, 0, 7, 255, 255, 255};
  saved_as(TENSOR_FLOAT32, 10, floats, float_bytes);
  saved_as(TENSOR_FLOAT64, 10, floats, float_bytes);
  saved_as(TENSOR_INT32, 6, integers, integer_bytes);
  saved_as(TENSOR_INT64, 6, integers, integer_bytes);
  test_remove_folder();
}

static void not_an_image(int ndim, const int64_t *shape, const char *text) {
  Tensor t = test_make(TENSOR_UINT8, ndim, shape);
  test_fails(tensor_save_png(&t, test_path("a.png")), text);
  tensor_release(&t);
}

Test(png, refuses_what_is_no_image) {
  not_an_image(0, NULL, "an image is");
  not_an_image(TEST_SHAPE(3), "not (3)");
  not_an_image(TEST_SHAPE(3, 3, 5), "not (3, 3, 5)");
  not_an_image(TEST_SHAPE(3, 3, 0), "not (3, 3, 0)");
  not_an_image(TEST_SHAPE(1, 3, 3, 1), "not (1, 3, 3, 1)");
  not_an_image(TEST_SHAPE(0, 3), "size (0, 3)");
  cr_expect_eq(test_remove_folder(), 0);
}

/* }== damage ============================================================ */

Test(png, refuses) {
  const char *path = test_path("a.png");
  test_fails(read_png(path), "No such file");
  test_write(path, "", 0);
  test_fails(read_png(path), "ends too early");
  test_write(path, "GIF89a..........", 16);
  test_fails(read_png(path), "Not a PNG file");
  test_remove_folder();
}

/* An image header with a right checksum and nothing behind it. */
static void header_only(const char *path, uint32_t width, uint32_t height) {
  static const char signature[] = "\x89PNG\r\n\x1a\n";
  unsigned char chunk[25] = {0, 0, 0, 13, 'I', 'H', 'D', 'R'};
  for (int i = 0; i < 4; i++) {
    chunk[8 + i] = (unsigned char)(width >> (24 - 8 * i));
    chunk[12 + i] = (unsigned char)(height >> (24 - 8 * i));
  }
  chunk[16] = 8;
  chunk[17] = PNG_COLOR_TYPE_RGB_ALPHA;
  uint32_t crc = 0xFFFFFFFF; /* CRC-32 of the chunk's name and data */
  for (int i = 4; i < 21; i++) {
    crc ^= chunk[i];
    for (int k = 0; k < 8; k++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  for (int i = 0; i < 4; i++)
    chunk[21 + i] = (unsigned char)(~crc >> (24 - 8 * i));
  FILE *f = fopen(path, "wb");
  fwrite(signature, 1, 8, f);
  fwrite(chunk, 1, sizeof chunk, f);
  fwrite("\0\0\0\0IDAT\x35\xaf\x06\x1e", 1, 12, f);
  fclose(f);
}

Test(png, promises_are_not_believed) {
  const char *path = test_path("a.png");
  int64_t before = tensor_memory().allocated;
  header_only(path, 16000, 16000);
  test_fails(read_png(path), "too short");
  header_only(path, 0x7FFFFFFF, 0x7FFFFFFF);
  test_fails(read_png(path), "too many for one image");
  header_only(path, 60000, 60000);
  test_fails(read_png(path), "too many for one image");
  cr_expect_eq(tensor_memory().allocated, before);
  header_only(path, 0, 5);
  test_fails(read_png(path), "width is zero");
  test_remove_folder();
}

Test(png, survives_damage, .timeout = 120) {
  static const int types[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_PALETTE,
                              PNG_COLOR_TYPE_RGB_ALPHA};
  static Picture p;
  const char *path = test_path("a.png");
  for (int i = 0; i < 3; i++) {
    p = (Picture){.type = types[i], .depth = 8, .channels = i == 2 ? 4 : 1};
    p.interlaced = p.transparent = i == 1;
    draw(&p);
    write_picture(&p, path);
    test_cuts(path, read_png);
    test_flips(path, read_png, 2000);
    check_picture(&p, path);
  }
  test_remove_folder();
}

/* }===================================================================== */

/* Willem van Schaik's PngSuite, where NNLUA_PNGSUITE names its folder: all
** of it decodes, but for the files x*.png, which are wrong on purpose. */
Test(png, suite) {
  char path[1000];
  int right = 0, wrong = 0;
  const char *where = getenv("NNLUA_PNGSUITE");
  test_remove_folder();
  if (where == NULL) cr_skip_test("NNLUA_PNGSUITE is not set");
  DIR *folder = opendir(where);
  cr_assert_not_null(folder);
  for (struct dirent *e; (e = readdir(folder)) != NULL;) {
    if (strstr(e->d_name, ".png") == NULL) continue;
    snprintf(path, sizeof path, "%s/%s", where, e->d_name);
    int status = read_png(path);
    ++*(e->d_name[0] == 'x' ? &wrong : &right);
    if (e->d_name[0] == 'x')
      cr_expect_eq(status, TENSOR_FAIL, "%s was read", e->d_name);
    else
      cr_expect_eq(status, TENSOR_OK, "%s", tensor_message());
  }
  closedir(folder);
  cr_expect_eq(right, 161);
  cr_expect_eq(wrong, 14);
}
