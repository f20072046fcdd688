-- nn.callbacks: who is called when, with what, and what the classes do.

local check = require("check")
local test = check.test

local callbacks = nn.callbacks

local function new_model(rate)
  local model = nn.Sequential {nn.Dense {1, kernel_initializer = "zeros",
    input_shape = {1}}}
  model:compile {optimizer = optim.SGD {rate or 0.1}, loss = "mse",
    metrics = {"mae"}}
  return model
end

local x = tensor {{1}, {2}, {3}, {4}}
local y = tensor {{1}, {2}, {3}, {4}}

local function fit(model, list, more)
  local o = {epochs = 2, batch_size = 2, verbose = 0, shuffle = false,
    callbacks = list}
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
    io.write(table.concat({...}, "\t"), "\n")
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
  for _, event in ipairs {"on_train_begin", "on_epoch_begin",
    "on_batch_begin", "on_batch_end", "on_epoch_end", "on_train_end"} do
    recorder[event] = function(_, index)
      events[#events + 1] = event:sub(4) .. " " .. index
    end
  end
  fit(new_model(), {recorder})
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
      check.equal(self.params.metrics, {"loss", "mae", "val_loss", "val_mae"})
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
  local history = fit(model, {LossHistory}, {validation_data = {x, y}})
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
  local history = fit(model, {schedule}, {epochs = 10})
  check.near(rates, {0.1, 0.05, 0.1 / 3})
  check.equal(#history.loss, 3)
end)

test("History", function()
  local model = new_model()
  local history = fit(model, nil, {validation_split = 0.5, initial_epoch = 2,
    epochs = 3})
  check.equal(history.epoch, {2, 3})
  check.equal(#history.val_mae, 2)
  local text = tostring(history)
  check.truthy(text:find("epoch +loss +mae +val_loss +val_mae"), text)
  check.equal(model.history, history)
end)

test("EarlyStopping", function()
  local model = new_model(0)
  local stopper = callbacks.EarlyStopping {monitor = "loss", patience = 2}
  local history = fit(model, {stopper}, {epochs = 20})
  check.equal(#history.loss, 3)
  check.equal(stopper.stopped_epoch, 3)
  check.equal(stopper.best_epoch, 1)
end)

-- Feeds a callback the values of a figure; returns the epoch it stopped at.
local function feed(callback, name, values)
  callback.params = {metrics = {name}, epochs = #values}
  callback.model = {optimizer = {lr = 1}, copy_weights = function() end}
  callback:on_train_begin()
  for epoch, value in ipairs(values) do
    local log = {[name] = value or nil}
    callback:on_epoch_end(epoch, log)
    if callback.model.stop_training then
      return epoch
    end
  end
end

test("EarlyStopping: direction, min_delta, baseline, missing figures", function()
  local function stops(o, name, values)
    o.monitor = name
    return feed(callbacks.EarlyStopping(o), name, values)
  end
  check.equal(stops({patience = 2}, "loss", {3, 2, 2.5, 1, 1, 1}), 6)
  check.equal(stops({}, "loss", {3, 2, 2}), 3)
  check.equal(stops({}, "val_accuracy", {0.1, 0.2, 0.15}), 3)
  check.equal(stops({}, "auc", {0.1, 0.2, 0.2}), 3)
  check.equal(stops({mode = "max"}, "loss", {1, 2, 3}), nil)
  check.equal(stops({min_delta = 0.5}, "loss", {3, 2.8}), 2)
  check.equal(stops({patience = 2, baseline = 1}, "loss", {3, 2, 1}), 2)
  check.equal(stops({patience = 2, baseline = 2.5}, "loss", {3, 2, 1}), nil)
  check.equal(stops({}, "loss", {3, false, 2, false, 1}), nil)
  check.equal(stops({patience = 2}, "loss", {0 / 0, 0 / 0}), 2)
end)

test("ReduceLROnPlateau", function()
  local function rates(o, values)
    o.monitor = "loss"
    local list = {}
    local callback = callbacks.ReduceLROnPlateau(o)
    callback.params = {metrics = {"loss"}}
    callback.model = {optimizer = {lr = 1}}
    callback:on_train_begin()
    for epoch, value in ipairs(values) do
      local log = {loss = value}
      callback:on_epoch_end(epoch, log)
      list[epoch] = callback.model.optimizer.lr
    end
    return list
  end
  check.near(rates({factor = 0.5, patience = 2}, {3, 3, 3, 3, 3, 2}),
    {1, 1, 0.5, 0.5, 0.25, 0.25})
  check.near(rates({factor = 0.5, patience = 1, cooldown = 2},
    {3, 3, 3, 3, 3}), {1, 0.5, 0.5, 0.25, 0.25})
  check.near(rates({factor = 0.1, patience = 1, min_lr = 0.05},
    {3, 3, 3, 3}), {1, 0.1, 0.05, 0.05})
  check.near(rates({factor = 0.5, patience = 1}, {3, 2.99995}),
    {1, 0.5})
  check.error_matches(function()
    callbacks.ReduceLROnPlateau {factor = 1}
  end, "factor must be below 1")
  local history = fit(new_model(0), {callbacks.ReduceLROnPlateau {
    monitor = "loss", patience = 1}}, {epochs = 3})
  check.near(history.lr, {0, 0, 0})
end)

test("LearningRateScheduler", function()
  local model = new_model(0.4)
  local schedule = callbacks.LearningRateScheduler {function(epoch, rate)
    return epoch > 1 and rate / 2 or rate
  end}
  check.near(fit(model, schedule, {epochs = 3}).lr, {0.4, 0.2, 0.1})
  check.equal(model.optimizer.lr, 0.1)
  for _, wrong in ipairs {"x", -1, 0 / 0, math.huge} do
    check.error_matches(function()
      fit(model, callbacks.LearningRateScheduler {function()
        return wrong
      end})
    end, "LearningRateScheduler: the schedule gave .* for epoch 1")
  end
  check.error_matches(function()
    callbacks.LearningRateScheduler {0.1}
  end, "schedule must be a function")
end)

test("one of callback and optimizer's schedule sets the rate", function()
  local list = {
    LearningRateScheduler=callbacks.LearningRateScheduler{function()
      return 0.1
    end},
    ReduceLROnPlateau=callbacks.ReduceLROnPlateau{monitor="loss"},
  }
  local step = optim.schedules.step{0.4, drop=0.5, every=1}
  for name, callback in pairs(list) do
    for shown, optimizer in pairs{
      ["step{initial_lr=0.4"]=optim.SGD{lr=step},
      ["a function"]=optim.SGD{lr=function() return 0.1 end},
      ["inverse_time{"]=optim.SGD{lr=0.1, decay=1e-3},
    } do
      local model = new_model()
      model:compile{optimizer=optimizer, loss="mse"}
      check.refuses(name .. ": the optimizer's rate is a schedule, " .. shown
                    .. ".*one of the two", function() fit(model, callback) end)
      check.equal(model.optimizer.steps, 0)
    end
    local model = new_model()
    model:compile{optimizer=optim.SGD{lr=step}, loss="mse"}
    model.optimizer.lr = 0.2
    fit(model, callback)
  end
end)

test("gradients are there to look at after a batch", function()
  local norms = {}
  fit(new_model(), {{on_batch_end = function(self)
    local w = self.model:parameters()[1]
    norms[#norms + 1] = w.grad:norm():item()
  end}})
  check.equal(#norms, 4)
  check.truthy(norms[1] > 0)
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
  fit(model, {spoiler, callbacks.EarlyStopping {monitor = "loss",
    patience = 1, restore_best_weights = true}}, {epochs = 20})
  check.truthy(best)
  check.near(model:get_layer(1).kernel:item(), best, 1e-2)
end)

test("EarlyStopping: what will not be in the log", function()
  check.error_matches(function()
    fit(new_model(), {callbacks.EarlyStopping {}})
  end, 'EarlyStopping: "val_loss" will not be in the log, which has loss, mae '
    .. "%(give validation_data or validation_split%)")
end)

-- Runs f with standard error going nowhere.
local function quietly(f)
  local stderr = io.stderr
  local text = ""
  io.stderr = {write = function(_, ...)
    text = text .. table.concat({...})
  end}
  local ok, problem = pcall(f)
  io.stderr = stderr
  assert(ok, problem)
  return text
end

-- A callback that changes the data or the weights before a batch.
local function meddler(batch, f)
  return {on_batch_begin = function(self, index)
    if index == batch then
      f(self.model)
    end
  end}
end

test("TerminateOnNaN: batch, place, and the weights of before", function()
  local function run(f, o)
    local model = new_model(0.01)
    local watch = callbacks.TerminateOnNaN()
    local text = quietly(function()
      fit(model, {meddler(2, f or function() end), watch}, o)
    end)
    return watch, text, model
  end
  local watch, text = run(function(model)
    model:get_layer(1).kernel:detach():fill_(1 / 0)
  end)
  check.equal({watch.epoch, watch.batch}, {1, 2})
  check.equal(watch.place, "weight 'dense_1.kernel' holds inf since the step "
    .. "before: is the learning rate 0.01 too high?")
  check.truthy(text:find("epoch 1, batch 2: the loss is inf: weight 'dense_1",
    1, true), text)
  local model = new_model(1e30)
  quietly(function()
    fit(model, {callbacks.TerminateOnNaN()}, {epochs = 50})
  end)
  check.truthy(#model.history.loss < 50)
  local kernel = model:get_layer(1).kernel:item()
  check.truthy(kernel == kernel and math.abs(kernel) < math.huge)
end)

test("TerminateOnNaN: in which layer, the data, the loss", function()
  local function place(layers, input, target, loss)
    local model = nn.Sequential(layers)
    model:compile {loss = loss or "mse", optimizer = "sgd"}
    local watch = callbacks.TerminateOnNaN()
    quietly(function()
      model:fit(input, target, {verbose = 0, callbacks = {watch},
        shuffle = false})
    end)
    return watch.place
  end
  local function dense(o)
    return nn.Dense {1, kernel_initializer = "ones", input_shape = {1},
      name = o}
  end
  local one = tensor {{1}, {1}}
  local log = nn.Layer:extend {class_name = "Log", inputs = 1,
    call = function(_, z)
      return (z - 2):log()
    end}
  check.equal(place({dense "first", log {name = "logs"}, dense "last"},
    one, one), "the output of Log 'logs' holds nan")
  check.equal(place({dense "first", nn.Sequential {log {name = "deep",
    input_shape = {1}}}}, one, one), "the output of Log 'deep' holds nan")
  check.equal(place({dense "first"}, tensor {{1}, {0 / 0}}, one),
    "input 'input_1' holds nan at sample 2 of the batch")
  check.equal(place({dense "first"}, one, tensor {{1}, {-1 / 0}}),
    "target of output 'first' holds inf at sample 2 of the batch")
  check.equal(place({dense "first"}, one, one, function(a, b)
    return (a - b):log()
  end), "it began in the loss: the layers' outputs are finite")
end)

test("ModelCheckpoint", function()
  local base = os.tmpname()
  local model = new_model(0.01)
  fit(model, {callbacks.ModelCheckpoint {base .. "-{epoch:02d}.safetensors"},
    callbacks.ModelCheckpoint {base, monitor = "loss",
      save_best_only = true}})
  local native = require("native")
  for _, name in ipairs {base .. "-01.safetensors", base .. "-02.safetensors",
    base} do
    check.truthy(native.file_exists(name), name)
  end
  local copy = nn.load_model(base)
  check.near(copy:predict(x), model:predict(x))
  check.error_matches(function()
    fit(model, {callbacks.ModelCheckpoint {base .. "{nope}"}})
  end, 'the log has no "nope" for the file name')
  check.error_matches(function()
    fit(model, {callbacks.ModelCheckpoint {base .. "{loss:s}"}})
  end, '"s" is no number format')
  for _, name in ipairs {base .. "-01.safetensors", base .. "-02.safetensors",
    base} do
    os.remove(name)
  end
end)

test("ModelCheckpoint: by batches, by epochs, in folders; the old file stays",
     function()
  local native = require("native")
  local folder = os.tmpname()
  os.remove(folder)
  local function saved(o)
    fit(new_model(0.01), {callbacks.ModelCheckpoint(o)}, {epochs = 4})
    local pipe = io.popen("cd " .. folder .. " && ls")
    local names = pipe:read("a"):gsub("\n", " ")
    pipe:close()
    os.execute("rm -r " .. folder)
    return names
  end
  check.equal(saved {folder .. "/{epoch}-{batch}.st", save_freq = 3,
    save_weights_only = true}, "2-1.st 3-2.st ")
  local names = saved {folder .. "/{epoch:03d}-{loss:.1f}.st", period = 2}
  check.truthy(names:find("^002%-%d%.%d%.st 004%-%d%.%d%.st $"), names)
  check.equal(saved {folder .. "/best", save_best_only = true,
    monitor = "loss", initial_value_threshold = 0}, "")
  native.make_folder(folder)
  local path = folder .. "/model"
  native.write_file(path, "old")
  check.error_matches(function()
    fit(new_model(), {callbacks.ModelCheckpoint {path .. "/sub"}})
  end, "ModelCheckpoint: .*is a file, not a folder")
  check.equal(native.read_file(path), "old")
  os.execute("rm -r " .. folder)
end)

test("CSVLogger", function()
  local path = os.tmpname()
  fit(new_model(), {callbacks.CSVLogger {path}})
  fit(new_model(), {callbacks.CSVLogger {path, append = true}})
  local lines = {}
  for line in io.lines(path) do
    lines[#lines + 1] = line
  end
  os.remove(path)
  check.equal(#lines, 5)
  check.equal(lines[1], "epoch,loss,mae")
  check.truthy(lines[2]:find("^1,[%d.]+,[%d.]+$"), lines[2])
  check.error_matches(function()
    fit(new_model(), {callbacks.CSVLogger {"/dev/null/log.csv"}})
  end, "CSVLogger: /dev/null")
end)

test("CSVLogger: what callbacks add; a separator", function()
  local path = os.tmpname()
  fit(new_model(), {callbacks.ReduceLROnPlateau {monitor = "loss"},
    callbacks.CSVLogger {path, separator = ";"}})
  local file = assert(io.open(path))
  check.equal(file:read("l"), "epoch;loss;mae;lr")
  check.truthy(file:read("l"):find("^1;[%d.]+;[%d.]+;0%.1$"))
  file:close()
  os.remove(path)
  check.error_matches(function()
    callbacks.CSVLogger {path, separator = ", "}
  end, "separator must be one character")
end)

test("LambdaCallback", function()
  local seen = {}
  fit(new_model(), {callbacks.LambdaCallback {
    on_epoch_end = function(epoch, log)
      seen[epoch] = log.loss
    end,
  }})
  check.equal(#seen, 2)
  check.error_matches(function()
    callbacks.LambdaCallback {on_epoch_ende = print}
  end, 'did you mean "on_epoch_end"')
end)

test("one line an epoch where there is no terminal", function()
  local text = printed(function()
    fit(new_model(), nil, {verbose = 1, validation_data = {x, y}})
  end)
  local pattern = "^Epoch 1/2 %- %d+%a+ %d+%a+/step %- loss: %d+%.%d%d%d%d "
    .. "%- mae: %d+%.%d+ %- val_loss: %d+%.%d+ %- val_mae: %d+%.%d+\nEpoch 2/2"
  check.truthy(text:find(pattern), text)
  check.equal(printed(function()
    fit(new_model(), nil, {verbose = 0})
  end), "")
end)

test("the bar", function()
  local bar = require("nn.progress").new(true)
  bar.params = {epochs = 3, steps = 40, metrics = {"loss"}}
  local text = printed(function()
    bar:on_epoch_begin(2)
    bar.drawn = -1
    bar:on_batch_end(20, {}, function()
      return {loss = 0.25}
    end)
    bar:on_epoch_end(2, {loss = 0.125})
  end)
  check.truthy(text:find("^Epoch 2/3\n\r20/40 %[=+>%.+%] %- ETA: [^\r]*"
    .. "loss: 0%.2500"), text)
  check.truthy(text:find("loss: 0.1250", 1, true), text)
end)

test("errors", function()
  check.error_matches(function()
    fit(new_model(), {5})
  end, "callback 1 must be a table")
  check.error_matches(function()
    fit(new_model(), {{on_epoch_edn = print}})
  end, 'callback 1 has on_epoch_edn, which is never called %(did you mean '
    .. '"on_epoch_end"')
end)

test("events that are no functions, figures that are no whole numbers",
     function()
  check.refuses("on_epoch_end of callback 2 must be a function, got 3",
                function() fit(new_model(), {{}, {on_epoch_end=3}}) end)
  local called = 0
  local callable = setmetatable({}, {__call=function() called = called + 1 end})
  fit(new_model(), {{on_train_end=callable}})
  check.equal(called, 1)
  check.refuses("{loss:d} in the file name .* is for whole numbers, and loss "
                .. "is .*: use, for example, {loss:.2f}", function()
    fit(new_model(), {callbacks.ModelCheckpoint{"/tmp/{loss:d}.safetensors"}})
  end)
end)
