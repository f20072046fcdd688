-- The example scripts, run as a user runs them, with small settings.

local check = require("check")
local test = check.test

local program = os.getenv("NNLUA") or "build/nnlua"

-- What the script printed (errors included) and its exit status.
local function run(line)
  local pipe = assert(io.popen(program .. " --no-progress scripts/" .. line
                                 .. " 2>&1"))
  local text = pipe:read("a")
  local _, _, status = pipe:close()
  return text, status
end

local function has(text, wanted)
  if not text:find(wanted, 1, true) then
    error(string.format("%q is not in:\n%s", wanted, text), 0)
  end
end

local SCRIPTS = {"train_mnist.lua", "linear_regression.lua",
                 "tour_tensors.lua", "tour_gradients.lua"}

test("every script has usage text and refuses unknown options", function()
  for _, name in ipairs(SCRIPTS) do
    local text, status = run(name .. " --help")
    check.equal(status, 0)
    has(text, "usage: nnlua " .. name)
    has(text, "--seed")
    text, status = run(name .. " --no-such-option 3")
    check.equal(status, 1)
    has(text, "unknown option --no-such-option")
    text, status = run(name .. " --seed one")
    check.equal(status, 1)
    has(text, "--seed one: it must be a whole number")
  end
end)

test("train_mnist: each model runs and writes its files", function()
  local out = os.tmpname()
  os.remove(out)
  for _, model in ipairs({"softmax", "mlp", "cnn"}) do
    local text, status = run(string.format(
      "train_mnist.lua --model %s --dataset digits --epochs 1 --out %s",
      model, out))
    check.equal(status, 0)
    has(text, "test accuracy")
    has(text, "wrote " .. out .. "/history.csv")
    local accuracy = tonumber(text:match("test accuracy ([%d.]+)"))
    check.truthy(accuracy > 0.6)
    local csv = assert(io.open(out .. "/history.csv"))
    has(csv:read("l"), "loss")
    csv:close()
    check.equal(image.load(out .. "/mistakes.png").shape[3], 3)
  end
  os.execute("rm -r " .. out)
end)

test("train_mnist: a wrong choice is refused", function()
  local text, status = run("train_mnist.lua --model lenet")
  check.equal(status, 1)
  has(text, "it must be one of mlp, cnn, softmax")
end)

test("linear_regression: both ways find the weights", function()
  local text, status = run("linear_regression.lua")
  check.equal(status, 0)
  local found = 0
  for w1, w2, b in text:gmatch(
      "w = %(([%d.-]+), ([%d.-]+)%)  b = ([%d.-]+)") do
    found = found + 1
    check.near(tonumber(w1), 2, 0.01)
    check.near(tonumber(w2), -3.4, 0.01)
    check.near(tonumber(b), 4.2, 0.01)
  end
  check.equal(found, 4)
  local last = tonumber(text:match("epoch 3, loss: ([%d.]+)"))
  check.near(last, 0.00005, 0.00002)
end)

test("the tours run to their ends", function()
  local text, status = run("tour_tensors.lua --size 40")
  check.equal(status, 0)
  has(text, "(91, 28, 28)")
  has(text, "same result")
  check.equal(text:find("DIFFERENT", 1, true), nil)
  text, status = run("tour_gradients.lua")
  check.equal(status, 0)
  check.equal(text:find("same? false", 1, true), nil)
end)
