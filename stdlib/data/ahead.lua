-- data.ahead: the batches of one pass, gathered by a thread of its own while
-- what came before is worked on.

local native = require("native")
local parts = require("data.parts")

-- For a generic `for`: x's and y's (may be nil) samples at the positions of
-- `order`, batches first..last (from 1) of batch_size; `depth` batches are
-- kept ready. The loop's end stops the thread.
return function(x, y, order, batch_size, first, last, depth)
  local list = {}
  local function number(part)
    if part.requires_grad then
      native.fail("prefetch: the data require gradients, which batches that "
                    .. "are fetched ahead would lose: detach them")
    end
    list[#list + 1] = part
    return #list
  end
  local x_at = parts.map(x, number)
  local y_at = y ~= nil and parts.map(y, number) or nil
  local fetcher = native.prefetch(list, order, batch_size, first, last, depth)
  return function()
    local fetched = {fetcher()}
    local function pick(at) return fetched[at] end
    if #fetched == 0 then return nil end
    return parts.map(x_at, pick), y_at and parts.map(y_at, pick)
  end, nil, nil, fetcher
end
