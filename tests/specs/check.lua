-- check: what the specs are written with.
--
-- A spec file calls check.test("name", f) for each test. Tests run at once; a
-- failure prints a line and the rest goes on. When the program ends, the count
-- is printed, and a failure makes the exit status 1.

local check = {}

local passed, failed = 0, 0

-- Runs when the Lua state is closed, which is the last thing to happen.
check.at_end = setmetatable({}, {
  __gc = function()
    print(string.format("%d passed, %d failed", passed, failed))
    io.stdout:flush()
    if failed > 0 then
      os.exit(false)
    end
  end,
})

-- Reporting ------------------------------------------------------------------

-- A failed check, told apart from other errors by its metatable.
local Failure = {}

-- "file:line" of the test that called the check.
local function caller()
  for level = 3, 20 do
    local info = debug.getinfo(level, "Sl")
    if not info then
      break
    end
    if info.currentline > 0 and not info.source:find("check.lua", 1, true) then
      return info.short_src .. ":" .. info.currentline .. ": "
    end
  end
  return ""
end

local function fail(format, ...)
  error(setmetatable({text = caller() .. string.format(format, ...)}, Failure),
    0)
end

local function message_of(err)
  if getmetatable(err) == Failure then
    return err
  end
  return setmetatable({text = debug.traceback(tostring(err), 2)}, Failure)
end

local function show(value)
  if type(value) == "string" then
    return string.format("%q", value)
  end
  return tostring(value)
end

--- check.test(name, f)
-- Runs a test.
function check.test(name, f)
  local ok, err = xpcall(f, message_of)
  if ok then
    passed = passed + 1
  else
    failed = failed + 1
    print(string.format("FAILED %s: %s", name, err.text))
  end
end

-- Checks ---------------------------------------------------------------------

local function same(a, b)
  if rawequal(a, b) then
    return true
  end
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b or (a ~= a and b ~= b)
  end
  for key, value in pairs(a) do
    if not same(value, b[key]) then
      return false
    end
  end
  for key in pairs(b) do
    if a[key] == nil then
      return false
    end
  end
  return true
end

local function text_of(value, depth)
  depth = depth or 0
  if type(value) ~= "table" or getmetatable(value) or depth > 3 then
    return show(value)
  end
  local parts = {}
  for key, item in pairs(value) do
    parts[#parts + 1] = show(key) .. "=" .. text_of(item, depth + 1)
  end
  table.sort(parts)
  return "{" .. table.concat(parts, ", ") .. "}"
end

--- check.equal(got, expected)
-- Equal values; tables by content.
function check.equal(got, expected)
  if not same(got, expected) then
    fail("got %s, expected %s", text_of(got), text_of(expected))
  end
end

--- check.truthy(value [, what])
function check.truthy(value, what)
  if not value then
    fail("%s: got %s", what or "expected a true value", show(value))
  end
end

local function near(got, expected, tolerance, place)
  if type(expected) == "table" then
    if type(got) ~= "table" or #got ~= #expected then
      fail("got %s, expected %s%s", text_of(got), text_of(expected), place)
    end
    for i = 1, #expected do
      near(got[i], expected[i], tolerance, place .. " at " .. i)
    end
    return
  end
  if type(got) ~= "number" then
    fail("got %s, expected the number %s%s", show(got), show(expected), place)
  end
  local both_nan = got ~= got and expected ~= expected
  if not both_nan and got ~= expected
      and not (math.abs(got - expected) <= tolerance) then
    fail("got %.9g, expected %.9g (within %g)%s", got, expected, tolerance,
      place)
  end
end

--- check.near(got, expected [, tolerance])
-- Numbers within 1e-5, or tensors and nested lists of them. NaN is near NaN.
function check.near(got, expected, tolerance)
  if type(got) == "userdata" then
    got = got.ndim == 0 and got:item() or got:totable()
  end
  if type(expected) == "userdata" then
    expected = expected.ndim == 0 and expected:item() or expected:totable()
  end
  near(got, expected, tolerance or 1e-5, "")
end

--- check.same_shape(x, shape)
-- A tensor of that shape, a list of sizes.
function check.same_shape(x, shape)
  local got = tostring(x.shape)
  local expected = "(" .. table.concat(shape, ", ") .. ")"
  if got:gsub(",%)", ")") ~= expected then
    fail("got shape %s, expected %s", got, expected)
  end
end

--- check.error_matches(f, pattern)
-- f() raises an error whose message matches a Lua pattern; returns it.
function check.error_matches(f, pattern)
  local ok, err = pcall(f)
  if ok then
    fail("no error, expected one that matches %q", pattern)
  end
  local message = type(err) == "string" and err or tostring(err)
  if not message:find(pattern) then
    fail("the error is %q, expected a match of %q", message, pattern)
  end
  return message
end

--- check.refuses(pattern, f)
-- The same, and the message names the line of the spec that called.
function check.refuses(pattern, f)
  local message = check.error_matches(f, pattern)
  local file = debug.getinfo(f, "S").short_src:match("[^/]*$")
  if not message:find(file .. ":%d+: ") then
    fail("the error names no line of %s: %q", file, message)
  end
end

--- check.lists(x, ...)
-- Tensors as nested lists.
function check.lists(...)
  local all = table.pack(...)
  for k = 1, all.n do all[k] = all[k]:totable() end
  return table.unpack(all, 1, all.n)
end

return check
