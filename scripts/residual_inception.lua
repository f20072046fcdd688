-- Modules of which deep networks are made: Inception, whose branches look at
-- the same input through windows of several sizes, and residual blocks, whose
-- shortcut adds the input to the output. A classifier made of both; and, in
-- residual_inception/shortcuts.lua, the same deep stack with and without
-- shortcuts, to see what they do.
--
-- model.svg has the classifier as a graph, nested.svg also what is inside the
-- residual blocks; depth.png has the loss of each stack.

local folder = arg[0]:match("^.*/") or ""
local o = dofile(folder .. "arguments.lua")(arg,
  "Inception and residual blocks on drawn digits; why shortcuts help.", {
  {"samples", 2000, "pictures to train on"},
  {"epochs", 4, "passes over them, for the classifier"},
  {"depth", 16, "residual blocks of the deep stacks"},
  {"stack-epochs", 5, "passes over half the pictures, for the stacks"},
  {"out", "results/residual_inception", "folder for what is written"},
})

local function say(format, ...) print(string.format(format, ...)) end

-- Convolution, normalization, activation, the brick of all that follows.
-- BatchNormalization adds its own offset, so the convolution needs no bias.
local function conv(x, filters, size, strides, activation)
  x = nn.Conv2D{filters, size, strides=strides or 1, padding="same",
                use_bias=false, kernel_initializer="he_normal"}(x)
  x = nn.BatchNormalization{momentum=0.9}(x)
  return activation == "linear" and x or nn.Activation{"relu"}(x)
end

-- Inception (Szegedy and others, 2015): four branches, joined by channels.
-- The 1x1 convolutions mix channels at one place and make them few before the
-- windows get large; two 3x3 in a row see 5x5 pixels, with 18 weights for
-- each pair of channels where a 5x5 has 25.
local function inception(x, f)
  return nn.Concatenate{name="inception"}(
    conv(x, f.one, 1),
    conv(conv(x, f.reduced, 1), f.three, 3),
    conv(conv(conv(x, f.reduced, 1), f.five, 3), f.five, 3),
    conv(nn.MaxPooling2D{3, strides=1, padding="same"}(x), f.pooled, 1))
end

-- A residual block (He and others, 2016) as a class of models: what it is
-- made of follows from its options, and the constructor builds the graph, so
-- that summary, plot and save know what is inside. As a model it is a layer
-- of others. Where strides or filters change the shape, x cannot be added as
-- it is: a 1x1 convolution with the same strides brings it into shape.
local Residual = nn.Model:extend{class_name="Residual", init=function(self, o)
  local x = nn.Input(o.input)
  local strides = o.strides or 1
  local y = conv(conv(x, o.filters, 3, strides), o.filters, 3, 1, "linear")
  local shortcut = x
  if strides ~= 1 or o.input[3] ~= o.filters then
    shortcut = conv(x, o.filters, 1, strides, "linear")
  end
  self:graph{inputs=x, outputs=nn.Activation{"relu"}(nn.Add()(shortcut, y))}
end}

local Classifier = nn.Model:extend{class_name="Classifier",
                                   init=function(self, o)
  local input = nn.Input{28, 28, 1}
  local x = conv(input, 8, 3, 2) -- 14 x 14 x 8
  x = inception(x, {one=4, reduced=4, three=8, five=8, pooled=4}) -- 24 ch.
  x = Residual{input={14, 14, 24}, filters=32, strides=2, name="strided"}(x)
  x = Residual{input={7, 7, 32}, filters=32, name="identity"}(x)
  x = nn.GlobalAveragePooling2D()(x)
  self:graph{inputs=input,
             outputs=nn.Dense{o.classes, activation="softmax"}(x)}
end}

-- The classifier -------------------------------------------------------------

local set = data.digits{train=o.samples}
local function pictures(part)
  return part.x:to("float32"):div_(255):unsqueeze(-1)
end
local x_train, y_train = pictures(set.train), set.train.y
local x_test, y_test = pictures(set.test), set.test.y

tensor.manual_seed(o.seed)
local model = Classifier{classes=10}
model:summary()
model:plot(o.out .. "/model.svg")
model:plot(o.out .. "/nested.svg", {expand_nested=true})

model:compile{optimizer=optim.Adam{lr=5e-3}, metrics={"accuracy"},
              loss="sparse_categorical_crossentropy"}
model:fit(x_train, y_train, {epochs=o.epochs, batch_size=32, verbose=2})
say("test accuracy %.3f", select(2, model:evaluate(x_test, y_test)))
for _, name in ipairs{"model.svg", "nested.svg"} do
  print("wrote " .. o.out .. "/" .. name)
end

local half = o.samples // 2
dofile(folder .. "residual_inception/shortcuts.lua")(
  x_train[{{1, half}}], y_train[{{1, half}}], o, say)
