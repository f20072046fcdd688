-- nn.metrics.accuracy: how many answers are right; one value a sample.

local losses = require("nn.losses")
local lookup = require("nn.losses.lookup")
local native = require("native")
local options = require("options")
local targets = require("nn.losses.targets")
local tensor = require("tensor")

local NONE = {positional = 0}

local function fraction(hits)
  return targets.per_sample(hits:float())
end

local function need_same_shape(name, a, b)
  if tostring(a.shape) ~= tostring(b.shape) then
    native.fail("%s: y_true is %s but y_pred is %s: they must have the same "
                .. "shape", name, tostring(a.shape), tostring(b.shape))
  end
end

local function binary(y_true, y_pred, threshold)
  targets.need_samples("binary_accuracy", y_true, y_pred)
  if y_true.ndim == y_pred.ndim - 1 and y_pred.shape[y_pred.ndim] == 1 then
    y_true = y_true:unsqueeze(-1)
  end
  need_same_shape("binary_accuracy", y_true, y_pred)
  return fraction(y_pred:gt(threshold):eq(y_true:gt(0.5)))
end

local function categorical(y_true, y_pred)
  targets.need_samples("categorical_accuracy", y_true, y_pred)
  need_same_shape("categorical_accuracy", y_true, y_pred)
  return fraction(y_true:argmax(-1):eq(y_pred:argmax(-1)))
end

local function sparse(y_true, y_pred)
  targets.need_samples("sparse_categorical_accuracy", y_true, y_pred)
  if y_true.ndim == y_pred.ndim then y_true = y_true:squeeze(-1) end
  local predicted = y_pred:argmax(-1)
  need_same_shape("sparse_categorical_accuracy", y_true, predicted)
  return fraction(predicted:eq(y_true))
end

-- The label of each row, from labels or one-hot rows, beside y_pred.
local function labels_of(name, y_true, y_pred)
  targets.need_samples(name, y_true, y_pred)
  if y_true.ndim == y_pred.ndim and y_true.shape[y_true.ndim] ~= 1 then
    need_same_shape(name, y_true, y_pred)
    return y_true:argmax(-1)
  end
  return y_true
end

local function top_k(y_true, y_pred, o)
  local labels = labels_of("top_k", y_true, y_pred)
  local score = targets.pick("top_k", labels, y_pred)
  local better = y_pred:gt(score):sum(-1)
  return fraction(better:lt(o.k) & score:squeeze(-1):isfinite())
end

-- Which accuracy goes with a loss function, its options and the shapes.
local function pick(loss, y_true, y_pred)
  targets.need_samples("accuracy", y_true, y_pred)
  local entry, o = lookup.entry(loss)
  local name = entry and entry.name or ""
  local last = y_pred.shape[y_pred.ndim]
  local takes_labels = entry and entry.takes_labels
  if name == "sigmoid_cross_entropy_with_logits"
      or name == "binary_crossentropy" and o.from_logits then
    return binary(y_true, y_pred, 0)
  elseif name == "binary_crossentropy" or last == 1 and not takes_labels then
    return binary(y_true, y_pred, 0.5)
  elseif takes_labels or y_true.ndim < y_pred.ndim then
    return sparse(y_true, y_pred)
  end
  return categorical(y_true, y_pred)
end

