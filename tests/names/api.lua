-- api: are all names of the public face there? Run as
--   nnlua tests/names/api.lua [PAGE]
-- Prints what is missing and how many names there are. With the path of the
-- page that fixes the names, it also tells which of those that the page
-- sets in code, in its sections 0 and 2 to 6, the list does not know, and which
-- words of sections 4 to 6 that can only be names (with an underscore, or
-- capitals inside).
-- Exit status 1 when a name is missing or unknown.

local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
local list = dofile(here .. "list.lua")

local api = {to_come = {}}

local function is_member(x, name)
  for _, member in ipairs(require("native").members(x)) do
    if member == name then return true end
  end
  return false
end

-- Objects whose fields and methods the page names.
local objects = {
  ["a layer"] = function()
    local layer = nn.Dense{1}
    layer(tensor.zeros(1, 1))
    return layer
  end,
  ["an optimiser"] = function()
    return optim.SGD{clipnorm=1, clipvalue=1, weight_decay=0}
  end,
  ["a dataset"] = function() return data.TensorDataset(tensor.zeros(1)) end,
  ["a loader"] = function() return data.loader(tensor.zeros(1)) end,
}

-- What `where` stands for: an object, or a module or class by its path.
local function place(where)
  if objects[where] then return objects[where]() end
  local value
  for part in where:gmatch("[^.]+") do
    if value then value = value[part] else value = require(part) end
  end
  return value
end

-- Whether the name is where it belongs, and how it is written there.
local function look_up(where, name, x)
  if where == "field" then return is_member(x, name), "x." .. name end
  if where == "both" then
    return tensor[name] ~= nil and is_member(x, name), "tensor." .. name
  end
  return place(where)[name] ~= nil, where .. "." .. name
end

-- How many names the list has, and those that the program lacks, sorted.
function api.missing()
  local x, seen, count, missing = tensor.zeros(1), {}, 0, {}
  for _, group in ipairs(list.groups) do
    for _, name in ipairs(group[3]) do
      local found, full = look_up(group[2], name, x)
      if not seen[full] then
        seen[full], count = true, count + 1
        if not found and list.to_come[full] then
          api.to_come[#api.to_come + 1] = full
        elseif not found then
          missing[#missing + 1] = full
        end
      end
    end
  end
  table.sort(missing)
  return count, missing
end

local function known_words()
  local known = {}
  for _, group in ipairs(list.groups) do
    for _, name in ipairs(group[3]) do known[name] = true end
  end
  for _, word in ipairs(list.other_words) do known[word] = true end
  return known
end

-- The names in a piece of code: without strings, arguments and indices, and
-- without what stands before the last point or colon.
local function names_in(code)
  code = code:gsub('"[^"]*"', " ")
  for _, pair in ipairs {"%b()", "%b{}", "%b[]"} do
    code = code:gsub(pair, " ")
  end
  local names = {}
  for word in code:gmatch("[%a_][%w_%.:]*") do
    names[#names + 1] = word:match("[%w_]+$")
  end
  return names
end

-- Words of plain text that can only be names: "Conv2D", "state_dict".
local function names_in_prose(text)
  local names = {}
  for word in text:gsub("`[^`]*`", " "):gmatch("[%a_][%w_]*") do
    local is_name = word:find("%l%u") or word:find("%l%dD") or word:find("%w_")
    if is_name then names[#names + 1] = word end
  end
  return names
end

-- The parts of section 6 that are there; text and viz come later.
local function without_later(text)
  for _, name in ipairs {"text", "viz"} do
    text = (text .. "\n**"):gsub("\n%*%*" .. name .. "%*%*.-\n%*%*", "\n**")
  end
  return text
end

-- Names that the page sets in code and the list does not know, sorted; and how
-- many it has.
function api.unknown(page)
  local known, unknown, seen, count = known_words(), {}, {}, 0
  local function look_at(names)
    for _, name in ipairs(names) do
      if not seen[name] then
        seen[name], count = true, count + 1
        if not known[name] then unknown[#unknown + 1] = name end
      end
    end
  end
  page = "\n" .. page .. "\n## "
  for _, number in ipairs {0, 2, 3, 4, 5, 6} do
    local text = page:match("\n## " .. number .. "%. (.-)\n## ") or ""
    if number == 6 then text = without_later(text) end
    for code in text:gmatch("`([^`]+)`") do look_at(names_in(code)) end
    if number >= 4 then look_at(names_in_prose(text)) end
  end
  table.sort(unknown)
  return unknown, count
end

local function main(path)
  local count, missing = api.missing()
  for _, name in ipairs(missing) do print("missing: " .. name) end
  for _, name in ipairs(api.to_come) do
    print(("still to come: %s (%s)"):format(name, list.to_come[name]))
  end
  print(("%d names, %d missing"):format(count, #missing))
  local unknown = {}
  if path then
    local file = assert(io.open(path))
    local words
    unknown, words = api.unknown(file:read("a"))
    file:close()
    for _, name in ipairs(unknown) do print("not in the list: " .. name) end
    print(("%d words of the page, %d not in the list"):format(words, #unknown))
  end
  os.exit(#missing == 0 and #unknown == 0)
end

if arg and arg[0] and arg[0]:find("names/api%.lua$") then main(arg[1]) end

return api
