-- Cases of elements in other places, and of writing to places: see
-- ../cases.lua.

return function(w)
  local of, ref, index, order = w.of, w.ref, w.index, w.order

  -- With positions that may be equal where `add`; else the last would win
  -- only by chance in PyTorch. The first entry is tried in every layout, of
  -- which one draws twice as many positions.
  local function scatter(dtypes, add)
    local some = add and index({2, 4}, 3) or order {3, 1}
    local long = add and index({3, 6}, 4) or order {1, 4}
    return {dtypes = dtypes,
      {{of {6, 4}, some, of(some.shape)},
        {ref(1), 1, ref(2), ref(3)}},
      {{of {3, 4}, long, of(long.shape)},
        {ref(1), 2, ref(2), ref(3)}, {ref(1), -1, ref(2), ref(3)}},
      {{of {3, 4}, long}, {ref(1), 2, ref(2), 3}},
      {{of {2, 3, 4}, order {1, 3, 1}, of {1, 3, 1}},
        {ref(1), 2, ref(2), ref(3)}},
      {{of {5}, order {5}, of {5}},
        {ref(1), 1, ref(2), ref(3)}},
      {{of {3, 4}, index({0, 4}, 3), of {0, 4}},
        {ref(1), 1, ref(2), ref(3)}}}
  end

  local function by_slices(dtypes, some)
    return {dtypes = dtypes,
      {{of {6, 4}, some {3}, of {3, 4}},
        {ref(1), 1, ref(2), ref(3)}},
      {{of {3, 4}, some {4}, of {3, 4}},
        {ref(1), 2, ref(2), ref(3)}, {ref(1), -1, ref(2), ref(3)}},
      {{of {2, 3, 4}, some {3}, of {2, 3, 4}},
        {ref(1), 2, ref(2), ref(3)}}}
  end

  local function fill()
    return {dtypes = w.NUMBERS,
      {{of {3, 4}, index({2}, 3)}, {ref(1), 1, ref(2), 7}},
      {{of {2, 3, 4}, index({3}, 4)}, {ref(1), 3, ref(2), -1}}}
  end

  local function repeated(shape) return index(shape, shape[1]) end

  return {
    flip = {dtypes = w.ALL, {{of {3, 4}}, {}, {1}, {-1},
      {{1, 2}}}, {{of {2, 3, 4}}, {{-1, 1}}, {2}},
      {{of {}}, {}}, {{of {0, 3}}, {}, {2}}},
    rot90 = {dtypes = w.ALL, {{of {3, 4}}, {}, {2}, {3}, {-1},
      {4}, {1, {2, 1}}}, {{of {2, 3, 4}}, {1, {3, 1}},
      {-2, {-1, 2}}}},
    roll = {dtypes = w.ALL, {{of {3, 4}}, {1}, {-5}, {2, 1},
      {-1, 2}, {{1, 2}, {1, 2}}, {{7, -9}, {-1, 1}},
      {1, {1, 2}}, {{1, 1}, {2, 2}}, {0, 1}},
      {{of {2, 3, 4}}, {{1, 1, 3}, {1, 2, 3}}, {5, 2}},
      {{of {}}, {1}}, {{of {0, 3}}, {1}, {2, 1}, {1, 2}}},
    movedim = {dtypes = w.ALL, {{of {2, 3, 4}}, {1, 3}, {-1, 1},
      {{1, 2}, {2, 3}}, {{3, 1}, {1, -1}}, {2, 2}}},
    repeat_interleave = {dtypes = w.ALL,
      {{of {3, 4}}, {2}, {3, 1}, {2, -1}, {0, 2}},
      {{of {3, 4}, index({3}, 3)}, {ref(1), ref(2), 1}},
      {{of {2, 2}, index({4}, 2)}, {ref(1), ref(2)}},
      {{of {}}, {3}}, {{of {0, 2}}, {2}, {2, 2}}},
    meshgrid = {dtypes = w.ALL,
      {{of {2}, of {3}}, {{ref(1), ref(2)}},
        {{ref(1), ref(2)}, "xy"}},
      {{of {2}, of {3}, of {4}},
        {{ref(1), ref(2), ref(3)}},
        {{ref(1), ref(2), ref(3)}, "xy"}},
      {{of {2}}, {{ref(1)}}, {{ref(1)}, "xy"}}},
    pad = {dtypes = w.ALL,
      {{of {3, 4}}, {1}, {{1, 2}}, {{0, 1, 2, 0}},
        {{-1, 2}}, {{-1, -1, -1, -1}},
        {{1, 2}, "reflect"}, {{2, 0, 1, 2}, "reflect"},
        {{7, 8}, "reflect"}, {2, "replicate"},
        {{1, 0, 3, 2}, "replicate"}, {{9, 1}, "circular"},
        {1, "circular"}},
      {{of {2, 3, 4}}, {{0, 0, 1, 1}}, {1, "constant", 3},
        {{0, 0, 0, 0, 1, 0}, "circular"}},
      {{of {1}}, {2, "reflect"}, {2, "replicate"}},
      {{of {0, 3}}, {1}}, {{of {}}, {3}}},
    unfold = {dtypes = w.ALL,
      {{of {7}}, {1, 3}, {1, 2, 2}, {1, 3, 4}, {1, 7},
        {1, 1, 9}},
      {{of {3, 6}}, {2, 3, 2}, {1, 2, 1}, {-1, 4, 1}},
      {{of {2, 5, 3}}, {2, 2}, {2, 4}}},

    take = {dtypes = w.ALL, {{of {3, 4}, index({2, 3}, 12)}, {}},
      {{of {3, 4}, index({2, 3}, 3)}, {ref(1), ref(2), 1}},
      {{of {2, 4, 3}, index({2, 3}, 4)}, {ref(1), ref(2), 2}},
      {{of {3, 4}, index({}, 4)}, {ref(1), ref(2), -1}}},
    scatter_ = scatter(w.ALL), scatter = scatter(w.ALL),
    scatter_add_ = scatter(w.NUMBERS, true),
    scatter_add = scatter(w.NUMBERS, true),
    index_copy_ = by_slices(w.ALL, order),
    index_copy = by_slices(w.ALL, order),
    index_add_ = by_slices(w.NUMBERS, repeated),
    index_add = by_slices(w.NUMBERS, repeated),
    index_fill_ = fill(), index_fill = fill(),
  }
end
