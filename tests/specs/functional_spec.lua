-- nn: graphs of layers: operators on symbols, functions of graphs, terms of
-- the loss, models that share layers, frozen layers.

local check = require("check")
local test = check.test

local function ones(t)
  t.kernel_initializer = "ones"
  return nn.Dense(t)
end

-- Operators ------------------------------------------------------------------

-- Compares what a symbolic expression computes with the same expression on
-- tensors.
local function same(f, ...)
  local values, inputs = {...}, {}
  for i, x in ipairs(values) do
    local shape = {}
    for dim = 2, x.ndim do shape[dim - 1] = x.shape[dim] end
    inputs[i] = nn.Input {shape = shape, dtype = x.dtype}
  end
  local model = nn.Model {inputs = inputs, outputs = f(table.unpack(inputs))}
  local expected = f(table.unpack(values))
  local got = model(table.unpack(values))
  check.equal(got.dtype, expected.dtype)
  check.equal(tostring(got.shape), tostring(expected.shape))
  check.near(got:to("float64"), expected:to("float64"), 1e-6)
  check.equal(model.output.dtype, expected.dtype)
  for dim = 2, expected.ndim do
    check.equal(model.output.shape[dim - 1], expected.shape[dim])
  end
end

test("operators and methods of symbols", function()
  local a = tensor({{1, -2, 3}, {4, 5, -6}})
  local b = tensor({{2, 2, 0.5}, {1, 3, 2}})
  for _, f in ipairs {
    function(x, y) return x + y end,
    function(x, y) return (x - y) * 2 end,
    function(x, y) return x / y + 1 / y end,
    function(x, y) return -x ^ 2 + y ^ 0.5 + 2 ^ y end,
    function(x, y) return x // y + x % y end,
    function(x, y) return x * tensor({1, 2, 3}) + tensor({3, 2, 1}) * y end,
    function(x, y) return x:relu() + y:log() end,
    function(x, y) return tensor.concat({x, y}, 2) end,
    function(x, y) return tensor.stack({x, y, x}, 3):sum(-1) end,
    function(x, y) return tensor.maximum(x, y):softmax {dim = 2} end,
    function(x, y) return tensor.where(x:gt(0), x, y) end,
    function(x, y) return x:gt(y) end,
    function(x, y) return x[{{}, 2}] + y[{{}, {1, 2}}]:sum(2) end,
    function(x, y) return x[":, 2:3"] * y[{{}, {2, 3}}] end,
    function(x, y) return x:argmax(2) + y:argmin(2) end,
    function(x, y) return x:unsqueeze(3):matmul(y:unsqueeze(2)) end,
    function(x, y) return (x:split(1, 2)[2] + y:chunk(3, 2)[1]) end,
    function(x, y) return (x:masked_fill(y:gt(1), math.huge)):clamp(-1, 9) end,
    function(x, y) return x + y:mean() end,
  } do
    same(f, a, b)
  end
  same(function(x) return x:eq(2) end, tensor({{1, 2}}, "int64"))
  same(function(x) return (x:max(2)) end, a)
  check.equal(nn.Input {4, 5}.ndim, 3)
end)

test("symbols with open sizes", function()
  local x = nn.Input {-1, 4}
  check.equal((x * 2):relu().shape, {-1, 4})
  check.equal(x:mean(2).shape, {4})
  check.equal(x[{{}, 40}].shape, {4})
  check.equal(x:permute(1, 3, 2).shape, {4, -1})
  local model = nn.Model {inputs = x, outputs = x:mean(2)}
  check.same_shape(model(tensor.zeros(2, 7, 4)), {2, 4})
end)

