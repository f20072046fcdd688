/*
** matmul.c - products of matrices and of batches of matrices.
**
** A batch is a list of dims with a step for a, b and out each (0 where an
** operand is broadcast). Dims over which b stays the same and a and out run
** on evenly are folded into the rows of one product. A matrix whose layout
** BLAS cannot read is copied first, so that the products themselves cannot
** fail. Work is cut into pieces of about PIECE multiplications, with a look
** at the interrupt flag between them.
*/
#include <cblas.h>
#include <limits.h>
#include <string.h>

#include "tensor/matmul.h"

/* Products of fewer multiplications are made by plain loops. */
#define TINY 512
/* Multiplications between two looks at the interrupt flag, and the fewest
** rows that are still worth a call. */
#define PIECE        (INT64_C(1) << 30)
#define PIECE_ROWS   128
#define PLAIN_SLOWER 16 /* plain loops than BLAS, about */
/* Matrices of a batch with more multiplications than this are made one after
** another, all threads on one; others side by side, a thread each. */
#define LARGE (INT64_C(1) << 26)
/* How many multiplications take as long as one simple element of work. */
#define PER_ELEMENT 8

typedef struct BatchDim {
  int64_t size, a, b, c; /* steps in elements */
} BatchDim;

typedef struct Batch {
  MatrixProduct first; /* the product at batch index 0 */
  BatchDim dims[TENSOR_MAX_DIMS];
  int count;
  int64_t size; /* matrices */
} Batch;

/* {== one product ====================================================== */

/* How BLAS reads a matrix: rows one after another, or columns. */
typedef struct Layout {
  CBLAS_TRANSPOSE transpose;
  int64_t leading; /* the distance from one to the next; 0: no such layout */
} Layout;

static Layout layout_of(int64_t rows, int64_t columns, int64_t row,
                        int64_t column) {
  if ((column == 1 || columns == 1) && (row >= columns || rows == 1))
    return (Layout){CblasNoTrans, rows == 1 ? columns : row};
  if ((row == 1 || rows == 1) && (column >= rows || columns == 1))
    return (Layout){CblasTrans, columns == 1 ? rows : column};
  return (Layout){CblasNoTrans, 0};
}

static CBLAS_TRANSPOSE flipped(CBLAS_TRANSPOSE t) {
  return t == CblasNoTrans ? CblasTrans : CblasNoTrans;
}

/* y = matrix times x, or its transpose times x. The stored matrix has rows x
** columns elements where it is not transposed. y is set to 0 first since not
** every BLAS leaves NaN out of 0 * y. */
static void times_vector(TensorDType dtype, Layout matrix, int64_t rows,
                         int64_t columns, const char *data, const char *x,
                         int64_t step, char *y, int64_t y_size) {
  int m = (int)rows, n = (int)columns, ld = (int)matrix.leading;
  memset(y, 0, (size_t)y_size * tensor_dtype_size(dtype));
  if (dtype == TENSOR_FLOAT32)
    cblas_sgemv(CblasRowMajor, matrix.transpose, m, n, 1, (const float *)data,
                ld, (const float *)x, (int)step, 1, (float *)y, 1);
  else
    cblas_dgemv(CblasRowMajor, matrix.transpose, m, n, 1, (const double *)data,
                ld, (const double *)x, (int)step, 1, (double *)y, 1);
}

/* a's stored matrix is (m, k), or (k, m) where it is transposed. */
static void matrix_vector(const MatrixProduct *p, Layout a) {
  bool straight = a.transpose == CblasNoTrans;
  times_vector(p->dtype, a, straight ? p->m : p->k, straight ? p->k : p->m,
               p->a, p->b, p->k == 1 ? 1 : p->b_row, p->c, p->m);
}

/* c = a b is c' = b' a'. */
static void vector_matrix(const MatrixProduct *p, Layout b) {
  bool straight = b.transpose == CblasNoTrans;
  b.transpose = flipped(b.transpose);
  times_vector(p->dtype, b, straight ? p->k : p->n, straight ? p->n : p->k,
               p->b, p->a, p->k == 1 ? 1 : p->a_column, p->c, p->n);
}

static void matrix_matrix(const MatrixProduct *p, Layout a, Layout b) {
  int m = (int)p->m, n = (int)p->n, k = (int)p->k;
  int lda = (int)a.leading, ldb = (int)b.leading;
  if (p->dtype == TENSOR_FLOAT32)
    cblas_sgemm(CblasRowMajor, a.transpose, b.transpose, m, n, k, 1,
                (const float *)p->a, lda, (const float *)p->b, ldb, 0,
                (float *)p->c, n);
  else
    cblas_dgemm(CblasRowMajor, a.transpose, b.transpose, m, n, k, 1,
                (const double *)p->a, lda, (const double *)p->b, ldb, 0,
                (double *)p->c, n);
}

