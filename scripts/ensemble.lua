-- Three nets that differ, and the weighted mean of their predictions, on
-- digits that the program draws itself: a network with one hidden layer, a
-- deep and narrow one with another activation, and a small convolutional one.
-- They err on different pictures, so that their mean errs less than any of
-- them. The weights are found on validation pictures.

local folder = arg[0]:match("^.*/") or ""
local o = dofile(folder .. "arguments.lua")(arg,
  "Trains three different nets and an ensemble of them on drawn digits.", {
  {"epochs", 8, "passes over the training pictures"},
  {"samples", 2000, "pictures for training"},
  {"test", 4000, "pictures for the test"},
})

tensor.manual_seed(o.seed)
local HELD = 600 -- pictures for the weights
local set = data.digits{train=o.samples + HELD, test=o.test}

local function pictures(part)
  return part.x:to("float32"):div_(255):unsqueeze(-1)
end

local x, y = pictures(set.train), set.train.y
local x_train, y_train = x[{{1, -HELD - 1}}], y[{{1, -HELD - 1}}]
local x_valid, y_valid = x[{{-HELD, -1}}], y[{{-HELD, -1}}]
local x_test, y_test = pictures(set.test), set.test.y

-- Each with its learning rate.
local nets = {
  {"wide", nn.Sequential{
    nn.Flatten{input_shape={28, 28, 1}},
    nn.Dense{256, activation="relu"},
    nn.Dropout{0.3},
    nn.Dense{10, activation="softmax"},
  }, 2e-3},
  {"deep", nn.Sequential{
    nn.Flatten{input_shape={28, 28, 1}},
    nn.Dense{96, activation="tanh"},
    nn.Dense{48, activation="tanh"},
    nn.Dense{10, activation="softmax"},
  }, 2e-3},
  {"convolutional", nn.Sequential{
    nn.Conv2D{4, 5, strides=2, activation="relu", input_shape={28, 28, 1}},
    nn.MaxPooling2D{2},
    nn.Flatten{},
    nn.Dropout{0.2},
    nn.Dense{10, activation="softmax"},
  }, 4e-3},
}

local function judge(name, model)
  local loss, accuracy = model:evaluate(x_test, y_test, {batch_size=256})
  print(string.format("%-16s test loss %.4f, test accuracy %.4f", name, loss,
                      accuracy))
  return loss, accuracy
end

local models, least, most = {}, math.huge, 0
for i, net in ipairs(nets) do
  local name, model, lr = table.unpack(net)
  model:compile{optimizer=optim.Adam{lr=lr}, metrics={"accuracy"},
                loss="sparse_categorical_crossentropy"}
  model:fit(x_train, y_train, {epochs=o.epochs, batch_size=64, verbose=0})
  local loss, accuracy = judge(name, model)
  least, most = math.min(least, loss), math.max(most, accuracy)
  models[i] = model
end

judge("plain mean", hyper.ensemble(models))
local weighted = hyper.ensemble(models, {
  weights="fit", validation_data={x_valid, y_valid},
})
local loss, accuracy = judge("weighted mean", weighted)
local w = weighted.model_weights
print(string.format("weights: wide %.2f, deep %.2f, convolutional %.2f", w[1],
                    w[2], w[3]))
print(string.format("the weighted mean beats each single one: %s",
                    tostring(loss < least and accuracy > most)))
