-- Reads the files that TensorBoard shows, to see what is in them.
--
-- A file is a row of records: the length of the data (8 bytes), a checksum
-- (4), the data, a checksum (4). The data are a protocol buffer: fields, each
-- a key (number * 8 + type) and a value. An Event has the step as field 2, a
-- graph as 4 or a summary as 5; that has values as field 1, each with its tag
-- as field 1 and a number (2), a picture (4) or a tensor (8) with metadata (9)
-- that name the plugin to show it.

-- The number that begins at `at`, seven bits a byte, and where it ends.
local function varint(text, at)
  local value, shift = 0, 0
  while true do
    local byte = text:byte(at)
    value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
    if byte < 128 then return value, at end
  end
end

-- The fields of a message in order: number, value.
local function fields(text)
  local at = 1
  return function()
    if at > #text then return nil end
    local key, value
    key, at = varint(text, at)
    local kind = key & 7
    if kind == 0 then
      value, at = varint(text, at)
    elseif kind == 1 then
      value, at = string.unpack("<d", text, at)
    elseif kind == 2 then
      local size
      size, at = varint(text, at)
      value, at = text:sub(at, at + size - 1), at + size
    else
      value, at = string.unpack("<f", text, at)
    end
    return key >> 3, value
  end
end

local function field(text, number)
  for n, value in fields(text) do
    if n == number then return value end
  end
end

local function note(tags, tag, entry)
  tags[tag] = tags[tag] or {}
  table.insert(tags[tag], entry)
end

-- Only the first value of a tag has metadata.
local function note_value(tags, step, value)
  local tag, number = field(value, 1), field(value, 2)
  local metadata = field(value, 9)
  local kind = number and "scalar" or field(value, 4) and "image"
    or metadata and field(field(metadata, 1), 1) or tags[tag][1].kind
  note(tags, tag, {step=step, kind=kind, value=number})
end

local function note_event(tags, event)
  local step = field(event, 2) or 0
  for number, content in fields(event) do
    if number == 4 then
      note(tags, "graph", {step=step, kind="graph"})
    elseif number == 5 then
      for _, value in fields(content) do note_value(tags, step, value) end
    end
  end
end

local reader = {}

-- What the event files of a folder have: by tag a list of {step=, kind=,
-- value=(of scalars)} in the order in which they were written.
function reader.read(folder)
  local tags = {}
  local pipe = io.popen("ls '" .. folder:gsub("'", "'\\''") .. "'")
  for name in pipe:lines() do
    local file = assert(io.open(folder .. "/" .. name, "rb"))
    local text, at = file:read("a"), 1
    file:close()
    while at <= #text do
      local size = string.unpack("<I8", text, at)
      note_event(tags, text:sub(at + 12, at + 11 + size))
      at = at + 16 + size
    end
  end
  pipe:close()
  return tags
end

return reader
