/*
** conv2d_depthwise.c - steps of convolution where each group has one input
** channel: a matrix product would be a few numbers wide, so these are plain
** loops, over channels where channels lie together, else over columns.
**
** All three directions are one walk over the pairs of an output position
** and a tap, with another one of the three tensors summed up.
*/
#include <string.h>

#include "tensor/conv2d.h"

typedef enum Sum { SUM_Y, SUM_X, SUM_K } Sum;

/* In the body below each function has the name of its type. */
#define channel_tap     TYPED(channel_tap)
#define channel_walk    TYPED(channel_walk)
#define column_tap      TYPED(column_tap)
#define column_row      TYPED(column_row)
#define column_walk     TYPED(column_walk)
#define walk            TYPED(walk)
#define forward         TYPED(forward)
#define backward_input  TYPED(backward_input)
#define backward_kernel TYPED(backward_kernel)

#define REAL        float
#define TYPED(name) name##_f32
#include "tensor/conv2d_depthwise_body.h"
#undef REAL
#undef TYPED

#define REAL        double
#define TYPED(name) name##_f64
#include "tensor/conv2d_depthwise_body.h"
#undef REAL
#undef TYPED

const TensorConvSteps tensor_conv_depthwise[2] = {
    {forward_f32, backward_input_f32, backward_kernel_f32},
    {forward_f64, backward_input_f64, backward_kernel_f64},
};
