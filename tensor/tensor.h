/*
** tensor.h - tensors in memory: storage, views, element types, random
** numbers, files and text. What is computed with them is in operations.h and
** map.h.
**
** This folder knows nothing of gradients and nothing of Lua.
**
** Conventions that hold for every function declared here:
** - A function that can fail returns an int: TENSOR_OK, or another
**   TensorStatus after it has left a message for tensor_message(). On
**   failure its outputs are untouched or empty, and it keeps nothing.
** - Positions inside C (dims, offsets) count from 0. Only index *tensors*
**   that come from the user hold positions counted from 1 (negative ones
**   from the end); the functions that read them say so.
** - Sizes are int64_t; products that size memory are checked for overflow.
** - References are counted by one thread, the one that runs the program.
*/
#ifndef TENSOR_H
#define TENSOR_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TENSOR_MAX_DIMS 8

/* {================================================================
** Status and messages
** ================================================================= */

typedef enum TensorStatus {
  TENSOR_OK = 0,
  TENSOR_FAIL,       /* the arguments or the world are wrong: see message */
  TENSOR_NO_MEMORY,  /* worth one more try after collecting garbage */
  TENSOR_INTERRUPTED /* the user asked to stop: tensor_interrupt was set */
} TensorStatus;

#if defined(__GNUC__)
#define TENSOR_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define TENSOR_PRINTF(f, a)
#endif

/* Leaves a message and returns TENSOR_FAIL. */
int tensor_fail(const char *format, ...) TENSOR_PRINTF(1, 2);
/* Leaves "not enough memory ..." and returns TENSOR_NO_MEMORY. */
int tensor_no_memory(int64_t bytes);
/* Puts text in front of the message that is there; returns `status`. */
int tensor_fail_in(int status, const char *format, ...) TENSOR_PRINTF(2, 3);
/* The message of the last failure. */
const char *tensor_message(void);

/* Set (by a signal handler) to stop the kernel that is running. */
extern volatile sig_atomic_t tensor_interrupt;
/* TENSOR_INTERRUPTED with a message when tensor_interrupt is set. Kernels
** that can run longer than about 50 ms call it between blocks, from the
** thread that called them. */
int tensor_poll(void);

/* How many threads kernels may use (OpenMP). At least 1. */
int tensor_threads(void);
void tensor_set_threads(int count);

/* }================================================================ */

/* {================================================================
** Element types. One row: enum name, C type, type of a sum, name.
** The order is the order of promotion.
** ================================================================= */

#define TENSOR_DTYPES(X)                                                       \
  X(BOOL, bool, int64_t, "bool")                                               \
  X(UINT8, uint8_t, int64_t, "uint8")                                          \
  X(INT32, int32_t, int64_t, "int32")                                          \
  X(INT64, int64_t, int64_t, "int64")                                          \
  X(FLOAT32, float, double, "float32")                                         \
  X(FLOAT64, double, double, "float64")

typedef enum TensorDType {
#define X(NAME, type, sum, text) TENSOR_##NAME,
  TENSOR_DTYPES(X)
#undef X
      TENSOR_DTYPE_COUNT
} TensorDType;

size_t tensor_dtype_size(TensorDType dtype);
const char *tensor_dtype_name(TensorDType dtype);
/* The dtype of that name ("float" and "double" too), or -1. */
int tensor_dtype_parse(const char *name);
/* The type that holds both. */
TensorDType tensor_dtype_promote(TensorDType a, TensorDType b);
static inline bool tensor_dtype_is_float(TensorDType d) {
  return d >= TENSOR_FLOAT32;
}

/* }================================================================ */

/* {================================================================
** Storage: counted bytes, aligned to 64, recycled by size.
** ================================================================= */

typedef struct TensorStorage {
  int64_t refs;
  int64_t bytes;    /* usable size */
  uint64_t version; /* counts the writes after creation */
  char *data;
} TensorStorage;

/* NULL when there is no memory (the message is left). Not zeroed. */
TensorStorage *tensor_storage_new(int64_t bytes);
void tensor_storage_retain(TensorStorage *s);
void tensor_storage_release(TensorStorage *s);

