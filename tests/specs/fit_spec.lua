-- fit: what the data come from, steps, validation, order, what it prints.

local check = require("check")
local test = check.test

local function mean_model(options)
  local model = nn.Sequential {nn.Dense {1, use_bias = false,
    kernel_initializer = "ones", input_shape = {1}}}
  options = options or {}
  options.optimizer = options.optimizer or optim.SGD {0}
  options.loss = options.loss or "mse"
  model:compile(options)
  return model
end

-- What each step saw, as text: the first elements of its samples.
local function watched(model, feed, options)
  local seen = {}
  options.callbacks = {{on_batch_begin = function()
    seen[#seen + 1] = "|"
  end}}
  local loss = function(y, p)
    for _, value in ipairs(y:flatten():totable()) do
      seen[#seen + 1] = string.format("%d", value)
    end
    return (p - y):square():mean(-1)
  end
  model:compile {optimizer = optim.SGD {0}, loss = loss}
  options.verbose = 0
  model:fit(feed[1], feed[2] or options, feed[2] and options)
  return table.concat(seen, "")
end

test("steps_per_epoch: passes go on over epochs", function()
  local x = tensor {{1}, {2}, {3}}
  local function saw(feed, options)
    return watched(mean_model(), feed, options)
  end
  check.equal(saw({x, x}, {batch_size = 1, shuffle = false, epochs = 2,
    steps_per_epoch = 2}), "|1|2|3|1")
  check.equal(saw({data.loader(x, x, {batch_size = 2})}, {epochs = 2,
    steps_per_epoch = 3}), "|12|3|12|3|12|3")
  check.equal(saw({x, x}, {batch_size = 2, shuffle = false,
    steps_per_epoch = 1}), "|12")
end)

test("a function that gives batches", function()
  local x = tensor {{1}, {2}, {3}}
  local at = 0
  local function next_batch()
    at = at % 4 + 1
    if at < 4 then
      return x[{{at, at}}], x[{{at, at}}]
    end
  end
  local model = mean_model()
  check.equal(watched(model, {next_batch}, {epochs = 2}),
    "|1|2|3|1|2|3")
  check.near(model:evaluate(next_batch), 0)
  check.near(model:predict(next_batch), {{1}, {2}, {3}})
  local endless = function()
    return x, x
  end
  check.equal(watched(model, {endless}, {epochs = 2, steps_per_epoch = 1}),
    "|123|123")
  check.near(model:evaluate(endless, nil, {steps = 2}), 0)
  check.same_shape(model:predict(endless, {steps = 2}), {6, 1})
end)

test("weights from a loader, class weights for it, what it may not give",
     function()
  local model = mean_model()
  local x, y = tensor {{1}, {1}}, tensor {{2}, {3}}
  local function once(...)
    local batch, given = table.pack(...), false
    return function()
      given = not given
      if given then
        return table.unpack(batch, 1, batch.n)
      end
    end
  end
  check.near(model:evaluate(once(x, y, tensor {1, 0})), 0.5)
  local binary = tensor {{0}, {1}}
  local function fit(feed, o)
    o = o or {}
    o.verbose = 0
    return model:fit(feed, o).loss[1]
  end
  check.near(fit(once(x + 1, binary), {class_weight = {3, 5}}),
    (3 * 4 + 5 * 1) / 2)
  check.error_matches(function()
    fit(once(x, y, tensor {1}))
  end, "one weight for each of the 2 samples")
  check.error_matches(function()
    fit(once(x, tensor {{1}}))
  end, "same number of samples: input 'input_1' has 2, but target of output")
  check.error_matches(function()
    fit(once(x[{{2, 1}}], y[{{2, 1}}]))
  end, "batch 1 of the loader has no samples")
  check.error_matches(function()
    fit(once(5, y))
  end, "input must be a tensor")
  check.error_matches(function()
    fit(once(x, y), {sample_weight = tensor {1, 1}})
  end, "sample weights for data from a loader come from the loader")
end)

test("validation: batches, steps, frequency, nothing in it", function()
  local model = mean_model()
  local x = tensor {{1}, {2}, {3}, {4}}
  local function fit(o)
    o.verbose = 0
    return model:fit(x, x * 2, o)
  end
  check.near(fit {validation_data = {x, x + 1}, validation_steps = 1,
    validation_batch_size = 2}.val_loss, {1})
  local history = fit {epochs = 4, validation_split = 0.5,
    validation_freq = 2}
  check.equal(history.val_loss[1], nil)
  check.near({history.val_loss[2], history.val_loss[4]}, {12.5, 12.5})
  check.equal(history.val_loss[3], nil)
  check.truthy(tostring(history):find("12.5000"))
  check.error_matches(function()
    fit {validation_data = {tensor.zeros(0, 1), tensor.zeros(0, 1)}}
  end, "validation_data has no samples")
  check.error_matches(function()
    model:fit(tensor.zeros(0, 1), tensor.zeros(0, 1), {verbose = 0})
  end, "fit: there are no samples")
  check.error_matches(function()
    model:evaluate(tensor.zeros(0, 1), tensor.zeros(0, 1))
  end, "evaluate: there are no samples")
  check.error_matches(function()
    fit {validation_split = 1}
  end, "validation_split must be a number from 0 to below 1")
end)

test("the order follows from the seed", function()
  local x = tensor.arange(8):float():unsqueeze(2)
  local function order(seed)
    tensor.manual_seed(seed)
    return watched(mean_model(), {x, x}, {batch_size = 8, epochs = 2})
  end
  local one = order(1)
  check.equal(one, order(1))
  check.truthy(one ~= order(2))
  local first, second = one:match("^|(%d+)|(%d+)$")
  check.truthy(first ~= second, "two epochs in one order")
end)

test("verbose: its forms, and evaluate's bar", function()
  local model = mean_model()
  local x = tensor {{1}}
  for _, form in ipairs {0, false} do
    model:fit(x, x, {verbose = form})
  end
  for _, wrong in ipairs {3, -1, 1.5, "loud"} do
    check.error_matches(function()
      model:fit(x, x, {verbose = wrong})
    end, "verbose must be 0 %(silent%)")
  end
  local path, before = os.tmpname(), io.output()
  io.output(path)
  local ok, problem = pcall(function()
    model:evaluate(x, x, {verbose = 1})
    for _, form in ipairs {1, 2, true, "auto"} do
      model:fit(x, x, {verbose = form})
    end
  end)
  io.output():close()
  io.output(before)
  check.truthy(ok, problem)
  local lines = {}
  for line in io.lines(path) do
    lines[#lines + 1] = line
  end
  os.remove(path)
  check.equal(#lines, 5)
  check.truthy(lines[1]:find("^1/1 %[=+%] %- .*/step %- loss: 0%.0000$"),
    lines[1])
  for i = 2, 5 do
    check.truthy(lines[i]:find("^Epoch 1/1 %- .*loss: 0%.0000$"), lines[i])
  end
end)

test("class_weight with several outputs points to sample_weight", function()
  local input = nn.Input{2}
  local a, b = nn.Dense{1, name="a"}(input), nn.Dense{1, name="b"}(input)
  local model = nn.Model{inputs=input, outputs={a, b}}
  model:compile{loss="mse"}
  local x, y = tensor.ones(2, 2), tensor.ones(2, 1)
  check.refuses("class_weight is for one output, but there are 2, a, b: give "
                .. "sample_weight by output name, {a=weights of the samples}",
                function()
    model:fit(x, {y, y}, {class_weight={1, 2}, verbose=0})
  end)
  model:fit(x, {y, y}, {sample_weight={a=tensor{1, 2}}, verbose=0})
end)

-- Loaders --------------------------------------------------------------------

test("what a loader brings by itself is refused", function()
  local x = tensor{{1}, {2}, {3}}
  local model, loader = mean_model(), data.loader(x, x, {batch_size=2})
  local function each(message, use)
    for _, method in ipairs{"fit", "evaluate"} do
      check.refuses(message, function() use(method) end)
    end
  end
  each("y is given beside a loader: the loader brings the targets",
       function(method) model[method](model, loader, x, {verbose=0}) end)
  each("y is given beside a loader", function(method)
    model[method](model, loader, x)
  end)
  each("batch_size=64: the loader makes the batches", function(method)
    model[method](model, loader, {batch_size=64, verbose=0})
  end)
  check.refuses("batch_size=32: the loader makes the batches", function()
    model:fit(loader, {batch_size=32, verbose=0})
  end)
  check.refuses("batch_size=7: the loader makes the batches", function()
    model:predict(loader, {batch_size=7})
  end)
  check.near(model:evaluate(loader), 0)
  check.near(model:fit(x, x, {batch_size=2, verbose=0,
                              validation_data=loader}).val_loss, {0})
  check.near(model:fit(loader, {verbose=0, validation_data={x, x},
                                validation_batch_size=2}).val_loss, {0})
  check.near(model:train_on_batch(loader), 0)
  check.same_shape(model:predict_on_batch(loader), {3, 1})
end)

test("a dataset goes to fit in batches", function()
  local x = tensor{{1}, {2}, {3}}
  local model, set = mean_model(), data.TensorDataset(x, x)
  local message = "a data.Dataset goes to fit in batches: set:batch%(32%)"
  check.refuses(message, function() model:fit(set, {epochs=2, verbose=0}) end)
  check.refuses(message, function() model:fit(set) end)
  check.refuses(message, function() model:evaluate(set) end)
  check.refuses(message, function() model:predict(set) end)
  check.refuses(message, function()
    model:fit(x, x, {validation_data=set, verbose=0})
  end)
  check.near(model:evaluate(set:batch(2)), 0)
end)

test("a coroutine that has ended is no loader", function()
  local x = tensor{{1}, {2}, {3}}
  local model = mean_model()
  local function passes(count)
    return coroutine.wrap(function()
      for _ = 1, count do
        for i = 1, 3 do coroutine.yield(x[{{i, i}}], x[{{i, i}}]) end
        coroutine.yield(nil)
      end
    end)
  end
  local function ended()
    return coroutine.wrap(function() coroutine.yield(x, x) end)
  end
  local message = "the function used as loader is a coroutine that has ended: "
    .. "it must begin a new pass after it gave nil, or never end and get "
    .. "steps_per_epoch"
  check.refuses(message, function()
    model:fit(ended(), {epochs=2, verbose=0})
  end)
  check.refuses(message, function()
    model:fit(ended(), {steps_per_epoch=5, verbose=0})
  end)
  local used = ended()
  check.near(model:evaluate(used), 0)
  check.refuses(message, function() model:evaluate(used) end)
  check.equal(#model:fit(passes(2), {epochs=2, verbose=0}).loss, 2)
  check.refuses("no wonder", function()
    model:fit(function() error("no wonder") end, {verbose=0})
  end)
end)
