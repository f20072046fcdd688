-- The convolution theorem: the spectrum of a convolution is the product of
-- the spectra.

local lesson = require("tour_signals.lesson")

local agree, say = lesson.agree, lesson.say
local fft = tensor.fft

local function in_one_dimension()
  print("(x * k)[i] is the sum over j of x[i - j] k[j]. In one dimension:")
  local x, k = tensor({1, 2, 3}), tensor({1, 0.5, 0.25})
  print("> tensor({1, 2, 3}):convolve(tensor({1, 0.5, 0.25}))")
  print(x:convolve(k))
  print("Its spectrum is the product of the two spectra, given zeros after\n"
          .. "both so that all of the result has room:")
  local product = fft.mul(fft.rfft(x, 5), fft.rfft(k, 5))
  agree("irfft(rfft(x, 5) rfft(k, 5), 5) and x * k", fft.irfft(product, 5),
        x:convolve(k), 1e-5)
  print("Without the zeros, what leaves at the end comes back in front:")
  print("> fft.irfft(fft.mul(fft.rfft(x), fft.rfft(k)), 3)")
  print(fft.irfft(fft.mul(fft.rfft(x), fft.rfft(k)), 3))
end

-- All of the convolution of x and kernel, by way of the spectra.
local function convolve_by_fft(x, kernel)
  local n = {x.shape[1] + kernel.shape[1] - 1, x.shape[2] + kernel.shape[2] - 1}
  return fft.irfft2(fft.mul(fft.rfft2(x, n), fft.rfft2(kernel, n)), n)
end

-- What f gives, and the processor seconds of a call.
local function timed(f, ...)
  local start, calls, result = os.clock(), 0, nil
  repeat
    result, calls = f(...), calls + 1
  until os.clock() - start > 0.02
  return result, (os.clock() - start) / calls
end

return function(picture)
  lesson.chapter("The convolution theorem")
  in_one_dimension()
  print("The picture and random kernels in float32, directly and by FFT:")
  local sizes, slow, fast = {3, 7, 15, 31, 47}, {}, {}
  for i, n in ipairs(sizes) do
    local kernel, direct, by_fft = tensor.randn(n, n), nil, nil
    direct, slow[i] = timed(tensor.convolve, picture.grey, kernel)
    by_fft, fast[i] = timed(convolve_by_fft, picture.grey, kernel)
    agree(string.format("%2d x %-2d  directly %7.4f s, by FFT %7.4f s", n, n,
                        slow[i], fast[i]), by_fft, direct, 1e-5)
  end
  print("The direct way does n² products a pixel; to the FFT, all kernels\n"
          .. "are alike.")
  lesson.save("4_theorem.svg", plot.line(sizes, {slow, fast}, {
    title=string.format("An n × n kernel on %d × %d pixels", picture.height,
                        picture.width),
    xlabel="n", ylabel="processor seconds", yscale="log", markers=true,
    labels={"directly", "by FFT"},
  }))
end
