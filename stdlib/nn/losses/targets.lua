-- nn.losses.targets: what y_true must be beside y_pred, and the mean over
-- each sample.

local native = require("native")
local options = require("options")
local tensor = require("tensor")

local targets = {}

-- Probabilities are kept this far from 0 and 1 before a logarithm.
targets.EPSILON = 1e-7

-- The mean over all dims but the first.
function targets.per_sample(x)
  if x.ndim <= 1 then return x end
  local dims = {}
  for dim = 2, x.ndim do dims[dim - 1] = dim end
  return x:mean(dims)
end

local function shown(x)
  return tensor.is(x) and "a tensor" or options.show(x)
end

function targets.need_tensors(name, y_true, y_pred)
  if not tensor.is(y_true) or not tensor.is(y_pred) then
    native.fail("%s: y_true and y_pred must be tensors, got %s and %s", name,
                shown(y_true), shown(y_pred))
  end
end

-- The same, with at least the dim of samples.
function targets.need_samples(name, y_true, y_pred)
  targets.need_tensors(name, y_true, y_pred)
  if y_true.ndim == 0 or y_pred.ndim == 0 then
    native.fail("%s: y_true is %s and y_pred %s: there must be samples along "
                .. "dim 1", name, tostring(y_true.shape),
                tostring(y_pred.shape))
  end
end

local function same_shape(a, b)
  if a.ndim ~= b.ndim then return false end
  local shape_a, shape_b = a.shape, b.shape
  for dim = 1, a.ndim do
    if shape_a[dim] ~= shape_b[dim] then return false end
  end
  return true
end

-- Whether y_true has one number where y_pred has a row of several.
local function has_one_a_row(y_true, y_pred)
  local classes = y_pred.ndim > 0 and y_pred.shape[y_pred.ndim] or 1
  return classes > 1 and y_true:numel() * classes == y_pred:numel()
end

-- y_true as a tensor of y_pred's dtype and shape. A missing or superfluous
-- last dim of 1 is mended; nothing else is broadcast. `hint` is added to the
-- error where y_true may be class indices.
function targets.matching(name, y_true, y_pred, hint)
  targets.need_tensors(name, y_true, y_pred)
  local y = y_true
  if y.ndim == y_pred.ndim - 1 and y_pred.shape[y_pred.ndim] == 1 then
    y = y:unsqueeze(-1)
  elseif y.ndim == y_pred.ndim + 1 and y.shape[y.ndim] == 1 then
    y = y:squeeze(-1)
  end
  if not same_shape(y, y_pred) then
    native.fail("%s: y_true is %s but y_pred is %s: they must have the same "
                .. "shape%s", name, tostring(y_true.shape),
                tostring(y_pred.shape),
                hint and has_one_a_row(y_true, y_pred) and hint or "")
  end
  return y.dtype == y_pred.dtype and y or y:to(y_pred.dtype)
end

-- Rows of classes: there must be a last dim to sum over.
function targets.matching_rows(name, y_true, y_pred, hint)
  local y = targets.matching(name, y_true, y_pred, hint)
  if y_pred.ndim == 0 then
    native.fail("%s: y_pred must have a dim of classes, got a 0-d tensor", name)
  end
  return y
end

-- Fails where there is but one class, whose probability is always 1.
function targets.need_classes(name, y_pred)
  if y_pred.ndim > 1 and y_pred.shape[y_pred.ndim] == 1 then
    native.fail("%s: y_pred is %s: a single class is always right; for one "
                .. "output that is 0 or 1 take binary_crossentropy", name,
                tostring(y_pred.shape))
  end
end

-- Distributions over classes.
function targets.matching_classes(name, y_true, y_pred)
  local y = targets.matching_rows(name, y_true, y_pred, "; for class indices "
    .. "take sparse_categorical_crossentropy, or data.to_categorical(y, K)")
  targets.need_classes(name, y_pred)
  return y
end

