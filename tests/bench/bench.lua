-- Times one workload. peer.py does the same work, under the same names, with
-- PyTorch; run.py calls both and compares.
--
--   nnlua bench.lua                   the names of the workloads
--   nnlua bench.lua NAME [ROUNDS]     seconds for one unit of work, the best
--                                     of at least ROUNDS rounds

local autograd = require("autograd")
local native = require("native")
local nn = require("nn")
local optim = require("optim")
local tensor = require("tensor")

local here = arg[0]:match("^(.*/)") or "./"
local squeezenet = dofile(here .. "squeezenet.lua")

local LEAST_TIME = 0.5 -- seconds that the rounds of a workload last together

local CROSS_ENTROPY = "sparse_softmax_cross_entropy_with_logits"

local names, workloads = {}, {}

-- make() gives a function to time, and how many units of work it does.
local function workload(name, make)
  names[#names + 1] = name
  workloads[name] = make
end

workload("op_add_small", function()
  local a, b = tensor.ones(16), tensor.ones(16)
  return function()
    local c
    for _ = 1, 1000 do c = a + b end
    return c
  end, 1000
end)

workload("op_small_autograd", function()
  local x = tensor.ones(16):requires_grad_()
  return function()
    for _ = 1, 200 do
      local y = (x * x + x):sum()
      y:backward()
      x:zero_grad()
    end
  end, 200
end)

workload("ew_add_10m", function()
  local a, b = tensor.rand(10000000), tensor.rand(10000000)
  return function() return a + b end
end)

workload("ew_exp_10m", function()
  local a = tensor.rand(10000000)
  return function() return a:exp() end
end)

workload("ew_tanh_10m", function()
  local a = tensor.randn(10000000)
  return function() return a:tanh() end
end)

workload("ew_gelu_chain_1m", function()
  local a = tensor.randn(1000000)
  return function()
    local inner = 0.7978845608 * (a + 0.044715 * a * a * a)
    return 0.5 * a * (1 + inner:tanh())
  end
end)

workload("reduce_sum_10m", function()
  local a = tensor.rand(10000000)
  return function() return a:sum() end
end)

workload("reduce_sum_axis0", function()
  local a = tensor.rand(4096, 2048)
  return function() return a:sum(1) end
end)

workload("softmax_4096x1000", function()
  local a = tensor.randn(4096, 1000)
  return function() return a:softmax(2) end
end)

workload("transpose_copy_4096", function()
  local a = tensor.rand(4096, 4096)
  return function() return a.T:contiguous() end
end)

workload("randn_10m", function()
  return function() return tensor.randn(10000000) end
end)

workload("sort_1m", function()
  local a = tensor.rand(1000000)
  return function() return a:sort() end
end)

workload("matmul_1024", function()
  local a, b = tensor.rand(1024, 1024), tensor.rand(1024, 1024)
  return function() return a:matmul(b) end
end)

workload("fft2_1024", function()
  local a = tensor.rand(1024, 1024)
  return function() return tensor.fft.fft2(a) end
end)

-- Gluon's linear regression: 1000 samples, 2 features, batches of 10.
workload("linreg_epoch", function()
  local count, batch = 1000, 10
  local x = tensor.randn(count, 2)
  local y = x:matmul(tensor {{2}, {-3.4}}) + 4.2
  local net = nn.Dense {1}
  net(x)
  local trainer = optim.SGD(net:parameters(), {lr = 0.03})
  return function()
    local order = tensor.randperm(count)
    for first = 1, count, batch do
      local chosen = order:narrow(1, first, batch)
      local xb, yb = x:index_select(1, chosen), y:index_select(1, chosen)
      trainer:zero_grad()
      nn.losses.mean_squared_error(yb, net(xb)):mean():backward()
      trainer:step()
    end
  end
end)

-- 784-512-10, batches of 128 out of 60000 shuffled samples.
workload("mlp_epoch", function()
  local x = tensor.rand(60000, 784)
  local y = tensor.randint(1, 10, {60000})
  local model = nn.Sequential {
    nn.Dense {512, activation = "relu", input_shape = {784}},
    nn.Dense {10},
  }
  model:compile {optimizer = optim.RMSprop {lr = 1e-3},
    loss = CROSS_ENTROPY}
  return function()
    model:fit(x, y, {epochs = 1, batch_size = 128, shuffle = true,
      verbose = 0})
  end
end)

-- Chollet's convolutional network for MNIST.
local function convnet()
  return nn.Sequential {
    nn.Conv2D {32, 3, activation = "relu", input_shape = {28, 28, 1}},
    nn.MaxPooling2D {2},
    nn.Conv2D {64, 3, activation = "relu"},
    nn.MaxPooling2D {2},
    nn.Conv2D {64, 3, activation = "relu"},
    nn.Flatten(),
    nn.Dense {64, activation = "relu"},
    nn.Dense {10},
  }
end

workload("cnn_step", function()
  local x, y = tensor.rand(64, 28, 28, 1), tensor.randint(1, 10, {64})
  local model = convnet()
  model:compile {optimizer = optim.RMSprop {lr = 1e-3},
    loss = CROSS_ENTROPY}
  return function() model:train_on_batch(x, y) end
end)

workload("cnn_forward", function()
  local x, model = tensor.rand(64, 28, 28, 1), convnet()
  return function()
    autograd.no_grad(function() return model(x) end)
  end
end)

-- Two convolutions with batch normalisation and a shortcut around them.
workload("resnet_block_step", function()
  local x, y = tensor.randn(32, 32, 32, 64), tensor.randn(32, 32, 32, 64)
  local options = {64, 3, padding = "same", use_bias = false}
  local input = nn.Input {32, 32, 64}
  local inner = nn.BatchNormalization()(nn.Conv2D(options)(input))
  inner = nn.Activation {"relu"}(inner)
  inner = nn.BatchNormalization()(nn.Conv2D(options)(inner))
  local output = nn.Activation {"relu"}(nn.Add()(input, inner))
  local model = nn.Model {inputs = input, outputs = output}
  model:compile {optimizer = optim.SGD {lr = 1e-3, momentum = 0.9},
    loss = "mse"}
  return function() model:train_on_batch(x, y) end
end)

-- Kernels for each channel, then a product over the channels.
workload("separable_conv_step", function()
  local x, y = tensor.randn(32, 32, 32, 64), tensor.randn(32, 32, 32, 128)
  local model = nn.Sequential {
    nn.DepthwiseConv2D {3, padding = "same", input_shape = {32, 32, 64}},
    nn.Conv2D {128, 1},
  }
  model:compile {optimizer = optim.SGD {lr = 1e-3}, loss = "mse"}
  return function() model:train_on_batch(x, y) end
end)

-- SqueezeNet on one image, with its own weights where they are.
workload("squeezenet_forward", function()
  local x, model = tensor.randn(1, 224, 224, 3), squeezenet.model()
  local weights = squeezenet.path("squeezenet1.1.safetensors")
  if weights then squeezenet.load(model, weights) end
  return function()
    autograd.no_grad(function() return model(x):softmax(2) end)
  end
end)

workload("adam_10m", function()
  local parameters = {}
  for i = 1, 10 do
    parameters[i] = tensor.randn(1000, 1000):requires_grad_()
    local slope = tensor.randn(1000, 1000);
    (parameters[i] * slope):sum():backward()
  end
  local optimiser = optim.Adam(parameters, {lr = 1e-3})
  return function() optimiser:step() end
end)

local function best_time(run, rounds)
  run()
  local best, begin, done = math.huge, native.clock(), 0
  repeat
    local start = native.clock()
    run()
    local now = native.clock()
    best, done = math.min(best, now - start), done + 1
  until done >= rounds and now - begin >= LEAST_TIME
  return best
end

local name, rounds = arg[1], tonumber(arg[2] or 5)
if not name then
  print(table.concat(names, "\n"))
elseif not workloads[name] then
  io.stderr:write("bench.lua: no workload named ", name, "\n")
  os.exit(1)
else
  tensor.manual_seed(1)
  local run, units = workloads[name]()
  print(("%.9g"):format(best_time(run, rounds) / (units or 1)))
end
