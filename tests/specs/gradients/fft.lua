-- Gradients of tensor.fft: what their rows are checked with.

local inputs = require("gradients.inputs")
local signed, positive = inputs.signed, inputs.positive
local fft = tensor.fft

-- A call with options on tracked tensors of the given shapes.
local function case(f, options, ...)
  local list = {}
  for k, shape in ipairs({...}) do list[k] = signed(shape, k) end
  return {f=function(...)
    local args = {...}
    args[#args + 1] = options
    return f(table.unpack(args))
  end, list}
end

local special = {
  ["fft.fft"]={
    case(fft.fft, nil, {2, 5}),
    case(fft.fft, {n=6, dim=1, norm="ortho"}, {4, 3}),
    case(fft.fft, {n=3, complex=true}, {2, 4, 2})},
  ["fft.ifft"]={
    case(fft.ifft, nil, {2, 3, 2}),
    case(fft.ifft, {n=5, dim=1, norm="ortho"}, {4, 2, 2})},
  ["fft.rfft"]={
    case(fft.rfft, nil, {2, 6}),
    case(fft.rfft, {dim=1, norm="forward"}, {5, 3}),
    case(fft.rfft, {n=4}, {3}), case(fft.rfft, {n=1}, {3}),
    case(fft.rfft, {n=2}, {2})},
  ["fft.irfft"]={
    case(fft.irfft, nil, {2, 4, 2}),
    case(fft.irfft, {n=5, dim=1, norm="ortho"}, {3, 2, 2}),
    case(fft.irfft, {n=1}, {1, 2}), case(fft.irfft, {n=2}, {2, 2})},
  ["fft.fft2"]={
    case(fft.fft2, nil, {3, 4}),
    case(fft.fft2, {dim={1, 2}, norm="ortho"}, {3, 2, 3}),
    case(fft.fft2, {n={2, 4}, complex=true}, {3, 3, 2})},
  ["fft.ifft2"]={case(fft.ifft2, nil, {2, 3, 2})},
  ["fft.rfft2"]={
    case(fft.rfft2, nil, {3, 4}), case(fft.rfft2, {dim={-1, 1}}, {3, 4})},
  ["fft.irfft2"]={
    case(fft.irfft2, nil, {2, 3, 2}), case(fft.irfft2, {n={2, 3}}, {3, 2, 2})},
  ["fft.fftn"]={case(fft.fftn, nil, {2, 3, 3})},
  ["fft.ifftn"]={case(fft.ifftn, {dim={1, -1}}, {2, 2, 3, 2})},
  ["fft.fftshift"]={
    case(fft.fftshift, nil, {3, 4}),
    case(fft.fftshift, {dim=-1, complex=true}, {2, 5, 2})},
  ["fft.ifftshift"]={case(fft.ifftshift, nil, {5, 3})},
  ["fft.complex"]={case(fft.complex, nil, {2, 3}, {3})},
  ["fft.polar"]={{f=fft.polar, {positive({2, 1}), signed({3})}}},
  ["fft.real"]={case(fft.real, nil, {3, 2})},
  ["fft.imag"]={case(fft.imag, nil, {3, 2})},
  ["fft.conj"]={case(fft.conj, nil, {3, 2})},
  ["fft.abs"]={case(fft.abs, nil, {2, 3, 2})},
  ["fft.angle"]={case(fft.angle, nil, {2, 3, 2})},
  ["fft.mul"]={
    case(fft.mul, nil, {2, 3, 2}, {3, 2}), case(fft.mul, nil, {2}, {1, 2})},
}

local through = {
  fft_complex="fft.ifft", fft_real="fft.fft", fft_half="fft.rfft",
  fft_whole="fft.irfft", complex_abs="fft.abs",
}

return {special=special, through=through}
