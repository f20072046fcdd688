-- nn.Cropping1D: takes the ends of sequences away.

local margins = require("nn.margins")

--- nn.Cropping1D{cropping=1, data_format="channels_last"}
-- The sequence without its first and last positions: cropping is how many at
-- either end, or {first, last}. (batch, n, channels) -> (batch, n - first -
-- last, channels), of which at least one must be left.
--   > x = tensor.arange(5):reshape(1, 5, 1)
--   > nn.Cropping1D{{1, 2}}(x):flatten()
--   int64 (2)
--     2  3
local Cropping1D = margins.cropping("Cropping1D", 1, 1)

return Cropping1D
