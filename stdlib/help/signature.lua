-- signature: what a caller writes, made of the text in the operation table
-- that says what an operation takes: names separated by commas, each
-- `name[: type][ = default]`; a table of options stands in braces.

local signature = {}

-- What the types mean that their arguments' names do not tell; where a list
-- ends the arguments, its items may be arguments of their own.
local notes = {
  tensors = "a list of tensors",
  dim = "a dim, from 1; from -1 at the end",
  dims = "a dim, a list of dims, or nil for all",
  place = "where the new dim stands in the result, from 1 or -1",
  ints = "a whole number or a list of them",
  padding = "\"valid\", \"same\", a whole number or a list of them",
  dtype = "\"float32\", \"float64\", \"int64\", \"int32\", \"uint8\" or \"bool\"",
}
local ints_at_end = "whole numbers, or one list of them"

-- The text in pieces, split at commas that stand in no braces.
local function split(args)
  local pieces, depth, from = {}, 0, 1
  for at, char in args:gmatch("()([,{}])") do
    if char == "{" then
      depth = depth + 1
    elseif char == "}" then
      depth = depth - 1
    elseif depth == 0 then
      pieces[#pieces + 1], from = args:sub(from, at - 1), at + 1
    end
  end
  pieces[#pieces + 1] = args:sub(from)
  return pieces
end

-- A default as the caller would write it: words are strings.
local function written(kind, default)
  if not default or default == "nil" then return nil end
  local is_word = kind == "padding" or kind == "dtype" or kind:find("|")
  return is_word and ("%q"):format(default) or default
end

-- signature.parse(args)
-- A list of {name=, kind=, optional=, default=}, the last two as the caller
-- writes them.
function signature.parse(args)
  local list = {}
  for _, piece in ipairs(split(args)) do
    piece = piece:match("^%s*(.-)%s*$")
    local name = piece:match("^{") and piece or piece:match("^[^:= ]+")
    if name then
      local kind = piece:match("^[^:={]+:%s*([^= ]+)") or ""
      local default = name ~= piece and piece:match("=%s*(.+)$")
      local optional = default ~= nil and default ~= false or name == piece
        and name:find("^{") ~= nil
      list[#list + 1] = {
        name = name, kind = kind, optional = optional,
        default = written(kind, default),
      }
    end
  end
  local last = list[#list]
  if last and last.kind == "ints" and not last.optional then
    last.name = last.name .. "..."
  end
  return list
end

-- The arguments from number `from` on: "x [, dim [, keepdim=false]]".
local function arguments(list, from)
  local last_needed, text, open, comma = 0, "", 0, ""
  for i, p in ipairs(list) do
    if not p.optional then last_needed = i end
  end
  for i = from, #list do
    local p = list[i]
    local said = p.default and p.name .. "=" .. p.default or p.name
    if not p.optional then
      text, comma = text .. comma .. said, ", "
    elseif i < last_needed then
      text, comma = text .. comma .. "[" .. said .. ",] ", ""
    else
      local head = comma == "" and "[" or " [, "
      text, comma, open = text .. head .. said, ", ", open + 1
    end
  end
  return text .. ("]"):rep(open)
end

-- signature.line(name, args, is_method)
-- The call: "tensor.sum(x [, dim [, keepdim=false]])", "x:item()".
function signature.line(name, args, is_method)
  local list = signature.parse(args)
  if is_method then name = "x:" .. name:match("[^%.:]+$") end
  return ("%s(%s)"):format(name, arguments(list, 1))
end

-- signature.in_place(name, args)
-- The call that writes into the first argument: "x:add_(other)".
function signature.in_place(name, args)
  local list = signature.parse(args)
  return ("%s:%s_(%s)"):format(list[1].name, name:match("[^%.:]+$"),
                               arguments(list, 2))
end

local function note(p)
  if p.name:find("%a%.%.%.$") then return ints_at_end end
  if p.kind:find("|", 1, true) then
    return "\"" .. p.kind:gsub("|", "\" or \"") .. "\""
  end
  return notes[p.kind]
end

-- signature.notes(args)
-- Lines that tell what the arguments may be that are not just tensors or
-- numbers.
function signature.notes(args)
  local lines, width = {}, 0
  local list = signature.parse(args)
  for _, p in ipairs(list) do
    if note(p) then width = math.max(width, #p.name) end
  end
  for _, p in ipairs(list) do
    local text = note(p)
    if text then
      lines[#lines + 1] = ("  %-" .. width .. "s  %s"):format(p.name, text)
    end
  end
  return lines
end

return signature
