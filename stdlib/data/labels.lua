-- data.labels: class labels in other forms, and samples set aside for tests.

local native = require("native")
local options = require("options")
local parts = require("data.parts")
local tensor = require("tensor")

local categories = {}

-- labels as a row of int64; whole numbers only.
local function whole_labels(labels)
  if type(labels) == "table" then labels = tensor(labels, "float64") end
  if not tensor.is(labels) then
    native.fail("data.to_categorical: labels must be a tensor or a list of "
                  .. "numbers, not a %s", type(labels))
  end
  local whole = labels:to("int64")
  local off = labels:ne(whole):flatten()
  if off:any():item() then
    local at = off:to("uint8"):argmax():item()
    native.fail("data.to_categorical: label %s at sample %d is not a whole "
                  .. "number", options.show(labels:flatten()[at]), at)
  end
  return whole
end

local function check_classes(flat, classes)
  local wrong = flat:lt(1) | flat:gt(classes)
  if not wrong:any():item() then return end
  local at = wrong:to("uint8"):argmax():item()
  native.fail("data.to_categorical: class index %d at sample %d: classes are "
                .. "1..%d%s", flat[at], at, classes,
              flat[at] == 0 and "; add 1 to labels that count from 0" or "")
end

--- data.to_categorical(labels [, K])
-- Class labels as rows with a 1 at the class and 0 elsewhere ("one-hot").
--   labels  a tensor (N) or a list of whole numbers 1..K
--   K       the number of classes; the greatest label unless given
-- Returns float32 (N, K); for labels of another shape S, (S, K).
-- Errors: a label outside 1..K, named with its sample.
--   > data.to_categorical({1, 3}, 3):totable()[2][3]
--   1.0
--   > data.to_categorical(tensor({2, 1, 2}, "int64")).shape
--   (3, 2)
function categories.to_categorical(labels, classes)
  local whole = whole_labels(labels)
  local flat = whole:flatten()
  if classes == nil then
    if flat:numel() == 0 then
      native.fail("data.to_categorical: no label to count the classes by: "
                    .. "pass their number")
    end
    classes = math.max(1, flat:max():item())
  end
  classes = options.verify("data.to_categorical", "the number of classes",
                           options.positive_integer, classes)
  check_classes(flat, classes)
  return whole:unsqueeze(-1):eq(tensor.arange(classes)):to("float32")
end

-- The number of test samples: a fraction of all of them, rounded up, or a
-- count. Both parts keep at least one sample.
local function test_count(size, samples)
  if samples < 2 then
    native.fail("data.train_test_split: %d samples cannot be split: at least "
                  .. "2 are needed", samples)
  end
  local count = size
  if size > 0 and size < 1 then count = math.ceil(size * samples) end
  if math.tointeger(count) == nil or count < 1 or count >= samples then
    native.fail("data.train_test_split: test_size = %s: a fraction between 0 "
                  .. "and 1, or a count from 1 to %d for %d samples, is "
                  .. "needed", tostring(size), samples - 1, samples)
  end
  return math.tointeger(count)
end

local SPLIT = {
  positional = 0,
  {"test_size", options.positive_number, 0.25},
  {"shuffle", options.boolean, true},
}

--- data.train_test_split(x [, y], {test_size=0.25, shuffle=true})
-- Sets some samples aside for the test.
--   x, y       tensors whose first dimension counts the samples, or tables
--              of such tensors (what is returned then are tables with the
--              same keys)
--   test_size  a fraction of the samples (rounded up), or their number
--   shuffle    whether the test samples are drawn at random, from tensor's
--              random stream; else they are the last ones
-- Returns x_train, x_test, y_train, y_test (without y the first two).
--   > select(2, data.train_test_split(tensor.zeros(10, 4))).shape
--   (3, 4)
function categories.train_test_split(x, y, opts)
  if opts == nil and parts.is_options(y) then y, opts = nil, y end
  local o = options.read("data.train_test_split", SPLIT, opts)
  local samples = parts.count("data.train_test_split", x, y)
  local train = samples - test_count(o.test_size, samples)
  local order = o.shuffle and tensor.randperm(samples)
  local function share(whole, first, last)
    return parts.map(whole, function(part)
      if not order then return part[{{first, last}}] end
      return part:index_select(1, order[{{first, last}}])
    end)
  end
  local function split(whole)
    return share(whole, 1, train), share(whole, train + 1, samples)
  end
  local x_train, x_test = split(x)
  if y == nil then return x_train, x_test end
  return x_train, x_test, split(y)
end

return categories
