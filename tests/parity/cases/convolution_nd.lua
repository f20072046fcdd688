-- Cases of convolution in one and three dims, and transposed, and of pooling:
-- see ../cases.lua.

return function(w)
  local of, distinct, FLOATS, NIL = w.of, w.distinct, w.FLOATS, w.NIL
  local FIRST = "channels_first"

  local function pooling(last, first, size)
    return {dtypes = FLOATS,
      {{distinct(last)}, {}, {3}, {3, 1}, {3, 2, "same"},
        {size, 1, "same"}, {3, 2, 1}},
      {{distinct(first)}, {2, NIL, "valid", FIRST},
        {size, 2, "same", FIRST}},
      {{of {0, table.unpack(last, 2)}}, {}}}
  end

  return {
    conv1d = {dtypes = FLOATS,
      {{of {2, 9, 4}, of {3, 4, 6}}, {}, {2}, {1, "same"},
        {2, "same"}, {1, "causal"}, {2, "causal", 2}, {1, 2},
        {1, {2, 1}}, {1, "valid", 3}, {3, "same", 2}},
      {{of {2, 9, 4}, of {2, 2, 6}}, {1, "same", 1, 2}},
      {{of {2, 9, 4}, of {3, 1, 8}}, {1, "causal", 1, 4}},
      {{of {2, 4, 9}, of {3, 4, 5}}, {1, "valid", 1, 1, FIRST},
        {2, "causal", 1, 1, FIRST}, {1, "same", 2, 1, FIRST}},
      {{of {0, 9, 4}, of {3, 4, 6}}, {}},
      {{of {1, 1000, 1}, of {20, 1, 16}}, {1, "same"}}},
    conv3d = {dtypes = FLOATS,
      {{of {2, 5, 4, 6, 2}, of {3, 2, 3, 2, 4}}, {}, {2},
        {1, "same"}, {2, "same"}, {{1, 2, 3}}, {1, 1},
        {1, {2, 0, 1}}, {1, {1, 0, 2, 1, 0, 3}},
        {1, "same", {2, 1, 2}}, {{2, 1, 1}, "same", 2}},
      {{of {2, 4, 3, 3, 4}, of {2, 2, 1, 2, 6}},
        {1, "valid", 1, 2}, {2, "same", 1, 2}},
      {{of {1, 4, 3, 3, 3}, of {2, 3, 3, 1, 6}},
        {1, "same", 1, 3}},
      {{of {2, 2, 5, 4, 6}, of {3, 3, 2, 2, 3}},
        {1, "valid", 1, 1, FIRST}, {2, "same", 1, 1, FIRST}},
      {{of {1, 20, 30, 30, 8}, of {3, 3, 3, 8, 4}},
        {1, "same"}},
      {{of {1, 1, 1, 1, 3}, of {1, 1, 1, 3, 2}}, {}},
      {{of {0, 5, 4, 6, 2}, of {3, 2, 3, 2, 4}}, {}}},
    conv_transpose1d = {dtypes = FLOATS,
      {{of {2, 6, 4}, of {3, 3, 4}}, {}, {2}, {2, "same"},
        {5}, {2, 1, 1}, {2, "valid", NIL, 2}},
      {{of {2, 4, 6}, of {3, 2, 4}},
        {2, "same", NIL, 1, 2, FIRST}}},
    conv_transpose2d = {dtypes = FLOATS,
      {{of {2, 4, 5, 4}, of {3, 3, 6, 4}}, {}, {2},
        {1, "same"}, {2, "same"}, {{4, 5}}, {{4, 2}, "same"},
        {2, 1}, {2, 1, 1}, {3, {1, 0}, {2, 0}},
        {2, {1, 0, 0, 2}}, {2, "valid", 1}, {2, "same", 1},
        {1, "valid", NIL, 2}, {2, "same", NIL, {1, 2}},
        {1, 0, {0, 1}, 2}},
      {{of {2, 4, 5, 4}, of {2, 3, 3, 4}},
        {2, "same", NIL, 1, 2}, {1, 1, NIL, 1, 2}},
      {{of {2, 4, 5, 6}, of {3, 3, 1, 6}},
        {2, "same", NIL, 1, 6}},
      {{of {2, 3, 4, 5}, of {3, 2, 4, 3}},
        {2, "valid", NIL, 1, 1, FIRST}, {2, 1, 1, 1, 1, FIRST}},
      {{of {0, 4, 5, 4}, of {3, 3, 6, 4}}, {}}},
    max_pool1d = pooling({2, 8, 3}, {2, 3, 8}, 4),
    avg_pool1d = pooling({2, 8, 3}, {2, 3, 8}, 4),
    max_pool3d = pooling({2, 5, 4, 6, 3}, {2, 3, 5, 4, 6}, {2, 1, 3}),
    avg_pool3d = pooling({2, 5, 4, 6, 3}, {2, 3, 5, 4, 6}, {2, 1, 3}),
  }
end
