-- nn saving: models and weights in files, and what is wrong with some.

local check = require("check")
local native = require("native")
local test = check.test

-- Calls f with the name of a file, and removes it afterwards.
local function with_file(f)
  local path = os.tmpname()
  local ok, err = pcall(f, path)
  os.remove(path)
  if not ok then
    error(err, 0)
  end
end

local function new_model()
  return nn.Sequential {nn.Conv2D {2, 3, activation = "relu",
    input_shape = {6, 6, 1}}, nn.BatchNormalization(), nn.MaxPooling2D(),
    nn.Flatten(), nn.Dropout {0.5}, nn.Dense {3},
    nn.Activation {"softmax"}}
end

local function data()
  tensor.manual_seed(1)
  return tensor.randn({12, 6, 6, 1}), tensor.randint(1, 3, {12})
end

test("a trained model comes back whole and goes on", function()
  local x, y = data()
  local model = new_model()
  model:compile {optimizer = optim.Adam {0.01},
    loss = "sparse_categorical_crossentropy", metrics = {"accuracy"}}
  model:fit(x, y, {epochs = 2, verbose = 0})
  with_file(function(path)
    model:save(path)
    local copy = nn.load_model(path)
    check.near(copy:predict(x), model:predict(x), 0)
    check.equal(copy.optimizer.lr, 0.01)
    check.equal(copy.compiled.names, {"loss", "accuracy"})
    check.near({copy:evaluate(x, y)}, {model:evaluate(x, y)}, 0)
    local o = {epochs = 1, verbose = 0, shuffle = false}
    tensor.manual_seed(7)
    local first = model:fit(x, y, o).loss
    tensor.manual_seed(7)
    check.equal(copy:fit(x, y, o).loss, first)
    check.near(copy:predict(x), model:predict(x), 0)
  end)
end)

