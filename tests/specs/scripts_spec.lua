-- The example scripts, run as a user runs them, with small settings.

local check = require("check")
local test = check.test

local program = os.getenv("NNLUA") or "build/nnlua"

-- What the script printed (errors included) and its exit status; with
-- settings such as "NAME=value" in its environment.
local function run(line, settings)
  local pipe = assert(io.popen((settings or "") .. " " .. program
                                 .. " --no-progress scripts/" .. line
                                 .. " 2>&1"))
  local text = pipe:read("a")
  local _, _, status = pipe:close()
  return text, status
end

local function has(text, wanted)
  if not text:find(wanted, 1, true) then
    error(string.format("%q is not in:\n%s", wanted, text), 0)
  end
end

local SCRIPTS = {"train_mnist.lua", "linear_regression.lua",
                 "tour_tensors.lua", "tour_gradients.lua",
                 "tour_signals.lua", "tune.lua", "ensemble.lua",
                 "activations.lua", "losses.lua", "overfitting.lua",
                 "residual_inception.lua", "fine_tune.lua",
                 "tensorboard.lua", "multi_input.lua", "siamese.lua"}

test("every script has usage text and refuses unknown options", function()
  for _, name in ipairs(SCRIPTS) do
    local text, status = run(name .. " --help")
    check.equal(status, 0)
    has(text, "usage: nnlua " .. name)
    has(text, "--seed")
    text, status = run(name .. " --no-such-option 3")
    check.equal(status, 1)
    has(text, "unknown option --no-such-option")
    text, status = run(name .. " --seed one")
    check.equal(status, 1)
    has(text, "--seed one: it must be a whole number")
  end
end)

test("train_mnist: each model runs and writes its files", function()
  local out = os.tmpname()
  os.remove(out)
  for _, model in ipairs({"softmax", "mlp", "cnn"}) do
    local text, status = run(string.format(
      "train_mnist.lua --model %s --dataset digits --epochs 1 --out %s",
      model, out))
    check.equal(status, 0)
    has(text, "test accuracy")
    has(text, "wrote " .. out .. "/history.csv")
    local accuracy = tonumber(text:match("test accuracy ([%d.]+)"))
    check.truthy(accuracy > 0.6)
    local csv = assert(io.open(out .. "/history.csv"))
    has(csv:read("l"), "loss")
    csv:close()
    check.equal(image.load(out .. "/mistakes.png").shape[3], 3)
  end
  os.execute("rm -r " .. out)
end)

test("train_mnist: a wrong choice is refused", function()
  local text, status = run("train_mnist.lua --model lenet")
  check.equal(status, 1)
  has(text, "it must be one of mlp, cnn, softmax")
end)

test("linear_regression: both ways find the weights", function()
  local text, status = run("linear_regression.lua")
  check.equal(status, 0)
  local found = 0
  for w1, w2, b in text:gmatch(
      "w = %(([%d.-]+), ([%d.-]+)%)  b = ([%d.-]+)") do
    found = found + 1
    check.near(tonumber(w1), 2, 0.01)
    check.near(tonumber(w2), -3.4, 0.01)
    check.near(tonumber(b), 4.2, 0.01)
  end
  check.equal(found, 4)
  local last = tonumber(text:match("epoch 3, loss: ([%d.]+)"))
  check.near(last, 0.00005, 0.00002)
end)

test("the tours run to their ends", function()
  local text, status = run("tour_tensors.lua --size 40")
  check.equal(status, 0)
  has(text, "(91, 28, 28)")
  has(text, "same result")
  check.equal(text:find("DIFFERENT", 1, true), nil)
  text, status = run("tour_gradients.lua")
  check.equal(status, 0)
  check.equal(text:find("same? false", 1, true), nil)
end)

-- Runs f with the name of a folder that is not there, and clears it away.
local function with_folder(f)
  local out = os.tmpname()
  os.remove(out)
  f(out)
  os.execute("rm -rf " .. out)
end

