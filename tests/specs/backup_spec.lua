-- nn.callbacks.BackupAndRestore: a run that is killed at any moment and
-- started again ends as if nothing had happened.

local check = require("check")
local native = require("native")
local test = check.test

local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
local program = os.getenv("NNLUA") or "build/nnlua"
-- How many runs are disturbed in each way, and how often each is killed.
local ROUNDS = tonumber(os.getenv("NNLUA_KILLS")) or 2
local KILLS = 6
local EPOCHS = 12

local function in_folder(f)
  local path = os.tmpname()
  os.remove(path)
  native.make_folder(path)
  local ok, message = pcall(f, path)
  os.execute("rm -r " .. path)
  if not ok then error(message, 0) end
end

-- Runs train.lua in a process; `before` comes before it on the line. Returns
-- what it printed and the exit status, 137 where it was killed.
local function run(before, folder, ...)
  local pipe = assert(io.popen(string.format("sh -c '%s' 2>&1",
    table.concat({before, program, here .. "backup/train.lua", folder, ...},
                 " "))))
  local text = pipe:read("a")
  local _, _, status = pipe:close()
  return text, status
end

local function finished(folder)
  return native.file_exists(folder .. "/history.txt")
end

local function same_end(a, b)
  for _, name in ipairs{"weights.npz", "history.txt", "log.csv"} do
    check.truthy(native.read_file(a .. "/" .. name)
                   == native.read_file(b .. "/" .. name), name .. " is equal")
  end
  check.equal(native.file_exists(b .. "/backup"), false)
end

-- Runs until it ends by itself; the first KILLS times kill(n) gives what comes
-- before the command and what after it, so that it is killed.
local function disturbed(folder, feed, freq, kill)
  local kills = 0
  while not finished(folder) do
    local before, after = "", nil
    if kills < KILLS then before, after = kill() end
    local text, status = run(before, folder, EPOCHS, freq, feed, after)
    if status ~= 0 then
      check.equal(status, 137, text)
      kills = kills + 1
    end
  end
  return kills
end

local function compare(feed, freq, kill)
  local total = 0
  in_folder(function(whole)
    local text, status = run("", whole, EPOCHS, freq, feed)
    check.equal(status, 0, text)
    for _ = 1, ROUNDS do
      in_folder(function(folder)
        total = total + disturbed(folder, feed, freq, kill)
        same_end(whole, folder)
      end)
    end
  end)
  return total
end

for _, way in ipairs{"tensors 4", "tensors epoch", "loader 5", "steps 4"} do
  local feed, freq = way:match("(%w+) (%w+)")
  test("killed at some event, and started again: " .. way, function()
    local total = compare(feed, freq, function()
      return "", math.random(1, 40)
    end)
    check.truthy(total > 0, "kills")
  end)
  test("killed at some moment, and started again: " .. way, function()
    compare(feed, freq, function()
      return string.format("timeout -s KILL %.3f", 0.02 + math.random() * 0.2)
    end)
  end)
end

-- Writing that fails ---------------------------------------------------------

local x, y = tensor.ones(8, 1), tensor.ones(8, 1)

local function new_model()
  tensor.manual_seed(3)
  local model = nn.Sequential{nn.Dense{1, input_shape={1}}}
  model:compile{optimizer=optim.SGD{lr=0.1, momentum=0.9}, loss="mse"}
  return model
end

local function fit(model, path, more, options)
  local o = {epochs=4, batch_size=4, verbose=0, callbacks={
    nn.callbacks.BackupAndRestore{path, delete_checkpoint=false},
    table.unpack(more or {})}}
  for key, value in pairs(options or {}) do o[key] = value end
  return model:fit(x, y, o)
end

-- Stops fit by an error, at the start of an epoch.
local function crash_at(epoch)
  return {on_epoch_begin=function(_, index)
    if index == epoch then error("stop here", 0) end
  end}
end

test("a full disk: the old backup is whole, and the error says so", function()
  in_folder(function(folder)
    -- Files may be at most 20 blocks of 512 bytes: the first epochs fit.
    local script = folder .. "/grow.lua"
    native.write_file(script, string.format([[
      tensor.manual_seed(1)
      local model = nn.Sequential{nn.Dense{4, input_shape={2}}}
      model:compile{optimizer="sgd", loss="mse"}
      local grow = {text=""}
      function grow:on_epoch_end(epoch)
        if epoch == 3 then self.text = ("x"):rep(20000) end
      end
      function grow:get_state() return {text=self.text} end
      model:fit(tensor.ones(4, 2), tensor.ones(4, 4), {epochs=5, verbose=0,
        callbacks={grow, nn.callbacks.BackupAndRestore{%q}}})
    ]], folder .. "/backup"))
    local pipe = assert(io.popen(string.format(
      "sh -c \"trap '' XFSZ; ulimit -f 20; exec %s %s\" 2>&1", program,
      script)))
    local text = pipe:read("a")
    pipe:close()
    check.truthy(text:find("BackupAndRestore: epoch 3 could not be kept; the "
      .. "backup of epoch 2 is still there: ", 1, true), text)
    check.truthy(text:find("File too large", 1, true), text)
    local _, metadata = native.load_safetensors(folder .. "/backup")
    check.equal(metadata.format, "nnlua-backup")
    pipe = assert(io.popen("ls -A " .. folder))
    check.equal(pipe:read("a"), "backup\ngrow.lua\n")
    pipe:close()
  end)
end)