test("what symbols cannot do", function()
  local x, y = nn.Input {3}, nn.Input {4}
  check.error_matches(function() return x + y end,
    "on symbolic %(None, 3%) and %(None, 4%), .*do not broadcast")
  check.error_matches(function() return x + {} end, "add: ")
  check.error_matches(function() return x:add(print) end,
    "add: on symbolic tensors it takes numbers.*got a function")
  check.error_matches(function() return x:flatten() end,
    "Operation 'flatten': its result %(6%), for 2 samples, does not keep")
  check.error_matches(function()
    nn.Dense {2}(x:mean())
  end, "Dense 'dense'.*its input mean %(%) has no batch dim")
  check.error_matches(function()
    nn.Model {inputs = x, outputs = x:sum()}
  end, "output 1, .* has no batch dim: .*add_loss")
  check.equal(x.nothing, nil)
  check.error_matches(function() return tensor.relu({}) end, "relu: argument 1")
end)

-- Several inputs and outputs -------------------------------------------------

local function two_headed()
  local a, b = nn.Input {2, name = "a"}, nn.Input {3, name = "b"}
  local joined = nn.Concatenate()(a, b)
  return nn.Model {
    inputs = {a, b},
    outputs = {sum = ones {1}(joined), twice = joined * 2},
  }
end

test("losses, weights and metrics by output", function()
  local x = {a = tensor.ones(4, 2), b = tensor.ones(4, 3)}
  local y = {sum = tensor.zeros(4, 1), twice = tensor.zeros(4, 5)}
  local model = two_headed()
  model:compile {
    loss = {sum = "mse", twice = "mae"},
    loss_weights = {sum = 0.5, twice = 10},
    metrics = {sum = {"mae"}, twice = "mse"},
  }
  check.near({model:evaluate(x, y)}, {32.5, 25, 2, 5, 4})
  model:compile {loss = {"mse", "mae"}, loss_weights = {1, 2}}
  check.near({model:evaluate({x.a, x.b}, {y.sum, y.twice})}, {29, 25, 2})
  local h = model:fit(x, y, {epochs = 1, verbose = 0})
  check.truthy(h.sum_loss[1] and h.twice_loss[1])
end)

