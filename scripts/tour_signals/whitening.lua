-- Whitening: taking from each pixel what its neighbours say already.

local lesson = require("tour_signals.lesson")

local agree, card, say = lesson.agree, lesson.card, lesson.say
local signed_map = lesson.signed_map

local SIDE = 9 -- of a patch

-- Patches from random places, one a row, without the mean of each pixel.
local function cut_patches(x, count)
  local all = x:unfold(1, SIDE):unfold(2, SIDE)
  local rows = tensor.randint(1, all.shape[1], {count})
  local columns = tensor.randint(1, all.shape[2], {count})
  local patches = all[{rows, columns}]:reshape(count, SIDE * SIDE)
  return patches - patches:mean(1)
end

local function covariance(x)
  return x.T:matmul(x) / (x.shape[1] - 1)
end

-- Both kinds of whitening of the rows of x, which have mean 0: {pca=, zca=,
-- values=, vectors=: variances, falling, and their axes, matrix=: that of
-- ZCA}. Where x varies in all directions the covariances must be 1.
local function whiten(what, x)
  local values, vectors = tensor.linalg.eigh(covariance(x))
  values, vectors = values:flip(), vectors:flip(2)
  local least = 1e-8 * values[1] -- counts as no variance at all
  local scale = 1 / values:clamp(least):sqrt()
  local matrix = (vectors * scale):matmul(vectors.T)
  local pca, zca = x:matmul(vectors) * scale, x:matmul(matrix)
  if values[-1] > least then
    local eye = tensor.eye(values:numel(), "float64")
    agree("covariance of " .. what .. ", PCA, and 1", covariance(pca), eye,
          1e-5)
    agree("covariance of " .. what .. ", ZCA, and 1", covariance(zca), eye,
          1e-5)
  end
  return {pca=pca, zca=zca, values=values, vectors=vectors, matrix=matrix}
end

local function two_neighbours(patches)
  local most = math.min(2000, patches.shape[1])
  local pairs_of = patches[{{1, most}, {1, 2}}]
  pairs_of = pairs_of - pairs_of:mean(1)
  local white = whiten("two neighbours", pairs_of)
  local function points(title, p, limit)
    limit = limit or 1.1 * p:abs():max():item()
    return plot.scatter(p[{{}, 1}], p[{{}, 2}], {
      title=title, aspect="equal", xlim={-limit, limit}, ylim={-limit, limit},
      marker_size=2, alpha=0.5,
    })
  end
  local turned = pairs_of:matmul(white.vectors)
  local limit = 1.1 * turned:abs():max():item()
  lesson.save("7_neighbours.png", plot.grid({
    points("two neighbouring pixels", pairs_of, limit),
    points("axes turned", turned, limit),
    points("whitened (PCA)", white.pca),
  }, {columns=3, size={1140, 400}}))
end

local function tiles(rows)
  local low, high = rows:amin(2, true), rows:amax(2, true)
  local scaled = (rows - low) / (high - low):clamp(1e-12)
  return image.grid(scaled:reshape(-1, SIDE, SIDE),
                    {columns=10, padding=1, scale=4, background=1})
end

local function show_patches(patches, white)
  lesson.save("7_covariance.png", plot.grid({
    signed_map("covariance of the patches", covariance(patches)),
    signed_map("after PCA", covariance(white.pca)),
    signed_map("after ZCA", covariance(white.zca)),
  }, {columns=3, size={1200, 370}}))
  local first = {{1, 60}}
  lesson.save("7_patches.png", plot.grid({
    card("patches", tiles(patches[first])),
    card("whitened (ZCA)", tiles(white.zca[first])),
    card("axes, by falling variance", tiles(white.vectors.T[first])),
  }, {columns=3, size={1260, 300}}))
end

-- The correlation of pixels with those to their right.
local function likeness(x)
  local a, b = x[{{}, {1, -2}}], x[{{}, {2, -1}}]
  a, b = a - a:mean(), b - b:mean()
  return ((a * b):mean() / (a:square():mean() * b:square():mean()):sqrt())
    :item()
end

local function whole_picture(picture, matrix)
  print("The middle row of the ZCA matrix is a kernel: it takes from a pixel\n"
          .. "what its neighbours say. It strengthens those frequencies that\n"
          .. "the picture has little of.")
  local grey = picture.grey
  local kernel = matrix[SIDE * SIDE // 2 + 1]:reshape(SIDE, SIDE):float()
  local white = image.filter(grey, kernel)
  say("correlation of pixels with those to their right: %.4f, after the kernel "
        .. "%.4f", likeness(grey), likeness(white))
  local response = tensor.fft.fft2(kernel, {picture.height, picture.width})
  response = tensor.fft.fftshift(tensor.fft.abs(response), {1, 2}):log1p()
  lesson.save("7_whitened.png", lesson.side_by_side({
    card("the picture", grey), signed_map("the kernel", kernel),
    card("whitened", lesson.around_grey(white)),
    lesson.light_map("its log spectrum", lesson.log_spectrum(grey)),
    lesson.light_map("its log spectrum", response),
    lesson.light_map("its log spectrum", lesson.log_spectrum(white)),
  }, 3, picture))
end

return function(picture, o)
  lesson.chapter("Whitening")
  print("Neighbouring pixels are alike. Whitening turns the axes to the\n"
          .. "eigenvectors of the covariance and divides by the standard\n"
          .. "deviations (PCA); if the axes are turned back afterwards,\n"
          .. "pixels stay what they were (ZCA).")
  local patches = cut_patches(picture.grey:double(), math.max(200, o.patches))
  two_neighbours(patches)
  local white = whiten("patches", patches)
  local values = white.values
  say("%d patches of %d x %d: variances from %.3g down to %.3g; the first 8\n"
        .. "of %d axes hold %.1f %% of it all.", patches.shape[1], SIDE, SIDE,
      values[1], values[-1], SIDE * SIDE,
      100 * (values[{{1, 8}}]:sum() / values:sum()):item())
  show_patches(patches, white)
  whole_picture(picture, white.matrix)
end
