-- core layers: noise, shapes, functions, masks, activity, embeddings.

local check = require("check")
local layer_checks = require("layer_checks")
local error_matches, equal, near = check.error_matches, check.equal, check.near
local same_shape, test, truthy = check.same_shape, check.test, check.truthy
local random = layer_checks.random

local function in_training(layer, x)
  tensor.manual_seed(11)
  return layer(x, {training=true})
end

-- Noise ----------------------------------------------------------------------

test("at inference layers of noise change nothing", function()
  local x = random(2, 3, 4, 5)
  for _, layer in ipairs {
    nn.Dropout{0.5}, nn.SpatialDropout2D{0.5}, nn.GaussianNoise{2},
    nn.GaussianDropout{0.5},
  } do
    near(layer(x), x, 0)
    layer_checks.all(function(dtype)
      return getmetatable(layer){layer.rate or layer.stddev, dtype=dtype}
    end, {3, 4, 5}, {3, 4, 5})
  end
  layer_checks.all(function(dtype)
    return nn.SpatialDropout1D{0.5, dtype=dtype}
  end, {3, 4}, {3, 4})
end)

test("with rate 0 training changes nothing either", function()
  local x = random(2, 3, 4)
  for _, layer in ipairs {nn.Dropout{0}, nn.SpatialDropout1D{0},
                          nn.GaussianNoise{0}, nn.GaussianDropout{0}} do
    near(in_training(layer, x), x, 0)
  end
end)

test("SpatialDropout1D leaves out whole channels", function()
  local y = in_training(nn.SpatialDropout1D{0.25}, tensor.ones(100, 3, 50))
  near(y:amin(2), y:amax(2), 0)
  near(y:eq(0):float():mean():item(), 0.25, 0.02)
  near(y:amax():item(), 1 / 0.75)
  near(y:mean():item(), 1, 0.03)
end)

test("SpatialDropout2D leaves out whole channels, in both formats", function()
  local x = tensor.ones(100, 3, 2, 50)
  local last = in_training(nn.SpatialDropout2D{0.4}, x)
  near(last:amin({2, 3}), last:amax({2, 3}), 0)
  near(last:eq(0):float():mean():item(), 0.4, 0.02)
  local layer = nn.SpatialDropout2D{0.4, data_format="channels_first"}
  local first = in_training(layer, tensor.ones(100, 50, 3, 2))
  near(first:amin({3, 4}), first:amax({3, 4}), 0)
  truthy(first:std(2):mean():item() > 0.5)
end)

test("GaussianNoise: mean and deviation", function()
  local y = in_training(nn.GaussianNoise{0.5}, tensor.full({200, 200}, 3))
  near(y:mean():item(), 3, 0.01)
  near(y:std():item(), 0.5, 0.01)
  local doubles = tensor.zeros({3, 3}, "float64")
  equal(in_training(nn.GaussianNoise{1}, doubles).dtype, "float64")
end)

test("GaussianDropout: mean and deviation", function()
  local y = in_training(nn.GaussianDropout{0.2}, tensor.full({200, 200}, 2))
  near(y:mean():item(), 2, 0.01)
  near(y:std():item(), 2 * math.sqrt(0.2 / 0.8), 0.01)
end)

test("noise: gradients flow through what was drawn", function()
  local x = tensor.full({50, 4}, 3):requires_grad_()
  local y = in_training(nn.Dropout{0.5}, x)
  y:sum():backward()
  near(x.grad, y:detach() / 3)
end)

test("SpatialDropout1D with channels_first", function()
  local layer = nn.SpatialDropout1D{0.25, data_format="channels_first"}
  local y = in_training(layer, tensor.ones(100, 50, 3))
  near(y:amin(3), y:amax(3), 0)
  truthy(y:std(2):mean():item() > 0.4)
end)

test("noise: errors", function()
  error_matches(function() nn.GaussianNoise{-1} end,
    "GaussianNoise: stddev must be a number of at least 0, got %-1")
  error_matches(function() nn.SpatialDropout1D{0.5}(tensor.zeros(2, 3)) end,
    "SpatialDropout1D 'spatial_dropout1d': needs sequences %(batch, length, "
    .. "channels%), got samples of shape %(None, 3%)")
  local layer = nn.SpatialDropout2D{0.5}
  layer(tensor.zeros(2, 3, 3, 3))
  error_matches(function() layer(tensor.zeros(2, 3), {training=true}) end,
    "needs images %(batch, height, width, channels%)")
  error_matches(function() nn.SpatialDropout2D{0.5}(tensor.zeros(2, 3)) end,
    "SpatialDropout2D 'spatial_dropout2d': needs images")
  error_matches(function() nn.SpatialDropout2D() end, "rate is missing")
end)

