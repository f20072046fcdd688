-- Gradients of order and running sums: what their rows are checked with.

local inputs = require("gradients.inputs")
local signed, index = inputs.signed, inputs.index

-- Zeros alone, several, at either end: products with them are smooth too.
local function with_zeros(list) return tensor(list, "float64") end

return {
  special={
    sort={{f=function(x) return (x:sort(1)) end, {signed({3, 4})}},
          {f=function(x) return (x:sort({descending=true})) end,
           {signed({2, 3, 2})}}},
    topk={{f=function(x) return (x:topk(2, 1)) end, {signed({4, 3})}},
          {f=function(x) return (x:topk(3, 2, false, false)) end,
           {signed({2, 5})}}},
    unique={{f=function(x) return (x:unique()) end, {signed({2, 3})}},
            {f=function(x) return (x:unique(2)) end, {signed({2, 3})}}},
    median={{f=function(x) return x:median() end, {signed({2, 3})}},
            {f=function(x) return x:median(1) end, {signed({3, 2})}},
            {f=function(x) return x:median({1, 3}, true) end,
             {signed({3, 2, 3})}},
            {f=function(x) return x:median() * x end, {signed({})}}},
    quantile={{f=function(x) return x:quantile(0.3) end, {signed({7})}},
              {f=function(x) return x:quantile(1, 2) end, {signed({2, 3})}},
              {f=function(x) return x:quantile(0.85, {2, 1}) end,
               {signed({2, 3, 2})}}},
    bincount={{f=function(w) return index({2, 5, 2}):bincount(w) end,
               {signed({3})}}},
    cumsum={{f=function(x) return x:cumsum(1) end, {signed({3, 2})}},
            {f=function(x) return x:cumsum(2) end, {signed({2, 3, 2})}}},
    cumprod={{f=function(x) return x:cumprod(1) end, {signed({4, 2})}},
             {f=function(x) return x:cumprod(2) end, {signed({2, 4, 2})}},
             {f=function(x) return x:cumprod() end,
              {with_zeros {2, 0, 3, -1, 0, 5}}},
             {f=function(x) return x:cumprod(1) end,
              {with_zeros {{0, 1}, {2, 0}, {0.5, 0}}}}},
    cummax={{f=function(x) return (x:cummax()) end, {signed({2, 5})}}},
    cummin={{f=function(x) return (x:cummin(1)) end, {signed({4, 2})}}},
    diff={{f=function(x) return x:diff(2, 1) end, {signed({5, 2})}},
          {f=function(x) return x:diff() end, {signed({2, 3})}}},
  },
  through={
    cumsum_along="cumsum", scan_along="cumprod", shift_along="cumprod",
    quantile_along="median",
  },
  without={count_nonzero=true},
}
