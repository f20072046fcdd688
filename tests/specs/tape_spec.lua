-- the tape: what backward does, keeps, frees and refuses.

local check = require("check")
local native = require("native")
local equal = check.equal
local refuses = check.refuses

-- A test that leaves the flags changed must not spoil those after it.
local function test(name, f)
  check.test(name, f)
  native.set_grad(true)
  native.set_training(false)
end

local function leaf(list) return tensor(list):requires_grad_() end

-- Backward -------------------------------------------------------------------

test("backward adds up, zero_grad forgets", function()
  local x = leaf({1, 2})
  for _ = 1, 2 do (x * x):sum():backward() end
  equal(x.grad:totable(), {4, 8})
  x:zero_grad()
  equal(x.grad, nil)
end)

test("backward: several elements are summed, or weighted", function()
  local x = leaf({1, 2});
  (x * 3):backward()
  equal(x.grad:totable(), {3, 3})
  x:zero_grad();
  (x * 3):backward(tensor({1, 10}))
  equal(x.grad:totable(), {3, 30})
end)

test("a second backward is refused, unless the graph is kept", function()
  local x = leaf({1, 2})
  local y = (x * x):sum()
  y:backward({retain_graph=true})
  y:backward()
  equal(x.grad:totable(), {4, 8})
  refuses("it has run through this graph before and freed it", function()
    y:backward()
  end)
end)

test("create_graph gives gradients with gradients", function()
  local x = leaf({2, 3})
  local g = autograd.grad((x ^ 3):sum(), x, {create_graph=true})
  equal(g.requires_grad, true)
  g:sum():backward()
  equal(x.grad:totable(), {12, 18})
end)

test("backward: what is refused", function()
  local x = leaf({1, 2})
  refuses("does not depend on", function() tensor({1}):backward() end)
  refuses("shape %(3%) does not fit", function()
    (x * 2):backward(tensor({1, 2, 3}))
  end)
  refuses("must be a tensor", function() (x * 2):backward("a") end)
  refuses('unknown option "retain"', function()
    (x * 2):backward({retain=true})
  end)
end)

-- Scopes ---------------------------------------------------------------------

test("no_grad records nothing, record does again", function()
  local x = leaf({1})
  autograd.no_grad(function()
    equal((x * 2).requires_grad, false)
    autograd.record(function() equal((x * 2).requires_grad, true) end)
    equal((x * 2).requires_grad, false)
  end)
  equal((x * 2).requires_grad, true)
end)

test("an error inside a scope restores the flags", function()
  local grad, training = native.is_grad(), native.is_training()
  pcall(autograd.no_grad, function() error("x") end)
  pcall(autograd.record, function()
    autograd.no_grad(function() return tensor.ones(2) + tensor.ones(3) end)
  end)
  equal({native.is_grad(), native.is_training()}, {grad, training})
end)

test("a coroutine that dies inside a scope restores the flags", function()
  local co = coroutine.create(function()
    autograd.no_grad(function() error("x") end)
  end)
  equal(coroutine.resume(co), false)
  equal(native.is_grad(), true)
end)

test("a yield inside a scope is an error and restores the flags", function()
  local co = coroutine.wrap(function()
    return pcall(autograd.no_grad, coroutine.yield)
  end)
  equal(co(), false)
  equal(native.is_grad(), true)
end)

test("the tape works across coroutines", function()
  local x = leaf({3})
  local y = coroutine.wrap(function() return x * x end)()
  coroutine.wrap(function() y:backward() end)()
  equal(x.grad:totable(), {6})
end)

test("an error inside fit restores the flags", function()
  local model = nn.Sequential{nn.Dense{1}}
  model:compile{optimizer="sgd", loss=function() error("stop", 0) end}
  check.error_matches(function()
    model:fit(tensor.ones(4, 2), tensor.ones(4, 1),
              {epochs=1, batch_size=2, verbose=0})
  end, "stop")
  equal({native.is_grad(), native.is_training()}, {true, false})
end)

-- Leaves ---------------------------------------------------------------------

