-- optim: the update rules by hand, clipping, state.

local check = require("check")
local test = check.test

-- A parameter 1 whose gradient is g.
local function parameter(g)
  local w = tensor({1.0}):requires_grad_()
  local y = w * g
  y:sum():backward()
  return w
end

-- The parameter after the steps with these gradients.
local function run(make, gradients)
  local w = tensor({1.0}):requires_grad_()
  local optimizer = make {w}
  for _, g in ipairs(gradients) do
    optimizer:zero_grad()
    local y = w * g
    y:sum():backward()
    optimizer:step()
  end
  return w:item()
end

test("SGD", function()
  check.near(run(function(p)
    return optim.SGD(p, {lr = 0.1})
  end, {2, 3}), 1 - 0.2 - 0.3)
  check.near(run(function(p)
    return optim.SGD(p, {lr = 0.1, momentum = 0.9})
  end, {2, 3}), 1 - 0.2 + (0.9 * -0.2 - 0.3))
  check.near(run(function(p)
    return optim.SGD(p, {lr = 0.1, momentum = 0.9, nesterov = true})
  end, {2, 3}),
    1 + (0.9 * -0.2 - 0.2) + (0.9 * (0.9 * -0.2 - 0.3) - 0.3))
  check.near(run(function(p)
    return optim.SGD(p, {lr = 0.1, weight_decay = 0.5})
  end, {2}), 1 - 0.1 * (2 + 0.5))
end)

test("Adagrad", function()
  check.near(run(function(p)
    return optim.Adagrad(p, {lr = 0.1})
  end, {2, 3}), 1 - 0.2 / math.sqrt(4.1) - 0.3 / math.sqrt(13.1))
  check.near(run(function(p)
    return optim.Adagrad(p, {lr = 0.1, initial_accumulator_value = 0})
  end, {2, 3}), 1 - 0.2 / 2 - 0.3 / math.sqrt(13))
end)

test("Adadelta", function()
  local a, u, w = 0, 0, 1
  for _, g in ipairs {2, 3} do
    a = 0.95 * a + 0.05 * g * g
    local d = g * math.sqrt((u + 1e-7) / (a + 1e-7))
    u, w = 0.95 * u + 0.05 * d * d, w - d
  end
  check.near(run(function(p)
    return optim.Adadelta(p, {lr = 1})
  end, {2, 3}), w)
end)

test("RMSprop", function()
  local a1 = 0.1 * 4
  local a2 = 0.9 * a1 + 0.1 * 9
  check.near(run(function(p)
    return optim.RMSprop(p, {lr = 0.1})
  end, {2, 3}), 1 - 0.2 / math.sqrt(a1) - 0.3 / math.sqrt(a2))
end)

test("RMSprop centred, with momentum", function()
  local a, m, v, w = 0, 0, 0, 1
  for _, g in ipairs {2, 3, -1} do
    a, m = 0.9 * a + 0.1 * g * g, 0.9 * m + 0.1 * g
    v = 0.5 * v + 0.1 * g / math.sqrt(a - m * m + 1e-7)
    w = w - v
  end
  check.near(run(function(p)
    return optim.RMSprop(p, {lr = 0.1, centered = true, momentum = 0.5})
  end, {2, 3, -1}), w)
end)

test("Adam", function()
  local m, v, w = 0, 0, 1
  for t, g in ipairs {2, 3, -1} do
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    w = w - 0.1 * (m / (1 - 0.9 ^ t)) / (math.sqrt(v / (1 - 0.999 ^ t)) + 1e-7)
  end
  check.near(run(function(p)
    return optim.Adam(p, {lr = 0.1})
  end, {2, 3, -1}), w)
end)

test("AMSGrad keeps the largest v", function()
  local m, v, most, w = 0, 0, 0, 1
  for t, g in ipairs {3, 1, 0} do
    m, v = 0.9 * m + 0.1 * g, 0.5 * v + 0.5 * g * g
    most = math.max(most, v)
    w = w - 0.1 * math.sqrt(1 - 0.5 ^ t) / (1 - 0.9 ^ t) * m
      / (math.sqrt(most) + 1e-7)
  end
  check.near(run(function(p)
    return optim.Adam(p, {lr = 0.1, beta_2 = 0.5, amsgrad = true})
  end, {3, 1, 0}), w)
end)

test("AdamW decays weights apart from the gradient", function()
  check.near(run(function(p)
    return optim.AdamW(p, {lr = 0.1, weight_decay = 0.5})
  end, {2}), 0.95 - 0.1)
  check.near(run(function(p)
    return optim.Adam(p, {lr = 0.1, weight_decay = 0.5})
  end, {2}), 0.9)
end)

