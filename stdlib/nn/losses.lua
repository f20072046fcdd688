-- nn.losses: functions (y_true, y_pred [, options]) that give one value a
-- sample, a tensor (batch). Dims after the first are averaged over.

local graph = require("nn.graph")
local native = require("native")
local options = require("options")
local tensor = require("tensor")

local losses = {}

-- Probabilities are kept this far from 0 and 1 before a logarithm.
local EPSILON = 1e-7

local LOGITS = {
  positional = 0,
  {"from_logits", options.boolean, false},
}

local function from_logits(name, opts)
  return opts ~= nil and options.read(name, LOGITS, opts).from_logits
end

-- What losses share ----------------------------------------------------------

-- The mean over all dims but the first.
local function per_sample(x)
  if x.ndim <= 1 then
    return x
  end
  local dims = {}
  for dim = 2, x.ndim do
    dims[dim - 1] = dim
  end
  return x:mean(dims)
end

local function need_tensors(name, y_true, y_pred)
  if not tensor.is(y_true) or not tensor.is(y_pred) then
    native.fail("%s: y_true and y_pred must be tensors, got %s and %s", name,
      options.show(y_true), options.show(y_pred))
  end
end

local function same_shape(a, b)
  if a.ndim ~= b.ndim then
    return false
  end
  local shape_a, shape_b = a.shape, b.shape
  for dim = 1, a.ndim do
    if shape_a[dim] ~= shape_b[dim] then
      return false
    end
  end
  return true
end

-- y_true as a tensor of y_pred's dtype and shape. A missing or superfluous
-- last dim of 1 is mended; nothing else is broadcast.
local function matching(name, y_true, y_pred)
  need_tensors(name, y_true, y_pred)
  local y = y_true
  if y.ndim == y_pred.ndim - 1 and y_pred.shape[y_pred.ndim] == 1 then
    y = y:unsqueeze(-1)
  elseif y.ndim == y_pred.ndim + 1 and y.shape[y.ndim] == 1 then
    y = y:squeeze(-1)
  end
  if not same_shape(y, y_pred) then
    native.fail("%s: y_true is %s but y_pred is %s: they must have the same "
      .. "shape", name, tostring(y_true.shape), tostring(y_pred.shape))
  end
  return y.dtype == y_pred.dtype and y or y:to(y_pred.dtype)
end

