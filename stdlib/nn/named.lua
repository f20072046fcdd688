-- nn.named: things with options that are known by name and saved as
-- {class_name, config}: regularizers, constraints.

local native = require("native")
local options = require("options")
local tensor = require("tensor")

local named = {}

local WEIGHT = options.check("a tensor", tensor.is)

-- "GlorotUniform" -> "glorot_uniform".
local function snake_case(name)
  return (name:gsub("(%l)(%u)", "%1_%2"):lower())
end

-- named.family(kind, aliases [, takes]): the parts of a module. `kind` stands
-- in messages; `aliases` are further names, {alias = class name}, to the class
-- names themselves and their forms in small letters; `takes` is the check of
-- what the objects are called with, a tensor unless given. Gives
--   define(class_name, spec, f)  a constructor; the object calls
--                                f(config, ...)
--   find(value)                  the object for a name, a saved config, an
--                                object or a function; nil and a message
--   get(value)                   the same, or an error
--   check                        the check of options that take one
function named.family(kind, aliases, takes)
  local family, by_name, names = {}, {}, {}
  local a_kind = (kind:find("^[aeiou]") and "an " or "a ") .. kind
  local Object = {__name = kind}
  Object.__index = Object

  takes = takes or WEIGHT

  function Object:__call(value, ...)
    value = options.verify(self.class_name, "its argument", takes, value)
    return self.apply(self.config, value, ...)
  end

  function Object:get_config()
    return {class_name = self.class_name, config = self.config}
  end

  function family.define(class_name, spec, apply)
    local function make(t)
      return setmetatable({
        class_name = class_name,
        config = options.read(class_name, spec, t),
        apply = apply,
      }, Object)
    end
    local name = snake_case(class_name)
    names[#names + 1] = name
    by_name[class_name], by_name[name] = make, by_name[name] or make
    for alias, meant in pairs(aliases) do
      if meant == class_name then by_name[alias] = make end -- goes first
    end
    return make
  end

  function family.find(value)
    if type(value) == "function" or getmetatable(value) == Object then
      return value
    end
    local name, config = value, nil
    if type(value) == "table" then
      name, config = value.class_name, value.config
    end
    if type(name) ~= "string" then
      return nil, ("it must be a name, %s or a function, got %s"):format(
        a_kind, options.show(value))
    elseif not by_name[name] then
      return nil, ("unknown %s %q%s"):format(kind, name,
                                             options.hint(name, names))
    end
    return by_name[name](config)
  end

  function family.get(value)
    local found, problem = family.find(value)
    if not found then native.fail("%s", problem) end
    return found
  end

  family.check = {
    description = ("the name of %s, %s or a function"):format(a_kind, a_kind),
    test = function(value)
      local found, problem = family.find(value)
      local has_name = type(value) == "string" or type(value) == "table"
      return found ~= nil, found, has_name and problem or nil
    end,
  }
  return family
end

return named
