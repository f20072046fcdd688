-- data.generator: a small stream of random numbers for data sets that the
-- program draws itself. It shares nothing with tensor's random stream, so a
-- data set is the same whatever ran before it and disturbs nothing after it.

local GOLDEN = 0x9E3779B97F4A7C15

-- A function that gives uniform numbers in [0, 1): SplitMix64 (Steele, Lea
-- and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
local function uniform(seed)
  local state = seed
  return function()
    state = state + GOLDEN
    local z = state
    z = (z ~ (z >> 30)) * 0xBF58476D1CE4E5B9
    z = (z ~ (z >> 27)) * 0x94D049BB133111EB
    return ((z ~ (z >> 31)) >> 11) * 0x1p-53
  end
end

-- Mean 0, standard deviation 1, never beyond 3: the sum of three uniforms.
-- The bound keeps every drawing legible.
local function bell(draw)
  return 2 * (draw() + draw() + draw()) - 3
end

-- Puts a list in random order, in place (Fisher and Yates).
local function shuffle(draw, list)
  for i = #list, 2, -1 do
    local j = 1 + math.floor(draw() * i)
    list[i], list[j] = list[j], list[i]
  end
  return list
end

return {uniform = uniform, bell = bell, shuffle = shuffle}
