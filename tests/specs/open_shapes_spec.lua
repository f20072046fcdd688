-- shapes of operations on symbols whose sizes are open: found by trial.

local check = require("check")
local native = require("native")
local test = check.test

local function text(symbol)
  return require("nn.graph").shape_text(symbol.shape)
end

test("many open sizes need no large trial", function()
  local x = nn.Input{-1, -1, -1, -1, -1, -1, -1}
  local before = native.memory().peak
  check.equal(text(x:sum(3)), "(None, None, None, None, None, None, None)")
  check.equal(#tensor.concat({x, x}, 3).shape, 7)
  check.truthy(native.memory().peak < before + (1 << 26))
end)

test("an index that needs more than a few steps finds them", function()
  local series = nn.Input{-1, -1}
  check.equal(text(series:narrow(2, 200, 20)), "(None, 20, None)")
  check.equal(text(series["..., 10:12"]), "(None, None, 3)")
  check.equal(text(series["..., 1000:1012"]), "(None, None, None)")
  check.equal(text(series["..., 2:1"]), "(None, None, None)")
  check.error_matches(function() return series:narrow(2, 2000, 20) end,
    "on symbolic %(None, None, None%), tried with 2 samples: narrow: ")
end)

test("sizes that are given stay as they are", function()
  local x = nn.Input{5, -1}
  check.equal(text(x:sum(3)), "(None, 5)")
  check.equal(text(x:transpose(2, 3)), "(None, None, 5)")
end)
