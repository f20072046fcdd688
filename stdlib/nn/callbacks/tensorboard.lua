-- nn.callbacks.tensorboard: figures, weights and the graph for TensorBoard.

local base = require("nn.callbacks.base")
local events = require("nn.tensorboard.events")
local native = require("native")
local options = require("options")
local summary = require("nn.tensorboard.summary")
local tensor = require("tensor")

local TensorBoard = {kept = {"step"}}

function TensorBoard:init()
  self.every = self.update_freq == "batch" and 1
    or self.update_freq ~= "epoch" and self.update_freq or nil
  self.ignores_batch_log = self.every == nil
  self.step = 0
end

-- The writer of a run ("train", "validation"), opened when it is needed.
-- TensorBoard reads the last file of a folder alone, so that a writer stays
-- open from fit to fit, and what other callbacks write early or late is with
-- the rest.
local function writer(self, run)
  if not self.writers then
    self.writers = {}
  end
  if not self.writers[run] then
    self.writers[run] = base.in_context("TensorBoard", events.open,
      self.log_dir .. "/" .. run)
  end
  return self.writers[run]
end

-- Writes the numbers of `values`, a list of {tag, number}.
local function write_scalars(self, run, step, values)
  if #values == 0 then
    return
  end
  local out, list = writer(self, run), {}
  for i, value in ipairs(values) do
    list[i] = summary.scalar(value[1], value[2], out:is_new(value[1]),
      self.format == "keras")
  end
  out:write(step, events.summary(list))
end