-- Shapes ---------------------------------------------------------------------

test("Permute", function()
  local x = random(2, 3, 4, 5)
  near(nn.Permute{3, 1, 2}(x), x:permute({1, 4, 2, 3}), 0)
  layer_checks.all(function(dtype)
    return nn.Permute{dims={2, 1}, dtype=dtype}
  end, {3, 4}, {4, 3})
  error_matches(function() nn.Permute{1, 1} end,
    "Permute 'permute': each of the dims 1 to 2 must come once, got {1, 1}")
  error_matches(function() nn.Permute{1, 3} end, "each of the dims 1 to 2")
  error_matches(function() nn.Permute{2, 1}(tensor.zeros(2, 3)) end,
    "has an order for 2 dims, got samples of 1: %(None, 3%)")
end)

test("RepeatVector", function()
  local x = random(2, 4)
  near(nn.RepeatVector{3}(x), tensor.stack({x, x, x}, 2), 0)
  layer_checks.all(function(dtype)
    return nn.RepeatVector{3, dtype=dtype}
  end, {4}, {3, 4})
  error_matches(function() nn.RepeatVector{3}(tensor.zeros(2, 3, 4)) end,
    "needs vectors %(batch, features%), got %(None, 3, 4%)")
  error_matches(function() nn.RepeatVector{0} end, "n must be a positive")
end)

-- Lambda and registered functions --------------------------------------------

test("Lambda computes, and finds its shape", function()
  local layer = nn.Lambda{function(x) return x:sum(2, true) * 2 end}
  near(layer(tensor{{1, 2}}), {{6}})
  layer_checks.output_shape(layer, {4}, {1})
  layer_checks.gradients(nn.Lambda{function(x) return x:square() end},
                         random(2, 3))
  local both = nn.Lambda{function(list) return list[1] - list[2] end}
  near(both(tensor{{5}}, tensor{{3}}), {{2}})
  equal(both(nn.Input{7}, nn.Input{7}).shape, {7})
end)

test("Lambda: arguments, training, output_shape", function()
  local layer = nn.Lambda{function(x, arguments, opts)
    return opts.training and x or x * arguments.factor
  end, arguments={factor=3}}
  near(layer(tensor{{2}}), {{6}})
  near(layer(tensor{{2}}, {training=true}), {{2}})
  local said = nn.Lambda{function(x) return x end, output_shape={9}}
  equal(said(nn.Input{4}).shape, {9})
  local computed = nn.Lambda{function(x) return x end,
                             output_shape=function(s) return {s[1] * 2} end}
  equal(computed(nn.Input{4}).shape, {8})
end)

test("a registered function is saved by its name", function()
  local function halve(x) return x / 2 end
  equal(nn.register("spec_halve", halve), halve)
  local layer = nn.Lambda{halve, output_shape={3}}
  equal(layer:get_config()["function"], {registered="spec_halve"})
  equal(layer:get_config().output_shape, {3})
  layer_checks.saved(nn.Lambda{halve}, {3})
  layer_checks.saved(nn.Lambda{"spec_halve"}, {3})
  layer_checks.saved(nn.Dense{2, activation=halve}, {3})
  layer_checks.saved(nn.Dense{2, kernel_constraint=halve}, {3})
end)

test("Lambda: errors", function()
  error_matches(function() nn.Lambda{function() end}:get_config() end,
    "Lambda 'lambda': function is a function, which cannot be written to a "
    .. "file: give it a name, nn.register")
  nn.register("spec_name", function(x) return x end)
  error_matches(function() nn.Lambda{"spec_nam"} end,
    'Lambda: no function is registered as "spec_nam": call '
    .. 'nn.register%("spec_nam", f%) first')
  error_matches(function() nn.Lambda{5} end,
    "function must be a function or a name given to nn.register, got 5")
  error_matches(function() nn.Lambda{function() end}(tensor.zeros(1)) end,
    "Lambda 'lambda': its function must return a tensor, got nil")
end)

-- Masks ----------------------------------------------------------------------

local calling = require("nn.calling")

test("Masking: padding becomes 0 and is marked", function()
  local x = tensor{{{1, 2}, {0, 0}, {0, 3}}, {{0, 0}, {4, 0}, {0, 0}}}
  local y = nn.Masking()(x)
  near(y, x, 0)
  near(calling.mask_of(y):float(), {{1, 0, 1}, {0, 1, 0}})
  local other = nn.Masking{mask_value=-1}(tensor{{{-1, -1}, {-1, 0}}})
  near(other, {{{0, 0}, {-1, 0}}})
  near(nn.Masking()(tensor{{{0 / 0, 0}, {0, 0}}}), {{{0 / 0, 0}, {0, 0}}})
  layer_checks.all(function(dtype) return nn.Masking{dtype=dtype} end, {3, 2},
                   {3, 2})
  error_matches(function() nn.Masking()(tensor.zeros(2, 3)) end,
    "needs sequences %(batch, steps, features%), got %(None, 3%)")
end)

