-- Activation functions: each one of nn.activations with its derivative (by
-- autograd.grad_of) in one picture; how units of relu die when the learning
-- rate is too high; and how gradients vanish on their way down through twenty
-- layers of sigmoid, but not of relu.

local folder = arg[0]:match("^.*/") or ""
local o = dofile(folder .. "arguments.lua")(arg,
  "Draws activations, dying units and vanishing gradients.", {
  {"layers", 20, "depth of the nets whose gradients are measured"},
  {"epochs", 15, "passes over the samples for the dying units"},
  {"out", "results/activations", "folder for what is written"},
})

local function chapter(title)
  print("\n== " .. title .. " " .. ("="):rep(72 - #title))
end

local function say(format, ...) print(string.format(format, ...)) end

local function save(fig, name)
  fig:save(o.out .. "/" .. name)
  print("wrote " .. o.out .. "/" .. name)
end

-- Every activation -----------------------------------------------------------

chapter("Every activation and its derivative")

-- What nn.activations has besides activations.
local NOT_ONE = {get = true, check = true, name_of = true}

-- Of softmax and its logarithm the first of two outputs is drawn, as a
-- function of the first input while the other is 0.
local function of_one_number(f)
  return function(x) return f(tensor.stack({x, x * 0}, 2))[{{}, 1}] end
end

local names = {}
for name, f in pairs(nn.activations) do
  if type(f) == "function" and not NOT_ONE[name] then
    names[#names + 1] = name
  end
end
table.sort(names)

local x = tensor.linspace(-4, 4, 401)
local figures = {}
say("%-14s %10s %10s %10s %10s", "", "f(-2)", "f'(-2)", "f(2)", "f'(2)")
for i, name in ipairs(names) do
  local f = nn.activations[name]
  if name:find("softmax") then f = of_one_number(f) end
  local y, slope = f(x), autograd.grad_of(f)(x)
  local low, high = 101, 301 -- where x is -2 and 2
  say("%-14s %10.4f %10.4f %10.4f %10.4f", name, y[low], slope[low], y[high],
      slope[high])
  figures[i] = plot.line(x, {y, slope}, {
    title=name, labels={"f", "f'"}, legend=i == 1, ylim={-1.5, 3},
  })
end
save(plot.grid(figures, {title="activations and their derivatives",
                         size={1200, 900}}), "activations.png")

-- Dead units -----------------------------------------------------------------

chapter("Units of relu that die")
print("A unit whose input is below 0 for every sample gives 0 and gets no\n"
        .. "gradient: it never comes back. Too large a step can do that.")
tensor.manual_seed(o.seed)
local set = data.digits{train=1500, test=10}
local pictures = set.train.x:to("float32"):div_(255)

-- The shares of units in the hidden layers whose slope is 0 for every sample,
-- after training.
local function dead_units(activation, lr)
  tensor.manual_seed(o.seed)
  local model = nn.Sequential{
    nn.Flatten{input_shape={28, 28}},
    nn.Dense{100, activation=activation, name="first"},
    nn.Dense{100, activation=activation, name="second"},
    nn.Dense{10, activation="softmax"},
  }
  model:compile{optimizer=optim.SGD{lr=lr}, metrics={"accuracy"},
                loss="sparse_categorical_crossentropy"}
  model:fit(pictures, set.train.y, {epochs=o.epochs, batch_size=50, verbose=0})
  local shares, flow = {}, model:get_layer(1)(pictures)
  local slope_of = autograd.grad_of(nn.activations[activation])
  for k, name in ipairs{"first", "second"} do
    local layer = model:get_layer(name)
    local slopes = slope_of(flow:matmul(layer.kernel:detach())
                              + layer.bias:detach())
    shares[k] = slopes:eq(0):all(1):float():mean():item()
    flow = layer(flow):detach()
  end
  local _, accuracy = model:evaluate(pictures, set.train.y)
  say("%-10s lr %-5g dead: %3.0f %% of layer 1, %3.0f %% of layer 2; "
        .. "accuracy %.3f", activation, lr, 100 * shares[1],
      100 * shares[2], accuracy)
  return shares
end

local rates, shares = {0.01, 0.1, 0.5, 1.0, 2.0}, {{}, {}}
for i, lr in ipairs(rates) do
  local found = dead_units("relu", lr)
  shares[1][i], shares[2][i] = found[1], found[2]
end
print("leaky_relu has a slope below 0 too, so that none of its units can die:")
dead_units("leaky_relu", 0.5)
save(plot.line(rates, shares, {
  labels={"first layer", "second layer"}, markers=true, xscale="log",
  xlabel="learning rate", ylabel="share of dead units", ylim={0, 1},
  title="units of relu that died",
}), "dead_units.png")

-- Vanishing gradients --------------------------------------------------------

chapter("Gradients that vanish")
say("The norm of the kernel's gradient in each of %d layers of 64 units, "
      .. "at the start.", o.layers)

local function gradient_norms(activation, initializer)
  tensor.manual_seed(o.seed)
  local layers = {}
  for k = 1, o.layers do
    layers[k] = nn.Dense{64, activation=activation,
                         kernel_initializer=initializer}
  end
  local flow = tensor.randn(128, 64)
  for _, layer in ipairs(layers) do flow = layer(flow) end
  flow:square():mean():backward()
  local norms = {}
  for k, layer in ipairs(layers) do
    norms[k] = layer.kernel.grad:norm():item()
  end
  return norms
end

local kinds = {
  {"sigmoid", "glorot_uniform"}, {"tanh", "glorot_uniform"},
  {"relu", "he_uniform"},
}
local curves, labels = {}, {}
for i, kind in ipairs(kinds) do
  local norms = gradient_norms(kind[1], kind[2])
  curves[i], labels[i] = norms, kind[1]
  say("%-8s last layer %9.2e, first layer %9.2e: the first has %.1e of it",
      kind[1], norms[#norms], norms[1], norms[1] / norms[#norms])
end
print("The slope of sigmoid is 1/4 at most, so that each layer passes down a\n"
        .. "quarter or less; relu's is 1 wherever a unit is alive.")
save(plot.line(curves, {
  labels=labels, yscale="log", xlabel="layer (1: the farthest from the loss)",
  ylabel="norm of the gradient", title="gradients at the start of training",
}), "gradients.png")
