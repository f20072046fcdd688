-- tensor.batch_norm: the fused passes against the same in plain operations.

local check = require("check")
local test = check.test

local function dims_but(axis, ndim)
  local dims, meeting = {}, {}
  for dim = 1, ndim do
    if dim ~= axis then dims[#dims + 1] = dim end
    meeting[dim] = 1
  end
  return dims, meeting
end

-- y, mean, variance as the formula says.
local function plain(x, gamma, beta, axis, epsilon)
  local dims, meeting = dims_but(axis, x.ndim)
  meeting[axis] = x.shape[axis]
  local mean = #dims > 0 and x:mean(dims, true) or x
  local centered = x - mean
  local square = centered:square()
  local variance = #dims > 0 and square:mean(dims, true) or square
  local y = centered * (variance + epsilon):rsqrt() * gamma:reshape(meeting)
  return y + beta:reshape(meeting), mean:flatten(), variance:flatten()
end

local function near(got, due, tolerance)
  check.equal(tostring(got.shape), tostring(due.shape))
  check.equal(got.dtype, due.dtype)
  if got:numel() == 0 then return end
  local scale = math.max(1, due:abs():max():item())
  check.truthy((got - due):abs():max():item() <= tolerance * scale,
    tostring((got - due):abs():max()))
end

local CASES = {
  {{6, 4}, 2}, {{3, 5, 4}, 3}, {{3, 4, 5}, 2}, {{2, 3, 4, 4}, 2},
  {{5, 2, 3}, 1}, {{40000, 3}, 2}, {{700, 80}, 2}, {{2, 3, 200, 150}, 2},
  {{4, 1}, 2}, {{3, 0}, 2},
}

test("values and gradients, both float types, every layout", function()
  tensor.manual_seed(3)
  for dtype, tolerance in pairs {float32=2e-5, float64=1e-12} do
    for _, case in ipairs(CASES) do
      local shape, axis = case[1], case[2]
      local size = shape[axis]
      local x = tensor.randn(shape, dtype) * 3 + 5
      local gamma, beta = tensor.randn({size}, dtype), tensor.randn({size}, dtype)
      local weight = tensor.randn(shape, dtype)
      for _, views in ipairs {false, true} do
        if views then x = x.T:contiguous().T end
        local inputs = {x, gamma, beta}
        for _, t in ipairs(inputs) do t:requires_grad_() end
        local y, mean, variance = x:batch_norm(gamma, beta, axis, 0.01)
        local y2, mean2, variance2 = plain(x, gamma, beta, axis, 0.01)
        near(y, y2, tolerance)
        near(mean, mean2, tolerance)
        near(variance, variance2, tolerance)
        local got = autograd.grad((y * weight):sum(), inputs)
        local due = autograd.grad((y2 * weight):sum(), inputs)
        for k = 1, 3 do near(got[k], due[k], tolerance * 10) end
        x, gamma, beta = x:detach(), gamma:detach(), beta:detach()
      end
    end
  end
end)

test("a mean far from 0 and a channel that does not change", function()
  local x = tensor.randn(4096, 3) * 0.01 + tensor({1000, -3e4, 0})
  local y, mean, variance = x:batch_norm(tensor.ones(3), tensor.zeros(3), 2, 0)
  local wide = x:double()
  near(mean:double(), wide:mean(1), 1e-6)
  near(variance:double(), wide:var(1, false, 0), 1e-6)
  check.truthy(y:mean(1):abs():max():item() < 0.02)
  y, mean, variance = tensor.full({50, 2}, 7):batch_norm(tensor.ones(2),
                                                         tensor.zeros(2))
  check.equal(y:abs():max():item(), 0.0)
  check.equal(mean[1], 7.0)
  check.equal(variance[1], 0.0)
end)

test("no samples, NaN and infinity stay in their channel", function()
  local y, mean = tensor.zeros(0, 2):batch_norm(tensor.ones(2), tensor.zeros(2))
  check.equal(tostring(y.shape), "(0, 2)")
  check.truthy(mean:isnan():all():item())
  for _, odd in ipairs {0 / 0, math.huge} do
    local x = tensor.arange(12):float():reshape(4, 3)
    x[{1, 2}] = odd
    y = x:batch_norm(tensor.ones(3), tensor.zeros(3))
    check.truthy(y[{{}, 2}]:isnan():all():item())
    check.truthy(y[{{}, {1, 3, 2}}]:isfinite():all():item())
  end
end)

test("dtypes join; what is refused", function()
  local ones, zeros = tensor.ones(2), tensor.zeros(2)
  check.equal(tensor.ones({3, 2}, "int64"):batch_norm(ones, zeros).dtype,
              "float32")
  check.equal(tensor.ones({3, 2}, "float64"):batch_norm(ones, zeros).dtype,
              "float64")
  local x = tensor.ones(3, 2)
  check.refuses("gamma must have one number for each of the 2 channels "
                .. "%(dim 2 of %(3, 2%)%), got shape %(3%)", function()
    x:batch_norm(tensor.ones(3), zeros)
  end)
  check.refuses("beta must have one number for each of the 3 channels",
                function() x:batch_norm(tensor.ones(3), zeros, 1) end)
  check.refuses("batch_norm: dim 3 does not exist",
                function() x:batch_norm(ones, zeros, 3) end)
  check.refuses("epsilon must be at least 0",
                function() x:batch_norm(ones, zeros, 2, -1) end)
  check.refuses("batch_norm: ", function()
    tensor(1):batch_norm(ones, zeros)
  end)
end)
