-- nn.names: what layers are called in a model, and lists of names.
--
-- A layer without a name of its own gets the next free number in the first
-- model that it belongs to: "dense_1". There it keeps that name; another model
-- in which the name is taken calls it something else (model.layer_names), and
-- so the paths of weights never change behind a model's back.

local names = {}

local function new_book(model)
  model.layer_names, model.names_taken, model.numbers = {}, {}, {}
end

local function take(model, layer, name)
  model.layer_names[layer], model.names_taken[name] = name, layer
end

-- base_1, base_2, ...: the first that is free. What was given out last is
-- remembered, until a name becomes free.
local function next_free(model, base)
  local number, name = model.numbers[base] or 0, nil
  repeat
    number = number + 1
    name = base .. "_" .. number
  until not model.names_taken[name]
  model.numbers[base] = number
  return name
end

local function take_number(model, layer)
  local own = layer.base_name and layer.name
  if own and not model.names_taken[own] then
    return take(model, layer, own)
  end
  layer.base_name = layer.base_name or layer.name
  local name = next_free(model, layer.base_name)
  if not own then layer.name = name end
  take(model, layer, name)
end

local function take_own(model, layer)
  local other = model.names_taken[layer.name]
  if other and not other.auto_name then
    model:fail("two layers are named '%s'", layer.name)
  end
  take(model, layer, layer.name)
  if other then take_number(model, other) end
end

-- Names one more layer of the model.
function names.add(model, layer)
  if not model.layer_names then new_book(model) end
  if model.layer_names[layer] then return end
  if layer.auto_name then
    take_number(model, layer)
  else
    take_own(model, layer)
  end
end

-- Forgets a layer's name.
function names.remove(model, layer)
  model.names_taken[model.layer_names[layer]] = nil
  model.layer_names[layer] = nil
  model.numbers = {}
end

-- Names all layers of the model; those that were named here keep their names.
function names.assign(model, layers)
  for _, layer in ipairs(layers) do
    if not layer.auto_name then names.add(model, layer) end
  end
  for _, layer in ipairs(layers) do names.add(model, layer) end
end

-- Lists ------------------------------------------------------------------------

-- The keys of a table, as text, in order.
function names.sorted_keys(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

-- Where an item stands in a list, or nil.
function names.find(list, item)
  for i, other in ipairs(list) do
    if other == item then return i end
  end
end

-- The items of two lists.
function names.joined(a, b)
  return table.move(b, 1, #b, #a + 1, table.move(a, 1, #a, 1, {}))
end

-- "a, b, c, d and 5 more".
function names.some(list)
  local rest = #list - 4
  if rest > 1 then
    return table.concat(list, ", ", 1, 4) .. " and " .. rest .. " more"
  end
  return table.concat(list, ", ")
end

return names
