-- generate: makes the manual pages of the modules, nnlua-tensor.3 and its
-- kin, of the texts that help() shows. Run as
--   nnlua man/generate.lua FOLDER

local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
local themes = require("help.themes")

local generate = {}

local WIDTH = 70

-- The modules with a page of their own, and the names whose examples stand at
-- its end.
local pages = {
  tensor = {
    about = "arrays of numbers, and what can be computed with them",
    examples = {"tensor.operators", "tensor.broadcasting"},
    differences = true,
  },
  autograd = {
    about = "derivatives of what is computed with tensors",
    examples = {"tensor.backward", "autograd.value_and_grad"},
  },
  nn = {
    about = "layers, models, losses, metrics and callbacks",
    examples = {"nn.Sequential", "nn.Model:fit", "nn.Model:save"},
  },
  optim = {
    about = "optimisers and learning rates",
    examples = {"optim.Optimizer", "optim.schedules.cosine"},
  },
  data = {
    about = "data sets, batches and preparation",
    examples = {"data.loader", "data.Dataset:map"},
  },
  image = {
    about = "pictures: files, geometry and filters",
    examples = {"image.resize", "image.filter"},
  },
  plot = {
    about = "charts, in a file or in the terminal",
    examples = {"plot.line", "plot.hist"},
  },
  hyper = {
    about = "search for good settings, and ensembles",
    examples = {"hyper.minimize", "hyper.ensemble"},
  },
}

-- generate.modules()
-- The names of the modules with a page, sorted.
function generate.modules()
  local names = {}
  for name in pairs(pages) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- Text for mdoc -----------------------------------------------------------------

-- generate.escape(line, is_code)
-- The line so that roff prints it as it is. In prose a hyphen between
-- letters stays one; in code each is a minus.
function generate.escape(line, is_code)
  line = line:gsub("\\", "\\e")
  if is_code then
    line = line:gsub("%-", "\\-")
  else
    line = (" " .. line):gsub("([%s%p])%-%f[%w.]", "%1\\-")
      :gsub("([ `])%-([ `])", "%1\\-%2"):sub(2)
  end
  line = line:gsub("`", "\\(ga"):gsub("'", "\\(aq"):gsub("%^", "\\(ha")
             :gsub("~", "\\(ti")
  return (line:gsub("^%.", "\\&."))
end

