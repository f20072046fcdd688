-- Cases of random numbers whose parameters leave nothing to chance: see
-- ../cases.lua. The distributions have tests of their own.

return function(words)
  local of = words.of
  return {
    uniform_ = {{{of {2, 3}}, {2.5, 2.5}}, {{of {}}, {-1, -1}},
      {{of {0, 3}}, {0, 1}}},
    normal_ = {{{of {2, 3}}, {2.5, 0}}, {{of {}}, {-1, 0}},
      {{of {0, 3}}, {0, 1}}},
    bernoulli_ = {dtypes = words.ALL, {{of {2, 3}}, {0}, {1}},
      {{of {}}, {1}}, {{of {0, 3}}, {}}},
    exponential_ = {usual_layout = true, {{of {0, 3}}, {}, {2}}},
  }
end
