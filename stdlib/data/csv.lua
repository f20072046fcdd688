-- data.csv: tables of numbers and words.

local native = require("native")
local options = require("options")
local tensor = require("tensor")

-- Fields ---------------------------------------------------------------------

-- The separator that stands most often in the first line.
local function guess_separator(text)
  local line = text:match("^[^\r\n]*"):gsub('"[^"]*"', "")
  local best, most = ",", 0
  for _, separator in ipairs {",", ";", "\t", "|"} do
    local _, count = line:gsub("%" .. separator, "")
    if count > most then best, most = separator, count end
  end
  return best
end

-- A quoted field that begins at `at`; and where it ends.
local function quoted(path, text, at, row)
  local parts, from = {}, at + 1
  while true do
    local stop = text:find('"', from, true)
    if not stop then
      native.fail("%s: line %d: a quote is not closed", path, row)
    end
    parts[#parts + 1] = text:sub(from, stop - 1)
    if text:sub(stop + 1, stop + 1) ~= '"' then
      return table.concat(parts), stop + 1
    end
    parts[#parts + 1] = '"'
    from = stop + 2
  end
end

-- The rows of a CSV text, lists of strings (RFC 4180; lines without anything
-- in them are passed over).
local function rows_of(path, text, separator)
  local rows, row, at = {}, {}, 1
  local stop = "[" .. (separator == "\t" and separator or "%" .. separator)
    .. "\r\n]"
  while at <= #text do
    local field
    if text:byte(at) == 34 then
      field, at = quoted(path, text, at, #rows + 1)
    else
      local last = text:find(stop, at) or #text + 1
      field, at = text:sub(at, last - 1):match("^%s*(.-)%s*$"), last
    end
    row[#row + 1] = field
    local next_byte = text:sub(at, at)
    if next_byte == separator then
      at = at + 1
      if at > #text then row[#row + 1] = "" end
    elseif next_byte == "" or next_byte == "\r" or next_byte == "\n" then
      at = next_byte ~= "" and text:find("[^\r\n]", at) or #text + 1
      at = at or #text + 1
      if #row > 1 or row[1] ~= "" then rows[#rows + 1] = row end
      row = {}
    else
      native.fail("%s: line %d: something follows a closing quote", path,
                  #rows + 1)
    end
  end
  return rows
end

local MISSING = {[""] = true, na = true, ["n/a"] = true, nan = true,
                 null = true, none = true}

-- A field as a number, NaN where it is missing; nil where it is a word.
local function number_of(field)
  if MISSING[field:lower()] then return 0 / 0 end
  return not field:find("[xXpP]") and tonumber(field) or nil
end

-- Columns --------------------------------------------------------------------

local function check_rows(path, rows)
  if #rows == 0 then native.fail("%s: there is nothing in it", path) end
  for i, row in ipairs(rows) do
    if #row ~= #rows[1] then
      native.fail("%s: row %d has %d fields, the first %d", path, i, #row,
                  #rows[1])
    end
  end
end

-- Whether the first row is names: no number in it, but one below it.
local function has_header(rows)
  for _, field in ipairs(rows[1]) do
    if number_of(field) and not MISSING[field:lower()] then return false end
  end
  for _, field in ipairs(rows[2] or {}) do
    if number_of(field) then return true end
  end
  return false
end

-- A column as numbers, or as classes: words get numbers from 1, in
-- alphabetical order.
local function column_of(rows, k)
  local values, words, seen = {}, {}, {}
  local numbers = true
  for i, row in ipairs(rows) do
    values[i] = number_of(row[k])
    numbers = numbers and values[i] ~= nil
    if not seen[row[k]] then
      seen[row[k]] = true
      words[#words + 1] = row[k]
    end
  end
  if numbers then return {values = values} end
  table.sort(words)
  local index = {}
  for i, word in ipairs(words) do index[word] = i end
  for i, row in ipairs(rows) do values[i] = index[row[k]] end
  return {values = values, classes = words}
end

-- The features as one tensor, words as a column for each word; and its names.
local function features(columns, names, target, dtype)
  local list, labels = {}, {}
  for k, column in ipairs(columns) do
    local x = tensor(column.values, column.classes and "int64" or dtype)
    if k == target then
      x = nil
    elseif column.classes then
      x = x:unsqueeze(2):eq(tensor.arange(#column.classes)):to(dtype)
      for _, word in ipairs(column.classes) do
        labels[#labels + 1] = names[k] .. "=" .. word
      end
    else
      x, labels[#labels + 1] = x:unsqueeze(2), names[k]
    end
    list[#list + 1] = x
  end
  if #list == 0 then native.fail("data.csv: there is no column but the target")
  end
  return tensor.concat(list, 2), labels
end

local function target_column(path, names, target)
  if target == nil then return nil end
  if math.type(target) == "integer" then
    local k = target < 0 and #names + 1 + target or target
    if names[k] then return k end
    native.fail("data.csv: %s has %d columns, target is %d", path, #names,
                target)
  end
  for k, name in ipairs(names) do
    if name == target then return k end
  end
  native.fail("data.csv: %s has no column %s%s", path, options.show(target),
              options.hint(target, names))
end

local SPECIFICATION = {
  positional = 0,
  {"target", options.any},
  {"header", options.boolean},
  {"separator", options.one_of {",", ";", "\t", "|"}},
  {"dtype", options.one_of {"float32", "float64"}, "float32"},
}

--- data.csv(path [, {target=nil, header=nil, separator=nil, dtype="float32"}])
-- A table of numbers and words, one sample a line.
--   target     the column to be learnt, its name or its position (-1: the
--              last)
--   header     whether the first line has names; nil: if it has no number in
--              it, but the next one has
--   separator  ",", ";", "|" or a tab; nil: what stands in the first line most
-- Returns {x=, names=, y=, classes=}: x of dtype (samples, columns) and the
-- names of its columns. A column with words becomes one column of 0 and 1 for
-- each word ("colour=red"). A target of words gives y as int64 classes from 1
-- and classes, their words in alphabetical order; one of numbers y of dtype.
-- Empty fields, NA, N/A, NaN, null and none are NaN in columns of numbers.
-- Errors: rows of different length, a quote that is not closed, no such
-- column; no file.
-- See also: tensor.load, for numbers alone.
--   > path = os.tmpname()
--   > file = io.open(path, "w")
--   > file:write("size,colour,kind\n1.5,red,b\n2,blue,a\n"):close();
--   > set = data.csv(path, {target="kind"})
--   > set.x
--   float32 (2, 3)
--     1.5000       0  1.0000
--     2.0000  1.0000       0
--   > table.concat(set.names, " "), set.y[1], set.classes[2]
--   size colour=blue colour=red
--   2
--   b
--   > os.remove(path)
--   true
local function csv(path, opts)
  local o = options.read("data.csv", SPECIFICATION, opts)
  options.verify("data.csv", "path", options.string, path)
  local text = native.read_file(path):gsub("^\239\187\191", "")
  local rows = rows_of(path, text, o.separator or guess_separator(text))
  check_rows(path, rows)
  local header = o.header
  if header == nil then header = has_header(rows) end
  local names = header and table.remove(rows, 1) or {}
  if #rows == 0 then native.fail("%s: there are names, but no rows", path) end
  local columns = {}
  for k = 1, #rows[1] do
    names[k] = names[k] or "column_" .. k
    columns[k] = column_of(rows, k)
  end
  local target = target_column(path, names, o.target)
  local set = {}
  set.x, set.names = features(columns, names, target, o.dtype)
  if target then
    set.classes = columns[target].classes
    set.y = tensor(columns[target].values, set.classes and "int64" or o.dtype)
  end
  return set
end

return csv
