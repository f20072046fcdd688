-- nn.feed: the batches of one epoch after the other, from a source (see
-- nn.batches). Without `steps` an epoch is one pass over the data; with it an
-- epoch is so many batches, and a new pass begins wherever one ends.

local native = require("native")

local Feed = {}
Feed.__index = Feed

-- Ends a pass that goes on in the background (see data.loader's prefetch).
function Feed:stop()
  local _ <close> = self.closing
  self.step, self.closing = nil, nil
end

Feed.__close = Feed.stop

-- Begins a pass; the first `skip` batches of it are left out.
function Feed:start(skip)
  self:stop()
  self.random = table.pack(native.random_state())
  local step, _, _, closing = self.source:batches(self.shuffle, skip)
  self.step, self.closing, self.taken = step, closing, skip
end

local function take(self)
  local xs, ys, weights, count = self.step()
  if xs == nil then
    return nil
  end
  self.taken = self.taken + 1
  return xs, ys, weights, count
end

-- Iterates over what is left of an epoch of which `done` batches are done.
function Feed:epoch(done)
  if not self.step or (not self.steps and done == 0) then
    self:start(0)
  end
  if not self.steps then
    return take, self
  end
  local left = self.steps - done
  return function()
    if left <= 0 then
      return nil
    end
    left = left - 1
    local xs, ys, weights, count = take(self)
    if xs == nil and self.taken > 0 then
      self:start(0)
      xs, ys, weights, count = take(self)
    end
    return xs, ys, weights, count
  end
end

-- Where the feed is, so that another one can go on from there: how many
-- batches of the pass are taken, and the random numbers it began with, from
-- which its order follows. nil between passes; `within` says that an epoch is
-- not over.
function Feed:state(within)
  if self.step and (within or self.steps) then
    return {random = {self.random[1], self.random[2]}, taken = self.taken,
      samples = self.source.samples, batch_size = self.source.batch_size}
  end
end

-- Goes to where state() was. Changes the random state.
function Feed:restore(state)
  self:stop()
  if not state then
    return
  end
  for _, name in ipairs {"samples", "batch_size"} do
    if state[name] ~= self.source[name] then
      native.fail("the run was at batch %d of its data with %s %s, now it is "
        .. "%s", state.taken, name:gsub("_", " "), tostring(state[name]),
        tostring(self.source[name]))
    end
  end
  native.restore_random_state(state.random[1], state.random[2])
  self:start(state.taken)
end

-- A feed from a source; steps may be nil.
return function(source, shuffle, steps)
  return setmetatable({source = source, shuffle = shuffle, steps = steps}, Feed)
end
