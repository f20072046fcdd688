-- Moving averages and autoregression: convolutions along time.

local lesson = require("tour_signals.lesson")

local agree, say = lesson.agree, lesson.say
local fft = tensor.fft

local DAY = 144 -- values, one every ten minutes
local WIDE = 25 -- values in a moving average
local ORDER = 12 -- values that a prediction looks at

local function noise(n)
  return tensor.randn({n}, "float64")
end

-- x[t] = e[t] + sum over k of a[k] x[t - k], for a list a.
local function autoregress(a, e)
  local x, impulses = {}, e:totable()
  for t, sum in ipairs(impulses) do
    for k = 1, #a do sum = sum + a[k] * (x[t - k] or 0) end
    x[t] = sum
  end
  return tensor(x, "float64")
end

local function rmse(a, b)
  return (a - b):square():mean():sqrt():item()
end

-- Temperatures ---------------------------------------------------------------

-- A column of a gzipped CSV file as a list of numbers; nil where there is no
-- such file, or not enough in it.
local function read_column(path, name)
  if not lesson.readable(path) then return nil end
  local pipe = io.popen("gzip -dc '" .. path:gsub("'", "'\\''") .. "'")
  local values, at, k = {}, nil, 0
  for field in (pipe:read("l") or ""):gmatch("[^,\r]+") do
    k = k + 1
    if field == name then at = k end
  end
  for line in pipe:lines() do
    k = 0
    for field in line:gmatch("[^,\r]+") do
      k = k + 1
      if k == at then values[#values + 1] = tonumber(field) end
    end
  end
  pipe:close()
  return #values > 10 * DAY and values or nil
end

-- Temperatures, and where they are from.
local function temperatures()
  local folder = os.getenv("NNLUA_DATA")
  local list = folder and read_column(folder
    .. "/timeseries/jena_climate_2009-01_first4000.csv.gz", "T (degC)")
  if list then return tensor(list, "float64"), "Jena, January 2009" end
  local days = tensor.arange(4000):double() / DAY
  return 4 * (2 * math.pi * days):sin()
    + 0.15 * autoregress({1.3, -0.31}, noise(4000)), "made up"
end

-- Moving averages ------------------------------------------------------------

-- The weights of three moving averages; each add up to 1.
local function averages()
  local half = tensor.ones({(WIDE + 1) // 2}, "float64")
  local u = (tensor.arange(WIDE):double() - (WIDE + 1) / 2) / (WIDE / 6)
  local list = {
    {"box", tensor.ones({WIDE}, "float64")},
    {"triangle", half:convolve(half)},
    {"Gaussian", (-u ^ 2 / 2):exp()},
  }
  for _, row in ipairs(list) do row[2] = row[2] / row[2]:sum() end
  return list
end

local function of_white_noise()
  print("A weighted moving average is a convolution with the weights w. It\n"
          .. "leaves the share sum(w²) of the variance of white noise:")
  local white = noise(200000)
  for _, row in ipairs(averages()) do
    local name, weights = table.unpack(row)
    local share = (weights ^ 2):sum():item()
    local left = white:convolve(weights, "valid"):var() / white:var()
    say("  %-9s sum(w²) = %.4f, measured %.4f", name, share, left:item())
    if math.abs(left:item() / share - 1) > 0.1 then
      lesson.stop("a moving average leaves another variance than it should")
    end
  end
end

local function of_temperatures(x, source)
  say("Temperatures (%s) with noise of 1 degree; off, as a root mean square:",
      source)
  local noisy = x + noise(x:numel())
  local inside = {1 + WIDE // 2, -1 - WIDE // 2} -- where an average is whole
  local truth, smooth = x[{inside}], nil
  say("  %-9s %.3f degrees", "noisy", rmse(noisy, x))
  for _, row in ipairs(averages()) do
    smooth = noisy:convolve(row[2], "valid")
    say("  %-9s %.3f", row[1], rmse(smooth, truth))
  end
  local first = {1, 3 * DAY}
  local hours = tensor.arange(first[2]):double() * 24 / DAY
  lesson.save("6_moving_average.png", plot.figure({
    title=string.format("Weighted moving average of %d values", WIDE),
    xlabel="hours", ylabel="degrees", size={960, 420}})
    :scatter(hours, noisy[{inside}][{first}], {
      label="noisy", colors={"#999999"}, marker_size=2.5, alpha=0.6})
    :line(hours, smooth[{first}], {label="Gaussian weights"})
    :line(hours, truth[{first}], {label="without the noise", dashed=true}))
end

-- Autoregression -------------------------------------------------------------

-- The `order` values before x[order + 1], before x[order + 2], ...: a row
-- each, the latest first.
local function past(x, order)
  return x[{{1, -2}}]:unfold(1, order):flip(2)
end

-- a and c of x[t] = c + sum over k of a[k] x[t - k], by least squares.
local function fit(x, order)
  local before = past(x, order)
  local ones = tensor.ones({before.shape[1], 1}, "float64")
  local solution = tensor.linalg.lstsq(tensor.concat({before, ones}, 2),
                                       x[{{order + 1, -1}}])
  return solution[{{1, order}}], solution[order + 1]
end

-- The prediction of each value from those before it: a convolution.
local function predict(x, a, c)
  return x[{{1, -2}}]:convolve(a, "valid") + c
end

-- The correlation of x with itself 0, 1, ... most steps later.
local function autocorrelation(x, most)
  local n = 2 * x:numel()
  local z = fft.rfft(x - x:mean(), n)
  local r = fft.irfft(fft.mul(z, fft.conj(z)), n)[{{1, most + 1}}]
  return r / r[1]
end

-- Makes a process and finds it again; returns two plots of it.
local function known_process()
  print("An autoregressive process, x[t] = 1.6 x[t-1] - 0.8 x[t-2] + e[t], of\n"
          .. "4000 steps with white noise e, and what least squares finds in "
          .. "it:")
  local truth, e = {1.6, -0.8}, noise(4000)
  local x = autoregress(truth, e)
  local a, c = fit(x, 2)
  say("a = (%.4f, %.4f), c = %.4f", a[1], a[2], c)
  if math.abs(a[1] - 1.6) > 0.07 or math.abs(a[2] + 0.8) > 0.07 then
    lesson.stop("least squares should have found 1.6 and -0.8")
  end
  print("The process is the noise convolved with its impulse response, the\n"
          .. "answer to a single 1; and the kernel (1, -1.6, 0.8) undoes it:")
  local one = tensor.zeros({400}, "float64")
  one[1] = 1
  local answer, n = autoregress(truth, one), x:numel()
  local undo = tensor({1, -1.6, 0.8}, "float64")
  agree("e * impulse response and x", e:convolve(answer)[{{1, n}}], x, 1e-9)
  agree("x * (1, -1.6, 0.8) and e", x:convolve(undo)[{{1, n}}], e, 1e-9)
  local left = x[{{3, n}}] - predict(x, a, c)
  return plot.line(tensor.arange(0, 60), answer[{{1, 61}}], {
    title="impulse response of the process", xlabel="steps",
  }), plot.line(tensor.arange(0, 40), {autocorrelation(x, 40),
                                       autocorrelation(left, 40)}, {
    title="autocorrelation", xlabel="steps apart",
    labels={"the process", "what predictions leave"},
  })
end

-- Predicts temperatures; returns two plots of it.
local function forecast(x)
  print("The temperatures, ten minutes ahead from the last two hours; fitted\n"
          .. "to the first three quarters, tried on the rest:")
  local cut = x:numel() * 3 // 4
  local train, test = x[{{1, cut}}], x[{{cut + 1, -1}}]
  local a, c = fit(train, ORDER)
  local predicted, real = predict(test, a, c), test[{{ORDER + 1, -1}}]
  agree("the convolution and the sums c + a[1] x[t - 1] + ...", predicted,
        past(test, ORDER):matmul(a) + c, 1e-9)
  local same = test[{{ORDER, -2}}]
  say("off by %.4f degrees; \"as it is now\" by %.4f, \"as on average\" by "
        .. "%.4f", rmse(predicted, real), rmse(same, real),
      rmse(train:mean():expand(real:numel()), real))
  local first = {1, DAY // 2}
  return plot.line(tensor.arange(first[2]):double() * 24 / DAY,
                   {real[{first}], predicted[{first}]}, {
    title="ten minutes ahead", xlabel="hours", ylabel="degrees",
    labels={"temperature", "autoregression"},
  }), plot.hist({same - real, predicted - real}, {
    title="how far off", xlabel="degrees", bins=40, range={-1, 1},
    labels={"as it is now", "autoregression"},
  })
end

return function()
  lesson.chapter("Moving averages and autoregression")
  of_white_noise()
  local x, source = temperatures()
  of_temperatures(x, source)
  local answer, likeness = known_process()
  local ahead, errors = forecast(x)
  lesson.save("6_autoregression.png",
              plot.grid({answer, likeness, ahead, errors},
                        {columns=2, size={1000, 720}}))
end
