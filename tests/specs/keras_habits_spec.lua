-- keras_habits: what somebody who knows Keras writes first, and what comes of
-- it: it works, or the message tells what to write here.

local check = require("check")
local help = require("help")
local suggest = require("suggest")
local test = check.test

-- Runs a line; its error must hold the text, plain, point at the line, and not
-- at a place inside the program.
local function tells(line, text)
  test(line, function()
    local good, message = pcall(assert(load(line, "=line")))
    check.truthy(not good, "an error")
    check.truthy(message:find("line:1: ", 1, true), message)
    check.truthy(message:find(text, 1, true), message)
  end)
end

-- What is added to Lua's own message.
local function adds(line, text)
  test(line, function()
    local good, message = pcall(assert(load(line, "=line")))
    check.truthy(not good, "an error")
    check.equal(suggest.explain(message), text)
  end)
end

local MODEL = "local m = nn.Sequential{nn.Dense{1, input_shape={2}}} "
local DATA = MODEL .. "local x, y = tensor.zeros(4, 2), tensor.zeros(4, 1) "

-- Methods with a dot -----------------------------------------------------------

tells(MODEL .. "m.add(nn.Dense{3})", "add: it is a method: write "
  .. "model:add(...), with a colon")
tells(DATA .. "m.fit(x, y)", "write model:fit(...), with a colon")
tells(MODEL .. "m.compile{loss='mse'}", "write model:compile(...)")
tells(MODEL .. "m.summary()", "write model:summary(...)")
tells(MODEL .. "m.save('model.h5')", "write model:save(...)")

-- Names that are others there ----------------------------------------------------

tells("nn.Dense{3, input_dim=4}", 'did you mean "input_shape"?')
tells("nn.Dense{output_dim=3}", 'did you mean "units"?')
tells("nn.Dense{3, init='uniform'}", 'did you mean "kernel_initializer"?')
tells("nn.Conv2D{3, 3, border_mode='same'}", 'did you mean "padding"?')
tells(DATA .. "m:compile{loss='mse'} m:fit(x, y, {nb_epoch=3})",
  'did you mean "epochs"?')
adds(MODEL .. "m:get_weights()", "did you mean 'state_dict'?")
adds(MODEL .. "m:compille{}", "did you mean 'compile'?")
adds("nn.InputLayer{3}", "did you mean 'nn.Input'?")
adds("nn.MaxPool2D{2}", "did you mean 'nn.MaxPooling2D'?")
adds("nn.regularizers.l2(0.1)", "did you mean 'nn.regularizers.L2'?")
adds("nn.layers.Dense{3}", "did you mean 'nn'?")
adds("nn.optimizers.SGD{}", "did you mean 'optim'?")
adds("nn.whatever.SGD{}", nil)

test("help finds what Keras calls otherwise", function()
  for asked, name in pairs {
    ["nn.Model.train_on_batch"] = "nn.Model:train_on_batch",
    ["K.function"] = "nn.Function",
    Callback = "nn.callbacks",
    Keras = "keras",
    model_to_dot = "nn.Model:plot",
  } do
    check.equal(help.find(asked), help.find(name))
  end
end)

-- Values of the wrong kind ---------------------------------------------------------

tells("nn.Dense{tensor.zeros(2)}",
  "units must be a positive integer, got a float32 (2) tensor")
tells("nn.Dense{3, activation=nn.LeakyReLU()}", "activation must be a name or "
  .. "a function, got LeakyReLU 'leaky_re_lu'")
tells("nn.Sequential{nn.Dense{2}, nn.Flatten}", "layer 2 must be a layer, got "
  .. "the class Flatten")
tells("nn.Sequential{nn.Dense{2}, dropot, nn.Dense{1}}",
  "Sequential: layer 2 is nil")
tells("nn.Reshape{2, nil, 3}", "Reshape: value 2 is nil")
tells("nn.Model{nn.Input{3}, nn.Dense{2}}", "outputs must be symbolic tensors "
  .. "(nn.Input or what layers make of it), got Dense 'dense'")
tells("local y = nn.Dense{2}(tensor.ones(3))", "each sample must have a dim of "
  .. "features, (batch, features); got single numbers")
tells("nn.Permute{0, 1}", "dims must be a list of the dims of a sample, from 1")
tells(DATA .. "m:compile{loss='mse'} m:fit(x, y, {validation_data=x})",
  "validation_data must be {x, y} or a loader, got a float32 (4, 2) tensor")
tells(DATA .. "m:compile{loss=function() end} m:fit(x, y, {verbose=0})",
  "the loss function of 'dense_1' must return a tensor, got nil")
tells(DATA .. "m:compile{loss='mse', metrics={function() end}} "
  .. "m:fit(x, y, {verbose=0})",
  "what a metric gives must be a tensor or a number, got nil")
tells(DATA .. "m:compile{loss='mse', metrics={'accuracy'}} "
  .. "m:fit(x, y, {validation_split=0.5, verbose=0, callbacks={"
  .. "nn.callbacks.EarlyStopping{monitor='val_acc'}}})",
  'did you mean "val_accuracy"?')

-- What works as there ----------------------------------------------------------------

test("nn.Model{inputs, outputs}", function()
  local x, layer = nn.Input{3}, nn.Dense{2}
  local y = layer(x)
  local data = tensor.rand(4, 3)
  for _, model in ipairs {nn.Model{x, y}, nn.Model{{x}, {y}}} do
    check.near(model:predict(data), layer(data))
  end
end)

test("NaN has no sign in what is printed", function()
  local history = nn.callbacks.History()
  history:on_epoch_end(1, {loss = -(0 / 0)})
  history:on_epoch_end(2, {loss = 0 / 0})
  local text = tostring(history)
  check.truthy(text:find("nan", 1, true), text)
  check.truthy(not text:find("-nan", 1, true), text)
end)
