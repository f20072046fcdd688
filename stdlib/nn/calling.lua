-- nn.calling: what goes along with a layer's call beside its result.
--
-- A mask is a bool tensor (batch, steps), false where a step is only
-- padding. Embedding and Masking make one for their result; a layer of a class
-- with supports_masking = true hands its input's mask on, and a class may
-- define compute_mask(self, x, mask). A layer's call finds the mask of its
-- input in options.mask: for several inputs a list with false for those that
-- have none. Masks are kept beside the tensors, as long as these live.

local step = require("nn.step")
local tensor = require("tensor")

local calling = {}

-- Masks ----------------------------------------------------------------------

local mask_of = setmetatable({}, {__mode = "k"})

-- The mask of a tensor, or nil; of a list, the list of them if there is one.
function calling.mask_of(x)
  if type(x) ~= "table" then
    return mask_of[x]
  end
  local list, found = {}, false
  for i, item in ipairs(x) do
    list[i] = mask_of[item] or false
    found = found or list[i] ~= false
  end
  return found and list or nil
end

-- The options of a call with the mask among them.
local function with_mask(opts, mask)
  local copy = {mask = mask}
  for key, value in pairs(opts) do
    copy[key] = value
  end
  return copy
end

-- Calling --------------------------------------------------------------------

-- layer:call(x, opts), with the mask of x in the options; marks the result
-- with its mask and applies the layer's activity_regularizer.
function calling.call(layer, x, opts)
  local mask = calling.mask_of(x)
  if mask and opts.mask == nil then
    opts = with_mask(opts, mask)
  end
  local y = layer:call(x, opts)
  local result_mask = layer:compute_mask(x, opts.mask)
  if result_mask and tensor.is(y) then
    mask_of[y] = result_mask
  end
  local penalty = layer.activity_regularizer
  if penalty and step.is_collecting() and tensor.is(y) then
    step.add(penalty(y) / math.max(#y, 1))
  end
  return y
end

return calling
