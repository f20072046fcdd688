-- nn.losses.margin: losses that are 0 beyond a margin.

local native = require("native")
local options = require("options")
local targets = require("nn.losses.targets")
local tensor = require("tensor")

local per_sample = targets.per_sample
local NONE = {positional = 0}
local MARGIN = {{"margin", options.positive_number, 1.0}}

-- Targets of -1 and 1, made of 0 and 1 where there is nothing else.
local function signs(name, y_true, y_pred)
  local y = targets.matching(name, y_true, y_pred)
  local bits = (y:eq(0) | y:eq(1)):all()
  return tensor.where(bits, y * 2 - 1, y)
end

local function hinge(name, y_true, y_pred)
  return (1 - signs(name, y_true, y_pred) * y_pred):relu()
end

-- Squared distances between all rows of x (n, d): (n, n).
local function distances(x)
  local squares = x:square():sum(2, true)
  return (squares + squares.T - x:matmul(x.T) * 2):clamp(0)
end

-- The loss of each row, with the farthest row of its class and the nearest of
-- another (Hermans and others, 2017); 0 where there is none.
local function hardest(labels, x, margin)
  local d = distances(x)
  local same = labels:unsqueeze(2):eq(labels:unsqueeze(1))
  local other = same:logical_not()
  local positive = d:masked_fill(other, 0):amax(2)
  local negative = d:masked_fill(same, math.huge):amin(2)
  local has_both = other:any(2) & same:sum(2):gt(1)
  local gap = tensor.where(has_both, positive - negative, 0)
  return tensor.where(has_both, (gap + margin):relu(), 0)
end

return function(define)
  --- nn.losses.hinge(y_true, y_pred)
  -- mean(max(1 - y_true y_pred, 0)) of each sample, for y_true of -1 and 1;
  -- 0 and 1 are taken for them.
  --   > nn.losses.hinge(tensor({{1, -1}}), tensor({{0.5, -2}})):item()
  --   0.25
  define("hinge", NONE, function(y_true, y_pred)
    return per_sample(hinge("hinge", y_true, y_pred))
  end)

  --- nn.losses.squared_hinge(y_true, y_pred)
  -- mean(max(1 - y_true y_pred, 0)^2) of each sample, for y_true of -1 and 1;
  -- 0 and 1 are taken for them.
  --   > nn.losses.squared_hinge(tensor({{1, -1}}), tensor({{0, -2}})):item()
  --   0.5
  define("squared_hinge", NONE, function(y_true, y_pred)
    return per_sample(hinge("squared_hinge", y_true, y_pred):square())
  end)

  --- nn.losses.categorical_hinge(y_true, y_pred)
  -- max(1 + n - p, 0), with p = sum(y_true y_pred) over the last dim and
  -- n = max((1 - y_true) y_pred), for one-hot rows y_true.
  --   > y, p = tensor({{0, 1}}), tensor({{0.5, 0.75}})
  --   > nn.losses.categorical_hinge(y, p):item()
  --   0.75
  define("categorical_hinge", NONE, function(y_true, y_pred)
    local y = targets.matching_rows("categorical_hinge", y_true, y_pred)
    local positive = (y * y_pred):sum(-1)
    local negative = ((1 - y) * y_pred):amax(-1)
    return per_sample((negative - positive + 1):relu())
  end)

  --- nn.losses.contrastive(y_true, y_pred [, {margin=1}])
  -- y d^2 + (1 - y) max(margin - d, 0)^2 for distances d = y_pred between the
  -- two of a pair, y = 1 where they belong together and 0 where not; the mean
  -- of each sample. (Hadsell and others, 2006.)
  --   > y, d = tensor({1, 0}), tensor({0.5, 0.5})
  --   > nn.losses.contrastive(y, d)
  --   float32 (2)
  --     0.2500  0.2500
  define("contrastive", MARGIN, function(y_true, y_pred, o)
    local y = targets.matching("contrastive", y_true, y_pred)
    local apart = (o.margin - y_pred):relu():square()
    return per_sample(y * y_pred:square() + (1 - y) * apart)
  end)

  --- nn.losses.triplet(y_true, y_pred [, {margin=1}])
  -- max(|a - p|^2 - |a - n|^2 + margin, 0): an anchor a is to be nearer to p
  -- than to n. (Schroff and others, 2015.)
  -- * y_pred (batch, 3, d) holds a, p and n of each sample; y_true is not
  --   looked at.
  -- * y_pred (batch, d) and labels y_true (batch): each row is an anchor, p
  --   the farthest row of its class in the batch, n the nearest of another; a
  --   row without either counts 0. (Hermans and others, 2017.)
  --
  --   > nn.losses.triplet(nil, tensor({{{0, 0}, {1, 0}, {0, 1}}})):item()
  --   1.0
  --   > y, x = tensor({1, 1, 2}, "int64"), tensor({{0}, {1}, {1.5}})
  --   > nn.losses.triplet(y, x)
  --   float32 (3)
  --          0  1.7500       0
  define("triplet", MARGIN, function(y_true, y_pred, o)
    if not tensor.is(y_pred) then
      native.fail("triplet: y_pred must be a tensor, got %s",
                  options.show(y_pred))
    elseif y_pred.ndim == 3 and y_pred.shape[2] == 3 then
      local a, p, n = table.unpack(y_pred:unbind(2))
      local gap = (a - p):square():sum(-1) - (a - n):square():sum(-1)
      return (gap + o.margin):relu()
    elseif y_pred.ndim ~= 2 then
      native.fail("triplet: y_pred is %s: it must be (batch, 3, d) with anchor, "
                  .. "positive and negative, or (batch, d) beside labels",
                  tostring(y_pred.shape))
    end
    local y = tensor.is(y_true) and y_true:reshape({-1})
    if not y or #y ~= #y_pred then
      native.fail("triplet: y_true must be one label for each of the %d rows "
                  .. "of y_pred, got %s", #y_pred,
                  y and tostring(y_true.shape) or options.show(y_true))
    end
    return hardest(y, y_pred, o.margin)
  end)
end
