-- data.digits: a set of handwritten-like digits that the program draws
-- itself, so that examples and tests need no file.
--
-- A digit is a few strokes through control points. Each sample moves the
-- points a little, slants, turns, stretches and shifts the whole, and picks
-- a pen. A pen stroke is a row of soft round dots; a Gaussian dot is a
-- column times a row, so that the sum over a sample's dots is one matrix
-- product (28 x dots) * (dots x 28), and samples go through it in batches.

local options = require("options")
local tensor = require("tensor")
local generator = require("data.generator")
local glyphs = require("data.glyphs")

local SIZE = 28
local BOX_WIDTH, BOX_HEIGHT = 14, 20 -- of a digit, in pixels
local DOT_SPACING = 0.9 -- along a stroke, in pixels
local BATCH = 512 -- samples drawn at once: the buffers stay in cache
local NOISE_FIELDS = 128

-- The weights of the four control points around a place t in 0..1 between
-- the second and the third of them (a Catmull-Rom spline).
local function spline_weights(t)
  local t2, t3 = t * t, t * t * t
  return {(-t + 2 * t2 - t3) / 2, (2 - 5 * t2 + 3 * t3) / 2,
          (t + 4 * t2 - 3 * t3) / 2, (t3 - t2) / 2}
end

local function distance(a, b)
  return ((BOX_WIDTH * (a[1] - b[1])) ^ 2 + (BOX_HEIGHT * (a[2] - b[2])) ^ 2)
           ^ 0.5
end

