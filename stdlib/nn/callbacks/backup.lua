-- nn.callbacks.backup: a run that was cut off goes on where it was.
--
-- The file is one safetensors file: tensors "weight/PATH" and "state/N", and
-- in its metadata a JSON text, the state of the run as nn.packing writes it:
--   epoch, batch   what is done: `batch` batches of this epoch; batch 0: the
--                  whole epoch (epoch 0: nothing yet)
--   tally          what the figures of the epoch add up to so far
--   feed           where in the data the run is (see nn.batches)
--   random         seed and counter of the random numbers
--   optimizer      its state_dict
--   callbacks      the name and the state of each
--   stopped        whether a callback has ended training

local base = require("nn.callbacks.base")
local native = require("native")
local options = require("options")
local packing = require("nn.packing")

local FORMAT, VERSION = "nnlua-backup", "1"

local Backup = {comes_last = true, ignores_batch_log = true}

-- Saving ---------------------------------------------------------------------

local function name_of(callback)
  local meta = getmetatable(callback)
  return type(meta) == "table" and type(meta.__name) == "string" and meta.__name
    or "table"
end

-- The name and the state of each callback but this one.
local function callback_states(self)
  local list = {}
  for _, callback in ipairs(self.run.callbacks.all) do
    if callback ~= self then
      list[#list + 1] = {
        name = name_of(callback),
        state = callback.get_state and callback:get_state(),
      }
    end
  end
  return list
end

local function state_of(self, epoch, batch)
  local run, model = self.run, self.model
  local random = table.pack(native.random_state())
  return {
    epoch = epoch,
    batch = batch,
    tally = batch > 0 and {totals = run.tally.totals,
      samples = run.tally.samples} or nil,
    feed = run.feed:state(batch > 0),
    random = {random[1], random[2]},
    optimizer = model.optimizer.params and model.optimizer:state_dict(),
    callbacks = callback_states(self),
    stopped = model.stop_training,
  }
end

local function write(self, epoch, batch)
  local tensors = {}
  for path, value in pairs(self.model:state_dict()) do
    tensors["weight/" .. path] = value
  end
  local state = packing.pack("the state of training", state_of(self, epoch,
    batch), tensors, "state/")
  native.save_safetensors(self.path, tensors, {
    format = FORMAT,
    version = VERSION,
    state = native.json_encode(state),
  })
end

local function place(epoch, batch)
  if batch > 0 then
    return string.format("epoch %d, batch %d", epoch, batch)
  end
  return epoch > 0 and "epoch " .. epoch or "the start"
end

-- Writes the file, which holds the run as it is now.
function Backup:save(epoch, batch)
  local now = place(epoch, batch)
  local text = string.format("BackupAndRestore: %s could not be kept%s", now,
    self.kept_place and "; the backup of " .. self.kept_place
      .. " is still there" or "")
  base.in_context(text, write, self, epoch, batch)
  self.kept_place = now
end

-- Going on -------------------------------------------------------------------

-- The tensors and the state in the file; nil where there is no file.
local function read(path)
  if not native.file_exists(path) then
    return nil
  end
  local tensors, metadata = native.load_safetensors(path)
  if metadata.format ~= FORMAT or metadata.version ~= VERSION then
    native.fail("%s is no backup of a run", path)
  end
  local state = packing.unpack(native.json_decode(metadata.state), tensors)
  return tensors, state
end

local function restore_callbacks(self, states)
  local position = 0
  for _, callback in ipairs(self.run.callbacks.all) do
    if callback ~= self then
      position = position + 1
      local saved = states[position]
      if not saved or saved.name ~= name_of(callback) then
        native.fail("the run was started with other callbacks: number %d was "
          .. "%s, now it is %s", position, saved and saved.name or "not there",
          name_of(callback))
      end
      if callback.set_state and saved.state then
        callback:set_state(saved.state)
      end
    end
  end
end

local function restore(self, tensors, state)
  local weights = {}
  for name, value in pairs(tensors) do
    local path = name:match("^weight/(.*)$")
    if path then
      weights[path] = value
    end
  end
  self.model:load_state_dict(weights)
  if state.optimizer then
    self.model.optimizer:load_state_dict(state.optimizer)
  end
  restore_callbacks(self, state.callbacks)
  self.run.feed:restore(state.feed)
  native.restore_random_state(state.random[1], state.random[2])
  self.model.stop_training = state.stopped
end

-- Whether there is a run to go on with. fit asks before it begins.
function Backup:resumes()
  return native.file_exists(self.path)
end

-- Brings the run to where the file says. Returns the epoch and the batch of
-- it that are done (batch 0: the whole epoch) and the tally; nil where there
-- is no file.
function Backup:resume()
  local text = string.format("BackupAndRestore: %s (remove it to start anew)",
    self.path)
  local tensors, state = base.in_context(text, read, self.path)
  if not tensors then
    self:save(self.params.first_epoch - 1, 0)
    return nil
  end
  base.in_context(text, restore, self, tensors, state)
  self.kept_place = place(state.epoch, state.batch)
  if self.verbose > 0 then
    print("BackupAndRestore: goes on after " .. self.kept_place)
  end
  return state.epoch, state.batch, state.tally
end

-- Events ---------------------------------------------------------------------

function Backup:on_train_begin()
  base.make_parent("BackupAndRestore", self.path)
  self.kept_place = nil
end

function Backup:on_epoch_begin(epoch)
  self.current = epoch
end

Backup.on_resume = Backup.on_epoch_begin

-- What ends an epoch early is not known to the state amid one.
function Backup:on_batch_end(index)
  if self.save_freq ~= "epoch" and index % self.save_freq == 0
      and not self.model.stop_training then
    self:save(self.current, index)
  end
end

function Backup:on_epoch_end(epoch)
  self:save(epoch, 0)
end

function Backup:on_train_end()
  if self.delete_checkpoint and native.file_exists(self.path) then
    native.remove_file(self.path)
  end
end

--- nn.callbacks.BackupAndRestore{path, save_freq="epoch", ...}
-- Keeps the whole state of fit in the file `path`, at the start, after every
-- epoch and, where save_freq is a number, after that many batches: weights
-- and statistics, the optimizer's state, the random numbers, the order of
-- the samples, the figures, the history and the state of the other
-- callbacks. Where fit begins and the file is there, it goes on from it: a
-- script that was killed at any moment and is started again ends with the
-- same weights to the last bit, on the same machine and thread count, as if
-- it had never been disturbed. The script must make the same model and call
-- fit with the same data and callbacks; callbacks of one's own that remember
-- something give it out and take it back by get_state(self) and
-- set_state(self, state). Loaders other than data.loader are passed through
-- from the start of the pass up to the place.
-- The file is replaced whole: an error while writing (a full disk) leaves the
-- last one as it was. delete_checkpoint=true removes it when fit is done;
-- verbose=0.
--   > path = os.tmpname()
--   > os.remove(path);
--   > backup = nn.callbacks.BackupAndRestore{path}
--   > model = nn.Sequential{nn.Dense{1, input_shape={1}}}
--   > model:compile{loss="mse"}
--   > x = tensor.ones(2, 1)
--   > h = model:fit(x, x, {epochs=3, verbose=0, callbacks={backup}})
--   > #h.loss
--   3
local constructor = base.define("BackupAndRestore", {
  {"path", options.string, options.required},
  {"save_freq", base.FREQUENCY, "epoch"},
  {"delete_checkpoint", options.boolean, true},
  {"verbose", options.non_negative_integer, 0},
  aliases = {backup_dir = "path"},
}, Backup)

return {BackupAndRestore = constructor}
