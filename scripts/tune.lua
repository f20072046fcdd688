-- Searches for good settings of a small network on digits that the program
-- draws itself: learning rate, units, dropout, and whether a second hidden
-- layer pays (which has units of its own, that exist only with it).
--
-- Each trial trains for a few epochs and is judged by its loss on validation
-- pictures; the settings that win are trained once more on all training
-- pictures and judged by the test set. The trials are kept in trials.jsonl:
-- run the script again with more --trials and it goes on. losses.png shows
-- how the search went.

local folder = arg[0]:match("^.*/") or ""
local o = dofile(folder .. "arguments.lua")(arg,
  "Searches for good settings of a network on drawn digits.", {
  {"algo", "tpe", "how to search", "tpe|random|grid"},
  {"trials", 30, "settings to try, those in the file included"},
  {"epochs", 3, "passes over the training pictures in a trial"},
  {"samples", 3000, "pictures for training and validation"},
  {"out", "results/tune", "folder for what is written"},
})

local function pictures(part) return part.x:to("float32"):div_(255) end

tensor.manual_seed(o.seed)
local set = data.digits{train=o.samples, test=1000}
local x, y = pictures(set.train), set.train.y
local held = math.max(1, o.samples // 5)
local x_train, y_train = x[{{1, -held - 1}}], y[{{1, -held - 1}}]
local x_valid, y_valid = x[{{-held, -1}}], y[{{-held, -1}}]

local space = {
  lr = hyper.log_uniform(1e-4, 1e-1),
  units = hyper.int(8, 256, {log=true}),
  dropout = hyper.uniform(0, 0.6),
  second = hyper.choice{false, {units=hyper.int(8, 128, {log=true})}},
}

local function new_model(v)
  local model = nn.Sequential{
    nn.Flatten{input_shape={28, 28}},
    nn.Dense{v.units, activation="relu"},
    nn.Dropout{v.dropout},
  }
  if v.second then
    model:add(nn.Dense{v.second.units, activation="relu"})
  end
  model:add(nn.Dense{10, activation="softmax"})
  model:compile{optimizer=optim.Adam{lr=v.lr}, metrics={"accuracy"},
                loss="sparse_categorical_crossentropy"}
  return model
end

local function try(v)
  tensor.manual_seed(o.seed) -- every trial begins alike
  local model = new_model(v)
  model:fit(x_train, y_train, {epochs=o.epochs, batch_size=64, verbose=0})
  local loss, accuracy = model:evaluate(x_valid, y_valid, {batch_size=256})
  return {loss=loss, accuracy=accuracy}
end

local result = hyper.minimize(try, space, {
  algo=o.algo, trials=o.trials, seed=o.seed, path=o.out .. "/trials.jsonl",
})

-- The loss of each trial, and the best up to it.
local numbers, losses, best = {}, {}, {}
for _, trial in ipairs(result.trials) do
  if trial.loss then
    local n = #numbers + 1
    numbers[n], losses[n] = trial.number, trial.loss
    best[n] = math.min(trial.loss, best[n - 1] or math.huge)
  end
end
local path = o.out .. "/losses.png"
plot.scatter(numbers, losses, {label="trial", xlabel="trial", yscale="log",
                               ylabel="validation loss",
                               title=o.algo .. ": losses over trials"})
  :line(numbers, best, {label="best so far"}):save(path)
print("wrote " .. path)
print(string.format("validation accuracy of the best trial %.4f",
                    result.best_trial.result.accuracy))

tensor.manual_seed(o.seed)
local model = new_model(result.best)
model:fit(x, y, {epochs=o.epochs, batch_size=64, verbose=0})
local _, accuracy = model:evaluate(pictures(set.test), set.test.y)
print(string.format("trained on all of them: test accuracy %.4f", accuracy))
