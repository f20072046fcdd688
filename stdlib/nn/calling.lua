-- nn.calling: what goes along with a layer's call beside its result.
--
-- Masks: a mask is a bool tensor (batch, steps), false where a step is only
-- padding. Embedding and Masking make one for their result; a layer of a class
-- with supports_masking = true hands its input's mask on, and a class may
-- define compute_mask(self, x, mask). A layer's call finds the mask of its
-- input in options.mask: for several inputs a list with false for those that
-- have none. Masks are kept beside the tensors, as long as these live.
--
-- Losses: what layers add to the loss while they compute is collected.

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

-- Losses ---------------------------------------------------------------------

local open -- the list that is being filled

-- Runs f(...); returns the list of what was added to the loss meanwhile, then
-- what f returns.
function calling.collect(f, ...)
  local before, terms = open, {}
  open = terms
  local results = table.pack(pcall(f, ...))
  open = before
  if not results[1] then
    error(results[2], 0)
  end
  return terms, table.unpack(results, 2, results.n)
end

-- Adds a 0-d tensor to the loss, if anybody collects.
function calling.add_loss(value)
  if open then
    open[#open + 1] = value
  end
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
  if layer.activity_regularizer and open and tensor.is(y) then
    calling.add_loss(layer.activity_regularizer(y) / math.max(#y, 1))
  end
  return y
end

return calling
