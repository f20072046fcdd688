-- Training: what the user brings and does not fit.

local check = require("check")
local test = check.test

test("a user's loss or metric that gives no figure", function()
  local function train(loss, metric)
    local model = nn.Sequential{nn.Dense{1, input_shape={2}}}
    model:compile{loss=loss, metrics={metric}}
    model:fit(tensor.ones(4, 2), tensor.ones(4, 1), {verbose=0})
  end
  check.refuses("the loss function of 'dense_1' must return a tensor, got nil", function()
    train(function() end)
  end)
  check.refuses("the loss function of 'dense_1' must return a tensor, got 3", function()
    train(function() return 3 end)
  end)
  check.refuses("what a metric gives must be a tensor or a number, got \"a\"",
                function() train("mse", function() return "a" end) end)
  check.refuses("what sums gives must be a tensor or a number, got nil",
                function()
    train("mse", {sums=function() end, result=function(total) return total end})
  end)
  check.refuses("what result gives must be a tensor or a number, got true",
                function()
    train("mse", {sums=function() return 1 end,
                  result=function() return true end})
  end)
end)

test("class_weight names a target that is no class", function()
  local model = nn.Sequential{nn.Dense{1, input_shape={2}}}
  model:compile{loss="mse"}
  local function fit(y)
    model:fit(tensor.ones(2, 2), y, {class_weight={1, 2}, verbose=0})
  end
  check.refuses("class_weight: the target 0.5 at sample 2 is no class: "
                .. "classes are 0..1", function() fit(tensor({{0}, {0.5}})) end)
  check.refuses("the target 2.0 at sample 1 is no class", function()
    fit(tensor({{2}, {0}}))
  end)
  fit(tensor({{1}, {0}}))
end)

test("an optimizer trains the model that it was given to last", function()
  local shared = optim.SGD{lr=0.1}
  local function compiled(name)
    local model = nn.Sequential{nn.Dense{1, input_shape={2}}, name=name}
    model:compile{loss="mse", optimizer=shared}
    return model
  end
  local x, y = tensor.ones(4, 2), tensor.ones(4, 1)
  local first, second = compiled("first"), compiled("second")
  check.refuses("Sequential 'first': its optimizer was given to Sequential "
                .. "'second' since", function()
    first:fit(x, y, {verbose=0})
  end)
  second:fit(x, y, {verbose=0})
  second:compile{loss="mae", optimizer=shared}
  second:train_on_batch(x, y)
  check.refuses("its optimizer must come from compile{optimizer=}, got \"sgd\"",
                function()
    second:fit(x, y, {verbose=0, callbacks={{on_batch_end=function(self)
      self.model.optimizer = "sgd"
    end}}})
  end)
end)
