-- optim: what turns gradients into new parameters.

local native = require("native")
local options = require("options")

--- optim
-- Optimisers, which turn gradients into new parameters, and schedules of
-- learning rates. For what they have in common see optim.Optimizer.
local optim = {
  LBFGS = require("optim.lbfgs"),
}
for name, class in pairs(require("optim.gradient")) do optim[name] = class end

local by_name, names = {}, {}
for name, class in pairs(optim) do
  by_name[name], by_name[name:lower()] = class, class
  names[#names + 1] = name:lower()
end
table.sort(names)

optim.Optimizer = require("optim.optimizer")
optim.schedules = require("optim.schedules")

--- optim.get(optimizer)
-- The optimizer for a name ("adam"), for a saved {class_name, config}, or the
-- optimizer given.
--   > optim.get("sgd").lr
--   0.01
function optim.get(optimizer)
  if type(optimizer) == "table" and optimizer.steps and optimizer.spec then
    return optimizer
  end
  local name, config = optimizer, nil
  if type(optimizer) == "table" and optimizer.class_name then
    name, config = optimizer.class_name, optimizer.config
  end
  if type(name) ~= "string" then
    native.fail("an optimizer is a name such as \"adam\" or optim.Adam{lr=}, "
                .. "got %s", options.show(optimizer))
  end
  if not by_name[name] then
    native.fail("unknown optimizer %q%s", name, options.hint(name, names))
  end
  return by_name[name](config)
end

return optim