-- The numbers of a log whose names begin with "val_", or the others, in
-- alphabetical order.
local function numbers_of(log, validation, prefix)
  local values = {}
  for name, value in pairs(log) do
    local own = name:match("^val_(.+)$")
    if type(value) == "number" and (own ~= nil) == validation then
      values[#values + 1] = {prefix .. (own or name), value}
    end
  end
  table.sort(values, function(a, b)
    return a[1] < b[1]
  end)
  return values
end

-- Histograms and pictures of all weights.
local function write_weights(self, epoch)
  local out, list = writer(self, "train"), {}
  for _, weight in ipairs(self.model:all_weights()) do
    local name = weight.path:gsub("%.", "/")
    local value = weight.layer[weight.name]:detach()
    local tag = name .. "/histogram"
    list[#list + 1] = summary.histogram(tag, value, out:is_new(tag))
    local picture = self.write_images and summary.picture_of(value)
    if picture then
      tag = name .. "/image"
      list[#list + 1] = summary.image(tag, picture, out:is_new(tag),
        self.format == "keras")
    end
  end
  out:write(epoch, events.summary(list))
end

local function rate_of(model)
  local lr = model.optimizer.lr
  return type(lr) == "number" and lr or nil
end

-- Events ---------------------------------------------------------------------

function TensorBoard:on_train_begin()
  self.epoch = nil
  local out = writer(self, "train")
  if self.write_graph and self.model.plan then
    out:write(0, events.graph(require("nn.tensorboard.graph")(self.model)))
    out:flush()
  end
end

function TensorBoard:on_epoch_begin(epoch)
  self.epoch, self.began, self.first_step = epoch, native.clock(), self.step
end

TensorBoard.on_resume = TensorBoard.on_epoch_begin

function TensorBoard:on_batch_begin()
  self.batch_began = native.clock()
end

function TensorBoard:on_batch_end(_, log)
  self.step = self.step + 1
  if not self.every or self.step % self.every ~= 0 then
    return
  end
  local values = numbers_of(log, false, "batch_")
  for i = #values, 1, -1 do
    if values[i][1] == "batch_size" then
      table.remove(values, i)
    end
  end
  if self.write_steps_per_second then
    values[#values + 1] = {"batch_steps_per_second",
      1 / math.max(1e-9, native.clock() - self.batch_began)}
  end
  write_scalars(self, "train", self.step, values)
end

function TensorBoard:on_epoch_end(epoch, log)
  local values = numbers_of(log, false, "epoch_")
  local rate = rate_of(self.model)
  if rate and not log.learning_rate then
    values[#values + 1] = {"epoch_learning_rate", rate}
  end
  if self.write_steps_per_second then
    values[#values + 1] = {"epoch_steps_per_second",
      (self.step - self.first_step) / (native.clock() - self.began)}
  end
  write_scalars(self, "train", epoch, values)
  write_scalars(self, "validation", epoch, numbers_of(log, true, "epoch_"))
  if self.histogram_freq > 0 and epoch % self.histogram_freq == 0 then
    write_weights(self, epoch)
  end
  for _, out in pairs(self.writers) do
    out:flush()
  end
end

function TensorBoard:on_train_end()
  for _, out in pairs(self.writers) do
    out:flush()
  end
  self.epoch = nil
end

-- What a user writes ---------------------------------------------------------

local function write_one(self, what, make, tag, value, step)
  if type(tag) ~= "string" or tag == "" then
    native.fail("TensorBoard:%s: the tag must be a name, got %s", what,
      options.show(tag))
  elseif step ~= nil and math.type(step) ~= "integer" then
    native.fail("TensorBoard:%s: the step must be a whole number, got %s", what,
      options.show(step))
  end
  local out = writer(self, "train")
  local bytes = make(tag, value, out:is_new(tag), self.format == "keras")
  out:write(step or self.epoch or 0, events.summary {bytes})
  if not self.epoch then
    out:flush()
  end
end

local function need_tensor(what, x)
  if not tensor.is(x) then
    native.fail("TensorBoard:%s: needs a tensor, got %s", what, options.show(x))
  end
end

--- nn.callbacks.TensorBoard:scalar(tag, value [, step])
-- Writes a number of one's own into the run "train", at the epoch unless a
-- step is given. scalar, histogram, image and text may be called from other
-- callbacks, in any place of fit's list, and without fit.
--   > folder = os.tmpname()
--   > os.remove(folder);
--   > board = nn.callbacks.TensorBoard{folder}
--   > board:scalar("distance", 0.5, 1)
--   > board:close()
--   > os.execute("rm -r " .. folder);
function TensorBoard:scalar(tag, value, step)
  if tensor.is(value) then
    value = value:item()
  end
  if type(value) ~= "number" then
    native.fail("TensorBoard:scalar: needs a number, got %s",
      options.show(value))
  end
  write_one(self, "scalar", summary.scalar, tag, value, step)
end

--- nn.callbacks.TensorBoard:histogram(tag, x [, step])
-- Writes how the elements of a tensor are spread, as 30 bins of equal width;
-- NaN and infinite ones are left out.
function TensorBoard:histogram(tag, x, step)
  need_tensor("histogram", x)
  write_one(self, "histogram", summary.histogram, tag, x, step)
end

--- nn.callbacks.TensorBoard:image(tag, img [, step])
-- Writes a picture, (height, width) or (height, width, 1 to 4 channels),
-- uint8 or floats 0..1.
function TensorBoard:image(tag, img, step)
  need_tensor("image", img)
  local channels = img.ndim == 3 and img.shape[3] or 1
  if img.ndim < 2 or img.ndim > 3 or channels < 1 or channels > 4 then
    native.fail("TensorBoard:image: a picture is (height, width) or (height, "
      .. "width, 1 to 4 channels), got %s", tostring(img.shape))
  end
  write_one(self, "image", summary.image, tag, img, step)
end

--- nn.callbacks.TensorBoard:text(tag, text [, step])
-- Writes a text, which TensorBoard shows as Markdown.
function TensorBoard:text(tag, text, step)
  write_one(self, "text", summary.text, tag, tostring(text), step)
end

--- nn.callbacks.TensorBoard:close()
-- Ends the files; what is written or trained after that begins new ones.
function TensorBoard:close()
  for _, out in pairs(self.writers or {}) do
    out:close()
  end
  self.writers = nil
end

local UPDATE = {
  description = "\"epoch\", \"batch\" or a positive number of batches",
  test = function(value)
    return value == "batch" or base.FREQUENCY.test(value), value
  end,
}

--- nn.callbacks.TensorBoard{log_dir="logs", histogram_freq=0, ...}
-- Writes what TensorBoard shows (`tensorboard --logdir logs`), into the
-- folders log_dir/train and log_dir/validation; nothing else is needed to
-- write it. After every epoch: epoch_loss, the metrics, epoch_learning_rate;
-- steps count from 1.
-- Options:
-- * histogram_freq=0: every so many epochs, how each weight is spread, and
--   with write_images=true a picture of each (stretched to its range).
-- * write_graph=true: the layers and how they are joined.
-- * update_freq="epoch": with "batch" or a number also batch_loss and the
--   metrics of every so many batches, by the count of batches in all.
-- * write_steps_per_second=false.
-- * format="simple": numbers and pictures in the form that all readers know;
--   "keras": as tensors, which is how Keras writes them.
-- A file is complete after every epoch. See also:
-- nn.callbacks.TensorBoard:scalar, :histogram, :image, :text.
--   > nn.callbacks.TensorBoard().log_dir
--   logs
local constructor = base.define("TensorBoard", {
  {"log_dir", options.string, "logs"},
  {"histogram_freq", options.non_negative_integer, 0},
  {"write_graph", options.boolean, true},
  {"write_images", options.boolean, false},
  {"write_steps_per_second", options.boolean, false},
  {"update_freq", UPDATE, "epoch"},
  {"format", options.one_of {"simple", "keras"}, "simple"},
}, TensorBoard)

return {TensorBoard = constructor}
