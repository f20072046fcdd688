-- The nearest known name to a word that is not known.

local suggest = {}

-- Edit distance where a change, a missing or extra letter and two letters
-- swapped cost 1 each; Damerau (1964), in its "optimal string alignment"
-- form. Stops early, with a number above `limit`, when it cannot be reached.
local function distance(a, b, limit)
  if math.abs(#a - #b) > limit then return limit + 1 end
  local before, above, row = {}, {}, {}
  for j = 0, #b do above[j] = j end
  for i = 1, #a do
    row[0] = i
    local least = i
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      local d = math.min(above[j] + 1, row[j - 1] + 1,
        above[j - 1] + (same and 0 or 1))
      if i > 1 and j > 1 and not same and a:byte(i) == b:byte(j - 1)
          and a:byte(i - 1) == b:byte(j) then
        d = math.min(d, before[j - 2] + 1)
      end
      row[j] = d
      least = math.min(least, d)
    end
    if least > limit then return limit + 1 end
    before, above, row = above, row, before
  end
  return above[#b]
end

-- A smaller score is a better candidate; nil is too far away.
local function score(word, name)
  local limit = math.max(1, #word // 3)
  local a, b = word:lower(), name:lower()
  local d = distance(a, b, limit)
  if #a > 0 and d <= limit and (d < #a or d == 0) then
    return d + (a:byte(1) == b:byte(1) and 0 or 0.25)
  end
  if #a >= 3 and b:sub(1, #a) == a then return limit + 1 end
end

-- What other libraries call things that have another name here, by the name
-- here.
local elsewhere = {}
for line in ([[
  shape       size
  ndim        dim dims ndimension
  numel       length len nelement
  T           t mT
  concat      cat concatenate hstack vstack column_stack append
  stack       dstack
  totable     tolist numpy
  tensor      array as_tensor asarray from_numpy torch np numpy tf
  nn          keras layers models
  optim       optimizers
  data        datasets
  to          type astype cast
  clone       copy deepcopy
  contiguous  ascontiguousarray
  add         plus
  mul         multiply times
  sub         subtract minus
  div         divide true_divide
  floor_div   floor_divide
  mod         remainder fmod
  pow         power
  abs         absolute fabs
  neg         negative
  reciprocal  inverse
  clamp       clip
  clamp_      clip_
  round       rint around
  trunc       fix
  asin        arcsin
  acos        arccos
  atan        arctan
  atan2       arctan2
  mean        average
  dot         inner vdot
  einsum      tensordot
  quantile    percentile
  nonzero     argwhere flatnonzero
  tile        repeat
  expand      broadcast_to expand_as
  unsqueeze   expand_dims
  flatten     ravel
  reshape     reshape_as resize view_as
  transpose   swapaxes swapdims
  movedim     moveaxis
  rand        random random_sample
  randperm    permutation shuffle
  multinomial choice
  manual_seed seed
  arange      range
  eye         identity
  lt          less
  gt          greater
  le          less_equal
  ge          greater_equal
  eq          equal
  ne          not_equal
  allclose    isclose array_equal
  logical_and bitwise_and
  logical_or  bitwise_or
  logical_not bitwise_not invert
  silu        swish
  keepdim     keepdims
  dim         axis
  epochs      nb_epoch
  units       output_dim
  filters     nb_filter
  rate        p
  padding     border_mode
  strides     subsample
  data_format dim_ordering
  use_bias    bias
  input_shape input_dim batch_input_shape
  Input       InputLayer
  Maxout      MaxoutDense
  MaxPooling1D           MaxPool1D
  MaxPooling2D           MaxPool2D
  AveragePooling1D       AvgPool1D
  AveragePooling2D       AvgPool2D
  GlobalMaxPooling2D     GlobalMaxPool2D
  GlobalAveragePooling2D GlobalAvgPool2D
  Conv1D      Convolution1D
  Conv2D      Convolution2D
  fit         fit_generator
  evaluate    evaluate_generator
  predict     predict_generator predict_proba
  Function    function
  state_dict         get_weights
  load_state_dict    set_weights
  kernel_initializer init
  kernel_regularizer W_regularizer
  bias_regularizer   b_regularizer
]]):gmatch("[^\n]+") do
  local here, others = line:match("(%S+)%s+(.*)")
  for name in others:gmatch("%S+") do
    elsewhere[name] = elsewhere[name] or {}
    table.insert(elsewhere[name], here)
  end
end

-- suggest.nearest(word, candidates)
-- The candidate nearest to word but not the word itself, or nil when none is
-- near. Letter case counts for nothing; of equally near ones the first in
-- alphabetical order. What other libraries call the word comes first.
--   > require("suggest").nearest("epoch", {"epochs", "batch_size"})
--   epochs
function suggest.nearest(word, candidates)
  local best, least
  for _, known in ipairs(elsewhere[word] or elsewhere[word:lower()] or {}) do
    for _, name in ipairs(candidates) do
      if name == known then return name end
    end
  end
  for _, name in ipairs(candidates) do
    local s = name ~= word and score(word, name)
    if s and (not best or s < least or (s == least and name < best)) then
      best, least = name, s
    end
  end
  return best
end

-- Where the function of that name is, if it is no method of tensors.
local function no_method(word)
  local tensor = require("tensor")
  if type(tensor[word]) == "function" then
    return ("tensor.%s(x)"):format(word)
  end
  for _, part in ipairs {"linalg", "fft"} do
    local functions = tensor[part]
    if type(functions) == "table" and functions[word] then
      return ("tensor.%s.%s(x)"):format(part, word)
    end
  end
end

-- suggest.member(word, candidates)
-- What to write instead of x.word, where x is a tensor and candidates the
-- names it has; or nil.
function suggest.member(word, candidates)
  local call = no_method(word)
  if call then return "it is no method: write " .. call end
  local name = suggest.nearest(word, candidates)
  return name and ("did you mean %q?"):format(name)
end

-- The names a table has, with those its metatable lends it.
local function names_of(object, names)
  while type(object) == "table" do
    for name in next, object do
      if type(name) == "string" then names[#names + 1] = name end
    end
    local meta = debug.getmetatable(object)
    for _, name in ipairs(meta and rawget(meta, "__names") or {}) do
      names[#names + 1] = name -- what a module loads when it is touched
    end
    object = meta and rawget(meta, "__index")
  end
  return names
end

local modules = {
  "tensor", "autograd", "nn", "optim", "data", "text", "image", "plot", "viz",
  "hyper", "string", "table", "math", "io", "os", "utf8", "coroutine",
}

local function nearest_global(word)
  local names = names_of(_G, {})
  table.move(modules, 1, #modules, #names + 1, names)
  return suggest.nearest(word, names)
end

-- The module that stands where other libraries have one of that name.
local function nearest_module(word)
  local names = {}
  for _, known in ipairs(elsewhere[word] or {}) do
    for _, name in ipairs(modules) do
      if name == known then names[#names + 1] = name end
    end
  end
  return names[1]
end

-- The best of all modules that are loaded: the message does not tell whose
-- field it was.
local function nearest_field(word)
  local names, home = {}, {}
  local function add(module, object)
    for _, name in ipairs(names_of(object, {})) do
      names[#names + 1] = name
      home[name] = module
    end
  end
  for _, part in ipairs {"losses", "metrics", "activations", "initializers",
    "regularizers", "constraints", "callbacks"} do
    add("nn." .. part, package.loaded["nn." .. part])
  end
  for name, part in pairs(package.loaded.tensor or {}) do
    if type(part) == "table" then add("tensor." .. name, part) end
  end
  for i = #modules, 1, -1 do
    add(modules[i], package.loaded[modules[i]])
  end
  names[#names + 1] = "tensor" -- the module is called to make one
  local name = suggest.nearest(word, names)
  return home[name] and home[name] .. "." .. name or name
end

-- The nearest method of models.
local function nearest_method(word)
  local names, class = {}, package.loaded["nn.sequential"]
  for _, name in ipairs(names_of(class, {})) do
    if type(class[name]) == "function" and name:sub(1, 1) ~= "_" then
      names[#names + 1] = name
    end
  end
  return suggest.nearest(word, names)
end

local attributes = {
  shape = true, ndim = true, dtype = true, T = true, grad = true,
  requires_grad = true,
}

-- What to write instead of what Lua refuses to do with a tensor.
local function instead(message)
  local field = message:match("attempt to call a [%a%.]+ value "
    .. "%(%a+ '(%a[%w_]*)'%)")
  if field and attributes[field] then
    return ("%s is no function: write x.%s"):format(field, field)
  elseif message:find("%a+ a tensor value %(for iterator") or
      message:find("'for iterator' (table expected, got tensor)", 1, true) then
    return "write for i, v in ipairs(x) do"
  elseif message:find("attempt to concatenate a tensor value", 1, true) then
    return "write tostring(x)"
  elseif message:find("attempt to call a tensor value", 1, true) then
    return "an index stands in brackets: x[i]"
  end
  local name = message:match("to '(%a%w*)' %(number expected, got tensor%)")
  if name and math[name] and require("tensor")[name] then
    return ("write x:%s()"):format(name)
  elseif name == "format" then
    return "write x:item()"
  end
end

-- suggest.explain(message)
-- What to add to Lua's message about a nil that was called or indexed, or
-- about a tensor that is no number: what was probably meant, or nil.
function suggest.explain(message)
  local act, kind, word =
    message:match("attempt to (%a+) a nil value %((%a+) '([^']+)'%)")
  local name
  if kind == "global" then
    name = nearest_global(word)
  elseif act == "call" then
    name = kind == "method" and nearest_method(word) or nearest_field(word)
  elseif act == "index" then
    name = nearest_module(word)
  elseif not act then
    return instead(message)
  end
  return name and ("did you mean '%s'?"):format(name)
end

return suggest
