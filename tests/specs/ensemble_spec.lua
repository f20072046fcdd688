-- hyper: ensembles of models.

local check = require("check")
local test = check.test

-- A net that gives x times k, for two inputs summed.
local function times(k)
  local net = nn.Sequential{nn.Dense{1, input_shape={2},
                                     kernel_initializer="ones"}}
  net.layers[1].kernel:detach():fill_(k)
  return net
end

local x = tensor({{1, 2}, {3, 4}, {5, 6}})
local y = x:sum(2, true)

test("ensemble: the weighted mean of predictions", function()
  local both = hyper.ensemble({times(1), times(3)})
  check.near(both:predict(x), y * 2)
  check.near(both(x), y * 2)
  check.equal(both.model_weights, {0.5, 0.5})
  both = hyper.ensemble({times(1), times(3)}, {weights={3, 1}})
  check.near(both:predict(x, {batch_size=2}), y * 1.5)
  both = hyper.ensemble({times(1), times(0 / 0)}, {weights={1, 0}})
  check.near(both:predict(x), y)
  local nested_one = hyper.ensemble({both, times(5)})
  check.near(nested_one:predict(x), y * 3)
end)

test("ensemble: evaluate with the first model's loss and metrics", function()
  local one, two = times(1), times(3)
  one:compile{optimizer="sgd", loss="mse", metrics={"mae"}}
  local loss, mae = hyper.ensemble({one, two}):evaluate(x, y)
  check.near(loss, y:square():mean():item())
  check.near(mae, y:mean():item())
  local other = hyper.ensemble({one, two}, {loss="mae", metrics={"mse"}})
  check.near({other:evaluate(x, y)}, {mae, loss})
  check.refuses("is not compiled", function()
    hyper.ensemble({two}):evaluate(x, y)
  end)
end)

test("ensemble: several outputs, and labels as inputs", function()
  local function forked(k)
    local input = nn.Input{2}
    return nn.Model{inputs=input, outputs={
      a=nn.Dense{1, kernel_initializer="zeros", bias_initializer="ones"}(input),
      b=times(k)(input),
    }}
  end
  local both = hyper.ensemble({forked(1), forked(2)})
  local out = both:predict(x)
  check.near(out.b, y * 1.5)
  check.near(out.a, tensor.ones(3, 1))
end)

test("fit_weights: never worse than the best, exact where it can", function()
  local models = {times(1), times(2), times(-4)}
  local w, loss = hyper.fit_weights(models, x, y * 1.75, {loss="mse"})
  check.near(w, {0.25, 0.75, 0})
  check.near(loss, 0)
  w, loss = hyper.fit_weights(models, x, y * 9, {loss="mse"})
  check.near(w, {0, 1, 0})
  check.near(loss, (y * 7):square():mean():item(), 1e-3)
  models[1]:compile{loss="mae"}
  check.near(hyper.fit_weights(models, x, y), {1, 0, 0})
  local fitted = hyper.ensemble(models, {weights="fit",
                                         validation_data={x, y * 1.5}})
  check.near(fitted.model_weights, {0.5, 0.5, 0})
end)

test("ensemble: what is wrong is told", function()
  local two = {times(1), times(2)}
  check.refuses("hyper.ensemble: takes a list of models, got {}", function()
    hyper.ensemble{}
  end)
  check.refuses("model 2 must be an nn model, got 3", function()
    hyper.ensemble{times(1), 3}
  end)
  check.refuses("weights must be a list of 2 numbers, one a model, got {1}",
                function() hyper.ensemble(two, {weights={1}}) end)
  check.refuses("weight 2 must be a finite number of at least 0, got %-1",
                function() hyper.ensemble(two, {weights={1, -1}}) end)
  check.refuses("all weights are 0", function()
    hyper.ensemble(two, {weights={0, 0}})
  end)
  check.refuses('weights must be a list of numbers or "fit", got "fti"',
                function() hyper.ensemble(two, {weights="fti"}) end)
  check.refuses('weights="fit" needs validation_data', function()
    hyper.ensemble(two, {weights="fit"})
  end)
  check.refuses('unknown option "wieghts" %(did you mean "weights"',
                function() hyper.ensemble(two, {wieghts={1, 1}}) end)
  check.refuses("loss is missing, and no model is compiled", function()
    hyper.fit_weights(two, x, y)
  end)
  check.refuses("the loss of each model is not finite", function()
    hyper.fit_weights({times(0 / 0)}, x, y, {loss="mse"})
  end)
  check.refuses("save its models", function()
    hyper.ensemble(two):save(os.tmpname() .. ".safetensors")
  end)
end)

test("models of an ensemble whose outputs differ", function()
  local function net(units)
    return nn.Sequential{nn.Dense{units, input_shape={2}}}
  end
  check.refuses("model 2 gives %(3, 2%), but model 1 %(3, 1%)", function()
    hyper.ensemble({net(1), net(2)}):predict(tensor.ones(3, 2))
  end)
end)
