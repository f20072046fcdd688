-- Computes losses, and leaves what went in, the value of each sample and the
-- gradients for losses.py: FOLDER/losses.json and FOLDER/losses.safetensors.
--
--   nnlua losses.lua FOLDER
--
-- A case is {loss, target, prediction, options}: how y_true and y_pred are
-- drawn, by names of the generators below, and the loss's options.

local losses = require("nn.losses")
local native = require("native")
local tensor = require("tensor")

local SHAPES = {{7}, {6, 4}, {3, 2, 5}, {1, 1}, {4, 1}}
-- Rows of classes; losses to which a row of one number has a meaning take
-- that as well.
local ROWS = {{6, 4}, {3, 2, 5}, {1, 2}, {5, 2}}
local ANY_ROWS = {{6, 4}, {3, 2, 5}, {1, 1}, {5, 2}}

local function between(low, high)
  return function(shape)
    return tensor.rand(shape, "float64") * (high - low) + low
  end
end

local function bits(shape) return tensor.bernoulli(tensor.full(shape, 0.5)) end

-- Some elements far beyond what exp can take.
local function extreme(shape)
  local x = tensor.randn(shape, "float64")
  return tensor.where(bits(shape):gt(0), x * 5000, x)
end

-- Some probabilities are exactly 0 or 1.
local function saturated(shape)
  return (tensor.rand(shape, "float64") * 2 - 0.5):clamp(0, 1)
end

-- Some are 0, none 1: there a clipped function has two slopes.
local function with_zeros(shape)
  return (tensor.rand(shape, "float64") * 1.4 - 0.5):clamp(0)
end

local function distribution(shape)
  return tensor.randn(shape, "float64"):softmax(-1)
end

local function one_hot(shape)
  local x = tensor.randn(shape, "float64")
  return x:ge(x:amax(-1, true)):double()
end

local function labels(shape)
  return tensor.randint(1, shape[#shape],
                        table.move(shape, 1, #shape - 1, 1, {}))
end

-- Rows with a zero here and there, one of them nothing else.
local function sparse_rows(shape)
  local x = tensor.randn(shape, "float64") * bits(shape)
  x[1] = 0
  return x
end

local wide = between(-3, 3)
local cases = {
  {"mean_squared_error", wide, wide},
  {"mean_absolute_error", wide, wide},
  {"mean_absolute_percentage_error", between(0.5, 3), wide},
  {"mean_squared_logarithmic_error", between(-1, 9), between(-1, 9)},
  {"huber", wide, wide},
  {"huber", wide, wide, {delta = 0.25}},
  {"huber", extreme, extreme},
  {"logcosh", wide, wide},
  {"logcosh", extreme, extreme},
  {"poisson", between(0, 5), between(0.1, 4)},
  {"cosine_similarity", wide, wide, shapes = ANY_ROWS},
  {"cosine_similarity", sparse_rows, wide, shapes = ANY_ROWS},
  {"cosine_similarity", wide, wide, {axis = 1}, shapes = ANY_ROWS},
  {"binary_crossentropy", bits, between(0.05, 0.95)},
  {"binary_crossentropy", bits, saturated},
  {"binary_crossentropy", between(0, 1), between(0.05, 0.95),
   {label_smoothing = 0.2}},
  {"binary_crossentropy", bits, wide, {from_logits = true}},
  {"binary_crossentropy", bits, extreme,
   {from_logits = true, label_smoothing = 0.1}},
  {"sigmoid_cross_entropy_with_logits", bits, wide},
  {"sigmoid_cross_entropy_with_logits", between(0, 1), extreme},
  {"categorical_crossentropy", distribution, distribution, rows = true},
  {"categorical_crossentropy", one_hot, between(0.1, 3), rows = true},
  {"categorical_crossentropy", one_hot, distribution,
   {label_smoothing = 0.3}, rows = true},
  {"categorical_crossentropy", one_hot, wide, {from_logits = true},
   rows = true},
  {"categorical_crossentropy", one_hot, extreme,
   {from_logits = true, label_smoothing = 0.3}, rows = true},
  {"softmax_cross_entropy_with_logits", distribution, wide, rows = true},
  {"softmax_cross_entropy_with_logits", one_hot, extreme, rows = true},
  {"sparse_categorical_crossentropy", labels, distribution, rows = true},
  {"sparse_categorical_crossentropy", labels, between(0.1, 3), rows = true},
  {"sparse_categorical_crossentropy", labels, extreme, {from_logits = true},
   rows = true},
  {"sparse_softmax_cross_entropy_with_logits", labels, wide, rows = true},
  {"sparse_softmax_cross_entropy_with_logits", labels, extreme, rows = true},
  {"kullback_leibler_divergence", distribution, distribution, shapes = ANY_ROWS},
  {"kullback_leibler_divergence", one_hot, with_zeros, shapes = ANY_ROWS},
  {"hinge", bits, wide},
  {"hinge", wide, wide},
  {"squared_hinge", bits, wide},
  {"categorical_hinge", one_hot, wide, shapes = ANY_ROWS},
  {"contrastive", bits, between(0, 2)},
  {"contrastive", bits, between(0, 2), {margin = 0.5}},
  {"triplet", labels, wide, shapes = {{5, 3, 4}, {1, 3, 1}}},
  {"triplet", labels, wide, {margin = 3}, shapes = {{8, 4}, {12, 6}, {2, 3}}},
}

local saved = {}

local function save(id, kind, x)
  local name = ("%d.%s"):format(id, kind)
  saved[name] = x:detach():contiguous()
  return name
end

local function run_case(id, case, shape, dtype)
  local y, p = case[2](shape), case[3](shape):to(dtype):requires_grad_()
  if y.dtype ~= "int64" then y = y:to(dtype) end
  local value = losses[case[1]](y, p, case[4])
  local factor = (tensor.rand(value.shape, "float64") * 2 - 1):to(dtype)
  local total = (value * factor):sum()
  total:backward()
  return {
    id = id, loss = case[1], config = case[4] or {}, dtype = dtype,
    shape = shape,
    target = save(id, "target", y), prediction = save(id, "prediction", p),
    value = save(id, "value", value), factor = save(id, "factor", factor),
    gradient = save(id, "gradient", p.grad),
  }
end

local folder = assert(arg[1], "usage: nnlua losses.lua FOLDER")
tensor.manual_seed(5)
local records, id = {}, 0
for _, case in ipairs(cases) do
  for _, shape in ipairs(case.shapes or case.rows and ROWS or SHAPES) do
    for _, dtype in ipairs {"float32", "float64"} do
      id = id + 1
      local fine, record = pcall(run_case, id, case, shape, dtype)
      records[id] = fine and record or {id = id, loss = case[1],
        config = case[4] or {}, shape = shape, dtype = dtype,
        error = tostring(record)}
    end
  end
end
tensor.save(folder .. "/losses.safetensors", saved)
local file = assert(io.open(folder .. "/losses.json", "wb"))
assert(file:write(native.json_encode({cases = records})))
assert(file:close())
