-- A Siamese net: do two sentences say the same? Both go through one encoder,
-- whose weights are therefore shared; the distance of the two vectors is the
-- answer, and does not depend on which sentence comes first.
--
-- The sentences are of a small grammar with synonyms and two voices: "the
-- king helped our cook" is "our chef was aided by the ruler", but not "our
-- cook helped the king", which has the same words. The test is about meanings
-- that no sentence in training had.

local folder = arg[0]:match("^.*/") or ""
local o = dofile(folder .. "arguments.lua")(arg,
  "Learns which sentences say the same, by one encoder for both.", {
  {"pairs", 5000, "pairs of sentences to train on"},
  {"epochs", 6, "passes over them"},
  {"out", "results/siamese", "folder for what is written"},
})
local sentences = dofile(folder .. "siamese/sentences.lua")

local function say(format, ...) print(string.format(format, ...)) end

tensor.manual_seed(o.seed)

local HELD = 200 -- meanings for the test
local meanings = sentences.meanings()
local unseen = table.move(meanings, 1, HELD, 1, {})
local train = sentences.pairs(
  table.move(meanings, HELD + 1, #meanings, 1, {}), o.pairs)
local test = sentences.pairs(unseen, 2000)
say("%d meanings, %d of them for the test alone; %d words; pairs such as",
    #meanings, HELD, #sentences.words)
for i = 1, math.min(4, o.pairs) do
  say("  %-8s %s\n           %s", train.kind[i], sentences.read(train.left[i]),
      sentences.read(train.right[i]))
end

-- Two towers -----------------------------------------------------------------

local function new_encoder(name)
  return nn.Sequential{
    name=name,
    nn.Embedding{#sentences.words, 32, mask_zero=true,
                 input_shape={sentences.LENGTH}},
    -- Windows of five words tell who did it from whom it was done to; the
    -- maximum does not care where in the sentence that was found.
    nn.Conv1D{64, 5, padding="same", activation="relu"},
    nn.GlobalMaxPooling1D{},
    nn.Dense{32},
  }
end

-- The distance of what two encoders make of a pair; one encoder, given twice,
-- is one layer with two uses. Also the functions of the left and the right
-- tower by themselves.
local function new_model(encoder, other)
  local shape = {sentences.LENGTH}
  local left = nn.Input{shape=shape, dtype="int64", name="left"}
  local right = nn.Input{shape=shape, dtype="int64", name="right"}
  local a, b = encoder(left), other(right)
  local model = nn.Model{inputs={left=left, right=right},
                         outputs=(a - b):norm(2, true)}
  -- Paraphrases are drawn together, others pushed apart up to a distance of 1.
  model:compile{optimizer=optim.Adam{lr=4e-3}, loss="contrastive"}
  return model, nn.Function{inputs=left, outputs=a},
         nn.Function{inputs=right, outputs=b}
end

local encoder = new_encoder("encoder")
local model, left_tower, right_tower = new_model(encoder, encoder)
-- For comparison, trained on the same: an encoder for each side.
local apart = new_model(new_encoder("left_encoder"),
                        new_encoder("right_encoder"))
model:summary()
model:plot(o.out .. "/model.svg")
print("wrote " .. o.out .. "/model.svg")

model:fit({left=train.left, right=train.right}, train.same,
          {epochs=o.epochs, batch_size=64})
apart:fit({left=train.left, right=train.right}, train.same,
          {epochs=o.epochs, batch_size=64, verbose=0})

say("\nparameters: %d of the encoder, %d of the model with two towers, %d with "
      .. "two encoders", encoder:count_params(), model:count_params(),
    apart:count_params())
local x = test.left
say("left tower (x) == right tower (x): %s; distance (a, b) == (b, a): %s",
    tostring(left_tower(x) == right_tower(x)),
    tostring(model:predict({left=test.left, right=test.right})
             == model:predict({left=test.right, right=test.left})))

-- How well -------------------------------------------------------------------

local function distance_by(net)
  return function(pairs_of)
    return net:predict({left=pairs_of.left, right=pairs_of.right}):flatten()
  end
end

-- What can be had from words alone: 1 less the share of those in common.
local function by_words(pairs_of)
  return 1 - sentences.overlap(pairs_of.left, pairs_of.right):diag()
end

-- Whether each pair is told rightly, by the distance that parts paraphrases
-- from others best in training.
local function judge(distances)
  local known, same = distances(train), train.same:flatten():gt(0.5)
  local best, threshold = 0, 0
  for at = 0, 1, 0.01 do
    local share = known:lt(at):eq(same):float():mean():item()
    if share > best then best, threshold = share, at end
  end
  return distances(test):lt(threshold):eq(test.same:flatten():gt(0.5)):float()
end

-- Which pairs of the test are of a kind.
local KINDS = {"same", "swapped", "verb", "noun"}
local of_kind = {}
for _, kind in ipairs(KINDS) do
  local chosen = {}
  for i, other in ipairs(test.kind) do chosen[i] = other == kind end
  of_kind[kind] = tensor(chosen, "bool")
end
say("\n%-28s %8s %8s %8s %8s %8s", "correct, of unseen pairs", "all",
    table.unpack(KINDS))
for _, way in ipairs{{"words in common", by_words},
                     {"two encoders", distance_by(apart)},
                     {"one shared encoder", distance_by(model)}} do
  local correct = judge(way[2])
  local row = {correct:mean():item()}
  for _, kind in ipairs(KINDS) do
    row[#row + 1] = correct[of_kind[kind]]:mean():item()
  end
  say("%-28s %8.3f %8.3f %8.3f %8.3f %8.3f", way[1], table.unpack(row))
end

-- The encoder alone ----------------------------------------------------------

-- One sentence of every meaning, and others of the unseen meanings.
local function say_all(list)
  local texts = {}
  for i, meaning in ipairs(list) do texts[i] = sentences.say(meaning) end
  return sentences.encode(texts)
end
local library, questions = say_all(meanings), say_all(unseen)
local places, asked = encoder:predict(library), encoder:predict(questions)
local distances = asked:square():sum(2, true) + places:square():sum(2)
  - asked:matmul(places.T) * 2
local right = tensor.arange(HELD) -- question i is about meaning i
local function share_found(nearest)
  return nearest:eq(right):float():mean():item()
end
say("\nthe nearest of %d sentences has the meaning asked for: %.3f by the "
      .. "encoder, %.3f by words in common", #meanings,
    share_found(distances:argmin(2)),
    share_found(sentences.overlap(questions, library):argmax(2)))
for i = 1, 3 do
  print(sentences.read(questions[i]))
  local _, nearest = distances[i]:topk(3, -1, false)
  for k = 1, 3 do
    say("  %.2f  %s", math.sqrt(distances[{i, nearest[k]}]),
        sentences.read(library[nearest[k]]))
  end
end

local far = distance_by(model)(test)
local by_kind = {}
for i, kind in ipairs(KINDS) do by_kind[i] = far[of_kind[kind]] end
-- The cosines of the vectors of all nouns, three after three of one meaning:
-- nobody told the net which they are.
local vectors = encoder:get_layer(1).embeddings:detach()
vectors = vectors[{{1, sentences.nouns}}]
local unit = vectors / vectors:norm(2, true)
local cosines = unit:matmul(unit.T)
local _, nearest = cosines:topk(3) -- the noun itself is the first
local group = tensor.arange(sentences.nouns):sub(1) // 3
local found = (nearest - 1) // 3
say("nouns whose two nearest ones are their synonyms: %d of %d",
    found:eq(group:unsqueeze(2)):all(2):long():sum():item(), sentences.nouns)
local path = o.out .. "/siamese.png"
plot.grid({
  plot.hist(by_kind, {bins=40, density=true, labels=KINDS,
                      title="distances of unseen pairs"}),
  plot.heatmap(cosines, {
    title="cosines of the nouns' vectors",
    yticks=table.move(sentences.words, 1, sentences.nouns, 1, {})}),
}, {columns=2, size={1300, 600}}):save(path)
print("wrote " .. path)
