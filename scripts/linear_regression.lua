-- Linear regression, in two ways: a training loop of one's own (record,
-- backward, step, as in Gluon), and a model that is compiled and fitted (as
-- in Keras). Both come near the weights that made the data, and near the
-- analytic least-squares answer.
--
-- The data: 1000 samples of y = 2 x1 - 3.4 x2 + 4.2 + noise.

local folder = arg[0]:match("^.*/") or ""
local o = dofile(folder .. "arguments.lua")(arg,
  "Fits y = 2 x1 - 3.4 x2 + 4.2 by a loop of its own, by model:fit, and by "
    .. "least squares.", {
  {"epochs", 3, "passes over the samples"},
  {"batch-size", 10, "samples in a batch"},
  {"lr", 0.03, "learning rate of SGD"},
  {"samples", 1000, "samples to make"},
})

local TRUE_W, TRUE_B, NOISE = tensor({2, -3.4}), 4.2, 0.01

tensor.manual_seed(o.seed)
local features = tensor.randn(o.samples, 2)
local labels = features:matmul(TRUE_W) + TRUE_B
  + tensor.randn(o.samples) * NOISE
labels = labels:reshape(-1, 1)

-- Half the squared error of each sample, as in the book.
local function squared_loss(prediction, y)
  return (prediction - y):square() / 2
end

local function show(title, w, b)
  print(string.format("%-22s w = (%.4f, %.4f)  b = %.4f", title, w[1], w[2],
                      b))
end

local function show_layer(dense)
  show("learned:", dense.kernel:detach():flatten(), dense.bias:item())
end

local function own_loop()
  print("\nA loop of one's own")
  local net = nn.Sequential{
    nn.Dense{1, kernel_initializer=nn.initializers.Normal{0.01}},
  }
  local loader = data.loader(features, labels,
                             {batch_size=o["batch-size"], shuffle=true})
  net(features[{{1, 1}}]) -- the first call tells the layer its input size
  local trainer = optim.SGD(net:parameters(), {lr=o.lr})
  for epoch = 1, o.epochs do
    for x, y in loader:batches() do
      local loss = autograd.record(function()
        return squared_loss(net(x), y)
      end)
      trainer:zero_grad()
      loss:backward() -- the gradient of the sum over the batch
      trainer:step(x.shape[1]) -- divided by the batch's size
    end
    local loss = squared_loss(net(features), labels):mean():item()
    print(string.format("epoch %d, loss: %f", epoch, loss))
  end
  show_layer(net:get_layer(1))
end

local function compiled_model()
  print("\nA compiled model")
  local model = nn.Sequential{nn.Dense{1, input_shape={2}}}
  -- The loss of fit is the mean over the batch, without the half: half the
  -- learning rate makes the same steps.
  model:compile{optimizer=optim.SGD{lr=o.lr / 2}, loss="mse"}
  local history = model:fit(features, labels, {
    epochs=o.epochs, batch_size=o["batch-size"], verbose=0,
  })
  for epoch, loss in ipairs(history.loss) do
    print(string.format("epoch %d, mean loss while training: %f", epoch,
                        loss / 2))
  end
  show_layer(model:get_layer(1))
end

-- Solves a x = b by Gaussian elimination with row exchanges: a is (n, n), b
-- is (n), both float64.
local function solve(a, b)
  local n = a.shape[1]
  local m = tensor.concat({a, b:reshape(n, 1)}, 2)
  for k = 1, n do
    local pivot = k - 1 + m[{{k, n}, k}]:abs():argmax():item()
    local row = m[pivot]:clone()
    m[pivot] = m[k]
    m[k] = row / row[k]
    for i = 1, n do
      if i ~= k then m[i] = m[i] - m[k] * m[{i, k}] end
    end
  end
  return m[{{}, n + 1}]
end

-- The weights with the least squared error solve (X'X) w = X'y, where a
-- column of ones in X stands for the bias.
local function least_squares()
  print("\nThe analytic answer")
  local x = tensor.concat({features, tensor.ones(o.samples, 1)}, 2)
    :to("float64")
  local y = labels:to("float64")
  local w = solve(x.T:matmul(x), x.T:matmul(y):flatten())
  show("least squares:", w, w[3])
end

show("true:", TRUE_W, TRUE_B)
own_loop()
compiled_model()
least_squares()