local SIGNAL_PICTURES = {
  "1_kernels.png", "2_spectrum.png", "3_low_and_high.png", "3_kernels.png",
  "4_theorem.svg", "5_correlation.png", "6_moving_average.png",
  "6_autoregression.png", "7_neighbours.png", "7_covariance.png",
  "7_patches.png", "7_whitened.png", "8_diffusion.png", "8_growth.svg",
}

test("tour_signals: on the script's own drawing, every picture", function()
  with_folder(function(out)
    local line = "tour_signals.lua --longest 160 --patches 1000 --out "
      .. out .. "/pictures"
    local text, status = run(line, "NNLUA_DATA=")
    check.equal(status, 0)
    has(text, "a drawing of the script's own, 120 x 160")
    has(text, "a peak at   5 periods down,  12 across")
    local found = 0
    for _ in text:gmatch("correlation [%d.]+: where it was cut") do
      found = found + 1
    end
    check.equal(found, 3)
    has(text, "Its negative is found as well")
    local a1, a2 = text:match("a = %(([%d.-]+), ([%d.-]+)%)")
    check.near(tonumber(a1), 1.6, 0.07)
    check.near(tonumber(a2), -0.8, 0.07)
    has(text, "covariance of patches, ZCA, and 1: equal to")
    has(text, "step 100: totals 1.000000")
    has(text, "all variances and so many times the kernel's: equal to")
    for _, name in ipairs(SIGNAL_PICTURES) do
      local path = out .. "/pictures/" .. name
      has(text, "wrote " .. path)
      if name:find("png$") then
        check.equal(image.load(path).shape[3], 3)
      else
        local file = assert(io.open(path))
        has(file:read("a"), "<svg")
        file:close()
      end
    end
  end)
end)

test("tour_signals: any picture; those that will not do are refused", function()
  with_folder(function(out)
    local path = out .. ".png"
    local stripes = tensor.arange(60 * 50):reshape(60, 50, 1) % 7 / 7
    local line = "tour_signals.lua --out " .. out .. " --image " .. path
    image.save(path, tensor.concat({stripes, stripes:mul(0) + 1}, 3))
    local text, status = run(line .. " --chapter 3")
    check.equal(status, 0)
    has(text, "60 x 50")
    has(text, "== Low and high frequencies")
    check.equal(text:find("== Whitening", 1, true), nil)
    image.save(path, tensor.full({60, 50}, 0.5))
    text, status = run(line)
    check.equal(status, 1)
    has(text, "at least 48 x 48 pixels that are not all alike; this one has "
          .. "60 x 50")
    os.remove(path)
    text, status = run(line)
    check.equal(status, 1)
    has(text, "there is no such file")
    text, status = run("tour_signals.lua --chapter 9")
    check.equal(status, 1)
    has(text, "--chapter 9: there are 8")
  end)
end)

local function is_picture(path)
  check.truthy(image.load(path):numel() > 10000, path)
end

test("tune: a table of trials, a picture, and it goes on", function()
  with_folder(function(out)
    local line = "tune.lua --samples 500 --epochs 1 --out " .. out
    local text, status = run(line .. " --trials 6")
    check.equal(status, 0)
    has(text, "trial  loss")
    has(text, "best of 6 trials")
    has(text, "wrote " .. out .. "/losses.png")
    is_picture(out .. "/losses.png")
    check.truthy(tonumber(text:match("test accuracy ([%d.]+)")) > 0.2)
    text, status = run(line .. " --trials 8")
    check.equal(status, 0)
    has(text, "6 trials in " .. out .. "/trials.jsonl")
    has(text, "best of 8 trials")
  end)
end)

test("ensemble: the weighted mean beats each single net", function()
  local text, status = run("ensemble.lua")
  check.equal(status, 0)
  has(text, "the weighted mean beats each single one: true")
end)

