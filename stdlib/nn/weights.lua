-- nn.weights: the weights of a model by path, in tables and in files.

local native = require("native")
local names = require("nn.names")
local options = require("options")
local pytorch = require("nn.pytorch")
local tensor = require("tensor")

local weights = {}
local methods = {}

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

-- Checking -----------------------------------------------------------------------

local function shape_of(value)
  return tensor.is(value) and tostring(value.shape) or options.show(value)
end

-- Fails unless the value that is given for a weight has its shape.
local function check_shape(what, weight, given, source)
  local own = weight.layer[weight.name]
  if tensor.is(given) and tostring(given.shape) == tostring(own.shape) then
    return
  end
  native.fail("%s: %s: '%s' is %s in the model, %s in what is loaded%s", what,
    tostring(weight.layer), weight.path, tostring(own.shape), shape_of(given),
    source and source ~= weight.path and " ('" .. source .. "')" or "")
end

-- Fails unless the dictionary has exactly the weights of the model.
local function check_names(self, what, dict, list)
  local missing, known, unexpected = {}, {}, {}
  for _, weight in ipairs(list) do
    known[weight.path] = true
    if dict[weight.path] == nil then missing[#missing + 1] = weight.path end
  end
  for _, path in ipairs(names.sorted_keys(dict)) do
    if not known[path] then unexpected[#unexpected + 1] = tostring(path) end
  end
  if #missing > 0 then
    native.fail("%s: missing for %s: %s%s", what, tostring(self),
      names.some(missing), #unexpected > 0
      and "; not in the model: " .. names.some(unexpected) or "")
  elseif #unexpected > 0 then
    native.fail("%s: %s has no %s", what, tostring(self),
      names.some(unexpected))
  end
end

-- Copies what `dict` has for the weights of the list, once all of it fits.
-- `sources` has the names that paths had in the file.
local function copy_state(what, dict, list, sources)
  for _, weight in ipairs(list) do
    local given = dict[weight.path]
    if given ~= nil then
      check_shape(what, weight, given, (sources or {})[weight.path])
    end
  end
  for _, weight in ipairs(list) do
    local given = dict[weight.path]
    if given ~= nil then
      weight.layer[weight.name]:detach():copy_(given)
    end
  end
end

-- Names from elsewhere -------------------------------------------------------------

-- What the map makes of a name: a path, or nil for what is to be left out.
-- A table may map whole names or what stands before a dot.
local function mapped(map, name)
  if type(map) == "function" then return map(name) or nil end
  local head, tail = name, ""
  while head do
    local to = map[head]
    if to == false then return nil end
    if to then return to .. tail end
    head = head:match("^(.*)%.[^.]*$")
    tail = head and name:sub(#head + 1) or ""
  end
  return name
end

-- "block.conv", "kernel" for "block.conv.kernel".
local function split(path)
  local owner, parameter = path:match("^(.*)%.([^.]+)$")
  return owner or "", parameter or path
end

-- The layers of the model's weights by the path that leads to them.
local function owners_of(list)
  local owners = {}
  for _, weight in ipairs(list) do
    owners[(split(weight.path))] = weight.layer
  end
  return owners
end

-- The dictionary with our paths and layouts, and the names things had.
local function translated(dict, list, o)
  if not o.name_map and o.layout ~= "pytorch" then return dict, {} end
  local owners, result, sources = owners_of(list), {}, {}
  for _, name in ipairs(names.sorted_keys(dict)) do
    local value, path = dict[name], mapped(o.name_map or {}, name)
    local owner, parameter = split(path or "")
    if path and o.layout == "pytorch" and owners[owner] and tensor.is(value) then
      parameter, value = pytorch.convert(owners[owner], parameter, value,
        o.flatten[owner])
      path = owner .. "." .. parameter
    end
    local ignored = o.layout == "pytorch" and pytorch.ignored[parameter]
    if path and not ignored then
      if result[path] ~= nil then
        native.fail("'%s' and '%s' are both for '%s'", sources[path], name,
          path)
      end
      result[path], sources[path] = value, name
    end
  end
  return result, sources
end

local LOAD = {
  positional = 0,
  {"strict", options.boolean, true},
  {"name_map", options.check("a table of names by name or a function of a name",
    function(map) return type(map) == "table" or type(map) == "function" end)},
  {"layout", options.one_of {"nnlua", "pytorch"}, "nnlua"},
  {"flatten", options.table, {}},
}

-- Loads a dictionary as the options say; `what` begins the messages.
local function load_state(self, what, dict, o)
  self:require_built()
  if type(dict) ~= "table" then
    native.fail("%s: needs a table of tensors by path, got %s", what,
      options.show(dict))
  end
  local list = self:all_weights()
  local ours, sources = translated(dict, list, o)
  if o.strict then check_names(self, what, ours, list) end
  copy_state(what, ours, list, sources)
end

-- Loads exactly the weights of the model.
function weights.load(self, what, dict)
  load_state(self, what, dict, {strict = true})
end

--- nn.Model:load_state_dict(dict [, options])
-- Copies weights by path into the model. A missing or unexpected path, or
-- another shape, is an error that names the layer, and nothing is changed
-- then. Options:
-- * strict=true: false leaves out what only one side has.
-- * name_map: for weights from elsewhere, a table {[their name] = our path}
--   or a function of their name. A table may map what stands before a dot,
--   {conv1="conv2d_1"}; false leaves a weight out. Other names stay.
-- * layout="pytorch": PyTorch's names and layouts become ours, after
--   name_map: weight (out, in) of a linear layer is kernel (in, out) of a
--   Dense; weight (out, in, rows, columns) of a convolution is kernel (rows,
--   columns, in, out); weight, bias, running_mean and running_var of a
--   normalisation are gamma, beta, moving_mean and moving_variance; weight of
--   an embedding is embeddings; num_batches_tracked is left out.
-- * flatten={[layer]={channels, rows, columns}}: for a Dense after a Flatten,
--   with layout="pytorch": there the channels come first in a flattened image.
--   > model = nn.Sequential{nn.Dense{1, input_shape={2}, name="out"}}
--   > dict = {["fc.weight"]=tensor({{1, 2}}), ["fc.bias"]=tensor({3})}
--   > model:load_state_dict(dict, {name_map={fc="out"}, layout="pytorch"})
--   > model(tensor({{10, 100}})):item()
--   213.0
function methods.load_state_dict(self, dict, opts)
  local o = options.read("load_state_dict", LOAD, opts)
  load_state(self, "load_state_dict", dict, o)
end

-- Files ------------------------------------------------------------------------------

-- The paths in the order of the layers, as the metadata of a file keep it.
function weights.order(self)
  local order = {}
  for i, weight in ipairs(self:all_weights()) do order[i] = weight.path end
  return native.json_encode(native.json_array(order))
end

-- The weights among the tensors of a file, without an optimizer's buffers.
function weights.among(tensors)
  local found = {}
  for name, value in pairs(tensors) do
    if not name:find("^optimizer/") then found[name] = value end
  end
  return found
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
  require("nn.saving").check_path("save_weights", path)
  native.save_safetensors(path, self:state_dict(), {
    order = weights.order(self),
  })
end

-- The file's weights under the paths of the model, first to first.
local function in_order(self, what, dict, order)
  local ok, theirs = pcall(native.json_decode, order or "")
  if not ok or type(theirs) ~= "table" then
    native.fail("%s: the file does not tell the order of its weights: load "
      .. "them by name", what)
  end
  local list, renamed, sources = self:all_weights(), {}, {}
  if #list ~= #theirs then
    native.fail("%s: %s has %d weights, the file has %d", what, tostring(self),
      #list, #theirs)
  end
  for i, weight in ipairs(list) do
    renamed[weight.path], sources[weight.path] = dict[theirs[i]], theirs[i]
  end
  check_names(self, what, renamed, list)
  copy_state(what, renamed, list, sources)
end

-- The name of the outermost layer.
local function layer_of(path) return path:match("^[^.]*") end

-- The weights of the layers that both the model and the file have.
local function by_name(self, what, dict)
  local there, list, found = {}, {}, {}
  for path in pairs(dict) do there[layer_of(path)] = true end
  for _, weight in ipairs(self:all_weights()) do
    if there[layer_of(weight.path)] then
      list[#list + 1] = weight
      found[weight.path] = dict[weight.path]
    end
  end
  if #list == 0 then
    native.fail("%s: no layer of %s has a name in the file: it has %s", what,
      tostring(self), names.some(names.sorted_keys(there)))
  end
  check_names(self, what, found, list)
  copy_state(what, found, list)
end

local LOAD_FILE = options.join({
  positional = 0,
  {"by_name", options.boolean, false},
  {"in_order", options.boolean, false},
}, LOAD)

--- nn.Model:load_weights(path [, options])
-- Reads the weights that save_weights or save wrote for a model with the same
-- layers. Options:
-- * by_name=false: true loads the layers whose names the file has, and leaves
--   the others as they are.
-- * in_order=false: true takes no notice of names: the first weight of the
--   file is that of the first layer, and so on.
-- * strict, name_map, layout, flatten: as for load_state_dict; they read
--   safetensors files from elsewhere.
-- Errors: other layers or shapes; nothing is changed then.
--   > model = nn.Sequential{nn.Dense{1, input_shape={2}}}
--   > other = nn.Sequential{nn.Dense{1, input_shape={2}, name="out"}}
--   > path = os.tmpname()
--   > model:save(path)
--   > other:load_weights(path, {in_order=true})
--   > os.remove(path)
--   true
function methods.load_weights(self, path, opts)
  local o = options.read("load_weights", LOAD_FILE, opts)
  local tensors, metadata = native.load_safetensors(path)
  local what, dict = "load_weights: " .. path, weights.among(tensors)
  self:require_built()
  if o.in_order then
    in_order(self, what, dict, metadata.order)
  elseif o.by_name then
    by_name(self, what, (translated(dict, self:all_weights(), o)))
  else
    load_state(self, what, dict, o)
  end
end

weights.methods = methods
return weights
