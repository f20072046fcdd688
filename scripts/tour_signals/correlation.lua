-- Cross-correlation: finding a part of the picture.

local lesson = require("tour_signals.lesson")

local card, light_map, say = lesson.card, lesson.light_map, lesson.say
local fft = tensor.fft

-- The cross-correlation of x with a smaller kernel, where it lies inside; in
-- the spectrum, to flip a kernel is to change the sign of its imaginary part.
local function correlate_by_fft(x, kernel)
  local h, w = table.unpack(x.shape)
  local kh, kw = table.unpack(kernel.shape)
  local z = fft.mul(fft.rfft2(x), fft.conj(fft.rfft2(kernel, {h, w})))
  return fft.irfft2(z, {h, w})[{{1, h - kh + 1}, {1, w - kw + 1}}]
end

-- The correlation coefficient, -1 to 1, of the patch with each place of x:
-- both have their mean taken off and are divided by their length.
local function normalized_correlation(x, patch)
  local ones = tensor.ones_like(patch)
  local n, flat = patch:numel(), patch - patch:mean()
  local energy = correlate_by_fft(x ^ 2, ones)
    - correlate_by_fft(x, ones) ^ 2 / n
  local least = 1e-6 * n * x:var():item() -- plain surfaces have none
  return correlate_by_fft(x, flat)
    / (energy:clamp(least) * (flat ^ 2):sum()):sqrt()
end

-- Row and column of the greatest element, and its value.
local function peak(x)
  local most = x:max()
  local place = x:eq(most):nonzero()
  return place[{1, 1}], place[{1, 2}], most:item()
end

-- The upper left corner of the window (h, w) with the most and steepest
-- edges.
local function busiest_place(x, h, w)
  local steepness = image.filter(x, image.kernels.sobel_x) ^ 2
    + image.filter(x, image.kernels.sobel_y) ^ 2
  return peak(correlate_by_fft(steepness, tensor.ones(h, w)))
end

-- The picture with a frame around a patch (h, w) at (top, left).
local function boxed(title, img, top, left, h, w)
  local x1, y1, x2, y2 = left - 0.5, top - 0.5, left + w - 0.5, top + h - 0.5
  return card(title, img):line({x1, x2, x2, x1, x1}, {y1, y1, y2, y2, y1},
                               {colors={"#ffd500"}, line_width=3})
end

-- Looks for the patch in x with so much noise; returns the pictures of it.
local function find(x, patch, noise, top, left)
  local noisy = x + noise * patch:std() * tensor.randn_like(x)
  local score = normalized_correlation(noisy, patch)
  local row, column, value = peak(score)
  local away = math.max(math.abs(row - top), math.abs(column - left))
  say("noise %d: found at row %d, column %d, correlation %.4f: %s", noise, row,
      column, value, away == 0 and "where it was cut"
        or away .. (away == 1 and " pixel away" or " pixels away"))
  if noise == 0 and away > 0 then
    lesson.stop("the patch was not found where it was cut")
  end
  return boxed(noise == 0 and "found" or "found, noise " .. noise, noisy, row,
               column, table.unpack(patch.shape)),
    plot.heatmap(score, {title="correlation coefficient", cmap="blue_red",
                         vmin=-1, vmax=1, axis=false, aspect="equal",
                         colorbar=false})
end

local function search(picture)
  local x = picture.grey:double()
  local h, w = math.min(40, picture.height // 4),
    math.min(56, picture.width // 4)
  local top, left = busiest_place(x, h, w)
  local patch = image.crop(x, top, left, h, w):clone()
  say("The patch: %d x %d pixels, cut at row %d, column %d, where edges\n"
        .. "are many and steep.", h, w, top, left)
  local plain = correlate_by_fft(x, patch)
  local row, column = peak(plain)
  say("Plain correlation is greatest at row %d, column %d: %s.", row, column,
      row == top and column == left and "where it was cut"
        or "it likes what is bright")
  print("With means taken off and lengths divided out, the greatest value\n"
          .. "there can be is 1, where the patch lies. Noise in standard\n"
          .. "deviations of the patch:")
  local cards = {card("the patch", patch)}
  cards[5] = light_map("plain correlation", plain)
  for noise = 0, 2 do
    cards[2 + noise], cards[6 + noise] = find(x, patch, noise, top, left)
  end
  lesson.save("5_correlation.png", lesson.side_by_side(cards, 4, picture))
  row, column = peak(normalized_correlation(1 - 0.4 * x, 1 - patch))
  if row ~= top or column ~= left then
    lesson.stop("the patch was not found in the negative")
  end
  print("Its negative is found as well, in a negative of the picture with\n"
          .. "0.4 of the contrast.")
end

return function(picture)
  lesson.chapter("Correlation: finding a part of the picture")
  print("Cross-correlation slides the kernel without turning it:\n"
          .. "convolution with the kernel turned by 180 degrees.")
  local kernel = tensor.randn(5, 7)
  lesson.agree("correlate(x, k) and convolve(x, k:flip())",
               picture.grey:correlate(kernel, "full"),
               picture.grey:convolve(kernel:flip(), "full"), 1e-5)
  search(picture)
end