typedef struct TensorMemory {
  int64_t live;      /* bytes that tensors hold now */
  int64_t peak;      /* the most they ever held */
  int64_t cached;    /* bytes kept for the next tensor */
  int64_t allocated; /* bytes handed out since the program began */
} TensorMemory;

TensorMemory tensor_memory(void);
/* Gives back to the system what was not reused since the last trim. */
void tensor_memory_trim(void);
/* Gives back everything that is cached. */
void tensor_memory_clear(void);

/* }================================================================ */

/* {================================================================
** A tensor is a view of a storage.
** ================================================================= */

typedef struct Tensor {
  TensorStorage *storage; /* a counted reference; NULL when empty-handed */
  char *data;             /* the element at index (0, 0, ...) */
  int64_t shape[TENSOR_MAX_DIMS];
  int64_t strides[TENSOR_MAX_DIMS]; /* in elements; may be 0 or negative */
  int ndim;
  TensorDType dtype;
} Tensor;

/* A fresh contiguous tensor, its elements not set. */
int tensor_new(Tensor *out, TensorDType dtype, int ndim, const int64_t *shape);
int tensor_new_like(Tensor *out, TensorDType dtype, const Tensor *shape_of);
void tensor_retain(const Tensor *t);
/* Gives the reference back and forgets it; harmless when there is none. */
void tensor_release(Tensor *t);

int64_t tensor_numel(const Tensor *t);
int64_t tensor_bytes(const Tensor *t); /* numel times element size */
bool tensor_is_contiguous(const Tensor *t);
bool tensor_same_shape(const Tensor *a, const Tensor *b);
/* Whether two index positions can meet in one element (a stride of 0, or
** windows that overlap). Views made by slicing, permuting and expanding are
** judged exactly, odder ones on the safe side. */
bool tensor_overlaps_itself(const Tensor *t);
/* Whether a and b are views of one storage whose bytes may meet. */
bool tensor_may_share(const Tensor *a, const Tensor *b);

/* Product of sizes; TENSOR_FAIL on overflow or a negative size. */
int tensor_count(int ndim, const int64_t *shape, int64_t *count);
/* "(2, 3)" into text; returns text. */
#define TENSOR_SHAPE_TEXT 192
char *tensor_shape_text(int ndim, const int64_t *shape,
                        char text[TENSOR_SHAPE_TEXT]);
/* "float32 (2, 3)" into text; returns text. */
char *tensor_describe(const Tensor *t, char text[TENSOR_SHAPE_TEXT]);

/* Views: `out` gets a counted reference to x's storage. out may be x when
** the caller has given the old reference up. */
void tensor_alias(Tensor *out, const Tensor *x);
void tensor_permute(Tensor *out, const Tensor *x, const int *order);
void tensor_transpose(Tensor *out, const Tensor *x, int dim0, int dim1);
/* Elements start, start + step, ...: `length` of them along dim. */
void tensor_slice(Tensor *out, const Tensor *x, int dim, int64_t start,
                  int64_t step, int64_t length);
void tensor_select(Tensor *out, const Tensor *x, int dim, int64_t index);
void tensor_squeeze(Tensor *out, const Tensor *x, int dim);
/* NumPy's rule; TENSOR_FAIL where x does not broadcast to the shape. */
int tensor_broadcast_to(Tensor *out, const Tensor *x, int ndim,
                        const int64_t *shape);
/* The shape that both broadcast to. */
int tensor_broadcast_shape(const Tensor *a, const Tensor *b, int *ndim,
                           int64_t *shape);
/* Whether a view of that shape (same count) exists; fills out if so. */
bool tensor_view_as(Tensor *out, const Tensor *x, int ndim,
                    const int64_t *shape);

/* out[...] = x[...] converted; x broadcasts to out. */
int tensor_copy(Tensor *out, const Tensor *x);
/* A fresh contiguous copy, converted to dtype. */
int tensor_clone(Tensor *out, const Tensor *x, TensorDType dtype);
/* x itself (another reference) if it is contiguous and of dtype, else a
** clone. */
int tensor_as(Tensor *out, const Tensor *x, TensorDType dtype);
/* Every element; 0 into a contiguous tensor never fails. */
int tensor_fill(Tensor *out, double value);
int tensor_fill_int(Tensor *out, int64_t value);