static bool fits_blas(const MatrixProduct *p, Layout a, Layout b) {
  return tensor_dtype_is_float(p->dtype) && a.leading > 0 && b.leading > 0 &&
         p->m <= INT_MAX && p->n <= INT_MAX && p->k <= INT_MAX &&
         a.leading <= INT_MAX && b.leading <= INT_MAX;
}

/* Their number; a double, since views with steps of 0 can be very large. */
static double multiplications(const MatrixProduct *p) {
  return (double)p->m * (double)p->n * (double)p->k;
}

static void multiply(const MatrixProduct *p) {
  Layout a = layout_of(p->m, p->k, p->a_row, p->a_column);
  Layout b = layout_of(p->k, p->n, p->b_row, p->b_column);
  if (multiplications(p) < TINY || !fits_blas(p, a, b))
    tensor_matmul_plain(p);
  else if (p->n == 1 && p->b_row > 0 && p->b_row <= INT_MAX)
    matrix_vector(p, a);
  else if (p->m == 1 && p->a_column > 0 && p->a_column <= INT_MAX)
    vector_matrix(p, b);
  else
    matrix_matrix(p, a, b);
}

/* Rows first..last-1 of the product. */
static MatrixProduct rows_of(const MatrixProduct *p, int64_t first,
                             int64_t last) {
  int64_t size = (int64_t)tensor_dtype_size(p->dtype);
  MatrixProduct part = *p;
  part.m = last - first;
  part.a += first * p->a_row * size;
  part.c += first * p->n * size;
  return part;
}

/* Plain loops know no threads: each thread takes its share of the rows. */
static void multiply_rows(const MatrixProduct *p) {
  double work = fmin(multiplications(p), (double)PIECE);
  int64_t threads =
      tensor_min64(p->m, tensor_threads_for((int64_t)(work / PER_ELEMENT)));
  if (tensor_dtype_is_float(p->dtype) || threads == 1) {
    multiply(p);
    return;
  }
#pragma omp parallel for num_threads((int)threads)
  for (int64_t t = 0; t < threads; t++) {
    MatrixProduct part =
        rows_of(p, p->m * t / threads, p->m * (t + 1) / threads);
    multiply(&part);
  }
}

/* }== a batch ========================================================== */

static MatrixProduct product_at(const Batch *batch, int64_t index) {
  int64_t a = 0, b = 0, c = 0;
  for (int d = batch->count - 1; d >= 0; d--) {
    const BatchDim *dim = &batch->dims[d];
    int64_t at = index % dim->size;
    index /= dim->size;
    a += at * dim->a;
    b += at * dim->b;
    c += at * dim->c;
  }
  MatrixProduct p = batch->first;
  int64_t size = (int64_t)tensor_dtype_size(p.dtype);
  p.a += a * size;
  p.b += b * size;
  p.c += c * size;
  return p;
}

/* One after another, each cut into pieces. */
static int run_large(const Batch *batch) {
  const MatrixProduct *f = &batch->first;
  double cost = (double)f->n * (double)f->k; /* of one row */
  bool blas = tensor_dtype_is_float(f->dtype);
  int64_t piece = blas ? PIECE : PIECE / PLAIN_SLOWER;
  int64_t rows = tensor_max64(blas ? PIECE_ROWS : tensor_threads(),
                              (int64_t)((double)piece / cost));
  for (int64_t i = 0; i < batch->size; i++) {
    MatrixProduct p = product_at(batch, i);
    for (int64_t row = 0; row < p.m; row += rows) {
      MatrixProduct part = rows_of(&p, row, tensor_min64(p.m, row + rows));
      multiply_rows(&part);
      int status = tensor_poll();
      if (status != TENSOR_OK) return status;
    }
  }
  return TENSOR_OK;
}

static void run_small_part(const Batch *batch, int64_t first, int64_t last) {
  for (int64_t i = first; i < last; i++) {
    MatrixProduct p = product_at(batch, i);
    multiply(&p);
  }
}

/* Side by side, one thread each. */
static int run_small(const Batch *batch, int64_t work) {
  int64_t group = tensor_max64(1, PIECE / work);
  for (int64_t first = 0; first < batch->size; first += group) {
    int64_t last = tensor_min64(batch->size, first + group), n = last - first;
    int threads = tensor_threads_for(n * work / PER_ELEMENT);
    int64_t chunks = tensor_min64(n, threads * INT64_C(8));
    if (threads == 1) {
      run_small_part(batch, first, last);
    } else {
#pragma omp parallel for num_threads(threads) schedule(dynamic)
      for (int64_t c = 0; c < chunks; c++)
        run_small_part(batch, first + n * c / chunks,
                       first + n * (c + 1) / chunks);
    }
    if (last < batch->size) {
      int status = tensor_poll();
      if (status != TENSOR_OK) return status;
    }
  }
  return TENSOR_OK;
}

static int run_batch(const Batch *batch) {
  double work = multiplications(&batch->first);
  if (batch->size == 1 || work > (double)LARGE) return run_large(batch);
  return run_small(batch, (int64_t)work);
}

/* }== what is to be done =============================================== */

