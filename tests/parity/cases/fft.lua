-- Cases of tensor.fft: see ../cases.lua.

return function(words)
  local ALL, FLOATS, NIL = words.ALL, words.FLOATS, words.NIL
  local of, ref = words.of, words.ref

  local function real(entries)
    entries.dtypes = {"float32", "float64", "int64", "uint8"}
    return entries
  end

  local function floats(entries)
    entries.dtypes = FLOATS
    return entries
  end

  local ORTHO, FORWARD = "ortho", "forward"
  local complex_1d = floats {
    {{of {3, 5, 2}}, {}, {NIL, 1}, {8, -2, ORTHO}, {3},
      {NIL, NIL, FORWARD}},
    {{of {7, 2}}, {}}, {{of {1, 2}}, {}},
    {{of {0, 4, 2}}, {}}, {{of {2, 97, 2}}, {}},
    {{of {2, 3, 6, 4, 2}}, {NIL, 2}, {5, 3}},
  }
  local complex_2d = floats {
    {{of {4, 5, 2}}, {}, {{3, 8}}, {NIL, {2, 1}},
      {{6, 4}, {-1, 1}, ORTHO}, {NIL, NIL, FORWARD}},
    {{of {3, 4, 6, 2}}, {}, {NIL, {1, 3}}},
    {{of {0, 4, 6, 2}}, {}},
  }

  return {
    ["fft.fft"] = real {
      {{of {3, 5}}, {}, {NIL, 1}, {8, -2, ORTHO}, {3},
        {NIL, NIL, FORWARD}},
      {{of {7}}, {}}, {{of {1}}, {}}, {{of {2}}, {}},
      {{of {0, 4}}, {}}, {{of {2, 97}}, {}},
      {{of {2, 3, 6, 4}}, {NIL, 2}, {5, 3}, {NIL, 3}},
      {{of {3, 1000}}, {}}, {{of {40, 997}}, {}},
      {{of {3, 2}}, {NIL, NIL, NIL, false}},
      {{of {3, 5, 2}}, {NIL, NIL, NIL, true},
        {4, 1, ORTHO, true}},
    },
    ["fft.ifft"] = complex_1d,
    ["fft.rfft"] = real {
      {{of {3, 5}}, {}, {NIL, 1}, {8, -2, ORTHO}, {3},
        {NIL, NIL, FORWARD}, {1}},
      {{of {7}}, {}}, {{of {1}}, {}}, {{of {0, 4}}, {}},
      {{of {20, 6, 33}}, {}, {NIL, 2}}, {{of {1024}}, {}},
    },
    ["fft.irfft"] = floats {
      {{of {3, 5, 2}}, {}, {NIL, 1}, {9, -1, ORTHO}, {4}, {15},
        {NIL, NIL, FORWARD}, {1}, {2}},
      {{of {7, 2}}, {}}, {{of {0, 4, 2}}, {}},
      {{of {20, 6, 17, 2}}, {33}, {NIL, 2}, {11, 2}},
    },
    ["fft.fft2"] = real {
      {{of {4, 5}}, {}, {{3, 8}}, {NIL, {2, 1}},
        {{6, 4}, {-1, 1}, ORTHO}, {NIL, NIL, FORWARD}},
      {{of {3, 4, 6}}, {}, {NIL, {1, 3}}, {NIL, {1, 2}}},
      {{of {0, 4, 6}}, {}}, {{of {3, 2}}, {}},
      {{of {4, 5, 2}}, {NIL, NIL, NIL, true},
        {NIL, NIL, NIL, false}},
      {{of {30, 41}}, {}},
    },
    ["fft.ifft2"] = complex_2d,
    ["fft.rfft2"] = real {
      {{of {4, 5}}, {}, {{3, 8}}, {NIL, {2, 1}},
        {{6, 4}, {-1, 1}, ORTHO}, {NIL, NIL, FORWARD}},
      {{of {3, 4, 6}}, {}, {NIL, {1, 3}}},
      {{of {0, 4, 6}}, {}},
    },
    ["fft.irfft2"] = floats {
      {{of {4, 5, 2}}, {}, {{3, 7}}, {NIL, {2, 1}},
        {{6, 4}, {-1, 1}, ORTHO}, {NIL, NIL, FORWARD}},
      {{of {3, 4, 6, 2}}, {}, {NIL, {1, 3}}},
      {{of {0, 4, 6, 2}}, {}},
    },
    ["fft.fftn"] = real {
      {{of {4, 5}}, {}, {{3}}, {NIL, {1}},
        {{6, 4}, {-1, 1}, ORTHO}},
      {{of {3, 4, 6}}, {}, {NIL, {3, 1, 2}, FORWARD}},
      {{of {3, 4, 2}}, {NIL, NIL, NIL, true}},
      {{of {5}}, {}},
    },
    ["fft.ifftn"] = floats {
      {{of {4, 5, 2}}, {}, {{3}}, {NIL, {1}}},
      {{of {3, 4, 6, 2}}, {}, {NIL, {3, 1, 2}, ORTHO}},
    },
    ["fft.fftshift"] = {dtypes = ALL,
      {{of {3, 4}}, {}, {1}, {{-1}}, {{1, 2}}},
      {{of {7}}, {}}, {{of {}}, {}}, {{of {0, 3}}, {}},
      {{of {3, 4, 2}}, {NIL, true}, {NIL, false}, {-1, true}}},
    ["fft.ifftshift"] = {dtypes = ALL,
      {{of {3, 4}}, {}, {1}, {{-1}}, {{1, 2}}},
      {{of {7}}, {}}, {{of {}}, {}}, {{of {0, 3}}, {}},
      {{of {3, 4, 2}}, {NIL, true}, {NIL, false}, {-1, true}}},
    ["fft.fftfreq"] = {{{}, {1}, {4}, {5}, {8, 0.1}, {3, -2}}},
    ["fft.rfftfreq"] = {{{}, {1}, {4}, {5}, {8, 0.1}, {3, -2}}},
    ["fft.complex"] = {dtypes = ALL,
      {{of {3, 4}, of {3, 4}}, {}}, {{of {3, 1}, of {4}}, {}},
      {{of {3}}, {}, {2}}, {{of {}}, {}},
      {{of {0, 2}, of {}}, {ref(1), ref(2)}}},
    ["fft.polar"] = floats {
      {{of {3, 4}, of {3, 4}}, {}}, {{of {3, 1}, of {4}}, {}},
      {{of {3}}, {2}}},
    ["fft.real"] = {dtypes = ALL, {{of {3, 4, 2}}, {}},
      {{of {2}}, {}}, {{of {0, 2}}, {}}},
    ["fft.imag"] = {dtypes = ALL, {{of {3, 4, 2}}, {}},
      {{of {2}}, {}}, {{of {0, 2}}, {}}},
    ["fft.conj"] = floats {{{of {3, 4, 2}}, {}}, {{of {2}}, {}},
      {{of {0, 2}}, {}}},
    ["fft.abs"] = floats {{{of {3, 4, 2}}, {}}, {{of {2}}, {}},
      {{of {0, 2}}, {}}, {{of {9000, 2}}, {}}},
    ["fft.angle"] = floats {{{of {3, 4, 2}}, {}}, {{of {2}}, {}},
      {{of {0, 2}}, {}}},
    ["fft.mul"] = floats {{{of {3, 4, 2}, of {3, 4, 2}}, {}},
      {{of {3, 1, 2}, of {4, 2}}, {}}, {{of {2}, of {2}}, {}},
      {{of {0, 2}, of {1, 2}}, {}}},
  }
end
