-- Cases of order and running sums: see ../cases.lua.

return function(words)
  local ALL, NUMBERS, FLOATS = words.ALL, words.NUMBERS, words.FLOATS
  local NIL, ref, of = words.NIL, words.ref, words.of
  local index, distinct = words.index, words.distinct

  local function integers(shape, low, high)
    return of(shape, {low, high}, "int64")
  end

  -- Along a dim, in either direction; of elements that repeat, too.
  local function ordering()
    return {dtypes = ALL,
      {{of {3, 5}}, {}, {1}, {2, true}},
      {{of {2, 3, 4}}, {1}, {2, true}, {3}, {-2}},
      {{distinct {4, 7}}, {}, {-1, true}, {1, true}},
      {{of {70000}}, {}, {1, true}},
      {{of {3, 2000}}, {}, {2, true}}, {{of {40, 50}}, {1}},
      {{integers({3000}, -9, 9)}, {}, {1, true}},
      {{integers({300}, -(1 << 62), 1 << 62)}, {}, {1, true}},
      {{of {0, 3}}, {1}, {2}}}
  end

  -- Along a dim.
  local function running(dtypes, make)
    return {dtypes = dtypes,
      {{make {3, 5}}, {}, {1}, {2}},
      {{make {2, 3, 4}}, {1}, {2}, {-1}},
      {{make {200}}, {}}, {{make {3, 300}}, {1}},
      {{of {0, 3}}, {1}, {2}}}
  end

  -- Near 1, so that long products stay in range.
  local function near_one(shape) return of(shape, {0.9, 1.1}) end

  return {
    sort = ordering(), argsort = ordering(),
    topk = {dtypes = NUMBERS,
      {{distinct {4, 7}}, {2}, {3, 1}, {7, 2, false},
        {4, -1, true, false}, {0}},
      {{distinct {2, 5, 3}}, {2, 2}, {1, 1, false}},
      {{distinct {5000}}, {1}, {10}, {4000, 1, false}},
      {{distinct {20, 300}}, {5}, {50, 2, false}}},
    unique = {dtypes = ALL,
      {{of {3, 5}}, {}, {1}, {2}},
      {{integers({40, 2}, 1, 4)}, {}, {1}, {2}, {-2}},
      {{integers({3, 40, 2}, 0, 1)}, {2}, {1}, {3}},
      {{integers({5000}, -50, 50)}, {}}, {{of {}}, {}},
      {{of {0}}, {}}},
    median = {dtypes = NUMBERS,
      {{distinct {3, 6}}, {}, {1}, {-1}, {2, true},
        {{1, 2}}, {{-1, 1}, true}},
      {{distinct {2, 3, 4}}, {}, {2}, {{3, 1}}, {{1, 2}, true}},
      {{of {}}, {}}, {{distinct {7001}}, {}},
      {{of {4000}}, {}}, {{of {0, 3}}, {}, {1}, {2}}},
    quantile = {dtypes = NUMBERS,
      {{distinct {3, 6}}, {0.3}, {0, 1}, {1, -1},
        {0.77, 2, true}, {0.5, {1, 2}}},
      {{distinct {2, 3, 4}}, {0.1, {3, 1}}, {0.9, 2}},
      {{distinct {3000}}, {0.123}}, {{of {}}, {0.4}},
      {{of {0, 3}}, {0.4}, {0.4, 1}}},
    bincount = {dtypes = {"int64", "int32", "uint8"},
      {{of({20}, {1, 9})}, {}, {NIL, 15}, {NIL, 3}},
      {{index({9}, 5), of({9}, nil, "float64")}, {}, {8}},
      {{index({9}, 5), of({9}, nil, "float32")}, {}},
      {{index({9}, 5), integers({9}, 1, 5)}, {}},
      {{index({0}, 5)}, {}, {NIL, 4}}},
    histc = {dtypes = FLOATS,
      {{of {4, 50}}, {}, {7}, {10, -1, 1}, {5, 0.5, 3},
        {3, 5, 9}},
      {{of {3000}}, {64}}},
    count_nonzero = words.reduction(ALL),
    searchsorted = {
      {{of {20}, of {3, 7}}, {ref(1), ref(2)},
        {ref(1), ref(2), true}},
      {{of {3, 9}, of {3, 4}}, {ref(1), ref(2)},
        {ref(1), ref(2), true}},
      {{integers({30}, 1, 9), integers({2, 5}, 0, 10)},
        {ref(1), ref(2)}, {ref(1), ref(2), true}},
      {{of {9}}, {0.5}, {0.5, true}},
      {{of {0}, of {3}}, {}}, {{of {9}, of {}}, {}}},
    cumsum = running(ALL, of), cumprod = running(NUMBERS, near_one),
    cummax = running(NUMBERS, distinct), cummin = running(NUMBERS, distinct),
    diff = {dtypes = ALL,
      {{of {4, 5}}, {}, {2}, {1, 1}, {3, 1}, {0}, {9, -1}},
      {{of {2, 5, 3}}, {1, 2}, {2, -2}},
      {{of {0, 3}}, {1, 1}, {1, 2}}},
  }
end
