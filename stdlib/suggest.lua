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

-- What other libraries call things that have another name here.
local elsewhere = {
  size = "shape", dim = "ndim", dims = "ndim", length = "numel", len = "numel",
  nelement = "numel", cat = "concat", concatenate = "concat", hstack = "concat",
  vstack = "concat", tolist = "totable", numpy = "totable", array = "tensor",
  as_tensor = "tensor", type = "to", astype = "to", cast = "to", copy = "clone",
  multiply = "mul", subtract = "sub", divide = "div", power = "pow",
  absolute = "abs", negative = "neg", average = "mean", ["repeat"] = "tile",
  broadcast_to = "expand", expand_dims = "unsqueeze", ravel = "flatten",
  swapaxes = "transpose", random = "rand", permutation = "randperm",
  seed = "manual_seed", range = "arange", identity = "eye", less = "lt",
  greater = "gt", equal = "eq", not_equal = "ne", swish = "silu",
  keepdims = "keepdim", axis = "dim",
}

-- suggest.nearest(word, candidates)
-- The candidate nearest to word but not the word itself, or nil when none is
-- near. Letter case counts for nothing; of equally near ones the first in
-- alphabetical order. What other libraries call the word comes first.
--   > require("suggest").nearest("epoch", {"epochs", "batch_size"})
--   epochs
function suggest.nearest(word, candidates)
  local best, least
  local known = elsewhere[word:lower()]
  for _, name in ipairs(known and candidates or {}) do
    if name == known then return name end
  end
  for _, name in ipairs(candidates) do
    local s = name ~= word and score(word, name)
    if s and (not best or s < least or (s == least and name < best)) then
      best, least = name, s
    end
  end
  return best
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

-- The best of all modules that are loaded: the message does not tell whose
-- field it was.
local function nearest_field(word)
  local names, home = {}, {}
  for i = #modules, 1, -1 do
    for _, name in ipairs(names_of(package.loaded[modules[i]], {})) do
      names[#names + 1] = name
      home[name] = modules[i]
    end
  end
  names[#names + 1] = "tensor" -- the module is called to make one
  local name = suggest.nearest(word, names)
  return home[name] and home[name] .. "." .. name or name
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
    name = nearest_field(word)
  elseif not act then
    return instead(message)
  end
  return name and ("did you mean '%s'?"):format(name)
end

return suggest
