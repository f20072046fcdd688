-- nn.layer_weights: the weights of a layer and of the layers in it; methods of
-- nn.Layer.

local graph = require("nn.graph")
local options = require("options")
local tensor = require("tensor")

local methods = {}

-- Whether a value is a layer.
function methods.is(x)
  return type(x) == "table" and type(x.ensure_built) == "function"
    and x.serial ~= nil
end

local is_layer = methods.is

-- Making weights ----------------------------------------------------------------

-- A layer has no weights unless its class says otherwise.
function methods:build() end

-- Makes the weights for inputs of that shape, the first time.
function methods:ensure_built(shape)
  if self.check_shape then
    self:check_shape(shape)
  end
  if not self.built then
    self:build(shape)
    self.built = true
  end
end

-- The tensor of a weight: made by `initializer` (the option
-- NAME_initializer), kept as self[name]. Weights that training must leave
-- alone have {trainable=false}; {regularizer=, constraint=} take the place of
-- the options NAME_regularizer and NAME_constraint.
function methods:add_weight(name, shape, initializer, opts)
  local initial = require("nn.initializers").get(
    initializer or self[name .. "_initializer"])
  local value = initial(shape, self.dtype)
  if not tensor.is(value) then
    self:fail("the initializer of %s must give a tensor, got %s", name,
      options.show(value))
  end
  local trained = not (opts and opts.trainable == false)
  if trained then
    value:requires_grad_()
  end
  self.weights[#self.weights + 1] = {
    name = name,
    trained = trained,
    regularizer = opts and opts.regularizer or self[name .. "_regularizer"],
    constraint = opts and opts.constraint or self[name .. "_constraint"],
  }
  self[name] = value
  return value
end

-- Weights of layers within -----------------------------------------------------

-- The layers kept in fields (or in lists in fields), as {name, layer}, in the
-- order they were made.
function methods:sublayers()
  local found = {}
  for key, value in pairs(self) do
    local holds = type(value) == "table" and not graph.is_symbol(value)
    if type(key) == "string" and holds then
      if is_layer(value) then
        found[#found + 1] = {name = key, layer = value}
      elseif key ~= "nodes" and is_layer(value[1]) then
        for i, item in ipairs(value) do
          found[#found + 1] = {name = key .. "." .. i, layer = item}
        end
      end
    end
  end
  table.sort(found, function(a, b)
    return a.layer.serial < b.layer.serial
  end)
  return found
end

local function collect_weights(layer, prefix, active, seen, list)
  seen[layer] = true
  active = active and layer.trainable
  for _, weight in ipairs(layer.weights) do
    list[#list + 1] = {
      path = prefix .. weight.name,
      layer = layer,
      name = weight.name,
      trained = weight.trained,
      active = weight.trained and active,
      regularizer = weight.regularizer,
      constraint = weight.constraint,
    }
  end
  for _, sub in ipairs(layer:sublayers()) do
    if not seen[sub.layer] then
      collect_weights(sub.layer, prefix .. sub.name .. ".", active, seen, list)
    end
  end
end

-- Every weight below this layer, each once: {path, layer, name, trained,
-- active, regularizer, constraint}. `trained` is false for statistics;
-- `active` says that neither the layer nor what contains it is frozen.
function methods:all_weights()
  local list = {}
  collect_weights(self, "", true, {}, list)
  return list
end

-- Fails where a layer has not made its weights yet. `seen` has the layers
-- that were looked at.
function methods:require_built(seen)
  seen = seen or {}
  seen[self] = true
  if not self.built and self.build ~= methods.build then
    self:fail("its weights are made at first use: give input_shape, or call "
      .. "it once")
  end
  for _, sub in ipairs(self:sublayers()) do
    if not seen[sub.layer] then
      sub.layer:require_built(seen)
    end
  end
end

local function tensors_where(self, flag)
  self:require_built()
  local list = {}
  for _, weight in ipairs(self:all_weights()) do
    if weight[flag] then
      list[#list + 1] = weight.layer[weight.name]
    end
  end
  return list
end

--- nn.Layer:parameters()
-- The list of the tensors that training changes, in layer order: for a Dense
-- kernel, bias. Statistics such as moving means are not among them.
--   > layer = nn.Dense{2}
--   > y = layer(tensor.zeros(1, 3))
--   > #layer:parameters()
--   2
function methods:parameters()
  return tensors_where(self, "trained")
end

--- nn.Layer:trainable_parameters()
-- parameters() without those of frozen layers (trainable = false).
--   > layer = nn.Dense{2, trainable=false}
--   > y = layer(tensor.zeros(1, 3))
--   > #layer:trainable_parameters()
--   0
function methods:trainable_parameters()
  return tensors_where(self, "active")
end

--- nn.Layer:count_params()
-- How many numbers the layer keeps, statistics included.
--   > layer = nn.Dense{2}
--   > y = layer(tensor.zeros(1, 3))
--   > layer:count_params()
--   8
function methods:count_params()
  local count = 0
  for _, weight in ipairs(self:all_weights()) do
    count = count + weight.layer[weight.name]:numel()
  end
  return count
end

-- Whether an option says how a kernel begins.
local function is_kernel_initializer(key)
  return type(key) == "string" and (key:find("kernel_initializer", 1, true)
    or key == "depthwise_initializer" or key == "pointwise_initializer")
end

--- nn.Layer:initialize(initializer)
-- Draws every parameter again with `initializer` (a name, nn.initializers.X
-- or a function); biases become 0 (as in Gluon). A layer that has not been
-- used yet keeps the initializer for its kernels until then.
--   > layer = nn.Dense{2}
--   > layer:initialize("ones")
--   > layer(tensor.ones(1, 3)):sum():item()
--   6.0
function methods:initialize(initializer, seen)
  seen = seen or {}
  seen[self] = true
  local initial = require("nn.initializers").get(initializer)
  for key in pairs(self.config) do
    if is_kernel_initializer(key) then
      self[key], self.config[key] = initial, initial
    end
  end
  for _, weight in ipairs(self.weights) do
    local value = self[weight.name]
    if weight.trained and value.ndim > 1 then
      value:detach():copy_(initial(value.shape, value.dtype))
    elseif weight.name:find("bias", 1, true) then
      value:detach():zero_()
    end
  end
  for _, sub in ipairs(self:sublayers()) do
    if not seen[sub.layer] then
      sub.layer:initialize(initial, seen)
    end
  end
end

return methods
