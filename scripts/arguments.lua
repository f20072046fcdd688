-- Reads the command line of the example scripts:
--
--   local arguments = dofile(FOLDER_OF_THE_SCRIPT .. "arguments.lua")
--   local o = arguments(arg, "what the script does", {
--     {"epochs", 5, "passes over the training set"},
--   })
--
-- Each row is an option's name, its default and what it means; the type of
-- the default is the type of the option, and "a|b" as fourth entry limits it
-- to those words. --help and --seed N are always there. The folder of an option
-- named "out" is made.

local SEED = {"seed", 1, "start of the random numbers"}

local function usage(name, about, rows)
  local lines = {"usage: nnlua " .. name .. " [options]", about, "",
                 "options (with their defaults):"}
  for _, row in ipairs(rows) do
    local choice = row[4] and row[4]:gsub("|", ", ") .. ": " or ""
    lines[#lines + 1] = string.format("  --%-12s %-10s %s%s", row[1],
                                      tostring(row[2]), choice, row[3])
  end
  lines[#lines + 1] = "  --help                    print this text"
  return table.concat(lines, "\n")
end

local function refuse(name, format, ...)
  io.stderr:write(string.format("%s: " .. format, name, ...),
                  "\ntry: nnlua ", name, " --help\n")
  os.exit(1)
end

-- The text of an option as the type of its default.
local function convert(name, row, text)
  if type(row[2]) == "string" then
    if row[4] and not ("|" .. row[4] .. "|"):find("|" .. text .. "|", 1, true)
    then
      refuse(name, "--%s %s: it must be one of %s", row[1], text,
             (row[4]:gsub("|", ", ")))
    end
    return text
  end
  local value = tonumber(text)
  if math.type(row[2]) == "integer" then
    value = value and math.tointeger(value)
  end
  if not value then
    refuse(name, "--%s %s: it must be a %snumber", row[1], text,
           math.type(row[2]) == "integer" and "whole " or "")
  end
  return value
end

local function find(rows, option)
  for _, row in ipairs(rows) do
    if row[1] == option then return row end
  end
end

return function(arg, about, options)
  local name = arg[0]:match("[^/]*$")
  local rows = table.move(options, 1, #options, 1, {})
  rows[#rows + 1] = SEED
  local values, i = {}, 1
  for _, row in ipairs(rows) do values[row[1]] = row[2] end
  while i <= #arg do
    local option, text = arg[i]:match("^%-%-([%w-]+)=?(.*)$")
    if option == "help" then
      print(usage(name, about, rows))
      os.exit(0)
    end
    local row = option and find(rows, option)
    if not row then refuse(name, "unknown option %s", arg[i]) end
    if not arg[i]:find("=", 1, true) then
      i = i + 1
      text = arg[i] or refuse(name, "--%s needs a value", option)
    end
    values[option], i = convert(name, row, text), i + 1
  end
  if values.out then
    os.execute("mkdir -p '" .. values.out:gsub("'", "'\\''") .. "'")
  end
  return values
end
