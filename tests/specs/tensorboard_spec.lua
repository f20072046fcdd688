-- nn.callbacks.TensorBoard: bytes against known ones, and what is in the
-- files. tests/parity/tensorboard.py reads the files as TensorBoard does.

local check = require("check")
local events = require("nn.tensorboard.events")
local native = require("native")
local summary = require("nn.tensorboard.summary")
local test = check.test

local TIME = 1700000000.0

local function hex(text)
  return (text:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function record(step, content)
  return hex(events.record(events.event(TIME, step, content)))
end

local function in_folder(f)
  local path = os.tmpname()
  os.remove(path)
  local ok, message = pcall(f, path)
  os.execute("rm -rf " .. path)
  if not ok then error(message, 0) end
end

-- The one file in a folder, as a list of the data of its records.
local function records(folder)
  local pipe = assert(io.popen("ls " .. folder))
  local names = pipe:read("a")
  pipe:close()
  local name = names:match("^(events%.out%.tfevents%.%d+%.[^\n]+%.v2)\n$")
  check.truthy(name, names)
  local text, at, list = native.read_file(folder .. "/" .. name), 1, {}
  while at <= #text do
    local size = string.unpack("<I8", text, at)
    local data = text:sub(at + 12, at + 11 + size)
    local first, last = string.unpack("<I4", text, at + 8),
      string.unpack("<I4", text, at + 12 + size)
    check.equal(first, events.masked(text:sub(at, at + 7)))
    check.equal(last, events.masked(data))
    list[#list + 1] = data
    at = at + 16 + size
  end
  return list
end

test("checksums", function()
  check.equal(events.crc32c("123456789"), 0xe3069283)
  check.equal(events.masked("123456789"), 0xc78ab0e5)
  check.equal(events.crc32c(""), 0)
  check.equal(events.masked(""), 0xa282ead8)
end)

test("records, byte by byte", function()
  check.equal(record(0, events.file_version()),
    "1800000000000000a37f4b220900000040fc54d9411a0d627261696e2e4576656e743a32"
      .. "eced8f9d")
  check.equal(record(3, events.summary {summary.scalar("loss", 0.5, true)}),
    "1a00000000000000129bd82d0900000040fc54d94110032a0d0a0b0a046c6f7373150000"
      .. "003f35f132ef")
  check.equal(record(0, events.summary {
    summary.scalar("epoch_loss", 0.5, true, true)}),
    "34000000000000005e33175c0900000040fc54d9412a290a270a0a65706f63685f6c6f73"
      .. "73420a0801120022040000003f4a0d0a090a077363616c617273200149b766e7")
end)

test("histograms: bins, one value, nothing", function()
  local bins = summary.bins_of(tensor({0, 1, 2, 3, 0 / 0, 1 / 0}), 3)
  check.equal(bins, {{0.0, 1.0, 1.0}, {1.0, 2.0, 1.0}, {2.0, 3.0, 2.0}})
  check.equal(summary.bins_of(tensor({2, 2}), 3), {{1.5, 2.5, 2}})
  check.equal(summary.bins_of(tensor({0 / 0}), 3), {})
  check.equal(summary.bins_of(tensor.zeros(0), 3), {})
  check.equal(#summary.bins_of(tensor.arange(100), 30), 30)
end)

test("weights as pictures", function()
  local function shape(...)
    return tostring(summary.picture_of(tensor.randn(...)).shape)
  end
  check.equal(shape(5), "(1, 5)")
  check.equal(shape(3, 5), "(3, 5)")
  check.equal(shape(5, 3), "(3, 5)")
  check.equal(shape(3, 4, 4), "(12, 14)")
  check.equal(shape(3, 3, 1, 4), "(12, 12, 1)")
  check.equal(shape(3, 3, 8, 4), "(12, 12, 1)")
  check.equal(summary.picture_of(tensor(1)), nil)
  check.equal(summary.picture_of(tensor.randn(1, 1, 1, 1, 1)), nil)
  local x = summary.picture_of(tensor {-1, 0, 3})
  check.near(x, {{0, 0.25, 1}})
  check.near(summary.picture_of(tensor {2, 2}), {{0.5, 0.5}})
end)

local function fit(folder, o, more)
  local model = nn.Sequential {
    nn.Dense {2, name="first", input_shape={1}},
    nn.Dense {1, name="odd name/here"}}
  model:compile {optimizer=optim.SGD {0.01}, loss="mse", metrics={"mae"}}
  o[1] = folder
  local x = tensor.ones(8, 1)
  local options = {epochs=2, batch_size=2, verbose=0, validation_split=0.25,
                   callbacks={nn.callbacks.TensorBoard(o)}}
  for key, value in pairs(more or {}) do options[key] = value end
  return model, model:fit(x, x, options)
end

local function count(list, what)
  local found = 0
  for _, data in ipairs(list) do
    for _ in data:gmatch(what) do found = found + 1 end
  end
  return found
end

test("what is written, and where", function()
  in_folder(function(folder)
    fit(folder, {histogram_freq=2, write_images=true,
                 write_steps_per_second=true})
    local train, held = records(folder .. "/train"),
      records(folder .. "/validation")
    check.truthy(train[1]:find("brain.Event:2", 1, true))
    check.equal(count(train, "epoch_loss"), 2)
    check.equal(count(train, "epoch_mae"), 2)
    check.equal(count(train, "epoch_learning_rate"), 2)
    check.equal(count(train, "epoch_steps_per_second"), 2)
    check.equal(count(train, "batch_loss"), 0)
    check.equal(count(train, "first/kernel/histogram"), 1)
    check.equal(count(train, "\137PNG\r\n"), 4)
    check.equal(count(train, "_output_shapes"), 3)
    check.equal(count(train, "odd_name/here"), 1)
    check.equal(count(train, "odd name/here/kernel/image"), 1)
    check.equal(#held, 3)
    check.equal(count(held, "epoch_loss"), 2)
    check.equal(count(held, "learning_rate"), 0)
  end)
end)

test("batches, and what may be left out", function()
  in_folder(function(folder)
    fit(folder, {update_freq=2, write_graph=false, format="keras"},
        {validation_split=0, epochs=3})
    local train = records(folder .. "/train")
    check.equal(#train, 1 + 6 + 3)
    check.equal(count(train, "batch_loss"), 6)
    check.equal(count(train, "batch_size"), 0)
    check.equal(count(train, "_output_shapes"), 0)
    check.equal(count(train, "scalars"), 2 + 3)
    check.equal(native.file_exists(folder .. "/validation"), false)
  end)
  in_folder(function(folder)
    fit(folder, {update_freq="batch"})
    check.equal(count(records(folder .. "/train"), "batch_mae"), 6)
  end)
end)

test("values of one's own", function()
  in_folder(function(folder)
    local board = nn.callbacks.TensorBoard {folder}
    board:scalar("a", tensor(2), 1)
    board:histogram("b", tensor.randn(10))
    board:image("c", tensor.zeros({4, 6, 3}, "uint8"), 7)
    board:text("d", "some *words*", 2)
    board:close()
    board:close()
    local list = records(folder .. "/train")
    check.equal(#list, 5)
    check.truthy(list[2]:find("\16\1\42"), "step 1")
    check.truthy(list[4]:find("\16\7\42"), "step 7")
    check.truthy(list[5]:find("some *words*", 1, true))
    for _, call in ipairs {
      {"scalar", "a", "b", "needs a number"},
      {"scalar", 5, 1, "the tag must be a name"},
      {"histogram", "a", 1, "needs a tensor"},
      {"image", "a", 1, "needs a tensor"},
    } do
      check.error_matches(function()
        board[call[1]](board, call[2], call[3])
      end, "TensorBoard:" .. call[1] .. ": .*" .. call[4])
    end
    check.error_matches(function() board:scalar("a", 1, 1.5) end,
                        "step must be a whole number")
  end)
end)

test("what is refused", function()
  check.error_matches(function()
    fit("/dev/null/logs", {})
  end, "TensorBoard: /dev/null: is a file")
  check.error_matches(function()
    nn.callbacks.TensorBoard {update_freq="never"}
  end, 'update_freq must be "epoch", "batch" or a positive number')
  check.error_matches(function()
    nn.callbacks.TensorBoard {logdir="x"}
  end, 'unknown option "logdir" %(did you mean "log_dir"')
  in_folder(function(folder)
    local board = nn.callbacks.TensorBoard {folder}
    check.error_matches(function() board:image("a", tensor.zeros(3)) end,
      "%d: TensorBoard:image: a picture is .* got %(3%)")
    check.error_matches(function() board:image("", tensor.zeros(3, 3)) end,
      "%d: TensorBoard:image: the tag must be a name")
  end)
end)

test("what callbacks write early and late, and a second fit, is in one file",
  function()
    in_folder(function(folder)
      local board = nn.callbacks.TensorBoard {folder}
      local early = {on_train_begin = function()
        board:scalar("early", 1, 0)
      end}
      local late = {on_train_end = function() board:scalar("late", 2, 9) end}
      local model = nn.Sequential {nn.Dense {1, input_shape = {1}}}
      model:compile {optimizer = "sgd", loss = "mse"}
      local x = tensor.ones(4, 1)
      for _ = 1, 2 do
        model:fit(x, x, {verbose = 0, callbacks = {early, board, late}})
      end
      local counts = {early = 0, late = 0, epoch_loss = 0}
      for _, data in ipairs(records(folder .. "/train")) do
        for tag in pairs(counts) do
          if data:find(tag, 1, true) then counts[tag] = counts[tag] + 1 end
        end
      end
      check.equal(counts, {early = 2, late = 2, epoch_loss = 2})
      board:close()
      board:scalar("more", 1, 1)
      check.truthy(not pcall(records, folder .. "/train"))
    end)
  end)
