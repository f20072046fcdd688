-- nn models: graphs, names, error context.

local check = require("check")
local test = check.test

local function ones(t)
  t.kernel_initializer = "ones"
  return nn.Dense(t)
end

-- Sequential -----------------------------------------------------------------

test("a class of models whose init makes no graph", function()
  local Empty = nn.Model:extend {class_name = "Empty"}
  function Empty:init() end
  local x = tensor.ones(2, 3)
  for _, f in ipairs {
    function(model) return model:predict(x) end,
    function(model) return model(x) end,
    function(model) return model(nn.Input {3}) end,
  } do
    check.error_matches(function() f(Empty {}) end, "has no graph: end its "
      .. "init with self:graph{inputs=, outputs=}, or define call")
  end
end)

test("Sequential: shapes from input_shape, nn.Input or data", function()
  for _, model in ipairs {
    nn.Sequential {nn.Dense {4, input_shape = {3}}, nn.Dense {2}},
    nn.Sequential {nn.Input {3}, nn.Dense {4}, nn.Dense {2}},
    nn.Sequential {nn.Dense {4}, nn.Dense {2}},
  } do
    check.same_shape(model(tensor.zeros(5, 3)), {5, 2})
    check.equal(#model:parameters(), 4)
    check.equal(#model.layers, 2)
    check.equal(model:count_params(), 26)
    check.equal(model:get_layer(2).name, "dense_2")
  end
end)

test("Sequential: add and pop", function()
  local model = nn.Sequential()
  model:add(nn.Dense {4, input_shape = {3}})
  model:add(nn.Activation {"relu"})
  model:add(nn.Dense {2})
  check.same_shape(model(tensor.zeros(5, 3)), {5, 2})
  check.equal(model:pop().units, 2)
  check.same_shape(model(tensor.zeros(5, 3)), {5, 4})
  model:add(nn.Dense {7})
  check.same_shape(model(tensor.zeros(5, 3)), {5, 7})
  check.error_matches(function()
    model:add(5)
  end, "layer 4 must be a layer, got 5")
  check.error_matches(function()
    nn.Sequential():pop()
  end, "there is no layer to take off")
end)

test("Sequential: before the shapes are known", function()
  local model = nn.Sequential {nn.Dense {2}}
  check.error_matches(function()
    model:parameters()
  end, "Sequential 'sequential': its weights are made at first use")
  check.error_matches(function()
    nn.Sequential {}(tensor.zeros(1, 2))
  end, "has no layers")
end)

-- Names ----------------------------------------------------------------------

test("names are numbered within each model", function()
  for _ = 1, 2 do
    local model = nn.Sequential {nn.Dense {4, input_shape = {3}},
      nn.MaxPooling2D {name = "pool"}.class_name and nn.LeakyReLU {},
      nn.Dense {2}}
    check.equal(model.layers[1].name, "dense_1")
    check.equal(model.layers[2].name, "leaky_re_lu_1")
    check.equal(model.layers[3].name, "dense_2")
  end
  check.equal(nn.MaxPooling2D().name, "max_pooling2d")
  check.equal(nn.BatchNormalization().name, "batch_normalization")
  check.error_matches(function()
    nn.Sequential {nn.Dense {1, name = "a"}, nn.Dense {1, name = "a"}}
  end, "two layers are named 'a'")
end)

test("get_layer", function()
  local model = nn.Sequential {nn.Dense {4}, nn.Dense {2, name = "last"}}
  check.equal(model:get_layer("last"), model:get_layer(-1))
  check.error_matches(function()
    model:get_layer("lost")
  end, 'has no layer "lost" %(did you mean "last"%?%)')
  check.error_matches(function()
    model:get_layer(3)
  end, "has 2 layers, there is no layer 3")
end)

-- Functional models ----------------------------------------------------------

test("several inputs and outputs, by list and by name", function()
  local a, b = nn.Input {2, name = "a"}, nn.Input {3, name = "b"}
  local both = nn.Concatenate()(ones {1}(a), ones {1}(b))
  local model = nn.Model {
    inputs = {a, b},
    outputs = {sum = ones {1}(both), both = both},
  }
  check.equal(model.input_names, {"a", "b"})
  check.equal(model.output_names, {"both", "sum"})
  local x, y = tensor {{1, 2}}, tensor {{3, 4, 5}}
  for _, outputs in ipairs {
    model(x, y),
    model({x, y}),
    model({b = y, a = x}),
    model:predict {a = x, b = y},
  } do
    check.near(outputs[1], {{3, 12}})
    check.near(outputs.both, {{3, 12}})
    check.near(outputs.sum, {{15}})
  end
  check.error_matches(function()
    model({a = x, c = y})
  end, 'has no input named "c"')
  check.error_matches(function()
    model({a = x})
  end, "nothing is given for input 'b'")
  check.error_matches(function()
    model:predict {x}
  end, "has 2 inputs %(a, b%), got 1")
end)

test("a shared layer shares its weights", function()
  local a, b = nn.Input {2}, nn.Input {2}
  local shared = nn.Dense {3}
  local model = nn.Model {inputs = {a, b},
    outputs = nn.Add()(shared(a), shared(b))}
  check.equal(#model:parameters(), 2)
  local x = tensor.ones(1, 2)
  check.near(model(x, x), shared(x) * 2)
  local loss = autograd.record(function()
    return model(x, x):sum()
  end)
  loss:backward()
  check.near(shared.kernel.grad, tensor.full({2, 3}, 2))
end)

test("models are layers", function()
  local inner = nn.Sequential {ones {2, input_shape = {3}}}
  local x = nn.Input {3}
  local model = nn.Model {inputs = x,
    outputs = nn.Add()(inner(x), inner(x))}
  check.near(model(tensor.ones(1, 3)), {{6, 6}})
  check.equal(#model:parameters(), 2)
  check.truthy(model:state_dict()["sequential_1.dense_1.kernel"])
  local outer = nn.Sequential {inner, nn.Dense {1}}
  check.same_shape(outer(tensor.ones(4, 3)), {4, 1})
  check.equal(#outer:parameters(), 4)
end)

test("part of a model", function()
  local model = nn.Sequential {ones {2, input_shape = {3}}, ones {1}}
  local part = nn.Model {inputs = model.input,
    outputs = model:get_layer(1).output}
  check.near(part(tensor.ones(1, 3)), {{3, 3}})
end)

test("an open size", function()
  local x = nn.Input {-1, 2}
  local model = nn.Model {inputs = x, outputs = nn.Dense {4}(x)}
  check.same_shape(model(tensor.zeros(1, 5, 2)), {1, 5, 4})
  check.same_shape(model(tensor.zeros(1, 6, 2)), {1, 6, 4})
end)

test("classes of models", function()
  local Net = nn.Model:extend {
    class_name = "Net",
    init = function(self, o)
      local x = nn.Input {o.size}
      nn.Model.init(self, {inputs = x, outputs = nn.Dense {2}(x)})
    end,
  }
  local net = Net {size = 3}
  check.same_shape(net(tensor.zeros(4, 3)), {4, 2})
  check.equal(net.name, "net")
  local Eager = nn.Model:extend {
    class_name = "Eager",
    init = function(self)
      self.first, self.second = nn.Dense {4, "relu"}, nn.Dense {1}
    end,
    call = function(self, x)
      return self.second(self.first(x))
    end,
  }
  local eager = Eager()
  eager:compile {optimizer = "sgd", loss = "mse"}
  local x, y = tensor.ones(8, 3), tensor.ones(8, 1)
  local history = eager:fit(x, y, {epochs = 3, verbose = 0})
  check.truthy(history.loss[3] < history.loss[1])
  check.same_shape(eager:predict(x), {8, 1})
  check.equal(#eager:parameters(), 4)
end)

test("graph errors", function()
  local a, b = nn.Input {2, name = "a"}, nn.Input {2, name = "b"}
  check.error_matches(function()
    nn.Model {inputs = a, outputs = nn.Add()(a, b)}
  end, "the outputs depend on input 'b', which is not among the inputs")
  check.error_matches(function()
    nn.Model {inputs = a}
  end, "needs inputs= and outputs=")
  check.error_matches(function()
    nn.Model {inputs = nn.Dense {1}(a), outputs = a}
  end, "input 1 must be an nn.Input, it is the output of Dense")
  check.error_matches(function()
    nn.Model {inputs = a, outputs = tensor.zeros(1)}
  end, "outputs must be symbolic tensors")
  check.error_matches(function()
    nn.Model {input = a, outputs = a}
  end, 'unknown option "input" %(did you mean "inputs"%?%)')
end)

-- Error context --------------------------------------------------------------

test("an error says which layer got which shape", function()
  local Broken = nn.Layer:extend {
    class_name = "Broken",
    call = function(_, x)
      return x:matmul(tensor.zeros(7, 1))
    end,
    compute_output_shape = function()
      return {1}
    end,
  }
  local model = nn.Sequential {nn.Dense {4, input_shape = {3}},
    nn.Dense {5}, Broken {}}
  local message = check.error_matches(function()
    model(tensor.zeros(2, 3))
  end, "in layer 3 %(Broken 'broken_1'%), which got %(2, 5%)")
  check.truthy(message:find("model_spec.lua:", 1, true), message)
  local outer = nn.Sequential {nn.Input {3}, model}
  check.error_matches(function()
    outer(tensor.zeros(2, 3))
  end, "in layer 1 %(Sequential 'sequential_1'%).*in layer 3 %(Broken")
end)

test("shape errors while a model is put together", function()
  check.error_matches(function()
    nn.Sequential {nn.Dense {4, input_shape = {3}}, nn.Conv2D {2, 3}}
  end, "in layer 2: Conv2D 'conv2d_1': .*got samples of shape %(None, 4%)")
  local model = nn.Sequential {nn.Dense {4, input_shape = {3}}}
  check.error_matches(function()
    model(tensor.zeros(2, 5))
  end, "input 'input_1' must be %(None, 3%), got %(2, 5%)")
end)
