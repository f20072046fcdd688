-- nn.losses.classification: cross-entropies.

local options = require("options")
local targets = require("nn.losses.targets")

local EPSILON = targets.EPSILON
local per_sample = targets.per_sample
local NONE = {positional = 0}

local FROM_LOGITS = {"from_logits", options.boolean, false}
local SMOOTHING = {
  "label_smoothing",
  options.check("a number from 0 to 1", function(value)
    return type(value) == "number" and value >= 0 and value <= 1
  end), 0.0,
}

-- Labels moved towards the middle of `classes` equally likely ones.
local function smoothed(y, o, classes)
  local smoothing = o.label_smoothing
  if smoothing == 0 then return y end
  return y * (1 - smoothing) + smoothing / classes
end

-- Probabilities that sum to 1 along the last dim, clipped.
local function distribution(p)
  local total = p:sum(-1, true):clamp(EPSILON)
  return (p / total):clamp(EPSILON, 1 - EPSILON)
end

-- The cross-entropies of checked targets y and logits z.
local function of_sigmoid(y, z)
  return per_sample(z:softplus() - y * z)
end

local function of_softmax(y, z)
  return per_sample(-(y * z:log_softmax(-1)):sum(-1))
end

local function of_label(name, y_true, z)
  targets.need_tensors(name, y_true, z)
  targets.need_classes(name, z)
  targets.label_column(name, y_true, z)
  local picked = targets.pick(name, y_true, z:log_softmax(-1))
  return per_sample(-picked:squeeze(-1))
end

