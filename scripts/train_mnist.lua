-- Classifies pictures of ten classes (MNIST, Fashion-MNIST, or digits that
-- the program draws itself) with a two-layer network, a small convolutional
-- network, or softmax regression.
--
-- At the end it says how well the model does on the test set, and writes the
-- learning curve (history.csv) and the pictures it mistook (mistakes.png),
-- each with the class it saw in red and the true one in green.

local folder = arg[0]:match("^.*/") or ""
local o = dofile(folder .. "arguments.lua")(arg,
  "Trains a classifier of 28 x 28 pictures and shows its mistakes.", {
  {"model", "mlp", "the network", "mlp|cnn|softmax"},
  {"dataset", "mnist", "the pictures", "mnist|fashion|digits"},
  {"epochs", 5, "passes over the training set"},
  {"batch-size", 128, "samples in a batch"},
  {"lr", 0.0, "learning rate at the start; 0: the model's own"},
  {"mistakes", 40, "how many mistaken pictures to show"},
  {"out", "results", "folder for what is written"},
})

-- The models -----------------------------------------------------------------

-- Each gives the network, the optimizer, its learning rate, and whether the
-- rate falls to 0 along a cosine (else it stays).
local models = {}

-- One hidden layer of 512 units.
function models.mlp()
  return nn.Sequential{
    nn.Flatten{input_shape={28, 28, 1}},
    nn.Dense{512, activation="relu"},
    nn.Dense{10, activation="softmax"},
  }, optim.RMSprop, 1e-3
end

-- A convolution whose channels are normalized before they are rectified.
local function convolution(model, filters, input_shape)
  model:add(nn.Conv2D{filters, 3, use_bias=false, input_shape=input_shape})
  model:add(nn.BatchNormalization{momentum=0.9})
  model:add(nn.Activation{"relu"})
end

-- Three convolutions with pooling between them; dropout, and steps that grow
-- smaller, keep it from learning the training pictures by heart.
function models.cnn()
  local model = nn.Sequential{}
  convolution(model, 32, {28, 28, 1})
  model:add(nn.MaxPooling2D{2})
  convolution(model, 64)
  model:add(nn.MaxPooling2D{2})
  convolution(model, 64)
  model:add(nn.Flatten{})
  model:add(nn.Dropout{0.4})
  model:add(nn.Dense{128, activation="relu"})
  model:add(nn.Dropout{0.4})
  model:add(nn.Dense{10, activation="softmax"})
  return model, optim.Adam, 3e-3, true
end

-- Softmax regression: a single layer.
function models.softmax()
  return nn.Sequential{
    nn.Flatten{input_shape={28, 28, 1}},
    nn.Dense{10, activation="softmax"},
  }, optim.SGD, 0.5
end

-- Pictures of mistakes -------------------------------------------------------

-- Rows of the digits 0..9, five pixels wide, as a small screen shows them.
local FONT = {
  ["0"] = {"01110", "10001", "10011", "10101", "11001", "10001", "01110"},
  ["1"] = {"00100", "01100", "00100", "00100", "00100", "00100", "01110"},
  ["2"] = {"01110", "10001", "00001", "00110", "01000", "10000", "11111"},
  ["3"] = {"11111", "00010", "00100", "00010", "00001", "10001", "01110"},
  ["4"] = {"00010", "00110", "01010", "10010", "11111", "00010", "00010"},
  ["5"] = {"11111", "10000", "11110", "00001", "00001", "10001", "01110"},
  ["6"] = {"00110", "01000", "10000", "11110", "10001", "10001", "01110"},
  ["7"] = {"11111", "00001", "00010", "00100", "01000", "01000", "01000"},
  ["8"] = {"01110", "10001", "10001", "01110", "10001", "10001", "01110"},
  ["9"] = {"01110", "10001", "10001", "01111", "00001", "00010", "01100"},
}
local RED, GREEN = {255, 96, 80}, {96, 220, 110}
local ZOOM, FONT_ZOOM, FONT_HEIGHT = 3, 2, 9

