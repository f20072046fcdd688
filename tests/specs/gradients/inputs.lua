-- Inputs for the checks of gradients: the same numbers every time.

local inputs = {}

-- Fixed numbers in low..high, no two alike, away from whole numbers.
function inputs.numbers(shape, low, high, seed)
  local count = 1
  for _, size in ipairs(shape) do count = count * size end
  local list = {}
  for i = 1, count do
    local u = (0.5 + i * 0.6180339887498949 + (seed or 0) * 0.377) % 1
    list[i] = low + (high - low) * u
  end
  return tensor(list, "float64"):reshape(shape)
end

-- Both signs, none near 0.
function inputs.signed(shape, seed)
  local x = inputs.numbers(shape, -1.8, 1.8, seed)
  return tensor.where(x:gt(0), x + 0.2, x - 0.2)
end

function inputs.positive(shape, seed)
  return inputs.numbers(shape, 0.3, 2.2, seed)
end

function inputs.index(list) return tensor(list, "int64") end

return inputs
