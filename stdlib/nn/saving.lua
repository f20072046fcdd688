-- nn.saving: models in files.
--
-- A saved model is one safetensors file. Its tensors are the weights by path
-- ("dense_1.kernel") and the optimizer's buffers ("optimizer/1/m"). Its
-- metadata are strings: format = "nnlua-model", version, model (the
-- architecture as JSON) and, where it was compiled, training (JSON). Loading
-- looks class names up in a list and never runs anything from the file.

local architecture = require("nn.architecture")
local native = require("native")
local options = require("options")
local tensor = require("tensor")

local saving = {}
local methods = {}

local FORMAT, VERSION = "nnlua-model", "1"

-- state_dict -----------------------------------------------------------------

--- nn.Model:state_dict()
-- Every weight and statistic by path ("dense_1.kernel"). The tensors share
-- their elements with the model.
--   > model = nn.Sequential{nn.Dense{1, input_shape={2}}}
--   > model:state_dict()["dense_1.kernel"].shape
--   (2, 1)
function methods.state_dict(self)
  self:require_built()
  local dict = {}
  for _, weight in ipairs(self:all_weights()) do
    dict[weight.path] = weight.layer[weight.name]:detach()
  end
  return dict
end

-- The state with elements of its own.
function methods.copy_weights(self)
  local copy = {}
  for path, value in pairs(self:state_dict()) do
    copy[path] = value:clone()
  end
  return copy
end

