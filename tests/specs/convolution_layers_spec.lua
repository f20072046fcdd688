-- nn layers over sequences, images and volumes: shapes, both data formats,
-- options, saving, errors. Values are compared with PyTorch in
-- tests/parity/layers/convolution.lua.

local check = require("check")
local native = require("native")
local test = check.test

-- {class, options, shape of a sample, shape of what comes out}
local CASES = {
  {"Conv1D", {4, 3}, {8, 2}, {6, 4}},
  {"Conv1D", {4, 3, 2, "same"}, {7, 2}, {4, 4}},
  {"Conv1D", {4, 3, 2, "causal"}, {7, 2}, {4, 4}},
  {"Conv1D", {4, 3, dilation_rate=3, groups=2}, {8, 2}, {2, 4}},
  {"Conv2D", {4, {2, 3}, strides={1, 2}}, {5, 6, 2}, {4, 2, 4}},
  {"Conv2D", {4, 3, padding="same", groups=2}, {5, 6, 2}, {5, 6, 4}},
  {"Conv3D", {4, 2}, {3, 4, 5, 2}, {2, 3, 4, 4}},
  {"Conv3D", {4, {1, 2, 3}, 2, "same", groups=2}, {3, 4, 5, 2}, {2, 2, 3, 4}},
  {"SeparableConv1D", {3, 2, depth_multiplier=2}, {5, 2}, {4, 3}},
  {"SeparableConv1D", {3, 2, 2, "causal"}, {5, 2}, {3, 3}},
  {"SeparableConv2D", {3, 2, depth_multiplier=2}, {4, 5, 2}, {3, 4, 3}},
  {"SeparableConv2D", {3, 2, 2, "same"}, {4, 5, 2}, {2, 3, 3}},
  {"DepthwiseConv2D", {2}, {4, 5, 3}, {3, 4, 3}},
  {"DepthwiseConv2D", {2, 2, "same", 3}, {4, 5, 2}, {2, 3, 6}},
  {"Conv2DTranspose", {3, 3}, {4, 5, 2}, {6, 7, 3}},
  {"Conv2DTranspose", {3, 2, 3}, {4, 5, 2}, {12, 15, 3}},
  {"Conv2DTranspose", {3, 3, 2, "same"}, {4, 5, 2}, {8, 10, 3}},
  {"Conv2DTranspose", {3, 3, 2, "same", 0}, {4, 5, 2}, {7, 9, 3}},
  {"Conv2DTranspose", {3, 3, 2, "valid", {0, 1}}, {4, 5, 2}, {9, 12, 3}},
  {"Conv2DTranspose", {3, 3, 2, dilation_rate=2}, {4, 5, 2}, {11, 13, 3}},
  {"Cropping1D", {}, {5, 3}, {3, 3}},
  {"Cropping1D", {{0, 4}}, {5, 3}, {1, 3}},
  {"Cropping2D", {}, {5, 6, 3}, {5, 6, 3}},
  {"Cropping2D", {{1, {2, 3}}}, {5, 6, 3}, {3, 1, 3}},
  {"UpSampling1D", {}, {5, 3}, {10, 3}},
  {"UpSampling1D", {3}, {5, 3}, {15, 3}},
  {"UpSampling2D", {}, {2, 3, 4}, {4, 6, 4}},
  {"UpSampling2D", {{1, 3}, interpolation="bilinear"}, {2, 3, 4}, {2, 9, 4}},
  {"ZeroPadding1D", {}, {5, 3}, {7, 3}},
  {"ZeroPadding1D", {{0, 2}}, {5, 3}, {7, 3}},
  {"ZeroPadding2D", {}, {5, 6, 3}, {7, 8, 3}},
  {"ZeroPadding2D", {{{1, 0}, {2, 3}}}, {5, 6, 3}, {6, 11, 3}},
  {"MaxPooling1D", {}, {7, 3}, {3, 3}},
  {"MaxPooling1D", {3, 1, "same"}, {7, 3}, {7, 3}},
  {"MaxPooling2D", {{1, 2}}, {4, 5, 3}, {4, 2, 3}},
  {"MaxPooling3D", {}, {4, 5, 6, 2}, {2, 2, 3, 2}},
  {"MaxPooling3D", {3, {1, 2, 3}, "same"}, {4, 5, 6, 2}, {4, 3, 2, 2}},
  {"AveragePooling1D", {3, 2}, {7, 3}, {3, 3}},
  {"AveragePooling2D", {3, 2, "same"}, {4, 5, 3}, {2, 3, 3}},
  {"AveragePooling3D", {}, {4, 5, 6, 2}, {2, 2, 3, 2}},
  {"GlobalMaxPooling1D", {}, {7, 3}, {3}},
  {"GlobalMaxPooling1D", {keepdims=true}, {7, 3}, {1, 3}},
  {"GlobalMaxPooling2D", {}, {4, 5, 3}, {3}},
  {"GlobalMaxPooling2D", {keepdims=true}, {4, 5, 3}, {1, 1, 3}},
  {"GlobalAveragePooling1D", {}, {7, 3}, {3}},
  {"GlobalAveragePooling1D", {keepdims=true}, {7, 3}, {1, 3}},
  {"GlobalAveragePooling2D", {}, {4, 5, 3}, {3}},
  {"GlobalAveragePooling2D", {keepdims=true}, {4, 5, 3}, {1, 1, 3}},
}

