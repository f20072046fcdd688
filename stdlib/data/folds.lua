-- data.folds: cross-validation.

local native = require("native")
local options = require("options")
local parts = require("data.parts")
local tensor = require("tensor")

local SPECIFICATION = {
  positional = 0,
  {"folds", options.positive_integer, 5},
  {"shuffle", options.boolean, true},
}

--- data.k_fold(x [, y], {folds=5, shuffle=true})
-- Each fold's samples for the test once, all others for training:
-- `for fold, x_train, x_test, y_train, y_test in data.k_fold(x, y) do`.
--   x, y     tensors (or tables of them) whose first dim counts the samples
--   folds    2 or more, at most the number of samples; they differ by at most
--            one sample in size
--   shuffle  whether the samples are dealt out at random, from tensor's
--            random stream; else the folds are stretches of them
--   > fold, train, test = data.k_fold(tensor.arange(5), {folds=2})()
--   > fold, #train, #test
--   1
--   3
--   2
local function k_fold(x, y, opts)
  if opts == nil and parts.is_options(y) then y, opts = nil, y end
  local o = options.read("data.k_fold", SPECIFICATION, opts)
  local samples = parts.count("data.k_fold", x, y)
  if o.folds < 2 or o.folds > samples then
    native.fail("data.k_fold: %d folds of %d samples: from 2 to as many as "
                  .. "there are samples", o.folds, samples)
  end
  local order = o.shuffle and tensor.randperm(samples) or tensor.arange(samples)
  local fold = 0
  return function()
    fold = fold + 1
    if fold > o.folds then return nil end
    local first = (fold - 1) * samples // o.folds + 1
    local last = fold * samples // o.folds
    local test = order:narrow(1, first, last - first + 1)
    local train = tensor.concat({order:narrow(1, 1, first - 1),
                                 order:narrow(1, last + 1, samples - last)}, 1)
    if y == nil then return fold, parts.at(x, train), parts.at(x, test) end
    return fold, parts.at(x, train), parts.at(x, test), parts.at(y, train),
           parts.at(y, test)
  end
end

return k_fold
