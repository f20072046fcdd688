-- gradients: every differentiable row of the operation table, first and
-- second order, against central differences in float64. The cases are made
-- from the table; a row that needs special inputs has a line here, or in
-- gradients/TOPIC.lua.

local check = require("check")
local native = require("native")

local rows = native.rows()
local seen = {}

local inputs = require("gradients.inputs")
local numbers, signed = inputs.numbers, inputs.signed
local positive, index = inputs.positive, inputs.index

-- What the rows need --------------------------------------------------------

-- Rows whose inputs must lie in a range.
local ranges = {
  sqrt={0.3, 2}, rsqrt={0.3, 2}, log={0.3, 2}, log1p={-0.5, 2},
  log2={0.3, 2}, log10={0.3, 2}, asin={-0.8, 0.8}, acos={-0.8, 0.8},
  reciprocal={0.4, 2}, pow={0.4, 2}, pow_lower_backward={0.4, 2},
  xlogy={0.4, 2}, div={0.4, 2}, tan={-1, 1}, mod={0.6, 2},
  norm={0.3, 2}, hard_sigmoid={-2.3, 2.3}, hardtanh={-0.9, 0.9},
}

-- Further arguments, or functions of tracked inputs in place of the call. A
-- list of several is checked one by one.
local window = {kernel={3, 3, 2, 3}, image={2, 5, 6, 2}}
local special = {
  prod={{f=function(x) return x:prod(2) end, {signed({3, 4})}},
        {f=function(x) return x:prod() end, {signed({4})}}},
  sum={{f=function(x) return x:sum({1, 3}) end, {signed({2, 3, 2})}}},
  var={{f=function(x) return x:var(1, true, 0) end, {signed({3, 2})}}},
  max={{f=function(x) return (x:max(2)) end, {signed({3, 4})}}},
  min={{f=function(x) return (x:min(1, true)) end, {signed({3, 4})}}},
  norm={{f=function(x) return x:norm(2, false, 3) end, {positive({2, 3})}}},
  batch_norm={{f=function(x, gamma, beta)
    return (x:batch_norm(gamma, beta, 2, 0.01))
  end, {signed({3, 2, 2}), positive({2}), signed({2}, 1)}},
              {f=function(x, gamma, beta)
    local y, mean, variance = x:batch_norm(gamma, beta)
    return y * y + mean * variance
  end, {signed({4, 3}), positive({3}), signed({3}, 1)}}},
  reshape={{f=function(x) return x.T:reshape(-1) end, {signed({2, 3})}}},
  view={{f=function(x) return x:view(3, 2) end, {signed({2, 3})}}},
  permute={{f=function(x) return x:permute(3, 1, 2) end,
            {signed({2, 3, 2})}}},
  expand={{f=function(x) return x:expand(2, 3, 2) end, {signed({3, 1})}}},
  tile={{f=function(x) return x:tile(2, 1, 3) end, {signed({2, 2})}}},
  concat={{f=function(a, b) return tensor.concat({a, b, a}, 2) end,
           {signed({2, 1}), signed({2, 3})}}},
  stack={{f=function(a, b) return tensor.stack({a, b}, 3) end,
          {signed({2, 3}), signed({2, 3}, 2)}}},
  split={{f=function(x) return x:split(2, 2)[2] end, {signed({2, 3})}}},
  chunk={{f=function(x) return x:chunk(2)[1] end, {signed({3, 2})}}},
  unbind={{f=function(x) return x:unbind(2)[3] end, {signed({2, 3})}}},
  squeeze={{f=function(x) return x:squeeze(2) end, {signed({2, 1, 1})}}},
  unsqueeze={{f=function(x) return x:unsqueeze(-1) end, {signed({2})}}},
  select={{f=function(x) return x:select(1, -1) end, {signed({2, 3})}}},
  narrow={{f=function(x) return x:narrow(2, 2, 2) end, {signed({2, 3})}}},
  gather={{f=function(x) return x:gather(2, index{{3, 1}, {2, 2}}) end,
           {signed({2, 3})}}},
  index_select={{f=function(x)
    return x:index_select(1, index{3, 1, 3})
  end, {signed({3, 2})}}},
  set_slice_={{f=function(x, s)
    local y = x * 1
    y["2, 1:end:2"] = s
    return y
  end, {signed({2, 3}), signed({2}, 1)}}},
  slice={{f=function(x) return x["end:1:-2, 2:"] end, {signed({3, 3})}}},
  index={{f=function(x) return x[{{}, index{2, 1, 2}}] end,
          {signed({2, 3})}},
         {f=function(x) return x[{index{2, 1}, {}, index{1, 3}}] end,
          {signed({2, 2, 3})}}},
  masked_select={{f=function(x)
    return x:masked_select(tensor({{true, false}, {true, true}}))
  end, {signed({2, 2})}}},
  masked_fill={{f=function(x, v)
    return x:masked_fill(tensor({{true, false}, {false, true}}), v)
  end, {signed({2, 2}), signed({}, 3)}}},
  where={{f=function(a, b)
    return tensor.where(tensor({true, false, true}), a, b)
  end, {signed({2, 3}), signed({3}, 1)}}},
  clamp={{f=function(x) return x:clamp(-1.1, 1.3) end, {signed({2, 3})}}},
  to={{f=function(x) return x:to("float64") end, {signed({2, 3})}}},
  copy_={{f=function(x, s) return (x * 2):copy_(s) end,
          {signed({2, 3}), signed({3}, 1)}}},
  fill_={{f=function(x, v) return (x * 2):fill_(v) + x end,
          {signed({2, 3}), signed({}, 1)}}},
  zero_={{f=function(x) return (x * 2):zero_() + x * x end,
          {signed({2, 3})}}},
  matmul={{f=tensor.matmul, {signed({2, 3, 2}), signed({2, 4}, 1)}},
          {f=tensor.matmul, {signed({3}), signed({2, 3, 2}, 1)}},
          {f=tensor.matmul, {signed({2, 3}), signed({3}, 1)}}},
  bmatmul={{f=tensor.matmul, {signed({1, 2, 3}), signed({4, 3, 2}, 1)}}},
  dot={{f=tensor.dot, {signed({2, 1, 3}), signed({2, 3, 2}, 1)}}},
  outer={{f=tensor.outer, {signed({3}), signed({2}, 1)}}},
  conv2d={{f=function(x, k)
    return tensor.conv2d(x, k, {stride={2, 1}, padding="same"})
  end, {signed(window.image), signed(window.kernel, 1)}},
          {f=function(x, k)
    return tensor.conv2d(x, k, {padding={1, 0, 2, 1}, dilation=2, groups=2,
                                data_format="channels_first"})
  end, {signed({1, 4, 5, 6}), signed({2, 2, 2, 4}, 1)}}},
  max_pool2d={{f=function(x)
    return x:max_pool2d({pool_size=3, strides=2, padding="same"})
  end, {signed({1, 5, 5, 2})}}},
  avg_pool2d={{f=function(x)
    return x:avg_pool2d({pool_size={2, 3}, strides=1, padding="same",
                         data_format="channels_first"})
  end, {signed({1, 2, 4, 4})}}},
  softmax={{f=function(x) return x:softmax(1) end, {signed({3, 2})}}},
  log_softmax={{f=function(x) return x:log_softmax() end,
                {signed({3, 2})}}},
  lerp={{f=tensor.lerp,
         {signed({2, 3}), signed({3}, 1), positive({2, 1})}}},
}

