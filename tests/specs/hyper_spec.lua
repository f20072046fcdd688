-- hyper: spaces, searches, files of trials.

local check = require("check")
local test = check.test

local program = os.getenv("NNLUA") or "build/nnlua"

-- Searches without a word.
local function search(f, space, opts)
  local o = {verbose = 0}
  for key, value in pairs(opts or {}) do o[key] = value end
  return hyper.minimize(f, space, o)
end

local function losses_of(result)
  local list = {}
  for i, trial in ipairs(result.trials) do list[i] = trial.loss or "failed" end
  return list
end

local function with_path(f)
  local path = os.tmpname()
  os.remove(path)
  local ok, message = pcall(f, path)
  os.remove(path)
  if not ok then error(message, 0) end
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

-- Test functions -------------------------------------------------------------

-- Branin's: three minima of 0.3979.
local branin_space = {x = hyper.uniform(-5, 10), y = hyper.uniform(0, 15)}
local function branin(v)
  local bend = v.y - 5.1 / (4 * math.pi ^ 2) * v.x ^ 2 + 5 / math.pi * v.x - 6
  return bend ^ 2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(v.x) + 10
end

-- Hartmann's in six dimensions: the least value is -3.3224.
local HEIGHTS = {1, 1.2, 3, 3.2}
local NARROW = {
  {10, 3, 17, 3.5, 1.7, 8}, {0.05, 10, 17, 0.1, 8, 14},
  {3, 3.5, 1.7, 10, 17, 8}, {17, 8, 0.05, 10, 0.1, 14},
}
local CENTRES = {
  {0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
  {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
  {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
  {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381},
}
local hartmann_space = {}
for j = 1, 6 do hartmann_space[j] = hyper.uniform(0, 1) end
local function hartmann(v)
  local sum = 0
  for i, height in ipairs(HEIGHTS) do
    local far = 0
    for j = 1, 6 do far = far + NARROW[i][j] * (v[j] - CENTRES[i][j]) ^ 2 end
    sum = sum - height * math.exp(-far)
  end
  return sum
end

-- A nested one: the least value is 0, in the third branch.
local nested_space = {
  shift = 0,
  kind = hyper.choice{
    {name = "flat", a = hyper.uniform(-5, 5)},
    {name = "bowl", x = hyper.uniform(-5, 5), y = hyper.log_uniform(1e-3, 1e3)},
    {name = "steps", k = hyper.int(1, 64, {log = true}),
     on = hyper.choice{"p", "q", "r"}},
  },
}
local function nested(v)
  local kind = v.kind
  if kind.name == "flat" then
    return 3 + math.abs(kind.a)
  elseif kind.name == "bowl" then
    return 0.5 + (kind.x - 1) ^ 2 + (math.log(kind.y, 10) - 1) ^ 2
  end
  return (kind.on == "q" and 0 or 2) + math.abs(math.log(kind.k / 12, 2))
end

local function mean_of_seeds(f, space, algo)
  local total = 0
  for seed = 1, 20 do
    total = total + search(f, space, {algo = algo, trials = 40,
                                      seed = seed}).best_loss
  end
  return total / 20
end

test("tpe beats random search at 40 trials, mean of 20 seeds", function()
  for name, case in pairs{
    branin = {branin, branin_space, 0.3979},
    hartmann = {hartmann, hartmann_space, -3.3224},
    nested = {nested, nested_space, 0},
  } do
    local tpe = mean_of_seeds(case[1], case[2], "tpe")
    local random = mean_of_seeds(case[1], case[2], "random")
    local least = case[3] - 1e-4
    local words = string.format("%s: tpe %.4f, random %.4f", name, tpe, random)
    if os.getenv("NNLUA_SHOW") then print(words) end
    check.truthy(tpe >= least and random >= least, words)
    check.truthy(tpe - least < 0.8 * (random - least), words)
  end
end)

-- Spaces ---------------------------------------------------------------------

test("every value lies in its space and has its type", function()
  local space = {
    u = hyper.uniform(-2, 3), l = hyper.log_uniform(1e-3, 10),
    i = hyper.int(-1, 2), j = hyper.int(1, 1000, {log = true}),
    c = hyper.choice{"a", 7, false},
    {deep = {hyper.int(5, 5)}}, constant = "k",
  }
  for _, algo in ipairs{"random", "tpe"} do
    local seen, small = {}, 0
    local r = search(function(v)
      check.equal(math.type(v.u), "float")
      check.equal(math.type(v.l), "float")
      check.truthy(v.u >= -2 and v.u <= 3)
      check.truthy(v.l >= 1e-3 and v.l <= 10)
      check.equal(math.type(v.i), "integer")
      check.truthy(v.i >= -1 and v.i <= 2)
      check.equal(math.type(v.j), "integer")
      check.truthy(v.j >= 1 and v.j <= 1000)
      small = small + (v.j <= 31 and 1 or 0)
      check.truthy(v.c == "a" or v.c == 7 or v.c == false)
      check.equal(v[1].deep[1], 5)
      check.equal(v.constant, "k")
      seen[v.i] = true
      return (v.u - 1) ^ 2
    end, space, {algo = algo, trials = 120})
    check.equal(losses_of(r)[1] ~= "failed", true)
    for i = -1, 2 do check.truthy(seen[i], "not drawn: " .. i) end
    check.truthy(small > 25 and small < 100, "below 32: " .. small)
    for _, trial in ipairs(r.trials) do check.equal(trial.status, "ok") end
  end
end)

test("a choice's parameters exist only where it is chosen", function()
  local counts = {}
  search(function(v)
    local kind = v.kind
    counts[kind.name] = (counts[kind.name] or 0) + 1
    check.equal(kind.a ~= nil, kind.name == "flat")
    check.equal(kind.x ~= nil, kind.name == "bowl")
    check.equal(kind.k ~= nil, kind.name == "steps")
    return nested(v)
  end, nested_space, {trials = 60})
  check.truthy(counts.flat and counts.bowl)
  check.truthy(counts.steps > 30) -- where the least value is
end)

test("a space may be a parameter; f may not spoil what is kept", function()
  local r = search(function(x) return x ^ 2 end, hyper.uniform(-1, 2))
  check.truthy(math.abs(r.best) < 0.2)
  r = search(function(v)
    local loss = v.x
    v.x = "spoilt"
    return loss
  end, {x = hyper.uniform(0, 1)}, {trials = 3})
  check.equal(r.best.x, r.best_loss)
end)

test("objects and functions are options and constants as they are", function()
  local f, g = function() return 2 end, function() return 1 end
  local object = setmetatable({x = hyper.uniform(0, 1)}, {})
  local r = search(function(v)
    check.truthy(rawequal(v.object, object))
    return v.f() + v.t:sum():item()
  end, {f = hyper.choice{f, g}, object = object, t = tensor({1, 2})},
  {trials = 12})
  check.equal(r.best_loss, 4.0)
  check.truthy(rawequal(r.best.f, g))
end)

test("what is no space is refused", function()
  local function f() return 1 end
  local function refuses(pattern, call) check.refuses(pattern, call) end
  refuses("hyper.uniform: takes two numbers, the lower first, got 2 and 1",
          function() hyper.uniform(2, 1) end)
  refuses("got 0 and nil", function() hyper.uniform(0) end)
  refuses("got %-?nan and 1", function() hyper.uniform(0 / 0, 1) end)
  refuses("got 0 and inf", function() hyper.uniform(0, math.huge) end)
  refuses("too wide", function() hyper.uniform(-1e308, 1e308) end)
  refuses("hyper.log_uniform: the lower end must be above 0, got 0",
          function() hyper.log_uniform(0, 1) end)
  refuses("hyper.int: takes two whole numbers, the lower first, got 1.5 and 3",
          function() hyper.int(1.5, 3) end)
  refuses("at least 1, got 0",
          function() hyper.int(0, 3, {log = true}) end)
  refuses('unknown option "lgo" %(did you mean "log"',
          function() hyper.int(1, 3, {lgo = true}) end)
  refuses("within 2^52",
          function() hyper.int(math.mininteger, math.maxinteger) end)
  refuses("hyper.choice: takes a list of options", function()
    hyper.choice{}
  end)
  refuses("there is the key \"a\"", function() hyper.choice{1, a = 2} end)
  refuses("takes a function first, then the space", function()
    hyper.minimize({}, f)
  end)
  refuses("the space must be a table", function() hyper.minimize(f, 3) end)
  refuses("the space has no parameter", function()
    hyper.minimize(f, {a = 1})
  end)
  refuses("the keys of a space are names or whole numbers, this one is true",
          function() hyper.minimize(f, {[true] = hyper.int(1, 2)}) end)
  refuses("two parameters of the space are called a.b", function()
    hyper.minimize(f, {a = {b = hyper.int(1, 2)}, ["a.b"] = hyper.int(1, 2)})
  end)
  local loop = {x = hyper.int(1, 2)}
  loop.loop = loop
  refuses("nested more than 100 deep", function() hyper.minimize(f, loop) end)
  refuses('unknown option "trails" %(did you mean "trials"', function()
    hyper.minimize(f, {x = hyper.int(1, 2)}, {trails = 3})
  end)
  refuses('algo must be "tpe", "random" or "grid", got "tree"', function()
    hyper.minimize(f, {x = hyper.int(1, 2)}, {algo = "tree"})
  end)
end)

test("options of a choice must all be there", function()
  check.refuses("hyper.choice: option 1 is nil", function()
    hyper.choice{nil, 2}
  end)
end)

-- Searching ------------------------------------------------------------------

test("the same seed gives the same trials, whatever runs beside", function()
  for _, algo in ipairs{"tpe", "random"} do
    local function run(seed, f)
      return losses_of(search(f or nested, nested_space,
                              {algo = algo, trials = 25, seed = seed}))
    end
    local first = run(3)
    math.random() tensor.rand(5)
    check.equal(run(3, function(v)
      math.random() tensor.rand(2)
      return nested(v)
    end), first)
    check.truthy(run(4)[1] ~= first[1])
  end
end)

test("tensor's random stream is left as it was", function()
  tensor.manual_seed(5)
  local expected = tensor.rand(4)
  tensor.manual_seed(5)
  search(nested, nested_space, {trials = 15})
  check.truthy(tensor.rand(4) == expected)
end)

test("errors and losses that are not finite are failed trials", function()
  local r = search(function(v, number)
    if number == 1 then error("no luck") end
    if number == 2 then return 0 / 0 end
    if number == 3 then return {loss = -math.huge} end
    if number == 4 then return nil end
    if number == 5 then return {loss = tensor({7})} end
    return v.x
  end, {x = hyper.uniform(0, 1)}, {trials = 30})
  check.truthy(r.trials[1].error:find("no luck", 1, true))
  check.equal(r.trials[2].error, "the loss is nan")
  check.equal(r.trials[3].error, "the loss is -inf")
  check.truthy(r.trials[4].error:find("must return a number, or a table "
                                        .. "with loss=, got nil", 1, true))
  for i = 1, 4 do
    check.equal(r.trials[i].status, "failed")
    check.equal(r.trials[i].loss, nil)
  end
  check.equal(r.trials[5].loss, 7.0)
  check.equal(#r.trials, 30)
  check.truthy(r.best_loss < 0.2)
  check.equal(tostring(r):match("^best of 30 trials %(4 failed%): trial %d+"),
              "best of 30 trials (4 failed): trial " .. r.best_trial.number)
end)

test("tpe turns away from where trials fail", function()
  local failed = 0
  search(function(v)
    if v.x > 0.5 then
      failed = failed + 1
      error("too large")
    end
    return 1 - v.x
  end, {x = hyper.uniform(0, 1)}, {trials = 60})
  check.truthy(failed < 30, "failed: " .. failed)
end)

test("when every trial fails it is an error with the first message", function()
  check.refuses("hyper.minimize: all 4 trials failed; the first: .*no luck",
                function()
    search(function() error("no luck") end, {x = hyper.int(1, 3)}, {trials = 4})
  end)
  check.refuses("the only trial failed; the first: the loss is nan", function()
    search(function() return 0 / 0 end, {x = hyper.int(1, 3)}, {trials = 1})
  end)
end)

test("grid: the largest even grid within the trials", function()
  local seen = {}
  local space = {
    a = hyper.int(1, 2), b = hyper.uniform(0, 1),
    c = hyper.choice{"x", {d = hyper.log_uniform(1, 100)}},
  }
  local r = search(function(v)
    local c = type(v.c) == "table" and string.format("%g", v.c.d) or v.c
    seen[#seen + 1] = v.a .. " " .. v.b .. " " .. c
    return v.b
  end, space, {algo = "grid", trials = 25})
  -- 3 places for b and d: 2 * 3 * (1 + 3) points; 4 would make 40
  check.equal(#r.trials, 24)
  check.equal({table.unpack(seen, 1, 5)},
              {"1 0.0 x", "1 0.0 1", "1 0.0 10", "1 0.0 100", "1 0.5 x"})
  check.equal(#search(branin, {x = hyper.int(1, 3), y = 2},
                      {algo = "grid"}).trials, 3)
  check.equal(search(branin, branin_space, {algo = "grid", trials = 1}).best,
              {x = 2.5, y = 7.5})
  check.refuses("the choices alone make a grid of 2 points, more than trials=1",
                function()
    search(branin, space, {algo = "grid", trials = 1})
  end)
end)

test("max_seconds: one trial at least, and no more after the time", function()
  local r = search(function(v) return v.x end, {x = hyper.uniform(0, 1)},
                   {trials = 1000000, max_seconds = 0.05})
  check.truthy(#r.trials > 0 and #r.trials < 1000000)
  r = search(function(v)
    local stop = os.clock() + 0.03
    while os.clock() < stop do end
    return v.x
  end, {x = hyper.uniform(0, 1)}, {trials = 9, max_seconds = 0.001})
  check.equal(#r.trials, 1)
end)

-- Files ----------------------------------------------------------------------

test("a search that stopped goes on as if it had not", function()
  with_path(function(path)
    local whole = losses_of(search(nested, nested_space, {trials = 30}))
    search(nested, nested_space, {trials = 12, path = path})
    local calls = 0
    local r = search(function(v)
      calls = calls + 1
      return nested(v)
    end, nested_space, {trials = 30, path = path})
    check.equal(calls, 18)
    check.equal(losses_of(r), whole)
    check.equal(r.trials[1].values.kind.name ~= nil, true)
    local again = search(function() error("not called") end, nested_space,
                         {trials = 30, path = path})
    check.equal(again.best, r.best)
    check.equal(again.best_loss, r.best_loss)
  end)
end)

test("failed trials and what f returned are in the file", function()
  with_path(function(path)
    local space = {x = hyper.uniform(0, 1)}
    local function f(_, number)
      if number == 2 then error("caf\xe9 \0 broken", 0) end
      return {loss = number, accuracy = 0.5, bad = 0 / 0, list = {1, 2},
              f = print, [1] = nil, text = "ok"}
    end
    search(f, space, {trials = 3, path = path})
    local r = search(f, space, {trials = 3, path = path})
    check.equal(r.trials[2].error, "caf? \0 broken")
    check.equal(r.trials[1].result,
                {loss = 1, accuracy = 0.5, list = {1, 2}, text = "ok"})
    check.equal(select(2, read(path):gsub("\n", "")), 4)
  end)
end)

test("a trial is in the file before the next begins", function()
  with_path(function(path)
    search(function(_, number)
      check.equal(select(2, read(path):gsub("\n", "")), number)
      return 1
    end, {x = hyper.int(1, 9)}, {trials = 4, path = path})
  end)
end)

test("a line that was cut short is dropped", function()
  with_path(function(path)
    local whole = losses_of(search(branin, branin_space,
                                   {trials = 15, path = path}))
    local text = read(path)
    for _, left in ipairs{#text - 1, #text - 20, 10, 0} do
      write(path, text:sub(1, left))
      local r = search(branin, branin_space, {trials = 15, path = path})
      check.equal(losses_of(r), whole)
      check.equal(select(2, read(path):gsub("\n", "")), 16)
    end
  end)
end)

test("a grid goes on with the points that are missing", function()
  with_path(function(path)
    local space, count = {x = hyper.int(1, 9)}, 0
    local function f(v)
      count = count + 1
      return v.x
    end
    search(f, space, {algo = "grid", trials = 3, path = path}) -- 1, 5, 9
    local r = search(f, space, {algo = "grid", trials = 9, path = path})
    check.equal(count, 9)
    check.equal(losses_of(r), {1, 5, 9, 2, 3, 4, 6, 7, 8})
  end)
end)

test("other files are refused and left as they are", function()
  with_path(function(path)
    local function refuses(pattern, space)
      local before = read(path)
      check.refuses(pattern, function()
        search(branin, space or branin_space, {trials = 5, path = path})
      end)
      check.equal(read(path), before)
    end
    for _, text in ipairs{"my notes", "my notes\n", "{}\n", "[1]\n", "1\n",
                          "\0\n", '{"format": "nnlua-hyper"}\n'} do
      write(path, text)
      refuses("is no file of trials")
    end
    os.remove(path)
    search(branin, branin_space, {trials = 3, path = path})
    refuses("was made for another space: there is x: uniform%(%-5, 10%), "
              .. "here x: uniform%(%-5, 11%)",
            {x = hyper.uniform(-5, 11), y = hyper.uniform(0, 15)})
    refuses("there is nothing more, here z: 1",
            {x = hyper.uniform(-5, 10), y = hyper.uniform(0, 15), z = 1})
    local text = read(path)
    write(path, text .. "{nonsense\n")
    refuses("line 5 is no JSON")
    write(path, text .. '{"number": 4}\n')
    refuses("line 5 is no trial of this space")
    write(path, (text:gsub('"x":[^,}]*', '"x":99.0')))
    refuses("line 2 is no trial of this space")
    write(path, (text:gsub('"version":1', '"version":2')))
    refuses("is of version 2, this program reads version 1")
  end)
  check.refuses("hyper.minimize: /no/such/folder/t.jsonl: No such file",
                function()
    search(branin, branin_space, {path = "/no/such/folder/t.jsonl"})
  end)
end)

-- The table ------------------------------------------------------------------

test("the table of trials as plain lines", function()
  local path = os.tmpname()
  write(path, [[
    hyper.minimize(function(v, n)
      if n == 2 then error("no luck", 0) end
      return n == 3 and 0.5 or n
    end, {x=hyper.int(7, 7), long={name=hyper.choice{"relu", {1}}}},
    {trials=4})
  ]])
  local pipe = io.popen(program .. " " .. path .. " 2>&1")
  local lines = {}
  for line in pipe:lines() do
    lines[#lines + 1] = line:gsub("%d+%.%d+s", "TIME"):gsub("%s+", " ")
      :gsub("relu", "#1"):gsub("#%d", "OPTION")
  end
  pipe:close()
  os.remove(path)
  check.equal(lines, {
    "trial loss best time long.name x",
    " 1 1 * 1 TIME OPTION 7",
    " 2 failed 1 TIME OPTION 7",
    " no luck",
    " 3 0.5 * 0.5 TIME OPTION 7",
    " 4 4 0.5 TIME OPTION 7",
    "best of 4 trials (1 failed): trial 3, loss 0.5, long.name=OPTION x=7",
  })
end)
