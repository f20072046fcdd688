-- data: sets, batches, labels.

local check = require("check")
local test = check.test

-- Runs f with a folder of its own, given without a trailing slash.
local function in_folder(f)
  local path = os.tmpname()
  os.remove(path)
  assert(os.execute("mkdir -p " .. path .. "/mnist"))
  local ok, message = pcall(f, path)
  os.execute("rm -r " .. path)
  if not ok then error(message, 0) end
end

-- Runs a piece of Lua in a process of its own whose data lie in `folder`;
-- returns what it printed, errors included.
local function run_with_data(folder, code)
  local program = os.getenv("NNLUA") or "build/nnlua"
  local pipe = assert(io.popen(string.format(
    "NNLUA_DATA='%s' %s -e '%s' 2>&1", folder, program, code)))
  local text = pipe:read("a")
  pipe:close()
  return text
end

local function mean_and_deviation(x)
  x = x:to("float64")
  return x:mean():item(), x:std({correction=0}):item()
end

local function sorted(x)
  local list = x:totable()
  table.sort(list)
  return list
end

test("digits: shapes, dtypes, classes", function()
  local set = data.digits({train=200, test=50})
  check.equal(tostring(set.train.x.shape), "(200, 28, 28)")
  check.equal(tostring(set.test.x.shape), "(50, 28, 28)")
  check.equal(set.train.x.dtype, "uint8")
  check.equal(set.train.y.dtype, "int64")
  check.equal(#set.classes, 10)
  check.equal(set.classes[1], "0")
  check.equal(set.train.y:eq(3):to("int64"):sum():item(), 20)
  check.equal(set.train.x:max():item(), 255)
end)

test("digits: one seed, one set; the random stream is left alone", function()
  tensor.manual_seed(7)
  local expected = tensor.rand(4)
  tensor.manual_seed(7)
  local a = data.digits({train=30, test=10})
  check.truthy(tensor.rand(4) == expected)
  local b = data.digits({train=30, test=10})
  check.truthy(a.train.x == b.train.x)
  check.truthy(a.test.y == b.test.y)
  local c = data.digits({train=30, test=10, seed=2})
  check.equal(a.train.x == c.train.x, false)
end)

test("digits: counts beyond one batch, odd counts, bad options", function()
  check.equal(data.digits({train=1, test=1}).train.x.shape[1], 1)
  local set = data.digits({train=6001, test=3})
  check.truthy(set.train.x:to("float32"):sum({2, 3}):min():item() > 0)
  check.error_matches(function() data.digits({train=0}) end,
                      "data.digits: train")
  check.error_matches(function() data.digits({trian=5}) end, "train")
end)

test("digits: a network learns them, a linear model less well", function()
  tensor.manual_seed(1)
  local set = data.digits({train=4000})
  local x, y = set.train.x:to("float32") / 255, set.train.y
  local function accuracy(layers, epochs)
    local model = nn.Sequential(layers)
    model:compile{optimizer="rmsprop", metrics={"accuracy"},
                  loss="sparse_categorical_crossentropy"}
    model:fit(x, y, {epochs=epochs, batch_size=64, verbose=0})
    local _, right = model:evaluate(set.test.x:to("float32") / 255,
                                    set.test.y)
    return right
  end
  local linear = accuracy({nn.Flatten{input_shape={28, 28}},
                           nn.Dense{10, activation="softmax"}}, 3)
  local network = accuracy({nn.Flatten{input_shape={28, 28}},
                            nn.Dense{128, activation="relu"},
                            nn.Dense{10, activation="softmax"}}, 8)
  check.truthy(network > 0.95)
  check.truthy(linear < network - 0.02)
end)

test("mnist: the known facts", function()
  local ok, set = pcall(data.mnist)
  if not ok then
    print("  skipped: MNIST is not here (set NNLUA_DATA)")
    return
  end
  check.equal(tostring(set.train.x.shape), "(60000, 28, 28)")
  check.equal(tostring(set.test.x.shape), "(10000, 28, 28)")
  check.equal(set.train.x.dtype, "uint8")
  check.equal(table.concat((set.train.y["1:10"] - 1):totable(), " "),
              "5 0 4 1 9 2 1 3 1 4")
  check.equal(table.concat((set.test.y["1:10"] - 1):totable(), " "),
              "7 2 1 0 4 1 4 9 5 9")
  local mean, deviation = mean_and_deviation(set.train.x)
  check.near(mean, 33.3184, 1e-3)
  check.near(deviation, 78.5675, 1e-3)
end)

test("fashion_mnist: shapes and balance", function()
  local ok, set = pcall(data.fashion_mnist)
  if not ok then
    print("  skipped: Fashion-MNIST is not here (dataset-fashion-mnist)")
    return
  end
  check.equal(tostring(set.train.x.shape), "(60000, 28, 28)")
  check.equal(tostring(set.test.y.shape), "(10000)")
  for k = 1, 10 do
    check.equal(set.test.y:eq(k):to("int64"):sum():item(), 1000)
  end
  check.equal(set.classes[10], "Ankle boot")
end)

test("mnist: a missing file is named, with where and how", function()
  in_folder(function(folder)
    local text = run_with_data(folder, "data.mnist()")
    check.truthy(text:find("train-images-idx3-ubyte.gz", 1, true) ~= nil)
    check.truthy(text:find(folder .. "/mnist", 1, true) ~= nil)
    check.truthy(text:find("https://", 1, true) ~= nil)
    check.truthy(text:find("NNLUA_DATA", 1, true) ~= nil)
  end)
end)

test("mnist: files of one's own, gzipped or not; counts must agree",
     function()
  in_folder(function(folder)
    local function write(name, x, ending)
      tensor.save(folder .. "/mnist/part.idx" .. ending, x)
      os.rename(folder .. "/mnist/part.idx" .. ending,
                folder .. "/mnist/" .. name .. ending)
    end
    write("train-images-idx3-ubyte", tensor.zeros({3, 28, 28}, "uint8"), "")
    write("train-labels-idx1-ubyte", tensor({9, 0, 4}, "uint8"), ".gz")
    write("t10k-images-idx3-ubyte", tensor.zeros({2, 28, 28}, "uint8"),
          ".gz")
    write("t10k-labels-idx1-ubyte", tensor({1, 2}, "uint8"), "")
    local code = "print(table.concat(data.mnist().train.y:totable(), \" \"))"
    check.equal(run_with_data(folder, code), "10 1 5\n")
    write("t10k-labels-idx1-ubyte", tensor({1, 2, 3}, "uint8"), "")
    local text = run_with_data(folder, code)
    check.truthy(text:find("2 images", 1, true) ~= nil)
    check.truthy(text:find("(3)", 1, true) ~= nil)
    write("t10k-labels-idx1-ubyte", tensor({1, 12}, "uint8"), "")
    text = run_with_data(folder, code)
    check.truthy(text:find("label outside 0..9", 1, true) ~= nil)
  end)
end)

test("loader: batches in order, the last one smaller", function()
  local x, y = tensor.arange(10), tensor.arange(101, 110)
  local loader = data.loader(x, y, {batch_size=4})
  check.equal(loader:count(), 3)
  check.equal(#loader, 3)
  local seen = {}
  for xb, yb in loader:batches() do
    seen[#seen + 1] = tostring(xb.shape)
    check.truthy(yb == xb + 100)
  end
  check.equal(table.concat(seen, " "), "(4) (4) (2)")
end)

test("loader: drop_last, a batch larger than the set, no y", function()
  local x = tensor.arange(10)
  check.equal(#data.loader(x, nil, {batch_size=4, drop_last=true}), 2)
  check.equal(#data.loader(x, nil, {batch_size=64}), 1)
  check.equal(#data.loader(x, nil, {batch_size=64, drop_last=true}), 0)
  for xb, yb in data.loader(x, nil, {batch_size=64}):batches() do
    check.truthy(xb == x)
    check.equal(yb, nil)
  end
  check.equal(#data.loader(tensor.zeros(0, 3), nil), 0)
end)

test("loader: shuffled passes hold every sample once, in new orders",
     function()
  tensor.manual_seed(3)
  local x = tensor.arange(100)
  local loader = data.loader(x, x * 2, {batch_size=7, shuffle=true})
  local function pass()
    local parts = {}
    for xb, yb in loader:batches() do
      check.truthy(yb == xb * 2)
      parts[#parts + 1] = xb
    end
    return tensor.concat(parts, 1)
  end
  local first, second = pass(), pass()
  check.equal(first == second, false)
  check.equal(sorted(first), x:totable())
  check.equal(sorted(second), x:totable())
end)

test("loader: inputs by name, and what is refused", function()
  local x = {left=tensor.arange(4), right=tensor.zeros(4, 2)}
  for xb in data.loader(x, nil, {batch_size=3}):batches() do
    check.equal(xb.left.shape[1], xb.right.shape[1])
  end
  check.error_matches(function()
    data.loader(tensor.zeros(3), tensor.zeros(4))
  end, "x has 3 samples, but y has 4")
  check.error_matches(function() data.loader(5) end, "x must be a tensor")
  check.error_matches(function() data.loader(tensor(5)) end,
                      "no dimension of samples")
  check.error_matches(function()
    data.loader(tensor.zeros(3), nil, {batchsize=2})
  end, "batch_size")
  check.error_matches(function()
    data.loader(tensor.zeros(3), nil, {batch_size=0})
  end, "batch_size")
end)

test("to_categorical: one-hot rows", function()
  local y = data.to_categorical(tensor({2, 1, 3}, "int64"), 3)
  check.equal(y.dtype, "float32")
  check.truthy(y == tensor({{0, 1, 0}, {1, 0, 0}, {0, 0, 1}}))
  check.equal(tostring(data.to_categorical({2, 1}).shape), "(2, 2)")
  check.equal(tostring(data.to_categorical({2.0, 1.0}, 4).shape), "(2, 4)")
  check.equal(tostring(data.to_categorical(
    tensor({{1, 2}, {2, 1}}, "int32"), 2).shape), "(2, 2, 2)")
  check.equal(tostring(data.to_categorical(tensor.zeros({0}, "int64"), 5)
                       .shape), "(0, 5)")
end)

test("to_categorical: labels out of range name their sample", function()
  local labels = tensor.ones({20}, "int64")
  labels[17] = 0
  check.error_matches(function() data.to_categorical(labels, 10) end,
                      "class index 0 at sample 17: classes are 1%.%.10; add 1")
  check.error_matches(function() data.to_categorical({1, 11}, 10) end,
                      "class index 11 at sample 2: classes are 1%.%.10")
  check.error_matches(function() data.to_categorical({1, 1.5}, 3) end,
                      "1%.5 at sample 2")
  check.error_matches(function() data.to_categorical("a", 3) end,
                      "labels must be")
  check.error_matches(function() data.to_categorical({1}, 0) end,
                      "number of classes")
end)

test("train_test_split: sizes, and every sample once", function()
  tensor.manual_seed(5)
  local x, y = tensor.arange(10), tensor.arange(10) * 3
  local x_train, x_test, y_train, y_test = data.train_test_split(x, y)
  check.equal(x_train.shape[1], 7)
  check.equal(x_test.shape[1], 3)
  check.truthy(y_train == x_train * 3)
  check.truthy(y_test == x_test * 3)
  check.equal(sorted(tensor.concat({x_train, x_test}, 1)), x:totable())
  local first, last = data.train_test_split(x, {test_size=2, shuffle=false})
  check.truthy(first == x["1:8"])
  check.truthy(last == x["9:10"])
end)

test("train_test_split: what is refused", function()
  local x = tensor.arange(10)
  for _, size in ipairs({10, 2.5}) do
    check.error_matches(function()
      data.train_test_split(x, {test_size=size})
    end, "test_size")
  end
  check.error_matches(function()
    data.train_test_split(x, tensor.arange(9))
  end, "x has 10 samples, but y has 9")
  check.error_matches(function() data.train_test_split(tensor.zeros(1)) end,
                      "1 samples cannot be split")
  check.error_matches(function() data.train_test_split(3) end,
                      "x must be a tensor")
end)

test("train_test_split: tables of tensors, as a list or by name", function()
  local x = {left=tensor.arange(8), right=tensor.arange(8):reshape(8, 1) * 2}
  local y = {tensor.arange(8) * 3, tensor.zeros(8, 2)}
  local x_train, x_test, y_train, y_test = data.train_test_split(x, y)
  check.same_shape(x_train.right, {6, 1})
  check.same_shape(y_test[2], {2, 2})
  check.truthy(x_train.right:squeeze(2) == x_train.left * 2)
  check.truthy(y_train[1] == x_train.left * 3)
  check.truthy(y_test[1] == x_test.left * 3)
  local first, last = data.train_test_split({tensor.arange(4)},
                                            {shuffle=false, test_size=1})
  check.near(first[1], {1, 2, 3})
  check.near(last[1], {4})
  local named = {a=tensor.arange(4)}
  check.equal(select("#", data.train_test_split(named, named)), 4)
  check.equal(select("#", data.train_test_split(named, nil, {})), 2)
  check.equal(select("#", data.train_test_split(named, {})), 2)
  check.refuses("x%[%w+%] has %d samples, but x%[%w+%] has %d", function()
    data.train_test_split({left=tensor.zeros(4), right=tensor.zeros(5)})
  end)
  check.refuses("x has 4 samples, but y%[1%] has 5", function()
    data.train_test_split(tensor.zeros(4), {tensor.zeros(5)})
  end)
end)

test("what is no tensor is shown", function()
  for shown, x in pairs{["{1, 2}"]={left={1, 2}}, ['"a"']={left="a"}} do
    check.refuses("train_test_split: x%[left%] must be a tensor, got " .. shown,
                  function() data.train_test_split(x) end)
  end
  check.refuses("train_test_split: x must be a tensor or a table of tensors, "
                .. "got 3", function() data.train_test_split(3) end)
  check.refuses("train_test_split: y must be .*, got true", function()
    data.train_test_split(tensor.zeros(4), true)
  end)
end)

test("loader: batches to skip are a whole number from 0", function()
  local x = tensor.arange(10)
  local set = data.TensorDataset(x)
  for name, loader in pairs{
    ["data.loader"]=data.loader(x, nil, {batch_size=4}),
    ["data.loader "]=data.loader(x, nil, {shuffle=true, prefetch=1}),
    ["data.Dataset"]=set:batch(4),
    ["data.Dataset "]=set:batch(4, {prefetch=1}),
    ["data.timeseries"]=data.timeseries(x, {lookback=2, batch_size=4}),
  } do
    for shown, skip in pairs{['"a"']="a", ["%-3"]=-3, ["1.5"]=1.5,
                             ["{}"]={}} do
      check.refuses(name:gsub(" ", "") .. ": skip must be an integer of at "
                    .. "least 0, got " .. shown, function()
        loader:batches(skip)
      end)
    end
    check.equal(loader:batches(99)(), nil)
  end
  check.near(data.loader(x, nil, {batch_size=4}):batches(2.0)(), {9, 10})
end)

test("a number of classes may be a whole float", function()
  check.same_shape(data.to_categorical({1, 2}, 6 / 2), {2, 3})
  check.refuses("number of classes must be a positive integer, got 2.5",
                function() data.to_categorical({1, 2}, 2.5) end)
  check.refuses("label nan at sample 2", function()
    data.to_categorical(tensor({1, 0 / 0}))
  end)
end)