/* One element, at an element offset from t->data. */
double tensor_get(const Tensor *t, int64_t offset);
int64_t tensor_get_int(const Tensor *t, int64_t offset);
void tensor_set(const Tensor *t, int64_t offset, double value);
void tensor_set_int(const Tensor *t, int64_t offset, int64_t value);

/* }================================================================ */

/* {================================================================
** Random numbers: Philox 4x32-10, one stream, a counter that each call
** moves on by what it used; results do not depend on the thread count.
** Outputs contiguous, made by the caller.
** ================================================================= */

typedef struct TensorRandom { /* what a checkpoint must keep */
  uint64_t seed, counter;
} TensorRandom;

void tensor_random_seed(uint64_t seed);
TensorRandom tensor_random_state(void);
void tensor_random_restore(TensorRandom state);
/* Float dtypes: low <= element < high. */
int tensor_random_uniform(Tensor *out, double low, double high);
/* Float dtypes: mean, standard deviation. */
int tensor_random_normal(Tensor *out, double mean, double sd);
/* The same with parameters that have out's shape or broadcast to it. */
int tensor_random_uniform_given(Tensor *out, const Tensor *low,
                                const Tensor *high);
int tensor_random_normal_given(Tensor *out, const Tensor *mean,
                               const Tensor *sd);
/* Float dtypes; parameters have out's shape or broadcast to it, finite and
** above 0. Exponential: element > 0. Gamma: of mean concentration / rate.
** Beta: of mean a / (a + b). */
int tensor_random_exponential(Tensor *out, const Tensor *rate);
int tensor_random_gamma(Tensor *out, const Tensor *concentration,
                        const Tensor *rate);
int tensor_random_beta(Tensor *out, const Tensor *a, const Tensor *b);
/* Any dtype, integers clipped to their range: counts of mean rate, finite
** and not negative. */
int tensor_random_poisson(Tensor *out, const Tensor *rate);
/* Any numeric dtype: integers low..high, both included, unbiased. */
int tensor_random_integers(Tensor *out, int64_t low, int64_t high);
/* 1 where a uniform number is below the element of p, else 0. p has out's
** shape or broadcasts to it; an element of p outside 0..1 fails. */
int tensor_random_bernoulli(Tensor *out, const Tensor *p);
/* int64: the numbers 1..n in random order. */
int tensor_random_permutation(Tensor *out);
/* int64 (..., count): positions from 1 drawn by the weights in the last dim
** of p (not negative, not all 0, finite). */
int tensor_random_multinomial(Tensor *out, const Tensor *p, bool replacement);

/* }================================================================ */

/* {================================================================
** Files. Readers survive any bytes and say what is wrong; writers write a
** temporary file in the same folder and rename it. Messages begin with the
** path.
** ================================================================= */

/* NumPy's npy, versions 1 to 3: bool, integers and floats of any size and
** byte order (those that tensors lack become the next wider dtype, uint64
** int64 where it fits), complex numbers as a last dim of 2; an array in
** Fortran's order becomes a transposed view. Writes what numpy.save does. */
int tensor_load_npy(Tensor *out, const char *path);
int tensor_save_npy(const Tensor *x, const char *path);

/* IDX, gzipped or not; big endian; uint8, int8, int16 (both read as int32),
** int32, float32, float64. Writes uint8, int32, float32, float64; gzips
** where the path ends in ".gz". */
int tensor_load_idx(Tensor *out, const char *path);
int tensor_save_idx(const Tensor *x, const char *path);

/* PNG of any colour type, depth and interlacing -> uint8 (height, width,
** channels), channels 1 grey, 2 grey+alpha, 3 RGB, 4 RGBA. */
int tensor_load_png(Tensor *out, const char *path);
/* (h, w) or (h, w, 1..4): uint8 or bool as they are; floats 0..1, clipped,
** rounded to the nearest of 255 steps (NaN is 0); integers clipped. */
int tensor_save_png(const Tensor *x, const char *path);

