-- memory: live bytes return to where they were.

local check = require("check")
local native = require("native")
local test = check.test

local function live()
  collectgarbage()
  collectgarbage()
  return native.memory().live
end

-- f leaves the live bytes as they were, after a first call.
local function stays_flat(f)
  f()
  local before = live()
  f()
  check.equal(live(), before)
end

test("tensors are given back", function()
  stays_flat(function()
    for _ = 1, 100 do
      local x = tensor.rand(10, 10):requires_grad_()
      local y = x:matmul(x.T):relu():sum()
      y:backward()
    end
  end)
end)

test("a tensor's bytes are live as long as it is", function()
  local before = live()
  local x = tensor.zeros(1000)
  check.truthy(live() - before >= 4000)
  x = nil
  check.equal(live(), before)
  check.equal(x, nil)
end)

test("100000 small temporaries do not add up", function()
  local x = tensor.ones(256, 256)
  local before, most = live(), 0
  for _ = 1, 2000 do most = math.max(most, (x + 1) and native.memory().live) end
  check.truthy(most - before < 1 << 28, "live grew to " .. most)
  stays_flat(function()
    local y = tensor.ones(4)
    for _ = 1, 100000 do y = y + 1 end
  end)
end)

test("20000 eager training steps stay flat", function()
  local w = tensor.zeros(4, 1):requires_grad_()
  local x, y = tensor.rand(8, 4), tensor.rand(8, 1)
  local function steps(count)
    for _ = 1, count do
      local loss = (x:matmul(w) - y):square():mean()
      loss:backward()
      autograd.no_grad(function() w:sub_(w.grad * 0.1) end)
      w:zero_grad()
    end
  end
  steps(100)
  local before = live()
  steps(10000)
  local middle = live()
  steps(10000)
  check.equal({middle, live()}, {before, before})
end)

test("a graph without backward is given back", function()
  stays_flat(function()
    local x = tensor.ones(100):requires_grad_()
    for _ = 1, 100 do x = (x * 2):tanh() end
  end)
end)

test("a graph that holds its own gradient's graph is given back", function()
  stays_flat(function()
    local x = tensor.ones(100):requires_grad_()
    local g = autograd.grad((x ^ 3):sum(), x, {create_graph=true})
    g:sum():backward()
  end)
end)

test("calls that fail give everything back", function()
  local bad = {tensor.ones(2, 3):requires_grad_(), tensor.ones(5, 7, 1, 2),
               tensor.ones(4, "int64"), "text", {}, {tensor.ones(2), 3}, 99,
               tensor.zeros(0, 2), -1}
  stays_flat(function()
    for _, row in ipairs(native.rows()) do
      local f = not row.internal and row.call
      for i = 1, f and #bad or 0 do
        for j = 1, #bad do
          pcall(f, bad[i]) -- what succeeds must not leak either
          pcall(f, bad[i], bad[j])
          pcall(f, bad[i], bad[j], bad[1])
          pcall(f, bad[1], bad[i], bad[j])
        end
      end
    end
  end)
end)

test("indexing that fails gives everything back", function()
  local x = tensor.ones(3, 4):requires_grad_()
  stays_flat(function()
    for _, key in ipairs({0, 9, "1:", "a b", {1, 9}, tensor({9}, "int64"),
                          {tensor({1}, "int64"), tensor({9}, "int64")},
                          tensor({true}), x:gt(0), {{1, 2}, {0, 1}}}) do
      pcall(function() return x[key] end)
      pcall(function() (x * 1)[key] = tensor.ones(7) end)
    end
  end)
end)

test("creation that fails gives everything back", function()
  stays_flat(function()
    pcall(tensor, {{1, 2}, {3}})
    pcall(tensor, {1, "a"})
    pcall(tensor.zeros, 2 ^ 40, 2 ^ 20)
    pcall(tensor.full, {2}, "a")
    pcall(tensor.bernoulli, tensor({2}))
    pcall(tensor.randint, 1, 300, {3}, "uint8")
  end)
end)
