-- print: how tensors look, and the settings of that.

local check = require("check")
local equal, test = check.equal, check.test

local function with(options, f)
  tensor.set_printoptions(options)
  local ok, message = pcall(f)
  tensor.set_printoptions("default")
  if not ok then error(message, 0) end
end

test("settings change what is printed, and only that", function()
  with({precision=2, linewidth=20}, function()
    equal(tostring(tensor({0.125, 0.5, 1, 2})),
          "float32 (4)\n  0.12  0.50  1.00\n  2.00")
  end)
  with({threshold=3, edgeitems=1, margins=false}, function()
    equal(tostring(tensor.arange(10)), "int64 (10)\n   1  ...  10")
  end)
  with({sci_mode=true, precision=1}, function()
    equal(tostring(tensor({100, 0.5})), "float32 (2)\n  1.0e+02  5.0e-01")
  end)
  with({summary=true}, function()
    equal(tostring(tensor({1, 3}, "int32")),
          "int32 (2)  8 bytes, min 1, max 3, mean 2\n  1  3")
  end)
end)

test("rows and columns tell their indices where some are left out", function()
  local text = tostring(tensor.arange(4000):reshape(1000, 4))
  check.truthy(text:find("\n  1000:  3997  3998  3999  4000", 1, true), text)
  check.truthy(not tostring(tensor.ones(2, 2)):find(":"))
end)

test("what is not named stays; wrong options change nothing", function()
  tensor.set_printoptions({precision=7})
  local function refused(options, pattern)
    check.error_matches(function()
      tensor.set_printoptions(options)
    end, pattern)
  end
  refused({edgeitems=9, precison=3},
          'unknown option "precison"; the options are precision')
  refused({precision=-1}, "precision must be a whole number from 0 on, got %-1")
  refused({summary="auto"}, "summary must be true or false")
  refused(7, 'takes a table of options, or "default", got 7')
  local now = tensor.set_printoptions()
  equal({now.precision, now.edgeitems, now.linewidth}, {7, 3, "auto"})
  equal(tensor.set_printoptions("default").precision, 4)
end)

test("describe", function()
  equal(tensor.zeros(0, 2):describe(), "float32 (0, 2)  0 bytes")
  equal(tensor({true, false}):describe(),
        "bool (2)  2 bytes, min 0, max 1, mean 0.5")
  equal(tensor({0 / 0}):describe(), "float32 (1)  4 bytes, 1 nan")
end)