-- Writes the number into a strip (height, width, 3), from that column on.
local function draw_number(strip, number, column, colour)
  local ink = tensor(colour, "uint8")
  for digit in tostring(number):gmatch("%d") do
    for r, bits in ipairs(FONT[digit]) do
      for c = 1, #bits do
        if bits:sub(c, c) == "1" then strip[{r + 1, column + c - 1}] = ink end
      end
    end
    column = column + 6
  end
end

-- The picture enlarged, with the two numbers below it.
local function captioned(img, seen, truth)
  local width = img.shape[2] * ZOOM // FONT_ZOOM
  local strip = tensor.zeros({1, FONT_HEIGHT, width, 3}, "uint8")
  draw_number(strip[1], seen, 2, RED)
  draw_number(strip[1], truth, width - 6 * #tostring(truth) + 1, GREEN)
  local colours = img:unsqueeze(-1):expand(-1, -1, 3):unsqueeze(1)
  return tensor.concat({
    image.grid(colours, {padding=0, scale=ZOOM}),
    image.grid(strip, {padding=0, scale=FONT_ZOOM}),
  }, 1)
end

-- A digit's caption is the digit itself, other classes have their number.
local function caption(classes, k)
  return tonumber(classes[k]) or k
end

local function title(classes, k)
  return tonumber(classes[k]) and classes[k] or k .. " " .. classes[k]
end

-- The positions in the test set where the model is wrong.
local function mistakes(model, x, y)
  local seen = model:predict(x):argmax(2)
  return seen:ne(y):nonzero():flatten():totable(), seen
end

local function show_mistakes(path, set, wrong, seen)
  local cards, classes = {}, set.classes
  print(string.format("%-8s %-14s %s", "picture", "predicted", "true"))
  for i = 1, math.min(#wrong, o.mistakes) do
    local n = wrong[i]
    local guess, truth = seen[n], set.test.y[n]
    print(string.format("%-8d %-14s %s", n, title(classes, guess),
                        title(classes, truth)))
    cards[i] = captioned(set.test.x[n], caption(classes, guess),
                         caption(classes, truth))
  end
  image.save(path, image.grid(cards, {columns=math.min(#cards, 10),
                                      padding=4, background=64}))
end

-- The run --------------------------------------------------------------------

local sets = {mnist=data.mnist, fashion=data.fashion_mnist,
              digits=data.digits}

-- Pictures as (N, 28, 28, 1) floats from 0 to 1, labels one-hot.
local function prepare(part)
  return part.x:to("float32"):div_(255):unsqueeze(-1),
         data.to_categorical(part.y, 10)
end

tensor.manual_seed(o.seed)
local set = sets[o.dataset]()
local x_train, y_train = prepare(set.train)
local x_test, y_test = prepare(set.test)

local model, optimizer, lr, falls = models[o.model]()
local batch_size = o["batch-size"]
if o.lr > 0 then lr = o.lr end

-- Smaller steps as the weights settle, batch by batch.
if falls then
  local steps = math.ceil(set.train.x.shape[1] / batch_size) * o.epochs
  lr = optim.schedules.cosine{lr, steps}
end

local history_path = o.out .. "/history.csv"
local mistakes_path = o.out .. "/mistakes.png"

model:summary()
model:compile{optimizer=optimizer{lr=lr}, loss="categorical_crossentropy",
              metrics={"accuracy"}}
model:fit(x_train, y_train, {
  epochs=o.epochs, batch_size=batch_size,
  validation_data={x_test, y_test},
  callbacks={nn.callbacks.CSVLogger{history_path}},
})

local loss, accuracy = model:evaluate(x_test, y_test)
print(string.format("test loss %.4f, test accuracy %.4f", loss, accuracy))

local wrong, seen = mistakes(model, x_test, set.test.y)
print(string.format("%d of %d test pictures are mistaken", #wrong,
                    set.test.x.shape[1]))
print("wrote " .. history_path)
if #wrong > 0 and o.mistakes > 0 then
  show_mistakes(mistakes_path, set, wrong, seen)
  print("wrote " .. mistakes_path)
end
