-- optim: the update rules by hand, clipping, state.

local check = require("check")
local test = check.test

-- A parameter 1 whose gradient is g.
local function parameter(g)
  local w = tensor({ 1.0 }):requires_grad_()
  local y = w * g
  y:sum():backward()
  return w
end

-- The parameter after the steps with these gradients.
local function run(make, gradients)
  local w = tensor({ 1.0 }):requires_grad_()
  local optimizer = make { w }
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
    return optim.SGD(p, { lr = 0.1 })
  end, { 2, 3 }), 1 - 0.2 - 0.3)
  check.near(run(function(p)
    return optim.SGD(p, { lr = 0.1, momentum = 0.9 })
  end, { 2, 3 }), 1 - 0.2 + (0.9 * -0.2 - 0.3))
  check.near(run(function(p)
    return optim.SGD(p, { lr = 0.1, momentum = 0.9, nesterov = true })
  end, { 2, 3 }),
    1 + (0.9 * -0.2 - 0.2) + (0.9 * (0.9 * -0.2 - 0.3) - 0.3))
  check.near(run(function(p)
    return optim.SGD(p, { lr = 0.1, weight_decay = 0.5 })
  end, { 2 }), 1 - 0.1 * (2 + 0.5))
end)

test("Adagrad", function()
  check.near(run(function(p)
    return optim.Adagrad(p, { lr = 0.1 })
  end, { 2, 3 }), 1 - 0.1 * 2 / 2 - 0.1 * 3 / math.sqrt(13))
end)

test("RMSprop", function()
  local a1 = 0.1 * 4
  local a2 = 0.9 * a1 + 0.1 * 9
  check.near(run(function(p)
    return optim.RMSprop(p, { lr = 0.1 })
  end, { 2, 3 }), 1 - 0.2 / math.sqrt(a1) - 0.3 / math.sqrt(a2))
end)

test("Adam", function()
  local m, v, w = 0, 0, 1
  for t, g in ipairs { 2, 3, -1 } do
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    w = w - 0.1 * (m / (1 - 0.9 ^ t)) / (math.sqrt(v / (1 - 0.999 ^ t)) + 1e-7)
  end
  check.near(run(function(p)
    return optim.Adam(p, { lr = 0.1 })
  end, { 2, 3, -1 }), w)
end)

test("defaults are Keras's", function()
  check.equal(optim.SGD {}.lr, 0.01)
  check.equal(optim.Adagrad {}.lr, 0.01)
  check.equal(optim.RMSprop {}.lr, 0.001)
  check.equal(optim.RMSprop {}.rho, 0.9)
  check.equal(optim.Adam {}.lr, 0.001)
  check.equal(optim.Adam { 0.5 }.lr, 0.5)
  check.equal(optim.Adam { learning_rate = 0.5 }.lr, 0.5)
  check.equal(optim.get("adam").class_name, "Adam")
end)

test("step(batch_size) divides, lr can be set", function()
  local w = parameter(8)
  local optimizer = optim.SGD({ w }, { lr = 1 })
  optimizer.lr = 0.5
  optimizer:step(4)
  check.near(w:item(), 0)
end)

test("clipping", function()
  local w = parameter(8)
  optim.SGD({ w }, { lr = 1, clipvalue = 2 }):step()
  check.near(w:item(), -1)
  local a, b = parameter(3), parameter(4)
  optim.SGD({ a, b }, { lr = 1, clipnorm = 1 }):step()
  check.near(a:item(), 0.4)
  check.near(b:item(), 0.2)
end)

test("parameters without a gradient stay", function()
  local w = tensor({ 1.0 }):requires_grad_()
  optim.Adam({ w }):step()
  check.near(w:item(), 1)
end)

test("state goes on where it stopped", function()
  local function step(optimizer, w, g)
    optimizer:zero_grad()
    local y = w * g
    y:sum():backward()
    optimizer:step()
  end
  local a = tensor({ 1.0 }):requires_grad_()
  local first = optim.Adam({ a }, { lr = 0.1 })
  step(first, a, 2)
  local b = a:detach():clone():requires_grad_()
  local second = optim.Adam({ b })
  second:load_state_dict(first:state_dict())
  check.equal(second.lr, 0.1)
  step(first, a, -1)
  step(second, b, -1)
  check.near(b, a, 0)
end)

test("errors", function()
  check.error_matches(function()
    optim.Adam({}, { lr = 1 })
  end, "Adam: there are no parameters to train")
  check.error_matches(function()
    optim.Adam { lr = "a" }
  end, 'Adam: lr must be a number of at least 0, got "a"')
  check.error_matches(function()
    optim.Adam { momentun = 1 }
  end, 'Adam: unknown option "momentun"')
  check.error_matches(function()
    optim.SGD({}):step()
  end, "SGD: it has no parameters yet")
  check.error_matches(function()
    optim.get("adm")
  end, 'unknown optimizer "adm" %(did you mean "adam"%?%)')
  local optimizer = optim.SGD({ parameter(1) }, { momentum = 0.9 })
  check.error_matches(function()
    optimizer:load_state_dict { state = { { velocity = tensor.zeros(2) } } }
  end, "does not fit")
end)