-- Defines the metrics; returns what cannot be named in compile.
return function(define)
  local others = {}

  --- nn.metrics.accuracy(y_true, y_pred)
  -- How many answers are right: binary_accuracy where the last dim is 1,
  -- sparse_categorical_accuracy for labels by class index beside rows, else
  -- categorical_accuracy. In compile the loss has a say: see
  -- nn.metrics.accuracy_for.
  --   > y, p = tensor({2}, "int64"), tensor({{0.2, 0.8}})
  --   > nn.metrics.accuracy(y, p):item()
  --   1.0
  define("accuracy", NONE, function(y_true, y_pred)
    return pick(nil, y_true, y_pred)
  end)

  --- nn.metrics.accuracy_for(loss)
  -- The accuracy that goes with a loss function, as the name "accuracy" picks
  -- it: binary for one output or a binary cross-entropy (logits count as 1
  -- when positive), sparse for labels by class index, else categorical.
  --   > f = nn.metrics.accuracy_for(nn.losses.binary_crossentropy)
  --   > f(tensor({{1}}), tensor({{0.7}})):item()
  --   1.0
  function others.accuracy_for(loss)
    return function(y_true, y_pred) return pick(loss, y_true, y_pred) end
  end

  --- nn.metrics.binary_accuracy(y_true, y_pred [, {threshold=0.5}])
  -- How many of each sample's labels (0 or 1) are those of y_pred > threshold.
  --   > y, p = tensor({{1, 0}}), tensor({{0.9, 0.8}})
  --   > nn.metrics.binary_accuracy(y, p):item()
  --   0.5
  define("binary_accuracy", {
    {"threshold", options.number, 0.5},
  }, function(y_true, y_pred, o)
    return binary(y_true, y_pred, o.threshold)
  end)

  --- nn.metrics.categorical_accuracy(y_true, y_pred)
  -- 1 where the greatest element of y_pred stands where that of y_true stands.
  --   > y, p = tensor({{0, 1}}), tensor({{0.2, 0.8}})
  --   > nn.metrics.categorical_accuracy(y, p):item()
  --   1.0
  define("categorical_accuracy", NONE, categorical)

  --- nn.metrics.sparse_categorical_accuracy(y_true, y_pred)
  -- 1 where the greatest element of y_pred stands at the label (1..K).
  --   > y, p = tensor({2}, "int64"), tensor({{0.2, 0.8}})
  --   > nn.metrics.sparse_categorical_accuracy(y, p):item()
  --   1.0
  define("sparse_categorical_accuracy", NONE, sparse)

  --- nn.metrics.top_k(y_true, y_pred [, {k=5}])
  -- 1 where the label's element is among the k greatest of its row (fewer than
  -- k are greater). y_true: labels 1..K or one-hot rows. For compile:
  -- nn.metrics.top_k{k=3}.
  --   > y, p = tensor({1}, "int64"), tensor({{0.3, 0.5, 0.2}})
  --   > nn.metrics.top_k(y, p, {k=2}):item()
  --   1.0
  --   > nn.metrics.top_k{k=1}(y, p):item()
  --   0.0
  define("top_k", {
    {"k", options.positive_integer, 5},
  }, top_k)

  --- nn.metrics.cosine_similarity(y_true, y_pred [, {axis=-1}])
  -- The cosine of the angle between y_true and y_pred along axis: the loss of
  -- that name with the other sign.
  --   > y, p = tensor({{1, 0}}), tensor({{2, 0}})
  --   > nn.metrics.cosine_similarity(y, p):item()
  --   1.0
  define("cosine_similarity", {
    {"axis", options.integer, -1},
  }, function(y_true, y_pred, o)
    return -losses.cosine_similarity(y_true, y_pred, o)
  end)

  --- nn.metrics.confusion_matrix(y_true, y_pred [, {num_classes=nil}])
  -- Counts by class, int64 (K, K): element [i, j] tells how many samples of
  -- class i were taken for class j. Each of y_true and y_pred is labels 1..K
  -- or rows of K scores, of which the greatest counts; without rows and
  -- num_classes K is the greatest label. Not for compile: it is no number.
  --   > y, p = tensor({1, 2, 2}, "int64"), tensor({1, 1, 2}, "int64")
  --   > nn.metrics.confusion_matrix(y, p)
  --   int64 (2, 2)
  --     1  0
  --     1  1
  function others.confusion_matrix(y_true, y_pred, opts)
    local name = "confusion_matrix"
    local o = options.read(name, {
      {"num_classes", options.positive_integer},
    }, opts)
    targets.need_samples(name, y_true, y_pred)
    local classes, labels = o.num_classes, {}
    for i, x in ipairs {y_true, y_pred} do
      if x.ndim == 2 and x.shape[2] > 1 then
        classes, x = classes or x.shape[2], x:argmax(-1)
      end
      labels[i] = x:reshape({-1}):to("int64")
    end
    local y, p = labels[1], labels[2]
    need_same_shape(name, y, p)
    if #y == 0 then
      return tensor.zeros({classes or 0, classes or 0}, "int64")
    end
    classes = classes or math.max(y:max():item(), p:max():item())
    for _, x in ipairs(labels) do
      if (x:lt(1) | x:gt(classes)):any():item() then
        targets.explain_labels(name, x, classes)
      end
    end
    local places = (y - 1) * classes + p
    return places:bincount(nil, classes * classes):reshape(classes, classes)
  end

  return others
end
