-- Sentences from a small grammar. A meaning is who (1 to #NOUNS) did what (1
-- to #VERBS) to whom; it can be said with any of three words for each, in the
-- active or the passive, with or without words that do not matter.

local NOUNS = {
  "doctor physician medic", "teacher tutor instructor", "child kid youngster",
  "thief robber burglar", "policeman officer constable",
  "author writer novelist", "boss chief manager", "sailor seaman mariner",
  "king monarch ruler", "lawyer attorney advocate", "cook chef caterer",
  "farmer grower peasant",
}
-- Regular ones: the past tense is the participle as well.
local VERBS = {
  "helped assisted aided", "followed trailed shadowed",
  "praised lauded applauded", "scolded rebuked reprimanded",
  "hired employed engaged", "greeted welcomed saluted",
  "annoyed irritated bothered", "healed cured treated",
}
local BEFORE = {"", "", "yesterday", "apparently", "today"}
local AFTER = {"", "", "again", "in the morning", "at home"}
local ARTICLES = {"the", "our", "this"}

local sentences = {
  LENGTH = 11, -- of the longest, in words
  words = {}, -- every word of the grammar, the nouns first
  nouns = 3 * #NOUNS, -- of them
}

local number = {} -- of each word in sentences.words
local function learn(list)
  for word in table.concat(list, " "):gmatch("%a+") do
    if not number[word] then
      sentences.words[#sentences.words + 1] = word
      number[word] = #sentences.words
    end
  end
end
for _, list in ipairs{NOUNS, VERBS, BEFORE, AFTER, ARTICLES, {"was by"}} do
  learn(list)
end

-- Chance goes through tensor, whose seed the script sets.
local function pick(list) return list[tensor.randint(1, #list, 1)[1]] end

local function synonym(words)
  local list = {}
  for word in words:gmatch("%a+") do list[#list + 1] = word end
  return pick(list)
end

--- One of the many ways to say a meaning {who, what, whom}.
function sentences.say(meaning)
  local who = pick(ARTICLES) .. " " .. synonym(NOUNS[meaning[1]])
  local what = synonym(VERBS[meaning[2]])
  local whom = pick(ARTICLES) .. " " .. synonym(NOUNS[meaning[3]])
  local clause = pick{true, false}
    and table.concat({who, what, whom}, " ")
    or table.concat({whom, "was", what, "by", who}, " ")
  local text = pick(BEFORE) .. " " .. clause .. " " .. pick(AFTER)
  return text:match("^%s*(.-)%s*$")
end

--- The words of tokens (LENGTH).
function sentences.read(tokens)
  local text = {}
  for i, token in ipairs(tokens:totable()) do
    text[i] = sentences.words[token]
  end
  return table.concat(text, " ")
end

--- A list of sentences as tokens (#list, LENGTH), padded with 0 at the end.
function sentences.encode(list)
  local rows = {}
  for i, text in ipairs(list) do
    local row = {}
    for word in text:gmatch("%a+") do row[#row + 1] = number[word] end
    for k = #row + 1, sentences.LENGTH do row[k] = 0 end
    rows[i] = row
  end
  return tensor(rows, "int64")
end

--- How many words sentences share, of those that are in either (Jaccard):
-- tokens a (n, LENGTH) and b (m, LENGTH) -> (n, m).
function sentences.overlap(a, b)
  local function bag(tokens) -- 1 for each word that occurs, but the padding
    local bags = tensor.zeros(#tokens, #sentences.words + 1)
    return bags:scatter_(2, tokens + 1, 1)[{{}, {2, -1}}]
  end
  local x, y = bag(a), bag(b)
  local shared = x:matmul(y.T)
  return shared / (x:sum(2, true) + y:sum(2):unsqueeze(1) - shared)
end

--- All meanings, in random order.
function sentences.meanings()
  local list = {}
  for who = 1, #NOUNS do
    for what = 1, #VERBS do
      for whom = 1, #NOUNS do
        if who ~= whom then list[#list + 1] = {who, what, whom} end
      end
    end
  end
  local mixed = {}
  for i, at in ipairs(tensor.randperm(#list):totable()) do
    mixed[i] = list[at]
  end
  return mixed
end

-- A meaning that differs from one in the way that is asked for.
local CHANGES = {
  swapped = function(m) return {m[3], m[2], m[1]} end,
  verb = function(m)
    return {m[1], (m[2] + tensor.randint(0, #VERBS - 2, 1)[1]) % #VERBS + 1,
            m[3]}
  end,
  noun = function(m)
    local other
    repeat other = tensor.randint(1, #NOUNS, 1)[1]
    until other ~= m[1] and other ~= m[3]
    if pick{true, false} then return {other, m[2], m[3]} end
    return {m[1], m[2], other}
  end,
}

--- n pairs about the given meanings, half of them paraphrases: tokens left
-- and right (n, LENGTH), same (n, 1), and a list of the kinds ("same", or how
-- the second differs: who and whom swapped, another verb, another noun).
function sentences.pairs(meanings, n)
  local left, right, kind, same = {}, {}, {}, {}
  for i = 1, n do
    local meaning = pick(meanings)
    kind[i] = i % 2 == 0 and "same" or pick{"swapped", "verb", "noun"}
    local other = kind[i] == "same" and meaning or CHANGES[kind[i]](meaning)
    left[i], right[i] = sentences.say(meaning), sentences.say(other)
    same[i] = {kind[i] == "same" and 1 or 0}
  end
  return {left=sentences.encode(left), right=sentences.encode(right),
          kind=kind, same=tensor(same)}
end

return sentences
