-- files: tensor.save and tensor.load, format by format. What the formats
-- hold, byte by byte, is the matter of tests/tensor and tests/parity.

local check = require("check")
local native = require("native")
local test, equal = check.test, check.equal

local base = os.tmpname()
local made = {[base]=true}

-- A path that ends so; removed at the end.
local function path_of(ending)
  made[base .. ending] = true
  return base .. ending
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

local function same(a, b)
  equal(a.dtype, b.dtype)
  equal(tostring(a.shape), tostring(b.shape))
  check.truthy(a == b or a:numel() == 0, "the elements differ")
end

local function refuses(text, f, ...)
  local args = table.pack(...)
  local message = check.error_matches(function()
    f(table.unpack(args, 1, args.n))
  end, text)
  check.truthy(message:find("files_spec.lua:%d+: "), message)
end

-- One tensor -----------------------------------------------------------------

local dtypes = {"bool", "uint8", "int32", "int64", "float32", "float64"}

local function samples(dtype)
  local x = tensor.randint(0, 1, {4, 6}):to(dtype)
  return {x, x.T, x["2:, ::2"], x[1], x[{{-1, 1, -1}}],
          x["1, 1:1"]:reshape({}), tensor.zeros({0, 3}, dtype),
          tensor.ones({1, 2, 1, 2, 1, 2, 1, 2}, dtype),
          x[1]:expand(3, 6)}
end

for _, ending in ipairs {".npy", ".npz", ".safetensors"} do
  test(ending .. " keeps every dtype, shape and layout", function()
    local path = path_of(ending)
    for _, dtype in ipairs(dtypes) do
      for _, x in ipairs(samples(dtype)) do
        tensor.save(path, x)
        same(tensor.load(path), x)
      end
    end
  end)
end

for _, ending in ipairs {".idx", ".idx.gz", "-ubyte", "-ubyte.gz"} do
  test(ending .. " keeps uint8, int32 and floats", function()
    local path = path_of(ending)
    for _, dtype in ipairs {"uint8", "int32", "float32", "float64"} do
      local x = tensor.randint(0, 9, {3, 4}):to(dtype).T
      tensor.save(path, x)
      same(tensor.load(path), x)
    end
    refuses("IDX files hold uint8, int32, float32 or float64; convert this "
              .. "int64 tensor first", tensor.save, path, tensor.arange(3))
  end)
end

test("the end of the path may be in capitals", function()
  local path = path_of(".NPY")
  tensor.save(path, tensor.arange(3))
  equal(read(path):sub(1, 6), "\x93NUMPY")
  same(tensor.load(path), tensor.arange(3))
end)

test("NaN and infinity go through", function()
  local x = tensor({0 / 0, 1 / 0, -1 / 0, -0.0})
  for _, ending in ipairs {".npy", ".npz", ".safetensors", ".csv", ".idx"} do
    tensor.save(path_of(ending), x)
    local y = tensor.load(path_of(ending)):flatten()
    check.near(y, x, 0)
    equal(1 / y[4], -1 / 0)
  end
end)

test("a tracked tensor is saved, what is loaded is not tracked", function()
  local x = tensor.rand(3):requires_grad_()
  for _, ending in ipairs {".npy", ".npz", ".csv"} do
    tensor.save(path_of(ending), x * 2)
    equal(tensor.load(path_of(ending)).requires_grad, false)
  end
end)

test("png: uint8 as it is, floats from 0 to 1", function()
  local path = path_of(".png")
  local x = tensor.randint(0, 255, {5, 4, 3}):byte()
  tensor.save(path, x)
  same(tensor.load(path), x)
  tensor.save(path, tensor({{0, 0.5, 1, 2, -1}}))
  equal(tensor.load(path):flatten():totable(), {0, 128, 255, 255, 0})
  refuses("an image is a tensor of shape", tensor.save, path, tensor.ones(3))
end)