test("masks go with the tensors through layers that keep them", function()
  local x = tensor{{{1, 2}, {0, 0}}}
  local input = nn.Input{2, 2}
  local h = nn.Dense{3, "relu"}(nn.Masking()(input))
  h = nn.LayerNormalization()(nn.Dropout{0.5}(nn.PReLU()(h)))
  local model = nn.Model{inputs=input, outputs=nn.Add()(h, h)}
  near(calling.mask_of(model(x)):float(), {{1, 0}})
  local flat = nn.Model{inputs=input, outputs=nn.Flatten()(h)}
  equal(calling.mask_of(flat(x)), nil)
  equal(calling.mask_of(nn.Dense{3}(x)), nil)
end)

test("a layer finds the mask of its input", function()
  local found
  local Probe = nn.Layer:extend{class_name="Probe", call=function(_, x, opts)
    found = opts.mask
    return x
  end}
  local masked = nn.Masking()(tensor{{{1, 2}, {0, 0}}})
  Probe()(masked)
  near(found:float(), {{1, 0}})
  Probe()(tensor{{{1, 2}}}, masked)
  equal(found[1], false)
  near(found[2]:float(), {{1, 0}})
  Probe()(tensor.zeros(1, 2))
  equal(found, nil)
end)

test("GlobalAveragePooling1D leaves padding out", function()
  local x = tensor{{{1, 2}, {3, 4}, {0, 0}}, {{0, 0}, {0, 0}, {0, 0}}}
  local masked = nn.Masking()(x)
  near(nn.GlobalAveragePooling1D()(masked), {{2, 3}, {0, 0}})
  near(nn.GlobalAveragePooling1D()(x)[1], {4 / 3, 2})
  near(nn.GlobalAveragePooling1D{keepdims=true}(masked), {{{2, 3}}, {{0, 0}}})
  local first = nn.GlobalAveragePooling1D{data_format="channels_first"}
  near(first(x:transpose(2, 3), {mask=tensor{{true, true, false},
    {false, true, true}}}), {{2, 3}, {0, 0}})
end)

test("merging masks", function()
  local a = nn.Masking()(tensor{{{1}, {0}, {2}}})
  local b = nn.Masking()(tensor{{{0}, {0}, {2}}})
  local c = tensor.ones(1, 3, 1)
  near(calling.mask_of(nn.Add()(a, b)):float(), {{0, 0, 1}})
  near(calling.mask_of(nn.Multiply()(a, c)):float(), {{1, 0, 1}})
  near(calling.mask_of(nn.Concatenate()(a, b, c)):float(), {{0, 0, 1}})
  near(calling.mask_of(nn.Concatenate{axis=2}(b, c, a)):float(),
       {{0, 0, 1, 1, 1, 1, 1, 0, 1}})
  equal(calling.mask_of(nn.Concatenate()(c, c)), nil)
end)

-- Activity -------------------------------------------------------------------

local function loss_of(layers, x, y)
  local model = nn.Sequential(layers)
  model:compile{optimizer="sgd", loss="mse"}
  return model:evaluate(x, y), model
end

test("ActivityRegularization adds to the loss, a sample", function()
  local x, y = tensor.full({4, 2}, 3), tensor.full({4, 2}, 3)
  local loss = loss_of({nn.ActivityRegularization{l1=0.5, l2=0.25}}, x, y)
  near(loss, 0.5 * 6 + 0.25 * 18, 1e-5)
  near(loss_of({nn.ActivityRegularization()}, x, y), 0)
  layer_checks.all(function(dtype)
    return nn.ActivityRegularization{0.5, 0.25, dtype=dtype}
  end, {3}, {3})
end)

test("activity_regularizer of layers with weights", function()
  local x = tensor.full({4, 2}, 3)
  local layer = nn.Dense{2, kernel_initializer="ones",
                         activity_regularizer=nn.regularizers.L1{0.1}}
  near(loss_of({layer}, x, tensor.full({4, 2}, 6)), 0.1 * 12, 1e-5)
  layer_checks.config(layer)
  layer_checks.saved(nn.Dense{2, activity_regularizer="l2"}, {3})
  near(layer(x), tensor.full({4, 2}, 6), 0)
end)

