-- nn.tensorboard.events: the files that TensorBoard reads.
--
-- A file is a row of records: length (8 bytes), the masked checksum of these,
-- the data, the masked checksum of the data; all little-endian. The data are
-- protocol buffers, Event{wall_time=1, step=2, one of file_version=3,
-- graph_def=4, summary=5}. The first one names the version.

local native = require("native")
local wire = require("nn.tensorboard.wire")

local events = {}

-- Checksums ------------------------------------------------------------------

-- The CRC-32C (Castagnoli) of each byte.
local crc_of = {}
for byte = 0, 255 do
  local crc = byte
  for _ = 1, 8 do
    crc = crc & 1 == 1 and crc >> 1 ~ 0x82F63B78 or crc >> 1
  end
  crc_of[byte] = crc
end

-- The CRC-32C of a text.
function events.crc32c(text)
  local crc = 0xFFFFFFFF
  for i = 1, #text do
    crc = crc_of[(crc ~ text:byte(i)) & 255] ~ crc >> 8
  end
  return crc ~ 0xFFFFFFFF
end

-- As it stands in files: rotated by 15 bits and moved.
function events.masked(text)
  local crc = events.crc32c(text)
  return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
end

-- Records --------------------------------------------------------------------

function events.record(data)
  local length = string.pack("<I8", #data)
  return length .. string.pack("<I4", events.masked(length)) .. data
    .. string.pack("<I4", events.masked(data))
end

-- An event at a wall time (seconds) and step; `content` is its third field.
function events.event(time, step, content)
  return wire.double(1, time) .. (step ~= 0 and wire.integer(2, step) or "")
    .. content
end

function events.file_version()
  return wire.bytes(3, "brain.Event:2")
end

function events.graph(definition)
  return wire.bytes(4, definition)
end

-- A summary of several values (see nn.tensorboard.summary).
function events.summary(values)
  local parts = {}
  for i, value in ipairs(values) do
    parts[i] = wire.bytes(1, value)
  end
  return wire.bytes(5, table.concat(parts))
end

-- Files ----------------------------------------------------------------------

local FLUSH = 5 -- seconds after which what is written goes to the disk

local function host_name()
  local file = io.open("/proc/sys/kernel/hostname")
  local name = file and file:read("l")
  if file then
    file:close()
  end
  return name and name:gsub("[^%w.-]", "_") or "localhost"
end

local Writer = {}
Writer.__index = Writer

local opened = 0

-- A new file in the folder, which is made where it is not there.
function events.open(folder)
  native.make_folder(folder)
  opened = opened + 1
  local path = string.format("%s/events.out.tfevents.%010d.%s.%d.%d.v2", folder,
    os.time(), host_name(), native.pid(), opened)
  local file, problem = io.open(path, "wb")
  if not file then
    native.fail("%s", problem)
  end
  local self = setmetatable({
    file = file,
    path = path,
    tags = {},
    flushed = native.clock(),
    offset = os.time() - native.clock(),
  }, Writer)
  self:write(0, events.file_version())
  self:flush()
  return self
end

-- Writes an event at the time that it is now.
function Writer:write(step, content)
  local now = native.clock()
  local ok, problem = self.file:write(events.record(
    events.event(now + self.offset, step, content)))
  if not ok then
    native.fail("%s: %s", self.path, problem)
  end
  if now - self.flushed > FLUSH then
    self:flush()
  end
end

-- Whether the tag is new in this file: its first value describes it.
function Writer:is_new(tag)
  local new = not self.tags[tag]
  self.tags[tag] = true
  return new
end

function Writer:flush()
  self.flushed = native.clock()
  local ok, problem = self.file:flush()
  if not ok then
    native.fail("%s: %s", self.path, problem)
  end
end

function Writer:close()
  self.file:close()
end

return events
