-- optim.schedules: values, where they count, saving.

local check = require("check")
local test = check.test

local schedules = optim.schedules

local function at(rate, steps)
  local list = {}
  for i, step in ipairs(steps) do list[i] = rate(step) end
  return list
end

test("values", function()
  check.near(at(schedules.step {1, drop = 0.1, every = 2}, {1, 2, 3, 4, 5}),
             {1, 1, 0.1, 0.1, 0.01})
  check.near(at(schedules.exponential {1, 10, 0.5}, {1, 6, 11}),
             {1, math.sqrt(0.5), 0.5})
  check.near(at(schedules.exponential {1, 10, 0.5, true}, {10, 11, 21}),
             {1, 0.5, 0.25})
  check.near(at(schedules.inverse_time {1, 10, 2}, {1, 6, 11}),
             {1, 1 / 2, 1 / 3})
  check.near(at(schedules.inverse_time {1, 10, 2, staircase = true}, {10, 11}),
             {1, 1 / 3})
  check.near(at(schedules.polynomial {1, 10, 0.2, 2}, {1, 6, 11, 99}),
             {1, 0.4, 0.2, 0.2})
  check.near(at(schedules.polynomial {1, 10, 0, cycle = true},
                {1, 6, 11, 12, 16, 21}), {1, 0.5, 0, 0.45, 0.25, 0})
  check.near(at(schedules.cosine {1, 10, 0.1}, {1, 6, 11, 50}),
             {1, 0.55, 0.1, 0.1})
  check.near(at(schedules.cosine_restarts {1, 10, m_mul = 0.5},
                {1, 6, 11, 21, 31}), {1, 0.5, 0.5, 0.25, 0.25})
  check.near(at(schedules.cosine_restarts {1, 10, 1}, {1, 6, 11, 16}),
             {1, 0.5, 1, 0.5})
  check.near(at(schedules.piecewise {{2, 4}, {3, 2, 1}}, {1, 2, 3, 4, 5}),
             {3, 3, 2, 2, 1})
  check.near(at(schedules.warmup {1, 4}, {1, 2, 4, 5}), {0.25, 0.5, 1, 1})
  check.near(at(schedules.warmup {schedules.step {1, 0.5, 2}, 2, from = 0.5},
                {1, 2, 3, 4, 5}), {0.75, 1, 1, 1, 0.5})
end)

test("plateau", function()
  local rate = schedules.plateau {1, factor = 0.5, patience = 2, cooldown = 1,
                                  min_lr = 0.25}
  local seen = {}
  for i, loss in ipairs {5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4} do
    rate:observe(loss)
    seen[i] = rate(i)
  end
  check.near(seen, {1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25})
  rate = schedules.plateau {1, mode = "max", patience = 1}
  for _, value in ipairs {1, 2, 3} do rate:observe(value) end
  check.near(rate(1), 1)
  rate:observe(3)
  check.near(rate(1), 0.1)
  rate = schedules.plateau {1, monitor = "val_loss", patience = 1}
  for _, value in ipairs {2, 3} do
    rate:observe {loss = 0, val_loss = value}
    rate:observe {loss = 0}
  end
  check.near(rate(1), 0.1)
  rate = schedules.plateau {1}
  check.error_matches(function()
    rate:observe {accuracy = 1}
  end, 'plateau: there is no number "loss" to watch')
end)

test("as the rate of an optimizer", function()
  local w = tensor({0}):requires_grad_()
  local opt = optim.SGD({w}, {lr = schedules.step {1, drop = 0.5, every = 1}})
  local rates = {}
  for i = 1, 3 do
    opt:zero_grad()
    local y = w * -1
    y:sum():backward()
    rates[i] = opt.lr
    opt:step()
  end
  check.near(rates, {1, 0.5, 0.25})
  check.near(w, {1.75})
  opt.lr = 3
  check.equal(opt.lr, 3)
  opt.lr = function(step) return step end
  check.equal(opt.lr, 4)
  opt.lr = function() return "fast" end
  check.error_matches(function() return opt.lr end,
                      "must give a number for step 4, got \"fast\"")
end)

test("all optimizers take one", function()
  for _, name in ipairs {"SGD", "Adagrad", "Adadelta", "RMSprop", "Adam",
      "AdamW", "Adamax", "Nadam", "LBFGS"} do
    local opt = optim[name] {lr = schedules.cosine {0.5, 100}}
    check.equal(opt.lr, 0.5)
    local copy = optim.get {class_name = name, config = opt:get_config()}
    check.near(copy.lr, 0.5)
    check.truthy(tostring(copy):find("lr=cosine{", 1, true), tostring(copy))
  end
end)

test("saved with the model, and goes on", function()
  local x, y = tensor.ones(4, 1), tensor.ones(4, 1)
  for _, make in ipairs {
    function()
      return schedules.warmup {schedules.exponential {0.1, 2, 0.5}, 3}
    end,
    function() return schedules.plateau {0.1, patience = 1, min_delta = 9} end,
    function()
      return schedules.warmup {schedules.plateau {0.1, patience = 1,
                                                  min_delta = 9}, 1}
    end,
  } do
    local model = nn.Sequential {nn.Dense {1, input_shape = {1}}}
    model:compile {optimizer = optim.Adam {lr = make()}, loss = "mse"}
    model:fit(x, y, {epochs = 4, batch_size = 4, verbose = 0})
    local path = os.tmpname()
    model:save(path)
    local copy = nn.load_model(path)
    os.remove(path)
    check.truthy(model.optimizer.lr < 0.1)
    check.equal(copy.optimizer.lr, model.optimizer.lr)
    local o = {epochs = 2, batch_size = 4, verbose = 0}
    check.equal(copy:fit(x, y, o).loss, model:fit(x, y, o).loss)
    check.equal(copy.optimizer.lr, model.optimizer.lr)
  end
end)

test("a function as rate trains but cannot be saved", function()
  local model = nn.Sequential {nn.Dense {1, input_shape = {1}}}
  model:compile {optimizer = optim.SGD {lr = function() return 0.1 end},
                 loss = "mse"}
  model:fit(tensor.ones(2, 1), tensor.ones(2, 1), {verbose = 0})
  local path = os.tmpname()
  check.error_matches(function() model:save(path) end,
                      "SGD: a Lua function as lr cannot be written")
  os.remove(path)
end)

test("errors", function()
  check.error_matches(function() schedules.step {} end,
                      "step: initial_lr is missing")
  check.error_matches(function() schedules.step {1, evry = 3} end,
                      'unknown option "evry" %(did you mean "every"%?%)')
  check.error_matches(function() schedules.step {1}(0) end,
                      "step: takes the number of a step or epoch, from 1")
  check.error_matches(function() schedules.piecewise {{1, 2}, {1}} end,
                      "one value more than boundaries, got 1 values and 2")
  check.error_matches(function() schedules.piecewise {{2, 1}, {1, 2, 3}} end,
                      "boundaries must grow, but 1 follows 2")
  check.error_matches(function()
    schedules.get {class_name = "os", config = {}}
  end, 'unknown schedule "os"')
  check.error_matches(function()
    optim.SGD {lr = {class_name = "stepp"}}
  end, 'unknown schedule "stepp" %(did you mean "step"%?%)')
  check.error_matches(function() optim.SGD {lr = -1} end,
                      "SGD: lr must be a number of at least 0, a schedule")
end)
