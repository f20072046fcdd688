-- Over-fitting: a large net on few pictures, some of them with wrong labels,
-- learns them by heart: its validation loss climbs while the training loss
-- falls. The same net with L2 penalties, with dropout, with batch
-- normalization, and on more pictures.
--
-- overfitting.png has training and validation curves of each.

local folder = arg[0]:match("^.*/") or ""
local o = dofile(folder .. "arguments.lua")(arg,
  "Training and validation curves with and without regularisation.", {
  {"epochs", 25, "passes over the pictures"},
  {"samples", 400, "pictures to train on"},
  {"noise", 0.25, "share of the training labels that are wrong"},
  {"out", "results/overfitting", "folder for what is written"},
})

local MORE = 5
local set = data.digits{train=MORE * o.samples, test=1000}
local function pictures(part) return part.x:to("float32"):div_(255) end

tensor.manual_seed(o.seed)
local x, y = pictures(set.train), set.train.y
local x_valid, y_valid = pictures(set.test), set.test.y
-- Wrong labels are what there is to learn by heart.
local wrong = tensor.rand(#y):lt(o.noise)
y = tensor.where(wrong, tensor.randint(1, 10, #y), y)

-- Two hidden layers; hidden(n) adds one.
local function new_net(hidden)
  local net = nn.Sequential{nn.Flatten{input_shape={28, 28}}}
  for _ = 1, 2 do hidden(net, 128) end
  net:add(nn.Dense{10, activation="softmax"})
  return net
end

local function plain(net, units)
  net:add(nn.Dense{units, activation="relu"})
end

local function with_l2(net, units)
  net:add(nn.Dense{units, activation="relu",
                   kernel_regularizer=nn.regularizers.L2{5e-3}})
end

local function with_dropout(net, units)
  plain(net, units)
  net:add(nn.Dropout{0.4})
end

local function with_batch_normalization(net, units)
  net:add(nn.Dense{units, use_bias=false})
  net:add(nn.BatchNormalization{})
  net:add(nn.Activation{"relu"})
end

local ways = {
  {"plain", plain, 1},
  {"L2", with_l2, 1},
  {"dropout", with_dropout, 1},
  {"batch normalization", with_batch_normalization, 1},
  {MORE .. " times the data", plain, MORE},
}

-- Cross-entropy alone: fit's loss has the penalties in it.
local function train(name, hidden, share)
  tensor.manual_seed(o.seed)
  local count = share * o.samples
  local x_train, y_train = x[{{1, count}}], y[{{1, count}}]
  local model = new_net(hidden)
  model:compile{optimizer="adam", loss="sparse_categorical_crossentropy",
                metrics={"accuracy",
                         entropy="sparse_categorical_crossentropy"}}
  local history = model:fit(x_train, y_train, {
    epochs=o.epochs, batch_size=32, verbose=0,
    validation_data={x_valid, y_valid},
  })
  local least, at = math.huge, 0
  for epoch, loss in ipairs(history.val_entropy) do
    if loss < least then least, at = loss, epoch end
  end
  local last = o.epochs
  print(string.format("%-20s training %.4f  validation %.4f, least %.4f in "
                        .. "epoch %2d  accuracy %.3f", name,
                      history.entropy[last], history.val_entropy[last], least,
                      at, history.val_accuracy[last]))
  return history
end

print(string.format("%d pictures, %.0f %% of their labels wrong; %d "
                      .. "validation pictures with true labels", o.samples,
                    100 * o.noise, #y_valid))
print("cross-entropy after the last epoch:")
local figures, curves, names = {}, {}, {}
for i, way in ipairs(ways) do
  local history = train(table.unpack(way))
  figures[i] = plot.line({history.entropy, history.val_entropy}, {
    title=way[1], labels={"training", "validation"}, legend=i == 1,
    xlabel="epoch", ylabel="cross-entropy", ylim={0, 2.5},
  })
  curves[i], names[i] = history.val_accuracy, way[1]
end
figures[#figures + 1] = plot.line(curves, {
  title="validation accuracy", labels=names, xlabel="epoch",
  ylim={0.5, 1}, legend="lower right",
})

local path = o.out .. "/overfitting.png"
plot.grid(figures, {columns=3, size={1200, 700}}):save(path)
print("wrote " .. path)
