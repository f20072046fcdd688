-- nn.tensorboard.summary: values of a summary, Value{tag=1, simple_value=2,
-- image=4, tensor=8, metadata=9}. `new` says that the tag has not been in the
-- file before; `keras` that scalars and images are tensors, as Keras writes
-- them, where older readers want simple values.

local image = require("image")
local native = require("native")
local tensor = require("tensor")
local wire = require("nn.tensorboard.wire")

local summary = {}

-- Tensors --------------------------------------------------------------------

local FLOAT, DOUBLE, STRING = 1, 2, 7          -- data types
local SCALAR, TENSOR, BLOB_SEQUENCE = 1, 2, 3  -- data classes

-- TensorShapeProto{dim=2{size=1}}.
local function shape_proto(shape)
  local dims = {}
  for i, size in ipairs(shape) do
    dims[i] = wire.bytes(2, wire.integer(1, size))
  end
  return table.concat(dims)
end
summary.shape_proto = shape_proto

-- TensorProto{dtype=1, tensor_shape=2} and the field with its elements.
local function tensor_proto(dtype, shape, elements)
  return wire.integer(1, dtype) .. wire.bytes(2, shape_proto(shape)) .. elements
end

-- Elements as raw bytes (tensor_content=4) and as strings (string_val=8).
local function raw(bytes)
  return wire.bytes(4, bytes)
end

local function strings(list)
  local parts = {}
  for i, text in ipairs(list) do
    parts[i] = wire.bytes(8, text)
  end
  return table.concat(parts)
end

-- SummaryMetadata{plugin_data=1{plugin_name=1}, data_class=4}.
local function metadata(plugin, class)
  return wire.bytes(9, wire.bytes(1, wire.bytes(1, plugin))
    .. wire.integer(4, class))
end

local function tensor_value(tag, new, proto, plugin, class)
  return wire.bytes(1, tag) .. wire.bytes(8, proto)
    .. (new and metadata(plugin, class) or "")
end

-- Values ---------------------------------------------------------------------

-- One number.
function summary.scalar(tag, value, new, keras)
  if not keras then
    return wire.bytes(1, tag) .. wire.float(2, value)
  end
  return tensor_value(tag, new,
    tensor_proto(FLOAT, {}, raw(string.pack("<f", value))), "scalars", SCALAR)
end

-- Text, shown as Markdown.
function summary.text(tag, text, new)
  return tensor_value(tag, new, tensor_proto(STRING, {}, strings {text}),
    "text", TENSOR)
end

-- The rows (left, right, count) of the bins of a tensor's finite elements.
local function bins_of(x, bins)
  local values = x:detach():flatten():to("float64")
  values = values:masked_select(values:isfinite())
  if values:numel() == 0 then
    return {}
  end
  local least, most = values:min():item(), values:max():item()
  if least == most then
    return {{least - 0.5, least + 0.5, values:numel()}}
  end
  local counts = values:histc(bins, least, most):totable()
  local rows, width = {}, (most - least) / bins
  for i = 1, bins do
    rows[i] = {least + (i - 1) * width, least + i * width, counts[i]}
  end
  rows[bins][2] = most
  return rows
end
summary.bins_of = bins_of

-- How the elements of a tensor are spread, in 30 bins.
function summary.histogram(tag, x, new)
  local rows, parts = bins_of(x, 30), {}
  for i, row in ipairs(rows) do
    parts[i] = string.pack("<ddd", row[1], row[2], row[3])
  end
  return tensor_value(tag, new, tensor_proto(DOUBLE, {#rows, 3},
    raw(table.concat(parts))), "histograms", TENSOR)
end

-- A picture as the bytes of a PNG file.
local function png_of(picture)
  local base = os.tmpname()
  local path = base .. ".png"
  local ok, problem = pcall(image.save, path, picture)
  local bytes = ok and native.read_file(path)
  os.remove(path)
  os.remove(base)
  if not ok then
    error(problem, 0)
  end
  return bytes
end

-- A picture (height, width) or (height, width, 1 to 4 channels).
function summary.image(tag, picture, new, keras)
  local bytes = png_of(picture)
  local height, width = picture.shape[1], picture.shape[2]
  local channels = picture.ndim == 3 and picture.shape[3] or 1
  if not keras then
    return wire.bytes(1, tag) .. wire.bytes(4, wire.integer(1, height)
      .. wire.integer(2, width) .. wire.integer(3, channels)
      .. wire.bytes(4, bytes))
  end
  local list = {tostring(width), tostring(height), bytes}
  return tensor_value(tag, new, tensor_proto(STRING, {#list}, strings(list)),
    "images", BLOB_SEQUENCE)
end

-- Weights as pictures --------------------------------------------------------

-- 0..1 from the least to the greatest element.
local function stretched(x)
  local least, most = x:min():item(), x:max():item()
  if not (most > least) or most == math.huge or least == -math.huge then
    return tensor.full_like(x, 0.5)
  end
  return (x - least) / (most - least)
end

-- A weight as a picture: a row for a vector, a matrix lying down, the kernels
-- (height, width, in, out) of a convolution side by side; else nil.
function summary.picture_of(weight)
  local x = weight:detach():to("float32")
  if x.ndim == 0 or x.ndim > 4 or x:numel() == 0 then
    return nil
  end
  x = stretched(x)
  if x.ndim == 1 then
    return x:unsqueeze(1)
  elseif x.ndim == 2 then
    return x.shape[1] > x.shape[2] and x:transpose(1, 2) or x
  elseif x.ndim == 3 then
    return image.grid(x:permute(3, 1, 2))
  end
  local channels = x.shape[3]
  if channels ~= 1 and channels ~= 3 then
    x = x:mean(3, true)
  end
  return image.grid(x:permute(4, 1, 2, 3))
end

return summary
