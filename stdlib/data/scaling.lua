-- data.scaling: data in the range in which networks learn well.

local native = require("native")
local options = require("options")
local tensor = require("tensor")

local scaling = {}

-- x as floats, with samples along the first dim.
local function checked(who, x)
  if not tensor.is(x) or x.ndim == 0 then
    native.fail("%s: x must be a tensor with a dimension of samples", who)
  end
  if x.shape[1] == 0 then native.fail("%s: there are no samples", who) end
  return x.dtype == "float64" and x or x:to("float32")
end

-- The dims that one mean is taken over.
local PER = {
  feature = function() return {1} end,
  channel = function(x)
    local dims = {}
    for dim = 1, math.max(1, x.ndim - 1) do dims[dim] = dim end
    return dims
  end,
  all = function(x)
    local dims = {}
    for dim = 1, x.ndim do dims[dim] = dim end
    return dims
  end,
}

-- How far apart and where the middle is: {shift=, scale=}; what is constant
-- has a scale of 1.
local function measure(x, o)
  local dims, shift, scale = PER[o.per](x), nil, nil
  if o.method == "standard" then
    shift = x:mean(dims, true)
    scale = (x - shift):square():mean(dims, true):sqrt()
  else
    shift = x:amin(dims, true)
    scale = x:amax(dims, true) - shift
  end
  local one = tensor.ones_like(scale)
  return {shift = shift, scale = tensor.where(scale:eq(0), one, scale)}
end

local NORMALIZE = {
  positional = 0,
  {"method", options.one_of {"standard", "minmax"}, "standard"},
  {"per", options.one_of {"feature", "channel", "all"}, "feature"},
  {"like", options.table},
}

--- data.normalize(x, {method="standard", per="feature", like=nil})
-- (x - mean) / deviation over the samples; with method="minmax" (x - least) /
-- (greatest - least), which is 0..1.
--   per   "feature": every position of a sample by itself; "channel": the
--         last dim; "all": one mean for everything
--   like  what an earlier call returned second: the test data are moved by
--         the figures of the training data
-- Returns the new tensor (float64 stays, everything else becomes float32) and
-- {shift=, scale=}, by which (x - shift) / scale was computed. What is
-- constant is only shifted.
--   > x = tensor({{1, 10}, {3, 30}})
--   > z, figures = data.normalize(x)
--   > z
--   float32 (2, 2)
--     -1  -1
--      1   1
--   > (data.normalize(tensor({{2, 40}}), {like=figures}))
--   float32 (1, 2)
--     0  2
function scaling.normalize(x, opts)
  local o = options.read("data.normalize", NORMALIZE, opts)
  x = checked("data.normalize", x)
  local like = o.like or measure(x, o)
  if not tensor.is(like.shift) or not tensor.is(like.scale) then
    native.fail("data.normalize: like must be what data.normalize returned "
                  .. "second")
  end
  local figures = like.shift.shape
  local same = #figures == x.ndim and #like.scale.shape == x.ndim
  for dim = 1, same and x.ndim or 0 do
    same = same and (figures[dim] == 1 or figures[dim] == x.shape[dim])
  end
  if o.like and not same then
    native.fail("data.normalize: like holds figures of shape %s, which do not "
                  .. "fit %s", tostring(figures), tostring(x.shape))
  end
  return (x - like.shift:to(x.dtype)) / like.scale:to(x.dtype), like
end

-- The directions in which the rows of x (centred) vary, the most first, and
-- their variances.
local function directions(x, o)
  local covariance = x:transpose(1, 2):matmul(x) / x.shape[1]
  local values, vectors = tensor.linalg.eigh(covariance)
  values, vectors = values:flip({1}), vectors:flip({2})
  local most = o.components
  if most and most > #values then
    native.fail("data.whiten: %d components of %d features", most, #values)
  elseif most then
    values, vectors = values:narrow(1, 1, most), vectors:narrow(2, 1, most)
  end
  return values:clamp(0), vectors
end

local WHITEN = {
  positional = 0,
  {"method", options.one_of {"pca", "zca"}, "pca"},
  {"components", options.positive_integer},
  {"epsilon", options.non_negative_number, 1e-5},
  {"like", options.table},
}

--- data.whiten(x, {method="pca", components=nil, epsilon=1e-5, like=nil})
-- Turns and stretches the features so that their covariance is the identity:
-- (x - mean) V / sqrt(values + epsilon), with the eigenvectors V and the
-- eigenvalues of the covariance, the greatest first.
--   method      "zca" turns back afterwards (times V transposed): what is
--               nearest to the data, and pictures still look like pictures
--   components  keep so many directions
--   like        what an earlier call returned second, for test data
-- Samples of several dims are taken as rows; "zca" gives them their shape
-- again. Returns the new tensor and {mean=, matrix=}.
-- Source: Bell and Sejnowski, "The independent components of natural scenes
-- are edge filters" (1997).
--   > tensor.manual_seed(1)
--   > x = tensor.randn(500, 3):matmul(tensor.randn(3, 3))
--   > z = data.whiten(x, {epsilon=0})
--   > tensor.allclose(z.T:matmul(z) / 500, tensor.eye(3), 1e-3, 1e-3)
--   true
function scaling.whiten(x, opts)
  local o = options.read("data.whiten", WHITEN, opts)
  local shape = checked("data.whiten", x).shape
  x = checked("data.whiten", x):reshape(shape[1], -1)
  local like = o.like
  if not like then
    local mean = x:mean(1, true)
    local values, vectors = directions(x - mean, o)
    local matrix = vectors / (values + o.epsilon):sqrt()
    if o.method == "zca" then
      matrix = matrix:matmul(vectors:transpose(1, 2))
    end
    like = {mean = mean, matrix = matrix}
  elseif not tensor.is(like.mean) or not tensor.is(like.matrix) then
    native.fail("data.whiten: like must be what data.whiten returned second")
  end
  if like.matrix.shape[1] ~= x.shape[2] then
    native.fail("data.whiten: samples of %d features, but like was made of %d",
                x.shape[2], like.matrix.shape[1])
  end
  local z = (x - like.mean:to(x.dtype)):matmul(like.matrix:to(x.dtype))
  return o.method == "zca" and z:reshape(shape) or z, like
end

return scaling