test("functional models: shared layers, names, nested models", function()
  local a, b = nn.Input {3, name = "a"}, nn.Input {3, name = "b"}
  local shared = nn.Dense {4, "tanh"}
  local inner = nn.Sequential {nn.Dense {2, input_shape = {8}}}
  local joined = nn.Concatenate()(shared(a), shared(b))
  local model = nn.Model {inputs = {a, b},
    outputs = {left = inner(joined), right = nn.Dense {1}(joined)},
    name = "siamese"}
  with_file(function(path)
    model:save(path)
    local copy = nn.load_model(path)
    check.equal(copy.name, "siamese")
    check.equal(copy.input_names, {"a", "b"})
    check.equal(copy.output_names, {"left", "right"})
    check.equal(#copy:parameters(), #model:parameters())
    local x = {a = tensor.ones(2, 3), b = tensor.zeros(2, 3)}
    check.near(copy:predict(x).left, model:predict(x).left, 0)
    check.near(copy:predict(x).right, model:predict(x).right, 0)
  end)
end)

test("frozen layers stay frozen", function()
  local model = new_model()
  model:get_layer(1).trainable = false
  with_file(function(path)
    model:save(path)
    local copy = nn.load_model(path)
    check.equal(#copy:trainable_parameters(), #model:trainable_parameters())
    check.equal(#copy:parameters(), #model:parameters())
  end)
end)

test("weights only", function()
  local x = data()
  local model, other = new_model(), new_model()
  with_file(function(path)
    model:save_weights(path)
    other:load_weights(path)
    check.near(other:predict(x), model:predict(x), 0)
    check.error_matches(function()
      nn.load_model(path)
    end, "not a saved model: there is no architecture in it")
  end)
end)

test("weights keep requiring gradients", function()
  local model = new_model()
  model:load_state_dict(model:copy_weights())
  check.equal(model:get_layer(1).kernel.requires_grad, true)
end)

test("state_dict errors", function()
  local model = nn.Sequential {nn.Dense {2, input_shape = {3}}}
  local dict = model:copy_weights()
  check.error_matches(function()
    model:load_state_dict {["dense_1.kernel"] = dict["dense_1.kernel"]}
  end, "load_state_dict: missing for Sequential 'sequential': dense_1.bias")
  local more = {["dense_1.kernel"] = dict["dense_1.kernel"],
    ["dense_1.bias"] = dict["dense_1.bias"], extra = dict["dense_1.bias"]}
  check.error_matches(function()
    model:load_state_dict(more)
  end, "has no extra")
  dict["dense_1.kernel"] = tensor.zeros(4, 2)
  check.error_matches(function()
    model:load_state_dict(dict)
  end, "'dense_1.kernel' is %(3, 2%) in the model, %(4, 2%) in what is loaded")
  check.error_matches(function()
    model:load_state_dict(5)
  end, "needs a table of tensors by path, got 5")
end)

test("classes of one's own", function()
  local Twice = nn.Layer:extend {class_name = "Twice", call = function(_, x)
    return x * 2
  end}
  local model = nn.Sequential {nn.Dense {2, input_shape = {3}}, Twice {}}
  with_file(function(path)
    model:save(path)
    check.error_matches(function()
      nn.load_model(path)
    end, "Twice.*custom_objects")
    local copy = nn.load_model(path, {custom_objects = {Twice = Twice}})
    local x = tensor.ones(1, 3)
    check.near(copy(x), model(x), 0)
  end)
end)

test("functions cannot be saved", function()
  local model = nn.Sequential {nn.Activation {function(x)
    return x
  end, input_shape = {2}}}
  with_file(function(path)
    check.error_matches(function()
      model:save(path)
    end, "activation is a function, which cannot be written to a file")
  end)
  local other = nn.Sequential {nn.Dense {1, input_shape = {2}}}
  other:compile {loss = function(y, p)
    return (y - p):square():mean()
  end}
  with_file(function(path)
    check.error_matches(function()
      other:save(path)
    end, "a Lua function as loss cannot be written")
  end)
end)

-- Writes a file with this architecture and loads it.
local function load_architecture(text, tensors)
  with_file(function(path)
    native.save_safetensors(path, tensors or {a = tensor.zeros(1)},
      {format = "nnlua-model", version = "1", model = text})
    nn.load_model(path)
  end)
end

test("foreign and damaged files", function()
  local function fails(text, pattern)
    check.error_matches(function()
      load_architecture(text)
    end, pattern)
  end
  fails("{", "json_decode")
  fails("5", "damaged: it does not tell the architecture")
  fails("{}", "damaged")
  fails('{"class_name":"os","config":{}}', "is not known here")
  fails('{"class_name":"load_model","config":{}}', "is not known here")
  fails('{"class_name":"Dense","config":{"units":-1}}', "units must be")
  fails('{"class_name":"Sequential","config":{},"layers":[5]}', "damaged")
  fails('{"class_name":"Model","config":{},"layers":[],"nodes":[{"layer":9}],'
    .. '"inputs":[[1,1]],"outputs":[[1,1]]}', "damaged")
  with_file(function(path)
    native.write_file(path, "this is no model at all, but some text")
    check.error_matches(function()
      nn.load_model(path)
    end, path:gsub("%p", "%%%0"))
  end)
  check.error_matches(function()
    nn.load_model("/no/such/file")
  end, "/no/such/file")
  with_file(function(path)
    native.save_safetensors(path, {w = tensor.zeros(2)}, {})
    check.error_matches(function()
      nn.load_model(path)
    end, "not a saved model")
  end)
end)

test("weights that do not fit the architecture", function()
  check.error_matches(function()
    load_architecture('{"class_name":"Sequential","config":{},"layers":['
      .. '{"class_name":"Dense","config":{"units":2,"input_shape":[3]}}]}')
  end, "load_model: missing for")
end)

-- Functions and classes by name --------------------------------------------

test("registered functions and classes", function()
  local function double(x) return x * 2 end
  local function error_of(y, p) return (y - p):square():mean(2) end
  nn.register("spec_double", double)
  nn.register("spec_error", error_of)
  local Half = nn.register("SpecHalf", nn.Layer:extend {
    class_name = "SpecHalf", call = function(_, x) return x / 2 end,
  })
  local model = nn.Sequential {nn.Dense {2, double, input_shape = {2}}, Half()}
  model:compile {loss = error_of, metrics = {wrong = error_of}}
  local x = tensor.rand(3, 2)
  with_file(function(path)
    model:save(path)
    local copy = nn.load_model(path)
    check.near(copy(x), model(x), 0)
    check.equal(copy:get_layer(1).activation, double)
    check.near({copy:evaluate(x, x)}, {model:evaluate(x, x)}, 0)
  end)
  check.error_matches(function() nn.register("", double) end,
    "the name must be a string")
  check.error_matches(function() nn.register("x", 5) end,
    "must be a function or a class of layers, got 5")
end)

test("a function that the loading program does not know", function()
  local text = [[{"class_name":"Sequential","config":{"name":"s"},"layers":[
    {"class_name":"Activation","config":{"input_shape":[1],
    "activation":{"registered":"spec_unknown"}}}]}]]
  check.error_matches(function() load_architecture(text) end,
    'uses a Lua function named "spec_unknown".*nn.register%("spec_unknown", f%)')
  with_file(function(path)
    native.save_safetensors(path, {}, {format = "nnlua-model", version = "1",
      model = text})
    local model = nn.load_model(path, {custom_objects = {
      spec_unknown = function(x) return -x end,
    }})
    check.near(model(tensor {{3}}), {{-3}})
  end)
end)

test("a model that computes with its own call", function()
  local Net = nn.Model:extend {
    class_name = "Net",
    init = function(self) self.dense = nn.Dense {1} end,
    call = function(self, x) return self.dense(x) end,
  }
  local net = Net()
  net(tensor.ones(1, 2))
  with_file(function(path)
    check.error_matches(function() net:save(path) end,
      "Net 'net': it computes with a `call` of its own.*save_weights.*"
      .. "self:graph{inputs=, outputs=}")
    net:save_weights(path)
    local other = Net()
    other(tensor.zeros(1, 2))
    other:load_weights(path)
    check.near(other(tensor.ones(1, 2)), net(tensor.ones(1, 2)), 0)
  end)
end)

test("operators, options of calls, nested models and constants", function()
  local x, y = nn.Input {4, name = "x"}, nn.Input {4, name = "y"}
  local inner = nn.Sequential {nn.Dense {4, input_shape = {4}},
    nn.Activation {"tanh"}}
  local h = inner(x) - inner(y) * tensor({1, 2, 3, 4})
  h = h:masked_fill(x:gt(0.5), -math.huge):maximum(-3)
  h = tensor.concat({h[{{}, {1, 2}}], nn.Dropout {0.5}(y, {training = false})},
    2)
  local model = nn.Model {inputs = {x, y}, outputs = {out = h, top = (h:max(2))}}
  with_file(function(path)
    model:save(path)
    local copy = nn.load_model(path)
    local data = {x = tensor.rand(5, 4), y = tensor.rand(5, 4)}
    local a, b = model(data, {training = true}), copy(data, {training = true})
    check.near(b.out, a.out, 0)
    check.near(b.top, a.top, 0)
    local joined = nn.Sequential {copy:get_layer("sequential_1"), nn.Dense {1}}
    check.same_shape(joined(data.x), {5, 1})
  end)
end)

test("without the optimizer's state", function()
  local x, y = data()
  local model = new_model()
  model:compile {optimizer = "adam", loss = "sparse_categorical_crossentropy"}
  model:fit(x, y, {epochs = 1, verbose = 0})
  with_file(function(path)
    model:save(path, {include_optimizer = false})
    for name in pairs(native.load_safetensors(path)) do
      check.truthy(not name:find("optimizer"), name)
    end
    check.equal(nn.load_model(path).optimizer.steps, 0)
    model:save(path)
    check.equal(nn.load_model(path).optimizer.steps, 1)
    check.error_matches(function() model:save(path, {optimiser = true}) end,
      "unknown option")
  end)
end)

-- Weights from elsewhere ---------------------------------------------------

local function pair()
  local a = nn.Sequential {nn.Dense {4, input_shape = {3}, name = "one"},
    nn.Dense {2, name = "two"}}
  local b = nn.Sequential {nn.Dense {4, input_shape = {3}, name = "one"},
    nn.Dense {2, name = "three"}}
  return a, b
end

test("weights by name and in order", function()
  local a, b = pair()
  local x = tensor.rand(3, 3)
  with_file(function(path)
    a:save_weights(path)
    local before = b:copy_weights()
    check.error_matches(function() b:load_weights(path) end,
      "missing for Sequential 'sequential': three.kernel, three.bias; not in "
      .. "the model: two.bias, two.kernel")
    b:load_weights(path, {by_name = true})
    check.near(b:get_layer("one").kernel, a:get_layer("one").kernel, 0)
    check.near(b:get_layer("three").kernel, before["three.kernel"], 0)
    b:load_weights(path, {in_order = true})
    check.near(b(x), a(x), 0)
    b:load_weights(path, {name_map = {two = "three"}})
    a:save(path)
    b:load_weights(path, {in_order = true})
    local c = nn.Sequential {nn.Dense {4, input_shape = {3}}, nn.Dense {3}}
    check.error_matches(function() c:load_weights(path, {in_order = true}) end,
      "Dense 'dense_2': 'dense_2.kernel' is %(4, 3%) in the model, %(4, 2%) in "
      .. "what is loaded %('two.kernel'%)")
    check.error_matches(function() c:load_weights(path, {by_name = true}) end,
      "no layer of Sequential 'sequential' has a name in the file: it has one, "
      .. "two")
    c:add(nn.Dense {1})
    check.error_matches(function() c:load_weights(path, {in_order = true}) end,
      "has 6 weights, the file has 4")
    native.save_safetensors(path, a:state_dict(), {})
    check.error_matches(function() a:load_weights(path, {in_order = true}) end,
      "does not tell the order")
  end)
end)

test("nothing changes where something does not fit", function()
  local a = pair()
  local before = a:copy_weights()
  local dict = a:copy_weights()
  dict["one.kernel"]:fill_(7)
  dict["two.bias"] = tensor.zeros(5)
  check.error_matches(function() a:load_state_dict(dict) end,
    "Dense 'two': 'two.bias' is %(2%) in the model, %(5%)")
  check.near(a:get_layer("one").kernel, before["one.kernel"], 0)
  dict["two.bias"] = nil
  a:load_state_dict(dict, {strict = false})
  check.near(a:get_layer("one").kernel, tensor.full({3, 4}, 7), 0)
end)

test("PyTorch's layouts", function()
  local x = nn.Input {5, 6, 2}
  local h = nn.Conv2D {3, {2, 3}, name = "conv"}(x)
  h = nn.BatchNormalization {name = "norm", epsilon = 0}(h)
  local y = nn.Dense {4, name = "fc"}(nn.Flatten()(h))
  local model = nn.Model {inputs = x, outputs = y}
  local kernel, fc = tensor.randn(3, 2, 2, 3), tensor.randn(4, 3 * 4 * 4)
  local dict = {
    ["net.conv.weight"] = kernel, ["net.conv.bias"] = tensor({1, 2, 3}),
    ["net.norm.weight"] = tensor({1, 2, 1}),
    ["net.norm.bias"] = tensor({0, 1, 0}),
    ["net.norm.running_mean"] = tensor({1, 1, 0}),
    ["net.norm.running_var"] = tensor({1, 4, 1}),
    ["net.norm.num_batches_tracked"] = tensor(3, "int64"),
    ["net.fc.weight"] = fc, ["net.fc.bias"] = tensor.ones(4),
    ["net.spare.weight"] = tensor.ones(2),
  }
  model:load_state_dict(dict, {
    layout = "pytorch", flatten = {fc = {3, 4, 4}},
    name_map = {net = "", ["net.spare"] = false, ["net.conv"] = "conv",
      ["net.norm"] = "norm", ["net.fc"] = "fc"},
  })
  local input = tensor.randn(2, 5, 6, 2)
  local t = tensor.conv2d(input:permute(1, 4, 2, 3),
    kernel:permute(3, 4, 2, 1), {data_format = "channels_first"})
  local function channels(list) return tensor(list):reshape(1, 3, 1, 1) end
  t = (t + channels {1, 2, 3} - channels {1, 1, 0}) / channels {1, 2, 1}
    * channels {1, 2, 1} + channels {0, 1, 0}
  check.near(model(input), t:reshape(2, -1):matmul(fc.T) + 1, 1e-4)
  check.error_matches(function()
    model:load_state_dict(dict, {layout = "torch"})
  end, 'layout must be "nnlua" or "pytorch"')
  check.error_matches(function()
    model:load_state_dict(dict, {name_map = function() return "conv.kernel" end})
  end, "'net.conv.bias' and 'net.conv.weight' are both for 'conv.kernel'")
  dict["net.fc.weight"] = tensor.zeros(4, 5)
  check.error_matches(function()
    model:load_state_dict(dict, {layout = "pytorch", strict = false,
      name_map = function(name) return name:sub(5) end})
  end, "Dense 'fc': 'fc.kernel' is %(48, 4%) in the model, %(5, 4%) in what is "
    .. "loaded %('net.fc.weight'%)")
end)

-- SqueezeNet 1.1 (Iandola and others, 2016), channels first as its weights.
local function squeezenet()
  local function conv(name, filters, size, x, opts)
    local o = opts or {}
    return nn.Conv2D {filters, size, name = name, activation = "relu",
      data_format = "channels_first", strides = o.strides,
      padding = o.padding}(x)
  end
  local function pool(x)
    return nn.MaxPooling2D {3, strides = 2, data_format = "channels_first"}(x)
  end
  local function fire(n, squeeze, expand, x)
    local name = "fire" .. n
    local s = conv(name .. "_squeeze1x1", squeeze, 1, x)
    return tensor.concat({conv(name .. "_expand1x1", expand, 1, s),
      conv(name .. "_expand3x3", expand, 3, s, {padding = "same"})}, 2)
  end
  local x = nn.Input {3, 224, 224}
  local y = pool(conv("conv1", 64, 3, x, {strides = 2}))
  y = pool(fire(3, 16, 64, fire(2, 16, 64, y)))
  y = pool(fire(5, 32, 128, fire(4, 32, 128, y)))
  y = fire(7, 48, 192, fire(6, 48, 192, y))
  y = fire(9, 64, 256, fire(8, 64, 256, y))
  y = conv("conv10", 1000, 1, y):mean({3, 4})
  return nn.Model {inputs = x, outputs = y, name = "squeezenet"}
end

test("SqueezeNet with its published weights", function()
  local folder = (os.getenv("NNLUA_DATA") or "") .. "/squeezenet/"
  local file = io.open(folder .. "squeezenet1.1.safetensors")
  if not file then
    print("  skipped: SqueezeNet is not here (set NNLUA_DATA)")
    return
  end
  file:close()
  local model = squeezenet()
  model:load_weights(folder .. "squeezenet1.1.safetensors", {
    layout = "pytorch",
    name_map = function(name) return (name:gsub("^(fire%d)%.", "%1_")) end,
  })
  check.equal(model:count_params(), 1235496)
  local x = tensor.load(folder .. "test_input_0.npy")
  local y = tensor.load(folder .. "test_output_0.npy")
  check.near(model:predict(x), y:reshape(1, 1000), 2e-4)
  check.error_matches(function()
    nn.load_model(folder .. "squeezenet1.1.safetensors")
  end, "not a saved model: there is no architecture in it; its 52 tensors")
end)

-- Damage -------------------------------------------------------------------

test("files of other programs", function()
  for start, kind in pairs {
    ["\137HDF\r\n\26\n"] = "an HDF5 file",
    ["PK\3\4...."] = "a zip archive",
    ["\147NUMPY"] = "an array of NumPy",
  } do
    with_file(function(path)
      native.write_file(path, start)
      check.error_matches(function() nn.load_model(path) end,
        "not a saved model but " .. kind)
    end)
  end
end)

test("architectures with any byte changed load or say what is wrong", function()
  local x = nn.Input {3}
  local h = nn.Dense {2}(x) * 2 + 1
  local model = nn.Model {inputs = x, outputs = {a = h, b = h[{{}, 1}]}}
  model:add_loss(h:mean())
  with_file(function(path)
    model:save(path)
    local tensors, metadata = native.load_safetensors(path)
    local text = metadata.model
    math.randomseed(5)
    for _ = 1, 400 do
      local at = math.random(#text)
      local byte = string.char(math.random(32, 126))
      metadata.model = text:sub(1, at - 1) .. byte .. text:sub(at + 1)
      native.save_safetensors(path, tensors, metadata)
      local ok, err = pcall(nn.load_model, path)
      if not ok then
        check.truthy(err:find(path, 1, true), err)
        check.truthy(not err:find("attempt to", 1, true),
          err .. "\n" .. metadata.model)
      end
    end
  end)
end)
