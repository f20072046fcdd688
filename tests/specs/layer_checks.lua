-- layer_checks: what the specs of layers check alike.

local check = require("check")

local layer_checks = {}

-- Compares the gradient of sum(weighting * layer(x)) with central
-- differences, for every input and parameter. In float64.
function layer_checks.gradients(layer, ...)
  local inputs = {...}
  for i, x in ipairs(inputs) do
    inputs[i] = x:to("float64"):requires_grad_()
  end
  local y = layer(table.unpack(inputs))
  tensor.manual_seed(5)
  local weighting = tensor.randn(y.shape, "float64")
  local function loss()
    return (layer(table.unpack(inputs)) * weighting):sum()
  end
  local leaves = layer:parameters()
  table.move(inputs, 1, #inputs, #leaves + 1, leaves)
  for _, leaf in ipairs(leaves) do
    leaf:zero_grad()
  end
  loss():backward()
  for _, leaf in ipairs(leaves) do
    local flat = leaf:detach():view({-1})
    local gradient = leaf.grad:reshape({-1})
    for i = 1, leaf:numel() do
      local value, h = flat[i], 1e-5
      flat[i] = value + h
      local above = autograd.no_grad(loss):item()
      flat[i] = value - h
      local below = autograd.no_grad(loss):item()
      flat[i] = value
      check.near(gradient[i], (above - below) / (2 * h), 1e-5)
    end
  end
end

-- A layer made again from its configuration has the same one.
function layer_checks.config(layer)
  local class = getmetatable(layer)
  local config = layer:get_config()
  check.equal(class(config):get_config(), config)
  local text = require("native").json_encode(config)
  local again = class(require("native").json_decode(text))
  check.equal(again:get_config(), config)
end

-- The same normal numbers each time.
function layer_checks.random(...)
  tensor.manual_seed(4)
  return tensor.randn({...})
end

-- What the symbolic and the real shape of an output agree on.
function layer_checks.output_shape(layer, sample, expected)
  local symbol = layer(nn.Input {shape = sample})
  check.equal(symbol.shape, expected)
  local x = tensor.zeros({3, table.unpack(sample)})
  check.same_shape(layer(x), {3, table.unpack(expected)})
end

-- The layer in a model of its own, saved and loaded, computes the same.
function layer_checks.saved(layer, sample, dtype)
  local input = nn.Input{shape=sample, dtype=dtype}
  local model = nn.Model{inputs=input, outputs=layer(input)}
  local x = tensor.ones({2, table.unpack(sample)}, dtype)
  if not dtype then x = tensor.randn({2, table.unpack(sample)}) end
  local path = os.tmpname()
  local ok, err = pcall(function()
    model:save(path)
    check.near(nn.load_model(path):predict(x), model:predict(x), 0)
  end)
  os.remove(path)
  if not ok then error(err, 0) end
end

-- All of these: one symbolic and one real shape, gradients, configuration,
-- saving.
function layer_checks.all(make, sample, expected)
  layer_checks.output_shape(make(), sample, expected)
  local layer = make("float64")
  layer_checks.gradients(layer, layer_checks.random(2, table.unpack(sample)))
  layer_checks.config(make())
  layer_checks.saved(make(), sample)
end

return layer_checks
