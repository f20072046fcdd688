-- options: the one checker of option tables.
--
-- A specification is a list of rows {name, check, default}. The order of the
-- rows is the order in which values may be given without a name. A default of
-- options.required makes the option obligatory. Fields of the list itself:
--   positional  how many rows may be given by position (all of them)
--   rest        the name of the option that takes all positional values
--   aliases     other spellings, {spelling = name}
--
-- A check is {description, test}: test(value) returns whether the value is
-- good, the value to use in its place, and optionally what is wrong with it.

local native = require("native")

local options = {}

options.required = setmetatable({}, {__name = "required"})

-- Describing -----------------------------------------------------------------

-- A value as an error message shows it.
function options.show(value)
  if type(value) == "string" then
    return string.format("%q", value)
  end
  if value ~= value then return "nan" end -- without a sign
  if type(value) == "number" or type(value) == "boolean" or value == nil then
    return tostring(value)
  end
  if require("tensor").is(value) then
    return string.format("a %s %s tensor", value.dtype, tostring(value.shape))
  end
  if type(value) == "table" and rawget(value, "class_name")
      and rawget(value, "__index") == value then
    return "the class " .. value.class_name
  end
  local meta = getmetatable(value)
  local name = type(meta) == "table" and meta.__name
  if type(value) ~= "table" then
    return "a " .. (name or type(value))
  elseif name and meta.__tostring and not tostring(value):find("\n") then
    return tostring(value)
  end
  local parts = {}
  for i = 1, math.min(#value, 8) do
    parts[i] = type(value[i]) == "table" and "{...}" or options.show(value[i])
  end
  if #parts == 0 then
    return next(value) == nil and "{}" or "a table"
  end
  return "{" .. table.concat(parts, ", ") .. (#value > 8 and ", ...}" or "}")
end

-- ' (did you mean "x"?)', or "" when nothing is near.
function options.hint(word, candidates)
  local nearest = require("suggest").nearest(tostring(word), candidates)
  return nearest and string.format(" (did you mean %q?)", nearest) or ""
end

-- Checks ---------------------------------------------------------------------

-- A check from a description and a predicate; the value is used as it is.
function options.check(description, predicate)
  return {
    description = description,
    test = function(value)
      return predicate(value), value
    end,
  }
end

-- An integer, or a float that is one.
local function as_integer(value)
  return type(value) == "number" and math.tointeger(value) or nil
end

local function integer_check(description, least)
  return {
    description = description,
    test = function(value)
      local n = as_integer(value)
      return n ~= nil and n >= least, n
    end,
  }
end

local function number_check(description, predicate)
  return options.check(description, function(value)
    return type(value) == "number" and predicate(value)
  end)
end

local function of_type(name)
  return options.check("a " .. name, function(value)
    return type(value) == name
  end)
end

options.any = options.check("a value", function()
  return true
end)
options.string = of_type("string")
options.boolean = options.check("true or false", function(value)
  return type(value) == "boolean"
end)
options.table = of_type("table")
options["function"] = of_type("function")
options.integer = integer_check("an integer", math.mininteger)
options.positive_integer = integer_check("a positive integer", 1)
options.non_negative_integer = integer_check("an integer of at least 0", 0)
options.number = number_check("a number", function(value)
  return value == value
end)
options.positive_number = number_check("a positive number", function(value)
  return value > 0
end)
options.non_negative_number = number_check("a number of at least 0", function(v)
  return v >= 0
end)
options.fraction = number_check("a number from 0 to below 1", function(value)
  return value >= 0 and value < 1
end)

-- One of a list of strings.
function options.one_of(list)
  local quoted, known = {}, {}
  for i, text in ipairs(list) do
    quoted[i] = string.format("%q", text)
    known[text] = true
  end
  local description = table.concat(quoted, ", ", 1, #quoted - 1)
  description = #quoted > 1 and description .. " or " .. quoted[#quoted]
    or quoted[1]
  return options.check(description, function(value)
    return known[value] == true
  end)
end

-- A list of `count` integers of at least `least` (1 unless given), or one that
-- stands for all of them.
function options.sizes(count, least)
  least = least or 1
  local integer = least == 1 and "a positive integer"
    or "an integer of at least " .. least
  return {
    description = string.format("%s or a list of %d", integer, count),
    test = function(value)
      local list = {}
      for i = 1, count do
        local item = value
        if type(value) == "table" then
          item = value[i]
        end
        list[i] = as_integer(item)
        if not list[i] or list[i] < least then
          return false
        end
      end
      return type(value) ~= "table" or #value == count, list
    end,
  }
end

-- The sizes of one sample: integers of at least 1, or -1 for an open size.
options.shape = {
  description = "a list of sizes such as {28, 28, 1} (-1: any size)",
  test = function(value)
    if type(value) == "number" then
      value = {value}
    elseif type(value) ~= "table" then
      return false
    end
    local list = {}
    for i = 1, #value do
      list[i] = as_integer(value[i])
      if not list[i] or (list[i] < 1 and list[i] ~= -1) then
        return false
      end
    end
    return true, list
  end,
}

-- Reading --------------------------------------------------------------------

local function row_of(spec, name)
  for _, row in ipairs(spec) do
    if row[1] == name then
      return row
    end
  end
end

local function names_of(spec)
  local names = {}
  for i, row in ipairs(spec) do
    names[i] = row[1]
  end
  return names
end

-- The option that position `index` stands for.
local function name_at(owner, spec, index)
  local most = spec.positional or #spec
  if index >= 1 and index <= most then
    return spec[index][1]
  end
  if most == 0 then
    native.fail("%s: its options all have names, but a value without one was "
      .. "given", owner)
  end
  native.fail("%s: takes at most %d value%s without a name, got %d", owner,
    most, most == 1 and "" or "s", index)
end

local function name_of(owner, spec, key)
  if math.type(key) == "integer" then
    return name_at(owner, spec, key)
  end
  local name = spec.aliases and spec.aliases[key] or key
  if not row_of(spec, name) then
    native.fail("%s: unknown option %s%s", owner, options.show(key),
      options.hint(key, names_of(spec)))
  end
  return name
end

-- Fails where a list has a hole, which is where a name was misspelt; `what`
-- stands in the message for an entry.
function options.no_holes(owner, what, list)
  local last = 0
  for place in pairs(list) do
    last = math.type(place) == "integer" and math.max(last, place) or last
  end
  for i = 1, last do
    if list[i] == nil then
      native.fail("%s: %s %d is nil", owner, what, i)
    end
  end
end

-- Moves positional values into the option that takes them all.
local function gather_rest(owner, spec, t)
  local rest, named = {}, {}
  for key, value in pairs(t) do
    if math.type(key) == "integer" then
      rest[key] = value
    else
      named[key] = value
    end
  end
  options.no_holes(owner, "value", rest)
  if next(rest) ~= nil then
    local only = #rest == 1 and type(rest[1]) == "table"
    named[spec.rest] = only and rest[1] or rest
  end
  return named
end

local function given_options(owner, spec, t)
  local given = {}
  if spec.rest then
    t = gather_rest(owner, spec, t)
  end
  for key, value in pairs(t) do
    local name = name_of(owner, spec, key)
    if given[name] ~= nil then
      native.fail("%s: %s is given twice", owner, name)
    end
    given[name] = value
  end
  return given
end

-- The checked value of one option.
function options.verify(owner, name, check, value)
  local good, result, problem = check.test(value)
  if good then
    return result
  end
  if problem then
    native.fail("%s: %s", owner, problem)
  end
  native.fail("%s: %s must be %s, got %s", owner, name, check.description,
    options.show(value))
end

-- Reads the table `t` (nil: empty; anything but a table: its only value) by
-- the specification. `owner` begins every message. Returns a new table.
function options.read(owner, spec, t)
  if t == nil then
    t = {}
  elseif type(t) ~= "table" then
    t = {t}
  end
  local given, result = given_options(owner, spec, t), {}
  for _, row in ipairs(spec) do
    local name, check, default = row[1], row[2], row[3]
    if given[name] ~= nil then
      result[name] = options.verify(owner, name, check, given[name])
    elseif default == options.required then
      native.fail("%s: %s is missing: it must be %s", owner, name,
        check.description)
    else
      result[name] = default
    end
  end
  return result
end

-- The rows of several specifications as one; only the first list's rows may
-- be given by position.
function options.join(first, second)
  local joined = {
    positional = first.positional or #first,
    rest = first.rest,
    aliases = first.aliases,
  }
  table.move(first, 1, #first, 1, joined)
  table.move(second, 1, #second, #joined + 1, joined)
  return joined
end

return options
