-- nn.ZeroPadding1D: zeros at the ends of sequences.

local margins = require("nn.margins")

--- nn.ZeroPadding1D{padding=1, data_format="channels_last"}
-- The sequence with zeros before and after it: padding is how many at either
-- end, or {before, after}. (batch, n, channels) -> (batch, before + n +
-- after, channels).
--   > x = tensor({5, 6}):reshape(1, 2, 1)
--   > nn.ZeroPadding1D{{1, 2}}(x):flatten()
--   float32 (5)
--     0  5  6  0  0
local ZeroPadding1D = margins.padding("ZeroPadding1D", 1, 1)

return ZeroPadding1D
