-- nn.in_models: what a layer can tell and do about the models it is used in;
-- methods of nn.Layer.

local graph = require("nn.graph")
local options = require("options")
local step = require("nn.step")
local tensor = require("tensor")

local methods = {}

--- nn.Layer:add_loss(value)
-- Adds a term to the loss of the model that is being trained or evaluated:
-- called from within a layer's `call` with a 0-d tensor, or with one value a
-- sample, of which the mean counts. Elsewhere it does nothing. A term made of
-- symbolic tensors belongs to a model: model:add_loss(symbol).
--   > Penalty = nn.Layer:extend{class_name="Penalty"}
--   > function Penalty:call(x) self:add_loss(x:square():sum()) return x end
--   > model = nn.Sequential{Penalty{}}
--   > model:compile{loss="mse"}
--   > model:evaluate(tensor({{3}}), tensor({{3}}))
--   9.0
function methods:add_loss(value)
  if graph.is_symbol(value) then
    self:fail("add_loss: %s is symbolic: add it to the model, "
      .. "model:add_loss(symbol)", tostring(value))
  end
  if not tensor.is(value) or value.ndim > 1 then
    self:fail("add_loss: a term must be a 0-d tensor or one value a sample, "
      .. "got %s", tensor.is(value) and tostring(value.shape)
      or options.show(value))
  end
  step.add(value)
end

-- Whether training leaves the layer alone: see step.lua.
function methods:is_frozen()
  return step.is_frozen(self)
end

local function call_at(self, what, index)
  local node = self.nodes[index]
  if not node then
    self:fail("%s: it is used %d time%s in graphs, there is no use %s", what,
      #self.nodes, #self.nodes == 1 and "" or "s", options.show(index))
  end
  return node
end

--- nn.Layer:get_output_at(index)
-- What the layer's use number `index` (from 1) on symbolic tensors gave; a
-- list where it has several outputs. layer.output is that of the first use.
--   > layer = nn.Dense{2}
--   > a, b = layer(nn.Input{3}), layer(nn.Input{3})
--   > layer:get_output_at(2) == b, layer.output == a
--   true
--   true
function methods:get_output_at(index)
  local node = call_at(self, "get_output_at", index)
  return node.several and node.outputs or node.outputs[1]
end

--- nn.Layer:get_input_at(index)
-- The symbolic tensor (or list of them) of the layer's use number `index`.
--   > layer, x = nn.Dense{2}, nn.Input{3}
--   > y = layer(x)
--   > layer:get_input_at(1) == x
--   true
function methods:get_input_at(index)
  local node = call_at(self, "get_input_at", index)
  return node.single and node.inputs[1] or node.inputs
end

return methods