/* Named tensors: what a safetensors or npz file holds. */
typedef struct TensorFile {
  int count; /* tensors, in the order of the file */
  char **names;
  Tensor *tensors;
  int entries; /* metadata: a table of strings, safetensors only */
  char **keys;
  char **values;
  bool compress; /* write deflated, npz only */
} TensorFile;

int tensor_load_safetensors(TensorFile *file, const char *path);
int tensor_save_safetensors(const TensorFile *file, const char *path);
/* NumPy's npz: a zip archive of npy files, stored or deflated. */
int tensor_load_npz(TensorFile *file, const char *path);
int tensor_save_npz(const TensorFile *file, const char *path);
void tensor_file_free(TensorFile *file);

/* A table of numbers as text, gzipped or not. */
typedef enum TensorCsvHeader {
  TENSOR_CSV_GUESS, /* names where a field of the first line is no number */
  TENSOR_CSV_NAMES,
  TENSOR_CSV_NUMBERS
} TensorCsvHeader;
typedef struct TensorCsvOptions {
  TensorDType dtype;
  TensorCsvHeader header;
  char separator; /* '\0': tab, semicolon or comma, as the first line has */
} TensorCsvOptions;
typedef struct TensorCsv {
  Tensor table;  /* (rows, columns) */
  int64_t count; /* of names: that of the columns, or 0 */
  char **names;
} TensorCsv;
int tensor_load_csv(TensorCsv *csv, const char *path,
                    const TensorCsvOptions *options);
void tensor_csv_free(TensorCsv *csv);
/* (rows, columns), or (rows) as one column, under `count` names (or 0),
** gzipped where the path ends in ".gz". Each number with as few digits as
** give it again. */
int tensor_save_csv(const Tensor *x, const char *path, int64_t count,
                    char *const *names, char separator);

/* Whole-file writing: opens a temporary file beside path. */
typedef struct TensorOutput TensorOutput;
TensorOutput *tensor_output_open(const char *path);
int tensor_output_write(TensorOutput *o, const void *data, size_t bytes);
/* Renames into place; on failure removes the temporary. Frees o. */
int tensor_output_commit(TensorOutput *o);
void tensor_output_cancel(TensorOutput *o);

/* }================================================================ */

/* {================================================================
** Text
** ================================================================= */

typedef enum TensorChoice {
  TENSOR_AUTO,
  TENSOR_ALWAYS,
  TENSOR_NEVER
} TensorChoice;

/* The tensor as a person reads it: elements with shape and dtype; elided
** beyond `threshold` elements (edge items at each end) and fitted to
** `width` columns. The caller frees the text; NULL when out of memory. */
typedef struct TensorPrint {
  int precision;           /* digits after the point, 4 */
  int64_t threshold;       /* more elements: the middle is left out, 1000 */
  int edge;                /* items kept at each end, 3 */
  int width;               /* columns of the page, 80 */
  TensorChoice scientific; /* exponents; auto: where they are needed */
  TensorChoice margins;    /* indices of rows and columns; auto: where some
                           ** are left out */
  bool summary;            /* behind the shape: see TensorSummary */
} TensorPrint;
char *tensor_to_text(const Tensor *t, const TensorPrint *options);

/* What there is to say of all elements. */
typedef struct TensorSummary {
  int64_t bytes;
  int64_t numbers, nan;  /* how many elements are numbers, and are not */
  double min, max, mean; /* of the numbers; NaN where there are none */
} TensorSummary;
void tensor_summary(TensorSummary *s, const Tensor *t);

/* "float32 (2, 3)  24 bytes, min -1, max 2.5, mean 0.5, 1 nan" into text;
** returns text. */
#define TENSOR_SUMMARY_TEXT (TENSOR_SHAPE_TEXT + 160)
char *tensor_summary_text(const Tensor *t, char text[TENSOR_SUMMARY_TEXT]);

/* }================================================================ */

#endif
