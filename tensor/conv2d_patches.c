/*
** conv2d_patches.c - steps of convolution by matrix products of patches.
*/
#include <cblas.h>
#include <string.h>

#include "tensor/conv2d.h"

/* Element (i, j) is at[i * ld + j], or at[j * ld + i] where transposed. */
typedef struct Matrix {
  void *at;
  int64_t ld;
  bool transposed;
} Matrix;

static Matrix transpose(Matrix a) {
  a.transposed = !a.transposed;
  return a;
}

static CBLAS_TRANSPOSE order_of(Matrix a) {
  return a.transposed ? CblasTrans : CblasNoTrans;
}

/* Whether a row of the image is there to be read or, where `add`, to be
** written by this thread. `all`: its number through the whole batch. */
static inline bool has_row(const TensorConv *c, const TensorConvSpan *s,
                           int64_t row, int64_t all, bool add) {
  if (row < 0 || row >= c->w->in_h) return false;
  return !add || (all >= s->row_from && all < s->row_to);
}

/* Whether the positions of a block lie in one image. */
static bool in_one_image(const TensorConv *c, const TensorConvSpan *s) {
  return s->from / c->out_plane == (s->to - 1) / c->out_plane;
}

/* The element where a group begins in the image of position `at`, and that
** position's place in it, for a tensor of so many channels a group. */
static int64_t group_offset(const TensorConv *c, int64_t group, int64_t at,
                            int64_t channels) {
  int64_t all = channels * c->w->groups;
  if (!c->w->channels_first) return at * all + group * channels;
  return (at / c->out_plane * all + group * channels) * c->out_plane +
         at % c->out_plane;
}

/* In the body below each function has the name of its type. */
#define backward_input  TYPED(backward_input)
#define backward_kernel TYPED(backward_kernel)
#define copy_planes     TYPED(copy_planes)
#define filled_output   TYPED(filled_output)
#define filled_patches  TYPED(filled_patches)
#define forward         TYPED(forward)
#define input_matrix    TYPED(input_matrix)
#define kernel_matrix   TYPED(kernel_matrix)
#define multiply        TYPED(multiply)
#define output_matrix   TYPED(output_matrix)
#define patch_matrix    TYPED(patch_matrix)
#define tall_add        TYPED(tall_add)
#define tall_copy       TYPED(tall_copy)
#define tall_patch      TYPED(tall_patch)
#define tall_fill       TYPED(tall_fill)
#define tall_row        TYPED(tall_row)
#define tall_walk       TYPED(tall_walk)
#define wide_add        TYPED(wide_add)
#define wide_fill       TYPED(wide_fill)
#define wide_row        TYPED(wide_row)
#define wide_run        TYPED(wide_run)
#define wide_walk       TYPED(wide_walk)
#define wide_zero       TYPED(wide_zero)

#define REAL        float
#define TYPED(name) name##_f32
#define GEMM        cblas_sgemm
#include "tensor/conv2d_patches_body.h"
#undef REAL
#undef TYPED
#undef GEMM

#define REAL        double
#define TYPED(name) name##_f64
#define GEMM        cblas_dgemm
#include "tensor/conv2d_patches_body.h"
#undef REAL
#undef TYPED
#undef GEMM

const TensorConvSteps tensor_conv_patches[2] = {
    {forward_f32, backward_input_f32, backward_kernel_f32},
    {forward_f64, backward_input_f64, backward_kernel_f64},
};
