-- Invented people: a post of each and figures about the account, and the
-- age, income and gender that both hint at.

local people = {
  WORDS_IN_POST = 24,
  FIGURES = 5, -- about each account
  CLASSES = 10, -- of income, each as frequent as the others
  words = {},
}

-- Eight words a line: four hint at one end of a trait (young, poor, a man),
-- four at the other. Before each word stands "my" or "no", and "no exam"
-- hints at the opposite of "my exam". Both are as frequent: a word tells
-- nothing, a phrase does.
local WORDS = [[my no
  exam campus roommate hangover    pension grandson rheumatism memoirs
  coupon canteen landlord overdraft    yacht vineyard chauffeur butler
  beard tie paternity wife    skirt handbag maternity husband]]
for word in WORDS:gmatch("%a+") do people.words[#people.words + 1] = word end

-- By how much the chance of a phrase differs between the ends of its trait.
local CLEAR = {0.8, 0.8, 0.35}

-- A post of each person: (n, WORDS_IN_POST) positions in people.words.
-- `traits` (n, 3) has age, income and gender, from 0 to 1.
local function write_posts(traits)
  local n, phrases = traits.shape[1], people.WORDS_IN_POST // 2
  local topic = tensor.randint(1, 3, n, phrases) -- the trait
  local chance = (traits - 0.5) * tensor(CLEAR) + 0.5
  local high = tensor.bernoulli(chance:gather(2, topic))
  local denied = tensor.bernoulli(tensor.full({n, phrases}, 0.5))
  local upper = (high - denied):abs() -- "no" and a word of the other end
  local word = topic * 8 - 5 + upper * 4 + tensor.randint(0, 3, n, phrases)
  return tensor.stack({denied + 1, word}, 3):reshape(n, -1):long()
end

-- The figures of each account (n, FIGURES). Prices and followers span powers
-- of ten: they come as logarithms.
local function count_up(traits)
  local n = traits.shape[1]
  local signal = traits * tensor({12, 2.5, 2}) + tensor({4, 5, 9})
  local noise = tensor.randn(n, people.FIGURES) * tensor({3, 0.7, 1.5, 4, 1})
  return noise + tensor.concat({
    signal, -- years online, price of the phone, letters in the name
    tensor({{14, 5}}):expand(n, 2), -- no hints: the hour, followers
  }, 2)
end

--- n people: inputs and targets by name.
function people.invent(n)
  local traits = tensor.rand(n, 3)
  traits[{{}, 3}] = traits[{{}, 3}]:gt(0.5)
  return {post=write_posts(traits), account=count_up(traits)}, {
    age=traits[{{}, {1, 1}}] * 52 + 18, -- years
    income=(traits[{{}, 2}] * people.CLASSES):long() + 1, -- 1: the lowest
    gender=traits[{{}, {3, 3}}]:clone(), -- 1: a woman
  }
end

--- The words of a post.
function people.read(post)
  local text = {}
  for i, token in ipairs(post:totable()) do text[i] = people.words[token] end
  return table.concat(text, " ")
end

return people
