-- Cases of what makes tensors and what is no row of the table: see
-- ../cases.lua.

return function(words)
  local of, ref, ALL, FLOATS = words.of, words.ref, words.ALL, words.FLOATS

  -- Calls without inputs.
  local function calls(...)
    return {dtypes = {"float64"}, usual_layout = true, {{}, ...}}
  end

  local function shaped()
    return calls({2, 3}, {{2, 3}}, {4, "int64"}, {{0, 2}, "bool"},
      {{2, 1, 3}, "float64"}, {5, "uint8"})
  end

  local function like(...)
    return {dtypes = ALL, {{of {2, 3}}, {}, {"float64"}, {"int32"},
      ...}, {{of {}}, {}}, {{of {0, 3}}, {}}}
  end

  local function conversion()
    return {dtypes = ALL, {{of {3, 5}}, {}}, {{of {}}, {}}}
  end

  return {
    zeros = shaped(), ones = shaped(),
    full = calls({{2, 3}, 1.5}, {{2}, 7, "int64"}, {{3}, true,
      "bool"}, {{0, 2}, -1}),
    eye = calls({3}, {2, 4}, {3, "int64"}, {0}),
    zeros_like = like(), ones_like = like(),
    full_like = {dtypes = FLOATS, {{of {2, 3}}, {2.5}}},
    arange = calls({5}, {2, 7}, {1, 10, 3}, {5, 1, -2}, {0},
      {0.5, 2.5, 0.5}, {1, 4, 1, "float64"}, {3, 2}, {-2, 2}),
    linspace = calls({0, 1, 5}, {-2, 3, 7}, {1, 0, 3}, {2, 2, 1},
      {0, 1, 5, "float64"}),
    logspace = calls({0, 2, 3}, {-1, 1, 5}, {0, 3, 4, "float64"}),
    float = conversion(), double = conversion(), long = conversion(),
    int = conversion(), bool = conversion(),
    byte = {dtypes = {"uint8", "bool"}, {{of {3, 5}}, {}}},
    numel = conversion(),
    item = {dtypes = ALL, {{of {}}, {}}, {{of {1, 1}}, {}}},
    allclose = {dtypes = FLOATS,
      {{of {3, 4}, of {3, 4}}, {}, {ref(1), ref(1)},
        {ref(1), ref(2), 10}, {ref(1), ref(2), 0, 100}}},
    detach = conversion(),
  }
end
