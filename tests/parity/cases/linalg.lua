-- Cases of tensor.linalg: see ../cases.lua. Singular and eigenvectors are
-- unique up to their sign: their first element is made positive.

local function turned(x) return x:transpose(-1, -2) end

local function with_signs(x, rows)
  local first = x:detach():narrow(-2, 1, 1)
  local sign = tensor.where(first:lt(0), -1, 1):to(x.dtype)
  return x * sign, rows and rows * turned(sign)
end

local function svd_signs(u, s, vh)
  local u_signed, v_signed = with_signs(u, vh)
  return u_signed, s, v_signed
end

-- Beyond the k-th, vectors are any that complete the space: what is compared
-- is that they do.
local function svd_whole(u, s, vh)
  u, vh = u:detach(), vh:detach()
  return u:matmul(turned(u)), s, vh:matmul(turned(vh))
end

local function eigh_signs(values, vectors)
  return values, (with_signs(vectors))
end

return function(words)
  local FLOATS, of, regular = words.FLOATS, words.of, words.regular
  local NIL, INF, MINUS_INF = words.NIL, words.INF, words.MINUS_INF

  -- One entry for each shape, with all arguments.
  local function matrices(shapes, finish, ...)
    local entries = {dtypes = FLOATS}
    for k, shape in ipairs(shapes) do
      entries[k] = {{regular(shape)}, finish = finish, ...}
    end
    return entries
  end

  local SQUARE = {{2, 3, 3}, {4, 4}, {1, 1}, {33, 33},
    {2, 1, 2, 2}, {0, 3, 3}}
  local ANY = {{2, 4, 3}, {3, 5}, {4, 4}, {1, 3}, {3, 1},
    {40, 20}, {0, 3, 2}}
  local with_nothing = {table.unpack(SQUARE)}
  with_nothing[#SQUARE + 1] = {0, 0}

  local eigh = matrices(SQUARE, eigh_signs, {}, {false})
  eigh[#eigh + 1] = {{regular {0, 0}}, {}}
  local svd = matrices(ANY, svd_signs, {})
  for _, shape in ipairs {{2, 4, 3}, {3, 5}, {3, 0}, {2, 0, 3}} do
    svd[#svd + 1] = {{regular(shape)}, {true}, finish = svd_whole}
  end
  local qr = matrices(ANY, nil, {})
  qr[#qr + 1] = {{regular {3, 5}}, {"complete"}}
  qr[#qr + 1] = {{regular {4, 4}}, {"complete"}}
  for _, shape in ipairs {{2, 4, 3}, {3, 0}} do
    qr[#qr + 1] = {{regular(shape)}, {"complete"},
      finish = function(q, r) return q:detach(), r:detach() end}
  end

  return {
    ["linalg.solve"] = {dtypes = FLOATS,
      {{regular {2, 3, 3}, of {2, 3, 4}}, {}},
      {{regular {3, 3}, of {3}}, {}},
      {{regular {3, 3}, of {3, 1}}, {}},
      {{regular {2, 3, 3}, of {2, 3}}, {}},
      {{regular {3, 3}, of {5, 3, 2}}, {}},
      {{regular {2, 1, 3, 3}, of {4, 3, 2}}, {}},
      {{regular {40, 40}, of {40, 9}}, {}},
      {{regular {0, 0}, of {0, 2}}, {}},
      {{regular {3, 3}, of {3, 0}}, {}},
      {{regular {0, 2, 2}, of {0, 2, 1}}, {}}},
    ["linalg.solve_triangular"] = {dtypes = FLOATS,
      {{regular {2, 3, 3}, of {2, 3, 4}}, {}, {true}},
      {{regular {3, 3}, of {5, 3, 2}}, {}, {true}},
      {{regular {3, 3}, of {3}}, {}, {true}},
      {{regular {0, 0}, of {0, 2}}, {}}},
    ["linalg.inv"] = matrices(with_nothing, nil, {}),
    ["linalg.det"] = matrices(with_nothing, nil, {}),
    ["linalg.slogdet"] = matrices(with_nothing, nil, {}),
    ["linalg.cholesky"] = matrices({{2, 3, 3}, {4, 4}, {1, 1},
      {2, 1, 2, 2}, {0, 0}, {0, 3, 3}}, nil, {}, {true}),
    ["linalg.matrix_power"] = matrices(SQUARE, nil, {3}, {0}, {1},
      {2}, {-1}, {-2}),
    ["linalg.cross"] = {dtypes = words.NUMBERS,
      {{of {4, 3}, of {4, 3}}, {}},
      {{of {2, 4, 3}, of {4, 3}}, {}},
      {{of {3, 4}, of {3, 4}}, {1}},
      {{of {2, 3, 4}, of {3, 1}}, {2}},
      {{of {0, 3}, of {0, 3}}, {}}},
    ["linalg.qr"] = qr,
    ["linalg.svd"] = svd,
    ["linalg.svdvals"] = matrices(ANY, nil, {}),
    ["linalg.eigh"] = eigh,
    ["linalg.eigvalsh"] = matrices(with_nothing, nil, {}, {false}),
    ["linalg.pinv"] = matrices({{2, 4, 3}, {3, 5}, {1, 1}, {3, 0},
      {0, 3, 2}, {4, 4}}, nil, {}, {1e-3}),
    ["linalg.lstsq"] = {dtypes = FLOATS,
      {{regular {2, 4, 3}, of {2, 4, 2}}, {}},
      {{regular {4, 3}, of {4}}, {}, {1e-6}},
      {{regular {3, 5}, of {3, 2}}, {}},
      {{regular {2, 4, 3}, of {2, 4}}, {}},
      {{regular {3, 3}, of {2, 3, 1}}, {}},
      {{regular {0, 3, 2}, of {0, 3, 1}}, {}}},
    ["linalg.norm"] = {dtypes = FLOATS,
      {{regular {3, 5}}, {}, {NIL, 1}, {NIL, {1, 2}, true},
        {"fro"}, {"nuc"}, {2}, {-2}, {1}, {-1}, {INF},
        {MINUS_INF}, {3, 2}, {1, -1, true}, {0, 1}, {INF, 2},
        {MINUS_INF, 1}, {0.5, 2}, {-1, 1}},
      {{of({2, 3, 4}, "nonzero")}, {}, {"nuc", {1, 3}},
        {1, {2, 3}}, {INF, {1, 2}, true}, {2, {-2, -1}},
        {-2, {1, 3}, true}, {"fro", {1, 2}}, {2, 3},
        {NIL, {2, 3}}},
      {{of({5}, "nonzero")}, {}, {1}, {4}, {INF}},
      {{of({}, "nonzero")}, {}},
      {{of {0, 3}}, {}, {"nuc"}, {2, 1}}},
    ["linalg.cond"] = matrices({{2, 3, 3}, {4, 4}, {1, 1}}, nil, {},
      {2}, {-2}, {"fro"}, {"nuc"}, {1}, {-1}, {INF},
      {MINUS_INF}),
    ["linalg.matrix_rank"] = matrices(ANY, nil, {}, {0.5}),
  }
end
