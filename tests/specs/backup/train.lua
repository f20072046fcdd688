-- A training run that backup_spec kills and starts again:
--   nnlua train.lua FOLDER EPOCHS SAVE_FREQ FEED [KILL]
-- It has all that has a state: dropout, statistics, momenta, shuffling,
-- callbacks that wait, a rate that changes. FEED says where the data come
-- from: "tensors", "loader", "steps". At event number KILL (batches and
-- epochs) it kills itself, else it ends by writing FOLDER/weights.npz and
-- FOLDER/history.txt.

local folder, epochs, freq, feed = arg[1], tonumber(arg[2]), arg[3], arg[4]
local kill = tonumber(arg[5])

tensor.manual_seed(7)
local x = tensor.randn(240, 6)
local labels = (x["..., 1"] * x["..., 2"]):gt(0):long() + 1

local model = nn.Sequential{
  nn.Dense{24, activation="relu", input_shape={6}},
  nn.BatchNormalization(),
  nn.Dropout{0.3},
  nn.Dense{2, activation="softmax"},
}
model:compile{optimizer=optim.Adam{lr=0.01}, metrics={"accuracy"},
              loss="sparse_categorical_crossentropy"}

local nn_callbacks = nn.callbacks
local Mean = {get_state=function(self) return {sum=self.sum} end,
              set_state=function(self, state) self.sum = state.sum end,
              sum=0.0}
function Mean:on_batch_end(_, log) self.sum = self.sum + log.loss end

local Killer = {events=0}
function Killer:count()
  self.events = self.events + 1
  if self.events == kill then
    os.execute("kill -9 " .. require("native").pid())
  end
end
Killer.on_batch_end, Killer.on_epoch_end = Killer.count, Killer.count
Killer.on_train_end = Killer.count

local options = {
  epochs=epochs, batch_size=16, verbose=0,
  validation_data={x["201:240"], labels["201:240"]},
  callbacks={
    Killer,
    nn_callbacks.EarlyStopping{monitor="val_loss", patience=epochs - 2,
                               restore_best_weights=true},
    nn_callbacks.ReduceLROnPlateau{monitor="loss", patience=1, factor=0.7},
    nn_callbacks.CSVLogger{folder .. "/log.csv"},
    Mean,
    nn_callbacks.BackupAndRestore{folder .. "/backup",
      save_freq=tonumber(freq) and math.tointeger(tonumber(freq)) or freq},
  },
}
local given_x, given_y = x["1:200"], labels["1:200"]
if feed == "loader" then
  given_x = data.loader(given_x, given_y, {batch_size=16, shuffle=true})
  given_y, options.batch_size = nil, nil
elseif feed == "steps" then
  options.steps_per_epoch = 9
end
local history
if given_y then
  history = model:fit(given_x, given_y, options)
else
  history = model:fit(given_x, options)
end

tensor.save(folder .. "/weights.npz", model:state_dict())
-- Whole or not at all: the run may be killed while it writes.
local file = assert(io.open(folder .. "/history.part", "w"))
for _, name in ipairs{"loss", "accuracy", "val_loss", "val_accuracy", "lr"} do
  for i, value in ipairs(history[name]) do
    file:write(string.format("%s %d %a\n", name, i, value))
  end
end
file:write(string.format("sum %a\n", Mean.sum))
file:close()
assert(os.rename(folder .. "/history.part", folder .. "/history.txt"))
