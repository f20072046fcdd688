-- A network trained elsewhere, with real weights: SqueezeNet 1.1 gives what
-- came with it. Skipped where the weights are not.

local check = require("check")

local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
local squeezenet = dofile(here .. "../bench/squeezenet.lua")

check.test("SqueezeNet has the shapes that were published", function()
  local model = squeezenet.model()
  check.equal(model:count_params(), 1235496)
  check.equal(model.outputs[1].shape, {1000})
end)

check.test("SqueezeNet gives the numbers that came with it", function()
  local weights = squeezenet.path("squeezenet1.1.safetensors")
  local input = squeezenet.path("test_input_0.npy")
  local output = squeezenet.path("test_output_0.npy")
  if not (weights and input and output) then
    print("  skipped: SqueezeNet is not here (set NNLUA_DATA)")
    return
  end
  local model = squeezenet.model()
  squeezenet.load(model, weights)
  local x = tensor.load(input):permute({1, 3, 4, 2})
  check.near(model:predict(x), tensor.load(output), 2e-4)
end)