test("training makes activity smaller", function()
  local x, y = random(32, 3), tensor.zeros(32, 4)
  local function size_after(factor)
    tensor.manual_seed(2)
    local layer = nn.Dense{4, activity_regularizer=nn.regularizers.L2{factor}}
    local model = nn.Sequential{layer}
    model:compile{optimizer=optim.SGD{0.1}, loss=function(_, p)
      return p:mean(-1) * 0
    end}
    model:fit(x, y, {epochs=10, verbose=0})
    return model:predict(x):square():sum():item()
  end
  truthy(size_after(0.5) < 0.8 * size_after(0))
end)

test("add_loss in a call, of layers inside layers too", function()
  local Cost = nn.Layer:extend{class_name="Cost", call=function(self, x)
    self:add_loss(x:square():mean() + 2)
    return x
  end}
  local x = tensor.full({4, 2}, 3)
  near(loss_of({Cost()}, x, x), 11, 1e-5)
  local inner = nn.Sequential{Cost{input_shape={2}}}
  local loss, model = loss_of({inner, Cost()}, x, x)
  near(loss, 22, 1e-5)
  near(model(x), x, 0)
  near(model:evaluate(x, x, {batch_size=1}), 22, 1e-5)
end)

-- Embedding ------------------------------------------------------------------

test("Embedding: rows by token, from 1", function()
  local layer = nn.Embedding{3, 2, input_shape={4}}
  local tokens = tensor({{1, 3}, {2, 1}}, "int64")
  local y = layer(tokens)
  same_shape(y, {2, 2, 2})
  local w = layer.embeddings:detach()
  near(y, {{w[1]:totable(), w[3]:totable()}, {w[2]:totable(), w[1]:totable()}},
       0)
  near(layer(tokens:float()), y, 0)
  near(layer(tokens:to("uint8")), y, 0)
  same_shape(layer(tensor({1, 2}, "int64")), {2, 2})
  same_shape(layer(tensor.zeros({0, 5}, "int64")), {0, 5, 2})
  truthy(w:abs():amax():item() <= 0.05)
  equal(layer(nn.Input{4, dtype="int64"}).shape, {4, 2})
  layer_checks.config(layer)
  layer_checks.saved(nn.Embedding{3, 2}, {4}, "int64")
end)

test("Embedding: the gradient adds up over equal tokens", function()
  for _, dtype in ipairs {"float32", "float64"} do
    local layer = nn.Embedding{4, 2, dtype=dtype}
    layer(tensor({{1, 2, 1, 4}}, "int64")):sum():backward()
    near(layer.embeddings.grad, {{2, 2}, {1, 1}, {0, 0}, {1, 1}})
    equal(layer.embeddings.grad.dtype, dtype)
  end
end)

test("Embedding: padding", function()
  local layer = nn.Embedding{4, 2, mask_zero=true,
                             embeddings_initializer="ones"}
  local tokens = tensor({{0, 4, 0}}, "int64")
  local y = layer(tokens)
  near(y, {{{0, 0}, {1, 1}, {0, 0}}})
  near(calling.mask_of(y):float(), {{0, 1, 0}})
  y:sum():backward()
  near(layer.embeddings.grad, {{0, 0}, {0, 0}, {0, 0}, {1, 1}})
  layer_checks.saved(nn.Embedding{4, 2, mask_zero=true}, {3}, "int64")
end)

test("Embedding trains in a model, with options of its weight", function()
  local model = nn.Sequential{
    nn.Embedding{5, 3, input_length=4, embeddings_constraint="unit_norm",
                 embeddings_regularizer=nn.regularizers.L2{0.5}},
    nn.Flatten(), nn.Dense{1},
  }
  equal(model.layers[1].output.shape, {4, 3})
  equal(model.inputs[1].dtype, "int64")
  model:compile{optimizer="adam", loss="mse"}
  local x = tensor.randint(1, 5, {20, 4})
  local h = model:fit(x, x:float():sum(2, true), {epochs=20, verbose=0})
  truthy(h.loss[20] < h.loss[2])
  local w = model.layers[1].embeddings:detach()
  near(w:square():sum(1), {1, 1, 1}, 1e-3)
end)

test("Embedding: errors", function()
  local layer = nn.Embedding{4, 2, name="words"}
  error_matches(function() layer(tensor({{1, 0}}, "int64")) end,
    "Embedding 'words': tokens count from 1 to 4, got a 0: padding needs "
    .. "mask_zero=true")
  error_matches(function() layer(tensor({{1, 5}}, "int64")) end,
    "Embedding 'words'.*5")
  error_matches(function() nn.Embedding{4} end, "output_dim is missing")
end)
