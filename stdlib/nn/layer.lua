-- nn.Layer: the base class of layers and models.

--- nn.Layer
-- What all layers and models are, and what classes of one's own are made from
-- (nn.Layer:extend). Every layer takes the options name, trainable=true,
-- dtype="float32" and input_shape, the shape of one sample; has the methods
-- below; and is called: layer(x) computes on a tensor, layer(symbol) extends
-- a graph, layer(a, b) takes several inputs, layer(x, {training=true})
-- computes as in training. Its weights are made at the first call.
--   > layer = nn.Dense{2, name="last"}
--   > layer(tensor.zeros(5, 3)).shape, layer.kernel.shape
--   (5, 2)
--   (3, 2)

-- What a class may define:
--   options                      rows of the option table (see options.lua)
--   inputs                       1: a call takes one tensor; nil: any number
--   init(self, options)          after the options became fields
--   check_shape(self, shape)     fails for inputs it cannot take, before each
--                                call by hand and on symbols
--   build(self, shape)           makes the weights, once, on first use
--   call(self, x, options)       computes; options.training says which way
--   compute_output_shape(self, shape)
--   get_config(self)             the option table that makes it again
--   supports_masking             true: the result has the input's mask
--   compute_mask(self, x, mask)  the mask of the result (see calling.lua)
-- Shapes are those of one sample, without the batch dim; a layer with several
-- inputs gets a list of shapes and a list of tensors.

local calling = require("nn.calling")
local graph = require("nn.graph")
local native = require("native")
local options = require("options")
local registry = require("nn.registry")
local tensor = require("tensor")

local Layer = {class_name = "Layer"}
Layer.__index = Layer

-- The options every layer has.
local COMMON = {
  {"name", options.string},
  {"trainable", options.boolean, true},
  {"dtype", options.one_of {"float32", "float64"}, "float32"},
  {"input_shape", options.shape},
}

local serial = 0

-- "MaxPooling2D" -> "max_pooling2d".
local function snake_case(name)
  name = name:gsub("(%w)(%u%l+)", "%1_%2")
  return (name:gsub("(%l)(%u)", "%1_%2"):lower())
end

-- Making classes and layers --------------------------------------------------

-- Options of a class that lists none: the common ones are checked, the rest
-- are taken as they are.
local function free_options(class, t)
  local common, own = {}, {}
  for key, value in pairs(t or {}) do
    local is_common = false
    for _, row in ipairs(COMMON) do
      is_common = is_common or row[1] == key
    end
    (is_common and common or own)[key] = value
  end
  local result = options.read(class.class_name, COMMON, common)
  for key, value in pairs(own) do
    result[key] = value
  end
  return result
end

-- Turns the table given to the constructor into the table of options.
function Layer.read_options(class, t)
  if class.spec then
    return options.read(class.class_name, class.spec, t)
  end
  return free_options(class, t)
end

local function construct(class, t, extra)
  if extra ~= nil then
    native.fail("%s: all options go into one table: %s{..., name=value}",
      class.class_name, class.class_name)
  end
  local self = setmetatable({}, class)
  serial = serial + 1
  self.serial = serial
  self.weights, self.nodes, self.built = {}, {}, false
  self.config = class:read_options(t)
  for key, value in pairs(self.config) do
    self[key] = value
  end
  self.auto_name = self.name == nil
  self.name = self.name or snake_case(class.class_name)
  self:init(self.config)
  return self
end

--- nn.Layer:extend{class_name="Layer", options=, init=, build=, call=, ...}
-- A class of one's own; calling it makes a layer. All entries but `call` are
-- optional.
-- * `options`: a list of {name, check, default} (module `options`); without
--   it every named option becomes a field as it is.
-- * `build(self, shape)`: shape is that of one sample. Weights come from
--   `self:add_weight(name, shape, initializer)`.
-- * `call(self, x, options)`: options.training is true inside
--   `autograd.record` and `fit`. Several inputs come as a list; `inputs=1`
--   refuses them.
-- * `compute_output_shape(self, shape)`: without it a sample of zeros is run.
-- * `get_config(self)`: the options that make the layer again.
-- * `supports_masking`: true where the steps of the result are those of the
--   input; what nn.Masking calls padding then stays padding. `call` finds the
--   mask of its input, bool (batch, steps), in options.mask.
-- * `compute_mask(self, x, mask)`: the mask of the result, or nil.
--
--   > Scale = nn.Layer:extend{call=function(l, x) return x * l.factor end}
--   > Scale{factor=3}(tensor({2})):item()
--   6.0
function Layer:extend(methods)
  local class = {}
  for key, value in pairs(methods or {}) do
    class[key] = value
  end
  class.class_name = class.class_name or self.class_name
  class.spec = class.options and options.join(class.options, COMMON)
  class.options = nil
  class.super = self
  class.__index = class
  class.__call, class.__tostring = self.__call, self.__tostring
  class.__name = class.class_name
  return setmetatable(class, {__index = self, __call = construct})
end

function Layer:init() end

-- The mask of the result, for the input and its mask (see calling.lua).
function Layer:compute_mask(_, mask)
  return self.supports_masking and mask or nil
end

function Layer:call()
  native.fail("%s: the class defines no call", self.class_name)
end

-- "Dense 'dense_1'".
function Layer:__tostring()
  return string.format("%s '%s'", self.class_name, self.name)
end