-- Internal rows that only others call, and which; that they run, and so are
-- checked, follows from their callers' first or second order.
local through = {
  max_along="max", min_along="min", axes="permute", unslice="slice",
  gather_backward="gather", index_select_backward="index_select",
  take_backward="take", convert="to",
  conv2d_window="conv2d", conv2d_backward_input="conv2d",
  conv2d_backward_kernel="conv2d", max_pool2d_window="max_pool2d",
  avg_pool2d_window="avg_pool2d", avg_pool2d_backward="avg_pool2d",
  batch_norm_fused="batch_norm",
}

-- Rows with nothing to differentiate though the table does not say so: they
-- answer with positions.
local without = {nonzero=true}

-- More of them, by topic: each file gives a table that may hold `special`,
-- `through`, `without` and `ranges`, to be added to those above.
local topics = {"sort", "linalg", "fft", "matrix", "rearrange",
                "convolution_nd", "signal", "random"}

local function add_all(into, from)
  for name, value in pairs(from or {}) do into[name] = value end
end

for _, topic in ipairs(topics) do
  local more = require("gradients." .. topic)
  add_all(special, more.special)
  add_all(through, more.through)
  add_all(without, more.without)
  add_all(ranges, more.ranges)
end

-- The checks ----------------------------------------------------------------

-- A case for a row of the plainest kind: operands, all else by default.
local function plain_case(row)
  local inputs, range = {}, ranges[row.name]
  for argument in (row.args .. ","):gmatch("%s*(.-),") do
    local kind = argument:match(":%s*([%w_]+)")
    local optional = argument:find("=", 1, true)
    if kind == nil or kind == "tensor" then
      local shape = #inputs == 0 and {2, 3} or {3}
      local seed = #inputs
      if optional then
        inputs[#inputs + 1] = positive({}, seed)
      elseif range then
        inputs[#inputs + 1] = numbers(shape, range[1], range[2], seed)
      else
        inputs[#inputs + 1] = signed(shape, seed)
      end
    end
  end
  return {f=row.call, inputs}
end

local function check_case(row, case)
  for order = 1, 2 do
    local ok, why = autograd.gradcheck(case.f, case[1], {order=order})
    if not ok then
      error(row.name .. ", order " .. order .. ": " .. tostring(why), 0)
    end
  end
end

for _, row in ipairs(rows) do
  if row.differentiable and not through[row.name] and
    not without[row.name] then
    check.test("gradient of " .. row.name, function()
      for _, case in ipairs(special[row.name] or {}) do
        check_case(row, case)
      end
      if not special[row.name] or row.elementwise then
        check_case(row, plain_case(row))
      end
      seen[row.name] = true
    end)
  end
end

check.test("internal rows are checked through rows that are", function()
  for name, caller in pairs(through) do
    check.truthy(native.row(name), name)
    check.truthy(seen[caller], caller)
  end
end)

check.test("a wrong gradient is noticed", function()
  local wrong = function(x) return x * x:detach() end
  check.equal(autograd.gradcheck(wrong, signed({3})), false)
end)

check.test("the product's gradient where elements are 0", function()
  local function gradient(list)
    local x = tensor(list, "float64"):requires_grad_()
    return autograd.grad(x:prod(), x):totable()
  end
  check.equal(table.concat(gradient({2, 0, 3}), " "), "0.0 6.0 0.0")
  check.equal(table.concat(gradient({2, 0, 0}), " "), "0.0 0.0 0.0")
end)