test("Adamax", function()
  local m, u, w = 0, 0, 1
  for t, g in ipairs {2, -1} do
    m, u = 0.9 * m + 0.1 * g, math.max(0.999 * u, math.abs(g))
    w = w - 0.1 / (1 - 0.9 ^ t) * m / (u + 1e-7)
  end
  check.near(run(function(p)
    return optim.Adamax(p, {lr = 0.1})
  end, {2, -1}), w)
end)

test("Nadam", function()
  local m, v, w, product = 0, 0, 1, 1
  local function beta(t) return 0.9 * (1 - 0.5 * 0.96 ^ (0.004 * t)) end
  for t, g in ipairs {2, -1} do
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    product = product * beta(t)
    local ahead = beta(t + 1) * m / (1 - product * beta(t + 1))
      + (1 - beta(t)) * g / (1 - product)
    w = w - 0.1 * ahead / (math.sqrt(v / (1 - 0.999 ^ t)) + 1e-7)
  end
  check.near(run(function(p)
    return optim.Nadam(p, {lr = 0.1})
  end, {2, -1}), w)
end)

test("defaults are Keras's", function()
  check.equal(optim.SGD {}.lr, 0.01)
  check.equal(optim.Adagrad {}.lr, 0.001)
  check.equal(optim.Adadelta {}.rho, 0.95)
  check.equal(optim.AdamW {}.weight_decay, 0.004)
  check.equal(optim.Adam {}.weight_decay, 0.0)
  for _, name in ipairs {"sgd", "adagrad", "adadelta", "rmsprop", "adam",
      "adamw", "adamax", "nadam", "lbfgs"} do
    local made = optim.get(name)
    check.equal(made.class_name:lower(), name)
    check.equal(optim.get(made), made)
    check.truthy(optim.get(getmetatable(made)).steps == 0, name)
  end
  check.equal(optim.RMSprop {}.lr, 0.001)
  check.equal(optim.RMSprop {}.rho, 0.9)
  check.equal(optim.Adam {}.lr, 0.001)
  check.equal(optim.Adam {0.5}.lr, 0.5)
  check.equal(optim.Adam {learning_rate = 0.5}.lr, 0.5)
  check.equal(optim.get("adam").class_name, "Adam")
end)

test("step(batch_size) divides, lr can be set", function()
  local w = parameter(8)
  local optimizer = optim.SGD({w}, {lr = 1})
  optimizer.lr = 0.5
  optimizer:step(4)
  check.near(w:item(), 0)
end)

test("clipping", function()
  local w = parameter(8)
  optim.SGD({w}, {lr = 1, clipvalue = 2}):step()
  check.near(w:item(), -1)
  local a, b = parameter(3), parameter(4)
  optim.SGD({a, b}, {lr = 1, global_clipnorm = 1}):step()
  check.near(a:item(), 0.4)
  check.near(b:item(), 0.2)
  a, b = parameter(3), parameter(0.5)
  optim.SGD({a, b}, {lr = 1, clipnorm = 2}):step()
  check.near(a:item(), -1)
  check.near(b:item(), 0.5)
  a, b = parameter(8), parameter(6)
  optim.SGD({a, b}, {lr = 1, clipnorm = 3, global_clipnorm = 2,
    clipvalue = 1}):step(2)
  check.near(a:item(), 0)
  check.near(b:item(), 0)
end)

test("parameters without a gradient stay", function()
  local w = tensor({1.0}):requires_grad_()
  optim.Adam({w}):step()
  check.near(w:item(), 1)
end)

test("state goes on where it stopped", function()
  local function step(optimizer, w)
    local function f()
      optimizer:zero_grad()
      local y = ((w - 3) ^ 4):sum()
      y:backward()
      return y
    end
    if optimizer.takes_closure then return optimizer:step(f) end
    f()
    optimizer:step()
  end
  for name, o in pairs {SGD = {momentum = 0.9}, Adagrad = {},
      Adadelta = {}, RMSprop = {centered = true, momentum = 0.5},
      Adam = {amsgrad = true}, AdamW = {}, Adamax = {}, Nadam = {},
      LBFGS = {max_iter = 3}} do
    local a = tensor({1.0, 2.0}, "float64"):requires_grad_()
    o.lr = 0.01
    local first = optim[name]({a}, o)
    for _ = 1, 3 do step(first, a) end
    local b = a:detach():clone():requires_grad_()
    o.lr = nil
    local second = optim[name]({b}, o)
    second:load_state_dict(first:state_dict())
    check.equal(second.lr, 0.01)
    step(first, a)
    step(second, b)
    check.near(b, a, 0)
  end
end)