-- Fortran's order, as an array of NumPy's often has it.
test("npy: Fortran order is a transposed view", function()
  local path = path_of(".npy")
  local header = "{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3)}"
  write(path, "\x93NUMPY\1\0" .. string.pack("<s2", header)
          .. string.pack("<i4i4i4i4i4i4", 1, 4, 2, 5, 3, 6))
  local x = tensor.load(path)
  equal(x:totable(), {{1, 2, 3}, {4, 5, 6}})
  equal(x:is_contiguous(), false)
  equal((x + x):totable(), {{2, 4, 6}, {8, 10, 12}})
end)

test("npy: complex numbers get a last dim of 2", function()
  local path = path_of(".npy")
  local header = "{'descr': '<c8', 'fortran_order': False, 'shape': (2,)}"
  write(path, "\x93NUMPY\1\0" .. string.pack("<s2", header)
          .. string.pack("<ffff", 1, 2, 3, -4))
  equal(tensor.load(path):totable(), {{1, 2}, {3, -4}})
end)

-- Tensors by name ------------------------------------------------------------

for _, ending in ipairs {".npz", ".safetensors"} do
  test(ending .. " holds tensors by name", function()
    local path = path_of(ending)
    local x = {a=tensor.rand(2, 3), ["b/ü.c"]=tensor.arange(4), [""]=tensor(1)}
    tensor.save(path, x)
    local y = tensor.load(path)
    for name, t in pairs(x) do same(y[name], t) end
    for name in pairs(y) do check.truthy(x[name], name) end
    tensor.save(path, {})
    equal(next(tensor.load(path)), nil)
    refuses("must have names %(strings%), not a number", tensor.save, path,
            {tensor.ones(2)})
    refuses("'x' is a number, not a tensor", tensor.save, path, {x=1})
    refuses("name holds a zero byte", tensor.save, path,
            {["a\0b"]=tensor(1)})
  end)
end

test("one tensor saved without a name comes back without one", function()
  for _, case in ipairs {{".npz", "arr_0"}, {".safetensors", "tensor"}} do
    local path, name = path_of(case[1]), case[2]
    tensor.save(path, {[name]=tensor.ones(2)})
    same(tensor.load(path), tensor.ones(2))
    tensor.save(path, {x=tensor.ones(2)})
    same(tensor.load(path).x, tensor.ones(2))
    tensor.save(path, {[name]=tensor.ones(2), x=tensor.ones(3)})
    same(tensor.load(path)[name], tensor.ones(2))
  end
end)