test("activations: all of them, units that die, gradients that vanish",
     function()
  with_folder(function(out)
    local text, status = run("activations.lua --epochs 4 --out " .. out)
    check.equal(status, 0)
    for _, name in ipairs{"sigmoid", "tanh", "relu", "leaky_relu", "elu",
                          "selu", "softplus", "softmax"} do
      check.truthy(text:find("\n" .. name .. " +%-?%d"), name)
    end
    has(text, "leaky_relu lr 0.5   dead:   0 % of layer 1,   0 % of layer 2")
    local none = text:match("relu +lr 0.01 +dead: +(%d+)")
    local many = text:match("relu +lr 1 +dead: +(%d+)")
    check.truthy(tonumber(none) <= 5 and tonumber(many) >= 30, many)
    local function share(name)
      return tonumber(text:match("\n" .. name .. " +last.-has ([%d.e+-]+) of"))
    end
    check.truthy(share("sigmoid") < 1e-9)
    check.truthy(share("relu") > 0.05)
    for _, name in ipairs{"activations", "dead_units", "gradients"} do
      is_picture(out .. "/" .. name .. ".png")
    end
  end)
end)

test("losses: what must be equal is, and the net reads captchas", function()
  with_folder(function(out)
    local line = "losses.lua --captchas 2000 --epochs 5 --out " .. out
    local text, status = run(line)
    check.equal(status, 0)
    has(text, "all equal: true")
    check.equal(text:find("equal: false", 1, true), nil)
    has(text, "with logits 100.0000; of probabilities (clipped) 16.1181")
    has(text, "2000 captchas of 12 x 36 pixels, 252 labels each")
    local accuracy = text:match("accuracy per character: ([%d.]+)")
    check.truthy(tonumber(accuracy) > 0.8, accuracy)
    is_picture(out .. "/squared_or_cross.png")
    is_picture(out .. "/captchas.png")
  end)
end)

test("overfitting: the plain net is far worse on what it has not seen",
     function()
  with_folder(function(out)
    local text, status = run("overfitting.lua --samples 200 --epochs 20 --out "
                               .. out)
    check.equal(status, 0)
    local function losses(name)
      local trained, validation = text:match(
        "\n" .. name .. " +training ([%d.]+)  validation ([%d.]+)")
      return tonumber(trained), tonumber(validation)
    end
    local trained, validation = losses("plain")
    check.truthy(validation > 3 * trained)
    for _, name in ipairs{"L2", "dropout", "batch normalization",
                          "5 times the data"} do
      check.truthy(select(2, losses(name)), name)
    end
    check.truthy(select(2, losses("5 times the data")) < validation)
    is_picture(out .. "/overfitting.png")
  end)
end)

test("residual_inception: shortcuts let the deep stack learn", function()
  with_folder(function(out)
    local text, status = run("residual_inception.lua --samples 500 --epochs 1 "
                               .. "--stack-epochs 4 --out " .. out)
    check.equal(status, 0)
    has(text, "Connected to")
    check.truthy(text:find("strided %(Residual%) +%(None, 7, 7, 32%)"))
    has(text, "guessing has a loss of log(10) = 2.3026")
    local function stack(normalized, shortcuts)
      local gradient, loss = text:match("\n" .. normalized .. " +16  "
                                          .. shortcuts .. " +(%S+) +(%S+)")
      return tonumber(gradient), tonumber(loss)
    end
    local gradient, loss = stack("no", "no")
    check.truthy(gradient < 1e-5 and loss > 2.29, loss)
    check.truthy(stack("no", "yes") > 1e-2)
    local _, plain = stack("yes", "no")
    local _, residual = stack("yes", "yes")
    check.truthy(residual < plain - 0.2, residual)
    has(text, "with them true")
    for _, name in ipairs{"model", "nested"} do
      local file = assert(io.open(out .. "/" .. name .. ".svg"))
      has(file:read("a"), "MaxPooling2D")
      file:close()
    end
    is_picture(out .. "/depth.png")
  end)
end)

