-- Gradients of correlation, convolution, interpolation: what their rows are
-- checked with.

local inputs = require("gradients.inputs")
local signed = inputs.signed

local function interpolation(options, shape)
  return {f=function(x) return x:interpolate(options) end, {signed(shape)}}
end

local special = {
  correlate={{f=function(a, b) return a:correlate(b) end,
              {signed({5}), signed({2}, 1)}},
             {f=function(a, b) return a:correlate(b, "full") end,
              {signed({2}), signed({3}, 1)}},
             {f=function(a, b) return a:correlate(b, "same") end,
              {signed({3, 4}), signed({2, 3}, 1)}}},
  convolve={{f=tensor.convolve, {signed({4}), signed({2}, 1)}},
            {f=function(a, b) return a:convolve(b, "same") end,
             {signed({3, 4}), signed({3, 2}, 1)}},
            {f=function(a, b) return a:convolve(b, "valid") end,
             {signed({2, 3, 3}), signed({2, 2, 2}, 1)}}},
  interpolate={
    interpolation({scale=2}, {1, 3, 2}),
    interpolation({size={3, 5}, mode="linear"}, {1, 2, 3, 2}),
    interpolation({size={5, 2}, mode="linear", align_corners=true},
                  {1, 3, 4, 1}),
    interpolation({size={3, 2}, mode="cubic", data_format="channels_first"},
                  {1, 2, 2, 4}),
    interpolation({size=2, mode="area"}, {1, 3, 2, 5, 1}),
    interpolation({size=2, mode="cubic", antialias=true}, {1, 5, 2}),
  },
}

return {special=special, through={resample="interpolate"}}
