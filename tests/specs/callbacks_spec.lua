-- nn.callbacks: who is called when, with what, and what the classes do.

local check = require("check")
local test = check.test

local callbacks = nn.callbacks

local function new_model(rate)
  local model = nn.Sequential { nn.Dense { 1, kernel_initializer = "zeros",
    input_shape = { 1 } } }
  model:compile { optimizer = optim.SGD { rate or 0.1 }, loss = "mse",
    metrics = { "mae" } }
  return model
end

local x = tensor { { 1 }, { 2 }, { 3 }, { 4 } }
local y = tensor { { 1 }, { 2 }, { 3 }, { 4 } }

local function fit(model, list, more)
  local o = { epochs = 2, batch_size = 2, verbose = 0, shuffle = false,
    callbacks = list }
  for key, value in pairs(more or {}) do
    o[key] = value
  end
  return model:fit(x, y, o)
end

-- What f writes to standard output.
local function printed(f)
  local path = os.tmpname()
  local before = io.output()
  local real_print = print
  io.output(path)
  print = function(...) -- luacheck: ignore
    io.write(table.concat({ ... }, "\t"), "\n")
  end
  local ok, err = pcall(f)
  print = real_print -- luacheck: ignore
  io.output():close()
  io.output(before)
  local file = assert(io.open(path))
  local text = file:read("a")
  file:close()
  os.remove(path)
  assert(ok, err)
  return text
end

