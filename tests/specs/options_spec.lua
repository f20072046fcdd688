-- options: the checker of option tables.

local check = require("check")
local options = require("options")
local test = check.test

local SPEC = {
  {"units", options.positive_integer, options.required},
  {"rate", options.fraction, 0.5},
  {"padding", options.one_of {"valid", "same"}, "valid"},
  {"size", options.sizes(2), {1, 1}},
  {"name", options.string},
  aliases = {width = "units"},
}

local function read(t)
  return options.read("Thing", SPEC, t)
end

local function error_of(t, pattern)
  return check.error_matches(function()
    read(t)
  end, pattern)
end

test("defaults, positions and names", function()
  check.equal(read {3}, {units = 3, rate = 0.5, padding = "valid",
    size = {1, 1}})
  check.equal(read({3, 0.25, name = "a"}).rate, 0.25)
  check.equal(read({units = 3}).units, 3)
  check.equal(read({width = 4}).units, 4)
  check.equal(read(7).units, 7)
end)

test("integral floats become integers", function()
  check.equal(math.type(read({3.0}).units), "integer")
  error_of({3.5}, "Thing: units must be a positive integer, got 3%.5")
end)

test("sizes", function()
  check.equal(read({1, size = 3}).size, {3, 3})
  check.equal(read({1, size = {3, 2}}).size, {3, 2})
  error_of({1, size = {3, 2, 1}}, "size must be")
  error_of({1, size = 0}, "size must be")
end)

test("unknown names are refused with the nearest known one", function()
  error_of({1, paddding = "same"},
    'Thing: unknown option "paddding" %(did you mean "padding"%?%)')
  error_of({1, zzz = 1}, 'Thing: unknown option "zzz"$')
  error_of({1, [true] = 1}, "unknown option true")
end)

test("wrong values", function()
  error_of({"a"}, 'Thing: units must be a positive integer, got "a"')
  error_of({0}, "units must be a positive integer, got 0")
  error_of({}, "Thing: units is missing: it must be a positive integer")
  error_of({1, 1}, "rate must be a number from 0 to below 1, got 1")
  error_of({1, padding = "full"},
    'padding must be "valid" or "same", got "full"')
  error_of({1, units = 2}, "units is given twice")
  error_of({1, 0, "same", 1, "n", 6},
    "takes at most 5 values without a name, got 6")
end)

test("rest takes all positional values", function()
  local spec = {rest = "shape", {"shape", options.shape, options.required}}
  check.equal(options.read("R", spec, {2, -1}).shape, {2, -1})
  check.equal(options.read("R", spec, {{2, 3}}).shape, {2, 3})
  check.equal(options.read("R", spec, {shape = {}}).shape, {})
  check.error_matches(function()
    options.read("R", spec, {2, 0})
  end, "shape must be a list of sizes")
end)

test("no positions at all", function()
  check.error_matches(function()
    local spec = {positional = 0, {"epochs", options.integer}}
    options.read("fit", spec, {5})
  end, "fit: its options all have names")
end)

test("NaN is no number, and has no sign; tensors are described", function()
  local spec = {{"x", options.number}}
  for _, nan in ipairs {0 / 0, -(0 / 0)} do
    check.error_matches(function() options.read("f", spec, {nan}) end,
                        "f: x must be a number, got nan$")
  end
  check.equal(options.read("f", spec, {math.huge}).x, math.huge)
  check.equal(options.show(tensor.zeros(2, 3)), "a float32 (2, 3) tensor")
end)