-- Raises an error that begins with the layer's class and name.
function Layer:fail(format, ...)
  native.fail("%s: %s", tostring(self), string.format(format, ...))
end

-- Calling --------------------------------------------------------------------

-- The sample shape (or the list of them) of a tensor (or a list of them).
local function sample_shape(self, x)
  if type(x) == "table" then
    local shapes = {}
    for i, item in ipairs(x) do
      shapes[i] = sample_shape(self, item)
    end
    return shapes
  end
  if x.ndim == 0 then
    self:fail("the input must be a batch, with samples along dim 1; got a "
      .. "0-d tensor")
  end
  local shape = {}
  for dim = 2, x.ndim do
    shape[dim - 1] = x.shape[dim]
  end
  return shape
end
Layer.sample_shape = sample_shape

-- Computes on a tensor or a list of tensors.
function Layer:forward(x, opts)
  if not self.built or self.check_shape then
    self:ensure_built(sample_shape(self, x))
  end
  return calling.call(self, x, graph.call_options(opts))
end

local function forward_in_mode(self, x, opts)
  if not opts or opts.training == nil then
    return self:forward(x, opts)
  end
  local before = native.set_training(opts.training)
  local ok, result = pcall(self.forward, self, x, opts)
  native.set_training(before)
  if not ok then
    error(result, 0)
  end
  return result
end

local function is_value(x)
  return tensor.is(x) or graph.is_symbol(x)
end

-- Splits the arguments of a call into its input and its options.
function Layer:arguments(first, second, ...)
  if is_value(first) then
    if not is_value(second) then
      return first, second
    end
    local list, last = {first, second, ...}, nil
    if not is_value(list[#list]) then
      last = table.remove(list)
    end
    return list, last
  end
  if type(first) == "table" and is_value(first[1]) then
    return self.inputs == 1 and #first == 1 and first[1] or first, second
  end
  self:fail("call it on a tensor or on nn.Input, got %s", options.show(first))
end

-- Whether the input is symbolic; a mixture is an error.
local function is_symbolic(self, input)
  if not (type(input) == "table" and not graph.is_symbol(input)) then
    return graph.is_symbol(input)
  end
  local symbols = 0
  for i, item in ipairs(input) do
    if not is_value(item) then
      self:fail("input %d must be a tensor, got %s", i, options.show(item))
    end
    symbols = symbols + (graph.is_symbol(item) and 1 or 0)
  end
  if symbols > 0 and symbols < #input then
    self:fail("the inputs are symbolic and real tensors mixed")
  end
  return symbols > 0
end

function Layer:__call(...)
  local input, opts = self:arguments(...)
  if self.inputs == 1 and not is_value(input) then
    self:fail("takes one input, got %d", #input)
  end
  if opts ~= nil and type(opts) ~= "table" then
    self:fail("the options of a call must be a table, got %s",
      options.show(opts))
  end
  local work = forward_in_mode
  if is_symbolic(self, input) then
    work = graph.connect
  end
  local ok, result = pcall(work, self, input, opts)
  if ok then
    return result
  end
  if type(result) == "string" and not result:find(tostring(self), 1, true) then
    result = native.add_context(result, "in " .. tostring(self))
  end
  error(result, 0)
end

for _, part in ipairs {"nn.in_models", "nn.layer_weights"} do
  for name, f in pairs(require(part)) do
    Layer[name] = f
  end
end

-- Without a rule of its own a layer is run on two samples of zeros.
function Layer:compute_output_shape(shape)
  local function zeros(sizes)
    local full = {2}
    for i, size in ipairs(sizes) do
      full[i + 1] = size == -1 and 1 or size
    end
    return tensor.zeros(full, self.dtype)
  end
  local x
  if type(shape[1]) == "table" then
    x = {}
    for i, sizes in ipairs(shape) do
      x[i] = zeros(sizes)
    end
  else
    x = zeros(shape)
  end
  local no_grad = require("autograd").no_grad
  local y = no_grad(self.call, self, x, {training = false})
  return sample_shape(self, y)
end

-- Configuration --------------------------------------------------------------

-- A value of an option table as plain data, or nil and what it is instead. A
-- registered function is {registered = its name}.
local function plain(value)
  local kind = type(value)
  if kind == "string" or kind == "number" or kind == "boolean" then
    return value
  end
  if registry.name_of(value) then
    return {registered = registry.name_of(value)}
  end
  if kind ~= "table" then
    return nil, "a " .. kind
  end
  if value.get_config then
    return Layer.is(value)
        and {class_name = value.class_name, config = value:get_config()}
      or value:get_config()
  end
  local copy = {}
  for key, item in pairs(value) do
    local data, problem = plain(item)
    if problem then
      return nil, problem
    end
    copy[key] = data
  end
  return copy
end

--- nn.Layer:get_config()
-- The table of options that makes an equal layer (with fresh weights), made
-- of strings, numbers and tables only. A function must have a name, see
-- nn.register.
--   > nn.Dense{3, activation="relu"}:get_config().activation
--   relu
function Layer:get_config()
  local config = {}
  for key, value in pairs(self.config) do
    local data, problem = plain(value)
    if problem == "a function" then
      self:fail("%s is a function, which cannot be written to a file: give it "
        .. "a name, nn.register(\"my_%s\", f)", key, key)
    elseif problem then
      self:fail("%s is %s, which cannot be written to a file", key, problem)
    end
    config[key] = data
  end
  config.name, config.trainable = self.name, self.trainable
  return config
end

return Layer
