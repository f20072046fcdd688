-- optim.LBFGS: known minima, the line search, extremes.

local check = require("check")
local line_search = require("optim.line_search")
local test = check.test

-- Runs `steps` steps on f(w), a tensor; returns w and how often f was called.
local function minimise(f, start, steps, o)
  local w = tensor(start, "float64"):requires_grad_()
  local opt, calls = optim.LBFGS({w}, o), 0
  local function closure()
    opt:zero_grad()
    local y = f(w)
    y:backward()
    calls = calls + 1
    return y
  end
  for _ = 1, steps do opt:step(closure) end
  return w:detach(), calls, opt
end

local function rosenbrock(w)
  local x, y = w:select(1, 1), w:select(1, 2)
  return (1 - x) ^ 2 + (y - x ^ 2) ^ 2 * 100
end

test("Rosenbrock's valley", function()
  local w, calls = minimise(rosenbrock, {-1.2, 1}, 2,
                             {max_iter = 40, tolerance_change = 1e-14})
  check.near(w, {1, 1}, 1e-5)
  check.truthy(calls < 100, calls)
end)

test("a quadratic is solved in a few iterations, of any scale", function()
  local scales = tensor({1, 100, 1e-3}, "float64")
  local w = minimise(function(w)
    return ((w - 3):square() * scales):sum()
  end, {0, 0, 0}, 3)
  check.near(w, {3, 3, 3}, 1e-3)
end)

test("without a search it goes lr times the direction", function()
  local w = minimise(function(w) return (w * w):sum() end, {2}, 1,
                     {line_search = "none", max_iter = 1, lr = 0.5})
  check.near(w, {2 - 0.5 / 4 * 4})
  w = minimise(rosenbrock, {0.9, 0.8}, 20, {line_search = "none", lr = 0.5})
  check.near(w, {1, 1}, 1e-4)
end)

test("history and evaluations are limited", function()
  local _, calls, opt = minimise(rosenbrock, {-1.2, 1}, 1,
    {max_iter = 50, max_eval = 7, history_size = 2})
  check.truthy(calls <= 7, calls)
  check.truthy(#opt.memory <= 2)
  local w = minimise(rosenbrock, {-1.2, 1}, 8, {history_size = 3})
  check.near(w, {1, 1}, 1e-4)
end)

test("several parameters, of any shape; some without a gradient", function()
  local a = tensor.zeros(2, 3):requires_grad_()
  local b, c = tensor({5}):requires_grad_(), tensor({7}):requires_grad_()
  local opt = optim.LBFGS {a, b, c}
  local first = opt:step(function()
    opt:zero_grad()
    local y = (a - 1):square():sum() + (b + 2):square():sum()
    y:backward()
    return y:item()
  end)
  check.near(first, 6 + 49)
  check.near(a, {{1, 1, 1}, {1, 1, 1}}, 1e-4)
  check.near(b, {-2}, 1e-4)
  check.near(c, {7}, 0)
end)

test("what is no number leaves the parameters alone", function()
  local w = minimise(function(w) return (w * (0 / 0)):sum() end, {1, 2}, 2)
  check.near(w, {1, 2}, 0)
  -- beyond 3 there is nothing: the search turns back
  w = minimise(function(w) return -(3 - w):log():sum() * -1 + w:sum() * 0 end,
               {0}, 1)
  check.truthy(w:item() < 3 and w:item() == w:item(), w:item())
end)

test("the search fulfils the strong Wolfe conditions", function()
  for _, first in ipairs {1e-3, 0.1, 1, 10, 1000} do
    local function phi(t) -- a well with its floor at 2
      return {t = t, loss = (t - 2) ^ 4 - t / 8,
              slope = 4 * (t - 2) ^ 3 - 1 / 8}
    end
    local start = phi(0)
    local found = line_search.strong_wolfe(phi, start, first,
                                           {left = 25, least = 1e-12})
    check.truthy(found.loss <= start.loss + 1e-4 * found.t * start.slope)
    check.truthy(math.abs(found.slope) <= 0.9 * math.abs(start.slope))
  end
end)

test("fit takes each batch as a step", function()
  tensor.manual_seed(1)
  local x = tensor.randn({64, 2})
  local y = x:matmul(tensor({{2}, {-3.4}})) + 4.2
  local model = nn.Sequential {nn.Dense {1, input_shape = {2}}}
  model:compile {optimizer = "lbfgs", loss = "mse"}
  local o = {batch_size = 64, epochs = 3, verbose = 0}
  local history = model:fit(x, y, o)
  check.truthy(history.loss[1] > 1, "the first loss is that before the step")
  check.near(model:get_layer(1).kernel, {{2}, {-3.4}}, 1e-3)
  check.near(model:get_layer(1).bias, {4.2}, 1e-3)
end)
