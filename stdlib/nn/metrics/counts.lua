-- nn.metrics.counts: metrics of a whole set that are no mean over samples.
--
-- Such a metric is a pair of functions: sums(y_true, y_pred, options) gives a
-- tensor that is added up over batches, result(total, options) the figure, a
-- Lua number, from the total.

local losses = require("nn.losses")
local native = require("native")
local options = require("options")
local targets = require("nn.losses.targets")
local tensor = require("tensor")

-- Right and wrong answers by class --------------------------------------------

-- Which elements of each row are among its k greatest.
local function among_best(p, k)
  local _, places = p:topk(math.min(k, p.shape[p.ndim]), -1)
  return tensor.zeros_like(p):scatter(-1, places, 1):gt(0)
end

-- y_true and the answers as bool (samples, K).
local function answers(name, y_true, y_pred, o)
  targets.need_tensors(name, y_true, y_pred)
  local last = y_pred.ndim > 1 and y_pred.shape[y_pred.ndim] or 1
  local is_labels = last > 1
    and (y_true.ndim < y_pred.ndim or y_true.shape[y_true.ndim] == 1)
  local y, p
  if is_labels then
    local labels = targets.label_column(name, y_true, y_pred)
    if (labels:lt(1) | labels:gt(last)):any():item() then
      targets.explain_labels(name, y_true, last)
    end
    y = labels:eq(tensor.arange(last))
    p = among_best(y_pred, o.top_k or 1)
  else
    y = targets.matching(name, y_true, y_pred):gt(0.5)
    p = o.top_k and last > 1 and among_best(y_pred, o.top_k)
      or y_pred:gt(o.threshold)
  end
  return y:reshape(-1, last), p:reshape(-1, last)
end

-- True positives, false positives and false negatives of each class, (3, K).
local function class_sums(name)
  return function(y_true, y_pred, o)
    local y, p = answers(name, y_true, y_pred, o)
    if o.class_id then
      if o.class_id > y.shape[2] then
        native.fail("%s: class_id is %d, but there are %d classes", name,
                    o.class_id, y.shape[2])
      end
      y = y:narrow(2, o.class_id, 1)
      p = p:narrow(2, o.class_id, 1)
    end
    return tensor.stack({(y & p):sum(1), (p & y:logical_not()):sum(1),
                         (y & p:logical_not()):sum(1)}, 1)
  end
end

local function ratio(a, b) return b == 0 and 0.0 or a / b end

-- The figure from the counts by class; `of` gives that of one class.
local function averaged(of)
  return function(total, o)
    local tp, fp, fn = table.unpack(total:totable())
    if o.average == "micro" then
      local sums = {0, 0, 0}
      for k = 1, #tp do
        sums = {sums[1] + tp[k], sums[2] + fp[k], sums[3] + fn[k]}
      end
      return of(table.unpack(sums))
    end
    local sum, weights = 0, 0
    for k = 1, #tp do
      local weight = o.average == "macro" and 1 or tp[k] + fn[k]
      sum, weights = sum + weight * of(tp[k], fp[k], fn[k]), weights + weight
    end
    return ratio(sum, weights)
  end
end

local function class_options(average)
  return {
    {"threshold", options.number, 0.5},
    {"top_k", options.positive_integer},
    {"class_id", options.positive_integer},
    {"average", options.one_of {"micro", "macro", "weighted"}, average},
    aliases = {thresholds = "threshold"},
  }
end

-- The area under a curve -----------------------------------------------------

-- How many of the positive and of the negative elements lie above exactly
-- 0, 1, ... of the thresholds -1e-7, 1 / (T - 1), ..., 1 + 1e-7: (2, T + 1).
-- NaN, which lies nowhere, makes all of them NaN.
local function auc_sums(y_true, y_pred, o)
  local y = targets.matching("auc", y_true, y_pred):reshape(-1):gt(0.5)
  local p = y_pred:reshape(-1):double()
  if o.from_logits then p = p:sigmoid() end
  local count = o.num_thresholds
  local thresholds = tensor.arange(0, count - 1):double() / (count - 1)
  thresholds[1], thresholds[count] = -1e-7, 1 + 1e-7
  local above = tensor.searchsorted(thresholds, p)
  local weights = y:double()
  local positive = above:bincount(weights, count + 1)
  local all = above:bincount(nil, count + 1)
  local counts = tensor.stack({positive, all:double() - positive}, 1)
  return counts:masked_fill(p:isnan():any(), 0 / 0)
end