test("npz: packed on request", function()
  local path = path_of(".npz")
  local x = tensor.zeros(100, 100)
  tensor.save(path, {x=x})
  local size = #read(path)
  tensor.save(path, {x=x}, {compress=true})
  check.truthy(#read(path) < size / 20)
  same(tensor.load(path).x, x)
  tensor.save(path, {x=x}, {compress=false})
  equal(#read(path), size)
end)

test("equal contents give equal files", function()
  for _, ending in ipairs {".npz", ".safetensors"} do
    local path, first = path_of(ending), nil
    for _ = 1, 5 do
      local x = {}
      for k = 1, 20 do x["name" .. k] = tensor({k}) end
      tensor.save(path, x)
      first = first or read(path)
      equal(read(path), first)
    end
  end
end)

-- CSV ------------------------------------------------------------------------

test("csv: numbers to and fro", function()
  local path = path_of(".csv")
  local x = tensor.randn({20, 3}, "float64")
  tensor.save(path, x)
  same(tensor.load(path, {dtype="float64"}), x)
  same(tensor.load(path), x:float())
  tensor.save(path, x:float())
  same(tensor.load(path), x:float())
  tensor.save(path, tensor.arange(3))
  equal(read(path), "1\n2\n3\n")
  same(tensor.load(path, {dtype="int64"}), tensor.arange(3):reshape(3, 1))
  tensor.save(path, tensor({{true, false}}))
  equal(read(path), "1,0\n")
  tensor.save(path, tensor(2.5))
  equal(read(path), "2.5\n")
end)

test("csv: the dtype is the default one unless told", function()
  local path = path_of(".csv")
  write(path, "1,2\n")
  equal(tensor.load(path).dtype, "float32")
  local before = tensor.default_dtype("float64")
  local dtype = tensor.load(path).dtype
  tensor.default_dtype(before)
  equal(dtype, "float64")
  for _, name in ipairs(dtypes) do
    write(path, "1,0\n")
    equal(tensor.load(path, {dtype=name}).dtype, name)
  end
end)

test("csv: names of the columns", function()
  local path = path_of(".csv")
  local x = tensor({{1, 2}, {3, 4}})
  tensor.save(path, x, {names={"height, m", "x"}})
  equal(read(path), '"height, m",x\n1,2\n3,4\n')
  local y, names = tensor.load(path)
  same(y, x)
  equal(names, {"height, m", "x"})
  equal(select("#", tensor.load(path)), 2)
  tensor.save(path, x)
  equal(select("#", tensor.load(path)), 1)
  write(path, "2020;2021\n1;NA\n")
  equal(#tensor.load(path), 2)
  y, names = tensor.load(path, {header=true})
  check.near(y, {{1, 0 / 0}}, 0)
  equal(names, {"2020", "2021"})
  refuses("line 1, column 1: 'a' is not a number", function()
    write(path, "a,b\n1,2\n")
    tensor.load(path, {header=false})
  end)
end)

test("csv: a table of no rows keeps its columns", function()
  local path = path_of(".csv")
  tensor.save(path, tensor.zeros(0, 2), {names={"a", "b"}})
  local x, names = tensor.load(path)
  check.same_shape(x, {0, 2})
  equal(names, {"a", "b"})
end)

test("csv: separators, gzip", function()
  local x = tensor({{1, 2.5}, {3, 4}})
  for _, separator in ipairs {",", ";", "\t", "|"} do
    local path = path_of(".csv")
    tensor.save(path, x, {separator=separator})
    check.truthy(read(path):find("1" .. separator .. "2.5\n", 1, true))
    same(tensor.load(path, {separator=separator}), x)
    if separator ~= "|" then same(tensor.load(path), x) end
  end
  tensor.save(path_of(".csv.gz"), x, {names={"a", "b"}})
  equal(read(path_of(".csv.gz")):sub(1, 2), "\x1f\x8b")
  same(tensor.load(path_of(".csv.gz")), x)
end)

test("csv: the locale has no say", function()
  local path = path_of(".csv")
  for _, name in ipairs {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"} do
    if os.setlocale(name, "numeric") then break end
  end
  local fine, problem = pcall(function()
    tensor.save(path, tensor({{0.5, 1.25}}))
    equal(read(path), "0.5,1.25\n")
    equal(tensor.load(path):totable(), {{0.5, 1.25}})
  end)
  os.setlocale("C", "numeric")
  if not fine then error(problem, 0) end
end)

test("csv: what is wrong, and where", function()
  local path = path_of(".csv")
  local function wrong(text, message, options)
    write(path, text)
    refuses("%.csv: " .. message, tensor.load, path, options)
  end
  wrong("a,b\n1,2\n3,x\n", "line 3, column 2 %('b'%): 'x' is not a number")
  wrong("1,2\n3\n", "line 2 has 1 fields, but line 1 has 2")
  wrong("1\n\n2\n", "line 2 is empty")
  wrong("", "there is nothing in it")
  wrong('1,"2\n', "line 1: a quote is not closed")
  wrong("1\n1.5\n", "line 2, column 1: '1.5' is not a whole number",
        {dtype="int32"})
  wrong("\0", "is not text")
  refuses("at most 2 dims, not a tensor of shape %(1, 1, 1%)", tensor.save,
          path, tensor.ones(1, 1, 1))
  refuses("2 names for 3 columns", tensor.save, path, tensor.ones(1, 3),
          {names={"a", "b"}})
  refuses("names must be a list of strings", tensor.save, path,
          tensor.ones(1, 3), {names={}})
  refuses("names must be a list of strings", tensor.save, path,
          tensor.ones(1, 3), {names="abc"})
  refuses("name 2 must be a string, not a number", tensor.save, path,
          tensor.ones(1, 3), {names={"a", 2, "b"}})
  refuses("name 1 holds a zero byte", tensor.save, path, tensor.ones(1),
          {names={"a\0b"}})
  refuses("separator must be", tensor.load, path, {separator="x"})
  refuses("separator must be", tensor.save, path, tensor.ones(1),
          {separator="||"})
  refuses("header must be true or false, not a number", tensor.load, path,
          {header=1})
  refuses("dtype", tensor.load, path, {dtype="float16"})
end)

-- Calls and files that are wrong ---------------------------------------------

test("what the arguments must be", function()
  local x = tensor.ones(2)
  refuses("the path must end in one of %.safetensors, %.npz, %.npy, %.csv",
          tensor.load, "x.txt")
  refuses("tensor.save: 'npy': the path must end", tensor.save, "npy", x)
  refuses("tensor.load: '%.npy': the path must end", tensor.load, ".npy")
  refuses("argument #1 must be a path %(a string%), not a number",
          tensor.load, 5)
  refuses("argument #1 must be a path", tensor.save, nil, x)
  refuses("the path is empty", tensor.load, "")
  refuses("the path holds a zero byte", tensor.load, "a\0.npy")
  refuses("argument #2 must be a tensor or a table of named tensors, not a nil",
          tensor.save, "x.npy")
  refuses("'x.npy' holds one tensor; a table of tensors needs a path that "
            .. "ends in one of .safetensors, .npz", tensor.save, "x.npy", {a=x})
end)

test("options that a format does not have", function()
  local x = tensor.ones(2)
  refuses("unknown option 'compres'; 'x.npz' takes compress", tensor.save,
          "x.npz", x, {compres=true})
  refuses("unknown option 'compress'; 'x.npy' takes no options", tensor.save,
          "x.npy", x, {compress=true})
  refuses("unknown option 'd'; 'x.csv' takes dtype, header, separator",
          tensor.load, "x.csv", {d="int64"})
  refuses("unknown option 'number'", tensor.load, "x.csv", {"int64"})
  refuses("the options must be a table, not a string", tensor.load, "x.csv",
          "int64")
end)

test("messages about files begin with the path", function()
  local endings = {".npy", ".npz", ".safetensors", ".csv", ".idx", ".png"}
  for _, ending in ipairs(endings) do
    local path = base .. "-none" .. ending
    local _, message = pcall(tensor.load, path)
    check.truthy(message:find(path .. ": No such file", 1, true), message)
    path = base .. "-none/x" .. ending
    _, message = pcall(tensor.save, path, tensor.ones(2, 2))
    check.truthy(message:find(path .. ": cannot write in folder", 1, true),
                 message)
    path = path_of(ending)
    write(path, "\1\2\3 no file of ours, whatever its name says")
    _, message = pcall(tensor.load, path)
    check.truthy(message:find(path .. ": ", 1, true), message)
  end
end)

test("no code is run, and none is asked for", function()
  local path = path_of(".npy")
  local header = "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"
  write(path, "\x93NUMPY\1\0" .. string.pack("<s2", header) .. "cos\nsystem\n")
  refuses("holds Python objects, which only Python can make again",
          tensor.load, path)
end)

test("what fails leaves the old file and no other", function()
  local path = path_of(".csv")
  tensor.save(path, tensor({{1, 2}}))
  pcall(tensor.save, path, tensor({{1, 2}}), {names={"a"}})
  equal(read(path), "1,2\n")
  path = path_of(".npz")
  tensor.save(path, {a=tensor.ones(3)})
  local before = read(path)
  pcall(tensor.save, path, {["\xff"]=tensor.ones(3)})
  equal(read(path), before)
end)

test("memory for a file that promises much is not taken", function()
  local before = native.memory().peak
  local path = path_of(".npy")
  local header = "{'descr': '|u1', 'fortran_order': False, "
    .. "'shape': (1099511627776,)}"
  write(path, "\x93NUMPY\1\0" .. string.pack("<s2", header) .. "few")
  refuses("too short", tensor.load, path)
  check.truthy(native.memory().peak <= before + 2 ^ 20)
end)

for path in pairs(made) do os.remove(path) end