-- Adds to `rows` one row of weights over all control points for each dot on
-- the stretch from stroke[i] to stroke[i + 1].
local function add_stretch(rows, points, stroke, i)
  local around = {stroke[math.max(i - 1, 1)], stroke[i], stroke[i + 1],
                  stroke[math.min(i + 2, #stroke)]}
  local length = distance(points[stroke[i]], points[stroke[i + 1]])
  local dots = math.max(2, math.ceil(length / DOT_SPACING))
  for dot = 0, dots - 1 do
    local row = {}
    for p = 1, #points do row[p] = 0 end
    for p, weight in ipairs(spline_weights(dot / dots)) do
      row[around[p]] = row[around[p]] + weight
    end
    rows[#rows + 1] = row
  end
end

-- (dots, control points): a dot's place is linear in the control points.
local function spline_matrix(glyph)
  local rows = {}
  for _, stroke in ipairs(glyph.strokes) do
    for i = 1, #stroke - 1 do add_stretch(rows, glyph.points, stroke, i) end
  end
  return tensor(rows)
end

-- The random choices of one sample: its control points appended to `points`
-- in pixels, its pen to `pen` (width, darkness, noise).
local function draw_sample(draw, glyph, points, pen)
  local bell = generator.bell
  local turn, slant = 0.13 * bell(draw), 0.18 * bell(draw)
  local width = BOX_WIDTH * (1 + 0.13 * bell(draw))
  local height = BOX_HEIGHT * (1 + 0.07 * bell(draw))
  local centre_x = (SIZE + 1) / 2 + 1.1 * bell(draw)
  local centre_y = (SIZE + 1) / 2 + 0.9 * bell(draw)
  local c, s = math.cos(turn), math.sin(turn)
  for _, p in ipairs(glyph.points) do
    local y = (p[2] - 0.5 + 0.035 * bell(draw)) * height
    local x = (p[1] - 0.5 + 0.045 * bell(draw)) * width - slant * y
    points[#points + 1] = centre_x + c * x - s * y
    points[#points + 1] = centre_y + s * x + c * y
  end
  pen[#pen + 1] = 0.5 + 0.6 * draw()
  pen[#pen + 1] = 1.4 + 0.7 * draw()
  pen[#pen + 1] = 0.12 * draw()
end

-- (n, SIZE, SIZE) float32 in 0..1: glyph with control points (n, c, 2) and
-- pens (n, 3).
local function render(matrix, points, pen)
  local n, dots = points.shape[1], matrix.shape[1]
  local place = tensor.matmul(matrix, points) -- (n, dots, 2)
  local width = pen[{{}, 1}]:reshape(n, 1, 1)
  local darkness = pen[{{}, 2}]:reshape(n, 1, 1)
  local pixel = tensor.arange(1, SIZE):reshape(SIZE, 1)
  local sharp = width:square():reciprocal():mul(-0.5)
  local x = place[{{}, {}, 1}]:reshape(n, dots, 1)
  local y = place[{{}, {}, 2}]:reshape(n, 1, dots)
  local row = (pixel - y):square():mul(sharp):exp() -- (n, SIZE, dots)
  local column = (pixel:reshape(1, SIZE) - x):square():mul(sharp):exp()
  local even = darkness * (DOT_SPACING / math.sqrt(2 * math.pi)) / width
  return (row:matmul(column) * even):clamp(0, 1)
end

-- Fields of background noise, (NOISE_FIELDS, SIZE, SIZE) in 0..1.
local function noise_fields(draw)
  local values = {}
  for i = 1, NOISE_FIELDS * SIZE * SIZE do values[i] = draw() end
  return tensor(values):reshape(NOISE_FIELDS, SIZE, SIZE)
end

-- The way of writing that a sample gets, as a table of its own per glyph:
-- samples of one glyph are drawn together.
local function new_batch(glyph)
  return {glyph = glyph, samples = {}, points = {}, pen = {}, fields = {}}
end

-- Sorts the samples into batches of one glyph each; `labels` in random order.
local function plan(draw, labels)
  local batches, open = {}, {}
  for i, label in ipairs(labels) do
    local ways = glyphs[label]
    local glyph = ways[1 + math.floor(draw() * #ways)]
    local batch = open[glyph]
    if not batch or #batch.samples == BATCH then
      batch = new_batch(glyph)
      open[glyph], batches[#batches + 1] = batch, batch
    end
    batch.samples[#batch.samples + 1] = i
    batch.fields[#batch.fields + 1] = 1 + math.floor(draw() * NOISE_FIELDS)
    draw_sample(draw, glyph, batch.points, batch.pen)
  end
  return batches
end

local function render_batch(batch, matrices, noise)
  local n, glyph = #batch.samples, batch.glyph
  matrices[glyph] = matrices[glyph] or spline_matrix(glyph)
  local points = tensor(batch.points):reshape(n, #glyph.points, 2)
  local pen = tensor(batch.pen):reshape(n, 3)
  local field = noise:index_select(1, tensor(batch.fields, "int64"))
  local ink = render(matrices[glyph], points, pen)
  ink = (ink + field * pen[{{}, 3}]:reshape(n, 1, 1)):clamp(0, 1)
  return (ink * 255):round():to("uint8")
end

local function draw_set(seed, count)
  local draw = generator.uniform(seed)
  local labels = {}
  for i = 1, count do labels[i] = (i - 1) % #glyphs + 1 end
  generator.shuffle(draw, labels)
  local noise, matrices = noise_fields(draw), {}
  local parts, place, drawn = {}, {}, 0
  for b, batch in ipairs(plan(draw, labels)) do
    parts[b] = render_batch(batch, matrices, noise)
    for i, sample in ipairs(batch.samples) do place[sample] = drawn + i end
    drawn = drawn + #batch.samples
  end
  local x = tensor.concat(parts, 1):index_select(1, tensor(place, "int64"))
  return {x = x, y = tensor(labels, "int64")}
end

local SPECIFICATION = {
  positional = 0,
  {"train", options.positive_integer, 6000},
  {"test", options.positive_integer, 1000},
  {"seed", options.integer, 1},
}

--- data.digits({train=6000, test=1000, seed=1})
-- Handwritten-like digits, drawn by the program itself: no file is needed.
-- Each image is a set of pen strokes through control points that are moved a
-- little at random, then slanted, turned, stretched and shifted; pens differ
-- in width, and there is some noise. A softmax regression gets about nine in
-- ten of them right, a small network about 97 in 100.
--   train, test  how many samples of each (classes are balanced)
--   seed         another seed draws another set; the same seed always the
--                same one, and tensor's random stream is left as it was
-- Returns {train={x=, y=}, test={x=, y=}, classes={"0", ..., "9"}}: x uint8
-- (N, 28, 28), y int64 (N), the class from 1 (class 1 is the digit 0).
-- See also: data.mnist, data.fashion_mnist.
--   > data.digits({train=100, test=20}).train.x.shape
--   (100, 28, 28)
--   > data.digits({train=100, test=20}).test.y.dtype
--   int64
--   > #data.digits({train=20, test=10}).classes
--   10
local function digits(opts)
  local o = options.read("data.digits", SPECIFICATION, opts)
  local classes = {}
  for k = 1, #glyphs do classes[k] = tostring(k - 1) end
  return {
    train = draw_set(2 * o.seed, o.train),
    test = draw_set(2 * o.seed + 1, o.test),
    classes = classes,
  }
end

return digits
