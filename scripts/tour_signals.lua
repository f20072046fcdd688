-- A tour of convolution as mathematics, with pictures: kernels on a
-- photograph, spectra, the convolution theorem, correlation, moving averages
-- and autoregression, whitening, diffusion. Each step computes what it tells
-- and checks what it claims to be equal: where that fails, the tour stops with
-- an error. The chapters are in the folder tour_signals.

local folder = arg[0]:match("^.*/") or ""
local o = dofile(folder .. "arguments.lua")(arg,
  "A lesson in convolution, printed step by step, with pictures.", {
  {"chapter", 0, "the only one to run, 1 to 8; 0: all of them"},
  {"image", "", "a PNG; none: a photo of $NNLUA_DATA, or a drawing"},
  {"out", "results/signals", "folder for the pictures"},
  {"longest", 480, "larger pictures are shrunk to this many pixels"},
  {"patches", 10000, "patches of the picture to whiten"},
})

package.path = folder .. "?.lua;" .. package.path
local lesson = require("tour_signals.lesson")

local CHAPTERS = {"kernels", "spectra", "discs", "theorem", "correlation",
                  "series", "whitening", "diffusion"}

if o.chapter < 0 or o.chapter > #CHAPTERS then
  lesson.refuse("--chapter %d: there are %d", o.chapter, #CHAPTERS)
end
tensor.manual_seed(o.seed)
lesson.write_into(o.out)
local picture = require("tour_signals.picture")(o.image, o.longest)
lesson.say("The picture: %s, %d x %d", picture.source, picture.height,
           picture.width)
print("\"Equal to 1e-06\" means: they differ by at most 1e-06 of the greatest.")
for i, name in ipairs(CHAPTERS) do
  if o.chapter == 0 or o.chapter == i then
    require("tour_signals." .. name)(picture, o)
  end
end
