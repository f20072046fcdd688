-- Gradients of convolution in one and three dims, and transposed, and of
-- pooling: what their rows are checked with.

local inputs = require("gradients.inputs")
local signed = inputs.signed

local FIRST = "channels_first"

local special = {
  conv1d={{f=function(x, k)
    return x:conv1d(k, {stride=2, padding="same"})
  end, {signed({2, 5, 2}), signed({3, 2, 3}, 1)}},
          {f=function(x, k)
    return x:conv1d(k, {padding="causal", dilation=2, groups=2,
                        data_format=FIRST})
  end, {signed({1, 4, 6}), signed({2, 2, 2}, 1)}}},
  conv3d={{f=function(x, k)
    return x:conv3d(k, {stride={2, 1, 1}, padding="same"})
  end, {signed({2, 3, 2, 3, 2}), signed({2, 2, 2, 2, 2}, 1)}},
          {f=function(x, k)
    return x:conv3d(k, {padding={1, 0, 0, 1, 1, 0}, dilation={2, 1, 1},
                        groups=2, data_format=FIRST})
  end, {signed({1, 2, 4, 2, 2}), signed({2, 2, 1, 1, 2}, 1)}}},
  conv_transpose1d={{f=function(x, k)
    return x:conv_transpose1d(k, {stride=2, padding=1, output_padding=1})
  end, {signed({2, 3, 2}), signed({3, 2, 2}, 1)}}},
  conv_transpose2d={{f=function(x, k)
    return x:conv_transpose2d(k, {stride={2, 1}, padding="same"})
  end, {signed({1, 2, 3, 2}), signed({3, 2, 2, 2}, 1)}},
                    {f=function(x, k)
    return x:conv_transpose2d(k, {stride=2, dilation=2, groups=2,
                                  data_format=FIRST})
  end, {signed({1, 2, 2, 2}), signed({2, 2, 1, 2}, 1)}}},
  max_pool1d={{f=function(x)
    return x:max_pool1d({pool_size=3, strides=2, padding="same"})
  end, {signed({2, 5, 2})}}},
  avg_pool1d={{f=function(x)
    return x:avg_pool1d({pool_size=2, strides=1, padding="same",
                         data_format=FIRST})
  end, {signed({1, 2, 5})}}},
  max_pool3d={{f=function(x)
    return x:max_pool3d({pool_size=2, strides=1, padding="same"})
  end, {signed({1, 2, 3, 2, 2})}}},
  avg_pool3d={{f=function(x)
    return x:avg_pool3d({pool_size={2, 3, 2}, strides=1, padding="same",
                         data_format=FIRST})
  end, {signed({1, 2, 3, 2, 2})}}},
}

local through = {
  conv3d_window="conv3d", conv3d_backward_input="conv3d",
  conv3d_backward_kernel="conv3d",
}

return {special=special, through=through}
