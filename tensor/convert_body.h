/*
** convert_body.h - conversion of every dtype into one, TO; included once for
** each by convert.c, which defines TO, TO_TYPE and FROM_FLOAT(v).
*/

#define JOIN_(a, b) a##b
#define JOIN(a, b)  JOIN_(a, b)

#define X(NAME, type, sum, text)                                               \
  TENSOR_CLONES static void JOIN(TO, _from_##NAME)(                            \
      int64_t n, void *to, int64_t to_stride, const void *from,                \
      int64_t from_stride) {                                                   \
    TO_TYPE *restrict y = to;                                                  \
    const type *restrict x = from;                                             \
    if (to_stride == 1 && from_stride == 1) {                                  \
      for (int64_t i = 0; i < n; i++) y[i] = CONVERT(x[i]);                    \
    } else if (to_stride == 1) {                                               \
      for (int64_t i = 0; i < n; i++) y[i] = CONVERT(x[i * from_stride]);      \
    } else {                                                                   \
      for (int64_t i = 0; i < n; i++)                                          \
        y[i * to_stride] = CONVERT(x[i * from_stride]);                        \
    }                                                                          \
  }
#define CONVERT(v)                                                             \
  _Generic((v), float                                                          \
           : FROM_FLOAT((double)(v)), double                                   \
           : FROM_FLOAT((double)(v)), default                                  \
           : (TO_TYPE)(v))
TENSOR_DTYPES(X)
#undef CONVERT
#undef X

static const Converter JOIN(TO, _from)[TENSOR_DTYPE_COUNT] = {
#define X(NAME, type, sum, text) JOIN(TO, _from_##NAME),
    TENSOR_DTYPES(X)
#undef X
};

#undef JOIN
#undef JOIN_
#undef TO
#undef TO_TYPE
#undef FROM_FLOAT
