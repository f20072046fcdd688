-- nn.saving: models in files.
--
-- A saved model is one safetensors file. Its tensors are the weights by path
-- ("dense_1.kernel") and the optimizer's buffers ("optimizer/1/m"). Its
-- metadata are strings: format = "nnlua-model", version, model (the
-- architecture as JSON), order (the paths of the weights in the order of the
-- layers, JSON) and, where it was compiled, training (JSON). Loading looks
-- class names up in a list and never runs anything from the file.

local architecture = require("nn.architecture")
local native = require("native")
local options = require("options")
local names = require("nn.names")
local registry = require("nn.registry")
local weights = require("nn.weights")

local saving = {}
local methods = {}

local FORMAT, VERSION = "nnlua-model", "1"

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
  elseif registry.name_of(value) then
    return {registered = registry.name_of(value)}
  elseif type(value) == "function" or type(value.sums) == "function" then
    native.fail("save: a Lua function as %s cannot be written to a file: give "
      .. "it a name, nn.register(\"my_%s\", f), or use save_weights", what,
      (what:gsub("^a ", "")))
  end
  local list, named = {}, {}
  for key, item in pairs(value) do
    local part = math.type(key) == "integer" and list or named
    part[key] = plain(what, describe, item)
  end
  if next(list) == nil or next(named) == nil then
    return next(list) == nil and named or list
  end
  return {positions = list, keys = named} -- JSON cannot mix them
end

-- What `plain` was given.
local function mixed(value)
  if type(value) ~= "table" then
    return value
  end
  local copy = {}
  local parts = type(value.positions) == "table"
    and type(value.keys) == "table" and {value.positions, value.keys}
    or {value}
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
    loss = plain("loss", require("nn.losses.lookup").describe, o.loss),
    metrics = plain("a metric", require("nn.metrics.lookup").describe, o.metrics),
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
  return {steps = state.steps, params = #state.state,
    schedule = state.schedule}
end

-- Fails where the model cannot be saved.
function methods.require_saveable(self)
  architecture.describe(self)
  if self.compiled then
    training_config(self)
  end
end

-- How files of other programs end.
local FOREIGN_NAMES = {
  h5 = "Keras", hdf5 = "Keras", keras = "Keras", pt = "PyTorch",
  pth = "PyTorch", onnx = "ONNX", npz = "NumPy", npy = "NumPy",
  pkl = "Python", json = "JSON",
}

-- Fails unless `path` is a name for a safetensors file.
function saving.check_path(what, path)
  if type(path) ~= "string" or path == "" then
    native.fail("%s: the path must be a string, got %s", what,
      options.show(path))
  end
  local owner = FOREIGN_NAMES[(path:match("%.(%w+)$") or ""):lower()]
  if owner then
    native.fail("%s: %s is a name for files of %s: what is written is a "
      .. "safetensors file, %s", what, path, owner,
      (path:gsub("%w+$", "safetensors")))
  end
end

local SAVE = {
  positional = 0,
  aliases = {optimizer = "include_optimizer"},
  {"include_optimizer", options.boolean, true},
}

--- nn.Model:save(path [, {include_optimizer=true}])
-- Writes the model as one safetensors file: architecture, weights and
-- statistics and, if it was compiled, optimizer, loss and metrics, with the
-- optimizer's state unless include_optimizer=false.
-- Errors: Lua functions without a name from nn.register; a model whose class
-- computes with its own `call` (save its weights, or build it as a graph).
--   > model = nn.Sequential{nn.Dense{1, input_shape={2}}}
--   > path = os.tmpname()
--   > model:save(path)
--   > nn.load_model(path):get_layer(1).units, os.remove(path)
--   1
--   true
function methods.save(self, path, opts)
  local o = options.read("save", SAVE, opts)
  saving.check_path("save", path)
  local metadata = {format = FORMAT, version = VERSION}
  metadata.model = native.json_encode(architecture.describe(self))
  local tensors = self:state_dict()
  metadata.order = weights.order(self)
  if self.compiled then
    local training = training_config(self)
    if o.include_optimizer and self.optimizer.params then
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
  return {lr = lr, steps = counters.steps, state = state,
    schedule = counters.schedule}
end

local function restore_training(model, text, tensors, classes)
  local saved = native.json_decode(text)
  local optimizer = type(saved) == "table" and saved.optimizer
  architecture.need(type(optimizer) == "table"
    and type(optimizer.config) == "table"
    and type(optimizer.state or {}) == "table", "how it is trained")
  model:compile {
    optimizer = optimizer,
    loss = architecture.resolve(mixed(saved.loss), classes),
    metrics = architecture.resolve(mixed(saved.metrics), classes),
    loss_weights = saved.loss_weights,
  }
  if optimizer.state and model.optimizer.params then
    model.optimizer:load_state_dict(optimizer_state(tensors, optimizer.state,
      optimizer.config.lr))
  end
end

local function build(tensors, metadata, classes)
  local data = native.json_decode(metadata.model)
  local model = architecture.build(data, classes)
  if not model.save then
    native.fail("it holds a %s, which is no model", model.class_name)
  end
  weights.load(model, "load_model", weights.among(tensors))
  if metadata.training then
    restore_training(model, metadata.training, tensors, classes)
  end
  return model
end

-- How files of other programs begin.
local FOREIGN = {
  ["\137HDF"] = "an HDF5 file (Keras): only safetensors files can be read",
  ["PK\3\4"] = "a zip archive (PyTorch, Keras or NumPy): only safetensors "
    .. "files can be read",
  ["\147NUM"] = "an array of NumPy: tensor.load reads it",
  ["\128\2"] = "a Python pickle: only safetensors files can be read",
}

-- The tensors and metadata; says of other formats what they are.
local function read_file(path)
  local ok, tensors, metadata = pcall(native.load_safetensors, path)
  if ok then
    return tensors, metadata
  end
  local file = type(path) == "string" and io.open(path, "rb")
  local start = file and file:read(4) or ""
  if file then
    file:close()
  end
  local kind = FOREIGN[start] or FOREIGN[start:sub(1, 2)]
  if kind then
    native.fail("%s: not a saved model but %s", path, kind)
  end
  error(tensors, 0)
end

local LOAD = {
  positional = 0,
  {"custom_objects", options.table},
}

--- nn.load_model(path [, {custom_objects=nil}])
-- The model that save wrote, compiled as it was. Classes and functions of
-- one's own are looked up in custom_objects, {name=class}, then among those
-- registered with nn.register. Only data are read: nothing in the file is run.
-- Errors: a file that is no saved model, or is damaged; names that nobody
-- knows here.
--   > model = nn.Sequential{nn.Dense{3, input_shape={2}}}
--   > path = os.tmpname()
--   > model:save(path)
--   > nn.load_model(path):count_params(), os.remove(path)
--   9
--   true
function saving.load_model(path, opts)
  local o = options.read("load_model", LOAD, opts)
  for name, class in pairs(o.custom_objects or {}) do
    if type(class) ~= "function"
        and (type(class) ~= "table" or not class.extend) then
      native.fail("load_model: custom_objects.%s must be a layer class or a "
        .. "function", tostring(name))
    end
  end
  local tensors, metadata = read_file(path)
  if metadata.format ~= FORMAT or not metadata.model then
    native.fail("%s: not a saved model: there is no architecture in it; "
      .. "its %d tensors can be read by model:load_weights", path,
      #names.sorted_keys(tensors))
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
