-- nn.registered: functions of the user's by the names that files keep.

local native = require("native")
local options = require("options")

local registered = {}

local by_name, name_of = {}, {}

-- The kinds of functions that have names already.
local FAMILIES = {"activations", "initializers", "regularizers", "constraints"}

local function is_taken(name)
  for _, family in ipairs(FAMILIES) do
    if not by_name[name] and require("nn." .. family).check.test(name) then
      return family
    end
  end
end

--- nn.register(name, f)
-- Gives the Lua function f a name under which a saved model knows it: that of
-- an nn.Lambda, an activation, an initializer, a regularizer or a constraint.
-- The name alone is written to the file, so a script registers the function
-- again before it calls nn.load_model. A new function takes the place of an
-- older one of that name. Returns f.
--   > double = nn.register("double", function(x) return 2 * x end)
--   > nn.Lambda{double}:get_config()["function"]
--   double
--   > nn.Lambda{"double"}(tensor({{4}})):item()
--   8.0
function registered.register(name, f)
  if type(name) ~= "string" or name == "" then
    native.fail("nn.register: the name must be a string, got %s",
      options.show(name))
  elseif type(f) ~= "function" then
    native.fail("nn.register: %q must be a function, got %s", name,
      options.show(f))
  end
  local family = is_taken(name)
  if family then
    native.fail("nn.register: %q is a name in nn.%s already", name, family)
  end
  if by_name[name] then
    name_of[by_name[name]] = nil
  end
  by_name[name], name_of[f] = f, name
  return f
end

-- The function of that name, or nil.
function registered.get(name)
  return by_name[name]
end

-- The name of a function, or nil.
function registered.name_of(f)
  return name_of[f]
end

-- ' (did you mean "x"?)' for a name that nobody has.
function registered.hint(name)
  local names = {}
  for known in pairs(by_name) do
    names[#names + 1] = known
  end
  return options.hint(name, names)
end

return registered
