-- nn.Embedding: a vector for each token.

local Layer = require("nn.layer")
local options = require("options")
local tensor = require("tensor")
local weight_options = require("nn.weight_options")

--- nn.Embedding{input_dim, output_dim, ...}
-- y = embeddings[token]: tokens 1 to input_dim, each with a row of the weight
-- `embeddings` (input_dim, output_dim). With mask_zero=true a token 0 is
-- padding: its vector is 0 and the layers that follow pass over it; it is not
-- counted in input_dim. Without mask_zero it is an error. Tokens given as
-- floats are cut to whole numbers.
-- (batch, ...) of integers -> (batch, ..., output_dim).
-- Further options: embeddings_initializer="uniform" (from -0.05 to 0.05),
-- embeddings_regularizer, embeddings_constraint, activity_regularizer,
-- mask_zero=false, input_length=nil (the number of tokens in a sample, when it
-- is fixed).
--   > layer = nn.Embedding{9, 2, embeddings_initializer="ones"}
--   > layer(tensor({{7, 9, 1}}, "int64")).shape
--   (1, 3, 2)
local Embedding = Layer:extend {
  class_name = "Embedding",
  inputs = 1,
  input_dtype = "int64",
  options = options.join(weight_options.add({
    {"input_dim", options.positive_integer, options.required},
    {"output_dim", options.positive_integer, options.required},
  }, {{"embeddings", "uniform"}}), {
    {"mask_zero", options.boolean, false},
    {"input_length", options.positive_integer},
  }),
}

function Embedding:init()
  if self.input_length and not self.input_shape then
    self.input_shape = {self.input_length}
  end
end

function Embedding:build()
  self:add_weight("embeddings", {self.input_dim, self.output_dim})
end

-- True where there is a token.
function Embedding:compute_mask(x)
  return self.mask_zero and x:ne(0) or nil
end

-- The rows of the weight for int64 tokens.
local function look_up(self, tokens)
  local ok, result = pcall(tensor.take, self.embeddings, tokens, 1)
  if not ok and tokens:eq(0):any():item() then
    self:fail("tokens count from 1 to %d, got a 0: padding needs "
      .. "mask_zero=true", self.input_dim)
  elseif not ok then
    error(result, 0)
  end
  return result
end

function Embedding:call(x)
  local mask = self:compute_mask(x)
  local tokens = x:to("int64")
  if not mask then
    return look_up(self, tokens)
  end
  local y = look_up(self, tensor.where(mask, tokens, 1))
  return y:masked_fill(mask:eq(false):unsqueeze(-1), 0)
end

function Embedding:compute_output_shape(input_shape)
  local shape = table.move(input_shape, 1, #input_shape, 1, {})
  shape[#shape + 1] = self.output_dim
  return shape
end

return Embedding