-- Answers no and yes, 0 and 1 or between. Noise and smoothing may lead a
-- little out of that; what is off by 1 or more was meant otherwise.
function targets.matching_answers(name, y_true, y_pred)
  local y = targets.matching(name, y_true, y_pred)
  local odd = y_true:detach()
  odd = odd.dtype ~= "bool" and odd:numel() > 0 and (odd:ge(2) | odd:le(-1))
  if odd and odd:any():item() then
    local first = odd:reshape({-1}):to("uint8"):argmax():item()
    native.fail("%s: y_true must be 0 or 1, or between, got %s at sample %d%s",
                name, tostring(y_true:detach():reshape({-1})[first]),
                (first - 1) * #y_true // y_true:numel() + 1,
                y_true:ge(1):all():item() and "; subtract 1 from labels 1 and 2"
                or "")
  end
  return y
end

-- Rounding may lead a probability this far out of 0..1.
local SLACK = 1e-4

-- Fails where y_pred cannot be probabilities: below 0 or, where `most` is
-- given, above it. `activation` is what makes them of logits.
function targets.need_probabilities(name, y_pred, activation, most)
  if y_pred:numel() == 0 then return end
  local p = y_pred:detach()
  local odd = p:min():item()
  if most and odd >= -SLACK then odd = p:max():item() end
  if odd < -SLACK or most and odd > most + SLACK then
    native.fail("%s: y_pred must be probabilities, got %.4g: end the model in "
                .. "a %s, or take nn.losses.%s{from_logits=true}", name, odd,
                activation, name)
  end
end

-- Vectors of length 1 along a dim; those shorter than 1e-6 stay shorter.
function targets.unit(x, dim)
  return x * x:square():sum(dim, true):clamp(1e-12):rsqrt()
end

-- Fails with the first label that is not a class, where there is one.
function targets.explain_labels(name, labels, classes)
  local flat = labels:reshape({-1}):totable()
  local each = labels.ndim > 0 and #flat // math.max(1, #labels) or 1
  for position, label in ipairs(flat) do
    local index = type(label) == "number" and math.tointeger(label)
    if not index or index < 1 or index > classes then
      native.fail("%s: class index %s at sample %d: classes are 1..%d%s", name,
                  options.show(index or label),
                  (position - 1) // math.max(1, each) + 1, classes,
                  index == 0 and "; add 1 to labels that count from 0" or "")
    end
  end
end

-- The labels as int64 with y_pred's dims, the last of size 1.
function targets.label_column(name, y_true, y_pred)
  targets.need_tensors(name, y_true, y_pred)
  local labels = y_true
  if labels.ndim == y_pred.ndim - 1 then labels = labels:unsqueeze(-1) end
  local fits = y_pred.ndim > 0 and labels.ndim == y_pred.ndim
    and labels.shape[labels.ndim] == 1
  for dim = 1, fits and y_pred.ndim - 1 or 0 do
    fits = fits and labels.shape[dim] == y_pred.shape[dim]
  end
  if not fits then
    native.fail("%s: y_true is %s and y_pred is %s: there must be one class "
                .. "index for each row of y_pred%s", name,
                tostring(y_true.shape), tostring(y_pred.shape),
                same_shape(y_true, y_pred) and "; for one-hot rows take "
                .. "categorical_crossentropy, or y:argmax(-1)" or "")
  end
  if labels.dtype == "int64" then return labels end
  local whole = labels:to("int64")
  if labels:ne(whole):any():item() then
    targets.explain_labels(name, y_true, y_pred.shape[y_pred.ndim])
  end
  return whole
end

-- The element of y_pred that belongs to each label, last dim of size 1.
function targets.pick(name, y_true, y_pred)
  local labels = targets.label_column(name, y_true, y_pred)
  local ok, result = pcall(y_pred.gather, y_pred, -1, labels:clamp(0))
  if not ok then
    targets.explain_labels(name, y_true, y_pred.shape[y_pred.ndim])
    error(result, 0)
  end
  return result
end

return targets
