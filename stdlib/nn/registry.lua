-- nn.registry: Lua functions and classes by name. A saved model keeps the
-- name; whoever loads it registers the same name first.

local native = require("native")
local options = require("options")

local registry = {}

local by_name, name_of = {}, setmetatable({}, {__mode = "k"})

--- nn.register(name, f)
-- Gives a Lua function (or a class from nn.Layer:extend) a name, under which
-- models that use it are saved. Register it again, before nn.load_model, in
-- the program that loads: no code is kept in files. Returns f.
-- Errors: a name that is no text or is empty.
--   > square = nn.register("square", function(x) return x * x end)
--   > model = nn.Sequential{nn.Activation{square, input_shape={1}}}
--   > path = os.tmpname()
--   > model:save(path)
--   > nn.load_model(path)(tensor({{3}})):item(), os.remove(path)
--   9.0
--   true
function registry.register(name, f)
  if type(name) ~= "string" or name == "" then
    native.fail("nn.register: the name must be a string, got %s",
      options.show(name))
  end
  if type(f) ~= "function" and not (type(f) == "table" and f.extend) then
    native.fail("nn.register: %q must be a function or a class of layers, "
      .. "got %s", name, options.show(f))
  end
  by_name[name], name_of[f] = f, name
  return f
end

-- The name a function was registered under, or nil.
function registry.name_of(f)
  return name_of[f]
end

-- What was registered under the name, or nil.
function registry.get(name)
  return by_name[name]
end

return registry
