-- Cases of correlation, convolution, interpolation: see ../cases.lua.

return function(w)
  local of, ALL, NIL = w.of, w.ALL, w.NIL
  local FIRST = "channels_first"

  local function sliding()
    local entries = {dtypes = ALL}
    for _, shapes in ipairs {{{7}, {3}}, {{7}, {4}},
      {{3}, {7}}, {{4}, {4}}, {{1}, {1}},
      {{5, 6}, {3, 3}}, {{5, 6}, {2, 4}}, {{2, 3}, {4, 5}},
      {{4, 5, 6}, {2, 3, 2}}, {{300}, {40}}} do
      entries[#entries + 1] = {{of(shapes[1]), of(shapes[2])}, {},
        {"full"}, {"valid"}, {"same"}}
    end
    -- One is larger in one dim, the other in the other.
    entries[#entries + 1] = {{of {2, 5}, of {3, 2}}, {"full"},
      {"same"}}
    return entries
  end

  -- Arguments: size, scale, mode, align_corners, antialias, data_format.
  local one = {of {2, 7, 3}}
  local two = {of {2, 6, 5, 3}}
  local three = {of {1, 4, 3, 5, 2}}
  local function modes(list, sizes)
    local all = {}
    for _, mode in ipairs(list) do
      for _, size in ipairs(sizes) do
        all[#all + 1] = {size, NIL, mode}
        if mode == "linear" or mode == "cubic" then
          all[#all + 1] = {size, NIL, mode, true}
        end
      end
    end
    return all
  end
  local SMOOTH = {"linear", "area", "nearest"}
  return {
    correlate = sliding(), convolve = sliding(),
    interpolate = {
      {two, {4}, {NIL, 2}, {NIL, 1.7, "linear"}, {NIL, 0.6, "cubic"},
        {NIL, 0.5, "area"}, {{6, 9}, NIL, "linear", false, true},
        {{2, 3}, NIL, "linear", false, true},
        {{3, 2}, NIL, "cubic", false, true},
        {NIL, 0.4, "cubic", false, true},
        {NIL, 1.1, "linear", false, true}},
      {two, table.unpack(modes({"cubic", table.unpack(SMOOTH)},
        {4, {12, 10}, {6, 5}, {1, 17}, {9, 2}}))},
      {one, table.unpack(modes(SMOOTH, {1, 4, 7, 14, 100}))},
      {one, {NIL, 1.3, "linear"}, {NIL, 0.3}, {NIL, 3}},
      {three, table.unpack(modes(SMOOTH, {2, {4, 6, 3}, {8, 1, 7}}))},
      {{of {2, 3, 6, 5}}, {4, NIL, "linear", false, false, FIRST},
        {{9, 3}, NIL, "cubic", false, false, FIRST},
        {{2, 3}, NIL, "linear", false, true, FIRST},
        {NIL, 2, "nearest", false, false, FIRST}},
      {{of {1, 40, 50, 16}}, {{17, 90}, NIL, "linear"},
        {{90, 13}, NIL, "cubic"}, {7, NIL, "cubic", false, true}},
      {{of {0, 6, 5, 3}}, {4, NIL, "linear"}},
    },
  }
end
