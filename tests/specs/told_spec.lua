-- What is said to the user along the way: NaN losses, models that cannot be
-- saved, results by name, tables of figures, shapes of symbols.

local check = require("check")
local test = check.test

-- What f writes to stderr.
local function complaints(f)
  local parts, before = {}, io.stderr
  io.stderr = {write=function(_, ...) parts[#parts + 1] = table.concat({...}) end}
  local ok, problem = pcall(f)
  io.stderr = before
  check.truthy(ok, problem)
  return table.concat(parts)
end

-- What f writes with io.write, thrown away.
local function quietly(f)
  local path, before = os.tmpname(), io.output()
  io.output(path)
  local ok, problem = pcall(f)
  io.output():close()
  io.output(before)
  os.remove(path)
  check.truthy(ok, problem)
end

local function new_model(more)
  local model = nn.Sequential{nn.Dense{1, input_shape={2}}}
  local o = {loss="mse", optimizer="sgd", metrics={"mae"}}
  for key, value in pairs(more or {}) do o[key] = value end
  model:compile(o)
  return model
end

test("fit tells of the first NaN loss once, and goes on", function()
  local x, y = tensor.ones(8, 2), tensor.ones(8, 1)
  x[{6, 1}] = 0 / 0
  local model, history = new_model(), nil
  local text = complaints(function()
    quietly(function()
      history = model:fit(x, y, {epochs=3, batch_size=4, shuffle=false})
    end)
  end)
  check.equal(text, "epoch 1, batch 2: the loss is nan: input 'input_1' holds "
    .. "nan at sample 2 of the batch; nn.callbacks.TerminateOnNaN{} stops "
    .. "there\n")
  check.equal(#history.loss, 3)
  check.equal(complaints(function()
    new_model():fit(x, y, {verbose=0})
  end), "")
  check.equal(complaints(function()
    quietly(function() new_model():fit(y:expand(8, 2), y, {epochs=2}) end)
  end), "")
end)

test("a step is taken all the same where nobody stops it", function()
  local x, y = tensor.ones(4, 2), tensor.full({4, 1}, 0 / 0)
  local model = new_model()
  complaints(function()
    quietly(function() model:fit(x, y, {batch_size=4}) end)
  end)
  check.truthy(model.layers[1].kernel:isnan():all():item())
end)

test("a loss that no weight has a part in", function()
  local model = new_model{loss=function(_, p) return p:detach():mean() end}
  check.refuses("the loss does not depend on any weight that is trained",
                function()
    model:fit(tensor.ones(4, 2), tensor.ones(4, 1), {verbose=0})
  end)
end)

test("ModelCheckpoint says before training that a model cannot be saved",
     function()
  local epochs = 0
  local function fit(more, o)
    local model = new_model(more)
    local save = nn.callbacks.ModelCheckpoint(o)
    model:fit(tensor.ones(4, 2), tensor.ones(4, 1), {verbose=0, callbacks={
      {on_epoch_begin=function() epochs = epochs + 1 end}, save,
    }})
  end
  local path = os.tmpname()
  local own = {loss=function(t, p) return (t - p):square():mean() end}
  check.refuses("ModelCheckpoint: save: a Lua function as loss cannot be "
                .. "written", function() fit(own, {path}) end)
  check.equal(epochs, 0)
  fit(own, {path, save_weights_only=true})
  fit({}, {path})
  check.equal(epochs, 2)
  os.remove(path)
end)

test("names that belong to files of others", function()
  local model = new_model()
  for _, name in ipairs {"model.h5", "dir.d/Model.PT", "m.keras"} do
    check.refuses("save: " .. name:gsub("%p", "%%%0") .. " is a name for files",
                  function() model:save(name) end)
    check.refuses("save_weights: ", function() model:save_weights(name) end)
  end
  check.refuses("save: the path must be a string, got nil",
                function() model:save() end)
end)

test("figures by name", function()
  local x, y = tensor.ones(4, 2), tensor.ones(4, 1)
  local model = new_model()
  local loss, mae = model:evaluate(x, y)
  check.equal(model:evaluate(x, y, {return_dict=true}), {loss=loss, mae=mae})
  check.equal(model:test_on_batch(x, y, {return_dict=true}),
              {loss=loss, mae=mae})
  check.equal(model:train_on_batch(x, y, {return_dict=true}),
              {loss=loss, mae=mae})
end)

test("a history of many figures is printed in several tables", function()
  local history = nn.callbacks.History()
  for epoch = 1, 2 do
    local log = {loss=1}
    for i = 1, 9 do log["output_" .. i .. "_accuracy"] = i / 10 end
    history:on_epoch_end(epoch, log)
  end
  local lines = {}
  for line in (tostring(history) .. "\n"):gmatch("([^\n]*)\n") do
    lines[#lines + 1] = line
    check.truthy(#line <= 79, line)
  end
  check.equal(#lines, 3 * 3 + 2)
  check.truthy(lines[1]:find("^epoch +loss  output_1_accuracy"))
  check.equal(lines[4], "")
  check.truthy(lines[11]:find("^    2 .*0.9000$"))
  check.equal(tostring(nn.callbacks.History()), "epoch")
end)

test("shapes of symbols print like those of tensors", function()
  check.equal(tostring(nn.Input{28, 28}.shape), "(None, 28, 28)")
  check.equal(tostring(nn.Dense{3}(nn.Input{2}).shape), "(None, 3)")
  check.equal(tostring(nn.Input{2}:sum().shape), "()")
end)

test("an output that does not keep the samples", function()
  local flat = nn.Lambda{function(x) return x:reshape(-1) end, input_shape={2},
                         output_shape={}}
  local model = nn.Sequential{flat}
  check.refuses("output 'lambda_1' has shape %(8%) for 4 samples: a layer",
                function() model:predict(tensor.ones(4, 2)) end)
end)

test("an error names its layer once", function()
  local Broken = nn.Layer:extend{class_name="Broken", call=function(self)
    self:fail("is broken")
  end, compute_output_shape=function(_, shape) return shape end}
  local model = nn.Sequential{nn.Dense{2, input_shape={2}}, Broken()}
  check.refuses("in layer 2, which got %(1, 2%): Broken 'broken_1': is broken",
                function() model(tensor.ones(1, 2)) end)
end)