-- Fails with the first label that is not a class, where there is one.
local function explain_labels(name, labels, classes)
  local position = 0
  local flat = labels:reshape({-1}):totable()
  local each = #flat // math.max(1, #labels)
  for _, label in ipairs(flat) do
    position = position + 1
    if label ~= math.floor(label) or label < 1 or label > classes then
      native.fail("%s: class index %s at sample %d: classes are 1..%d", name,
        tostring(math.tointeger(label) or label),
        (position - 1) // math.max(1, each) + 1, classes)
    end
  end
end

-- Checks the labels of a whole data set for a loss that takes class indices,
-- so that the first wrong one is told by its place in the set.
function losses.check_labels(loss, labels, classes)
  local takes_labels = loss == losses.sparse_categorical_crossentropy
    or loss == losses.sparse_softmax_cross_entropy_with_logits
  if takes_labels and (labels:lt(1) | labels:gt(classes)):any():item() then
    explain_labels(losses.name_of(loss), labels, classes)
  end
end

-- The labels as int64 with y_pred's dims, the last of size 1.
local function label_column(name, y_true, y_pred)
  need_tensors(name, y_true, y_pred)
  local labels = y_true
  if labels.ndim == y_pred.ndim - 1 then
    labels = labels:unsqueeze(-1)
  end
  local fits = labels.ndim == y_pred.ndim and labels.shape[labels.ndim] == 1
  for dim = 1, fits and y_pred.ndim - 1 or 0 do
    fits = fits and labels.shape[dim] == y_pred.shape[dim]
  end
  if not fits then
    native.fail("%s: y_true is %s and y_pred is %s: there must be one class "
      .. "index for each row of y_pred", name, tostring(y_true.shape),
      tostring(y_pred.shape))
  end
  return labels.dtype == "int64" and labels or labels:to("int64")
end

-- The element of y_pred that belongs to each label, last dim of size 1.
local function pick(name, y_true, y_pred)
  local labels = label_column(name, y_true, y_pred)
  local ok, result = pcall(y_pred.gather, y_pred, -1, labels:clamp(0))
  if not ok then
    explain_labels(name, y_true, y_pred.shape[y_pred.ndim])
    error(result, 0)
  end
  return result
end

-- Probabilities that sum to 1 along the last dim, clipped.
local function distribution(p)
  return (p / p:sum(-1, true)):clamp(EPSILON, 1 - EPSILON)
end

-- Regression -----------------------------------------------------------------

--- nn.losses.mean_squared_error(y_true, y_pred)
-- mean((y_true - y_pred)^2) of each sample; short "mse".
--   > nn.losses.mean_squared_error(tensor({{1, 2}}), tensor({{1, 4}})):item()
--   2.0
function losses.mean_squared_error(y_true, y_pred)
  local y = matching("mean_squared_error", y_true, y_pred)
  return per_sample((y_pred - y):square())
end

--- nn.losses.mean_absolute_error(y_true, y_pred)
-- mean(|y_true - y_pred|) of each sample; short "mae".
--   > nn.losses.mean_absolute_error(tensor({{1, 2}}), tensor({{1, 4}})):item()
--   1.0
function losses.mean_absolute_error(y_true, y_pred)
  local y = matching("mean_absolute_error", y_true, y_pred)
  return per_sample((y_pred - y):abs())
end

-- Classification -------------------------------------------------------------

--- nn.losses.sigmoid_cross_entropy_with_logits(y_true, y_pred)
-- softplus(z) - y z for logits z = y_pred, averaged over each sample's
-- labels: the cross-entropy of y and sigmoid(z), for independent labels.
--   > z = tensor({{0, 0}})
--   > l = nn.losses.sigmoid_cross_entropy_with_logits(tensor({{0, 1}}), z)
--   > string.format("%.4f", l:item())
--   0.6931
function losses.sigmoid_cross_entropy_with_logits(y_true, y_pred)
  local y = matching("sigmoid_cross_entropy_with_logits", y_true, y_pred)
  return per_sample(y_pred:softplus() - y * y_pred)
end

--- nn.losses.binary_crossentropy(y_true, y_pred [, {from_logits=false}])
-- -(y log p + (1 - y) log(1 - p)) for probabilities p = y_pred (clipped to
-- 1e-7 from 0 and 1), averaged over each sample's labels.
--   > l = nn.losses.binary_crossentropy(tensor({{1}}), tensor({{0.5}}))
--   > string.format("%.4f", l:item())
--   0.6931
function losses.binary_crossentropy(y_true, y_pred, opts)
  if from_logits("binary_crossentropy", opts) then
    return losses.sigmoid_cross_entropy_with_logits(y_true, y_pred)
  end
  local y = matching("binary_crossentropy", y_true, y_pred)
  local p = y_pred:clamp(EPSILON, 1 - EPSILON)
  return per_sample(-(y * p:log() + (1 - y) * (1 - p):log()))
end

--- nn.losses.softmax_cross_entropy_with_logits(y_true, y_pred)
-- -sum(y log softmax(z)) over the last dim, for logits z = y_pred and
-- distributions y (one-hot rows, for example).
--   > y, z = tensor({{1, 0}}), tensor({{3, 3}})
--   > l = nn.losses.softmax_cross_entropy_with_logits(y, z)
--   > string.format("%.4f", l:item())
--   0.6931
function losses.softmax_cross_entropy_with_logits(y_true, y_pred)
  local y = matching("softmax_cross_entropy_with_logits", y_true, y_pred)
  return per_sample(-(y * y_pred:log_softmax(-1)):sum(-1))
end

--- nn.losses.categorical_crossentropy(y_true, y_pred [, {from_logits=false}])
-- -sum(y log p) over the last dim, for distributions y (one-hot rows, for
-- example) and probabilities p = y_pred (scaled to sum 1, clipped to 1e-7 from
-- 0 and 1).
--   > y, p = tensor({{1, 0}}), tensor({{0.5, 0.5}})
--   > l = nn.losses.categorical_crossentropy(y, p)
--   > string.format("%.4f", l:item())
--   0.6931
function losses.categorical_crossentropy(y_true, y_pred, opts)
  if from_logits("categorical_crossentropy", opts) then
    return losses.softmax_cross_entropy_with_logits(y_true, y_pred)
  end
  local y = matching("categorical_crossentropy", y_true, y_pred)
  return per_sample(-(y * distribution(y_pred):log()):sum(-1))
end

--- nn.losses.sparse_softmax_cross_entropy_with_logits(y_true, y_pred)
-- -log softmax(z)[label] for logits z = y_pred (batch, ..., K) and labels
-- 1..K (batch, ...).
--   > y, z = tensor({2}, "int64"), tensor({{3, 3}})
--   > l = nn.losses.sparse_softmax_cross_entropy_with_logits(y, z)
--   > string.format("%.4f", l:item())
--   0.6931
function losses.sparse_softmax_cross_entropy_with_logits(y_true, y_pred)
  need_tensors("sparse_softmax_cross_entropy_with_logits", y_true, y_pred)
  local picked = pick("sparse_softmax_cross_entropy_with_logits", y_true,
    y_pred:log_softmax(-1))
  return per_sample(-picked:squeeze(-1))
end

--- nn.losses.sparse_categorical_crossentropy(y_true, y_pred [, options])
-- -log p[label] for probabilities p = y_pred (batch, ..., K) and labels 1..K
-- (batch, ...); with {from_logits=true} y_pred are logits. A label outside
-- 1..K is an error that names the sample.
--   > y, p = tensor({2}, "int64"), tensor({{0.5, 0.5}})
--   > l = nn.losses.sparse_categorical_crossentropy(y, p)
--   > string.format("%.4f", l:item())
--   0.6931
function losses.sparse_categorical_crossentropy(y_true, y_pred, opts)
  if from_logits("sparse_categorical_crossentropy", opts) then
    return losses.sparse_softmax_cross_entropy_with_logits(y_true, y_pred)
  end
  need_tensors("sparse_categorical_crossentropy", y_true, y_pred)
  local picked = pick("sparse_categorical_crossentropy", y_true, y_pred)
  local total = y_pred:sum(-1, true)
  local p = (picked / total):clamp(EPSILON, 1 - EPSILON)
  return per_sample(-p:log():squeeze(-1))
end

--- nn.losses.kullback_leibler_divergence(y_true, y_pred)
-- sum(y log(y / p)) over the last dim, both clipped to 1e-7..1; short "kld".
--   > p = tensor({{0.5, 0.5}})
--   > nn.losses.kullback_leibler_divergence(p, p):item()
--   0.0
function losses.kullback_leibler_divergence(y_true, y_pred)
  local y = matching("kullback_leibler_divergence", y_true, y_pred)
  y = y:clamp(EPSILON, 1)
  local p = y_pred:clamp(EPSILON, 1)
  return per_sample((y * (y / p):log()):sum(-1))
end

-- Names ----------------------------------------------------------------------

-- On symbolic tensors a loss is a part of the graph, for model:add_loss.
for name, f in pairs(losses) do
  losses[name] = graph.lift("losses." .. name, f)
end

local by_name, name_of, names = {}, {}, {}
for name, f in pairs(losses) do
  by_name[name], name_of[f] = f, name
  names[#names + 1] = name
end
table.sort(names)
for alias, name in pairs {
  mse = "mean_squared_error",
  mae = "mean_absolute_error",
  kld = "kullback_leibler_divergence",
  kl_divergence = "kullback_leibler_divergence",
} do
  by_name[alias], by_name[alias:upper()] = by_name[name], by_name[name]
  names[#names + 1] = alias
end

--- nn.losses.get(loss)
-- The function for a name ("mse"), or the function given.
--   > nn.losses.get("mse") == nn.losses.mean_squared_error
--   true
function losses.get(loss)
  if type(loss) == "function" then
    return loss
  end
  if type(loss) ~= "string" then
    native.fail("a loss is a name or a function (y_true, y_pred), got %s",
      options.show(loss))
  end
  if not by_name[loss] then
    native.fail("unknown loss %q%s", loss, options.hint(loss, names))
  end
  return by_name[loss]
end

-- The full name of a loss function of this module, else nil.
function losses.name_of(f)
  return name_of[f]
end

return losses
