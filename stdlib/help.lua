-- Help at the prompt: finds the words that stand beside a function and shows
-- them. The words come from the operations' rows (native.topics) and from
-- the comment blocks of the library's Lua files, which begin with three
-- dashes and the topic's name; help/topics.lua has those that stand beside
-- no function.

local signature = require("help.signature")
local suggest = require("suggest")
local themes = require("help.themes")

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
  help("differences") what NumPy and PyTorch do otherwise
  help("keras")       what Keras does otherwise

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

local function native_list(name)
  local found, native = pcall(require, "native")
  local list = found and type(native) == "table" and native[name]
  return list and list() or {}
end

local function add_topic(name, text)
  if not topics[name] then topics[name] = {name = name, text = text} end
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

-- What an elementwise operation does to shapes and dtypes, by its group.
local unary = {
  number = "Any shape; the dtype stays; not for bool.",
  float = "Any shape; floats keep their dtype, integers and bool become the "
    .. "default float.",
  compare = "Any shape and dtype; the result is bool.",
  logic = "Any shape, bool only.",
}
local binary = {
  arithmetic = "Shapes broadcast, dtypes join.",
  number = "Shapes broadcast, dtypes join; not for bool.",
  float = "Shapes broadcast; floats join, integers and bool become the "
    .. "default float.",
  compare = "Shapes broadcast; the result is bool.",
  logic = "Shapes broadcast; bool only.",
}

local function add_wrapped(lines, text)
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do
    if line ~= "" then wrap(line, lines) end
  end
end

-- The text on a function written in C: its call, what it does, what follows
-- from the table of operations, examples.
local function native_text(t, name)
  local lines = {signature.line(name, t.args, t.name:find(":") ~= nil)}
  local prose, examples = (t.help .. "\n"):match("^(.-\n)(  > .*)\n$")
  add_wrapped(lines, prose or t.help)
  local remark = t.group and (t.inputs == 1 and unary or binary)[t.group]
  if t.in_place then
    local form = ("In place: %s."):format(signature.in_place(name, t.args))
    remark = remark and remark .. " " .. form or form
  end
  if remark then wrap(remark, lines) end
  for _, note in ipairs(signature.notes(t.args)) do lines[#lines + 1] = note end
  lines[#lines + 1] = examples
  return table.concat(lines, "\n")
end

local function collect()
  if topics then return topics end
  topics = {}
  for _, t in ipairs(native_list("topics")) do
    local name = t.name:gsub(":", ".")
    add_topic(name, native_text(t, name))
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

-- The topic of an operation in place, after the one it is the form of; nil
-- where the word is no such name.
local function in_place_topic(word)
  local base = word:match("^tensor[%.:]([%w_%.]+)_$")
    or word:match("^([%w_]+)_$")
  local topic = base and topics["tensor." .. base]
  if not topic then return nil end
  local name = "tensor." .. base .. "_"
  if not resolve(name) then return nil end
  local text = ("%s writes into its first argument what tensor.%s computes, "
    .. "and returns it; see tensor.in_place."):format(name, base)
  local lines = {name}
  wrap(text, lines)
  return {name = name, text = table.concat(lines, "\n") .. "\n\n" .. topic.text}
end

local function find_value(value)
  local kind = type(value)
  if kind ~= "function" and kind ~= "table" then return nil end
  for _, name in ipairs(sorted_names()) do
    local topic = topics[name]
    if rawequal(value_of(topic), value) then return topic end
  end
  for name, member in pairs(require("tensor")) do
    if rawequal(member, value) then return in_place_topic(name) end
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

-- Methods whose name ends the word, whatever the object before it is called:
-- "nn.Model.fit", "model:fit", "optim.Adam.step".
local function find_method(word)
  local last = word:match("[%.:]([^%.:]+)$")
  local names = {}
  for _, name in ipairs(last and find_last(last) or {}) do
    if name:find(":", 1, true) then names[#names + 1] = name end
  end
  return names
end

-- The topic of exactly that name, however it is spelt: "tensor:sum",
-- "x:sum", "linalg.solve", "add_".
local function exact(word)
  local name = word:gsub(":", "."):gsub("^x%.", "tensor.")
  return topics[word] or topics[name] or in_place_topic(name)
    or name:find(".", 1, true) and topics["tensor." .. name]
end

-- The topic of what the library's modules hold under that name: another name
-- of something, "nn.losses.mse".
local function by_value(word)
  for _, row in ipairs(modules) do
    if row[1] == word:match("^[^%.:]+") then
      return find_value(resolve(word))
    end
  end
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

-- A few members with their signatures, many as names only.
local function add_contents(name, lines)
  local members = contents(name)
  if #members == 0 then return end
  lines[#lines + 1] = "\nIn " .. name .. ":"
  local names = {}
  for i, member in ipairs(members) do names[i] = last_part(member) end
  table.sort(names)
  local groups = #members > 24 and themes.group(name, names)
  if groups then
    for _, group in ipairs(groups) do
      lines[#lines + 1] = "  " .. group.title
      wrap("    " .. table.concat(group.names, " "), lines)
    end
  elseif #members > 24 then
    wrap("  " .. table.concat(names, " "), lines)
  else
    for _, member in ipairs(members) do
      wrap("  " .. first_line(topics[member].text), lines)
    end
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

-- Words under which people look for what has another name.
local also = {
  indexing = "tensor.index", slicing = "tensor.index", slice = "tensor.index",
  slices = "tensor.index", mask = "tensor.index", masks = "tensor.index",
  broadcast = "tensor.broadcasting", types = "tensor.dtypes",
  random = "tensor.manual_seed", numpy = "differences",
  torch = "differences", pytorch = "differences",
  callback = "nn.callbacks", keras = "keras", ["k.function"] = "nn.Function",
  model_to_dot = "nn.Model:plot", plot_model = "nn.Model:plot",
}

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
  local topic = exact(name) or topics[also[name:lower()]] or by_value(name)
  if topic then return full_text(topic) end
  local others = find_last(name)
  if #others == 0 then others = find_method(name) end
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
