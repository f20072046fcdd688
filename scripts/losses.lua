-- Losses: cross-entropy in all its forms, and that it is the negative
-- logarithm of the likelihood; Kullback-Leibler divergence; why squared error
-- is a poor loss for classes; and a captcha read with independent labels: 4
-- characters, each one of 63, as 252 sigmoids.

local folder = arg[0]:match("^.*/") or ""
local o = dofile(folder .. "arguments.lua")(arg,
  "A lesson in losses, and a net that reads captchas.", {
  {"captchas", 5000, "captchas to train on"},
  {"epochs", 8, "passes over them"},
  {"out", "results/losses", "folder for what is written"},
})

local losses = nn.losses

local function chapter(title)
  print("\n== " .. title .. " " .. ("="):rep(72 - #title))
end

local function say(format, ...) print(string.format(format, ...)) end

tensor.manual_seed(o.seed)

-- Cross-entropy --------------------------------------------------------------

chapter("One cross-entropy, many forms")
print("Scores z (logits) of 6 samples for 4 classes, and their true classes.")
local z = tensor.randn(6, 4) * 2
local labels = tensor({1, 4, 2, 2, 3, 1}, "int64")
local one_hot = data.to_categorical(labels, 4)
local p = z:softmax(2)

local function mean(loss) return loss:mean():item() end

local forms = {
  {"categorical, of probabilities",
   losses.categorical_crossentropy(one_hot, p)},
  {"categorical, from_logits=true",
   losses.categorical_crossentropy(one_hot, z, {from_logits=true})},
  {"softmax_cross_entropy_with_logits",
   losses.softmax_cross_entropy_with_logits(one_hot, z)},
  {"sparse (labels by index)",
   losses.sparse_categorical_crossentropy(labels, p)},
  {"sparse, with logits",
   losses.sparse_softmax_cross_entropy_with_logits(labels, z)},
  {"by hand: -mean(sum(y log p))", -(one_hot * p:log()):sum(2)},
  {"by hand: logsumexp(z) - z[label]",
   z:logsumexp(2) - z:gather(2, labels:unsqueeze(2)):squeeze(2)},
}
local first, equal = mean(forms[1][2]), true
for _, form in ipairs(forms) do
  say("  %-36s %.6f", form[1], mean(form[2]))
  equal = equal and math.abs(mean(form[2]) - first) < 1e-5
end
say("all equal: %s", tostring(equal))

chapter("It is the negative log-likelihood")
print("The model gives the labels of all samples the probability that is the\n"
        .. "product of the probabilities of each.")
local likelihood = p:gather(2, labels:unsqueeze(2)):prod():item()
local nll = -math.log(likelihood) / #labels
say("likelihood %.6g, -log(likelihood) / 6 = %.6f, cross-entropy %.6f",
    likelihood, nll, first)
say("equal: %s", tostring(math.abs(nll - first) < 1e-5))
print("The most likely parameters are therefore those of least cross-entropy.")

chapter("Independent labels: a sigmoid each")
local tags = tensor({{1, 0, 1}, {0, 0, 1}})
local scores = tensor({{2, -1, 0.5}, {-3, 1, 4}})
local q = scores:sigmoid()
local independent = {
  mean(losses.binary_crossentropy(tags, q)),
  mean(losses.binary_crossentropy(tags, scores, {from_logits=true})),
  mean(losses.sigmoid_cross_entropy_with_logits(tags, scores)),
  mean(-(tags * q:log() + (1 - tags) * (1 - q):log())),
}
say("binary of probabilities %.6f, from_logits %.6f, with_logits %.6f, "
      .. "by hand %.6f", table.unpack(independent))
print("A sample may have several of the labels, or none. From logits the loss\n"
        .. "is right where the probability has lost all its digits:")
local sure = tensor({{-100}})
say("y = 1, logit -100: with logits %.4f; of probabilities (clipped) %.4f",
    mean(losses.sigmoid_cross_entropy_with_logits(tensor({{1}}), sure)),
    mean(losses.binary_crossentropy(tensor({{1}}), sure:sigmoid())))

-- Kullback-Leibler -----------------------------------------------------------

chapter("Kullback-Leibler divergence")
print("KL(y, p) = sum y log(y / p) = H(y, p) - H(y): what it costs to take p\n"
        .. "for y. Cross-entropy differs from it by the entropy of y, which\n"
        .. "does not depend on the model.")
local y, guess = tensor({{0.7, 0.2, 0.1}}), tensor({{0.4, 0.4, 0.2}})
local cross = mean(losses.categorical_crossentropy(y, guess))
local entropy = mean(losses.categorical_crossentropy(y, y))
local divergence = mean(losses.kullback_leibler_divergence(y, guess))
say("H(y, p) - H(y) = %.6f - %.6f = %.6f;  KL(y, p) = %.6f", cross, entropy,
    cross - entropy, divergence)
say("equal: %s", tostring(math.abs(cross - entropy - divergence) < 1e-5))
say("KL(p, y) = %.6f: it is no distance;  KL(y, y) = %.6f",
    mean(losses.kullback_leibler_divergence(guess, y)),
    mean(losses.kullback_leibler_divergence(y, y)))

-- Squared error --------------------------------------------------------------

chapter("Squared error or cross-entropy?")
print("The gradient by the logit z of one sample with label 1. Where the\n"
        .. "model is sure and wrong, that of the squared error vanishes with\n"
        .. "the slope of the sigmoid; that of cross-entropy is p - y.")
local one = tensor({{1.0}})
local function squared(t)
  return losses.mean_squared_error(one, t:sigmoid())
end
local function crossed(t)
  return losses.sigmoid_cross_entropy_with_logits(one, t)
end
local function slope(loss, at)
  return autograd.grad_of(loss)(tensor({{at}})):item()
end
say("%8s %14s %14s", "z", "squared error", "cross-entropy")
for _, at in ipairs{-8.0, -4.0, -2.0, 0.0, 2.0, 4.0} do
  say("%8.1f %14.6f %14.6f", at, slope(squared, at), slope(crossed, at))
end

-- One weight from a start where it is sure and wrong.
local function descend(loss)
  local at, curve = -6.0, {}
  for step = 1, 200 do
    at = at - slope(loss, at)
    curve[step] = 1 / (1 + math.exp(-at))
  end
  return curve
end
local by_square, by_cross = descend(squared), descend(crossed)
say("after 20 steps of size 1 from z = -6: p = %.4f by squared error, %.4f "
      .. "by cross-entropy", by_square[20], by_cross[20])
plot.line({by_square, by_cross}, {
  labels={"squared error", "cross-entropy"}, xlabel="step",
  ylabel="probability of the true class", title="from sure and wrong, z = -6",
}):save(o.out .. "/squared_or_cross.png")
print("wrote " .. o.out .. "/squared_or_cross.png")

-- Captchas -------------------------------------------------------------------

chapter("Captchas: 4 characters x 63 independent sigmoids")
local letters = dofile(folder .. "losses/letters.lua")
local COUNT, KINDS = 4, #letters.names
local HEIGHT, CELL = 12, 9 -- of a picture, and across for a character

-- n pictures (n, HEIGHT, 4 CELL, 1) and the positions of their characters in
-- letters.names (n, 4). Each letter is moved and inked at random; a captcha
-- has 4 characters, or 3 and "_".
local function draw_captchas(n)
  local classes = tensor.randint(1, KINDS - 1, n, COUNT)
  local short = tensor.rand(n):lt(0.2)
  classes[{{}, COUNT}] = tensor.where(short, KINDS, classes[{{}, COUNT}])
  local glyphs = letters.pixels:index_select(1, classes:flatten())
  local ink = tensor.uniform(0.6, 1, n * COUNT, 1, 1)
  local cells = tensor.zeros(n * COUNT, HEIGHT, CELL)
  local down = tensor.randint(1, 3, n * COUNT)
  local across = tensor.randint(2, 3, n * COUNT)
  for dy = 1, 3 do
    for dx = 2, 3 do -- all that are moved alike at once
      local here = (down:eq(dy) & across:eq(dx)):to("float32")
      cells[{{}, {dy + 1, dy + 7}, {dx, dx + 4}}]:add_(
        glyphs * ink * here:reshape(-1, 1, 1))
    end
  end
  local rows = cells:reshape(n, COUNT, HEIGHT, CELL):transpose(2, 3)
  local pictures = rows:reshape(n, HEIGHT, COUNT * CELL, 1)
  return pictures + tensor.rand(n, HEIGHT, COUNT * CELL, 1) * 0.3, classes
end

-- (n, 4) positions as (n, 252) labels of 0 and 1.
local function to_labels(classes)
  return data.to_categorical(classes:flatten(), KINDS)
    :reshape(-1, COUNT * KINDS)
end

-- The positions of the greatest score of each character.
local function read_scores(scores_of_all)
  return scores_of_all:reshape(-1, COUNT, KINDS):argmax(3)
end

local function per_character(labels_of_all, scores_of_all)
  return read_scores(labels_of_all):eq(read_scores(scores_of_all)):float()
    :mean(2)
end

local function text_of(classes)
  local parts = {}
  for i, class in ipairs(classes:totable()) do
    parts[i] = letters.names[class]
  end
  return table.concat(parts)
end

local x_train, c_train = draw_captchas(o.captchas)
local x_test, c_test = draw_captchas(1000)
-- Layers that slide from character to character, so that each of the four is
-- read by the same weights. One label in 63 is 1: the last biases begin there.
local CELL_SIZE = {HEIGHT, CELL}
local model = nn.Sequential{
  nn.Conv2D{256, CELL_SIZE, strides=CELL_SIZE, activation="relu",
            input_shape={HEIGHT, COUNT * CELL, 1}},
  nn.Conv2D{128, 1, activation="relu"},
  nn.Conv2D{KINDS, 1, bias_initializer=nn.initializers.Constant{-4}},
  nn.Flatten{},
}
say("%d captchas of %d x %d pixels, %d labels each, %d of them 1",
    o.captchas, HEIGHT, COUNT * CELL, COUNT * KINDS, COUNT)
model:compile{optimizer=optim.Adam{lr=3e-3},
              loss="sigmoid_cross_entropy_with_logits",
              metrics={per_character=per_character}}
model:fit(x_train, to_labels(c_train), {
  epochs=o.epochs, batch_size=32,
  validation_data={x_test, to_labels(c_test)},
})

local read = read_scores(model:predict(x_test))
local right = read:eq(c_test)
for k = 1, COUNT do
  say("accuracy of character %d: %.4f", k, right[{{}, k}]:float():mean():item())
end
say("accuracy per character: %.4f; whole captchas: %.4f",
    right:float():mean():item(), right:all(2):float():mean():item())
local cards = {}
for i = 1, 24 do cards[i] = x_test[i]:clamp(0, 1) end
for i = 1, 6 do
  say("  drawn %s, read %s", text_of(c_test[i]), text_of(read[i]))
end
image.save(o.out .. "/captchas.png",
           image.grid(cards, {columns=6, padding=3, scale=4}))
print("wrote " .. o.out .. "/captchas.png")
