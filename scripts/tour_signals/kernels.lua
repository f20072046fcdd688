-- Kernels on a picture.

local lesson = require("tour_signals.lesson")

local agree, card, say = lesson.agree, lesson.card, lesson.say

local KERNELS = {
  {"blur", "blur, 9 x 9", tensor.full({9, 9}, 1 / 81)},
  {"gaussian", "Gaussian, sigma 3", image.gaussian(13, 3)},
  {"sharpen", "sharpen", image.kernels.sharpen},
  {"sobel_x", "Sobel, to the right", image.kernels.sobel_x},
  {"sobel_y", "Sobel, downwards", image.kernels.sobel_y},
  {"laplace", "Laplace", image.kernels.laplace},
  {"emboss", "emboss", image.kernels.emboss},
}

local function one_pixel(grey)
  print("A kernel slides over the picture; each pixel becomes the sum of its\n"
          .. "neighbours times the kernel's numbers. One pixel by hand:")
  local kernel = image.kernels.sharpen
  local i, j = grey.shape[1] // 2, grey.shape[2] // 2
  local window = grey[{{i - 1, i + 1}, {j - 1, j + 1}}]
  print("the pixels around it:")
  print(window)
  print("the kernel \"sharpen\":")
  print(kernel)
  local sum = (window * kernel):sum()
  say("their products add up to %.4f", sum:item())
  agree("that sum and image.filter there", image.filter(grey, kernel)[{i, j}],
        sum, 1e-5)
end

-- What a kernel makes of the picture, to look at: blurred and sharpened in
-- colour, emboss as it is, slopes around grey.
local function view(name, kernel, result, picture)
  if math.abs(kernel:sum():item()) < 1e-5 then
    return lesson.around_grey(result)
  end
  return name == "emboss" and result or image.filter(picture.colour, kernel)
end

local function all_kernels(picture)
  print("A kernel whose numbers add up to 1 keeps the brightness; one whose\n"
          .. "numbers add up to 0 leaves nothing of a plain surface:")
  print("kernel     size      sum    mean before, after   least  greatest")
  local grey, results = picture.grey, {}
  local cards = {card("the picture", picture.colour)}
  for _, row in ipairs(KERNELS) do
    local name, title, kernel = table.unpack(row)
    local result = image.filter(grey, kernel)
    say("%-10s %-7s %5.2f   %8.4f %10.4f %9.3f %8.3f", name,
        string.format("%d x %d", table.unpack(kernel.shape)),
        kernel:sum():item(), grey:mean():item(), result:mean():item(),
        result:min():item(), result:max():item())
    results[name] = result
    cards[#cards + 1] = card(title, view(name, kernel, result, picture))
  end
  print("The two Sobel kernels are the slope to the right and downwards; the\n"
          .. "length of that vector shows edges of every direction.")
  local edges = (results.sobel_x ^ 2 + results.sobel_y ^ 2):sqrt()
  cards[#cards + 1] = card("edges: both Sobels", lesson.to_scale(edges))
  lesson.save("1_kernels.png", lesson.side_by_side(cards, 3, picture))
end

return function(picture)
  lesson.chapter("Kernels on a picture")
  one_pixel(picture.grey)
  all_kernels(picture)
  print("A Gaussian is a product of two: a column, then a row, does the same\n"
          .. "with 26 products a pixel instead of 169.")
  local square = image.gaussian(13, 3)
  local row = square:sum(1, true)
  local column_first = image.filter(picture.grey, row.T)
  agree("both ways", image.filter(column_first, row),
        image.filter(picture.grey, square), 1e-5)
end
