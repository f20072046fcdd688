-- Learning from few pictures with what another task has taught: a convnet
-- learns the digits 0 to 4, is saved and loaded, loses its head, and learns
-- 5 to 9 from a few pictures of each. First only the new head is trained,
-- then the last block as well, with a lower learning rate. The same net from
-- random weights, on the same few pictures, is there to compare.
--
-- The second part, fine_tune/layer_wise.lua, pretrains a deep net without
-- labels, one layer after the other.

local folder = arg[0]:match("^.*/") or ""
local o = dofile(folder .. "arguments.lua")(arg,
  "Pretrains a convnet, then fine-tunes it on few pictures of other digits.", {
  {"samples", 3000, "pictures of all ten digits to choose from"},
  {"epochs", 5, "passes over the digits 0 to 4"},
  {"few", 10, "pictures of each of the digits 5 to 9"},
  {"few-epochs", 40, "passes over these for the head, then for the block"},
  {"out", "results/fine_tune", "folder for the saved model"},
})

local function say(format, ...) print(string.format(format, ...)) end

-- The pictures of five classes from `first` on, with labels 1..5.
local function five_classes(part, first)
  local chosen = part.y:ge(first) & part.y:le(first + 4)
  return part.x[chosen]:to("float32"):div_(255):unsqueeze(-1),
         part.y[chosen] - (first - 1)
end

-- The first `count` samples of each class.
local function few_of_each(count, x, y)
  local rows = {}
  for class = 1, 5 do
    rows[class] = y:eq(class):nonzero():flatten()[{{1, count}}]
  end
  rows = tensor.concat(rows, 1)
  return x[rows], y[rows]
end

local set = data.digits{train=o.samples, test=2000}
local x_old, y_old = five_classes(set.train, 1)
local x_few, y_few = few_of_each(o.few, five_classes(set.train, 6))
local x_test, y_test = five_classes(set.test, 6)

-- Three blocks and a head. Each block is a model, so that one flag freezes
-- its convolution and its normalization together.
local function block(name, filters, last, input_shape)
  return nn.Sequential{
    nn.Conv2D{filters, 3, padding="same", use_bias=false,
              input_shape=input_shape},
    nn.BatchNormalization{momentum=0.9},
    nn.Activation{"relu"},
    last,
    name=name,
  }
end

local function new_net()
  return nn.Sequential{
    block("block_1", 16, nn.MaxPooling2D{2}, {28, 28, 1}),
    block("block_2", 32, nn.MaxPooling2D{2}),
    block("block_3", 32),
    nn.GlobalAveragePooling2D{name="features"},
    nn.Dense{5, activation="softmax", name="head"},
  }
end

local function train(model, lr, x, y, epochs, batch_size)
  model:compile{optimizer=optim.Adam{lr=lr}, metrics={"accuracy"},
                loss="sparse_categorical_crossentropy"}
  return model:fit(x, y, {epochs=epochs, batch_size=batch_size, verbose=0})
end

local function judge(name, model)
  local _, accuracy = model:evaluate(x_test, y_test, {batch_size=256})
  say("%-38s %.3f", name, accuracy)
  return accuracy
end

-- Pretraining ----------------------------------------------------------------

local path = o.out .. "/digits_0_to_4.safetensors"
tensor.manual_seed(o.seed)
local teacher = new_net()
train(teacher, 2e-3, x_old, y_old, o.epochs, 32)
teacher:save(path)
local _, accuracy = teacher:evaluate(five_classes(set.test, 1))
say("digits 0 to 4, %d pictures: test accuracy %.3f; wrote %s", #y_old,
    accuracy, path)

-- The new model --------------------------------------------------------------

-- All but the head. For a Sequential `loaded:pop()` does the same; this cuts
-- any graph at any of its layers.
local loaded = nn.load_model(path)
local base = nn.Model{name="base", inputs=loaded.input,
                      outputs=loaded:get_layer("features").output}
local model = nn.Sequential{base, nn.Dense{5, activation="softmax"}}

-- The weights as they are now; state_dict shares them with the model.
local function snapshot()
  local copy = {}
  for name, value in pairs(base:state_dict()) do copy[name] = value:clone() end
  return copy
end

-- For each block by how much weights and moving statistics differ at most.
local function say_moved(before)
  local moved = {}
  for name, value in pairs(base:state_dict()) do
    local key = name:match("^block_%d")
      .. (name:find("moving") and " statistics" or " weights")
    local difference = (value - before[name]):abs():max():item()
    moved[key] = math.max(moved[key] or 0, difference)
  end
  for i = 1, 3 do
    local key = "block_" .. i
    say("  %s: weights moved by at most %.4g, statistics by %.4g", key,
        moved[key .. " weights"], moved[key .. " statistics"])
  end
end

say("\ndigits 5 to 9, %d pictures: test accuracy", #y_few)

-- The head is random at first: the large gradients that it sends back would
-- spoil what the base knows. Frozen, the base computes as at inference, so
-- that the few new pictures do not move its batch statistics either.
-- compile settles what is trained: flags come before it.
local before = snapshot()
base.trainable = false
train(model, 2e-2, x_few, y_few, o["few-epochs"], 25)
local head_only = judge("pretrained, new head alone", model)
say_moved(before)

-- Early layers see edges, which serve any task; the last block has what is
-- peculiar to the old one. Small steps keep most of that.
base.trainable = true
base:get_layer("block_1").trainable = false
base:get_layer("block_2").trainable = false
train(model, 1e-3, x_few, y_few, o["few-epochs"], 25)
local tuned = judge("pretrained, last block as well", model)
say_moved(before)

tensor.manual_seed(o.seed)
local fresh = new_net()
train(fresh, 2e-3, x_few, y_few, 2 * o["few-epochs"], 25)
local from_scratch = judge("from random weights, as many epochs", fresh)
say("pretraining helps: %s; so does unfreezing the last block: %s",
    tostring(head_only > from_scratch), tostring(tuned > head_only))

dofile(folder .. "fine_tune/layer_wise.lua")(o, say)
