-- names: every public name has a text with an example, and every name that
-- must be there is there.

local check = require("check")
local native = require("native")
local test, truthy = check.test, check.truthy

local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
local root = here .. "../../"

-- Names without an example, each with the reason.
local no_example = {
  ["tensor.save"] = "writes a file; its specs do",
  ["tensor.load"] = "reads a file; its specs do",
  ["image.save"] = "writes a file; its specs do",
  ["image.load"] = "reads a file; its specs do",
  ["image.show"] = "draws on the terminal; its specs do",
  ["data.mnist"] = "reads files that may not be there; its specs do",
  ["data.fashion_mnist"] = "reads files that may not be there; its specs do",
  ["tensor.linalg"] = "a table of functions, each of which has one",
  ["tensor.fft"] = "a table of functions, each of which has one",
}
for _, name in ipairs {"nn.activations", "nn.constraints", "nn.initializers",
                       "nn.losses", "nn.metrics", "nn.regularizers",
                       "optim.schedules"} do
  no_example[name] = "a table of functions, each of which has one"
end

local MODULES = {"autograd", "data", "hyper", "image", "nn", "optim", "plot",
                 "tensor"}

-- The names of a module, those of tables of functions in it too.
local function add_names(names, module, prefix)
  for name, value in pairs(module) do
    local full, is_table = prefix .. "." .. name, type(value) == "table"
    local is_class = is_table and (value.__index or value.define)
    if is_table or type(value) == "function" then names[full] = true end
    if is_table and prefix:find("^%a+$") and not is_class then
      add_names(names, value, full)
    end
  end
end

