-- What each operation is tried on: shapes, dtypes, domains and arguments.
--
-- cases.all(rows) gives a list of cases {op, inputs, args, layout}, from the
-- operation table's rows and the entries below. An elementwise row needs no
-- entry unless its inputs must lie in a certain domain. An input is {shape,
-- dtype, domain}; ref(k) among the arguments stands for input k.

local ALL = {"float32", "float64", "int64", "int32", "uint8", "bool"}
local NUMBERS = {"float32", "float64", "int64", "int32", "uint8"}
local FLOATS = {"float32", "float64"}
local BOOLS = {"bool"}

local LAYOUTS = {"transposed", "strided", "reversed", "expanded"}

local NIL = {missing = true} -- an argument left out
local INF, MINUS_INF = {infinite = 1}, {infinite = -1} -- JSON has none

local function ref(k) return {input = k} end

-- An input of a shape; dtype "any" is what the case is run with.
local function of(shape, domain, dtype)
  return {shape = shape, domain = domain, dtype = dtype or "any"}
end

-- Positions 1..n, with repetition.
local function index(shape, n)
  return {shape = shape, domain = {1, n}, dtype = "int64"}
end

local function mask(shape) return {shape = shape, dtype = "bool"} end

-- Numbers that all differ, so that an order of them is one.
local function distinct(shape)
  return {shape = shape, domain = "distinct", dtype = "any"}
end

-- The positions 1..n in some order.
local function order(shape)
  return {shape = shape, domain = "distinct", dtype = "int64"}
end

-- Matrices far from singular, their singular values and (of the lower
-- triangle) eigenvalues positive and apart.
local function regular(shape)
  return {shape = shape, domain = "regular", dtype = "any"}
end