test("errors", function()
  check.error_matches(function()
    optim.Adam({}, {lr = 1})
  end, "Adam: there are no parameters to train")
  check.error_matches(function()
    optim.Adam {lr = "a"}
  end, 'Adam: lr must be a number of at least 0, a schedule')
  check.error_matches(function()
    optim.Adam {momentun = 1}
  end, 'Adam: unknown option "momentun"')
  check.error_matches(function()
    optim.SGD({}):step()
  end, "SGD: it has no parameters yet")
  check.error_matches(function()
    optim.get("adm")
  end, 'unknown optimizer "adm" %(did you mean "adam"%?%)')
  local rate = optim.SGD {}
  check.error_matches(function()
    rate.lr = "fast"
  end, 'SGD: lr must be .* got "fast"')
  check.error_matches(function()
    optim.LBFGS({parameter(1)}):step(32)
  end, "LBFGS: step takes a function")
  check.error_matches(function()
    optim.LBFGS({parameter(1)}):step(function() return {} end)
  end, "must return the loss, one number, got {}")
  check.error_matches(function()
    optim.LBFGS {momentum = 1}
  end, 'LBFGS: unknown option "momentum"')
  check.error_matches(function()
    optim.LBFGS {parameter(1), tensor.ones(1):double():requires_grad_()}
  end, "all parameters must be of one dtype")
  local optimizer = optim.SGD({parameter(1)}, {momentum = 0.9})
  check.error_matches(function()
    optimizer:load_state_dict {state = {{velocity = tensor.zeros(2)}}}
  end, "does not fit")
end)

test("a state of another form", function()
  local optimizer = optim.SGD({parameter(1)})
  check.refuses("state of parameter 1 must be a table, got 1", function()
    optimizer:load_state_dict{state={1}}
  end)
  check.refuses("steps must be an integer of at least 0, got %-7", function()
    optimizer:load_state_dict{state={{}}, steps=-7}
  end)
end)

-- A layer in place of its parameters -----------------------------------------

-- Steps on net(x) with an optimizer that was made before the first data.
local function loop_of(net, opt, steps)
  local x = tensor({{1, 2}})
  for _ = 1, steps do
    local function loss()
      opt:zero_grad()
      local y = (net(x) - 1):square():sum()
      y:backward()
      return y
    end
    if opt.takes_closure then
      opt:step(loss)
    else
      loss()
      opt:step()
    end
  end
end

test("a model for its parameters, built or not yet", function()
  for _, name in ipairs{"SGD", "Adagrad", "Adadelta", "RMSprop", "Adam",
                        "AdamW", "Adamax", "Nadam", "LBFGS"} do
    local function dense(shape)
      return nn.Dense{1, kernel_initializer="ones", input_shape=shape}
    end
    local function trained(net, of)
      loop_of(net, optim[name](of(net), {lr=0.03}), 3)
      return net:get_layer(1).kernel:detach()
    end
    local function itself(net) return net end
    local expected = trained(nn.Sequential{dense{2}}, function(net)
      return net:parameters()
    end)
    check.equal(expected == tensor.ones(2, 1), false)
    check.near(trained(nn.Sequential{dense{2}}, itself), expected, 0)
    local late = nn.Sequential()
    check.near(trained(late, function(net)
      net:add(dense())
      return net
    end), expected, 0)
  end
end)

