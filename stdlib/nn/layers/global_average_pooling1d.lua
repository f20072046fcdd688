-- nn.GlobalAveragePooling1D: the mean of each channel of a sequence.

local pooling = require("nn.pooling")

--- nn.GlobalAveragePooling1D{data_format="channels_last", keepdims=false}
-- The mean of each channel. (batch, n, channels) -> (batch, channels), or
-- (batch, 1, channels) with keepdims; "channels_first": from (batch,
-- channels, n). Steps that are padding (Embedding, Masking) do not count.
--   > x = tensor({{1, 9}, {5, 2}, {3, 4}}):reshape(1, 3, 2)
--   > nn.GlobalAveragePooling1D()(x)
--   float32 (1, 2)
--     3  5
local GlobalAveragePooling1D =
  pooling.global("GlobalAveragePooling1D", 1, "mean")

local mean = GlobalAveragePooling1D.call

-- Of the steps that the mask keeps, at least one.
function GlobalAveragePooling1D:call(x, opts)
  local mask = opts.mask
  if not mask then
    return mean(self, x)
  end
  local kept = mask:unsqueeze(self.dims[1] == 2 and 3 or 2):to(x.dtype)
  local count = kept:sum(self.dims, true):maximum(1)
  return mean(self, x * kept * (x.shape[self.dims[1]] / count))
end

return GlobalAveragePooling1D
