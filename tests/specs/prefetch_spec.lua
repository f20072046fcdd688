-- Batches that a thread gathers ahead: the same as without it, in every form
-- of data, and what a loop that ends early leaves behind.

local check = require("check")
local native = require("native")
local test = check.test

-- All batches of a pass as text; shuffled by seed 3.
local function pass(loader, skip)
  local lines = {}
  tensor.manual_seed(3)
  for x, y in loader:batches(skip) do
    for _, part in ipairs(tensor.is(x) and {x} or {x.a, x.b}) do
      lines[#lines + 1] = tostring(part.shape) .. part.dtype
        .. table.concat(part:flatten():to("float64"):totable(), " ")
    end
    lines[#lines + 1] = y and tostring(y) or "no y"
  end
  return table.concat(lines, "\n")
end

local function loaders(x, y, batch_size, prefetch, drop_last)
  return data.loader(x, y, {batch_size=batch_size, shuffle=true,
                            prefetch=prefetch, drop_last=drop_last})
end

test("the batches are those of a loader without prefetch", function()
  local wide = tensor.rand(23, 4, 6)
  local sources = {
    tensor.arange(23), wide, wide:transpose(2, 3), wide["::-1"],
    wide[{{}, {2, 3}, {1, 6, 2}}], tensor.arange(23):unsqueeze(2):expand(23, 5),
    wide:gt(0.5), (wide * 255):to("uint8"), tensor.rand({23, 2}, "float64"),
    tensor.zeros(23, 0), {a=wide, b=tensor.arange(23)},
  }
  for _, x in ipairs(sources) do
    local y = tensor.arange(23)
    for _, size in ipairs {1, 5, 23, 100} do
      for _, ahead in ipairs {1, 2, 50} do
        check.equal(pass(loaders(x, y, size, ahead)), pass(loaders(x, y, size)))
      end
    end
    check.equal(pass(loaders(x, nil, 5, 2, true)),
                pass(loaders(x, nil, 5, 0, true)))
    check.equal(pass(loaders(x, y, 5, 2), 3), pass(loaders(x, y, 5, 0), 3))
    check.equal(pass(loaders(x, y, 5, 2), 9), "")
  end
  check.equal(pass(loaders(tensor.zeros(0, 3), nil, 4, 2)), "")
end)

test("datasets: the thread gathers, map works on what it gives", function()
  local x = tensor.arange(40):reshape(20, 2)
  local set = data.TensorDataset(x, tensor.arange(20))
    :map(function(xb, yb) return xb * 2, yb + 1 end, {batched=true})
    :map(function(one, label) return one + 1, label end)
  for _, made in ipairs {set, set:shuffle(), (set:split(0.6))} do
    check.equal(pass(made:batch(6, {prefetch=2})), pass(made:batch(6)))
    check.equal(pass(made:batch(6, {prefetch=2}), 1), pass(made:batch(6), 1))
  end
  check.error_matches(function()
    data.Dataset{size=3, get=function(i) return i end}:batch(2, {prefetch=1})
  end, "prefetch is for data in tensors, not for samples from a function")
end)

local function fitted(prefetch)
  tensor.manual_seed(5)
  local x, y = tensor.rand(50, 3), tensor.rand(50, 1)
  local model = nn.Sequential{nn.Dense{1, input_shape={3}}}
  model:compile{optimizer="sgd", loss="mse"}
  local loader = loaders(x, y, 8, prefetch)
  model:fit(loader, {epochs=3, steps_per_epoch=5, verbose=0,
                     validation_data=loader})
  model:evaluate(loader, {steps=2})
  model:predict(loader, {steps=1})
  return model.layers[1].kernel:totable()
end

test("fit, evaluate and predict take it as any loader", function()
  local plain, ahead = fitted(0), fitted(2)
  for i = 1, 3 do check.equal(ahead[i][1], plain[i][1]) end
end)

test("a loop that ends early gives its memory back at once", function()
  local loader = loaders(tensor.zeros(64, 1000), nil, 8, 3)
  collectgarbage()
  local before = native.memory().live
  for _ = 1, 20 do
    for xb in loader:batches() do
      check.equal(#xb, 8)
      break
    end
    check.error_matches(function()
      for _ in loader:batches() do error("stop") end
    end, "stop")
  end
  collectgarbage()
  check.equal(native.memory().live, before)
end)

test("passes that nobody ends are collected", function()
  local loader = loaders(tensor.zeros(64, 1000), nil, 8, 3)
  collectgarbage()
  local before = native.memory().live
  for _ = 1, 50 do loader:batches()() end
  collectgarbage()
  collectgarbage()
  check.equal(native.memory().live, before)
end)

test("what is refused", function()
  check.error_matches(function() loaders(tensor.zeros(3), nil, 2, -1) end,
    "prefetch")
  check.error_matches(function()
    local x = tensor.zeros(4, 2):requires_grad_()
    loaders(x, nil, 2, 1):batches()
  end, "require gradients")
  local order = tensor.randperm(4)
  local function start(...)
    local arguments = table.pack(...)
    return function()
      native.prefetch(table.unpack(arguments, 1, arguments.n))
    end
  end
  local x = tensor.zeros(4, 2)
  check.error_matches(start({x, tensor.zeros(5)}, order, 2, 1, 2, 1),
    "the same number of rows")
  check.error_matches(start({}, order, 2, 1, 2, 1), "counts must be positive")
  check.error_matches(start({tensor(1)}, order, 2, 1, 2, 1), "number of rows")
  check.error_matches(start({x}, order + 1, 2, 1, 2, 1),
    "position 5 is not in 1..4")
  check.error_matches(start({x}, order - 1, 2, 1, 2, 1),
    "position 0 is not in 1..4")
  check.error_matches(start({x}, order:float(), 2, 1, 2, 1), "int64")
  check.error_matches(start({x}, order, 2, 1, 3, 1), "not so many batches")
  check.error_matches(start({x}, order, 0, 1, 2, 1), "positive")
  check.error_matches(start({x}, order, 2, 0, 2, 1), "positive")
  check.error_matches(start({3}, order, 2, 1, 2, 1), "must be a tensor")
end)