local function add_code(out, lines)
  out[#out + 1] = ".Bd -literal -offset indent"
  for _, line in ipairs(lines) do
    out[#out + 1] = generate.escape(line:gsub("^  ", ""), true)
  end
  out[#out + 1] = ".Ed"
end

-- Breaks a line between words; the rows after the first begin with indent.
local function wrap(line, indent)
  local rows, row = {}, nil
  for word in line:gmatch("%S+") do
    if row and #row + 1 + #word > WIDTH then
      rows[#rows + 1] = row
      row = indent .. word
    else
      row = row and row .. " " .. word or word
    end
  end
  rows[#rows + 1] = row
  return rows
end

-- Each sentence begins a line of its own.
local function add_prose(out, lines)
  local text = table.concat(lines, " ")
  for sentence in (text:gsub("([%.%)][%.%)]?) +(%u)", "%1\n%2") .. "\n")
      :gmatch("([^\n]+)\n") do
    for _, row in ipairs(wrap(sentence, "")) do
      out[#out + 1] = generate.escape(row)
    end
  end
end

-- What a line of a text is: "prose", "gap" between paragraphs, or what
-- stands as it is: "table", and from the first typed line on "session".
local function kind_of(line, before)
  if line == "" then return "gap" end
  if not line:find("^  ") then return "prose" end
  return (line:find("^  > ") or before == "session") and "session" or "table"
end

-- The text in blocks of one kind, {kind=, lines}; references and sources are
-- paragraphs of their own.
local function blocks_of(text)
  local blocks, kind = {}, nil
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do
    local now = kind_of(line, kind)
    if now ~= kind or line:find("^See also:") or line:find("^Source:") then
      blocks[#blocks + 1] = {kind = now}
    end
    kind = now
    table.insert(blocks[#blocks], line)
  end
  return blocks
end

local function add_text(out, text)
  local before
  for _, block in ipairs(blocks_of(text)) do
    if block.kind == "prose" then
      if before == "prose" or before == "table" then
        out[#out + 1] = ".Pp"
      end
      add_prose(out, block)
    elseif block.kind ~= "gap" then
      add_code(out, block)
    end
    if block.kind ~= "gap" then before = block.kind end
  end
end

-- Help topics -------------------------------------------------------------------

-- The call and the rest of a text.
local function parts(name)
  return help.text(name):match("^([^\n]*)\n?(.*)$")
end

local function add_name(out, name)
  local call, rest = parts(name)
  out[#out + 1] = ".Ss " .. name
  if call ~= name then
    out[#out + 1] = ".Bd -literal"
    for _, row in ipairs(wrap(call, "    ")) do
      out[#out + 1] = generate.escape(row, true)
    end
    out[#out + 1] = ".Ed"
    out[#out + 1] = ".Pp"
  end
  add_text(out, rest)
end

-- The names right below a module or class, and the same without it.
local function names_below(module)
  local full, short = {}, {}
  local pattern = "^" .. module:gsub("%p", "%%%0") .. "[.:]([%w_]+)$"
  for _, name in ipairs(help.topics()) do
    local last = name:match(pattern)
    if last then full[#full + 1], short[#short + 1] = name, last end
  end
  return full, short
end

-- The text on a name, then on what is in it.
local function add_tree(out, name)
  add_name(out, name)
  for _, inner in ipairs((names_below(name))) do add_tree(out, inner) end
end

local function add_theme(out, module, group)
  out[#out + 1] = ".Sh " .. group.title:upper()
  for _, name in ipairs(group.names) do add_tree(out, module .. "." .. name) end
end

local function add_examples(out, names)
  out[#out + 1] = ".Sh EXAMPLES"
  out[#out + 1] = "At the prompt of"
  out[#out + 1] = ".Xr nnlua 1 :"
  for _, name in ipairs(names) do
    local lines = {}
    local from = help.text(name):find("\n  > ", 1, true)
    for line in help.text(name):sub(from + 1):gmatch("[^\n]+") do
      lines[#lines + 1] = line
    end
    add_code(out, lines)
  end
end

-- The date of the page on the program itself.
local function date()
  for line in io.lines(here .. "nnlua.1") do
    local found = line:match("^%.Dd (.*)$")
    if found then return found end
  end
end

local function add_head(out, module)
  local name = "nnlua-" .. module
  for _, line in ipairs {
    ".Dd " .. date(), (".Dt %s 3"):format(name:upper()), ".Os", ".Sh NAME",
    ".Nm " .. name, ".Nd " .. pages[module].about, ".Sh SYNOPSIS",
    (".Ic local %s = require(\\(dq%s\\(dq)"):format(module, module),
    ".Sh DESCRIPTION", "The module", ".Em " .. module, "of",
    ".Xr nnlua 1 ,", "a global variable that is loaded when first touched.",
    "Arguments in brackets may be left out;",
    "a value behind = is what then holds.",
    "Lines that begin with > are typed at the prompt, the lines below are the",
    "answer.",
  } do
    out[#out + 1] = line
  end
  if help.text(module) then add_name(out, module) end
end

local function add_see_also(out, module)
  out[#out + 1] = ".Sh SEE ALSO"
  out[#out + 1] = ".Xr lua 1 ,"
  out[#out + 1] = ".Xr nnlua 1"
  for _, name in ipairs(generate.modules()) do
    if name ~= module then
      out[#out] = out[#out] .. " ,"
      out[#out + 1] = ".Xr nnlua-" .. name .. " 3"
    end
  end
end

-- generate.page(module)
-- The page on a module, as text.
function generate.page(module)
  local out, page = {}, pages[module]
  add_head(out, module)
  local _, names = names_below(module)
  for _, group in ipairs(themes.group(module, names)) do
    add_theme(out, module, group)
  end
  if page.differences then
    out[#out + 1] = ".Sh DIFFERENCES FROM NUMPY AND PYTORCH"
    add_text(out, (select(2, parts("differences"))))
  end
  add_examples(out, page.examples)
  add_see_also(out, module)
  return table.concat(out, "\n") .. "\n"
end

local function write(folder)
  for _, module in ipairs(generate.modules()) do
    local path = ("%s/nnlua-%s.3"):format(folder, module)
    local file = assert(io.open(path, "w"))
    assert(file:write(generate.page(module)))
    assert(file:close())
  end
end

if arg and arg[0] and arg[0]:find("generate%.lua$") then
  if not arg[1] then error("the folder is missing", 0) end
  write(arg[1])
end

return generate
