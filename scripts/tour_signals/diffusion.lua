-- Convolution as diffusion: kernels that are distributions.

local lesson = require("tour_signals.lesson")

local agree, say = lesson.agree, lesson.say

local STEPS = 100
local SHOWN = {[0]=true, [1]=true, [10]=true, [100]=true}

local function softmax_kernel(kernel)
  return kernel:double():flatten():softmax():reshape(kernel.shape)
end

-- Of a distribution over pixels: the mean to the right and the variance in
-- that direction, and the entropy in nats.
local function moments(p)
  local x = tensor.arange(p.shape[2]):double()
  local mean = (p * x):sum()
  return mean:item(), (p * (x - mean) ^ 2):sum():item(),
    0 - tensor.xlogy(p, p):sum():item()
end

local function draw_growth(variances, entropies, each)
  local steps = tensor.arange(0, STEPS):double()
  local later = steps[{{2, -1}}]
  local gaussian = (2 * math.pi * math.exp(1) * each * later):log()
  lesson.save("8_growth.svg", plot.grid({
    plot.line(steps, variances, {title="variance", label="measured",
                                 xlabel="steps", ylabel="pixels²"})
      :line(steps, each * steps, {label="steps × the kernel's", dashed=true}),
    plot.line(steps, entropies, {title="entropy", label="measured",
                                 xlabel="steps", ylabel="nats"})
      :line(later, gaussian, {label="of a Gaussian bell", dashed=true}),
  }, {columns=2, size={1000, 380}}))
end

-- Spreads a point and the picture; returns where the point has gone.
local function spread(picture, kernel, each)
  local n, grey = 2 * STEPS + 1, picture.grey:double()
  local point, photo = tensor.zeros({n, n}, "float64"), picture.grey
  point[{STEPS + 1, STEPS + 1}] = 1
  local variances, entropies, points, photos = {}, {}, {}, {}
  for step = 0, STEPS do
    if step > 0 then
      point = point:convolve(kernel, "same")
      photo = image.filter(photo, kernel, {border="replicate"})
    end
    local _, variance, entropy = moments(point)
    variances[step + 1], entropies[step + 1] = variance, entropy
    if SHOWN[step] then
      say("step %3d: totals %.6f and %.6f, variance %7.4f, entropy %.4f", step,
          point:sum():item(), (photo:double():sum() / grey:sum()):item(),
          variance, entropy)
      local title = step .. (step == 1 and " step" or " steps")
      points[#points + 1] = lesson.light_map(title, image.crop(
        point, STEPS - 29, STEPS - 29, 61, 61))
      photos[#photos + 1] = lesson.card(title, photo)
    end
  end
  agree("the point's total, after 100 steps and before", point:sum(), 1,
        1e-9)
  agree("the picture's total, after 100 steps and before",
        photo:double():sum(), grey:sum(), 1e-4)
  agree("all variances and so many times the kernel's",
        tensor(variances, "float64"),
        tensor.arange(0, STEPS):double() * each, 1e-9)
  table.move(photos, 1, #photos, #points + 1, points)
  lesson.save("8_diffusion.png", lesson.side_by_side(points, 4, picture))
  draw_growth(variances, entropies, each)
  return point
end

local function compare_with_bell(point, variance)
  local u = tensor.arange(-STEPS, STEPS):double()
  local row = (-u ^ 2 / (2 * variance)):exp()
  local bell = row:unsqueeze(2) * row
  bell = bell / bell:sum()
  say("Many small steps add up to a Gaussian bell, whatever the kernel: no\n"
        .. "place is off by more than %.2f %% of the highest.",
      100 * ((point - bell):abs():max() / bell:max()):item())
end

local function drift()
  print("An uneven kernel also carries what it spreads: sobel_x through\n"
          .. "softmax moves a point by its mean, step by step.")
  local wind = softmax_kernel(image.kernels.sobel_x)
  local mean = moments(wind) - 2
  local p = tensor.ones({1, 1}, "float64")
  for _ = 1, 10 do p = p:convolve(wind) end
  local moved = moments(p) - (p.shape[2] + 1) / 2
  say("its mean is %.4f to the right; after 10 steps the point has moved %.4f",
      mean, moved)
  agree("that way and 10 times the mean", moved, 10 * mean, 1e-9)
end

return function(picture)
  lesson.chapter("Diffusion")
  print("Softmax makes any kernel a distribution: positive, with sum 1. Here\n"
          .. "the edge detector \"laplace\":")
  local kernel = softmax_kernel(image.kernels.laplace)
  print(kernel)
  local _, each = moments(kernel)
  say("Its variance is %.4f pixels² in each direction. Convolved again and\n"
        .. "again, a point and the picture spread; their totals stay.", each)
  local point = spread(picture, kernel, each)
  compare_with_bell(point, STEPS * each)
  drift()
end
