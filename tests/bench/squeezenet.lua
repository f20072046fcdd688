-- SqueezeNet 1.1 (Iandola and others, 2016) and its weights, where they are:
-- $NNLUA_DATA/squeezenet/squeezenet1.1.safetensors, kernels as (channels out,
-- channels in, rows, columns).

local nn = require("nn")
local tensor = require("tensor")

local squeezenet = {}

local function convolve(x, name, filters, size, options)
  local layer = {filters, size, name=name, activation="relu"}
  for key, value in pairs(options or {}) do layer[key] = value end
  return nn.Conv2D(layer)(x)
end

-- Few channels of each position, and many again of these and their neighbours.
local function fire(x, name, squeezed, expanded)
  x = convolve(x, name .. ".squeeze1x1", squeezed, 1)
  return nn.Concatenate()(
    convolve(x, name .. ".expand1x1", expanded, 1),
    convolve(x, name .. ".expand3x3", expanded, 3, {padding="same"}))
end

-- The model: images (batch, 224, 224, 3) -> 1000 numbers, before softmax.
function squeezenet.model()
  local input = nn.Input {224, 224, 3}
  local x = convolve(input, "conv1", 64, 3, {strides=2})
  local number = 2
  for _, stage in ipairs {
    {{16, 64}, {16, 64}},
    {{32, 128}, {32, 128}},
    {{48, 192}, {48, 192}, {64, 256}, {64, 256}},
  } do
    x = nn.MaxPooling2D {3, 2}(x)
    for _, sizes in ipairs(stage) do
      x = fire(x, "fire" .. number, sizes[1], sizes[2])
      number = number + 1
    end
  end
  x = nn.GlobalAveragePooling2D()(convolve(x, "conv10", 1000, 1))
  return nn.Model {inputs=input, outputs=x}
end

-- The path of a file that belongs to it; nil where it is missing.
function squeezenet.path(name)
  local folder = os.getenv("NNLUA_DATA")
  local path = folder and folder .. "/squeezenet/" .. name
  local file = path and io.open(path, "rb")
  if file then
    file:close()
    return path
  end
end

-- Gives the model the weights of that file.
function squeezenet.load(model, path)
  local weights = {}
  for name, x in pairs(tensor.load(path)) do
    local kernel = name:gsub("%.weight$", ".kernel")
    weights[kernel] = kernel == name and x or x:permute({3, 4, 2, 1})
  end
  model:load_state_dict(weights)
end

return squeezenet