return function(define)
  --- nn.losses.sigmoid_cross_entropy_with_logits(y_true, y_pred)
  -- softplus(z) - y z for logits z = y_pred, averaged over each sample's
  -- labels: the cross-entropy of y and sigmoid(z), for independent labels.
  --   > z = tensor({{0, 0}})
  --   > l = nn.losses.sigmoid_cross_entropy_with_logits(tensor({{0, 1}}), z)
  --   > string.format("%.4f", l:item())
  --   0.6931
  define("sigmoid_cross_entropy_with_logits", NONE, function(y_true, y_pred)
    local name = "sigmoid_cross_entropy_with_logits"
    return of_sigmoid(targets.matching_answers(name, y_true, y_pred), y_pred)
  end)

  --- nn.losses.binary_crossentropy(y_true, y_pred [, options])
  -- -(y log p + (1 - y) log(1 - p)) for probabilities p = y_pred (clipped to
  -- 1e-7 from 0 and 1), averaged over each sample's labels; short "bce". Labels
  -- are 0 and 1; one of 2 or more, or of -1 or less, is an error, and so are
  -- probabilities that are none.
  -- Options: from_logits=false, true where y_pred are logits;
  -- label_smoothing=0 moves the labels by this share towards 1/2.
  --   > l = nn.losses.binary_crossentropy(tensor({{1}}), tensor({{0.5}}))
  --   > string.format("%.4f", l:item())
  --   0.6931
  define("binary_crossentropy", {
    positional = 0, FROM_LOGITS, SMOOTHING,
  }, function(y_true, y_pred, o)
    local y = targets.matching_answers("binary_crossentropy", y_true, y_pred)
    y = smoothed(y, o, 2)
    if o.from_logits then return of_sigmoid(y, y_pred) end
    targets.need_probabilities("binary_crossentropy", y_pred, "sigmoid", 1)
    local p = y_pred:clamp(EPSILON, 1 - EPSILON)
    return per_sample(-(y * p:log() + (1 - y) * (1 - p):log()))
  end)

  --- nn.losses.softmax_cross_entropy_with_logits(y_true, y_pred)
  -- -sum(y log softmax(z)) over the last dim, for logits z = y_pred and
  -- distributions y (one-hot rows, for example).
  --   > y, z = tensor({{1, 0}}), tensor({{3, 3}})
  --   > l = nn.losses.softmax_cross_entropy_with_logits(y, z)
  --   > string.format("%.4f", l:item())
  --   0.6931
  define("softmax_cross_entropy_with_logits", NONE, function(y_true, y_pred)
    local name = "softmax_cross_entropy_with_logits"
    return of_softmax(targets.matching_classes(name, y_true, y_pred), y_pred)
  end)

  --- nn.losses.categorical_crossentropy(y_true, y_pred [, options])
  -- -sum(y log p) over the last dim, for distributions y (one-hot rows, for
  -- example) and probabilities p = y_pred (scaled to sum 1, clipped to 1e-7
  -- from 0 and 1). Options: from_logits=false, true where y_pred are logits;
  -- label_smoothing=0 moves y by this share towards equal probabilities.
  --   > y, p = tensor({{1, 0}}), tensor({{0.5, 0.5}})
  --   > l = nn.losses.categorical_crossentropy(y, p)
  --   > string.format("%.4f", l:item())
  --   0.6931
  define("categorical_crossentropy", {
    positional = 0, FROM_LOGITS, SMOOTHING,
  }, function(y_true, y_pred, o)
    local name = "categorical_crossentropy"
    local y = targets.matching_classes(name, y_true, y_pred)
    y = smoothed(y, o, y_pred.shape[y_pred.ndim])
    if o.from_logits then return of_softmax(y, y_pred) end
    targets.need_probabilities(name, y_pred, "softmax")
    return per_sample(-(y * distribution(y_pred):log()):sum(-1))
  end)

  --- nn.losses.sparse_softmax_cross_entropy_with_logits(y_true, y_pred)
  -- -log softmax(z)[label] for logits z = y_pred (batch, ..., K) and labels
  -- 1..K (batch, ...).
  --   > y, z = tensor({2}, "int64"), tensor({{3, 3}})
  --   > l = nn.losses.sparse_softmax_cross_entropy_with_logits(y, z)
  --   > string.format("%.4f", l:item())
  --   0.6931
  define("sparse_softmax_cross_entropy_with_logits", NONE,
         function(y_true, y_pred)
    return of_label("sparse_softmax_cross_entropy_with_logits", y_true,
                    y_pred)
  end, {takes_labels = true})

  --- nn.losses.sparse_categorical_crossentropy(y_true, y_pred [, options])
  -- -log p[label] for probabilities p = y_pred (batch, ..., K) and labels 1..K
  -- (batch, ...); with from_logits=true y_pred are logits. A label outside
  -- 1..K is an error that names the sample.
  --   > y, p = tensor({2}, "int64"), tensor({{0.5, 0.5}})
  --   > l = nn.losses.sparse_categorical_crossentropy(y, p)
  --   > string.format("%.4f", l:item())
  --   0.6931
  define("sparse_categorical_crossentropy", {positional = 0, FROM_LOGITS},
         function(y_true, y_pred, o)
    local name = "sparse_categorical_crossentropy"
    if o.from_logits then return of_label(name, y_true, y_pred) end
    targets.need_tensors(name, y_true, y_pred)
    targets.need_classes(name, y_pred)
    local picked = targets.pick(name, y_true, y_pred)
    targets.need_probabilities(name, y_pred, "softmax")
    local total = y_pred:sum(-1, true):clamp(EPSILON)
    local p = (picked / total):clamp(EPSILON, 1 - EPSILON)
    return per_sample(-p:log():squeeze(-1))
  end, {takes_labels = true})

  --- nn.losses.kullback_leibler_divergence(y_true, y_pred)
  -- sum(y log(y / p)) over the last dim, both clipped to 1e-7..1; short "kld".
  --   > p = tensor({{0.5, 0.5}})
  --   > nn.losses.kullback_leibler_divergence(p, p):item()
  --   0.0
  define("kullback_leibler_divergence", NONE, function(y_true, y_pred)
    local name = "kullback_leibler_divergence"
    local y = targets.matching_rows(name, y_true, y_pred):clamp(EPSILON, 1)
    -- not clamp(EPSILON, 1), which halves the gradient at exactly 1
    local p = y_pred:masked_fill(y_pred:gt(1), 1):clamp(EPSILON)
    return per_sample((y * (y / p):log()):sum(-1))
  end)
end
