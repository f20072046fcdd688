-- nn.packing: Lua values as JSON and tensors, and back.
--
-- Numbers, strings and booleans stand for themselves, nan and inf are
-- {float=text}, a tensor is {tensor=name} (its elements go into a table of
-- tensors by name), a table is {table={key, value, key, value, ...}}.

local native = require("native")
local options = require("options")
local tensor = require("tensor")

local packing = {}

local function packed_number(value)
  if value ~= value or math.abs(value) == math.huge then
    return {float = value ~= value and "nan" or value > 0 and "inf" or "-inf"}
  end
  return value
end

-- The keys in a fixed order: numbers, then the rest by name.
local function sorted_keys(t)
  local keys = {}
  for key in pairs(t) do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    local number_a, number_b = type(a) == "number", type(b) == "number"
    if number_a ~= number_b then
      return number_a
    elseif number_a then
      return a < b
    end
    return tostring(a) < tostring(b)
  end)
  return keys
end

-- `value` as what JSON can hold; its tensors go into `tensors` under names
-- that begin with `prefix`. `what` says in errors what is being packed.
function packing.pack(what, value, tensors, prefix)
  local count = 0
  local function pack(item)
    local kind = type(item)
    if kind == "number" then
      return packed_number(item)
    elseif kind == "string" or kind == "boolean" then
      return item
    elseif tensor.is(item) then
      count = count + 1
      tensors[prefix .. count] = item:detach()
      return {tensor = prefix .. count}
    elseif kind ~= "table" then
      native.fail("%s holds %s, which cannot be written to a file", what,
        options.show(item))
    end
    local list = native.json_array {}
    for i, key in ipairs(sorted_keys(item)) do
      list[2 * i - 1], list[2 * i] = pack(key), pack(item[key])
    end
    return {table = list}
  end
  return pack(value)
end

local FLOATS = {nan = 0 / 0, inf = math.huge, ["-inf"] = -math.huge}

-- The value that `pack` made `data` of. Where the data are not what it makes,
-- an error.
function packing.unpack(data, tensors)
  if type(data) ~= "table" then
    return data
  elseif data.tensor and tensors[data.tensor] then
    return tensors[data.tensor]
  elseif FLOATS[data.float] then
    return FLOATS[data.float]
  elseif type(data.table) ~= "table" then
    native.fail("what is in the file is damaged")
  end
  local result = {}
  for i = 1, #data.table, 2 do
    local key = packing.unpack(data.table[i], tensors)
    if key == nil or key ~= key then
      native.fail("what is in the file is damaged")
    end
    result[key] = packing.unpack(data.table[i + 1], tensors)
  end
  return result
end

return packing
