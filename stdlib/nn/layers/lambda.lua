-- nn.Lambda: a function as a layer.

local Layer = require("nn.layer")
local options = require("options")
local registry = require("nn.registry")
local tensor = require("tensor")

local function_check = {
  description = "a function or a name given to nn.register",
  test = function(value)
    if type(value) ~= "string" then
      return type(value) == "function", value
    end
    local f = registry.get(value)
    return type(f) == "function", f, string.format("no function is registered as "
      .. "%q: call nn.register(%q, f) first", value, value)
  end,
}

local shape_check = {
  description = "the shape of one sample or a function of the input's",
  test = function(value)
    if type(value) == "function" then
      return true, value
    end
    return options.shape.test(value)
  end,
}

--- nn.Lambda{f, output_shape=nil, arguments=nil}
-- y = f(x, arguments, options): x is a tensor, or the list of them where the
-- layer gets several; `arguments` the table given; options.training says
-- whether the model is training. Weights that f uses are not trained: for
-- these make a class with nn.Layer:extend. The shape of the result is found
-- by running f on zeros, unless output_shape says it: that of one sample, or
-- a function of the input's.
-- A model with a Lambda can be saved when f has a name from nn.register, which
-- may stand in its place, and loaded by a script that registers it again.
--   > nn.Lambda{function(x) return x:flip(2) end}(tensor({{1, 2}}))
--   float32 (1, 2)
--     2  1
local Lambda = Layer:extend {
  class_name = "Lambda",
  options = {
    {"function", function_check, options.required},
    {"output_shape", shape_check},
    {"arguments", options.table},
  },
}

-- `arguments` is the name of a method as well.
function Lambda:init()
  self.arguments = nil
end

function Lambda:call(x, opts)
  local y = self["function"](x, self.config.arguments, opts)
  if not tensor.is(y) and type(y) ~= "table" then
    self:fail("its function must return a tensor, got %s", options.show(y))
  end
  return y
end

function Lambda:compute_output_shape(input_shape)
  if type(self.output_shape) == "function" then
    return self.output_shape(input_shape)
  end
  return self.output_shape or Layer.compute_output_shape(self, input_shape)
end

return Lambda
