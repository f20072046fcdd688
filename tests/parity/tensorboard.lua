-- Trains small models with TensorBoard callbacks, for tensorboard.py to read.
--
--   nnlua tensorboard.lua FOLDER
--
-- The files go to FOLDER/tensorboard/NAME/; what must be in them, as the
-- program knows it, to FOLDER/tensorboard.json.

local native = require("native")
local tensor = require("tensor")

local folder = assert(arg[1], "usage: nnlua tensorboard.lua FOLDER") .. "/"
os.execute("rm -rf '" .. folder .. "tensorboard'")

local expected = {runs={}}

-- Adds a scalar that must be there.
local function expect(run, tag, step, value)
  local list = expected.runs[run] or {}
  expected.runs[run] = list
  list[#list + 1] = {tag=tag, step=step, value=value}
end

-- A callback that notes what TensorBoard is given.
local function notes(name, every)
  local step = 0
  return {
    on_batch_end=function(_, _, log)
      step = step + 1
      if every and step % every == 0 then
        expect(name .. "/train", "batch_loss", step, log.loss)
        expect(name .. "/train", "batch_mae", step, log.mae)
      end
    end,
    on_epoch_end=function(self, epoch, log)
      expect(name .. "/train", "epoch_loss", epoch, log.loss)
      expect(name .. "/train", "epoch_mae", epoch, log.mae)
      expect(name .. "/train", "epoch_learning_rate", epoch,
             self.model.optimizer.lr)
      expect(name .. "/validation", "epoch_loss", epoch, log.val_loss)
      expect(name .. "/validation", "epoch_mae", epoch, log.val_mae)
    end,
  }
end

local function train(name, model, x, y, options, every)
  options[1] = folder .. "tensorboard/" .. name
  model:compile{optimizer=optim.SGD{0.01}, loss="mse", metrics={"mae"}}
  model:fit(x, y, {epochs=3, batch_size=4, verbose=0, validation_split=0.25,
                   callbacks={nn.callbacks.TensorBoard(options),
                              notes(name, every)}})
end

tensor.manual_seed(4)
for _, format in ipairs{"simple", "keras"} do
  local x = tensor.randn(16, 8, 8, 3)
  local model = nn.Sequential{
    nn.Conv2D{4, 3, input_shape={8, 8, 3}, name="kernels"},
    nn.Flatten(), nn.Dense{1, name="last"}}
  train(format, model, x, tensor.randn(16, 1),
        {format=format, update_freq=2, histogram_freq=3, write_images=true}, 2)
end

-- A graph with two inputs, a model inside and a layer that is called twice.
local a, b = nn.Input{4, name="a"}, nn.Input{4, name="b"}
local shared = nn.Dense{3, name="shared"}
local inner = nn.Sequential{nn.Dense{5, input_shape={3}, name="one"},
                            nn.Dense{2, name="two"}, name="inner"}
local joined = nn.Concatenate{name="joined"}(inner(shared(a)), shared(b))
local model = nn.Model{inputs={a, b}, outputs=nn.Dense{1, name="out"}(joined)}
local x = {tensor.randn(8, 4), tensor.randn(8, 4)}
train("graph", model, x, tensor.randn(8, 1), {})
expected.graph = {
  a={op="InputLayer", inputs=native.json_array{}, shape={-1, 4}},
  b={op="InputLayer", inputs=native.json_array{}, shape={-1, 4}},
  shared={op="Dense", inputs={"a"}, shape={-1, 3}},
  shared_1={op="Dense", inputs={"b"}, shape={-1, 3}},
  ["inner/one"]={op="Dense", inputs={"shared"}, shape={-1, 5}},
  ["inner/two"]={op="Dense", inputs={"inner/one"}, shape={-1, 2}},
  joined={op="Concatenate", inputs={"inner/two", "shared_1"}, shape={-1, 5}},
  out={op="Dense", inputs={"joined"}, shape={-1, 1}},
}

-- Values of one's own: a histogram of known numbers, a picture.
local board = nn.callbacks.TensorBoard{folder .. "tensorboard/own"}
local numbers = tensor.randn({500}, "float64")
numbers[7], numbers[8] = 0 / 0, 1 / 0
board:histogram("numbers", numbers, 5)
local picture = tensor.randint(0, 255, {5, 9, 3}):to("uint8")
board:image("picture", picture, 6)
board:text("notes", "a *text*", 2)
board:scalar("large", 1e30, math.maxinteger)
board:close()
tensor.save(folder .. "tensorboard_own.npz", {numbers=numbers,
                                              picture=picture})
expect("own/train", "large", math.maxinteger, 1e30)
native.write_file(folder .. "tensorboard.json", native.json_encode(expected))
