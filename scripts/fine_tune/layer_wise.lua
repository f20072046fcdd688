-- Layer-wise pretraining (Hinton and Salakhutdinov, 2006; Bengio and others,
-- 2007): the gradient of a deep net of sigmoids is nearly gone when it comes
-- to the first layers. So each layer is first trained by itself, to keep of
-- its input what an autoencoder needs to rebuild it. That takes no labels.
-- All layers together are then fine-tuned on the few labelled pictures.

local DEPTH, UNITS, LABELLED = 6, 64, 500

local function dense(inputs, units)
  return nn.Dense{units, activation="sigmoid", input_shape={inputs}}
end

local function random_layers(inputs)
  local layers = {}
  for i = 1, DEPTH do layers[i] = dense(i == 1 and inputs or UNITS, UNITS) end
  return layers
end

-- Each layer learns on the codes that the layer before it makes.
local function pretrained_layers(x, epochs, say)
  local layers, codes = {}, x
  for i = 1, DEPTH do
    local inputs = codes.shape[2]
    local encoder = dense(inputs, UNITS)
    local autoencoder = nn.Sequential{encoder, dense(UNITS, inputs)}
    autoencoder:compile{optimizer=optim.Adam{lr=3e-3}, loss="mse"}
    local loss = autoencoder:fit(codes, codes, {
      epochs=epochs, batch_size=32, verbose=0,
    }).loss
    say("  layer %d: error of the rebuilt input %.4f -> %.4f", i, loss[1],
        loss[#loss])
    layers[i], codes = encoder, autograd.no_grad(encoder, codes)
  end
  return layers
end

return function(o, say)
  local set = data.digits{train=2000, test=1000}
  local function rows(part)
    return part.x:reshape(-1, 784):to("float32"):div_(255)
  end
  local x, x_test = rows(set.train), rows(set.test)
  local x_labelled = x[{{1, LABELLED}}]
  local y_labelled = set.train.y[{{1, LABELLED}}]

  -- Puts a classifier on the layers, trains all; the test accuracy.
  local function fine_tune(name, layers)
    local model = nn.Sequential(layers)
    model:add(nn.Dense{10, activation="softmax"})
    model:compile{optimizer=optim.Adam{lr=1e-3}, metrics={"accuracy"},
                  loss="sparse_categorical_crossentropy"}
    local history = model:fit(x_labelled, y_labelled, {
      epochs=20, batch_size=32, verbose=0,
    })
    local _, accuracy = model:evaluate(x_test, set.test.y)
    say("%-20s  training loss %.4f, test accuracy %.3f", name,
        history.loss[#history.loss], accuracy)
    return accuracy
  end

  say("\n%d layers of sigmoids, %d pictures, labels for %d of them:", DEPTH,
      #x, LABELLED)
  tensor.manual_seed(o.seed)
  local at_once = fine_tune("all at once", random_layers(784))
  tensor.manual_seed(o.seed)
  local greedy = fine_tune("layer by layer first",
                           pretrained_layers(x, 10, say))
  say("layer-wise pretraining helps: %s", tostring(greedy > at_once))
end
