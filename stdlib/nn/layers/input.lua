-- nn.Input: where data enters a graph.

local Layer = require("nn.layer")
local graph = require("nn.graph")
local options = require("options")

local DTYPES = {"float32", "float64", "int64", "int32", "uint8", "bool"}

local InputLayer = Layer:extend {
  class_name = "InputLayer",
  options = {
    positional = 0,
    {"shape", options.shape, options.required},
  },
}

function InputLayer:compute_output_shape()
  return self.shape
end

local SPEC = {
  rest = "shape",
  {"shape", options.shape, options.required},
  {"name", options.string},
  {"dtype", options.one_of(DTYPES), "float32"},
}

-- The name of every input layer before a model numbers it is "input".
local function new_layer(o)
  local layer = InputLayer {shape = o.shape, name = o.name}
  layer.name = o.name or "input"
  layer.dtype, layer.config.dtype = o.dtype, o.dtype
  layer.built = true
  return layer
end

--- nn.Input{shape=, name=nil, dtype="float32"}
-- A symbolic tensor: layers called on it extend a graph, which nn.Model turns
-- into a model. `shape` is that of one sample: {784}, {28, 28, 1}, {} for one
-- number; -1 leaves a size open. nn.Input{28, 28, 1} is short for
-- nn.Input{shape={28, 28, 1}}. The data fed to it are converted to `dtype`.
--   > x = nn.Input{784}
--   > nn.Dense{10}(x).shape[1]
--   10
return function(t)
  local o = options.read("Input", SPEC, t)
  return graph.input(new_layer(o), o.shape, o.dtype)
end
