-- Help at the prompt: finds the words that stand beside a function and shows
-- them. The words come from the operations' rows (native.topics) and from
-- the comment blocks of the library's Lua files, which begin with three
-- dashes and the topic's name.

local suggest = require("suggest")

local help = {}

local WIDTH = 79

-- Topics by name: {name=, text=, value=}; nil until they are first wanted.
local topics

local overview = [[
nnlua is Lua 5.4 with tensors, automatic differentiation and neural networks.

  help("tensor")      a module, with the list of what is in it
  help("nn.Dense")    one name; the last part alone will do: help("Dense")
  help(tensor.sum)    the same for a value at hand
  ?nn.Dense           the same at the prompt
  help("shell")       the prompt itself: keys, results, history

Modules:
]]

local modules = {
  {"tensor", "arrays of numbers, and what can be computed with them"},
  {"autograd", "derivatives"},
  {"nn", "layers, models, losses, metrics, callbacks"},
  {"optim", "optimisers and learning-rate schedules"},
  {"data", "data sets, batches, preparation"},
  {"text", "tokens, sequences, generated text"},
  {"image", "pictures: files, geometry, filters"},
  {"plot", "charts, in a file or in the terminal"},
  {"viz", "what a network has learnt, made visible"},
  {"hyper", "search for good settings"},
}

--- shell
-- The prompt takes an expression or statements and knows when they are
-- complete; until then it asks on with ">>".
--
-- The value of an expression is shown, and the last one shown is `ans`; a
-- `;` at the end keeps quiet. A `local` at the prompt lasts like a global.
-- `?name` is help("name").
--
-- Tab completes names, fields, methods and, inside a string, files. Up and
-- Down find earlier entries that contain what stands before the cursor,
-- Ctrl-R searches them. Ctrl-C stops what runs, or gives up the line; Ctrl-D
-- on an empty line leaves.
--
-- Entries are kept in $XDG_STATE_HOME/nnlua/history (~/.local/state), and
-- $XDG_CONFIG_HOME/nnlua/config.lua (~/.config) runs before the first
-- prompt.

--- tensor.index
-- x[key] is a part of x, x[key] = value writes to it. The key is one of
-- these, or a table with one for each dim; dims not spoken of are whole:
--
--   3, -1         a position, from 1 on or back from the end; its dim goes
--   {a, b}        the positions a to b, both included; {a, b, step}: every
--                 step-th, backwards where step is negative
--   {}            all of the dim
--   index tensor  of an integer dtype: the positions that it holds, in its
--                 shape
--   mask          a bool tensor: the positions where it is true; it stands
--                 for as many dims as it has, of the same sizes
--
-- The same as text, "2:4, :, -1": ranges are first:last:step, each part may
-- be left out, `end` is the last position, and "..." stands for all the dims
-- that are not named. Ranges are cut to what is there; a position that does
-- not exist is an error, and so is 0.
--
-- Positions and ranges give views, which share x's elements; index tensors
-- and masks give copies. Positions for all dims give a Lua number, or a 0-d
-- tensor where gradients are recorded.
--
-- Several index tensors in one key broadcast together, and pick together:
-- x[{i, j}] has the elements x[i[k]][j[k]]. Their dims take the place of the
-- dims they pick from where those stand side by side, else they come first,
-- as in NumPy; but a plain position beside them takes its dim away before,
-- so that x[{1, {}, i}] has the dims of {} and then those of i, where NumPy
-- counts the position among the index tensors and puts i's dims first.
--
-- A value is a number, a tensor that broadcasts to x[key], or nested tables
-- of numbers; it is converted to x's dtype. Where an index tensor names an
-- element more than once, the last value stays. Gradients flow from what is
-- written into x to the value.
--
--   > local x = tensor.arange(12):reshape(3, 4)
--   > x[{2, -1}]
--   8
--   > x["2:, 1:end:2"]
--   int64 (2, 2)
--      5   7
--      9  11
--   > x[{{}, tensor({4, 1}, "int64")}]
--   int64 (3, 2)
--      4   1
--      8   5
--     12   9
--   > x[x:gt(10)]
--   int64 (2)
--     11  12
--   > x[{{1, 2}, 1}] = {20, 30}
--   > x[x:lt(8)] = 0
--   > x
--   int64 (3, 4)
--     20   0   0   0
--     30   0   0   8
--      9  10  11  12

