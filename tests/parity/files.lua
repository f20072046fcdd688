-- Loads every file that files.py made, and saves tensors in every format,
-- for files.py to look at.
--
--   nnlua files.lua FOLDER
--
-- Of FOLDER/files.json, a list of {name, path, options}: what tensor.load
-- gives goes into FOLDER/loaded.safetensors under the name, or "name/key" for
-- each of a table; column names and errors go into FOLDER/loaded.json.

local native = require("native")
local tensor = require("tensor")

local folder = assert(arg[1], "usage: nnlua files.lua FOLDER") .. "/"

-- Loading --------------------------------------------------------------------

local loaded, notes = {}, {}

local function load_one(file)
  local x, columns = tensor.load(file.path, file.options)
  if tensor.is(x) then
    loaded[file.name] = x
  else
    for key, t in pairs(x) do loaded[file.name .. "/" .. key] = t end
  end
  notes[file.name] = columns and {columns=columns} or {}
end

for _, file in ipairs(native.json_decode(native.read_file(folder
                                                            .. "files.json"))) do
  local fine, problem = pcall(load_one, file)
  if not fine then notes[file.name] = {error=tostring(problem)} end
end
tensor.save(folder .. "loaded.safetensors", loaded)
native.write_file(folder .. "loaded.json", native.json_encode(notes))

-- Saving ---------------------------------------------------------------------

tensor.manual_seed(3)
local dtypes = {"bool", "uint8", "int32", "int64", "float32", "float64"}
local samples = {}
for _, dtype in ipairs(dtypes) do
  local x = tensor.randint(0, 1, {4, 6}):to(dtype)
  if dtype:find("float") then
    x = (tensor.randn({4, 6}, "float64") * 1000):to(dtype)
  elseif dtype:find("int") then
    x = tensor.randint(0, 255, {4, 6}):to(dtype)
  end
  samples[dtype .. "-plain"] = x
  samples[dtype .. "-transposed"] = x.T
  samples[dtype .. "-strided"] = x["::-1, ::2"]
  samples[dtype .. "-row"] = x[1]
  samples[dtype .. "-scalar"] = x["1, 1:1"]:reshape({})
  samples[dtype .. "-empty"] = tensor.zeros({0, 3}, dtype)
  samples[dtype .. "-deep"] = x:reshape(1, 2, 2, 1, 3, 2, 1, 1)
end

-- Any bits, and the ends of what floats hold.
local special = {}
for _, exponent in ipairs {-320, -308, -45, -38, -20, -5, 0, 5, 15, 17, 38, 308} do
  local x = tensor.randn({50}, "float64") * 10.0 ^ exponent
  special[#special + 1] = x
  special[#special + 1] = x:floor()
end
special = tensor.concat(special)
special[{{1, 4}}] = tensor({0 / 0, 1 / 0, -1 / 0, -0.0}, "float64")
samples["float64-special"] = special
samples["float32-special"] = special:float()

local function path(name) return folder .. "saved-" .. name end

for name, x in pairs(samples) do
  tensor.save(path(name .. ".npy"), x)
  if x:numel() > 0 and x.ndim <= 2 then
    tensor.save(path(name .. ".csv"), x)
    tensor.save(path(name .. ".csv.gz"), x)
  end
  if x.dtype == "uint8" and x.ndim == 2 and x:numel() > 0 then
    tensor.save(path(name .. ".png"), x)
  end
end
tensor.save(path("stored.npz"), samples)
tensor.save(path("packed.npz"), samples, {compress=true})
tensor.save(path("alone.npz"), samples["float32-plain"])
tensor.save(path("none.npz"), {})
tensor.save(path("names.npz"), {["a/b"]=tensor(1), ["zwölf"]=tensor(2),
                                [""]=tensor(3)})
tensor.save(path("all.safetensors"), samples)
tensor.save(path("names.csv"), samples["float64-plain"],
            {names={"a", "b, c", 'd "e"', "f\ng", " h", "i"}})

local many, one = {}, tensor(1, "uint8")
for k = 1, 65600 do many["m" .. k] = one end
tensor.save(path("many.npz"), many)
