-- The spectrum of a picture.

local lesson = require("tour_signals.lesson")

local agree, card, say = lesson.agree, lesson.card, lesson.say
local light_map, log_spectrum = lesson.light_map, lesson.log_spectrum
local fft = tensor.fft

local DOWN, ACROSS = 5, 12 -- periods of the stripes

local function make_stripes(h, w)
  local y, x = table.unpack(tensor.meshgrid({tensor.arange(h) / h,
                                             tensor.arange(w) / w}))
  return 0.5 + 0.5 * (2 * math.pi * (DOWN * y + ACROSS * x)):cos()
end

-- Says where |spectrum| is large; that must be where the stripes' periods are.
local function find_peaks(stripes)
  local h, w = table.unpack(stripes.shape)
  local size = fft.fftshift(fft.abs(fft.fft2(stripes - stripes:mean())), {1, 2})
  local places = size:gt(size:max() / 2):nonzero()
  for _, place in ipairs(places:totable()) do
    local down, across = place[1] - 1 - h // 2, place[2] - 1 - w // 2
    say("  a peak at %3d periods down, %3d across", down, across)
    if math.abs(across) ~= ACROSS or down * ACROSS ~= across * DOWN then
      lesson.stop("the peaks of the stripes are not where they belong")
    end
  end
  if #places ~= 2 then lesson.stop("the stripes should have two peaks") end
end

-- Fades x to its mean towards the edges, by half a cosine.
local function faded(x)
  local function window(n)
    return 0.5 - 0.5 * (2 * math.pi / n * (tensor.arange(n) - 0.5)):cos()
  end
  local mean, h, w = x:mean(), x.shape[1], x.shape[2]
  return (x - mean) * window(h):unsqueeze(2) * window(w) + mean
end

return function(picture)
  local grey, h, w = picture.grey, picture.height, picture.width
  lesson.chapter("The spectrum of a picture")
  say("The Fourier transform writes a picture as a sum of stripes. Stripes\n"
        .. "alone, %d periods down and %d across, are two points:", DOWN,
      ACROSS)
  local stripes = make_stripes(h, w)
  find_peaks(stripes)

  print("The picture's own:")
  local z = fft.fft2(grey)
  agree("frequency 0 and the sum of all pixels", z[{1, 1, 1}], grey:sum(),
        1e-5)
  agree("mean of |spectrum|² and sum of the pixels' squares (Parseval)",
        (z:double() ^ 2):sum() / (h * w), (grey:double() ^ 2):sum(), 1e-5)
  say("|spectrum| reaches from %.2g to %.2g: hence the logarithm",
      fft.abs(z):min():item(), fft.abs(z):max():item())
  print("The bright cross is the jump between opposite edges, for the\n"
          .. "transform repeats the picture; fading the edges removes it.")
  local middle = image.crop(log_spectrum(stripes), h // 2 - 15,
                            w // 2 - 15, 33, 33)
  local soft = faded(grey)
  lesson.save("2_spectrum.png", lesson.side_by_side({
    card("stripes", stripes), card("the picture", grey),
    card("faded at the edges", soft),
    light_map("log spectrum, its middle", middle),
    light_map("log spectrum", log_spectrum(grey)),
    light_map("log spectrum", log_spectrum(soft)),
  }, 3, picture))
end
