-- data: datasets of samples, scaling, folds, augmentation, series.

local check = require("check")
local test = check.test

local function in_order(loader)
  local seen = {}
  for x in loader:batches() do
    for _, value in ipairs(x:totable()) do seen[#seen + 1] = value end
    seen[#seen + 1] = "|"
  end
  return table.concat(seen, " ")
end

local function sorted(x)
  local list = x:totable()
  table.sort(list)
  return list
end

-- Datasets -------------------------------------------------------------------

test("TensorDataset: batches, the last one smaller", function()
  local set = data.TensorDataset(tensor.arange(5), tensor.arange(5) * 2)
  check.equal(in_order(set:batch(2)), "1 2 | 3 4 | 5 |")
  check.equal(in_order(set:batch(2, {drop_last=true})), "1 2 | 3 4 |")
  check.equal({#set, #set:batch(2), #set:batch(2, {drop_last=true})}, {5, 3, 2})
  check.equal(tostring(set), "data.Dataset (5 samples)")
  for x, y in set:batch(3):batches() do check.truthy(y == x * 2) end
  check.equal(in_order(data.TensorDataset(tensor.zeros(0)):batch(2)), "")
end)

test("map: sample by sample, batch by batch, one after the other", function()
  local set = data.TensorDataset(tensor.arange(4), tensor.ones(4, 2))
  local twice = set:map(function(x, y) return x * 2, y:sum() end)
  local x, y = twice:batch(3):batches()()
  check.near(x, {2, 4, 6})
  check.equal(x.dtype, "int64")
  check.near(y, {2, 2, 2})
  local calls = 0
  local batched = twice:map(function(a) calls = calls + 1 return a + 0.5 end,
                            {batched=true})
  check.equal(in_order(batched:batch(4)), "2.5 4.5 6.5 8.5 |")
  check.equal(calls, 1)
  check.equal(in_order(set:batch(4)), "1 2 3 4 |")
  local flags = set:map(function(a) return a > 2 end):batch(4):batches()()
  check.equal(flags:totable(), {false, false, true, true})
  local named = set:map(function(a) return {left=a, right=tensor({a, a})} end)
  check.same_shape(named:batch(4):batches()().right, {4, 2})
  check.error_matches(function()
    set:map(function() end):get(1)
  end, "gave nothing for a sample")
  check.error_matches(function()
    set:map(function() return "x" end):get(1)
  end, "x of a sample must be a tensor, a number")
  check.error_matches(function() set:map(3) end, "f must be a function")
end)

test("shuffle: each sample once, a new order in each pass", function()
  tensor.manual_seed(4)
  local set = data.TensorDataset(tensor.arange(50), tensor.arange(50) * 3)
  local loader = set:shuffle():batch(50)
  local one, y = loader:batches()()
  local two = loader:batches()()
  check.truthy(y == one * 3)
  check.equal(one == two, false)
  check.equal(sorted(one), tensor.arange(50):totable())
  check.equal(sorted(two), tensor.arange(50):totable())
end)

test("split: shares, in order or dealt out", function()
  local set = data.TensorDataset(tensor.arange(10))
  local a, b, c = set:split(0.5, 0.3)
  check.equal({#a, #b, #c}, {5, 3, 2})
  check.equal(in_order(c:batch(5)), "9 10 |")
  check.equal(b:get(-1), 8)
  local d, e, f = set:split(0.75, 0.25)
  check.equal({#d, #e, f}, {8, 2})
  local first, second = set:shuffle():split(0.4)
  local both = tensor.concat({first:batch(10):batches()(),
                              second:batch(10):batches()()}, 1)
  check.equal(sorted(both), tensor.arange(10):totable())
  local deep = select(2, c:split(0.5))
  check.equal(deep:get(1), 10)
  for _, shares in ipairs{{0.8, 0.3}, {0}, {-0.1}, {}} do
    check.error_matches(function() set:split(table.unpack(shares)) end,
                        "data.Dataset:split")
  end
  check.error_matches(function() set:get(11) end, "sample 11 of 10")
end)

test("Dataset: from a function; what it may not do", function()
  local set = data.Dataset{size=5, get=function(i)
    return tensor({i, i * i}), {a=i}
  end}
  local x, y = set:batch(2):batches()()
  check.near(x, {{1, 1}, {2, 4}})
  check.near(y.a, {1, 2})
  check.error_matches(function()
    data.Dataset{size=2, get=function(i) if i == 1 then return i end end}
      :batch(2):batches()()
  end, "there is no sample 2")
  check.error_matches(function()
    data.Dataset{size=2, get=function(i) return i, i == 1 and 5 or nil end}
      :batch(2):batches()()
  end, "some samples have no y")
  check.error_matches(function() data.Dataset{size=2} end, "get is missing")
end)

test("a dataset feeds fit, and a run that goes on", function()
  tensor.manual_seed(2)
  local x = tensor.randn(40, 3)
  local set = data.TensorDataset(x, x:sum(2, true)):shuffle()
    :map(function(a, b) return a + tensor.randn_like(a) * 0.1, b end,
         {batched=true})
  local function train(path, stop)
    tensor.manual_seed(3)
    local model = nn.Sequential{nn.Dense{1, input_shape={3}}}
    model:compile{optimizer="adam", loss="mse"}
    local batches = 0
    local o = {epochs=4, verbose=0, callbacks={
      {on_batch_end=function()
        batches = batches + 1
        if batches == stop then error("stop", 0) end
      end},
      nn.callbacks.BackupAndRestore{path, save_freq=3}}}
    local ok = pcall(model.fit, model, set:batch(4), o)
    check.equal(ok, stop == nil)
    return model:get_layer(1).kernel:detach()
  end
  local path = os.tmpname()
  os.remove(path)
  local expected = train(path)
  train(path, 17)
  check.truthy(train(path) == expected, "the same weights")
end)

-- Scaling --------------------------------------------------------------------

test("normalize: standard and minmax, by feature, channel or all", function()
  tensor.manual_seed(1)
  local x = tensor.randn(200, 4, 3) * tensor({1, 5, 9}) + 7
  for per, dims in pairs{feature={1}, channel={1, 2}, all={1, 2, 3}} do
    local z = data.normalize(x, {per=per})
    check.near(z:mean(dims), tensor.zeros_like(z:mean(dims)), 1e-4)
    check.near(z:square():mean(dims), tensor.ones_like(z:mean(dims)), 1e-3)
    local m, figures = data.normalize(x, {per=per, method="minmax"})
    check.near({m:min():item(), m:max():item()}, {0, 1}, 1e-6)
    check.near(data.normalize(x, {like=figures}), m)
  end
  local bytes = tensor({{0, 5}, {10, 5}}, "uint8")
  local z = data.normalize(bytes)
  check.equal(z.dtype, "float32")
  check.near(z, {{-1, 0}, {1, 0}})
  check.equal(data.normalize(x:double()).dtype, "float64")
  check.near(data.normalize(tensor({1, 3})), {-1, 1})
  for _, wrong in ipairs{5, tensor(3), tensor.zeros(0, 2)} do
    check.error_matches(function() data.normalize(wrong) end,
                        "data.normalize: ")
  end
  check.error_matches(function() data.normalize(x, {like={}}) end,
                      "like must be what data.normalize returned second")
end)

test("whiten: the covariance is the identity; ZCA stays near", function()
  tensor.manual_seed(1)
  local x = tensor.randn(1000, 4):matmul(tensor.randn(4, 4)):double() + 3
  for _, method in ipairs{"pca", "zca"} do
    local z, like = data.whiten(x, {method=method, epsilon=0})
    check.near(z:mean(1), tensor.zeros(4), 1e-9)
    check.near(z.T:matmul(z) / 1000, tensor.eye(4), 1e-9)
    check.near(data.whiten(x["1:10"], {like=like, method=method}), z["1:10"])
  end
  local _, like = data.whiten(x, {method="zca"})
  check.near(like.matrix, like.matrix.T, 1e-9)
  check.same_shape(data.whiten(x, {components=2}), {1000, 2})
  local images = tensor.rand(30, 3, 2)
  check.same_shape(data.whiten(images, {method="zca"}), {30, 3, 2})
  check.same_shape(data.whiten(images), {30, 6})
  check.error_matches(function() data.whiten(x, {components=5}) end,
                      "5 components of 4 features")
  check.error_matches(function()
    data.whiten(images, {like=like})
  end, "samples of 6 features, but like was made of 4")
end)

-- Folds ----------------------------------------------------------------------

test("k_fold: every sample is in the test once", function()
  tensor.manual_seed(8)
  local x, y = tensor.arange(11), tensor.arange(11) * 2
  local seen, folds = {}, 0
  for fold, train, held, y_train, y_held in data.k_fold(x, y, {folds=4}) do
    folds = folds + 1
    check.equal(fold, folds)
    check.truthy(y_train == train * 2 and y_held == held * 2)
    check.equal(sorted(tensor.concat({train, held}, 1)), x:totable())
    check.truthy(#held >= 2 and #held <= 3)
    for _, value in ipairs(held:totable()) do seen[#seen + 1] = value end
  end
  table.sort(seen)
  check.equal(seen, x:totable())
  check.equal(folds, 4)
  local _, train, held = data.k_fold(x, {folds=2, shuffle=false})()
  check.near(held, {1, 2, 3, 4, 5})
  check.near(train, {6, 7, 8, 9, 10, 11})
  for _, n in ipairs{1, 12} do
    check.error_matches(function() data.k_fold(x, {folds=n}) end,
                        n .. " folds of 11 samples")
  end
end)

-- Augmentation ---------------------------------------------------------------

test("augment: nothing asked, nothing changed", function()
  local x = tensor.rand(3, 5, 7, 2)
  check.near(data.augment(x), x, 1e-6)
  check.same_shape(data.augment(tensor.zeros(0, 5, 5)), {0, 5, 5})
end)

test("augment: mirrors", function()
  tensor.manual_seed(1)
  local x = tensor.arange(12):reshape(1, 3, 4):expand(64, 3, 4):to("float32")
  local picture = x[1]
  local seen = {}
  for _, img in ipairs(data.augment(x, {flip="both"}):unbind(1)) do
    local found
    for name, dims in pairs{none={}, across={2}, down={1}, both={1, 2}} do
      if tensor.allclose(img, picture:flip(dims)) then found = name end
    end
    seen[found or "odd"] = true
  end
  check.equal(seen, {none=true, across=true, down=true, both=true})
end)

test("augment: turned, moved and enlarged by the right amount", function()
  local x = tensor.zeros(200, 11, 11)
  x["..., 6, 9"] = 1 -- three to the right of the middle
  local function centres(o)
    local y = data.augment(x, o)
    local rows = (y:sum(3) * tensor.arange(11)):sum(2) / y:sum({2, 3})
    local columns = (y:sum(2) * tensor.arange(11)):sum(2) / y:sum({2, 3})
    return rows - 6, columns - 6
  end
  local v, u = centres{rotate=90}
  local radius = (v:square() + u:square()):sqrt()
  check.truthy(radius:sub(3):abs():max():item() < 0.25, "radius")
  check.truthy(u:min():item() > -0.3 and v:max():item() > 2.5
                 and v:min():item() < -2.5, "angles")
  v, u = centres{shift=0.1}
  check.truthy(v:abs():max():item() < 1.11 and v:abs():max():item() > 0.9)
  check.truthy((u - 3):abs():max():item() < 1.11)
  v, u = centres{zoom=0.2}
  check.truthy(v:abs():max():item() < 1e-4)
  check.truthy(u:min():item() > 2.3 and u:max():item() < 3.65)
  check.truthy(u:max():item() - u:min():item() > 1)
end)

test("augment: dtypes, filling, errors", function()
  tensor.manual_seed(5)
  local x = tensor.full({4, 6, 6, 3}, 200, "uint8")
  local y = data.augment(x, {shift=0.5, fill=7})
  check.equal(y.dtype, "uint8")
  check.truthy(y:min():item() == 7 and y:max():item() == 200)
  check.equal(data.augment(tensor.rand({2, 4, 4}, "float64"), {zoom=0.1}).dtype,
              "float64")
  check.error_matches(function() data.augment(tensor.zeros(3, 3)) end,
                      "must be pictures")
  check.error_matches(function() data.augment(x, {flip="up"}) end,
                      'flip must be "horizontal", "vertical" or "both"')
end)

-- Series ---------------------------------------------------------------------

test("timeseries: stretches and targets", function()
  local x = tensor.arange(20):reshape(10, 2)
  local series = data.timeseries(x, {lookback=3, delay=1, batch_size=2,
                                     target=2})
  check.equal({series.samples, #series}, {6, 3})
  local first, y = series:batches()()
  check.near(first, {{{1, 2}, {3, 4}, {5, 6}}, {{3, 4}, {5, 6}, {7, 8}}})
  check.near(y, {10, 12})
  local last
  for _, target in series:batches() do last = target end
  check.near(last, {18, 20})
  local part = data.timeseries(x, {lookback=2, first=3, last=6, targets=x})
  local a, b = part:batches()()
  check.near(a, {{{5, 6}, {7, 8}}, {{7, 8}, {9, 10}}})
  check.near(b, {{9, 10}, {11, 12}})
  tensor.manual_seed(1)
  local mixed, z = data.timeseries(tensor.arange(50), {lookback=1,
    shuffle=true, batch_size=64}):batches()()
  check.truthy(z == mixed:squeeze(2) + 1)
  check.equal(sorted(z), tensor.arange(2, 50):totable())
  check.error_matches(function() data.timeseries(x, {lookback=10}) end,
                      "too few for lookback 10")
  check.error_matches(function() data.timeseries(x, {lookback=2, target=3}) end,
                      "target 3")
  check.error_matches(function() data.timeseries(x) end, "lookback is missing")
  check.refuses("timeseries: last is 11, but the series has rows 1 to 10",
                function() data.timeseries(x, {lookback=2, last=11}) end)
  check.refuses("timeseries: first is 12, but the series has rows 1 to 10",
                function() data.timeseries(x, {lookback=2, first=12}) end)
end)

test("samples of a batch that differ are named", function()
  local function batch(get)
    return data.Dataset{size=2, get=get}:batch(2):batches()()
  end
  check.refuses("x must be alike in all samples of a batch, but sample 1 of "
                .. "it has %(1%) and sample 2 %(2%)", function()
    batch(function(i) return tensor.zeros(i) end)
  end)
  check.refuses("x must be alike .* has table and sample 2 number", function()
    batch(function(i) return i == 1 and {a=1} or 2 end)
  end)
  check.refuses("x must be alike .* has number and sample 2 %(3%)", function()
    batch(function(i) return i == 1 and 1 or tensor.zeros(3) end)
  end)
  check.near(batch(function(i) return i / 2 end), {0.5, 1})
end)

test("figures of other data, an endless turn", function()
  local _, figures = data.normalize(tensor.randn(5, 4))
  check.refuses("like holds figures of shape %(1, 4%), which do not fit "
                .. "%(2, 3%)", function()
    data.normalize(tensor.zeros(2, 3), {like=figures})
  end)
  local _, one = data.normalize(tensor.randn(5, 4), {per="all"})
  check.same_shape(data.normalize(tensor.zeros(2, 4), {like=one}), {2, 4})
  check.refuses("rotate must be a finite number of at least 0, got inf",
                function()
    data.augment(tensor.zeros(2, 4, 4), {rotate=math.huge})
  end)
end)