-- Factors whose product stays in range.
local function factor(shape)
  return of(shape, #shape == 1 and {1, 1} or {1, 2})
end

-- Elementwise operations -----------------------------------------------------

local UNARY_SHAPES = {{3, 5}, {}, {1}, {37}, {0, 3}, {2, 3, 4},
  {2, 1, 3, 2}}
local BINARY_SHAPES = {
  {{3, 5}, {3, 5}}, {{3, 5}, {5}}, {{3, 1}, {1, 5}},
  {{}, {2, 3}}, {{0, 3}, {1, 3}}, {{2, 3, 4}, {3, 1}},
  {{37}, {37}}, {{2, 1, 3, 2}, {2, 1, 1}},
}
local MIXED = {{"int64", "float32"}, {"uint8", "int32"},
  {"bool", "float64"}, {"float32", "float64"}, {"int32", "int64"}}

-- Where a function is defined and smooth, and which dtypes it takes.
local POSITIVE, INSIDE, NONZERO = {0.2, 3}, {-0.9, 0.9}, "nonzero"
local elementwise = {
  add = {dtypes = ALL, mixed = true}, mul = {dtypes = ALL, mixed = true},
  sub = {dtypes = NUMBERS}, maximum = {dtypes = ALL, mixed = true},
  minimum = {dtypes = ALL, mixed = true},
  div = {dtypes = NUMBERS, second = NONZERO},
  -- of extremes these two are Lua's: see tests/specs/tensor_spec.lua
  floor_div = {dtypes = NUMBERS, second = NONZERO, extremes = false},
  mod = {dtypes = NUMBERS, second = NONZERO, extremes = false},
  pow = {dtypes = NUMBERS, first = POSITIVE, second = {0, 3}},
  atan2 = {dtypes = FLOATS, first = NONZERO, second = NONZERO},
  neg = {dtypes = NUMBERS}, abs = {dtypes = NUMBERS, first = NONZERO},
  sign = {dtypes = NUMBERS, first = NONZERO},
  square = {dtypes = NUMBERS}, relu = {dtypes = NUMBERS, first = NONZERO},
  sqrt = {first = POSITIVE}, rsqrt = {first = POSITIVE},
  log = {first = POSITIVE}, log1p = {first = POSITIVE},
  log2 = {first = POSITIVE}, log10 = {first = POSITIVE},
  reciprocal = {first = NONZERO}, xlogy = {second = POSITIVE},
  asin = {first = INSIDE, dtypes = FLOATS},
  acos = {first = INSIDE, dtypes = FLOATS},
  tan = {first = {-1.2, 1.2}},
  floor = {dtypes = NUMBERS}, ceil = {dtypes = NUMBERS},
  trunc = {dtypes = NUMBERS}, round = {dtypes = NUMBERS},
  leaky_relu = {dtypes = FLOATS, first = NONZERO, scalars = {0.01, 0.2}},
  elu = {dtypes = FLOATS, first = NONZERO, scalars = {1, 0.5}},
  selu = {dtypes = FLOATS, first = NONZERO},
  softsign = {dtypes = FLOATS, first = NONZERO},
  gelu = {dtypes = FLOATS}, silu = {dtypes = FLOATS},
  mish = {dtypes = FLOATS}, softplus = {dtypes = FLOATS},
  hard_sigmoid = {dtypes = FLOATS}, hardtanh = {dtypes = FLOATS},
  eq = {dtypes = ALL, mixed = true}, ne = {dtypes = ALL, mixed = true},
  lt = {dtypes = ALL}, le = {dtypes = ALL}, gt = {dtypes = ALL},
  ge = {dtypes = ALL}, isnan = {dtypes = ALL}, isinf = {dtypes = ALL},
  isfinite = {dtypes = ALL},
  logical_and = {dtypes = BOOLS}, logical_or = {dtypes = BOOLS},
  logical_xor = {dtypes = BOOLS}, logical_not = {dtypes = BOOLS},
}
local UNARY_DTYPES = {"float32", "float64", "int64", "uint8", "bool"}

-- Other operations -------------------------------------------------------------
--
-- A list of entries an operation: {inputs, args, args, ...}; `dtypes` beside
-- it says what the first arguments are tried with. `finish` in an entry is a
-- function that makes results unique before they are compared; the peer does
-- the same.

local function reduction(dtypes, make, ...)
  make = make or of
  local entries = {dtypes = dtypes}
  for _, shape in ipairs {{3, 5}, {2, 3, 4}, {2, 3, 2, 2}} do
    entries[#entries + 1] = {{make(shape)}, {}, {1}, {-1}, {2, true},
      {{1, 2}}, {{-1, 1}, true}, ...}
  end
  entries[#entries + 1] = {{make {}}, {}}
  entries[#entries + 1] = {{make {70000}}, {}}
  return entries
end

-- The same, and the reduction of nothing.
local function reduction_with_empty(dtypes, make)
  local entries = reduction(dtypes, make)
  entries[#entries + 1] = {{of {0, 3}}, {}, {1}, {2}}
  return entries
end

-- Over one dim or all.
local function positions(dtypes)
  local entries = {dtypes = dtypes}
  for _, shape in ipairs {{3, 5}, {2, 3, 4}} do
    entries[#entries + 1] = {{distinct(shape)}, {}, {1}, {-1},
      {2, true}}
  end
  return entries
end

-- Along one dim.
local function along(dtypes)
  return {dtypes = dtypes, {{of {3, 5}}, {}, {1}, {-1}},
    {{of {2, 3, 4}}, {1}, {2}, {3}}, {{of {4, 1000}}, {2}},
    {{of {0, 3}}, {1}, {2}}}
end

-- Window, strides, padding, where the channels stand.
local function pooling()
  return {dtypes = FLOATS,
    {{distinct {2, 7, 6, 3}}, {}, {3}, {3, 1}, {3, 2, "same"},
      {{2, 3}, {1, 2}}},
    {{distinct {2, 3, 7, 6}},
      {2, 2, "valid", "channels_first"},
      {3, 2, "same", "channels_first"}}}
end

local operations = {
  sum = reduction_with_empty(ALL),
  prod = reduction_with_empty(NUMBERS, factor),
  any = reduction_with_empty(ALL), all = reduction_with_empty(ALL),
  mean = reduction(FLOATS), logsumexp = reduction(FLOATS),
  amax = reduction(ALL, distinct), amin = reduction(ALL, distinct),
  max = reduction(NUMBERS, distinct), min = reduction(NUMBERS, distinct),
  argmax = positions(NUMBERS), argmin = positions(NUMBERS),
  var = {dtypes = FLOATS, {{of {3, 5}}, {}, {1}, {-1, true},
    {{1, 2}}, {1, false, 0}}},
  std = {dtypes = FLOATS, {{of {3, 5}}, {}, {1}, {-1, true},
    {{1, 2}}, {1, false, 0}}},
  norm = {dtypes = FLOATS, {{of {3, 5}}, {}, {1}, {-1, true},
    {{1, 2}}, {1, false, 1}, {2, false, 3}, {2, false, 0},
    {2, false, -1}}},
  softmax = along(FLOATS), log_softmax = along(FLOATS),
  batch_norm = {dtypes = FLOATS,
    {{of {6, 4}, of {4}, of {4}}, {}, {-1, 0.1}},
    {{of {5, 3, 4}, of {3}, of {3}}, {2}},
    {{of {2, 5, 6, 3}, of {3}, of {3}}, {}, {4, 1e-5}},
    {{of {2, 3, 7, 5}, of {3}, of {3}}, {2, 1e-5}},
    {{of {700, 80}, of {80}, of {80}}, {}},
    {{of {4, 3, 150, 100}, of {3}, of {3}}, {2}}},

  reshape = {dtypes = ALL, {{of {2, 6}}, {3, 4}, {{4, 3}},
    {-1}, {2, 3, -1}}, {{of {0, 3}}, {3, 0}},
    {{of {}}, {1, 1}}},
  view = {dtypes = ALL, usual_layout = true,
    {{of {2, 6}}, {3, 4}, {-1, 2}}},
  flatten = {dtypes = ALL, {{of {2, 3, 4}}, {}, {2}, {1, 2}},
    {{of {}}, {}}},
  squeeze = {{{of {1, 3, 1, 2}}, {}, {1}, {-2}, {2}}},
  unsqueeze = {{{of {2, 3}}, {1}, {3}, {-1}, {-3}}},
  transpose = {dtypes = ALL, {{of {2, 3, 4}}, {1, 2}, {-1, 1},
    {}}},
  permute = {dtypes = ALL, {{of {2, 3, 4}}, {3, 1, 2},
    {{2, 1, 3}}}},
  expand = {{{of {3, 1}}, {3, 4}, {2, 3, 5}}},
  tile = {{{of {2, 3}}, {2, 3}, {2, 1, 2}}},
  concat = {dtypes = ALL,
    {{of {2, 3}, of {4, 3}}, {{ref(1), ref(2)}, 1}},
    {{of {2, 3}, of {2, 1}, of {2, 0}},
      {{ref(1), ref(2), ref(3)}, 2}, {{ref(1), ref(2)}, -1}}},
  stack = {dtypes = ALL, {{of {2, 3}, of {2, 3}},
    {{ref(1), ref(2)}, 1}, {{ref(1), ref(2)}, -1}}},
  split = {{{of {6, 3}}, {2, 1}, {4}, {{1, 2}, 2}}},
  chunk = {{{of {6, 3}}, {3, 1}, {4}, {2, -1}}},
  unbind = {{{of {2, 3}}, {}, {2}}},

  select = {{{of {3, 4}}, {1, 2}, {2, -1}}},
  narrow = {{{of {5, 4}}, {1, 2, 3}, {-1, 1, 2}}},
  index_select = {dtypes = ALL, {{of {5, 4}, index({3}, 4)},
    {ref(1), 1, ref(2)}, {ref(1), 2, ref(2)}}},
  gather = {dtypes = ALL,
    {{of {4, 3}, index({2, 3}, 4)}, {ref(1), 1, ref(2)}},
    {{of {4, 3}, index({4, 5}, 3)}, {ref(1), 2, ref(2)}}},
  take = {dtypes = ALL, {{of {3, 4}, index({2, 3}, 12)}, {}}},
  put_ = {dtypes = ALL, {{of {3, 4}, order {6}, of {6}}, {}}},
  masked_select = {{{of {3, 4}, mask {3, 4}}, {}}},
  masked_fill = {{{of {3, 4}, mask {3, 4}}, {2.5}, {-1}},
    {{of {3, 4}, mask {4}}, {0}}},
  where = {dtypes = ALL,
    {{mask {3, 4}, of {3, 4}, of {3, 4}}, {}},
    {{mask {3, 1}, of {4}, of {}}, {}}},
  nonzero = {dtypes = ALL, {{of {3, 4}}, {}}, {{of {0, 4}}, {}}},

  clamp = {dtypes = NUMBERS, {{of {3, 5}}, {-1, 1}, {0, NIL},
    {NIL, 1}}},
  lerp = {{{of {3, 4}, of {3, 4}}, {0.3}},
    {{of {3, 4}, of {4}, of {3, 1}}, {}}},
  clone = {dtypes = ALL, {{of {2, 3}}, {}}},
  contiguous = {dtypes = ALL, {{of {2, 3}}, {}}},
  to = {dtypes = ALL, {{of {2, 3}}, {"float32"}, {"float64"},
    {"int64"}, {"int32"}, {"bool"}}},
  copy_ = {dtypes = ALL, {{of {2, 3}, of {2, 3}}, {}},
    {{of {2, 3}, of {3}}, {}}},
  fill_ = {dtypes = NUMBERS, {{of {2, 3}}, {7}}},
  zero_ = {dtypes = ALL, {{of {2, 3}}, {}}},

  matmul = {dtypes = NUMBERS,
    {{of {3, 4}, of {4, 5}}, {}}, {{of {4}, of {4}}, {}},
    {{of {3, 4}, of {4}}, {}}, {{of {4}, of {4, 5}}, {}},
    {{of {2, 3, 4}, of {2, 4, 5}}, {}},
    {{of {2, 1, 3, 4}, of {5, 4, 2}}, {}},
    {{of {3, 0}, of {0, 2}}, {}},
    {{of {33, 70}, of {70, 40}}, {}}},
  dot = {dtypes = NUMBERS,
    {{of {3, 4}, of {4, 5}}, {}}, {{of {4}, of {4}}, {}},
    {{of {2, 3, 4}, of {4, 5}}, {}},
    {{of {2, 3, 4}, of {2, 4, 3}}, {}},
    {{of {2, 3, 4}, of {4}}, {}}, {{of {3, 4}}, {2}}},
  outer = {{{of {3}, of {4}}, {}}},

  conv2d = {dtypes = FLOATS,
    {{of {2, 7, 6, 4}, of {3, 3, 4, 6}}, {}, {2}, {1, "same"},
      {2, "same"}, {{2, 1}, {1, 2}}, {1, {1, 0, 2, 1}},
      {1, "valid", 2}, {1, "same", {1, 2}}},
    {{of {2, 7, 6, 4}, of {3, 2, 2, 6}}, {1, "valid", 1, 2}},
    {{of {2, 7, 6, 4}, of {3, 3, 1, 4}}, {1, "same", 1, 4}},
    {{of {2, 7, 6, 4}, of {1, 1, 4, 3}}, {}, {2}},
    {{of {2, 4, 7, 6}, of {3, 3, 4, 5}},
      {1, "valid", 1, 1, "channels_first"},
      {2, "same", 1, 1, "channels_first"}}},
  max_pool2d = pooling(), avg_pool2d = pooling(),
}

-- More of them, by topic: each file is a function of the words above, which
-- gives a table of operations.
local topics = {"creation", "sort", "linalg", "fft", "matrix", "rearrange",
  "convolution_nd", "signal", "random"}
local words = {ALL = ALL, NUMBERS = NUMBERS, FLOATS = FLOATS, BOOLS = BOOLS,
  NIL = NIL, ref = ref, of = of, index = index, mask = mask,
  distinct = distinct, order = order, factor = factor, regular = regular,
  INF = INF, MINUS_INF = MINUS_INF,
  reduction = reduction, along = along}

local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
for _, topic in ipairs(topics) do
  for name, entries in pairs(dofile(here .. "cases/" .. topic .. ".lua")(words))
  do
    operations[name] = entries
  end
end

-- From entries to cases --------------------------------------------------------

local function resolve(inputs, dtypes)
  local made = {}
  for k, input in ipairs(inputs) do
    local dtype = input.dtype
    if dtype == "any" then
      dtype = type(dtypes) == "table" and dtypes[k] or dtypes
    end
    made[k] = {shape = input.shape, domain = input.domain, dtype = dtype}
  end
  return made
end

local function has_ref(args)
  for _, arg in ipairs(args) do
    if type(arg) == "table" and (arg.input or has_ref(arg)) then return true end
  end
  return false
end

-- Arguments that name no input come after all inputs.
local function with_refs(args, count)
  if has_ref(args) then return args end
  local all = {}
  for k = 1, count do all[k] = ref(k) end
  return table.move(args, 1, #args, count + 1, all)
end

-- Every argument list once; where `varied` also in every layout (but for
-- operations that want the usual one), and the first with every dtype.
local function add_entry(list, op, entry, dtypes, varied, usual_layout)
  local inputs = entry[1]
  local usual = table.concat(dtypes, " "):find("float64") and "float64"
    or dtypes[1]
  local function add(args, dtype, layout)
    list[#list + 1] = {op = op, inputs = resolve(inputs, dtype),
      args = with_refs(args, #inputs), layout = layout,
      finish = entry.finish}
  end
  for n = 2, #entry do
    add(entry[n], usual, "plain")
    for _, layout in ipairs(varied and not usual_layout and LAYOUTS or {}) do
      add(entry[n], usual, layout)
    end
  end
  for _, dtype in ipairs(varied and dtypes or {}) do
    if dtype ~= usual then add(entry[2], dtype, "plain") end
  end
end

local function add_operation(list, op, entries)
  local dtypes = entries.dtypes or FLOATS
  for n, entry in ipairs(entries) do
    add_entry(list, op, entry, dtypes, n == 1, entries.usual_layout)
  end
end

-- Every pair of extreme values, for one input or two: the values alone.
local function add_extremes(list, op, how, count)
  if how.extremes == false then return end
  local inputs = {of({400}, "extreme"), of({400}, "extreme, second")}
  local entry = {table.move(inputs, 1, count, 1, {}), {}}
  for _, dtype in ipairs(how.dtypes == BOOLS and {} or FLOATS) do
    add_entry(list, op, entry, {dtype})
    list[#list].values_only = true
  end
end

local function add_unary(list, op, how)
  for n, shape in ipairs(UNARY_SHAPES) do
    local entry = {{of(shape, how.first)}, {}}
    for _, scalar in ipairs(how.scalars or {}) do
      entry[#entry + 1] = {scalar}
    end
    add_entry(list, op, entry, how.dtypes or UNARY_DTYPES, n == 1)
  end
  add_extremes(list, op, how, 1)
end

local function add_binary(list, op, how)
  local dtypes = how.dtypes or FLOATS
  local function pair(shapes)
    return {of(shapes[1], how.first), of(shapes[2], how.second)}
  end
  for n, shapes in ipairs(BINARY_SHAPES) do
    add_entry(list, op, {pair(shapes), {}}, dtypes, n == 1)
  end
  if dtypes ~= BOOLS then
    local one = {of({3, 5}, how.first)}
    add_entry(list, op, {one, {2}, {2.5}}, dtypes)
    add_entry(list, op, {one, {3}}, {"float32"})
  end
  add_extremes(list, op, how, 2)
  for _, both in ipairs(how.mixed and MIXED or {}) do
    list[#list + 1] = {op = op, args = {ref(1), ref(2)}, layout = "plain",
      inputs = resolve(pair(BINARY_SHAPES[1]), both)}
  end
end

-- The form that writes into its first input: on floats, in each layout.
local function add_in_place(list, name, how, entries, unary)
  local inputs = {of(BINARY_SHAPES[1][1], how.first),
    not unary and of(BINARY_SHAPES[1][2], how.second) or nil}
  local entry = entries and {entries[1][1], entries[1][2]} or {inputs, {}}
  local dtypes = (how.dtypes or entries and entries.dtypes) == BOOLS and BOOLS
    or FLOATS
  add_entry(list, name .. "_", entry, dtypes, true,
    entries and entries.usual_layout)
end

local cases = {NIL = NIL}

-- Functions that are no rows have entries as well.
local function add_functions(list, is_row)
  local names = {}
  for name in pairs(operations) do
    if not is_row[name] then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    add_operation(list, name, operations[name])
  end
end

-- A list of cases, and a list of the rows that there are none for.
function cases.all(rows)
  local list, missing, is_row = {}, {}, {}
  for _, row in ipairs(rows) do
    local how, entries = elementwise[row.name] or {}, operations[row.name]
    local unary = not row.args:find(",") or how.scalars
    is_row[row.name] = true
    if row.internal then goto continue end
    if tensor[row.name .. "_"] then
      add_in_place(list, row.name, how, entries, unary)
    end
    if entries then
      add_operation(list, row.name, entries)
    elseif row.elementwise and unary then
      add_unary(list, row.name, how)
    elseif row.elementwise then
      add_binary(list, row.name, how)
    else
      missing[#missing + 1] = row.name
    end
    ::continue::
  end
  add_functions(list, is_row)
  return list, missing
end

return cases
