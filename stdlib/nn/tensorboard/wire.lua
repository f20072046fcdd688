-- nn.tensorboard.wire: the fields of protocol buffers as bytes. A message is
-- the concatenation of its fields.

local wire = {}

local VARINT, BITS64, BYTES, BITS32 = 0, 1, 2, 5

-- An integer, seven bits a byte, the lowest first; negative ones as 64 bits.
local function varint(n)
  local bytes = {}
  while n < 0 or n > 127 do
    bytes[#bytes + 1] = string.char(n & 127 | 128)
    n = n >> 7
  end
  bytes[#bytes + 1] = string.char(n)
  return table.concat(bytes)
end

local function key(field, kind)
  return varint(field << 3 | kind)
end

function wire.integer(field, n)
  return key(field, VARINT) .. varint(n)
end

function wire.double(field, x)
  return key(field, BITS64) .. string.pack("<d", x)
end

function wire.float(field, x)
  return key(field, BITS32) .. string.pack("<f", x)
end

-- A string, bytes or a message.
function wire.bytes(field, text)
  return key(field, BYTES) .. varint(#text) .. text
end

return wire
