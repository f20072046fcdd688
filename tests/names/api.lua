-- api: are all names of the public face there? Run as
--   nnlua tests/names/api.lua [PAGE]
-- Prints what is missing and how many names there are. With the path of the
-- page that fixes the names, it also tells which of those that the page
-- sets in code, in its sections 0, 2 and 3, the list does not know.
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

-- Whether the name is where it belongs, and how it is written there.
local function look_up(where, name, x)
  if where == "field" then return is_member(x, name), "x." .. name end
  if where == "autograd" then
    return autograd[name] ~= nil, "autograd." .. name
  elseif where == "linalg" or where == "fft" then
    local module = tensor[where]
    return module and module[name] ~= nil, ("tensor.%s.%s"):format(where, name)
  end
  local found = tensor[name] ~= nil
  if where == "both" then found = found and is_member(x, name) end
  return found, "tensor." .. name
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

-- Names that sections 0, 2 and 3 of the page set in code and the list does
-- not know, sorted; and how many they have.
function api.unknown(page)
  local known, unknown, seen, count = known_words(), {}, {}, 0
  page = "\n" .. page .. "\n## "
  for _, number in ipairs {0, 2, 3} do
    local text = page:match("\n## " .. number .. "%. (.-)\n## ") or ""
    for code in text:gmatch("`([^`]+)`") do
      for _, name in ipairs(names_in(code)) do
        if not seen[name] then
          seen[name], count = true, count + 1
          if not known[name] then unknown[#unknown + 1] = name end
        end
      end
    end
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
