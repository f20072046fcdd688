-- nn.losses.regression: distances between numbers.

local options = require("options")
local targets = require("nn.losses.targets")

local EPSILON = targets.EPSILON
local matching, per_sample = targets.matching, targets.per_sample
local NONE = {positional = 0}

return function(define)
  --- nn.losses.mean_squared_error(y_true, y_pred)
  -- mean((y_true - y_pred)^2) of each sample; short "mse".
  --   > nn.losses.mean_squared_error(tensor({{1, 2}}), tensor({{1, 4}})):item()
  --   2.0
  define("mean_squared_error", NONE, function(y_true, y_pred)
    local y = matching("mean_squared_error", y_true, y_pred)
    return per_sample((y_pred - y):square())
  end)

  --- nn.losses.mean_absolute_error(y_true, y_pred)
  -- mean(|y_true - y_pred|) of each sample; short "mae".
  --   > nn.losses.mean_absolute_error(tensor({{1, 2}}), tensor({{1, 4}})):item()
  --   1.0
  define("mean_absolute_error", NONE, function(y_true, y_pred)
    local y = matching("mean_absolute_error", y_true, y_pred)
    return per_sample((y_pred - y):abs())
  end)

  --- nn.losses.mean_absolute_percentage_error(y_true, y_pred)
  -- 100 mean(|y_true - y_pred| / |y_true|) of each sample, in percent, with
  -- |y_true| held at 1e-7 or above; short "mape".
  --   > y, p = tensor({{1, 2}}), tensor({{1, 4}})
  --   > nn.losses.mean_absolute_percentage_error(y, p):item()
  --   50.0
  define("mean_absolute_percentage_error", NONE, function(y_true, y_pred)
    local y = matching("mean_absolute_percentage_error", y_true, y_pred)
    return per_sample((y_pred - y):abs() / y:abs():clamp(EPSILON)) * 100
  end)

  --- nn.losses.mean_squared_logarithmic_error(y_true, y_pred)
  -- mean((log(1 + y_true) - log(1 + y_pred))^2) of each sample, both held at
  -- 1e-7 or above; short "msle".
  --   > y, p = tensor({{0}}), tensor({{math.exp(2) - 1}})
  --   > l = nn.losses.mean_squared_logarithmic_error(y, p)
  --   > string.format("%.4f", l:item())
  --   4.0000
  define("mean_squared_logarithmic_error", NONE, function(y_true, y_pred)
    local y = matching("mean_squared_logarithmic_error", y_true, y_pred)
    local p = y_pred:clamp(EPSILON):log1p()
    return per_sample((p - y:clamp(EPSILON):log1p()):square())
  end)

  --- nn.losses.huber(y_true, y_pred [, {delta=1}])
  -- d^2 / 2 for errors d = |y_true - y_pred| up to delta, beyond it
  -- delta d - delta^2 / 2; the mean of each sample. nn.losses.huber{delta=2}
  -- is the loss with that option, for compile. (Huber, 1964.)
  --   > nn.losses.huber(tensor({{0}}), tensor({{3}})):item()
  --   2.5
  --   > nn.losses.huber{delta=2}(tensor({{0}}), tensor({{3}})):item()
  --   4.0
  define("huber", {
    {"delta", options.positive_number, 1.0},
  }, function(y_true, y_pred, o)
    local d = (y_pred - matching("huber", y_true, y_pred)):abs()
    local near = d:clamp(0, o.delta)
    return per_sample(near:square() * 0.5 + (d - near) * o.delta)
  end)

  --- nn.losses.logcosh(y_true, y_pred)
  -- mean(log(cosh(y_pred - y_true))) of each sample: about d^2 / 2 for small
  -- errors d, |d| - log(2) for large ones.
  --   > l = nn.losses.logcosh(tensor({{0}}), tensor({{100}}))
  --   > string.format("%.4f", l:item())
  --   99.3069
  define("logcosh", NONE, function(y_true, y_pred)
    local d = (y_pred - matching("logcosh", y_true, y_pred)):abs()
    return per_sample(d + (d * -2):softplus() - math.log(2))
  end)

  --- nn.losses.poisson(y_true, y_pred)
  -- mean(y_pred - y_true log(y_pred + 1e-7)) of each sample: for counts
  -- y_true and rates y_pred.
  --   > l = nn.losses.poisson(tensor({{2}}), tensor({{1}}))
  --   > string.format("%.4f", l:item())
  --   1.0000
  define("poisson", NONE, function(y_true, y_pred)
    local y = matching("poisson", y_true, y_pred)
    return per_sample(y_pred - y * (y_pred + EPSILON):log())
  end)

  --- nn.losses.cosine_similarity(y_true, y_pred [, {axis=-1}])
  -- Minus the cosine of the angle between y_true and y_pred along axis: -1
  -- where they point the same way, 1 where opposite, 0 beside a vector of
  -- zeros.
  --   > y, p = tensor({{1, 0}}), tensor({{2, 0}})
  --   > nn.losses.cosine_similarity(y, p):item()
  --   -1.0
  define("cosine_similarity", {
    {"axis", options.integer, -1},
  }, function(y_true, y_pred, o)
    local y = targets.matching_rows("cosine_similarity", y_true, y_pred)
    local product = targets.unit(y, o.axis) * targets.unit(y_pred, o.axis)
    return per_sample(-product:sum(o.axis))
  end)
end
