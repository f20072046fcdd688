-- nn.measures: what losses and metrics have in common, functions
-- (y_true, y_pred [, options]) that are known by name. Called with nothing but
-- a table of options such a function gives an object: the same function with
-- these options, which is saved as {class_name, config}.

local graph = require("nn.graph")
local native = require("native")
local options = require("options")

local measures = {}

local Measure = {}

-- The object's options read as fields.
function Measure.__index(self, key)
  return Measure[key] or rawget(self, "config")[key]
end

function Measure.__call(self, y_true, y_pred)
  return self.entry.apply(y_true, y_pred, self.config)
end

function Measure.__tostring(self)
  local parts = {}
  for _, row in ipairs(self.entry.spec) do
    local value = self.config[row[1]]
    if value ~= nil then
      parts[#parts + 1] = row[1] .. "=" .. options.show(value)
    end
  end
  return self.class_name .. "{" .. table.concat(parts, ", ") .. "}"
end

function Measure:get_config()
  return {class_name = self.class_name, config = self.config}
end

-- Whether the value is one loss or metric, not a list or table of them.
function measures.is_one(value)
  return type(value) ~= "table" or getmetatable(value) == Measure
    or type(value.class_name) == "string" or type(value.sums) == "function"
end

-- "mean_squared_error" -> "MeanSquaredError".
local function camel_case(name)
  return (("_" .. name):gsub("_(%l)", string.upper):gsub("_", ""))
end

local function is_options(x)
  return x == nil or (type(x) == "table" and getmetatable(x) == nil)
end

-- measures.family(kind): losses or metrics; `kind` stands in messages. Gives
--   define(name, spec, apply [, more])
--             a function; apply(y_true, y_pred, options) does its work. Fields
--             of `more` go into its entry {name=, spec=, apply=, defaults=}
--   alias(name, other, ...)   further names
--   names                     a list of the names in small letters
--   find(value)               the function or object for a name, a saved
--                             object, or what is one; nil and a message
--   entry(value)              the entry behind a function or object of the
--                             family, and its options; nil for others
--   describe(value)           what is saved for it: a name or {class_name,
--                             config}; nil for functions of others
function measures.family(kind)
  local family = {names = {}}
  local by_name, entries = {}, {}

  local function configured(entry, t)
    return setmetatable({
      entry = entry, class_name = entry.name, kind = kind,
      config = options.read(entry.name, entry.spec, t),
    }, Measure)
  end

  function family.define(name, spec, apply, more)
    local entry = {name = name, spec = spec, apply = apply, kind = kind,
                   defaults = options.read(name, spec)}
    for key, value in pairs(more or {}) do entry[key] = value end
    local f = function(y_true, y_pred, opts)
      if y_pred == nil and opts == nil and is_options(y_true) then
        return configured(entry, y_true)
      end
      local o = entry.defaults
      if opts ~= nil then o = options.read(name, spec, opts) end
      return apply(y_true, y_pred, o)
    end
    if kind == "loss" then -- on symbols a part of the graph (add_loss)
      f = graph.lift("losses." .. name, f)
    end
    entries[f], by_name[name], by_name[camel_case(name)] = entry, f, f
    family.names[#family.names + 1] = name
    return f
  end

  function family.alias(name, ...)
    for _, other in ipairs {...} do
      by_name[other] = by_name[name]
      if other == other:lower() then
        family.names[#family.names + 1] = other
      end
    end
  end

  function family.entry(value)
    if getmetatable(value) == Measure and value.kind == kind then
      return value.entry, value.config
    elseif entries[value] then
      return entries[value], entries[value].defaults
    end
  end

  function family.find(value)
    if type(value) == "function" or getmetatable(value) == Measure then
      return value
    end
    local name, config = value, nil
    if type(value) == "table" then
      name, config = value.class_name, value.config
    end
    if type(name) ~= "string" then
      return nil, ("a %s is a name or a function (y_true, y_pred), got %s")
        :format(kind, options.show(value))
    elseif not by_name[name] then
      return nil, ("unknown %s %q%s"):format(kind, name,
                                             options.hint(name, family.names))
    end
    return config and configured(entries[by_name[name]], config)
      or by_name[name]
  end

  function family.get(value)
    local found, problem = family.find(value)
    if not found then native.fail("%s", problem) end
    return found
  end

  function family.describe(value)
    local entry = family.entry(value)
    if not entry then return nil end
    return entries[value] and entry.name or value:get_config()
  end

  return family
end

return measures