test("a layer is bound when its weights are there", function()
  local built = nn.Dense{1, input_shape={2}}
  built(tensor.zeros(1, 2))
  check.equal(#optim.SGD(built, {lr=0.1}).params, 2)
  check.equal(#optim.SGD(built).params, 2)
  local net = nn.Sequential()
  local opt = optim.SGD(net, {lr=0.5})
  net:add(nn.Dense{1})
  check.refuses("SGD: it has no parameters yet: .*Sequential.* makes its "
                .. "weights at first use", function() opt:step() end)
  check.refuses("SGD: it has no parameters yet", function()
    opt:state_dict()
  end)
  opt:zero_grad()
  check.equal(opt.params, nil)
  net(tensor.zeros(1, 2))
  opt:zero_grad()
  check.equal(#opt.params, 2)
  check.equal(opt:state_dict().steps, 0)
end)

test("of a model the trainable parameters are taken", function()
  local model = nn.Sequential{nn.Dense{3, input_shape={2}, trainable=false},
                              nn.BatchNormalization(), nn.Dense{1}}
  check.equal(#optim.Adam(model, {lr=0.1}).params, 4)
  check.refuses("SGD: there are no parameters to train", function()
    optim.SGD(nn.Sequential{nn.Dense{1, input_shape={2}, trainable=false}},
              {lr=0.1})
  end)
  check.refuses("SGD: there are no parameters to train", function()
    optim.SGD(nn.Sequential{nn.Activation{"relu", input_shape={2}}}, {lr=0.1})
      :step()
  end)
  check.refuses("SGD: takes a model, a layer or the list of parameters, got "
                .. "the class Dense", function()
    optim.SGD(nn.Dense, {lr=0.1})
  end)
end)

test("gradients from before the weights were all there are forgotten",
     function()
  local first, second = nn.Dense{2}, nn.Dense{1}
  local net = nn.Sequential{nn.Activation("linear")}
  local opt = optim.SGD(net, {lr=1})
  net:add(first)
  net:add(second)
  first(tensor.ones(1, 2)):sum():backward()
  opt:zero_grad()
  net(tensor.ones(1, 2)):sum()
  local before = first.bias:detach():clone()
  opt:step()
  check.near(first.bias, before)
end)

test("several models are no parameters", function()
  local net = nn.Sequential{nn.Dense{1, input_shape={2}}}
  for _, arguments in ipairs{{{net}}, {{net, net}, {lr=1}}} do
    check.refuses("SGD: takes one model or layer, or the list of parameters",
                  function() optim.SGD(table.unpack(arguments)) end)
  end
end)

test("compile takes an optimizer that was made for a model", function()
  local model = nn.Sequential{nn.Dense{1}}
  model:compile{optimizer=optim.SGD(model, {lr=0.1}), loss="mse"}
  model:fit(tensor.ones(4, 2), tensor.ones(4, 1), {verbose=0})
  check.equal(#model.optimizer.params, 2)
end)

-- What has no gradient, what is no rate --------------------------------------

test("tensors without gradients are no parameters", function()
  check.refuses("SGD: none of the 1 parameters requires a gradient", function()
    optim.SGD({tensor.zeros(3)})
  end)
  check.refuses("LBFGS: none of the 2 parameters requires a gradient: .*"
                .. "requires_grad_", function()
    optim.LBFGS({tensor.zeros(3), tensor.zeros(2)})
  end)
  check.truthy(optim.SGD({tensor.zeros(3), parameter(1)}))
end)

test("a rate is a finite number", function()
  local inf = math.huge
  check.refuses("SGD: lr must be finite, got inf", function()
    optim.SGD{lr=inf}
  end)
  for _, rate in ipairs{0 / 0, -inf} do
    check.refuses("SGD: lr must be a number of at least 0", function()
      optim.SGD{lr=rate}
    end)
  end
  local opt = optim.SGD({parameter(1)}, {lr=function() return inf end})
  check.refuses("schedule must give a finite number for step 1, got inf",
                function() opt:step() end)
end)

-- Decay ----------------------------------------------------------------------

test("decay lowers the rate with the steps, as in Keras", function()
  check.near(run(function(p)
    return optim.SGD(p, {lr=0.1, decay=0.5})
  end, {2, 3, 4}), 1 - 0.1 * 2 - 0.1 / 1.5 * 3 - 0.1 / 2 * 4)
  local opt = optim.RMSprop{lr=8e-4, clipvalue=1, decay=1e-8}
  check.equal(tostring(opt), "RMSprop (lr=inverse_time{initial_lr=0.0008, "
    .. "decay_steps=1, decay_rate=1e-08, staircase=false})")
  check.equal(opt.lr, 8e-4)
  local copy = optim.get{class_name="RMSprop", config=opt:get_config()}
  check.equal(copy:get_config(), opt:get_config())
  check.equal(optim.SGD{lr=0.1, decay=0}:get_config().lr, 0.1)
end)

test("decay goes with a number, and is one", function()
  check.refuses("SGD: decay goes with a lr that is a number", function()
    optim.SGD{lr=optim.schedules.step{0.1}, decay=0.1}
  end)
  check.refuses("SGD: decay goes with a lr that is a number", function()
    optim.SGD{lr=function() return 0.1 end, decay=0.1}
  end)
  for _, decay in ipairs{-1, math.huge, "a"} do
    check.refuses("Adam: decay must be a finite number of at least 0",
                  function() optim.Adam{decay=decay} end)
  end
end)
