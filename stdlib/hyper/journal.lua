-- hyper.journal: trials in a file of JSON lines, so that a search can stop
-- and go on.
--
-- The first line is {"format", "version", "space"}, each further one a
-- trial: {"number", "point", "status", "seconds"} with "loss" and "result"
-- or "error". A line is appended and flushed when its trial ends; one that a
-- crash cut short is dropped when the file is next read.

local native = require("native")
local space = require("hyper.space")

local FORMAT, VERSION = "nnlua-hyper", 1

local Journal = {}
Journal.__index = Journal

local function fail(path, format, ...)
  native.fail("hyper.minimize: %s: %s", path, string.format(format, ...))
end

-- Reading --------------------------------------------------------------------

-- The bytes of the file; nil where there is none.
local function contents(path)
  local file, message, code = io.open(path, "rb")
  if not file then
    if code == 2 then return nil end
    native.fail("hyper.minimize: %s", message)
  end
  local text, problem = file:read("a")
  file:close()
  if not text then fail(path, "cannot be read: %s", problem) end
  return text
end

local function is_number(value)
  return type(value) == "number"
end

local function is_trial(t, number, read)
  return type(t) == "table" and t.number == number
    and type(t.point) == "table" and space.holds(read, t.point)
    and is_number(t.seconds)
    and (t.status == "ok" and is_number(t.loss)
      or t.status == "failed" and type(t.error) == "string")
end

local function decode(path, line, position)
  local ok, value = pcall(native.json_decode, line)
  if not ok then fail(path, "line %d is no JSON", position) end
  return value
end

-- Fails where the file belongs to a search of another kind.
local function check_header(path, line, expected)
  local ok, header = pcall(native.json_decode, line)
  if not ok or type(header) ~= "table" or header.format ~= FORMAT
      or type(header.space) ~= "table" then
    fail(path, "is no file of trials")
  elseif header.version ~= VERSION then
    fail(path, "is of version %s, this program reads version %d",
      tostring(header.version), VERSION)
  end
  for i = 1, math.max(#header.space, #expected) do
    local there, here = header.space[i], expected[i]
    if there ~= here then
      fail(path, "was made for another space: there is %s, here %s",
        there == nil and "nothing more" or tostring(there),
        here or "nothing more")
    end
  end
end

local function read_trials(path, text, read, expected)
  local trials, position = {}, 0
  for line in text:gmatch("([^\n]*)\n") do
    position = position + 1
    if position == 1 then
      check_header(path, line, expected)
    else
      local trial = decode(path, line, position)
      if not is_trial(trial, position - 1, read) then
        fail(path, "line %d is no trial of this space", position)
      end
      trial.values = space.values(read, trial.point)
      trials[#trials + 1] = trial
    end
  end
  return trials
end

-- Writing --------------------------------------------------------------------

local function append(self, text)
  local ok, message = self.file:write(text)
  if ok then ok, message = self.file:flush() end
  if not ok then fail(self.path, "cannot be written: %s", message) end
end

-- The value as JSON can hold it, nil where it cannot.
local function storable(value, depth)
  local kind = type(value)
  if kind == "number" then
    return value - value == 0 and value or nil
  elseif kind == "string" then
    return utf8.len(value) and value or value:gsub("[\128-\255]", "?")
  elseif kind == "boolean" then
    return value
  elseif kind ~= "table" or depth > 20 then
    return nil
  end
  local copy = {}
  local is_list = #value > 0
  for key, item in pairs(value) do
    if is_list and math.type(key) ~= "integer"
        or not is_list and (type(key) ~= "string" or not utf8.len(key)
          or key:find("\0", 1, true)) then
      return nil
    end
    copy[key] = storable(item, depth + 1)
  end
  if is_list and #copy ~= #value then return nil end
  return copy
end

function Journal:add(trial)
  local line = {
    number = trial.number,
    point = trial.point,
    status = trial.status,
    seconds = trial.seconds,
    loss = trial.loss,
    error = trial.error and storable(trial.error, 1),
    result = trial.result and storable(trial.result, 1),
  }
  local ok, text = pcall(native.json_encode, line)
  if not ok then
    line.result = nil
    text = native.json_encode(line)
  end
  append(self, text .. "\n")
end

function Journal:close()
  if self.file then self.file:close() end
  self.file = nil
end

-- Opens the file of a search, making it where there is none. Returns the
-- journal and the list of its trials.
local function open(path, read)
  local expected = space.describe(read)
  local header = native.json_encode{
    format = FORMAT, version = VERSION, space = expected,
  } .. "\n"
  local text = contents(path) or ""
  local whole = text:match("^(.*\n)") or ""
  if whole == "" and text ~= header:sub(1, #text) then
    fail(path, "is no file of trials")
  end
  local trials = read_trials(path, whole, read, expected)
  if whole ~= text then native.write_file(path, whole) end
  local file, message = io.open(path, "ab")
  if not file then native.fail("hyper.minimize: %s", message) end
  local self = setmetatable({path = path, file = file}, Journal)
  if whole == "" then append(self, header) end
  return self, trials
end

return {open = open}
