-- nn layers: values, shapes, gradients, configurations, errors.

local check = require("check")
local layer_checks = require("layer_checks")
local test = check.test

local check_config = layer_checks.config
local check_gradients = layer_checks.gradients
local check_output_shape = layer_checks.output_shape
local random = layer_checks.random

-- Dense ----------------------------------------------------------------------

test("Dense: values", function()
  local layer = nn.Dense {2, kernel_initializer = "ones",
    bias_initializer = nn.initializers.Constant {0.5}}
  check.near(layer(tensor {{1, 2}, {3, 4}}), {{3.5, 3.5},
    {7.5, 7.5}})
  check.same_shape(layer.kernel, {2, 2})
  check.same_shape(layer.bias, {2})
  check.equal(#layer:parameters(), 2)
  check.equal(layer:count_params(), 6)
  local relu = nn.Dense {1, "relu", false, kernel_initializer = "ones"}
  check.near(relu(tensor {{-1}, {2}}), {{0}, {2}})
  check.equal(#relu:parameters(), 1)
end)

test("Dense: shapes, gradients, configuration", function()
  check_output_shape(nn.Dense {5}, {3}, {5})
  check_output_shape(nn.Dense {5}, {4, 3}, {4, 5})
  check_gradients(nn.Dense {2, activation = "tanh", dtype = "float64"},
    random(3, 4))
  check_gradients(nn.Dense {2, dtype = "float64"}, random(2, 3, 4))
  check_config(nn.Dense {5, activation = "relu", use_bias = false,
    kernel_initializer = "he_normal", name = "d", trainable = false,
    input_shape = {7}})
end)

test("Dense: errors", function()
  check.error_matches(function()
    nn.Dense {"a"}
  end, 'Dense: units must be a positive integer, got "a"')
  check.error_matches(function()
    nn.Dense {}
  end, "Dense: units is missing")
  check.error_matches(function()
    nn.Dense {3, activaton = "relu"}
  end, 'Dense: unknown option "activaton" %(did you mean "activation"%?%)')
  check.error_matches(function()
    nn.Dense {3, activation = "rellu"}
  end, 'Dense: unknown activation "rellu" %(did you mean "relu"%?%)')
  check.error_matches(function()
    nn.Dense(3, {activation = "relu"})
  end, "Dense: all options go into one table")
  check.error_matches(function()
    nn.Dense {3} (5)
  end, "Dense 'dense': call it on a tensor or on nn.Input, got 5")
  local layer = nn.Dense {3, name = "d"}
  layer(tensor.zeros(1, 4))
  check.error_matches(function()
    layer(tensor.zeros(1, 5))
  end, "Dense 'd'")
  check.error_matches(function()
    layer(tensor.zeros(1, 4), tensor.zeros(1, 4))
  end, "Dense 'd': takes one input, got 2")
  check.error_matches(function()
    nn.Dense {3}:parameters()
  end, "Dense 'dense': its weights are made at first use")
end)

-- Shape layers ---------------------------------------------------------------

test("Activation, Softmax, LeakyReLU", function()
  local x = tensor {{-1, 2}}
  check.near(nn.Activation {"relu"}(x), {{0, 2}})
  check.near(nn.Activation {function(v)
    return v * 2
  end}(x), {{-2, 4}})
  check.near(nn.LeakyReLU {}(x), {{-0.3, 2}})
  check.near(nn.Softmax {}(x), x:softmax(-1))
  for _, layer in ipairs {nn.Activation {"tanh"}, nn.Softmax {},
    nn.LeakyReLU {0.2}} do
    check_gradients(layer, random(2, 3))
    check_output_shape(layer, {4, 2}, {4, 2})
    check_config(layer)
  end
  check.error_matches(function()
    nn.Activation {function() end}:get_config()
  end, "activation is a function, which cannot be written to a file")
end)

test("every activation keeps the shape and has a gradient", function()
  for name, f in pairs(nn.activations) do
    if name ~= "get" and type(f) == "function" then
      local x = random(2, 3):requires_grad_()
      local y = f(x)
      check.same_shape(y, {2, 3})
      y:sum():backward()
      check.same_shape(x.grad, {2, 3})
    end
  end
end)

test("Flatten", function()
  check_output_shape(nn.Flatten(), {2, 3, 4}, {24})
  check_output_shape(nn.Flatten(), {}, {1})
  check_gradients(nn.Flatten(), random(2, 3, 2))
  check_config(nn.Flatten())
  local x = tensor.arange(12):reshape(1, 3, 2, 2)
  local last = nn.Flatten()(x:permute({1, 3, 4, 2}))
  check.near(nn.Flatten {"channels_first"}(x), last)
  check.same_shape(nn.Flatten()(tensor.zeros(0, 2, 3)), {0, 6})
end)

test("Reshape", function()
  check_output_shape(nn.Reshape {2, 6}, {12}, {2, 6})
  check_output_shape(nn.Reshape {-1, 4}, {2, 6}, {3, 4})
  check_gradients(nn.Reshape {3, 2}, random(2, 6))
  check_config(nn.Reshape {target_shape = {4, -1}})
  check.error_matches(function()
    nn.Reshape {5}(tensor.zeros(1, 6))
  end, "Reshape 'reshape': cannot turn samples of shape %(None, 6%) %(6 elements "
    .. "each%) into %(None, 5%)")
  check.error_matches(function()
    nn.Reshape {-1, -1}
  end, "at most one size may be %-1")
end)

test("Dropout", function()
  local x = tensor.ones(100, 100)
  local layer = nn.Dropout {0.25}
  check.near(layer(x), x, 0)
  tensor.manual_seed(1)
  local y = layer(x, {training = true})
  check.near(y:mean():item(), 1, 0.02)
  check.near(y:eq(0):float():mean():item(), 0.25, 0.02)
  check.near(y:max():item(), 1 / 0.75)
  local recorded = autograd.record(function()
    return layer(x)
  end)
  check.truthy(recorded:eq(0):any():item())
  check_config(layer)
  check.error_matches(function()
    nn.Dropout {1}
  end, "Dropout: rate must be a number from 0 to below 1, got 1")
end)

-- Images ---------------------------------------------------------------------

-- Cross-correlation by definition, for one image and one output channel.
local function naive_conv(x, kernel, i, j, f)
  local kh, kw, channels = kernel.shape[1], kernel.shape[2], kernel.shape[3]
  local sum = 0
  for a = 1, kh do
    for b = 1, kw do
      for c = 1, channels do
        sum = sum + x[{1, i + a - 1, j + b - 1, c}]
          * kernel[{a, b, c, f}]
      end
    end
  end
  return sum
end

test("Conv2D: values", function()
  local x = random(1, 5, 4, 2)
  local layer = nn.Conv2D {3, {2, 3}}
  local y = layer(x)
  check.same_shape(y, {1, 4, 2, 3})
  check.same_shape(layer.kernel, {2, 3, 2, 3})
  local kernel = layer.kernel:detach()
  for i = 1, 4 do
    for j = 1, 2 do
      for f = 1, 3 do
        check.near(y[{1, i, j, f}], naive_conv(x, kernel, i, j, f), 1e-4)
      end
    end
  end
end)

test("Conv2D: both data formats agree", function()
  local x = random(2, 6, 6, 3)
  for _, padding in ipairs {"valid", "same"} do
    local last = nn.Conv2D {4, 3, strides = 2, padding = padding,
      bias_initializer = "ones"}
    local first = nn.Conv2D {4, 3, strides = 2, padding = padding,
      data_format = "channels_first", bias_initializer = "ones"}
    local y = last(x)
    first(x:permute({1, 4, 2, 3}))
    first.kernel:detach():copy_(last.kernel:detach())
    check.near(first(x:permute({1, 4, 2, 3})):permute({1, 3, 4, 2}), y,
      1e-4)
  end
end)

test("Conv2D: shapes, gradients, configuration", function()
  check_output_shape(nn.Conv2D {4, 3}, {7, 8, 2}, {5, 6, 4})
  check_output_shape(nn.Conv2D {4, 3, 2, "same"}, {7, 8, 2}, {4, 4, 4})
  check_output_shape(nn.Conv2D {4, 3, dilation_rate = 2}, {7, 8, 2},
    {3, 4, 4})
  check_output_shape(nn.Conv2D {4, 3, groups = 2}, {7, 8, 2}, {5, 6, 4})
  check_output_shape(nn.Conv2D {4, 3, data_format = "channels_first"},
    {2, 7, 8}, {4, 5, 6})
  check_gradients(nn.Conv2D {2, 2, padding = "same", dtype = "float64"},
    random(2, 3, 3, 2))
  check_gradients(nn.Conv2D {2, 2, strides = 2, groups = 2,
    dtype = "float64"}, random(1, 4, 4, 2))
  check_config(nn.Conv2D {4, {3, 2}, strides = 2, activation = "relu"})
end)

test("Conv2D: errors", function()
  check.error_matches(function()
    nn.Conv2D {4, 3}(tensor.zeros(1, 8))
  end, "Conv2D 'conv2d': needs images %(batch, height, width, channels%), "
    .. "got samples of shape %(None, 8%)")
  check.error_matches(function()
    nn.Conv2D {4, 9}(nn.Input {8, 8, 1})
  end, "a window of 9 does not fit into an image of size 8")
  check.error_matches(function()
    nn.Conv2D {4, 3, groups = 2}(tensor.zeros(1, 8, 8, 3))
  end, "3 channels and 4 filters must both be multiples of groups=2")
end)

test("pooling", function()
  local x = tensor.arange(16):reshape(1, 4, 4, 1):float()
  check.near(nn.MaxPooling2D()(x):flatten(), {6, 8, 14, 16})
  check.near(nn.AveragePooling2D()(x):flatten(), {3.5, 5.5, 11.5, 13.5})
  check.near(nn.AveragePooling2D {3, 3, "same"}(x):flatten(),
    {6, 8, 14, 16}, 3.1)
  local first = nn.MaxPooling2D {data_format = "channels_first"}
  check.near(first(x:reshape(1, 1, 4, 4)):flatten(), {6, 8, 14, 16})
  for _, class in ipairs {nn.MaxPooling2D, nn.AveragePooling2D} do
    check_output_shape(class {2}, {5, 4, 3}, {2, 2, 3})
    check_output_shape(class {3, 2, "same"}, {5, 4, 3}, {3, 2, 3})
    check_gradients(class {2, 1}, random(1, 3, 3, 2))
    check_config(class {{2, 3}, 2})
  end
end)

test("image_data_format is the default of new layers", function()
  check.equal(nn.image_data_format(), "channels_last")
  nn.image_data_format("channels_first")
  local layer = nn.Conv2D {2, 3}
  nn.image_data_format("channels_last")
  check.same_shape(layer(tensor.zeros(1, 3, 5, 5)), {1, 2, 3, 3})
  check.error_matches(function()
    nn.image_data_format("NCHW")
  end, "image_data_format: must be")
end)

-- BatchNormalization ---------------------------------------------------------

test("BatchNormalization: training and inference", function()
  local layer = nn.BatchNormalization {momentum = 0.5, epsilon = 0}
  local x = tensor {{1, 10}, {3, 30}}
  check.near(layer(x, {training = true}), {{-1, -1}, {1, 1}})
  check.near(layer.moving_mean, {1, 10})
  check.near(layer.moving_variance, {1, 50.5})
  check.near(layer(x), {{0, 0}, {2, 20 / math.sqrt(50.5)}})
  check.equal(#layer:parameters(), 2)
  check.equal(layer.moving_mean.requires_grad, false)
  check.equal(layer:count_params(), 8)
end)

test("BatchNormalization: images in both formats", function()
  local x = random(2, 3, 3, 4)
  local last = nn.BatchNormalization()
  local first = nn.BatchNormalization {axis = 2}
  local y = last(x, {training = true})
  check.near(y:mean({1, 2, 3}), {0, 0, 0, 0})
  local z = first(x:permute({1, 4, 2, 3}), {training = true})
  check.near(z:permute({1, 3, 4, 2}), y)
end)

test("BatchNormalization: gradients, frozen, configuration, errors", function()
  check_gradients(nn.BatchNormalization {dtype = "float64"}, random(4, 3))
  local in_training = nn.Layer:extend {call = function(self, x)
    return self.inner(x, {training = true})
  end} {inner = nn.BatchNormalization {dtype = "float64"}}
  check_gradients(in_training, random(4, 3))
  local frozen = nn.BatchNormalization {trainable = false}
  local x = random(4, 3)
  check.near(frozen(x, {training = true}), frozen(x))
  check_config(nn.BatchNormalization {axis = 2, momentum = 0.9,
    scale = false})
  check.error_matches(function()
    nn.BatchNormalization {axis = 1}(x)
  end, "axis 1 is not a dim of samples")
end)

-- Merging --------------------------------------------------------------------

test("Add, Concatenate", function()
  local a, b = random(2, 3), random(2, 3) * 2
  check.near(nn.Add()(a, b), a + b)
  check.near(nn.Add()({a, b, a}), a + b + a)
  check.near(nn.Concatenate()(a, b), tensor.concat({a, b}, 2))
  check_gradients(nn.Add(), a, b)
  check_gradients(nn.Concatenate(), a, b)
  check_config(nn.Concatenate {axis = 2})
  local x, y = nn.Input {4, 2}, nn.Input {4, 3}
  check.equal(nn.Concatenate()(x, y).shape, {4, 5})
  check.equal(nn.Concatenate {2}({x, x}).shape, {8, 2})
  check.equal(nn.Add()(x, nn.Input {1, 2}).shape, {4, 2})
  check.error_matches(function()
    nn.Add()(x, y)
  end, "shapes %(None, 4, 2%) and %(None, 4, 3%) do not fit together")
  check.error_matches(function()
    nn.Concatenate {2}(x, y)
  end, "differ outside dim 2")
  check.error_matches(function()
    nn.Add()(a)
  end, "needs at least two inputs")
  check.error_matches(function()
    nn.Add()(a, x)
  end, "symbolic and real tensors mixed")
end)

-- Classes of one's own -------------------------------------------------------

test("a class of one's own", function()
  local Scale = nn.Layer:extend {
    class_name = "Scale",
    build = function(self, shape)
      self:add_weight("factor", {shape[#shape]}, "ones")
    end,
    call = function(self, x)
      return x * self.factor * self.times
    end,
  }
  local layer = Scale {times = 3}
  check_gradients(Scale {times = 3, dtype = "float64"}, random(2, 4))
  check.near(layer(tensor {{1, 2}}), {{3, 6}})
  check.equal(layer.name, "scale")
  check.equal(tostring(layer), "Scale 'scale'")
  check.equal(layer(nn.Input {2}).shape, {2})
  check_config(layer)
end)

test("layers in fields are found", function()
  local Block = nn.Layer:extend {
    class_name = "Block",
    init = function(self)
      self.first = nn.Dense {4}
      self.rest = {nn.Dense {4}, nn.Dense {2}}
    end,
    call = function(self, x)
      x = self.first(x)
      for _, layer in ipairs(self.rest) do
        x = layer(x)
      end
      return x
    end,
  }
  local block = Block()
  check.error_matches(function()
    block:parameters()
  end, "its weights are made at first use")
  check.same_shape(block(tensor.zeros(1, 3)), {1, 2})
  check.equal(#block:parameters(), 6)
  check.equal(block:all_weights()[3].path, "rest.1.kernel")
  block.rest[1].trainable = false
  check.equal(#block:trainable_parameters(), 4)
  check.equal(block(nn.Input {3}).shape, {2})
end)

test("classes with options, and subclasses of layers", function()
  local options = require("options")
  local Power = nn.Layer:extend {
    class_name = "Power",
    options = {{"exponent", options.number, 2}},
    call = function(self, x)
      return x ^ self.exponent
    end,
  }
  check.near(Power {3}(tensor {{2}}), {{8}})
  check_config(Power {3})
  check.error_matches(function()
    Power {exponnt = 1}
  end, 'Power: unknown option "exponnt"')
  local Twice = nn.Dense:extend {class_name = "Twice", call = function(self, x)
    return nn.Dense.call(self, x) * 2
  end}
  check.near(Twice {1, kernel_initializer = "ones"}(tensor {{1, 2}}),
    {{6}})
end)

test("initialize draws again", function()
  local layer = nn.Dense {2, bias_initializer = "ones"}
  layer:initialize("ones")
  check.near(layer(tensor {{1, 1}}), {{3, 3}})
  layer:initialize(nn.initializers.Constant {2})
  check.near(layer(tensor {{1, 1}}), {{4, 4}})
end)

test("symbols", function()
  local x = nn.Input {28, 28, 1}
  check.equal(tostring(x), "symbolic tensor 'input' (None, 28, 28, 1)")
  check.equal(nn.Input {shape = {}}.shape, {})
  check.equal(nn.Input {5, dtype = "int64"}.dtype, "int64")
  check.error_matches(function()
    nn.Input()
  end, "Input: shape is missing")
end)