test("a folder that goes away, one that cannot be", function()
  in_folder(function(folder)
    check.error_matches(function()
      fit(new_model(), folder .. "/sub/backup", {{on_epoch_end=function()
        os.execute("rm -r " .. folder .. "/sub")
      end}})
    end, "BackupAndRestore: epoch 1 could not be kept.* cannot write in folder")
    check.error_matches(function()
      fit(new_model(), "/dev/null/backup")
    end, "BackupAndRestore: /dev/null")
  end)
end)

-- Going on -------------------------------------------------------------------

test("goes on after an error, with what it had", function()
  in_folder(function(folder)
    local path = folder .. "/backup"
    local expected = fit(new_model(), path .. "2").loss
    check.error_matches(function()
      fit(new_model(), path, {crash_at(3)})
    end, "stop here")
    local seen = {}
    local history = fit(new_model(), path, {{on_epoch_begin=function(_, epoch)
      seen[#seen + 1] = epoch
    end}})
    check.equal(seen, {3, 4})
    check.equal(history.loss, expected)
    -- A run that is over stays over; with more epochs it goes on.
    check.equal(#fit(new_model(), path, {{}}).loss, 4)
    check.equal(#fit(new_model(), path, {{}}, {epochs=6}).loss, 6)
  end)
end)

test("NaN and infinity in the history come back", function()
  in_folder(function(folder)
    local path = folder .. "/backup"
    local odd = {on_epoch_end=function(_, epoch, log)
      log.odd = ({0 / 0, math.huge, -math.huge})[epoch]
    end}
    check.error_matches(function()
      fit(new_model(), path, {odd, crash_at(4)})
    end, "stop here")
    local odd_values = fit(new_model(), path, {odd, {}}).odd
    check.truthy(odd_values[1] ~= odd_values[1])
    check.equal(odd_values[2], math.huge)
    check.equal(odd_values[3], -math.huge)
  end)
end)

test("what does not go together is told", function()
  in_folder(function(folder)
    local path = folder .. "/backup"
    fit(new_model(), path)
    check.error_matches(function()
      fit(new_model(), path, {nn.callbacks.TerminateOnNaN()})
    end, "started with other callbacks: number 1 was History, now it is "
      .. "TerminateOnNaN")
    local other = nn.Sequential{nn.Dense{2, input_shape={1}}}
    other:compile{optimizer="sgd", loss="mse"}
    check.error_matches(function()
      other:fit(x, tensor.ones(8, 2), {epochs=2, verbose=0, callbacks={
        nn.callbacks.BackupAndRestore{path}}})
    end, "remove it to start anew")
    native.write_file(path, "no such format")
    check.error_matches(function() fit(new_model(), path) end,
                        "BackupAndRestore: .*backup %(remove it to start anew")
    native.save_safetensors(path, {a=tensor.ones(2)}, {})
    check.error_matches(function() fit(new_model(), path) end,
                        "is no backup of a run")
    local late = nn.Sequential{nn.Dense{1}}
    late:compile{loss="mse"}
    check.error_matches(function()
      late:fit(data.loader(x, y), {verbose=0, callbacks={
        nn.callbacks.BackupAndRestore{path .. "3"}}})
    end, "give input_shape to its first layer")
    check.error_matches(function()
      fit(new_model(), path, {nn.callbacks.BackupAndRestore{path}})
    end, "two BackupAndRestore")
  end)
end)

test("a random state comes back", function()
  tensor.manual_seed(5)
  tensor.rand(3)
  local seed, counter = native.random_state()
  local expected = tensor.randn(4)
  tensor.manual_seed(1)
  native.restore_random_state(seed, counter)
  check.truthy(tensor.randn(4) == expected)
end)

test("packing: values and tensors, and damaged data", function()
  local packing = require("nn.packing")
  local value = {1, 2.5, "three", {four=true, [5]=false}, tensor({6})}
  local tensors = {}
  local data = packing.pack("it", value, tensors, "p/")
  local text = native.json_encode(data)
  local back = packing.unpack(native.json_decode(text), tensors)
  check.equal(back[1], 1)
  check.equal(math.type(back[1]), "integer")
  check.equal(back[2], 2.5)
  check.equal(back[4], value[4])
  check.near(back[5], {6})
  check.equal(packing.unpack(packing.pack("it", {}, {}, "")), {})
  check.error_matches(function()
    packing.pack("it", {print}, {}, "")
  end, "it holds a function, which cannot be written to a file")
  for _, bad in ipairs{{}, {table=1}, {tensor="none"}, {float="x"},
                       {table={{float="nan"}, 1}}} do
    check.error_matches(function() packing.unpack(bad, {}) end, "damaged")
  end
end)
