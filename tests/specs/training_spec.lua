-- nn training: compile, fit, evaluate, predict and their data.

local check = require("check")
local test = check.test

local function line_data(samples)
  tensor.manual_seed(1)
  local x = tensor.randn({samples, 2})
  local y = x:matmul(tensor {{2}, {-3.4}}) + 4.2
  return x, y
end

local function blobs(samples)
  tensor.manual_seed(2)
  local labels = tensor.randint(1, 3, {samples})
  local centers = tensor {{0, 3}, {3, -2}, {-3, -2}}
  local x = centers:index_select(1, labels) + tensor.randn({samples, 2}) * 0.5
  return x, labels
end

local function one_hot(labels, classes)
  return labels:unsqueeze(2):eq(tensor.arange(classes):unsqueeze(1)):float()
end

local function small_net(loss, metrics)
  tensor.manual_seed(3)
  local model = nn.Sequential {nn.Dense {16, "relu", input_shape = {2}},
    nn.Dense {3, "softmax"}}
  model:compile {optimizer = optim.Adam {0.02}, loss = loss,
    metrics = metrics}
  return model
end

-- Learning -------------------------------------------------------------------

test("linear regression finds the line", function()
  local x, y = line_data(1000)
  local model = nn.Sequential {nn.Dense {1, input_shape = {2}}}
  model:initialize(nn.initializers.Normal {0.01})
  model:compile {optimizer = optim.SGD {0.03}, loss = "mse"}
  local history = model:fit(x, y, {epochs = 3, batch_size = 10, verbose = 0})
  check.truthy(history.loss[3] < history.loss[2])
  local layer = model:get_layer(1)
  check.near(layer.kernel, {{2}, {-3.4}}, 1e-2)
  check.near(layer.bias, {4.2}, 1e-2)
end)

