-- A tour of gradients: the derivative of a function of one number, the
-- gradient of a function of a tensor, mini-batch gradient descent and
-- momentum written by hand, and the chain rule behind backpropagation.

local folder = arg[0]:match("^.*/") or ""
local o = dofile(folder .. "arguments.lua")(arg,
  "A lesson in gradients, printed step by step.", {
  {"epochs", 3, "passes over the samples of the regression"},
  {"batch-size", 32, "samples in a mini-batch"},
  {"lr", 0.05, "learning rate"},
})

tensor.manual_seed(o.seed)

local function chapter(title)
  print("\n== " .. title .. " " .. ("="):rep(72 - #title))
end

local function say(format, ...)
  print(string.format(format, ...))
end

chapter("The derivative")
print("f(x + e) = y + a e for a small e: the slope a is the derivative.")
local function f(x) return x ^ 3 - 2 * x end
local df = autograd.grad_of(f)
local e = 1e-5
for _, p in ipairs({-1.0, 0.5, 2.0}) do
  say("x = %4.1f   (f(x + e) - f(x)) / e = %8.5f   f'(x) = %8.5f", p,
      (f(p + e) - f(p)) / e, df(p))
end
print("Known derivatives: cos' = -sin, (a x)' = a, and a second derivative:")
local cosine = function(x) return tensor.cos(x) end
say("cos'(1)  = %.6f   -sin(1) = %.6f", autograd.grad_of(cosine)(1.0),
    -math.sin(1))
say("(7 x)'   = %.6f", autograd.grad_of(function(x) return 7 * x end)(1.0))
say("cos''(1) = %.6f   -cos(1) = %.6f",
    autograd.grad_of(autograd.grad_of(cosine))(1.0), -math.cos(1))

chapter("Down the slope")
print("A small step against the derivative makes f smaller.")
local x, step = 3.0, 0.1
local function bowl(t) return (t - 1) ^ 2 end
local slope = autograd.grad_of(bowl)
for i = 1, 5 do
  say("step %d: x = %.4f   f = %.4f   f' = %.4f", i, x, bowl(x), slope(x))
  x = x - step * slope(x)
end

chapter("The gradient")
print("loss(W) for fixed input and target; the gradient has W's shape.")
local input, target = tensor({1, 2}), tensor({1, -1, 0})
local W = tensor.randn(3, 2)
local function loss_of(weights)
  return (weights:dot(input) - target):square():mean()
end
local value, gradient = autograd.value_and_grad(loss_of)(W)
say("loss = %.4f", value:item())
print("gradient =")
print(gradient)
print("One element, checked by moving W[2, 1] a little:")
local moved = W:clone()
moved[{2, 1}] = moved[{2, 1}] + 1e-3
say("(loss(W + e) - loss(W)) / e = %.4f   gradient[2, 1] = %.4f",
    (loss_of(moved) - value):item() / 1e-3, gradient[{2, 1}])
say("W - 0.1 gradient has loss %.4f", loss_of(W - 0.1 * gradient):item())
say("all of it against central differences: %s",
    tostring(autograd.gradcheck(loss_of, W)))

chapter("Mini-batch stochastic gradient descent, by hand")
local SAMPLES = 1024
local TRUE_W, TRUE_B = tensor({2, -3.4}), 4.2
local features = tensor.randn(SAMPLES, 2)
local labels = features:dot(TRUE_W) + TRUE_B + 0.01 * tensor.randn(SAMPLES)

local function mean_squared_error(w, b, xb, yb)
  return (xb:dot(w) + b - yb):square():mean()
end

-- Trains w and b; update(parameter, gradient, k) moves parameter number k.
local function train(batch_size, update)
  local w = (0.01 * tensor.randn(2)):requires_grad_()
  local b = tensor.zeros(1):requires_grad_()
  local loader = data.loader(features, labels,
                             {batch_size=batch_size, shuffle=true})
  for epoch = 1, o.epochs do
    for xb, yb in loader:batches() do -- (1) draw a batch
      local loss = mean_squared_error(w, b, xb, yb) -- (2, 3) forward, loss
      loss:backward() -- (4) backward
      autograd.no_grad(function() -- (5) against the gradient
        for k, parameter in ipairs({w, b}) do
          update(parameter, parameter.grad, k)
          parameter:zero_grad()
        end
      end)
    end
    say("  epoch %d, loss %.6f", epoch,
        mean_squared_error(w, b, features, labels):item())
  end
  say("  w = (%.4f, %.4f)  b = %.4f   (true: 2, -3.4, 4.2)",
      w:detach()[1], w:detach()[2], b:item())
end

local function descend(parameter, gradient)
  parameter:sub_(gradient * o.lr)
end

say("Batches of %d:", o["batch-size"])
train(o["batch-size"], descend)
print("True SGD, one sample at a time, with a smaller step:")
train(1, function(parameter, gradient)
  parameter:sub_(gradient * (o.lr / 10))
end)
print("Batch gradient descent, all samples at once: few steps an epoch.")
train(SAMPLES, descend)

chapter("Momentum, by hand")
print("The update remembers the last one, as a ball that rolls downhill.")
local MOMENTUM = 0.9
local velocities = {}
local function roll(parameter, gradient, k)
  local past = velocities[k] or tensor.zeros_like(parameter)
  velocities[k] = past * MOMENTUM - gradient * (o.lr / 10)
  parameter:add_(velocities[k])
end
say("Batches of %d, learning rate %g, without:", o["batch-size"], o.lr / 10)
train(o["batch-size"], function(parameter, gradient)
  parameter:sub_(gradient * (o.lr / 10))
end)
say("and with momentum %g:", MOMENTUM)
train(o["batch-size"], roll)

print("It also carries over a local minimum. f has one near 1.13, and its\n"
        .. "least value near -1.30:")
local function hills(t) return t ^ 4 - 3 * t ^ 2 + t end
local hill_slope = autograd.grad_of(hills)
for _, momentum in ipairs({0.0, 0.9}) do
  local place, velocity = 2.0, 0.0
  for _ = 1, 300 do
    velocity = momentum * velocity - 0.01 * hill_slope(place)
    place = place + velocity
  end
  say("momentum %.1f: ends at x = %7.4f, f = %7.4f", momentum, place,
      hills(place))
end

chapter("The chain rule")
print("(f(g(x)))' = f'(g(x)) g'(x):")
local function g(t) return tensor.sin(t) end
local function h(t) return t ^ 2 end
local at = 0.7
local dg, dh = autograd.grad_of(g)(at), autograd.grad_of(h)(math.sin(at))
say("h'(g(x)) g'(x) = %.4f * %.4f = %.6f", dh, dg, dh * dg)
say("backward:                        %.6f",
    autograd.grad_of(function(t) return h(g(t)) end)(at))

print("Backpropagation is the same, from the loss back through each layer,\n"
        .. "here of relu(x W1) W2:")
local xs, ys = tensor.randn(4, 3), tensor.randn(4, 2)
local W1 = tensor.randn(3, 5):requires_grad_()
local W2 = tensor.randn(5, 2):requires_grad_()
local hidden = xs:dot(W1):relu()
local error = hidden:dot(W2) - ys
error:square():sum():backward()
local by_hand = autograd.no_grad(function()
  local d_output = 2 * error
  local d_W2 = hidden.T:dot(d_output)
  local d_hidden = d_output:dot(W2.T) * hidden:gt(0):to("float32")
  return {xs.T:dot(d_hidden), d_W2}
end)
say("W1: by hand and by backward the same? %s",
    tostring(tensor.allclose(W1.grad, by_hand[1], 1e-4, 1e-5)))
say("W2: by hand and by backward the same? %s",
    tostring(tensor.allclose(W2.grad, by_hand[2], 1e-4, 1e-5)))

chapter("The pipes first, the data later")
print("Symbolic tensors have a shape but no values; layers connect them.")
local pipe_in = nn.Input{3}
local pipe_out = nn.Dense{2}(nn.Dense{5, activation="relu"}(pipe_in))
say("in:  %s", tostring(pipe_in))
say("out: %s", tostring(pipe_out))
print("The model is the pipe between them. Now the data, and the gradients:")
local model = nn.Model{inputs=pipe_in, outputs=pipe_out}
local before = (model(xs) - ys):square():mean()
before:backward()
autograd.no_grad(function()
  for _, parameter in ipairs(model:parameters()) do
    parameter:sub_(0.1 * parameter.grad)
  end
end)
say("loss %.4f, after one step along them %.4f", before:item(),
    (model(xs) - ys):square():mean():item())