local function public_names()
  local names, list = {}, {}
  for _, name in ipairs(MODULES) do add_names(names, require(name), name) end
  for _, name in ipairs(native.members(tensor.zeros(1))) do
    names["tensor." .. name] = true
  end
  for name in pairs(names) do list[#list + 1] = name end
  table.sort(list)
  return list
end

-- The text on the name, or on that of which it is the form in place or
-- another name.
local function text_on(name)
  local base = name:match("^(.*)_$")
  return help.text(name) or base and help.text(base)
    or name:find("^nn%.") and help.find(name)
end

local function no_text(names)
  local without = {}
  for _, name in ipairs(names) do
    if not text_on(name) then without[#without + 1] = name end
  end
  return without
end

local function no_example_in(names)
  local without = {}
  for _, name in ipairs(names) do
    local text = text_on(name)
    if text and not no_example[name] and not text:find("\n  > ", 1, true) then
      without[#without + 1] = name
    end
  end
  return without
end

test("every public name has a text", function()
  local names = public_names()
  truthy(#names > 200, "names")
  check.equal(table.concat(no_text(names), " "), "")
end)

test("a name without a text is noticed", function()
  check.equal(no_text({"tensor.sum", "tensor.sum_of_nothing"}),
              {"tensor.sum_of_nothing"})
end)

test("every text has an example", function()
  check.equal(table.concat(no_example_in(public_names()), " "), "")
end)

test("a text begins with the call and says more than that", function()
  for _, name in ipairs(public_names()) do
    local text = text_on(name)
    local last = name:match("[^%.]+$"):gsub("_$", "")
    if help.text(name) then
      truthy(text:match("^[^\n]*"):find(last, 1, true), name)
    end
    truthy(text:find("\n%S"), name)
  end
end)

-- What the page on the public face promises ----------------------------------

local api = dofile(root .. "tests/names/api.lua")

test("every name that must be there is there", function()
  local count, missing = api.missing()
  truthy(count > 200, "names")
  check.equal(table.concat(missing, " "), "")
end)

test("the list knows every name of the page", function()
  local file = io.open(root .. "../shared/API.md")
  if not file then return end
  local unknown, count = api.unknown(file:read("a"))
  file:close()
  truthy(count > 200, "words of the page")
  check.equal(table.concat(unknown, " "), "")
end)

test("names are found in a page", function()
  local page = "# Title\n## 0. Rules\nSay `tensor.sum(x)` or `frob`.\n"
    .. "## 1. Else\n`not_here`\n## 2. tensor\n`x[{i, nope}]` `zeros oddity`\n"
    .. "## 3. autograd\n`autograd.grad(\"word\", y)`, `autograd.grud(f)`\n"
    .. "## 4. nn\nDense Denze2D `fit(x)` `fitt(x)`\n"
    .. "## 6. data\n**data** `mnist()`\n**text** `Token`\n**viz** `k_fuld`\n"
    .. "**hyper** `choose`\n"
  check.equal(api.unknown(page), {"Denze2D", "choose", "fitt", "frob", "grud",
                                  "oddity"})
end)

-- help -----------------------------------------------------------------------

test("names in place find the text of their operation", function()
  for _, name in ipairs {"tensor.add_", "add_", "x:add_", "tensor:add_"} do
    local text = help.find(name)
    truthy(text and text:find("writes into its first argument", 1, true), name)
    truthy(text:find("\ntensor.add(x, other)\n", 1, true), name)
  end
  check.equal(help.find(tensor.add_), help.find("tensor.add_"))
  truthy(help.find("fill_"):find("^tensor.fill_%("))
  check.equal(help.find("tensor.gt_"), nil)
end)

test("methods are found with a point or a colon, and after x", function()
  for _, name in ipairs {"tensor.item", "tensor:item", "x:item", "item"} do
    truthy(help.find(name):find("^x:item%(%)\n"), name)
  end
  truthy(help.find("x.shape"):find("^tensor.shape\n"))
  check.equal(help.find("x.nothing"), nil)
end)

test("a signature is told in plain words", function()
  local function first_line(name) return help.text(name):match("^[^\n]*") end
  check.equal(first_line("tensor.sum"),
              "tensor.sum(x [, dim [, keepdim=false]])")
  check.equal(first_line("tensor.reshape"), "tensor.reshape(x, shape...)")
  check.equal(first_line("tensor.softmax"), "tensor.softmax(x [, dim=-1])")
  check.equal(first_line("tensor.item"), "x:item()")
  check.equal(first_line("tensor.arange"),
              "tensor.arange([first=1,] last [, step=1 [, dtype]])")
  truthy(first_line("tensor.conv2d"):find(
    'padding="valid" [, dilation=1', 1, true))
  for _, name in ipairs(help.topics()) do
    local line = first_line(name)
    truthy(not line:find(": %a+ =") and not line:find("|", 1, true), line)
  end
end)

test("the names of tensor are shown by theme", function()
  local text = help.find("tensor")
  truthy(text:find("\n  Creation\n    zeros ones", 1, true))
  truthy(text:find("\n  Reductions\n    sum mean", 1, true))
  local groups = require("help.themes").group("tensor",
                                              {"zeros", "sum", "zzz"})
  check.equal(groups[1], {title="Creation", names={"zeros"}})
  check.equal(groups[3], {title="More", names={"zzz"}})
end)

test("every name stands in one theme of its module", function()
  local themes = require("help.themes")
  for _, module in ipairs(MODULES) do
    local names, seen = {}, {}
    for _, full in ipairs(help.topics()) do
      local name = full:match("^" .. module .. "%.(%w[%w_]*)$")
      if name then names[#names + 1] = name end
    end
    for _, group in ipairs(themes.group(module, names)) do
      truthy(module == "tensor" or group.title ~= "More",
             table.concat(group.names, " "))
      for _, name in ipairs(group.names) do
        truthy(not seen[name], name)
        seen[name] = true
      end
    end
    for _, name in ipairs(names) do truthy(seen[name], name) end
  end
end)

-- Manual pages ---------------------------------------------------------------

local manual = dofile(root .. "man/generate.lua")

test("every module has a manual page with all names in it", function()
  check.equal(manual.modules(), MODULES)
  for _, module in ipairs(MODULES) do
    local page = manual.page(module)
    truthy(page:find("^%.Dd %u%l+ %d+, %d+\n%.Dt NNLUA%-" .. module:upper()))
    for _, name in ipairs(help.topics()) do
      local is_own = name:match("^%a+") == module and name ~= module
      if is_own then
        truthy(page:find("\n.Ss " .. name .. "\n", 1, true), name)
      end
    end
  end
end)

test("a manual page is well-formed", function()
  for _, module in ipairs(MODULES) do
    local depth = 0
    for line in manual.page(module):gmatch("[^\n]*") do
      if line:find("^%.Bd") then depth = depth + 1 end
      if line:find("^%.Ed") then depth = depth - 1 end
      truthy(depth == 0 or depth == 1, line)
      truthy(not line:find("^[%.']") or line:find("^%.%u%l"), line)
      truthy(not line:find("\\[^%-e&(]"), line)
    end
    check.equal(depth, 0)
  end
end)

test("special characters are escaped", function()
  check.equal(manual.escape("a\\b -1 ^ ~ `c` 'd'"),
              "a\\eb \\-1 \\(ha \\(ti \\(gac\\(ga \\(aqd\\(aq")
  check.equal(manual.escape(".5"), "\\&.5")
  check.equal(manual.escape("well-known"), "well-known")
  check.equal(manual.escape("a-b", true), "a\\-b")
end)

test("help on another name of something", function()
  check.equal(help.find("nn.losses.mse"),
              help.find("nn.losses.mean_squared_error"))
  check.equal(help.find("nn.losses.nothing"), nil)
  check.equal(help.find("os.time"), nil)
end)

test("help under the words that other libraries use", function()
  check.equal(help.find("slicing"), help.find("tensor.index"))
  check.equal(help.find("Broadcast"), help.find("tensor.broadcasting"))
  check.equal(help.find("PyTorch"), help.find("differences"))
end)

test("help on a method, whatever its object is called", function()
  for _, name in ipairs {"nn.Model.fit", "model:fit", "net.fit"} do
    truthy(help.find(name):find("^nn.Model:fit%("), name)
  end
  truthy(help.find("optim.Adam.step"):find("^optim.Optimizer:step%("))
  local text, message = help.find("nn.Model.foo")
  check.equal(text, nil)
  truthy(message:find("no help on 'nn.Model.foo'", 1, true), message)
end)
