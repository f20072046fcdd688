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
  if #a > 0 and d <= limit and d < math.max(#a, 2) then
    return d + (a:byte(1) == b:byte(1) and 0 or 0.25)
  end
  if #a >= 3 and b:sub(1, #a) == a then return limit + 1 end
end

-- suggest.nearest(word, candidates)
-- The candidate nearest to word but not the word itself, or nil when none is
-- near. Letter case counts for nothing; of equally near ones the first in
-- alphabetical order.
--   > require("suggest").nearest("epoch", {"epochs", "batch_size"})
--   epochs
function suggest.nearest(word, candidates)
  local best, least
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
  local function add(module, object)
    for _, name in ipairs(names_of(object, {})) do
      names[#names + 1] = name
      home[name] = module
    end
  end
  for name, part in pairs(package.loaded.tensor or {}) do
    if type(part) == "table" then add("tensor." .. name, part) end
  end
  for i = #modules, 1, -1 do
    add(modules[i], package.loaded[modules[i]])
  end
  local name = suggest.nearest(word, names)
  return name and home[name] .. "." .. name
end

-- suggest.explain(message)
-- What to add to Lua's message about a nil that was called or indexed: the
-- name that was probably meant, or nil.
function suggest.explain(message)
  local act, kind, word =
    message:match("attempt to (%a+) a nil value %((%a+) '([^']+)'%)")
  if kind == "global" then
    return nearest_global(word)
  elseif act == "call" then
    return nearest_field(word)
  end
end

return suggest