test("an output without a loss takes no targets", function()
  local x = {a = tensor.ones(4, 2), b = tensor.ones(4, 3)}
  local model = two_headed()
  model:compile {loss = {twice = "mae"}}
  check.near((model:evaluate(x, tensor.zeros(4, 5))), 2)
  check.near((model:evaluate(x, {twice = tensor.zeros(4, 5)})), 2)
  check.equal(#model:predict(x), 2)
  check.error_matches(function()
    model:evaluate(x, {sum = tensor.zeros(4, 1)})
  end, 'has no target named "sum".*there is twice')
  check.error_matches(function() model:evaluate(x) end,
    "the targets are missing: there must be some for twice")
end)

test("wrong inputs are told by name", function()
  local model = two_headed()
  local a, b = tensor.ones(4, 2), tensor.ones(4, 3)
  check.error_matches(function() model(a) end, "has 2 inputs %(a, b%), got 1")
  check.error_matches(function() model(a, b, b) end, "2 inputs.*got 3")
  check.error_matches(function() model(b, a) end,
    "input 'a' must be %(None, 2%), got %(4, 3%)")
  check.error_matches(function() model(a, tensor.ones(5, 3)) end,
    "input 'a' has 4 samples but input 'b' has 5")
  model:compile {loss = "mse"}
  check.error_matches(function()
    model:fit({a, tensor.ones(5, 3)}, {tensor.ones(4, 1), tensor.ones(4, 5)})
  end, "input 'a' has 4, but input 'b' has 5")
  check.error_matches(function()
    model:fit({a, b}, {tensor.ones(4, 1), tensor.ones(3, 5)})
  end, "but target of output 'twice' has 3 %(3, 5%)")
  check.error_matches(function()
    model:compile {loss = {summ = "mse"}}
  end, 'loss for output "summ", but the outputs are sum, twice')
end)

test("graphs that make no model", function()
  local x, other = nn.Input {2, name = "x"}, nn.Input {2, name = "other"}
  check.error_matches(function()
    nn.Model {inputs = x, outputs = x + other}
  end, "depend on input 'other'.*the graph is not connected")
  check.error_matches(function()
    nn.Model {inputs = {x, x}, outputs = x}
  end, "input 2 is input 1 once more")
  check.error_matches(function()
    nn.Model {inputs = {[3] = x}, outputs = x}
  end, "must be a list without holes")
  local s = nn.Sequential {nn.Dense {2, input_shape = {2}}}
  check.error_matches(function() s:add(s) end, "cannot be a layer of itself")
  local outer = nn.Sequential {s}
  check.error_matches(function() s:add(outer) end,
    "cannot be a layer of itself: Sequential 'sequential' is or contains it")
  check.error_matches(function()
    nn.Sequential {nn.Dense {1}}:add_loss(x:sum())
  end, "has no shapes yet")
end)

-- Nested models and shared layers --------------------------------------------

test("a model used twice within another, and its weights", function()
  local encoder = nn.Sequential {ones {3, input_shape = {2}}, name = "encoder"}
  local a, b = nn.Input {2}, nn.Input {2}
  local model = nn.Model {inputs = {a, b}, outputs = encoder(a) - encoder(b)}
  check.equal(#model:parameters(), 2)
  check.near(model(tensor.ones(1, 2) * 2, tensor.ones(1, 2)), {{2, 2, 2}})
  check.equal(encoder:get_output_at(2).shape, {3})
  check.error_matches(function() encoder:get_output_at(4) end,
    "it is used 2 times in graphs, there is no use 4")
  local path = os.tmpname()
  model:save(path)
  local copy = nn.load_model(path)
  os.remove(path)
  check.equal(#copy:parameters(), 2)
  check.near(copy(tensor.ones(1, 2) * 2, tensor.ones(1, 2)), {{2, 2, 2}})
end)

test("paths of weights stay when layers join another model", function()
  local first = nn.Sequential {nn.Dense {2, input_shape = {2}}, nn.Dense {3}}
  local second = nn.Sequential {nn.Dense {2, input_shape = {2}}, nn.Dense {3}}
  local joined = nn.Sequential {first:get_layer(1), second:get_layer(1),
    nn.Dense {4}}
  local function paths(model)
    local list = {}
    for path in pairs(model:state_dict()) do list[#list + 1] = path end
    table.sort(list)
    return table.concat(list, " ")
  end
  check.equal(paths(first),
    "dense_1.bias dense_1.kernel dense_2.bias dense_2.kernel")
  check.equal(paths(second), paths(first))
  check.equal(paths(joined), "dense_1.bias dense_1.kernel dense_2.bias "
    .. "dense_2.kernel dense_3.bias dense_3.kernel")
  check.equal(joined:get_layer("dense_2"), second:get_layer(1))
  check.equal(second:get_layer(1).name, "dense_1")
  local path = os.tmpname()
  joined:save(path)
  local copy = nn.load_model(path)
  os.remove(path)
  check.near(copy(tensor.ones(1, 2)), joined(tensor.ones(1, 2)), 0)
end)

test("layers beyond the first thousand cost as much as the first", function()
  local model = nn.Sequential {nn.Input {2}}
  for _ = 1, 1500 do model:add(nn.Activation {"relu"}) end
  check.equal(#model.layers, 1500)
  check.equal(model:get_layer(-1).name, "activation_1500")
  check.near(model(tensor({{1, -1}})), {{1, 0}})
  for _ = 1, 1499 do model:pop() end
  check.equal(#model.plan.nodes, 1)
  check.equal(#model.plan.steps, 1)
  check.near(model(tensor({{1, -1}})), {{1, 0}})
  model:add(nn.Activation {"relu"})
  check.equal(model:get_layer(-1).name, "activation_2")
end)

test("models as classes", function()
  local Net = nn.Model:extend {
    class_name = "Net",
    options = {{"units", require("options").positive_integer, 2}},
    init = function(self, o)
      local x = nn.Input {3}
      self:graph {inputs = x, outputs = ones {o.units}(x):relu()}
    end,
  }
  local net = Net {5}
  check.equal(net.units, 5)
  check.near(net(tensor.ones(1, 3)), {{3, 3, 3, 3, 3}})
  check.equal(#nn.Sequential {net, nn.Dense {1}}:parameters(), 4)
  check.error_matches(function() Net {unitz = 1} end,
    'unknown option "unitz" %(did you mean "units"%?%)')
  local path = os.tmpname()
  net:save(path)
  check.near(nn.load_model(path)(tensor.ones(1, 3)), {{3, 3, 3, 3, 3}})
  os.remove(path)
end)

-- Functions of graphs --------------------------------------------------------

test("nn.Function computes parts of a graph", function()
  local model = nn.Sequential {ones {2, input_shape = {3}}, nn.Dropout {0.5},
    ones {1}}
  local hidden = model:get_layer("dense_1").output
  local f = nn.Function {inputs = model.input, outputs = hidden}
  local x = tensor.ones(4, 3)
  check.near(f(x), tensor.full({4, 2}, 3))
  check.near(f {x}, tensor.full({4, 2}, 3))
  local g = nn.Function {inputs = {model.input},
    outputs = {hidden, model.output}}
  check.near(g(x)[2], tensor.full({4, 1}, 6))
  local tail = nn.Function {inputs = hidden, outputs = {last = model.output}}
  check.near(tail(tensor.ones(1, 2)).last, {{2}})
  local noisy = nn.Function {inputs = model.input,
    outputs = model:get_layer("dropout_1").output}
  check.near(noisy(x), tensor.full({4, 2}, 3))
  tensor.manual_seed(1)
  check.truthy(noisy(x, {training = true}):eq(0):any():item())
  check.equal(f(x:to("float64")).dtype, "float32")
  check.error_matches(function() f(tensor.ones(4, 2)) end,
    "nn.Function: input 'input_1' must be %(None, 3%)")
  check.error_matches(function() f(x, x) end, "has 1 input")
  check.error_matches(function()
    nn.Function {inputs = hidden, outputs = nn.Input {3}}
  end, "not among the inputs")
  check.error_matches(function() nn.Function {inputs = hidden} end,
    "outputs is missing")
end)

test("gradients flow through nn.Function", function()
  local x = nn.Input {2}
  local f = nn.Function {inputs = x, outputs = (x ^ 2):sum(2)}
  local v = tensor({{1, 3}}):requires_grad_()
  f(v):sum():backward()
  check.near(v.grad, {{2, 6}})
end)

-- Terms of the loss ----------------------------------------------------------

test("model:add_loss, alone, beside a loss and saved", function()
  local x = nn.Input {2}
  local z = ones {2, use_bias = false}(x)
  local model = nn.Model {inputs = x, outputs = z}
  model:add_loss((z ^ 2):mean())
  model:add_loss(nn.losses.mean_squared_error(x, z) * 2)
  model:compile {optimizer = "sgd"}
  local data = tensor({{1, 2}, {0, 1}})
  local expected = (9 + 9 + 1 + 1) / 4 + (4 + 1 + 1 + 0) / 2 / 2 * 2
  check.near((model:evaluate(data)), expected)
  local history = model:fit(data, nil, {epochs = 3, verbose = 0})
  check.truthy(history.loss[3] < history.loss[1])
  check.near(model:predict(data), model(data))
  history = model:fit(data, nil, {verbose = 0, validation_data = {data}})
  check.truthy(history.val_loss[1])
  model:compile {loss = "mae", optimizer = "sgd"}
  local before = model:evaluate(data, tensor.zeros(2, 2))
  local path = os.tmpname()
  model:save(path)
  local copy = nn.load_model(path)
  os.remove(path)
  check.near((copy:evaluate(data, tensor.zeros(2, 2))), before)
  check.error_matches(function() model:add_loss(z) end,
    "a term must be a 0%-d tensor or one value a sample, got %(None, 2%)")
  check.error_matches(function() model:add_loss(3) end, "got 3")
  check.error_matches(function() model:add_loss(nn.Input {1}:mean()) end,
    "depend on input 'input'")
end)

test("a variational autoencoder learns", function()
  tensor.manual_seed(3)
  local Sampling = nn.Layer:extend {
    class_name = "Sampling",
    call = function(_, inputs)
      local mean, log_var = inputs[1], inputs[2]
      return mean + (log_var * 0.5):exp() * tensor.randn_like(mean)
    end,
    compute_output_shape = function(_, shapes) return shapes[1] end,
  }
  local x = nn.Input {6}
  local h = nn.Dense {12, "relu"}(x)
  local mean, log_var = nn.Dense {2}(h), nn.Dense {2}(h)
  local z = Sampling()(mean, log_var)
  local y = nn.Dense {6, "sigmoid"}(nn.Dense {12, "relu"}(z))
  local vae = nn.Model {inputs = x, outputs = y}
  local kl = (1 + log_var - mean ^ 2 - log_var:exp()):sum(-1) * -0.5
  vae:add_loss(nn.losses.binary_crossentropy(x, y) * 6 + kl)
  vae:compile {optimizer = optim.Adam {0.01}}
  local data = tensor.zeros(64, 6)
  data[{{1, 32}, {1, 3}}] = 1
  data[{{33, 64}, {4, 6}}] = 1
  local history = vae:fit(data, nil, {epochs = 60, verbose = 0})
  check.truthy(history.loss[60] < 0.6 * history.loss[1],
    history.loss[60] .. " after " .. history.loss[1])
end)

test("layers that join a compiled model are trained", function()
  local x = nn.Input {2}
  local model = nn.Model {inputs = x, outputs = x * 1}
  local side = nn.Dense {1}
  model:add_loss(x:mean())
  model:compile {optimizer = "sgd"}
  model:add_loss(side(x):square():mean())
  local before = side.kernel:detach():clone()
  model:train_on_batch(tensor.ones(4, 2))
  check.truthy(not side.kernel:allclose(before))
  local stack = nn.Sequential {nn.Dense {2, input_shape = {2}}}
  stack:compile {optimizer = "sgd", loss = "mse"}
  stack:add(nn.Dense {1})
  before = stack:copy_weights()
  stack:train_on_batch(tensor.ones(4, 2), tensor.ones(4, 1) * 9)
  check.truthy(not stack:get_layer(2).kernel:allclose(before["dense_2.kernel"]))
end)

test("layer:add_loss", function()
  local Activity = nn.Layer:extend {
    class_name = "Activity",
    call = function(self, x)
      self:add_loss((x * x):sum(2))
      return x
    end,
  }
  local model = nn.Sequential {Activity {input_shape = {2}}, nn.Dense {1,
    kernel_initializer = "zeros"}}
  model:compile {loss = "mse"}
  local x = tensor({{1, 2}, {3, 4}})
  check.near((model:evaluate(x, tensor.zeros(2, 1))), 15)
  local outer = nn.Sequential {model}
  outer:compile {loss = "mse"}
  check.near((outer:evaluate(x, tensor.zeros(2, 1))), 15)
  check.near(model(x), {{0}, {0}})
  check.error_matches(function() model.layers[1]:add_loss(x) end,
    "Activity 'activity_1': add_loss: a term must be.*got %(2, 2%)")
  check.error_matches(function()
    nn.Sequential {nn.Dense {1, input_shape = {2}}}:compile {}
  end, "loss is missing")
end)

-- Freezing -------------------------------------------------------------------

test("a GAN: the discriminator is frozen in the combined model only", function()
  local discriminator = nn.Sequential {nn.Dense {4, input_shape = {2}},
    nn.BatchNormalization(), nn.Dense {1, "sigmoid"}}
  discriminator:compile {optimizer = "sgd", loss = "binary_crossentropy"}
  local generator = nn.Sequential {nn.Dense {2, input_shape = {3}}}
  discriminator.trainable = false
  local z = nn.Input {3}
  local gan = nn.Model {inputs = z, outputs = discriminator(generator(z))}
  gan:compile {optimizer = "sgd", loss = "binary_crossentropy"}
  local function changes(model, f)
    local before = model:copy_weights()
    f()
    local list = {}
    for path, value in pairs(model:state_dict()) do
      if not value:allclose(before[path], 0, 0) then list[#list + 1] = path end
    end
    table.sort(list)
    return table.concat(list, " ")
  end
  local noise, y = tensor.randn(8, 3), tensor.ones(8, 1)
  local function train_gan() gan:train_on_batch(noise, y) end
  check.equal(changes(discriminator, train_gan), "")
  check.equal(changes(generator, train_gan), "dense_1.bias dense_1.kernel")
  check.equal(changes(discriminator, function()
    discriminator:train_on_batch(tensor.randn(8, 2), y)
  end), "batch_normalization_1.beta batch_normalization_1.gamma "
    .. "batch_normalization_1.moving_mean "
    .. "batch_normalization_1.moving_variance dense_1.bias dense_1.kernel "
    .. "dense_2.bias dense_2.kernel")
  check.equal(discriminator:get_layer(1).kernel.requires_grad, true)
end)

test("freezing, then fine-tuning", function()
  local base = nn.Sequential {nn.Dense {4, "tanh", input_shape = {3}},
    nn.Dense {4, "tanh"}}
  base.trainable = false
  local model = nn.Sequential {base, nn.Dense {1}}
  local x, y = tensor.randn(16, 3), tensor.randn(16, 1)
  model:compile {optimizer = "sgd", loss = "mse"}
  check.equal(#model:trainable_parameters(), 2)
  local before = base:copy_weights()
  model:fit(x, y, {epochs = 2, verbose = 0})
  check.near(base:get_layer(1).kernel, before["dense_1.kernel"], 0)
  base.trainable, base:get_layer(1).trainable = true, false
  model:fit(x, y, {epochs = 1, verbose = 0})
  check.near(base:get_layer(2).kernel, before["dense_2.kernel"], 0)
  model:compile {optimizer = "sgd", loss = "mse"}
  check.equal(#model:trainable_parameters(), 4)
  model:fit(x, y, {epochs = 1, verbose = 0})
  check.near(base:get_layer(1).kernel, before["dense_1.kernel"], 0)
  check.truthy(not base:get_layer(2).kernel:allclose(before["dense_2.kernel"]))
end)

test("layers trained one after the other", function()
  local x = tensor.randn(32, 5)
  local stack, data = nn.Sequential {nn.Input {5}}, x
  for _, units in ipairs {4, 3} do
    local encoder = nn.Dense {units, "tanh"}
    local size = data.shape[2]
    local auto = nn.Sequential {nn.Input {size}, encoder, nn.Dense {size}}
    auto:compile {optimizer = "adam", loss = "mse"}
    auto:fit(data, data, {epochs = 2, verbose = 0})
    stack:add(encoder)
    data = stack:predict(x)
  end
  stack:add(nn.Dense {1})
  stack:compile {optimizer = "sgd", loss = "mse"}
  stack:fit(x, tensor.zeros(32, 1), {epochs = 1, verbose = 0})
  check.equal(#stack:parameters(), 6)
  check.same_shape(stack:predict(x), {32, 1})
end)

test("a frozen model in a loop of one's own", function()
  local bn = nn.BatchNormalization {input_shape = {2}}
  local model = nn.Sequential {bn}
  model.trainable = false
  local x = tensor.randn(8, 2) + 5
  autograd.record(function() return model(x) end)
  check.near(bn.moving_mean, {0, 0}, 0)
  model.trainable = true
  autograd.record(function() return model(x) end)
  check.truthy(bn.moving_mean[1] > 0)
end)

test("a layer that holds what holds it", function()
  local Inner = nn.Layer:extend {class_name = "Inner",
    call = function(_, x) return x end}
  local inner, outer = Inner(), nn.Sequential()
  outer:add(inner)
  inner.owner = outer
  outer(tensor.ones(1, 2))
  check.equal(#outer:parameters(), 0)
  outer:initialize("zeros")
end)
