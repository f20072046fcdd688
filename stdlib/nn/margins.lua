-- nn.margins: layers that take margins away or put some on.

local Layer = require("nn.layer")
local options = require("options")
local tensor = require("tensor")
local window = require("nn.window")

local margins = {}

local function size_of(value)
  local n = type(value) == "number" and math.tointeger(value)
  return n and n >= 0 and n or nil
end

-- {before, after} from a size for both or a list of the two.
local function pair_of(value)
  local before, after = size_of(value), size_of(value)
  if type(value) == "table" and #value == 2 then
    before, after = size_of(value[1]), size_of(value[2])
  end
  return before and after and {before, after}
end

-- The check of an option: for sequences a size or {before, after}; for images
-- a size, {rows, columns} or {{top, bottom}, {left, right}}. The value is
-- {before, after}, or a list of these.
local function check_of(rank)
  if rank == 1 then
    return {
      description = "a size of at least 0 or {before, after}",
      test = function(value)
        local pair = pair_of(value)
        return pair ~= nil, pair
      end,
    }
  end
  return {
    description = "a size of at least 0, {rows, columns} or "
      .. "{{top, bottom}, {left, right}}",
    test = function(value)
      local list = {}
      for axis = 1, rank do
        local item = value
        if type(value) == "table" then item = value[axis] end
        list[axis] = pair_of(item)
      end
      return #list == rank and (type(value) ~= "table" or #value == rank), list
    end,
  }
end

-- A class with the option `option`, whose margins change sizes by `sign`
-- times what they are.
local function class(class_name, rank, option, default, sign)
  local check = check_of(rank)
  local _, standard = check.test(default)
  local Margins = Layer:extend {
    class_name = class_name,
    rank = rank,
    inputs = 1,
    options = {{option, check, standard}, window.data_format_row(rank)},
  }

  function Margins:init()
    window.resolve_format(self)
    self.margins = rank == 1 and {self[option]} or self[option]
  end

  function Margins:compute_output_shape(input_shape)
    local channels = window.channels(self, input_shape)
    return window.resized(self, input_shape, channels, function(n, axis)
      local before, after = table.unpack(self.margins[axis])
      if n + sign * (before + after) < 1 then
        self:fail("taking %d and %d of %d positions away leaves none", before,
          after, n)
      end
      return n + sign * (before + after)
    end)
  end

  return Margins
end

-- A class that takes margins away; a view comes out.
function margins.cropping(class_name, rank, default)
  local Cropping = class(class_name, rank, "cropping", default, -1)

  function Cropping:call(x)
    local shape = self:compute_output_shape(self:sample_shape(x))
    local first = window.layout(self)
    for axis, pair in ipairs(self.margins) do
      local dim = first + axis -- with the batch in front
      x = x:narrow(dim, pair[1] + 1, shape[dim - 1])
    end
    return x
  end

  return Cropping
end

-- A class that puts margins of zeros on.
function margins.padding(class_name, rank, default)
  local Padding = class(class_name, rank, "padding", default, 1)

  function Padding:call(x)
    window.channels(self, self:sample_shape(x))
    local sizes = self.data_format == "channels_last" and {0, 0} or {}
    for axis = rank, 1, -1 do -- from the last dim on
      sizes[#sizes + 1] = self.margins[axis][1]
      sizes[#sizes + 1] = self.margins[axis][2]
    end
    return tensor.pad(x, sizes)
  end

  return Padding
end

return margins