test("the order of events, with indices from 1", function()
  local events = {}
  local recorder = {}
  for _, event in ipairs { "on_train_begin", "on_epoch_begin",
    "on_batch_begin", "on_batch_end", "on_epoch_end", "on_train_end" } do
    recorder[event] = function(_, index)
      events[#events + 1] = event:sub(4) .. " " .. index
    end
  end
  fit(new_model(), { recorder })
  check.equal(events, {
    "train_begin 1",
    "epoch_begin 1", "batch_begin 1", "batch_end 1", "batch_begin 2",
    "batch_end 2", "epoch_end 1",
    "epoch_begin 2", "batch_begin 1", "batch_end 1", "batch_begin 2",
    "batch_end 2", "epoch_end 2",
    "train_end 2",
  })
end)

test("self.model, self.params and the logs", function()
  local model = new_model()
  local losses = {}
  local LossHistory = {
    on_train_begin = function(self)
      check.equal(self.model, model)
      check.equal(self.params.epochs, 2)
      check.equal(self.params.steps, 2)
      check.equal(self.params.samples, 4)
      check.equal(self.params.metrics, { "loss", "mae", "val_loss", "val_mae" })
    end,
    on_batch_end = function(_, _, log)
      check.equal(log.size, 2)
      check.equal(type(log.mae), "number")
      losses[#losses + 1] = log.loss
    end,
    on_epoch_end = function(_, _, log)
      check.equal(type(log.val_loss), "number")
    end,
  }
  local history = fit(model, { LossHistory }, { validation_data = { x, y } })
  check.equal(#losses, 4)
  check.near(losses[1], 2.5)
  check.near((losses[1] + losses[2]) / 2, history.loss[1])
end)

test("the learning rate can be changed, training stopped", function()
  local model = new_model()
  local rates = {}
  local schedule = {
    on_epoch_begin = function(self, epoch)
      self.model.optimizer.lr = 0.1 / epoch
    end,
    on_epoch_end = function(self, epoch)
      rates[epoch] = self.model.optimizer.lr
      self.model.stop_training = epoch == 3
    end,
  }
  local history = fit(model, { schedule }, { epochs = 10 })
  check.near(rates, { 0.1, 0.05, 0.1 / 3 })
  check.equal(#history.loss, 3)
end)

test("History", function()
  local model = new_model()
  local history = fit(model, nil, { validation_split = 0.5, initial_epoch = 2,
    epochs = 3 })
  check.equal(history.epoch, { 2, 3 })
  check.equal(#history.val_mae, 2)
  local text = tostring(history)
  check.truthy(text:find("epoch +loss +mae +val_loss +val_mae"), text)
  check.equal(model.history, history)
end)

test("EarlyStopping", function()
  local model = new_model(0)
  local stopper = callbacks.EarlyStopping { monitor = "loss", patience = 2 }
  local history = fit(model, { stopper }, { epochs = 20 })
  check.equal(#history.loss, 4)
  check.equal(stopper.stopped_epoch, 4)
  check.equal(stopper.best_epoch, 1)
end)

test("EarlyStopping restores the best weights", function()
  local model = new_model(0.01)
  local best
  local spoiler = {
    on_epoch_end = function(self, epoch)
      if epoch == 2 then
        best = self.model:get_layer(1).kernel:item()
        self.model.optimizer.lr = 10
      end
    end,
  }
  fit(model, { spoiler, callbacks.EarlyStopping { monitor = "loss",
    patience = 1, restore_best_weights = true } }, { epochs = 20 })
  check.truthy(best)
  check.near(model:get_layer(1).kernel:item(), best, 1e-2)
end)

test("EarlyStopping: what will not be in the log", function()
  check.error_matches(function()
    fit(new_model(), { callbacks.EarlyStopping {} })
  end, 'EarlyStopping: "val_loss" will not be in the log, which has loss, mae '
    .. "%(give validation_data or validation_split%)")
end)

test("TerminateOnNaN", function()
  local model = new_model(1e30)
  local history = fit(model, { callbacks.TerminateOnNaN() }, { epochs = 50 })
  check.truthy(#history.loss < 50)
end)

test("ModelCheckpoint", function()
  local base = os.tmpname()
  local model = new_model(0.01)
  fit(model, { callbacks.ModelCheckpoint { base .. "-{epoch:02d}.safetensors" },
    callbacks.ModelCheckpoint { base, monitor = "loss",
      save_best_only = true } })
  local native = require("native")
  for _, name in ipairs { base .. "-01.safetensors", base .. "-02.safetensors",
    base } do
    check.truthy(native.file_exists(name), name)
  end
  local copy = nn.load_model(base)
  check.near(copy:predict(x), model:predict(x))
  for _, name in ipairs { base .. "-01.safetensors", base .. "-02.safetensors",
    base } do
    os.remove(name)
  end
end)

test("CSVLogger", function()
  local path = os.tmpname()
  fit(new_model(), { callbacks.CSVLogger { path } })
  fit(new_model(), { callbacks.CSVLogger { path, append = true } })
  local lines = {}
  for line in io.lines(path) do
    lines[#lines + 1] = line
  end
  os.remove(path)
  check.equal(#lines, 5)
  check.equal(lines[1], "epoch,loss,mae")
  check.truthy(lines[2]:find("^1,[%d.]+,[%d.]+$"), lines[2])
  check.error_matches(function()
    fit(new_model(), { callbacks.CSVLogger { "/no/such/folder/log.csv" } })
  end, "CSVLogger: /no/such/folder/log.csv")
end)

test("LambdaCallback", function()
  local seen = {}
  fit(new_model(), { callbacks.LambdaCallback {
    on_epoch_end = function(epoch, log)
      seen[epoch] = log.loss
    end,
  } })
  check.equal(#seen, 2)
  check.error_matches(function()
    callbacks.LambdaCallback { on_epoch_ende = print }
  end, 'did you mean "on_epoch_end"')
end)

test("one line an epoch where there is no terminal", function()
  local text = printed(function()
    fit(new_model(), nil, { verbose = 1, validation_data = { x, y } })
  end)
  local pattern = "^Epoch 1/2 %- %d+%a+ %d+%a+/step %- loss: %d+%.%d%d%d%d "
    .. "%- mae: %d+%.%d+ %- val_loss: %d+%.%d+ %- val_mae: %d+%.%d+\nEpoch 2/2"
  check.truthy(text:find(pattern), text)
  check.equal(printed(function()
    fit(new_model(), nil, { verbose = 0 })
  end), "")
end)

test("the bar", function()
  local bar = require("nn.progress").new(true)
  bar.params = { epochs = 3, steps = 40, metrics = { "loss" } }
  local text = printed(function()
    bar:on_epoch_begin(2)
    bar.drawn = -1
    bar:on_batch_end(20, {}, function()
      return { loss = 0.25 }
    end)
    bar:on_epoch_end(2, { loss = 0.125 })
  end)
  check.truthy(text:find("^Epoch 2/3\n\r20/40 %[=+>%.+%] %- ETA: [^\r]*"
    .. "loss: 0%.2500"), text)
  check.truthy(text:find("loss: 0.1250", 1, true), text)
end)

test("errors", function()
  check.error_matches(function()
    fit(new_model(), { 5 })
  end, "callback 1 must be a table")
  check.error_matches(function()
    fit(new_model(), { { on_epoch_edn = print } })
  end, 'callback 1 has on_epoch_edn, which is never called %(did you mean '
    .. '"on_epoch_end"')
end)
