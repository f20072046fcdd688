-- Training watched with TensorBoard: the same net with two learning rates, as
-- runs side by side. For each the loss and the accuracy of every epoch, of
-- training and of validation, and of every batch; how the weights are spread;
-- the graph; and values of one's own: the length of the gradient, the first
-- layer as pictures, a text. Nothing but the program itself is needed to
-- write all this; `tensorboard --logdir FOLDER` shows it.
--
-- At the end the files are read again (tensorboard/reader.lua), and what they
-- say is compared with what a callback of one's own has kept.

local folder = arg[0]:match("^.*/") or ""
local o = dofile(folder .. "arguments.lua")(arg,
  "Writes what TensorBoard shows of two runs, and reads it again.", {
  {"samples", 2000, "pictures to train on"},
  {"epochs", 5, "passes over them"},
  {"low", 0.02, "learning rate of one run"},
  {"high", 0.5, "learning rate of the other"},
  {"every", 5, "write the gradient's length every so many batches"},
  {"out", "results/tensorboard", "folder for the logs; lr_* in it is replaced"},
})
local reader = dofile(folder .. "tensorboard/reader.lua")

local function say(format, ...) print(string.format(format, ...)) end
local function quoted(path) return "'" .. path:gsub("'", "'\\''") .. "'" end

local set = data.digits{train=o.samples}
local function pictures(part) return part.x:to("float32"):div_(255) end
local x_train, y_train = pictures(set.train), set.train.y
local x_test, y_test = pictures(set.test), set.test.y

-- Callbacks ------------------------------------------------------------------

-- The loss of every batch. A callback is a table with functions named after
-- what they wait for; `self` is that table.
local function LossHistory()
  return {
    on_train_begin = function(self) self.losses = {} end,
    on_batch_end = function(self, _, log)
      self.losses[#self.losses + 1] = log.loss
    end,
  }
end

-- Values of one's own, into the files of a TensorBoard callback. It has to
-- come after that one in fit's list, since on_train_begin opens the files.
local function OwnValues(board)
  local batches = 0
  return {
    on_train_begin = function(self)
      board:text("settings", string.format("SGD, learning rate **%g**",
                                           self.model.optimizer.lr), 0)
    end,
    on_batch_end = function(self)
      batches = batches + 1
      if batches % o.every ~= 0 then return end
      local sum = 0
      for _, weight in ipairs(self.model:parameters()) do
        sum = sum + weight.grad:square():sum():item()
      end
      board:scalar("gradient_length", math.sqrt(sum), batches)
    end,
    -- What each unit of the first layer looks for: its weights as a picture.
    on_epoch_end = function(self, epoch)
      local kernel = self.model:get_layer("hidden").kernel:detach()
      local low, high = kernel:min():item(), kernel:max():item()
      local units = ((kernel - low) / (high - low)).T:reshape(-1, 28, 28)
      board:image("first_layer", image.grid(units, {columns=8}), epoch)
    end,
  }
end

-- The runs -------------------------------------------------------------------

local function new_net()
  return nn.Sequential{
    nn.Flatten{input_shape={28, 28}},
    nn.Dense{32, activation="relu", name="hidden"},
    nn.Dense{10, activation="softmax", name="classes"},
  }
end

-- Both start from the same weights. TensorBoard takes every folder with
-- event files for a run and names it after the path below --logdir.
local function train(lr)
  tensor.manual_seed(o.seed)
  local run = "lr_" .. lr
  local model, losses = new_net(), LossHistory()
  local board = nn.callbacks.TensorBoard{
    o.out .. "/" .. run, update_freq="batch", histogram_freq=1,
    write_images=true,
  }
  model:compile{optimizer=optim.SGD{lr=lr}, metrics={"accuracy"},
                loss="sparse_categorical_crossentropy"}
  local history = model:fit(x_train, y_train, {
    epochs=o.epochs, batch_size=32, validation_data={x_test, y_test},
    callbacks={losses, board, OwnValues(board)}, verbose=0,
  })
  return run, history, losses.losses
end

-- Files hold numbers as float32.
local function same(list, scalars)
  local equal = scalars ~= nil and #list == #scalars
  for i, value in ipairs(equal and list or {}) do
    equal = equal and scalars[i].step == i
      and math.abs(scalars[i].value - value) <= 1e-6 * math.abs(value)
  end
  return equal
end

local function say_what_is_in(title, tags)
  local names = {}
  for tag in pairs(tags) do names[#names + 1] = tag end
  table.sort(names)
  print(title)
  for _, tag in ipairs(names) do
    local list = tags[tag]
    local last = list[#list]
    say("  %-10s %-24s %4d, last at step %d%s", last.kind, tag, #list,
        last.step, last.value and (": %.4f"):format(last.value) or "")
  end
end

os.execute("rm -rf " .. quoted(o.out) .. "/lr_*")
for _, lr in ipairs{o.low, o.high} do
  local run, history, losses = train(lr)
  local train_tags = reader.read(o.out .. "/" .. run .. "/train")
  local valid_tags = reader.read(o.out .. "/" .. run .. "/validation")
  say_what_is_in(run .. "/train", train_tags)
  say_what_is_in(run .. "/validation", valid_tags)
  say("the files have what the callbacks saw: loss of %d batches %s, of the "
        .. "epochs %s, of validation %s\n", #losses,
      tostring(same(losses, train_tags.batch_loss)),
      tostring(same(history.loss, train_tags.epoch_loss)),
      tostring(same(history.val_loss, valid_tags.epoch_loss)))
end
print("tensorboard --logdir " .. quoted(o.out))