/* The step of batch dim d of out (ndim dims) in t; 0 where broadcast. */
static int64_t batch_step(const Tensor *t, int ndim, int d) {
  int at = d - (ndim - t->ndim);
  return at < 0 || t->shape[at] == 1 ? 0 : t->strides[at];
}

/* Takes dims from the inside into the rows while b stays the same and the
** rows of a run on evenly. */
static void fold_dims(Batch *batch) {
  MatrixProduct *p = &batch->first;
  for (; batch->count > 0; batch->count--) {
    const BatchDim *last = &batch->dims[batch->count - 1];
    /* the step of a single row is free to choose */
    int64_t row = p->m == 1 ? last->a : p->a_row, m = p->m * last->size;
    if (last->b != 0 || last->a != p->m * row) break;
    if (layout_of(m, p->k, row, p->a_column).leading == 0) break;
    p->a_row = row;
    p->m = m;
    batch->size /= last->size;
  }
}

static void plan_batch(Batch *batch, const Tensor *out, const Tensor *a,
                       const Tensor *b) {
  int n = out->ndim;
  batch->first = (MatrixProduct){out->dtype,
                                 out->shape[n - 2],
                                 out->shape[n - 1],
                                 a->shape[a->ndim - 1],
                                 a->data,
                                 b->data,
                                 out->data,
                                 a->strides[a->ndim - 2],
                                 a->strides[a->ndim - 1],
                                 b->strides[b->ndim - 2],
                                 b->strides[b->ndim - 1]};
  batch->count = 0;
  batch->size = 1;
  for (int d = 0; d < n - 2; d++) {
    if (out->shape[d] == 1) continue;
    batch->dims[batch->count++] =
        (BatchDim){out->shape[d], batch_step(a, n, d), batch_step(b, n, d),
                   out->strides[d]};
    batch->size *= out->shape[d];
  }
  fold_dims(batch);
}

/* Whether the products can read t's matrices where they lie. */
static bool readable(const Tensor *t, bool is_b) {
  int64_t rows = t->shape[t->ndim - 2], columns = t->shape[t->ndim - 1];
  int64_t row = t->strides[t->ndim - 2], column = t->strides[t->ndim - 1];
  if (tensor_dtype_is_float(t->dtype))
    return layout_of(rows, columns, row, column).leading > 0;
  return !is_b || column == 1 || columns == 1;
}

/* t itself (another reference), or a copy with a layout that can be read;
** dims over which t is broadcast are copied once. */
static int prepare(Tensor *out, const Tensor *t, bool is_b) {
  if (readable(t, is_b)) {
    tensor_alias(out, t);
    return TENSOR_OK;
  }
  Tensor once;
  tensor_alias(&once, t);
  for (int d = 0; d < t->ndim - 2; d++)
    if (once.strides[d] == 0) once.shape[d] = 1;
  int status = tensor_clone(out, &once, t->dtype);
  tensor_release(&once);
  return status;
}

static bool shapes_fit(const Tensor *out, const Tensor *a, const Tensor *b) {
  if (a->ndim < 2 || b->ndim < 2 || out->ndim < 2 || a->ndim > out->ndim ||
      b->ndim > out->ndim)
    return false;
  for (int d = 0; d < out->ndim - 2; d++) {
    int in_a = d - (out->ndim - a->ndim), in_b = d - (out->ndim - b->ndim);
    int64_t size = out->shape[d];
    if (in_a >= 0 && a->shape[in_a] != size && a->shape[in_a] != 1)
      return false;
    if (in_b >= 0 && b->shape[in_b] != size && b->shape[in_b] != 1)
      return false;
  }
  return a->shape[a->ndim - 1] == b->shape[b->ndim - 2] &&
         a->shape[a->ndim - 2] == out->shape[out->ndim - 2] &&
         b->shape[b->ndim - 1] == out->shape[out->ndim - 1];
}

static int matmul_fail(const Tensor *out, const Tensor *a, const Tensor *b) {
  char texts[3][TENSOR_SHAPE_TEXT];
  return tensor_fail("matmul: %s times %s does not give %s",
                     tensor_describe(a, texts[0]), tensor_describe(b, texts[1]),
                     tensor_describe(out, texts[2]));
}

int tensor_matmul(Tensor *out, const Tensor *a, const Tensor *b) {
  if (a->dtype != b->dtype || a->dtype != out->dtype || !shapes_fit(out, a, b))
    return matmul_fail(out, a, b);
  if (tensor_numel(out) == 0) return TENSOR_OK;
  if (a->shape[a->ndim - 1] == 0) return tensor_fill_int(out, 0);
  Tensor a_ready = {0}, b_ready = {0};
  int status = prepare(&a_ready, a, false);
  if (status == TENSOR_OK) status = prepare(&b_ready, b, true);
  if (status == TENSOR_OK) {
    Batch batch;
    plan_batch(&batch, out, &a_ready, &b_ready);
    status = run_batch(&batch);
  }
  tensor_release(&a_ready);
  tensor_release(&b_ready);
  return status;
}
