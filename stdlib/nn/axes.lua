-- nn.axes: dims of a batch as options of layers. They count from 1, the dim of
-- the samples, or back from -1, the last dim.

local axes = {}

local function is_axis(value)
  return type(value) == "number" and math.tointeger(value) ~= nil
end

-- The check of options that take a dim or a list of dims.
axes.check = {
  description = "a dim or a list of dims",
  test = function(value)
    if is_axis(value) then
      return true, math.tointeger(value)
    elseif type(value) ~= "table" or #value == 0 then
      return false
    end
    local list = {}
    for i, axis in ipairs(value) do
      if not is_axis(axis) then
        return false
      end
      list[i] = math.tointeger(axis)
    end
    return true, list
  end,
}

-- The dim from 1 in a batch of ndim dims; fails unless it is one of samples.
function axes.position(layer, axis, ndim)
  local position = axis < 0 and ndim + 1 + axis or axis
  if position < 2 or position > ndim then
    layer:fail("axis %d is not a dim of samples in a batch of %d dims%s", axis,
      ndim, position == 1 and " (1 is the batch; those of a sample begin at 2)"
      or "")
  end
  return position
end

-- The dims of an option, ascending.
function axes.positions(layer, given, ndim)
  local list, seen = {}, {}
  for i, axis in ipairs(type(given) == "table" and given or {given}) do
    list[i] = axes.position(layer, axis, ndim)
    if seen[list[i]] then
      layer:fail("axis %d is given twice", axis)
    end
    seen[list[i]] = true
  end
  table.sort(list)
  return list
end

-- The dims from `first` to ndim that are not in the list.
function axes.others(list, first, ndim)
  local is_in, rest = {}, {}
  for _, axis in ipairs(list) do
    is_in[axis] = true
  end
  for axis = first, ndim do
    if not is_in[axis] then
      rest[#rest + 1] = axis
    end
  end
  return rest
end

return axes
