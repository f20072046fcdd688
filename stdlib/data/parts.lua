-- data.parts: what data come in: a tensor, or a table of tensors (inputs in a
-- list or by name), whose first dim counts the samples.

local native = require("native")
local options = require("options")
local tensor = require("tensor")

local parts = {}

-- Calls f(part, name) for the tensor x, or for each tensor of the table x,
-- and gives results back in the same form.
function parts.map(x, f, name)
  if tensor.is(x) or type(x) ~= "table" then return f(x, name) end
  local out = {}
  for key, part in pairs(x) do
    out[key] = f(part, string.format("%s[%s]", name or "x", tostring(key)))
  end
  return out
end

local function check_part(who, part, name)
  if not tensor.is(part) then
    native.fail("%s: %s must be a tensor, got %s", who, name,
                options.show(part))
  elseif part.ndim == 0 then
    native.fail("%s: %s has no dimension of samples: its shape is ()", who,
                name)
  end
end

-- The number of samples, the same in every part of x and y (which may be nil).
function parts.count(who, x, y)
  local count, first
  local function check(part, name)
    check_part(who, part, name)
    if not count then count, first = part.shape[1], name end
    if part.shape[1] ~= count then
      native.fail("%s: %s has %d samples, but %s has %d", who, first, count,
                  name, part.shape[1])
    end
  end
  local function check_whole(whole, name)
    if type(whole) ~= "table" and not tensor.is(whole) then
      native.fail("%s: %s must be a tensor or a table of tensors, got %s",
                  who, name, options.show(whole))
    end
    parts.map(whole, check, name)
  end
  check_whole(x, "x")
  if y ~= nil then check_whole(y, "y") end
  if not count then native.fail("%s: x holds no tensor", who) end
  return count
end

-- Whether what stands in the place of y is a table of options instead: there
-- is no tensor in it.
function parts.is_options(y)
  if type(y) ~= "table" or tensor.is(y) then return false end
  for _, part in pairs(y) do
    if tensor.is(part) then return false end
  end
  return true
end

-- How many batches a pass leaves out, from 0.
function parts.skipped(who, skip)
  if skip == nil then return 0 end
  return options.verify(who, "skip", options.non_negative_integer, skip)
end

-- The samples at the positions, a tensor.
function parts.at(x, positions)
  return parts.map(x, function(part)
    return part:index_select(1, positions)
  end)
end

return parts