-- True and false positives at each threshold, from the highest down.
local function from_the_top(total)
  local tp, fp = {}, {}
  local positive, negative = table.unpack(total:totable())
  local p, n = 0, 0
  for i = #positive, 2, -1 do
    p, n = p + positive[i], n + negative[i]
    tp[#tp + 1], fp[#fp + 1] = p, n
  end
  return tp, fp, p + positive[1], n + negative[1]
end

-- By trapezoids.
local function area_under_roc(tp, fp, positives, negatives)
  local area = 0
  for i = 2, #tp do
    area = area + (fp[i] - fp[i - 1]) * (tp[i] + tp[i - 1]) / 2
  end
  return ratio(area, positives * negatives)
end

-- Between two thresholds true positives grow linearly with all positives
-- (Davis and Goadrich, 2006), so precision does not.
local function area_under_pr(tp, fp, positives)
  local area = 0
  for i = 2, #tp do
    local all, before = tp[i] + fp[i], tp[i - 1] + fp[i - 1]
    local gained = tp[i] - tp[i - 1]
    local slope = ratio(gained, all - before)
    local intercept = tp[i] - slope * all
    local grown = before > 0 and all > 0 and math.log(all / before) or 0
    area = area + slope * (gained + intercept * grown)
  end
  return ratio(area, positives)
end

return function(define)
  -- A metric whose function gives the figure of its arguments.
  local function define_whole(name, spec, sums, result)
    return define(name, spec, function(y_true, y_pred, o)
      return result(sums(y_true, y_pred, o), o)
    end, {sums = sums, result = result})
  end

  --- nn.metrics.precision(y_true, y_pred [, options])
  -- TP / (TP + FP): how many of those taken for positive are so; 0 where none
  -- was taken for it. A Lua number; over an epoch it is that of all samples.
  -- * y_true of y_pred's shape, 0 or 1: y_pred > threshold counts as positive
  --   (threshold=0.5; for logits 0). Labels 1..K beside rows of K scores: the
  --   greatest of a row is its positive.
  -- * top_k=nil: instead the k greatest of each row are.
  -- * class_id=nil: only this class is looked at.
  -- * average="micro" counts all classes together; "macro" is the mean over
  --   classes, "weighted" that by how often each occurs.
  --
  --   > y, p = tensor({1, 0, 1, 1}), tensor({0.9, 0.8, 0.7, 0.1})
  --   > string.format("%.4f", nn.metrics.precision(y, p))
  --   0.6667
  define_whole("precision", class_options("micro"),
    class_sums("precision"), averaged(function(tp, fp)
      return ratio(tp, tp + fp)
    end))

  --- nn.metrics.recall(y_true, y_pred [, options])
  -- TP / (TP + FN): how many of the positive were found; 0 where there are
  -- none. Options and result as for nn.metrics.precision.
  --   > y, p = tensor({1, 0, 1, 1}), tensor({0.9, 0.8, 0.7, 0.1})
  --   > string.format("%.4f", nn.metrics.recall(y, p))
  --   0.6667
  define_whole("recall", class_options("micro"),
    class_sums("recall"), averaged(function(tp, _, fn)
      return ratio(tp, tp + fn)
    end))

  --- nn.metrics.f1(y_true, y_pred [, options])
  -- 2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall.
  -- Options and result as for nn.metrics.precision, but average="macro".
  --   > y, p = tensor({1, 0, 1, 1}), tensor({0.9, 0.2, 0.7, 0.1})
  --   > nn.metrics.f1(y, p)
  --   0.8
  define_whole("f1", class_options("macro"), class_sums("f1"),
    averaged(function(tp, fp, fn)
      return ratio(2 * tp, 2 * tp + fp + fn)
    end))

  --- nn.metrics.auc(y_true, y_pred [, options])
  -- The area under the curve that probabilities y_pred draw at num_thresholds
  -- = 200 thresholds: curve="ROC", the rate of true positives over that of
  -- false ones, by trapezoids; curve="PR", precision over recall, between
  -- thresholds after Davis and Goadrich (2006). from_logits=false: true takes
  -- the sigmoid of y_pred first. y_true is 0 or 1. A Lua number; over an epoch
  -- it is that of all samples.
  --   > y, p = tensor({0, 0, 1, 1}), tensor({0.1, 0.6, 0.4, 0.9})
  --   > nn.metrics.auc(y, p)
  --   0.75
  define_whole("auc", {
    {"num_thresholds", options.check("an integer of at least 2", function(n)
      return math.type(n) == "integer" and n >= 2
    end), 200},
    {"curve", options.one_of {"ROC", "PR"}, "ROC"},
    {"from_logits", options.boolean, false},
  }, auc_sums, function(total, o)
    local area = o.curve == "ROC" and area_under_roc or area_under_pr
    return area(from_the_top(total))
  end)

  --- nn.metrics.root_mean_squared_error(y_true, y_pred)
  -- The square root of the mean squared error of all samples; short "rmse".
  --   > y, p = tensor({{1}, {1}}), tensor({{1}, {3}})
  --   > string.format("%.4f", nn.metrics.root_mean_squared_error(y, p))
  --   1.4142
  define_whole("root_mean_squared_error",
    {positional = 0}, function(y_true, y_pred)
      local squares = losses.mean_squared_error(y_true, y_pred)
      local sum = squares:double():sum()
      return tensor.stack({sum, sum * 0 + squares:numel()}, 1)
    end, function(total)
      return math.sqrt(ratio(table.unpack(total:totable())))
    end)
end