local function with(options, more)
  local copy = {}
  for key, value in pairs(options) do copy[key] = value end
  for key, value in pairs(more) do copy[key] = value end
  return copy
end

-- A list of sizes with the last one in front.
local function channels_to_front(shape)
  return {shape[#shape], table.unpack(shape, 1, #shape - 1)}
end

-- x (batch, ..., channels) as (batch, channels, ...).
local function to_first(x)
  local order = {1, x.ndim}
  for dim = 2, x.ndim - 1 do order[#order + 1] = dim end
  return x:permute(order)
end

local function input_for(case, batch, dtype)
  return tensor.randn({batch, table.unpack(case[3])}, dtype or "float32")
end

local function each_case(f)
  for _, case in ipairs(CASES) do
    local ok, err = pcall(f, case)
    if not ok then
      if type(err) == "table" then err = err.text end
      error(("%s{...} -> {%s}: %s"):format(case[1],
        table.concat(case[4], ", "), err), 0)
    end
  end
end

-- Shapes ---------------------------------------------------------------------

test("the shape that comes out is the one that was told", function()
  each_case(function(case)
    local layer = nn[case[1]](case[2])
    check.equal(layer(nn.Input {shape=case[3]}).shape, case[4])
    check.same_shape(layer(input_for(case, 2)), {2, table.unpack(case[4])})
    check.same_shape(layer(input_for(case, 0)), {0, table.unpack(case[4])})
  end)
end)

test("shapes are told without running the layer", function()
  each_case(function(case)
    local class = nn[case[1]]
    local still = class:extend {call=function() error("it ran") end}
    check.equal(still(case[2]):compute_output_shape(case[3]), case[4])
    check.equal(still(case[2])(nn.Input {shape=case[3]}).shape, case[4])
  end)
end)

test("open sizes stay open", function()
  each_case(function(case)
    local open, expected = {}, {}
    for dim, size in ipairs(case[3]) do
      open[dim] = dim < #case[3] and -1 or size
    end
    for dim, size in ipairs(case[4]) do
      local global = case[1]:find("Global")
      expected[dim] = dim < #case[4] and not global and -1 or size
    end
    local layer = nn[case[1]](case[2])
    local x = nn.Input {shape=open}
    check.equal(layer(x).shape, expected)
    check.same_shape(layer(input_for(case, 2)), {2, table.unpack(case[4])})
  end)
end)

test("both data formats agree", function()
  each_case(function(case)
    local last = nn[case[1]](with(case[2], {bias_initializer=
      case[1]:find("Conv") and "normal" or nil}))
    local first = nn[case[1]](with(case[2], {data_format="channels_first"}))
    local sample = channels_to_front(case[3])
    local x, keeps = input_for(case, 2), #case[4] == #case[3]
    check.equal(first(nn.Input {shape=sample}).shape,
                keeps and channels_to_front(case[4]) or case[4])
    local y = last(x)
    for _, weight in ipairs(last.weights) do
      first[weight.name]:detach():copy_(last[weight.name]:detach())
    end
    check.near(first(to_first(x)), keeps and to_first(y) or y, 1e-5)
  end)
end)

test("float64 and gradients of every weight and input", function()
  each_case(function(case)
    local layer = nn[case[1]](with(case[2], {dtype="float64"}))
    local x = input_for(case, 2, "float64"):requires_grad_()
    local y = layer(x)
    check.equal(y.dtype, "float64");
    (y * tensor.randn_like(y:detach())):sum():backward()
    check.truthy(x.grad:abs():sum():item() > 0)
    for _, parameter in ipairs(layer:parameters()) do
      check.equal(parameter.dtype, "float64")
      check.truthy(parameter.grad:abs():sum():item() > 0)
    end
  end)
end)

-- Configurations -------------------------------------------------------------

-- A sequence of one layer as it is after saving and loading.
local function saved(model)
  local path = os.tmpname()
  local ok, copy = pcall(function()
    model:save(path)
    return nn.load_model(path)
  end)
  os.remove(path)
  if not ok then error(copy, 0) end
  return copy
end

test("configurations make equal layers", function()
  each_case(function(case)
    local layer = nn[case[1]](with(case[2], {name="same", trainable=false}))
    local config = layer:get_config()
    local text = native.json_encode(config)
    local again = nn[case[1]](native.json_decode(text))
    check.equal(again:get_config(), config)
  end)
end)

test("models are saved and loaded", function()
  each_case(function(case)
    local layer = nn[case[1]](with(case[2], {input_shape=case[3]}))
    local model, x = nn.Sequential {layer}, input_for(case, 2)
    check.near(saved(model):predict(x), model:predict(x), 0)
  end)
end)

test("a layer keeps the data format it was made with", function()
  each_case(function(case)
    local layer = nn[case[1]](case[2])
    nn.image_data_format("channels_first")
    local other = nn[case[1]](case[2])
    local again = nn[case[1]](layer:get_config())
    nn.image_data_format("channels_last")
    local one_dim = case[1]:find("1D")
    check.equal(layer.data_format, "channels_last")
    check.equal(again.data_format, "channels_last")
    check.equal(other.data_format,
                one_dim and "channels_last" or "channels_first")
    check.equal(nn[case[1]](other:get_config()).data_format,
                other.data_format)
  end)
end)

test("names are Keras's", function()
  check.equal(nn.Conv2DTranspose {1, 1}.name, "conv2d_transpose")
  check.equal(nn.SeparableConv1D {1, 1}.name, "separable_conv1d")
  check.equal(nn.GlobalAveragePooling2D().name, "global_average_pooling2d")
  check.equal(nn.UpSampling2D().name, "up_sampling2d")
  check.equal(nn.ZeroPadding1D().name, "zero_padding1d")
end)

-- Options of weights ---------------------------------------------------------

test("kernels have the shapes of the help", function()
  local function shapes(layer, sample)
    layer(nn.Input {shape=sample})
    local list = {}
    for _, weight in ipairs(layer.weights) do
      list[#list + 1] = weight.name .. " " .. tostring(layer[weight.name].shape)
    end
    return list
  end
  check.equal(shapes(nn.Conv1D {6, 3, groups=2}, {9, 4}),
              {"kernel (3, 2, 6)", "bias (6)"})
  check.equal(shapes(nn.Conv3D {6, {1, 2, 3}}, {9, 9, 9, 4}),
              {"kernel (1, 2, 3, 4, 6)", "bias (6)"})
  check.equal(shapes(nn.DepthwiseConv2D {3, depth_multiplier=2}, {9, 9, 4}),
              {"depthwise_kernel (3, 3, 4, 2)", "bias (8)"})
  check.equal(shapes(nn.SeparableConv1D {6, 3, depth_multiplier=2}, {9, 4}),
              {"depthwise_kernel (3, 4, 2)", "pointwise_kernel (1, 8, 6)",
               "bias (6)"})
  check.equal(shapes(nn.SeparableConv2D {6, 3, use_bias=false}, {9, 9, 4}),
              {"depthwise_kernel (3, 3, 4, 1)",
               "pointwise_kernel (1, 1, 4, 6)"})
  check.equal(shapes(nn.Conv2DTranspose {6, {2, 3}}, {9, 9, 4}),
              {"kernel (2, 3, 6, 4)", "bias (6)"})
end)

test("initializers, regularizers and constraints reach their weights",
  function()
    local layer = nn.SeparableConv2D {2, 1, depthwise_initializer="ones",
      pointwise_initializer=nn.initializers.Constant {2},
      bias_initializer=nn.initializers.Constant {5},
      depthwise_regularizer="l1", pointwise_regularizer="l2",
      pointwise_constraint="non_neg"}
    check.near(layer(tensor.full({1, 1, 1, 3}, 1)):flatten(), {11, 11})
    local found = {}
    for _, weight in ipairs(layer.weights) do
      found[weight.name] = {
        weight.regularizer and weight.regularizer.class_name or "none",
        weight.constraint and weight.constraint.class_name or "none",
      }
    end
    check.equal(found, {
      depthwise_kernel = {"L1", "none"},
      pointwise_kernel = {"L2", "NonNeg"},
      bias = {"none", "none"},
    })
  end)

test("initialize draws all kernels", function()
  local layer = nn.SeparableConv1D {2, 1}
  layer:initialize("ones")
  check.near(layer(tensor.ones(1, 1, 3)):flatten(), {3, 3})
  layer:initialize(nn.initializers.Constant {2})
  check.near(layer(tensor.ones(1, 1, 3)):flatten(), {12, 12})
end)

-- Values that say what a layer is about ---------------------------------------

test("causal: what comes later does not count", function()
  for _, class in ipairs {nn.Conv1D, nn.SeparableConv1D} do
    local layer = class {2, 3, dilation_rate=2, padding="causal"}
    local x = tensor.randn(1, 9, 2)
    local y = layer(x)
    x["1, 6:9"] = 100
    local z = layer(x)
    check.near(z["1, 1:5"], y["1, 1:5"], 0)
    check.truthy(z["1, 6"]:sub(y["1, 6"]):abs():sum():item() > 1)
  end
end)

test("DepthwiseConv2D: channels do not mix", function()
  local layer = nn.DepthwiseConv2D {1, depth_multiplier=2,
    depthwise_initializer="ones"}
  layer(tensor.zeros(1, 1, 1, 2))
  layer.depthwise_kernel:detach():copy_(
    tensor({{1, 2}, {3, 4}}):reshape(1, 1, 2, 2))
  check.near(layer(tensor({1, 10}):reshape(1, 1, 1, 2)):flatten(),
             {1, 2, 30, 40})
end)

test("UpSampling, Cropping and ZeroPadding keep whole numbers", function()
  local x = tensor.arange(12):reshape(1, 2, 3, 2)
  for _, name in ipairs {"UpSampling2D", "Cropping2D", "ZeroPadding2D"} do
    check.equal(nn[name]()(x).dtype, "int64")
  end
  check.equal(nn.UpSampling2D()(x)["1, :, :, 1"]:totable(), {
    {1, 1, 3, 3, 5, 5}, {1, 1, 3, 3, 5, 5},
    {7, 7, 9, 9, 11, 11}, {7, 7, 9, 9, 11, 11}})
  check.equal(nn.Cropping2D {{{1, 0}, {0, 2}}}(x):flatten():totable(), {7, 8})
end)

test("views and NaN go through", function()
  local x = tensor.randn(2, 6, 8, 4)["..., 1:end:2, 1:end:2"]
  each_case(function(case)
    if #case[3] == 3 and case[3][3] == 2 then
      local layer = nn[case[1]](case[2])
      check.near(layer(x), layer(x:contiguous()), 1e-6)
    end
  end)
  local nan = tensor({1, 0 / 0, 3, 4}):reshape(1, 4, 1)
  check.near(nn.MaxPooling1D()(nan):flatten(), {0 / 0, 4})
  check.near(nn.AveragePooling1D()(nan):flatten(), {0 / 0, 3.5})
  check.near(nn.GlobalMaxPooling1D()(nan):flatten(), {0 / 0})
end)

test("a small network learns", function()
  tensor.manual_seed(6)
  local x = tensor.randn(64, 12, 1)
  local y = x:mean({2}):gt(0):float() -- above 0 on the whole
  local model = nn.Sequential {
    nn.ZeroPadding1D {1, input_shape={12, 1}},
    nn.SeparableConv1D {8, 3, activation="relu"},
    nn.MaxPooling1D(),
    nn.Conv1D {8, 3, padding="causal", activation="relu"},
    nn.GlobalAveragePooling1D(),
    nn.Dense {1, activation="sigmoid"},
  }
  model:compile {optimizer=optim.Adam {0.02}, loss="binary_crossentropy"}
  local history = model:fit(x, y, {epochs=15, batch_size=16, verbose=0})
  check.truthy(history.loss[15] < 0.5 * history.loss[1])
end)

-- Errors ---------------------------------------------------------------------

local function refuses(f, words)
  check.error_matches(f, (words:gsub("[%p]", "%%%0")))
end

test("errors: dims", function()
  refuses(function() nn.Conv1D {1, 1}(tensor.zeros(2, 3)) end,
    "Conv1D 'conv1d': needs sequences (batch, length, channels), got samples "
      .. "of shape (None, 3)")
  refuses(function() nn.Conv3D {1, 1}(nn.Input {4, 4, 1}) end,
    "Conv3D 'conv3d': needs volumes (batch, depth, height, width, channels), "
      .. "got samples of shape (None, 4, 4, 1)")
  refuses(function()
    nn.DepthwiseConv2D {1, data_format="channels_first"}(nn.Input {4, 4})
  end, "needs images (batch, channels, height, width), got samples of shape")
  refuses(function()
    local layer = nn.Conv1D {1, 1}
    layer(tensor.zeros(2, 3, 1))
    layer(tensor.zeros(2, 3))
  end, "in Conv1D 'conv1d'")
  for _, name in ipairs {"Cropping2D", "ZeroPadding2D", "UpSampling2D",
    "GlobalMaxPooling2D", "GlobalAveragePooling2D"} do
    refuses(function() nn[name]()(tensor.zeros(2, 3, 4)) end,
      "needs images (batch, height, width, channels)")
  end
  refuses(function() nn.MaxPooling3D()(tensor.zeros(2, 3, 4, 5)) end,
    "in MaxPooling3D 'max_pooling3d'")
  refuses(function() nn.MaxPooling3D()(nn.Input {3, 4, 5}) end,
    "needs volumes")
end)

test("errors: windows that do not fit", function()
  refuses(function() nn.Conv1D {1, 3, dilation_rate=4}(nn.Input {8, 1}) end,
    "a window of 9 does not fit into a sequence of size 8")
  refuses(function() nn.MaxPooling1D {4}(nn.Input {3, 1}) end,
    "a window of 4 does not fit into a sequence of size 3")
  refuses(function() nn.Conv3D {1, 3}(nn.Input {4, 2, 4, 1}) end,
    "a window of 3 does not fit into a volume of size 2")
  refuses(function() nn.SeparableConv2D {1, 3}(tensor.zeros(1, 2, 5, 1)) end,
    "in SeparableConv2D 'separable_conv2d'")
  refuses(function() nn.AveragePooling3D()(tensor.zeros(1, 1, 4, 4, 1)) end,
    "a window of 2 does not fit into 1 positions")
end)

test("errors: channels and groups", function()
  refuses(function() nn.Conv1D {4, 3, groups=2}(tensor.zeros(1, 8, 3)) end,
    "3 channels and 4 filters must both be multiples of groups=2")
  refuses(function() nn.Conv3D {3, 1, groups=2}(nn.Input {1, 1, 1, 2}) end,
    "2 channels and 3 filters must both be multiples of groups=2")
  refuses(function() nn.Conv1D {4, 3}(nn.Input {shape={8, -1}}) end,
    "the number of channels must be known, got samples of shape (None, 8, None)")
  for _, class in ipairs {nn.SeparableConv2D, nn.Conv2DTranspose} do
    local layer = class {4, 3}
    layer(nn.Input {8, 8, 3})
    refuses(function() layer(nn.Input {8, 8, 2}) end,
      "was built for 3 channels, got samples of shape (None, 8, 8, 2)")
    refuses(function() layer(tensor.zeros(1, 8, 8, 2)) end, "channels")
  end
end)

test("errors: options", function()
  refuses(function() nn.Conv1D {1} end, "Conv1D: kernel_size is missing")
  refuses(function() nn.Conv1D {1, 3, padding="cause"} end,
    'padding must be "valid", "same" or "causal", got "cause"')
  refuses(function() nn.Conv2D {1, 3, padding="causal"} end,
    'padding must be "valid" or "same", got "causal"')
  refuses(function() nn.Conv3D {1, {3, 3}} end,
    "kernel_size must be a positive integer or a list of 3, got {3, 3}")
  refuses(function() nn.DepthwiseConv2D {3, filters=4} end,
    'DepthwiseConv2D: unknown option "filters"')
  refuses(function() nn.SeparableConv2D {3, 3, kernel_initializer="ones"} end,
    'SeparableConv2D: unknown option "kernel_initializer"')
  refuses(function() nn.MaxPooling1D {0} end,
    "pool_size must be a positive integer or a list of 1, got 0")
  refuses(function() nn.UpSampling2D {interpolation="cubic"} end,
    'interpolation must be "nearest" or "bilinear", got "cubic"')
  refuses(function() nn.Conv2DTranspose {1, 3, 2, output_padding=2} end,
    "output_padding 2 must be less than the stride 2 or the dilation 1")
  refuses(function() nn.Conv2DTranspose {1, 3, 2, output_padding=-1} end,
    "output_padding must be an integer of at least 0 or a list of 2, got -1")
  refuses(function()
    nn.Conv2DTranspose {1, 4, 1, "same", 0}(nn.Input {1, 1, 1})
  end, "nothing is left of 1 positions")
end)

test("errors: margins", function()
  refuses(function() nn.Cropping1D {{1, 2, 3}} end,
    "cropping must be a size of at least 0 or {before, after}, got {1, 2, 3}")
  refuses(function() nn.Cropping2D {{{1, 2}}} end,
    "cropping must be a size of at least 0, {rows, columns} or "
      .. "{{top, bottom}, {left, right}}, got {{...}}")
  refuses(function() nn.ZeroPadding2D {-1} end, "padding must be a size")
  refuses(function() nn.ZeroPadding2D {{1, {2, "a"}}} end,
    "padding must be a size")
  for _, x in ipairs {tensor.zeros(1, 3, 2), nn.Input {3, 2}} do
    refuses(function() nn.Cropping1D {{1, 2}}(x) end,
      "Cropping1D 'cropping1d': taking 1 and 2 of 3 positions away leaves "
        .. "none")
  end
end)
