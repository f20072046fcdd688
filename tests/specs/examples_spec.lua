-- examples: what the help texts show is what happens. In a text, a line that
-- begins with "  > " is typed, and the indented lines after it are the answer.

local check = require("check")

-- The shell's answer to a line: the values of an expression as text.
local function answer(line, env)
  local silent = line:find(";%s*$")
  local chunk = load("return " .. line:gsub(";%s*$", ""), "=example", "t", env)
  local is_statement = not chunk
  chunk = chunk or assert(load(line, "=example", "t", env))
  local results = table.pack(pcall(chunk))
  if not results[1] then
    return (tostring(results[2]):gsub("^example:%d+: ", ""))
  end
  local shown = {}
  if not silent and not is_statement then
    for i = 2, results.n do shown[#shown + 1] = tostring(results[i]) end
  end
  return table.concat(shown, "\n")
end

-- A list of {line, expected text} from a help text.
local function examples(text)
  local list
  for line in (text .. "\n"):gmatch("(.-)\n") do
    local typed, said = line:match("^  > (.*)$"), line:match("^  (.*)$")
    if typed then
      list = list or {}
      list[#list + 1] = {typed}
    elseif list and said then
      table.insert(list[#list], said)
    elseif list then
      break -- the examples end with the first line that is not theirs
    end
  end
  return list
end

local function trimmed(text)
  return (text:gsub("[ \t]+\n", "\n"):gsub("%s+$", ""))
end

local function run(name, list)
  local printed = {}
  local env = setmetatable({
    print=function(...)
      local parts = table.pack(...)
      for i = 1, parts.n do parts[i] = tostring(parts[i]) end
      printed[#printed + 1] = table.concat(parts, "\t")
    end,
  }, {__index=_G})
  for _, example in ipairs(list) do
    printed = {}
    local line = example[1]:gsub("^local%s+([%a_][%w_, ]*=)", "%1")
    local said = answer(line, env)
    if said ~= "" then printed[#printed + 1] = said end
    check.equal(trimmed(table.concat(printed, "\n")),
                trimmed(table.concat(example, "\n", 2)),
                name .. "> " .. example[1])
  end
end

local count = 0
for _, name in ipairs(help.topics()) do
  local list = examples(help.text(name))
  if list then
    count = count + 1
    check.test("example of " .. name, function()
      tensor.manual_seed(1)
      run(name, list)
    end)
  end
end

-- The README: its session line by line, its program as it stands.
local function readme()
  local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
  local file = assert(io.open(here .. "../../README.md"))
  local text = file:read("a")
  file:close()
  return text
end

check.test("the README's session", function()
  local session = readme():match("```session\n(.-)```")
  run("README", examples((session:gsub("([^\n]*\n)", "  %1"))))
end)

check.test("the README's program", function()
  local program = readme():match("```lua\n(.-)```")
  local lines, accuracy = {}, nil
  local env = setmetatable({print=function(text)
    lines[#lines + 1] = tostring(text)
    accuracy = accuracy or tostring(text):match("test accuracy (.*)")
  end}, {__index=_G})
  tensor.manual_seed(1)
  assert(load(program, "=README", "t", env))()
  check.truthy(tonumber(accuracy) > 0.9, accuracy)
end)

check.test("there are examples", function() check.truthy(count > 60) end)
