-- nn.MultiHeadAttention: every step looks at all steps of a sequence.

local Layer = require("nn.layer")
local graph = require("nn.graph")
local noise = require("nn.noise")
local options = require("options")
local tensor = require("tensor")
local weight_options = require("nn.weight_options")

--- nn.MultiHeadAttention{num_heads, key_dim, value_dim=nil, dropout=0, ...}
-- layer(query, value [, key] [, options]): query (batch, T, q), value (batch,
-- S, v) and key (batch, S, k), which is value unless given -> (batch, T, q).
-- For self-attention: layer(x, x). Each of num_heads heads computes
--   softmax(Q K' / sqrt(key_dim)) V
-- where Q, K (size key_dim) and V (value_dim, key_dim unless given) are the
-- query, key and value times kernels of the head; the results side by side
-- times output_kernel are the output, of size output_shape, q unless given.
-- Options of a call: attention_mask, a tensor (batch, T, S) or (T, S) that is
-- false or 0 where the query must not look; use_causal_mask=true: a step
-- looks at none that come after it. What a mask of the inputs (Embedding,
-- Masking) calls padding is not looked at. A mask may be an nn.Input.
-- Weights: query_kernel (q, num_heads key_dim), key_kernel, value_kernel,
-- output_kernel, and a bias to each. dropout leaves out scores in training.
-- Further options: use_bias=true, output_shape=nil,
-- kernel_initializer="glorot_uniform", bias_initializer="zeros",
-- kernel_regularizer, bias_regularizer, kernel_constraint, bias_constraint,
-- activity_regularizer. (Vaswani and others, 2017.)
--   > layer = nn.MultiHeadAttention{2, 4}
--   > x = tensor.rand(1, 5, 6)
--   > layer(x, x, {use_causal_mask=true}).shape
--   (1, 5, 6)
local MultiHeadAttention = Layer:extend {
  class_name = "MultiHeadAttention",
  options = weight_options.add({
    {"num_heads", options.positive_integer, options.required},
    {"key_dim", options.positive_integer, options.required},
    {"value_dim", options.positive_integer},
    {"dropout", options.fraction, 0.0},
    {"use_bias", options.boolean, true},
    {"output_shape", options.positive_integer},
  }, {{"kernel", "glorot_uniform"}, {"bias", "zeros"}}),
}

local function fail_inputs(self)
  self:fail("takes a query and a value, and maybe a key: "
    .. "layer(query, value [, key])")
end

-- The inputs are {query, value, key} and the attention_mask, if there is one.
function MultiHeadAttention:arguments(...)
  local inputs, opts = Layer.arguments(self, ...)
  if type(inputs) ~= "table" or #inputs < 2 or #inputs > 4 then
    fail_inputs(self)
  end
  local mask = type(opts) == "table" and opts.attention_mask
  if not mask then
    return inputs, opts
  end
  local rest = {}
  for key, value in pairs(opts) do
    rest[key] = value
  end
  rest.attention_mask = nil
  return {inputs[1], inputs[2], inputs[3] or inputs[2], mask}, rest
end

local function check_shapes(self, shapes)
  if type(shapes[1]) ~= "table" then fail_inputs(self) end -- in a Sequential
  local query, value, key = shapes[1], shapes[2], shapes[3] or shapes[2]
  local function fail(why)
    self:fail("%s, got query %s, value %s and key %s", why,
      graph.shape_text(query), graph.shape_text(value), graph.shape_text(key))
  end
  if #query ~= 2 or #value ~= 2 or #key ~= 2 then
    fail("the inputs must be sequences (batch, steps, features)")
  elseif value[1] ~= key[1] and value[1] ~= -1 and key[1] ~= -1 then
    fail("value and key must have equally many steps")
  end
  return query[2], value[2], key[2]
end

-- The kernel and the bias of one of the four products.
local function add_product(self, name, inputs, outputs)
  self:add_weight(name .. "_kernel", {inputs, outputs}, self.kernel_initializer,
    {regularizer = self.kernel_regularizer,
     constraint = self.kernel_constraint})
  if self.use_bias then
    self:add_weight(name .. "_bias", {outputs}, self.bias_initializer,
      {regularizer = self.bias_regularizer, constraint = self.bias_constraint})
  end
end

function MultiHeadAttention:build(shapes)
  local query, value, key = check_shapes(self, shapes)
  if query == -1 or value == -1 or key == -1 then
    self:fail("the sizes of the last dims of its inputs must be known")
  end
  self.head_size = self.value_dim or self.key_dim
  self.output_size = self.output_shape or query
  add_product(self, "query", query, self.num_heads * self.key_dim)
  add_product(self, "key", key, self.num_heads * self.key_dim)
  add_product(self, "value", value, self.num_heads * self.head_size)
  add_product(self, "output", self.num_heads * self.head_size,
    self.output_size)
end

local function product(self, name, x)
  local y = x:dot(self[name .. "_kernel"])
  return self.use_bias and y + self[name .. "_bias"] or y
end

-- (batch, steps, features) -> (batch, heads, steps, features of a head).
local function heads(self, name, x, size)
  local y = product(self, name, x)
  return y:reshape({x.shape[1], x.shape[2], self.num_heads, size})
    :permute({1, 3, 2, 4})
end

-- Both conditions, either of which may be nil.
local function both(a, b)
  if a and b then
    return a & b
  end
  return a or b
end

-- An attention_mask as a bool tensor that meets (batch, heads, T, S).
local function given_mask(self, mask, steps, others)
  local shape, n = mask.shape, mask.ndim
  if n < 2 or n > 3 or shape[n - 1] ~= steps
      or shape[n] ~= others then
    self:fail("attention_mask must be (batch, %d, %d) or (%d, %d), got %s",
      steps, others, steps, others, tostring(shape))
  end
  mask = mask:ne(0)
  return n == 3 and mask:unsqueeze(2) or mask
end

-- True where a step may look, or nil where it always may.
local function allowed(self, inputs, opts)
  local steps, others = inputs[1].shape[2], inputs[2].shape[2]
  local result
  if inputs[4] then
    result = given_mask(self, inputs[4], steps, others)
  end
  if opts.use_causal_mask then
    result = both(result, tensor.ones({steps, others}, "bool"):tril())
  end
  local padding = type(opts.mask) == "table" and opts.mask or {}
  for i = 2, 3 do
    if padding[i] then
      result = both(result, padding[i]:unsqueeze(2):unsqueeze(2))
    end
  end
  return result
end

-- Far below any score, but no infinity: a step that may look nowhere would
-- become NaN.
local NEVER = -1e9

function MultiHeadAttention:call(inputs, opts)
  check_shapes(self, self:sample_shape(inputs))
  local query = heads(self, "query", inputs[1], self.key_dim)
  local key = heads(self, "key", inputs[3] or inputs[2], self.key_dim)
  local value = heads(self, "value", inputs[2], self.head_size)
  local scores = (query * (1 / math.sqrt(self.key_dim)))
    :matmul(key:transpose(-1, -2))
  local mask = allowed(self, inputs, opts)
  if mask then
    scores = scores:masked_fill(mask:eq(false), NEVER)
  end
  scores = scores:softmax(-1)
  if opts.training and self.dropout > 0 then
    scores = scores * noise.keep(scores, self.dropout, scores.shape)
  end
  local y = scores:matmul(value):permute({1, 3, 2, 4})
  return product(self, "output",
    y:reshape({y.shape[1], y.shape[2], self.num_heads * self.head_size}))
end

-- The padding of the query is that of the result.
function MultiHeadAttention:compute_mask(_, mask)
  return type(mask) == "table" and mask[1] or nil
end

function MultiHeadAttention:compute_output_shape(shapes)
  check_shapes(self, shapes)
  return {shapes[1][1], self.output_size}
end

return MultiHeadAttention