test("a small net learns three blobs", function()
  local x, labels = blobs(600)
  for loss, y in pairs {
    sparse_categorical_crossentropy = labels,
    categorical_crossentropy = one_hot(labels, 3),
  } do
    local model = small_net(loss, {"accuracy"})
    local history = model:fit(x, y, {epochs = 10, verbose = 0,
      validation_split = 0.2})
    check.equal(#history.loss, 10)
    check.truthy(history.accuracy[10] > 0.97, "accuracy")
    check.truthy(history.val_accuracy[10] > 0.97, "val_accuracy")
    local value, accuracy = model:evaluate(x, y, {batch_size = 100})
    check.truthy(value < 0.2 and accuracy > 0.97)
    check.near(model:predict(x):sum(2), tensor.ones(600), 1e-4)
  end
end)

test("the same seed gives the same history", function()
  local x, labels = blobs(100)
  local function train()
    local model = small_net("sparse_categorical_crossentropy")
    tensor.manual_seed(9)
    return model:fit(x, labels, {epochs = 2, verbose = 0}).loss
  end
  check.equal(train(), train())
end)

-- Arithmetic -----------------------------------------------------------------

local function mean_model(options)
  local model = nn.Sequential {nn.Dense {1, use_bias = false,
    kernel_initializer = "ones", input_shape = {1}}}
  options = options or {}
  options.optimizer = options.optimizer or optim.SGD {0}
  options.loss = options.loss or "mse"
  model:compile(options)
  return model
end

test("figures are averaged over samples, not over batches", function()
  local x = tensor {{1}, {2}, {3}}
  local y = tensor {{1}, {2}, {6}}
  local model = mean_model {metrics = {"mae", "mean_squared_error"}}
  local loss, mae, mse = model:evaluate(x, y, {batch_size = 2})
  check.near({loss, mae, mse}, {3, 1, 3})
  local history = model:fit(x, y, {batch_size = 2, verbose = 0})
  check.near({history.loss[1], history.mae[1]}, {3, 1})
end)

test("one batch at a time", function()
  local model = mean_model {optimizer = optim.SGD {0.1},
    metrics = {"mae"}}
  local x, y = tensor {{1}}, tensor {{3}}
  check.near({model:test_on_batch(x, y)}, {4, 2})
  check.near({model:train_on_batch(x, y)}, {4, 2})
  check.near(model:predict_on_batch(x), {{1.4}})
  check.near({model:test_on_batch(x, y)}, {1.6 ^ 2, 1.6})
end)

test("sample and class weights", function()
  local model = mean_model()
  local x, y = tensor {{1}, {2}}, tensor {{2}, {4}}
  check.near(model:evaluate(x, y, {sample_weight = tensor {1, 0.5}}),
    (1 + 2) / 2)
  check.near(model:test_on_batch(x, y, {sample_weight = tensor {0, 0}}), 0)
  local binary = mean_model {loss = "mse"}
  local labels = tensor {{0}, {1}}
  check.near(binary:test_on_batch(tensor {{1}, {3}}, labels,
    {class_weight = {[2] = 10}}), (1 + 40) / 2)
  local points, classes = blobs(30)
  local net = small_net("sparse_categorical_crossentropy")
  net:fit(points, classes, {class_weight = {[1] = 2}, verbose = 0})
  check.error_matches(function()
    net:fit(points, classes, {class_weight = {[4] = 2}, verbose = 0})
  end, "class_weight: class 4 .* classes are 1%.%.3")
end)

test("inputs are converted batch by batch", function()
  local model = mean_model()
  local y = tensor {{1}, {2}}
  for _, dtype in ipairs {"uint8", "float64", "int64", "float32"} do
    local x = tensor({{1}, {2}}, dtype)
    check.near(model:evaluate(x, y:to(dtype)), 0)
    model:fit(x, y, {verbose = 0})
    check.equal(x.dtype, dtype)
  end
end)

test("a loss and a metric of one's own", function()
  local model = mean_model {
    loss = function(y, p)
      return (y - p):abs():mean()
    end,
    metrics = {"mse", half = function(y, p)
      return (y - p):abs() * 0.5
    end, one = function()
      return 1
    end},
  }
  local x, y = tensor {{1}, {2}, {3}}, tensor {{3}, {4}, {5}}
  check.near({model:evaluate(x, y, {batch_size = 2})}, {2, 4, 1, 1})
  check.equal(model.compiled.names, {"loss", "mse", "half", "one"})
end)

test("class weights: labels, rows, 0 and 1, a model without shapes", function()
  local x = tensor {{1}, {1}, {1}}
  local function loss_with(y, classes, weights, given)
    local model = nn.Sequential(given or {nn.Dense {classes,
      kernel_initializer = "zeros", input_shape = {1}}})
    model:compile {optimizer = optim.SGD {0}, loss = function(_, p)
      return p:square():sum(-1) + 1
    end}
    return model:fit(x, y, {class_weight = weights, verbose = 0}).loss[1]
  end
  local labels = tensor({1, 2, 3}, "int64")
  check.near(loss_with(labels, 3, {4, 5, 6}), 5)
  check.near(loss_with(labels, 3, {[3] = 7}), 3)
  check.near(loss_with(one_hot(labels, 3), 3, {[3] = 7}), 3)
  check.near(loss_with(tensor {{0}, {1}, {1}}, 1, {1, 4}), 3)
  local free = nn.Model:extend {call = function(_, z)
    return z * 0
  end}()
  free:compile {loss = function(_, p)
    return p:sum(-1) + 1
  end}
  local loss = free:evaluate(data.loader(x, labels))
  check.near(loss, 1)
  check.error_matches(function()
    loss_with(tensor.ones(3, 2, 2), 3, {1})
  end, "must have one class a sample")
end)

test("sample weights by output, as a list of numbers; what does not fit",
     function()
  local a, b = nn.Input {1, name = "a"}, nil
  local function head(name)
    return nn.Dense {1, use_bias = false, kernel_initializer = "ones",
      name = name}(a)
  end
  b = nn.Model {inputs = a, outputs = {head "p", head "q"}}
  b:compile {optimizer = optim.SGD {0}, loss = "mse"}
  local x = tensor {{1}, {1}}
  local y = {tensor {{2}, {2}}, tensor {{3}, {3}}}
  local function losses(weights)
    return {b:evaluate(x, y, {sample_weight = weights})}
  end
  check.near(losses(nil), {5, 1, 4})
  check.near(losses(tensor {1, 0}), {2.5, 0.5, 2})
  check.near(losses {2, 2}, {10, 2, 8})
  check.near(losses {q = tensor {1, 0}}, {3, 1, 2})
  check.near(losses {tensor {0, 0}, tensor {{1}, {1}}}, {4, 0, 4})
  check.near(b:fit(x, y, {sample_weight = {q = {1, 0}}, verbose = 0,
    batch_size = 1}).q_loss, {2})
  check.error_matches(function()
    losses {r = tensor {1, 0}}
  end, "sample_weight for output \"r\", but the outputs are p, q")
  check.error_matches(function()
    losses(tensor {1, 2, 3})
  end, "one weight for each of the 2 samples, got %(3%)")
  check.error_matches(function()
    losses(tensor.ones(2, 2))
  end, "one weight for each of the 2 samples, got %(2, 2%)")
  check.error_matches(function()
    losses "heavy"
  end, "sample_weight must be a tensor")
end)

test("penalties of weights count in evaluate, before any fit", function()
  local function model(shape)
    local m = nn.Sequential {nn.Dense {1, use_bias = false, input_shape =
      shape, kernel_initializer = "ones", kernel_regularizer =
      nn.regularizers.L2 {0.5}}}
    m:compile {loss = "mse"}
    return m
  end
  local x = tensor.ones(2, 2)
  for _, shape in ipairs {{2}, false} do
    check.near(model(shape or nil):evaluate(x, tensor {{2}, {2}}), 1)
    check.near(model(shape or nil):test_on_batch(x, tensor {{2}, {2}}), 1)
  end
end)

test("a model without weights to train is fitted and evaluated", function()
  local model = nn.Sequential {nn.Flatten {input_shape = {2}}}
  model:compile {loss = "mse"}
  local x = tensor.ones(3, 2)
  check.near(model:fit(x, x * 2, {verbose = 0}).loss, {1})
end)

-- Several inputs and outputs -------------------------------------------------

local function two_headed()
  local a = nn.Input {1, name = "a"}
  local b = nn.Input {1, name = "b"}
  local function head(name, x)
    return nn.Dense {1, use_bias = false, kernel_initializer = "ones",
      name = name}(x)
  end
  return nn.Model {inputs = {a, b},
    outputs = {head("p", a), head("q", b)}}
end

test("two outputs: losses, weights, names", function()
  local model = two_headed()
  model:compile {optimizer = optim.SGD {0}, loss = {q = "mae", p = "mse"},
    loss_weights = {q = 10}, metrics = {p = {"mae"}, q = "mse"}}
  local x = {a = tensor {{1}}, b = tensor {{2}}}
  local y = {p = tensor {{3}}, q = tensor {{5}}}
  check.near({model:evaluate(x, y)}, {4 + 30, 4, 3, 2, 9})
  local history = model:fit({x.a, x.b}, {y.p, y.q}, {verbose = 0,
    validation_data = {x, y}})
  check.near(history.loss[1], 34)
  check.near(history.p_loss[1], 4)
  check.near(history.q_mse[1], 9)
  check.near(history.val_p_mae[1], 2)
  check.near(model:predict(x).q, {{2}})
  check.error_matches(function()
    model:compile {loss = {r = "mse"}}
  end, 'loss for output "r", but the outputs are p, q')
  check.error_matches(function()
    model:compile {loss = "mse", metrics = {r = {"mae"}}}
  end, 'metrics for output "r", but the outputs are p, q')
  check.error_matches(function()
    model:fit(x, {p = y.p}, {verbose = 0})
  end, "nothing is given for target 'q'")
end)

-- Loaders --------------------------------------------------------------------

test("a loader in place of x and y", function()
  local x, y = tensor {{1}, {2}, {3}}, tensor {{2}, {3}, {4}}
  local loader = {}
  function loader:batches()
    local i = 0
    return function()
      i = i + 1
      if i <= 3 then
        return x[{{i, i}}], y[{{i, i}}]
      end
    end
  end
  local model = mean_model()
  check.near(model:evaluate(loader), 1)
  local history = model:fit(loader, {epochs = 2, verbose = 0,
    validation_data = loader})
  check.near(history.val_loss, {1, 1})
  check.near(model:predict(loader), x)
  check.error_matches(function()
    model:fit(loader, {validation_split = 0.5, verbose = 0})
  end, "validation_split needs tensors")
end)

-- Trainable ------------------------------------------------------------------

test("frozen layers stay, and get no gradient", function()
  local model = nn.Sequential {nn.Dense {2, input_shape = {2}},
    nn.BatchNormalization(), nn.Dense {1}}
  local frozen = model:get_layer(1)
  frozen.trainable = false
  model:compile {optimizer = "sgd", loss = "mse"}
  local before = frozen.kernel:detach():clone()
  local last = model:get_layer(3).kernel:detach():clone()
  local x, y = line_data(32)
  model:fit(x, y, {verbose = 0})
  check.near(frozen.kernel, before, 0)
  check.equal(frozen.kernel.requires_grad, true)
  check.truthy(not tensor.allclose(model:get_layer(3).kernel:detach(), last))
end)

test("a frozen part inside a larger model (as in a GAN)", function()
  local part = nn.Sequential {nn.Dense {1, input_shape = {2}}}
  part:compile {optimizer = optim.SGD {0.1}, loss = "mse"}
  part.trainable = false
  local x = nn.Input {2}
  local whole = nn.Model {inputs = x, outputs = part(nn.Dense {2}(x))}
  whole:compile {optimizer = optim.SGD {0.1}, loss = "mse"}
  local data, y = line_data(8)
  local before = part:get_layer(1).kernel:detach():clone()
  whole:train_on_batch(data, y)
  check.near(part:get_layer(1).kernel, before, 0)
  part:train_on_batch(data, y)
  check.truthy(not tensor.allclose(part:get_layer(1).kernel:detach(), before))
end)

test("BatchNormalization moves its statistics in fit only", function()
  local model = nn.Sequential {nn.BatchNormalization {input_shape = {2}},
    nn.Dense {1}}
  model:compile {loss = "mse"}
  local x, y = line_data(32)
  local moving = model:get_layer(1).moving_mean
  model:evaluate(x, y)
  check.near(moving, {0, 0}, 0)
  model:fit(x + 5, y, {verbose = 0})
  check.truthy(moving:min():item() > 0.01)
end)

-- Errors ---------------------------------------------------------------------

test("NaN does not stop training", function()
  local model = mean_model {optimizer = optim.SGD {0.1}}
  local x, y = tensor {{0 / 0}}, tensor {{1}}
  local history = model:fit(x, y, {epochs = 2, verbose = 0})
  check.truthy(history.loss[2] ~= history.loss[2])
end)

test("errors", function()
  local model = nn.Sequential {nn.Dense {1, input_shape = {2}}}
  local x, y = line_data(4)
  check.error_matches(function()
    model:fit(x, y)
  end, "fit: Sequential 'sequential' is not compiled")
  check.error_matches(function()
    model:compile {optimizer = "sgd"}
  end, "compile: loss is missing")
  check.error_matches(function()
    model:compile {loss = "msee"}
  end, 'unknown loss "msee" %(did you mean "mse"%?%)')
  check.error_matches(function()
    model:compile {loss = "mse", metric = {"mae"}}
  end, 'compile: unknown option "metric" %(did you mean "metrics"%?%)')
  model:compile {loss = "mse"}
  check.error_matches(function()
    model:fit(x, y, {epoch = 3})
  end, 'fit: unknown option "epoch" %(did you mean "epochs"%?%)')
  check.error_matches(function()
    model:fit(x, tensor.zeros(5, 1), {verbose = 0})
  end, "same number of samples: input 'input_1' has 4, but target of")
  check.error_matches(function()
    model:fit(x, tensor.zeros(4, 3), {verbose = 0})
  end, "y_true is %(4, 3%) but y_pred is %(4, 1%)")
  check.error_matches(function()
    model:fit(x)
  end, "the targets are missing")
  check.error_matches(function()
    model:fit("x", y)
  end, "input must be a tensor, a list of tensors or a table by name")
  check.error_matches(function()
    model:fit(x, y, {validation_data = x, verbose = 0})
  end, "validation_data must be {x, y} or a loader")
  check.error_matches(function()
    model:predict(tensor.zeros(2, 3))
  end, "input 'input_1' must be %(None, 2%), got %(2, 3%)")
  check.error_matches(function()
    model:fit(x, y, {validation_split = 0.99, verbose = 0})
  end, "leaves nothing on one side")
end)

test("class indices outside 1..K", function()
  local x, labels = blobs(20)
  labels[17] = 0
  local model = small_net("sparse_categorical_crossentropy")
  check.error_matches(function()
    model:fit(x, labels, {verbose = 0, shuffle = false})
  end, "class index 0 at sample 17: classes are 1%.%.3")
end)

test("a loop of one's own, as in Gluon", function()
  local x, y = line_data(200)
  local net = nn.Sequential {nn.Dense {1}}
  net(x[{{1, 2}}])
  local trainer = optim.SGD(net:parameters(), {lr = 0.03})
  for _ = 1, 20 do
    for first = 1, 200, 10 do
      local xb, yb = x[{{first, first + 9}}], y[{{first, first + 9}}]
      trainer:zero_grad()
      local loss = autograd.record(function()
        return (net(xb) - yb):square() / 2
      end)
      loss:backward()
      trainer:step(10)
    end
  end
  check.near(net:get_layer(1).bias, {4.2}, 1e-2)
end)

test("a label that is no class is told by its place in the data", function()
  local model = nn.Sequential{
    nn.Dense{10, activation="softmax", input_shape={4}},
  }
  model:compile{optimizer="sgd", loss="sparse_categorical_crossentropy"}
  local y = tensor.ones(32):long()
  y[17] = 0
  check.error_matches(function()
    model:fit(tensor.ones(32, 4), y, {batch_size=8, verbose=0})
  end, "class index 0 at sample 17: classes are 1..10")
  y[17] = 11
  check.error_matches(function()
    model:fit(tensor.ones(32, 4), y, {batch_size=8, verbose=0})
  end, "class index 11 at sample 17: classes are 1..10")
end)

test("one-hot rows for a loss of class indices are told as such", function()
  local x, labels = blobs(20)
  local model = small_net("sparse_categorical_crossentropy")
  check.error_matches(function()
    model:fit(x, data.to_categorical(labels, 3), {verbose = 0})
  end, "for one%-hot rows take categorical_crossentropy")
end)
