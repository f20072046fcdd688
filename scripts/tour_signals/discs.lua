-- Low-pass and high-pass: discs in the spectrum.

local lesson = require("tour_signals.lesson")

local agree, card, say = lesson.agree, lesson.card, lesson.say
local fft = tensor.fft

local RADII = {4, 10, 25, 60}

-- How far each frequency is from 0, in periods over the picture's width, in
-- the order of fft2.
local function frequency_radius(h, w)
  local y, x = table.unpack(tensor.meshgrid({fft.fftfreq(h, 1 / w),
                                             fft.fftfreq(w, 1 / w)}))
  return (y ^ 2 + x ^ 2):sqrt()
end

-- The picture whose spectrum is z times the mask.
local function masked(z, mask)
  return fft.real(fft.ifft2(z * mask:unsqueeze(-1)))
end

local function low_and_high(picture, radius)
  local grey, z = picture.grey, fft.fft2(picture.grey)
  local variance = grey:var({correction=0})
  local lows, highs = {}, {}
  for k, r in ipairs(RADII) do
    local disc = radius:le(r):float()
    local low, high = masked(z, disc), masked(z, 1 - disc)
    say("radius %2d: %5.2f %% of the numbers hold %5.2f %% of the variance", r,
        100 * disc:mean():item(),
        100 * (low:var({correction=0}) / variance):item())
    agree("  low + high and the picture", low + high, grey, 1e-5)
    lows[k] = card("low-pass, radius " .. r, low)
    highs[k] = card("the rest", lesson.around_grey(high))
  end
  local cards = table.move(highs, 1, #highs, #lows + 1, lows)
  lesson.save("3_low_and_high.png",
              lesson.side_by_side(cards, #RADII, picture))
end

-- What a mask does, as a kernel: its middle, n pixels to each side.
local function kernel_of(mask, n)
  local kernel = fft.fftshift(fft.real(fft.ifft2(fft.complex(mask))), {1, 2})
  local h, w = table.unpack(mask.shape)
  return image.crop(kernel, h // 2 + 1 - n, w // 2 + 1 - n, 2 * n + 1,
                    2 * n + 1)
end

local function as_kernels(radius, r)
  local n = 22
  local disc = kernel_of(radius:le(r):float(), n)
  local bell = kernel_of((-(radius / r) ^ 2):exp(), n)
  local function depth(kernel)
    return -100 * math.min(0, (kernel:min() / kernel:max()):item())
  end
  say("Below 0 the disc's kernel falls by %.1f %% of its height, the bell's by "
        .. "%.1f %%.", depth(disc), depth(bell))
  lesson.save("3_kernels.png", plot.grid({
    lesson.signed_map("the disc as a kernel", disc),
    lesson.signed_map("a bell as a kernel", bell),
    plot.line(tensor.arange(-n, n), {disc[n + 1], bell[n + 1]}, {
      title="their middle rows", xlabel="pixels", labels={"disc", "bell"},
    }),
  }, {columns=3, size={1200, 340}}))
end

return function(picture)
  lesson.chapter("Low and high frequencies")
  print("A disc in the spectrum keeps what changes slowly (low-pass); the\n"
          .. "rest has the edges (high-pass). Radius in periods over the\n"
          .. "picture's width:")
  local radius = frequency_radius(picture.height, picture.width)
  low_and_high(picture, radius)
  print("The disc is a kernel, too: the picture whose spectrum it is. Its\n"
          .. "rings make the ripples; a Gaussian bell in its place has none.")
  as_kernels(radius, 25)
end