local function native_list(name)
  local found, native = pcall(require, "native")
  local list = found and type(native) == "table" and native[name]
  return list and list() or {}
end

local function add_topic(name, text, value)
  if not topics[name] then
    topics[name] = {name = name, text = text, value = value}
  end
end

-- Finds the blocks in the text of one Lua file.
local function read_source(source)
  local name, lines
  for line in (source .. "\n"):gmatch("([^\n]*)\n") do
    local head = line:match("^%s*%-%-%- (.*)$")
    local more = not head and name and line:match("^%s*%-%-(.*)$")
    if head then
      if name then add_topic(name, table.concat(lines, "\n")) end
      name, lines = head:match("^[%a_][%w_%.:]*"), {head}
    elseif more then
      lines[#lines + 1] = more:gsub("^ ", "")
    elseif name then
      add_topic(name, table.concat(lines, "\n"))
      name = nil
    end
  end
end

local function collect()
  if topics then return topics end
  topics = {}
  for _, t in ipairs(native_list("topics")) do
    add_topic(t.name, t.text, t.value)
  end
  local sources = native_list("sources")
  local names = {}
  for name in pairs(sources) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do read_source(sources[name]) end
  return topics
end

local function sorted_names()
  local names = {}
  for name in pairs(collect()) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function last_part(name) return name:match("[^%.:]+$") end

local function first_line(text) return text:match("^[^\n]*") end

-- The value a name stands for; loads its module.
local function resolve(name)
  local first, rest = name:match("^([^%.:]+)(.*)$")
  local loaded, value = pcall(require, first)
  if not loaded then value = rawget(_G, first) end
  for part in rest:gmatch("[^%.:]+") do
    local found
    found, value = pcall(function() return value[part] end)
    if not found then return nil end
  end
  return value
end

-- Only modules that are in already can hold a value the user has.
local function value_of(topic)
  if topic.value == nil and package.loaded[topic.name:match("^[^%.:]+")] then
    topic.value = resolve(topic.name)
  end
  return topic.value
end

local function find_value(value)
  local kind = type(value)
  if kind ~= "function" and kind ~= "table" then return nil end
  for _, name in ipairs(sorted_names()) do
    local topic = topics[name]
    if rawequal(value_of(topic), value) then return topic end
  end
  for name, module in pairs(package.loaded) do
    if rawequal(module, value) then
      return topics[name] or {name = name, text = name}
    end
  end
end

-- An object is explained by its class.
local function find_object(value)
  local seen = 0
  local topic = find_value(value)
  while not topic and seen < 16 do
    local meta = debug.getmetatable(value)
    if type(meta) ~= "table" then return nil end
    local index = rawget(meta, "__index")
    topic = find_value(meta) or find_value(index)
      or topics[rawget(meta, "__name") or false]
    value, seen = type(index) == "table" and index or meta, seen + 1
  end
  return topic
end

-- Names whose last part is the word, tensor's before the others'.
local function find_last(word)
  local names = {}
  for _, name in ipairs(sorted_names()) do
    if last_part(name) == word then names[#names + 1] = name end
  end
  table.sort(names, function(a, b)
    local first, second = a:find("^tensor%."), b:find("^tensor%.")
    if (first == nil) ~= (second == nil) then return first ~= nil end
    return a < b
  end)
  return names
end

-- The topics right below a module or class.
local function contents(name)
  local members = {}
  local pattern = "^" .. name:gsub("%p", "%%%0") .. "[%.:][^%.:]+$"
  for _, member in ipairs(sorted_names()) do
    if member:find(pattern) then members[#members + 1] = member end
  end
  return members
end

-- Breaks a line between words.
local function wrap(line, lines)
  local row
  for word in line:gmatch("%S+") do
    if row and #row + 1 + #word > WIDTH then
      lines[#lines + 1] = row
      row = line:match("^ *") .. word
    else
      row = row and row .. " " .. word or line:match("^ *") .. word
    end
  end
  lines[#lines + 1] = row
end

-- A few members with their signatures, many as names only.
local function add_contents(name, lines)
  local members = contents(name)
  if #members == 0 then return end
  lines[#lines + 1] = "\nIn " .. name .. ":"
  if #members <= 24 then
    for _, member in ipairs(members) do
      lines[#lines + 1] = "  " .. first_line(topics[member].text)
    end
  else
    local names = {}
    for i, member in ipairs(members) do names[i] = last_part(member) end
    table.sort(names)
    wrap("  " .. table.concat(names, " "), lines)
  end
end

-- Long lines of prose are wrapped; examples stay as they are.
local function full_text(topic, others)
  local lines = {}
  for line in (topic.text .. "\n"):gmatch("([^\n]*)\n") do
    if #line > WIDTH and not line:find("^[ >]") then
      wrap(line, lines)
    else
      lines[#lines + 1] = line
    end
  end
  add_contents(topic.name, lines)
  if others and #others > 1 then
    lines[#lines + 1] = ""
    wrap("See also: " .. table.concat(others, ", ", 2), lines)
  end
  return table.concat(lines, "\n")
end

local function has_topics(module)
  if topics[module] then return true end
  for name in pairs(topics) do
    if name:match("^[^%.:]+") == module then return true end
  end
  return false
end

local function module_lines()
  local lines = {}
  for _, row in ipairs(modules) do
    if has_topics(row[1]) then
      lines[#lines + 1] = ("  %-10s %s"):format(row[1], row[2])
    end
  end
  return table.concat(lines, "\n")
end

local function not_found(word)
  local names, candidates = sorted_names(), {}
  for i, name in ipairs(names) do
    candidates[i] = name
    candidates[#names + i] = last_part(name)
  end
  local near = suggest.nearest(word, candidates)
  local message = ("no help on '%s'"):format(word)
  if near and not topics[near] then near = find_last(near)[1] end
  if near then message = message .. ("; did you mean '%s'?"):format(near) end
  local mentions, low = {}, word:lower()
  for _, name in ipairs(names) do
    if low ~= "" and topics[name].text:lower():find(low, 1, true) then
      mentions[#mentions + 1] = "  " .. first_line(topics[name].text)
    end
  end
  if #mentions > 0 then
    message = message .. "\nIt is mentioned in:\n" ..
      table.concat(mentions, "\n", 1, math.min(#mentions, 20))
  end
  return message
end

--- help.find(name)
-- The text that help(name) shows, or nil and a message that tells what is
-- near. Without a name, the overview.
function help.find(name)
  collect()
  if name == nil then return overview .. module_lines() end
  if type(name) ~= "string" then
    local topic = find_object(name)
    if topic then return full_text(topic) end
    return nil, ("no help on this %s"):format(type(name))
  end
  local topic = topics[name]
  if topic then return full_text(topic) end
  local others = find_last(name)
  if #others > 0 then return full_text(topics[others[1]], others) end
  if #contents(name) > 0 then return full_text({name = name, text = name}) end
  return nil, not_found(name)
end

--- help.topics()
-- The names of all topics, sorted.
function help.topics() return sorted_names() end

--- help.text(name)
-- The text of the topic of exactly that name, as it was written; nil where
-- there is none.
function help.text(name)
  local topic = collect()[name]
  return topic and topic.text
end

--- help(x)
-- Explains x: a name such as "nn.Dense", "tensor.sum" or only "sum", a
-- function, a class, an object or a module. Without x, tells where to begin.
local function call(_, ...)
  local text, message
  if select("#", ...) == 0 then
    text = help.find()
  elseif ... == nil then
    message = "no help on nil: put the name in quotes, as in help(\"sum\")"
  else
    text, message = help.find(...)
  end
  print(text or message)
end

return setmetatable(help, {__call = call})
