-- A model with several inputs and several outputs, all of them by name: from
-- a person's post (words) and figures about the account (numbers) it tells
-- age, income and gender at once.
--
-- The people and their habits are invented. Each input hints at all three, so
-- that neither is enough: models that see only one, and one that reads the
-- post word by word, are trained beside the full one.

local folder = arg[0]:match("^.*/") or ""
local o = dofile(folder .. "arguments.lua")(arg,
  "Age, income and gender from a post and from numbers, in one model.", {
  {"people", 5000, "people to train on"},
  {"epochs", 8, "passes over them"},
  {"out", "results/multi_input", "folder for what is written"},
})
local people = dofile(folder .. "multi_input/people.lua")

local function say(format, ...) print(string.format(format, ...)) end

tensor.manual_seed(o.seed)

-- Inputs and targets are tables: {post=, account=}, {age=, income=, gender=}.
local TEST = 4000 -- people
local x_train, y_train = people.invent(o.people)
local x_test, y_test = people.invent(TEST)
local moments
x_train.account, moments = data.normalize(x_train.account)
x_test.account = data.normalize(x_test.account, {like=moments})

-- A third of the people keep their income to themselves. Their weight is 0
-- for that output, so that it does not matter what stands in its place; for
-- age and gender they count in full.
local told = tensor.rand(o.people):gt(1 / 3)
y_train.income = tensor.where(told, y_train.income, 1)
local sample_weight = {income=told:float()}

local MEAN_AGE = y_train.age:mean():item()

