-- nn.class_weight: sample weights from weights by class.

local native = require("native")
local options = require("options")
local tensor = require("tensor")

-- The class index of each sample, from labels or one-hot rows.
local function labels_of(y)
  if y.ndim == 2 and y.shape[2] > 1 then
    return y:argmax(-1)
  elseif y:numel() ~= #y then
    native.fail("class_weight: the targets must have one class a sample, got "
      .. "%s", tostring(y.shape))
  end
  return y:reshape({-1})
end

-- How many classes there are: the size of the output, or as many as appear.
local function count_classes(model, y, labels, class_weight)
  local symbol = model.outputs and model.outputs[1]
  if symbol then
    return symbol.shape[#symbol.shape] or 1
  elseif y.ndim == 2 and y.shape[2] > 1 then
    return y.shape[2]
  end
  local most = labels:max():item()
  for class in pairs(class_weight) do
    most = math.type(class) == "integer" and math.max(most, class) or most
  end
  return most
end

local function table_of_weights(class_weight, classes)
  local list = {}
  for class = 1, classes do
    list[class] = 1
  end
  for class, weight in pairs(class_weight) do
    if math.type(class) ~= "integer" or class < 1 or class > classes
        or type(weight) ~= "number" then
      native.fail("class_weight: class %s with weight %s: classes are 1..%d "
        .. "and weights are numbers", options.show(class),
        options.show(weight), classes)
    end
    list[class] = weight
  end
  return tensor(list)
end

-- The labels as int64, which run from `first` on.
local function check_labels(labels, first, classes)
  local whole = labels:to("int64")
  local last = first + classes - 1
  local wrong = labels:ne(whole) | whole:lt(first) | whole:gt(last)
  if wrong:any():item() then
    local at = wrong:to("uint8"):argmax():item()
    native.fail("class_weight: the target %s at sample %d is no class: classes "
      .. "are %d..%d", options.show(labels[at]), at, first, last)
  end
  return whole
end

-- The weight of each sample: class_weight[class], 1 for classes without one.
-- With one output, whose labels are 0 and 1, these are classes 1 and 2.
return function(model, ys, class_weight)
  if ys and #ys > 1 then
    local names = model:target_names()
    native.fail("class_weight is for one output, but there are %d, %s: give "
      .. "sample_weight by output name, {%s=weights of the samples}", #ys,
      table.concat(names, ", "), names[1])
  elseif not ys or #ys ~= 1 then
    native.fail("class_weight: the model must have one output")
  end
  local labels = labels_of(ys[1])
  if #labels == 0 then
    return labels:float()
  end
  local classes = count_classes(model, ys[1], labels, class_weight)
  local first = classes < 2 and 0 or 1 -- of one output, 0 and 1
  classes = math.max(2, classes)
  labels = check_labels(labels, first, classes) + (1 - first)
  return table_of_weights(class_weight, classes):index_select(1, labels)
end