-- Up to four names, sorted.
local function some(set)
  local names = {}
  for name in pairs(set) do
    names[#names + 1] = tostring(name)
  end
  table.sort(names)
  local rest = #names - 4
  if rest > 0 then
    return table.concat(names, ", ", 1, 4) .. " and " .. rest .. " more"
  end
  return table.concat(names, ", ")
end

-- Fails unless the dictionary has exactly the weights of the model.
local function check_state(self, what, dict, weights)
  local missing, unexpected = {}, {}
  for path in pairs(dict) do
    unexpected[path] = true
  end
  for _, weight in ipairs(weights) do
    unexpected[weight.path] = nil
    local given, own = dict[weight.path], weight.layer[weight.name]
    if given == nil then
      missing[weight.path] = true
    elseif not tensor.is(given)
        or tostring(given.shape) ~= tostring(own.shape) then
      native.fail("%s: '%s' is %s in the model, %s in what is loaded", what,
        weight.path, tostring(own.shape),
        tensor.is(given) and tostring(given.shape) or options.show(given))
    end
  end
  if next(missing) then
    native.fail("%s: missing for %s: %s%s", what, tostring(self), some(missing),
      next(unexpected) and "; not in the model: " .. some(unexpected) or "")
  elseif next(unexpected) then
    native.fail("%s: %s has no %s", what, tostring(self), some(unexpected))
  end
end

local function load_state(self, what, dict)
  self:require_built()
  if type(dict) ~= "table" then
    native.fail("%s: needs a table of tensors by path, got %s", what,
      options.show(dict))
  end
  local weights = self:all_weights()
  check_state(self, what, dict, weights)
  for _, weight in ipairs(weights) do
    weight.layer[weight.name]:detach():copy_(dict[weight.path])
  end
end

--- nn.Model:load_state_dict(dict)
-- Copies weights by path into the model. A missing or unexpected path, or
-- another shape, is an error, and nothing is changed then.
--   > model = nn.Sequential{nn.Dense{1, input_shape={2}}}
--   > model:load_state_dict(model:state_dict())
function methods.load_state_dict(self, dict)
  load_state(self, "load_state_dict", dict)
end

--- nn.Model:save_weights(path)
-- Writes state_dict() as a safetensors file.
--   > model = nn.Sequential{nn.Dense{1, input_shape={2}}}
--   > path = os.tmpname()
--   > model:save_weights(path)
--   > model:load_weights(path)
--   > os.remove(path)
--   true
function methods.save_weights(self, path)
  native.save_safetensors(path, self:state_dict(), {})
end

--- nn.Model:load_weights(path)
-- Reads the weights that save_weights or save wrote for a model with the same
-- layers.
--   > model = nn.Sequential{nn.Dense{1, input_shape={2}}}
--   > path = os.tmpname()
--   > model:save(path)
--   > model:load_weights(path)
--   > os.remove(path)
--   true
function methods.load_weights(self, path)
  local tensors = native.load_safetensors(path)
  local weights = {}
  for name, value in pairs(tensors) do
    if not name:find("^optimizer/") then
      weights[name] = value
    end
  end
  load_state(self, "load_weights: " .. path, weights)
end

-- Training -------------------------------------------------------------------

-- A loss or metric (or a table of them) as data: names and options only.
-- `describe` is that of nn.losses or nn.metrics.
local function plain(what, describe, value)
  if type(value) ~= "table" and type(value) ~= "function" then
    return value
  end
  local described = describe(value)
  if described then
    return described
  elseif type(value) == "function" or type(value.sums) == "function" then
    native.fail("save: a Lua function as %s cannot be written to a file: "
      .. "use a name, or save_weights", what)
  end
  local list, named = {}, {}
  for key, item in pairs(value) do
    local part = math.type(key) == "integer" and list or named
    part[key] = plain(what, describe, item)
  end
  if next(list) == nil or next(named) == nil then
    return next(list) == nil and named or list
  end
  return { positions = list, keys = named } -- JSON cannot mix them
end

-- What `plain` was given.
local function mixed(value)
  if type(value) ~= "table" then
    return value
  end
  local copy = {}
  local parts = type(value.positions) == "table"
    and type(value.keys) == "table" and { value.positions, value.keys }
    or { value }
  for _, part in ipairs(parts) do
    for key, item in pairs(part) do
      copy[key] = mixed(item)
    end
  end
  return copy
end

local function training_config(self)
  local o = self.compiled.config
  return {
    optimizer = {
      class_name = self.optimizer.class_name,
      config = self.optimizer:get_config(),
    },
    loss = plain("loss", require("nn.losses").describe, o.loss),
    metrics = plain("a metric", require("nn.metrics").describe, o.metrics),
    loss_weights = o.loss_weights,
  }
end

-- Adds the optimizer's buffers to the tensors; returns its counters.
local function add_optimizer(self, tensors)
  local state = self.optimizer:state_dict()
  for i, buffers in ipairs(state.state) do
    for name, buffer in pairs(buffers) do
      tensors[string.format("optimizer/%d/%s", i, name)] = buffer
    end
  end
  return { steps = state.steps, params = #state.state,
    schedule = state.schedule }
end

local SAVE = {
  positional = 0,
  { "optimizer", options.boolean, true },
}

--- nn.Model:save(path [, {optimizer=true}])
-- Writes the model as one safetensors file: architecture, weights and
-- statistics and, if it was compiled, optimizer, loss and metrics, with the
-- optimizer's state unless optimizer=false.
--   > model = nn.Sequential{nn.Dense{1, input_shape={2}}}
--   > path = os.tmpname()
--   > model:save(path)
--   > nn.load_model(path):get_layer(1).units, os.remove(path)
--   1
--   true
function methods.save(self, path, opts)
  local o = options.read("save", SAVE, opts)
  local tensors = self:state_dict()
  local metadata = { format = FORMAT, version = VERSION }
  metadata.model = native.json_encode(architecture.describe(self))
  if self.compiled then
    local training = training_config(self)
    if o.optimizer and self.optimizer.params then
      training.optimizer.state = add_optimizer(self, tensors)
    end
    metadata.training = native.json_encode(training)
  end
  native.save_safetensors(path, tensors, metadata)
end

-- Loading --------------------------------------------------------------------

-- The saved buffers as optimizer:load_state_dict takes them.
local function optimizer_state(tensors, counters, lr)
  local state = {}
  for i = 1, math.tointeger(counters.params) or 0 do
    state[i] = {}
  end
  for name, value in pairs(tensors) do
    local index, buffer = name:match("^optimizer/(%d+)/([%w_]+)$")
    index = math.tointeger(tonumber(index))
    if index and state[index] then
      state[index][buffer] = value
    end
  end
  return { lr = lr, steps = counters.steps, state = state,
    schedule = counters.schedule }
end

local function restore_training(model, text, tensors)
  local saved = native.json_decode(text)
  local optimizer = type(saved) == "table" and saved.optimizer
  architecture.need(type(optimizer) == "table"
    and type(optimizer.config) == "table"
    and type(optimizer.state or {}) == "table")
  model:compile {
    optimizer = optimizer,
    loss = mixed(saved.loss),
    metrics = mixed(saved.metrics),
    loss_weights = saved.loss_weights,
  }
  if optimizer.state and model.optimizer.params then
    model.optimizer:load_state_dict(optimizer_state(tensors, optimizer.state,
      optimizer.config.lr))
  end
end

local function build(tensors, metadata, classes)
  local model = architecture.build(native.json_decode(metadata.model), classes)
  local weights = {}
  for name, value in pairs(tensors) do
    if not name:find("^optimizer/") then
      weights[name] = value
    end
  end
  load_state(model, "load_model", weights)
  if metadata.training then
    restore_training(model, metadata.training, tensors)
  end
  return model
end

local LOAD = {
  positional = 0,
  { "custom_objects", options.table },
}

--- nn.load_model(path [, {custom_objects=nil}])
-- The model that save wrote, compiled as it was. Classes of one's own are
-- looked up in custom_objects, {class_name=class}. Only data are read: nothing
-- in the file is run.
--   > model = nn.Sequential{nn.Dense{3, input_shape={2}}}
--   > path = os.tmpname()
--   > model:save(path)
--   > nn.load_model(path):count_params(), os.remove(path)
--   9
--   true
function saving.load_model(path, opts)
  local o = options.read("load_model", LOAD, opts)
  for name, class in pairs(o.custom_objects or {}) do
    if type(class) ~= "table" or not class.extend then
      native.fail("load_model: custom_objects.%s must be a layer class",
        tostring(name))
    end
  end
  local tensors, metadata = native.load_safetensors(path)
  if metadata.format ~= FORMAT or not metadata.model then
    native.fail("%s: not a saved model: there is no architecture in it "
      .. "(save_weights files are read by model:load_weights)", path)
  elseif metadata.version ~= VERSION then
    native.fail("%s: saved models of version %s cannot be read", path,
      tostring(metadata.version))
  end
  local ok, result = pcall(build, tensors, metadata, o.custom_objects or {})
  if not ok then
    error(type(result) == "string" and native.add_context(result, path)
      or result, 0)
  end
  return result
end

saving.methods = methods
return saving