-- Branches for the inputs that are seen, joined, and the three outputs. The
-- post is read by `window` words at a time.
local function new_model(seen, window)
  local inputs, branches = {}, {}
  if seen.post then
    inputs.post = nn.Input{people.WORDS_IN_POST, name="post", dtype="int64"}
    -- Vectors of length 4 or so set the words apart from the first step on;
    -- from the usual 0.1 it takes longer until phrases are told apart.
    local words = nn.Embedding{
      #people.words, 16, name="words",
      embeddings_initializer=nn.initializers.RandomNormal{0, 1},
    }(inputs.post)
    local phrases = nn.Conv1D{48, window, strides=window, activation="relu",
                              name="phrases"}(words)
    -- The mean counts how often a filter found its phrase, wherever it
    -- stands; the maximum would tell only whether it is there.
    branches[1] = nn.GlobalAveragePooling1D{name="how_often"}(phrases)
  end
  if seen.account then
    inputs.account = nn.Input{people.FIGURES, name="account"}
    branches[#branches + 1] =
      nn.Dense{16, activation="relu", name="figures"}(inputs.account)
  end
  local joined = branches[1]
  if #branches > 1 then joined = nn.Concatenate{name="both"}(branches) end
  local hidden = nn.Dense{48, activation="relu", name="person"}(joined)
  return nn.Model{inputs=inputs, outputs={
    -- It begins at the mean age: 0 would be a long way off.
    age=nn.Dense{1, bias_initializer=nn.initializers.Constant{MEAN_AGE},
                 name="age"}(hidden),
    income=nn.Dense{people.CLASSES, activation="softmax",
                    name="income"}(hidden),
    gender=nn.Dense{1, activation="sigmoid", name="gender"}(hidden),
  }}
end

-- Squared errors of the age are in the hundreds, cross-entropies near 1:
-- unweighted, their sum would be about the age alone.
local LOSS_WEIGHTS = {age=0.01, income=1, gender=1}

local function train(model, seen)
  model:compile{
    optimizer=optim.Adam{lr=5e-3},
    loss={age="mse", income="sparse_categorical_crossentropy",
          gender="binary_crossentropy"},
    loss_weights=LOSS_WEIGHTS,
    metrics={age={"mae"}, income={"accuracy", top3=nn.metrics.top_k{3}},
             gender={"accuracy", "auc"}},
  }
  local function part(x) -- the inputs that the model has
    return {post=seen.post and x.post, account=seen.account and x.account}
  end
  return model:fit(part(x_train), y_train, {
    epochs=o.epochs, batch_size=64, verbose=0, sample_weight=sample_weight,
    validation_data={part(x_test), y_test},
  })
end

say("%d people to train on, %d of them tell their income; %d for the test",
    o.people, told:long():sum():item(), TEST)
for i = 1, math.min(3, o.people) do
  say("%2.0f years, income %2s of %d, %s: %s ...", y_train.age[{i, 1}],
      told[i] and y_train.income[i] or "?", people.CLASSES,
      y_train.gender[{i, 1}] == 1 and "woman" or "man",
      people.read(x_train.post[{i, {1, 8}}]))
end

local BOTH = {post=true, account=true}
local model = new_model(BOTH, 2)
model:summary()
model:plot(o.out .. "/model.svg")
print("wrote " .. o.out .. "/model.svg")

-- The full model against others ----------------------------------------------

local ROW = "%-24s %10.2f %15.3f %8.3f %15.3f %6.3f"
say("\n%-24s %10s %15s %8s %15s %6s", "on the test's people", "age, error",
    "income, correct", "in top 3", "gender, correct", "AUC")
say(ROW, "a guess", (y_test.age - MEAN_AGE):abs():mean():item(),
    1 / people.CLASSES, 3 / people.CLASSES, 0.5, 0.5)
local COLUMNS = {"val_age_mae", "val_income_accuracy", "val_income_top3",
                 "val_gender_accuracy", "val_gender_auc"}
local names, curves, first, best = {}, {{}, {}, {}, {}, {}}, nil, true
for i, way in ipairs{
  {"both inputs", BOTH, 2},
  {"post only", {post=true}, 2},
  {"account only", {account=true}, 2},
  {"both, words one by one", BOTH, 1},
} do
  local name, seen, window = table.unpack(way)
  local history = train(i == 1 and model or new_model(seen, window), seen)
  local row = {}
  for k, column in ipairs(COLUMNS) do
    row[k], curves[k][i] = history[column][o.epochs], history[column]
    -- The first column is an error, the less the better.
    local sign = k == 1 and -1 or 1
    best = best and (not first or sign * first[k] > sign * row[k])
  end
  first, names[i] = first or row, name
  say(ROW, name, table.unpack(row))
end
say("both inputs are ahead in every column: %s", tostring(best))
print("Of words one by one \"my\" and \"yacht\" tell nothing: the post is "
        .. "lost, and\nwhat is left is what the account tells.\n")

-- The total, then the loss of each output in the order of their names.
local loss, age, gender, income = model:evaluate(x_test, y_test)
say("loss %.4f = %g x %.2f (age) + %.4f (gender) + %.4f (income)", loss,
    LOSS_WEIGHTS.age, age, gender, income)
local guess = model:predict(x_test)
for i = 1, 4 do
  say("%4.1f years (in truth %2.0f), income %2d (%2d), a woman with %3.0f %% "
        .. "(a %s)", guess.age[{i, 1}], y_test.age[{i, 1}],
      guess.income[i]:argmax():item(), y_test.income[i],
      100 * guess.gender[{i, 1}],
      y_test.gender[{i, 1}] == 1 and "woman" or "man")
end

local path = o.out .. "/curves.png"
local function figure(k, title)
  return plot.line(curves[k], {title=title, labels=names, xlabel="epoch",
                               legend=k == 1})
end
plot.grid({
  figure(1, "age: mean error in years"),
  figure(2, "income: correct of 10 classes"),
  figure(4, "gender: correct"),
  plot.scatter(y_test.age:flatten(), guess.age:flatten(), {
    title="age, both inputs", xlabel="in truth", ylabel="predicted",
    alpha=0.3, marker_size=2}),
}, {columns=2, size={1100, 800}}):save(path)
print("wrote " .. path)