test("fine_tune: what is frozen stays, and pretraining helps", function()
  with_folder(function(out)
    local text, status = run("fine_tune.lua --samples 1000 --epochs 3 "
                               .. "--few-epochs 12 --out " .. out)
    check.equal(status, 0)
    has(text, "wrote " .. out .. "/digits_0_to_4.safetensors")
    local still, moved = 0, 0
    for weights, statistics in text:gmatch(
        "weights moved by at most (%S+), statistics by (%S+)") do
      if weights == "0" and statistics == "0" then
        still = still + 1
      elseif tonumber(weights) > 0 and tonumber(statistics) > 0 then
        moved = moved + 1
      end
    end
    check.equal(still, 5)
    check.equal(moved, 1)
    has(text, "pretraining helps: true; so does unfreezing the last block: "
          .. "true")
    has(text, "layer-wise pretraining helps: true")
  end)
end)

test("tensorboard: the files have what the callbacks saw", function()
  with_folder(function(out)
    local line = "tensorboard.lua --samples 400 --epochs 2 --out " .. out
    for _ = 1, 2 do -- the second time in the place of the first
      local text, status = run(line)
      check.equal(status, 0)
      local found = 0
      for answers in text:gmatch("callbacks saw: loss of 26 batches([^\n]*)") do
        check.equal(answers, " true, of the epochs true, of validation true")
        found = found + 1
      end
      check.equal(found, 2)
      has(text, "lr_0.5/validation\n")
      for _, what in ipairs{
        "scalar     batch_loss                 26, last at step 26",
        "scalar     epoch_learning_rate         2, last at step 2: 0.0200",
        "scalar     gradient_length             5, last at step 25",
        "histograms hidden/kernel/histogram     2", "graph      graph",
        "image      first_layer                 2, last at step 2",
        "text       settings                    1, last at step 0",
      } do
        has(text, what)
      end
      has(text, "tensorboard --logdir '" .. out .. "'")
    end
  end)
end)

-- The numbers of a row of a table that a script printed.
local function row_of(text, name)
  local row = {}
  local line = text:match("\n" .. name .. "( [^\n]+)")
  check.truthy(line, name)
  for number in line:gmatch("[%d.]+") do row[#row + 1] = tonumber(number) end
  return row
end

local function is_drawing(path)
  local file = assert(io.open(path))
  has(file:read("a"), "<svg")
  file:close()
end

test("multi_input: each input makes every output better", function()
  with_folder(function(out)
    local text, status = run("multi_input.lua --people 2000 --epochs 6 --out "
                               .. out)
    check.equal(status, 0)
    has(text, "both inputs are ahead in every column: true")
    local both, post = row_of(text, "both inputs"), row_of(text, "post only")
    local account = row_of(text, "account only")
    local single = row_of(text, "both, words one by one")
    check.truthy(both[1] < 7.3 and post[1] < 10 and account[1] < 8.5, text)
    check.near(single[1], account[1], 0.3)
    check.truthy(both[5] > 0.87 and post[5] > 0.78 and account[5] > 0.76, text)
    local loss, weight, age, gender, income = text:match(
      "loss ([%d.]+) = ([%d.]+) x ([%d.]+) %(age%) %+ ([%d.]+) %(gender%) "
        .. "%+ ([%d.]+)")
    check.near(tonumber(loss), weight * age + gender + income, 1e-3)
    is_drawing(out .. "/model.svg")
    is_picture(out .. "/curves.png")
  end)
end)

test("siamese: one encoder for both sides knows unseen paraphrases",
     function()
  with_folder(function(out)
    local text, status = run("siamese.lua --pairs 5000 --epochs 5 --out "
                               .. out)
    check.equal(status, 0)
    has(text, "left tower (x) == right tower (x): true; "
          .. "distance (a, b) == (b, a): true")
    local one, two, apart = text:match(
      "parameters: (%d+) of the encoder, (%d+) .-, (%d+) with two encoders")
    check.equal(one, two)
    check.equal(2 * one, apart * 1)
    local words = row_of(text, "words in common")
    check.truthy(words[1] < 0.65, words[1])
    for _, share in ipairs(row_of(text, "one shared encoder")) do
      check.truthy(share > 0.85, text)
    end
    local found = text:match("asked for: ([%d.]+) by the encoder")
    check.truthy(tonumber(found) > 0.6, found)
    is_drawing(out .. "/model.svg")
    is_picture(out .. "/siamese.png")
  end)
end)
