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
  return nn.Sequential { nn.Conv2D { 2, 3, activation = "relu",
    input_shape = { 6, 6, 1 } }, nn.BatchNormalization(), nn.MaxPooling2D(),
    nn.Flatten(), nn.Dropout { 0.5 }, nn.Dense { 3 },
    nn.Activation { "softmax" } }
end

local function data()
  tensor.manual_seed(1)
  return tensor.randn({ 12, 6, 6, 1 }), tensor.randint(1, 3, { 12 })
end

test("a trained model comes back whole and goes on", function()
  local x, y = data()
  local model = new_model()
  model:compile { optimizer = optim.Adam { 0.01 },
    loss = "sparse_categorical_crossentropy", metrics = { "accuracy" } }
  model:fit(x, y, { epochs = 2, verbose = 0 })
  with_file(function(path)
    model:save(path)
    local copy = nn.load_model(path)
    check.near(copy:predict(x), model:predict(x), 0)
    check.equal(copy.optimizer.lr, 0.01)
    check.equal(copy.compiled.names, { "loss", "accuracy" })
    check.near({ copy:evaluate(x, y) }, { model:evaluate(x, y) }, 0)
    local o = { epochs = 1, verbose = 0, shuffle = false }
    tensor.manual_seed(7)
    local first = model:fit(x, y, o).loss
    tensor.manual_seed(7)
    check.equal(copy:fit(x, y, o).loss, first)
    check.near(copy:predict(x), model:predict(x), 0)
  end)
end)

test("functional models: shared layers, names, nested models", function()
  local a, b = nn.Input { 3, name = "a" }, nn.Input { 3, name = "b" }
  local shared = nn.Dense { 4, "tanh" }
  local inner = nn.Sequential { nn.Dense { 2, input_shape = { 8 } } }
  local joined = nn.Concatenate()(shared(a), shared(b))
  local model = nn.Model { inputs = { a, b },
    outputs = { left = inner(joined), right = nn.Dense { 1 }(joined) },
    name = "siamese" }
  with_file(function(path)
    model:save(path)
    local copy = nn.load_model(path)
    check.equal(copy.name, "siamese")
    check.equal(copy.input_names, { "a", "b" })
    check.equal(copy.output_names, { "left", "right" })
    check.equal(#copy:parameters(), #model:parameters())
    local x = { a = tensor.ones(2, 3), b = tensor.zeros(2, 3) }
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
  local model = nn.Sequential { nn.Dense { 2, input_shape = { 3 } } }
  local dict = model:copy_weights()
  check.error_matches(function()
    model:load_state_dict { ["dense_1.kernel"] = dict["dense_1.kernel"] }
  end, "load_state_dict: missing for Sequential 'sequential': dense_1.bias")
  local more = { ["dense_1.kernel"] = dict["dense_1.kernel"],
    ["dense_1.bias"] = dict["dense_1.bias"], extra = dict["dense_1.bias"] }
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
  local Twice = nn.Layer:extend { class_name = "Twice", call = function(_, x)
    return x * 2
  end }
  local model = nn.Sequential { nn.Dense { 2, input_shape = { 3 } }, Twice {} }
  with_file(function(path)
    model:save(path)
    check.error_matches(function()
      nn.load_model(path)
    end, "Twice.*custom_objects")
    local copy = nn.load_model(path, { custom_objects = { Twice = Twice } })
    local x = tensor.ones(1, 3)
    check.near(copy(x), model(x), 0)
  end)
end)

test("functions cannot be saved", function()
  local model = nn.Sequential { nn.Activation { function(x)
    return x
  end, input_shape = { 2 } } }
  with_file(function(path)
    check.error_matches(function()
      model:save(path)
    end, "activation is a function, which cannot be written to a file")
  end)
  local other = nn.Sequential { nn.Dense { 1, input_shape = { 2 } } }
  other:compile { loss = function(y, p)
    return (y - p):square():mean()
  end }
  with_file(function(path)
    check.error_matches(function()
      other:save(path)
    end, "a Lua function as loss cannot be written")
  end)
end)

-- Writes a file with this architecture and loads it.
local function load_architecture(text, tensors)
  with_file(function(path)
    native.save_safetensors(path, tensors or { a = tensor.zeros(1) },
      { format = "nnlua-model", version = "1", model = text })
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
    native.save_safetensors(path, { w = tensor.zeros(2) }, {})
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