test("detach shares the elements and leaves the history", function()
  local x = leaf({1, 2})
  local y = (x * 2):detach()
  equal({y.requires_grad, y:is_leaf(), y[1]}, {false, true, 2.0})
  x:detach():fill_(5)
  equal(x:totable(), {5, 5})
end)

test("only float tensors have gradients", function()
  for _, dtype in ipairs({"int64", "int32", "uint8", "bool"}) do
    refuses("only float tensors have gradients, this one is " .. dtype,
            function() tensor.ones(2, dtype):requires_grad_() end)
  end
end)

test("requires_grad can be set and taken back", function()
  local x = tensor({1})
  x.requires_grad = true
  equal((x * 2).requires_grad, true)
  x:requires_grad_(false)
  equal((x * 2).requires_grad, false)
  refuses("use detach", function()
    (leaf({1}) * 2):requires_grad_(false)
  end)
end)

test("grad can be assigned, in its shape", function()
  local x = leaf({1, 2})
  x.grad = tensor({5, 6});
  (x * 1):sum():backward()
  equal(x.grad:totable(), {6, 7})
  x.grad = nil
  equal(x.grad, nil)
  refuses("shape %(3%) does not fit", function() x.grad = tensor({1, 2, 3}) end)
  refuses("takes no gradient", function() tensor({1}).grad = tensor({1}) end)
  refuses("must be a tensor", function() x.grad = 3 end)
end)

-- In place -------------------------------------------------------------------

test("a leaf is not changed in place, but under no_grad", function()
  local x = leaf({1, 2})
  refuses("in place", function() x:add_(1) end)
  refuses("in place", function() x[1] = 5 end)
  autograd.no_grad(function() x:add_(1) end)
  equal(x:totable(), {2, 3})
end)

test("in place operations have gradients", function()
  local x = leaf({1, 2})
  local y = x * 1
  y:mul_(3):add_(x)
  y:sum():backward()
  equal(x.grad:totable(), {4, 4})
end)

test("a saved value that changed is refused at backward", function()
  local x, w = leaf({1, 2}), tensor({3, 4})
  local y = x * w
  w:fill_(0)
  refuses("input 2 of mul, which its gradient needs, was changed", function()
    y:backward()
  end)
  local e = x:exp()
  local z = e * 1
  autograd.no_grad(function() e:fill_(0) end)
  refuses("changed in place", function() z:backward() end)
end)

test("a change of what is not needed is no matter", function()
  local x, w = leaf({1, 2}), tensor({3, 4})
  local y = x + w
  w:fill_(0)
  y:backward()
  equal(x.grad:totable(), {1, 1})
end)

test("a tracked view is not changed in place; the whole is assigned to",
     function()
  local x = leaf({1, 2, 3})
  local y = x * 2
  refuses("a view cannot be changed in place while gradients are recorded",
          function() y["1:2"]:mul_(5) end)
  y["1:2"] = y["1:2"] + 5
  y:sum():backward()
  equal(x.grad:totable(), {2, 2, 2})
end)

test("a factor that takes no gradient does not need the other", function()
  local x, w = leaf({1, 2, 3}), tensor({3, 4, 5})
  local y = x * 2
  local z = y * w
  y:add_(1)
  z:sum():backward()
  equal(x.grad:totable(), {6, 8, 10})
  y = x * 2
  y["1:2"] = y["1:2"] * 5
  y:sum():backward()
  equal(x.grad:totable(), {16, 18, 12})
end)

test("a view whose whole was changed later is refused", function()
  local x = leaf({1, 2, 3})
  local y = x * 2
  local view = y["2:3"]
  y:mul_(5)
  refuses("through another view", function() view:sum():backward() end)
end)

-- Long chains ----------------------------------------------------------------

test("a chain of 200000 operations is differentiated and freed", function()
  local x = leaf(1)
  local y = x
  for _ = 1, 200000 do y = y + 1 end
  y:backward()
  equal(x.grad:item(), 1.0)
end)

test("a chain of 200000 operations is freed without backward", function()
  collectgarbage()
  local before = native.memory().live
  local y = leaf(1)
  for _ = 1, 200000 do y = y + 1 end
  y = nil
  collectgarbage()
  collectgarbage()
  equal(native.memory().live, before)
  equal(y, nil)
end)
