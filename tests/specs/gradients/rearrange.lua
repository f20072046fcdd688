-- Gradients of elements in other places, and of writing to places: what
-- their rows are checked with.

local inputs = require("gradients.inputs")
local signed, index = inputs.signed, inputs.index

local special = {
  flip={{f=function(x) return x:flip(2) end, {signed({2, 3})}},
        {f=function(x) return (x * 2):flip_() end, {signed({2, 3})}}},
  rot90={{f=function(x) return x:rot90(-1) end, {signed({2, 3})}}},
  roll={{f=function(x) return x:roll({1, -1}, {1, 2}) end,
         {signed({2, 3})}},
        {f=function(x) return x:roll(4) end, {signed({2, 3})}},
        {f=function(x) return (x * 2):roll_(1, 2) end, {signed({2, 3})}}},
  movedim={{f=function(x) return x:movedim({1, 2}, {-1, 1}) end,
            {signed({2, 3, 2})}}},
  repeat_interleave={
    {f=function(x) return x:repeat_interleave(2) end, {signed({2, 2})}},
    {f=function(x) return x:repeat_interleave(index{2, 0, 3}, 2) end,
     {signed({2, 3})}},
  },
  meshgrid={{f=function(a, b)
    local grid = tensor.meshgrid({a, b})
    return grid[1] * grid[2]
  end, {signed({2}), signed({3}, 1)}}},
  pad={{f=function(x) return x:pad({1, -1, 0, 2}, "constant", 3) end,
        {signed({2, 3})}},
       {f=function(x) return x:pad({2, 1, 1, 0}, "reflect") end,
        {signed({3, 3})}},
       {f=function(x) return x:pad(1, "replicate") end, {signed({2, 2})}},
       {f=function(x) return x:pad({1, 3}, "circular") end,
        {signed({2, 2})}}},
  unfold={{f=function(x) return x:unfold(1, 3) end, {signed({5, 2})}},
          {f=function(x) return x:unfold(2, 3, 2) end, {signed({2, 5})}},
          {f=function(x) return x:unfold(1, 4, 2) end, {signed({6})}}},

  take={{f=function(x) return x:take(index{{6, 1}, {2, 2}}) end,
         {signed({2, 3})}},
        {f=function(x) return x:take(index{{3, 1}, {2, 2}}, 2) end,
         {signed({2, 3, 2})}}},
  index_copy_={{f=function(x, s)
    return (x * 1):index_copy_(1, index{3, 1, 3}, s)
  end, {signed({3, 2}), signed({3, 2}, 1)}}},
  index_copy={{f=function(x, s) return x:index_copy(2, index{-1}, s) end,
               {signed({3, 2}), signed({3, 1}, 1)}}},
  index_fill_={{f=function(x, v)
    return (x * 1):index_fill_(2, index{2, 2}, v)
  end, {signed({2, 3}), signed({}, 1)}}},
  index_fill={{f=function(x, v) return x:index_fill(1, index{1, 3}, v) end,
               {signed({3, 2}), signed({}, 1)}}},
  index_add_={{f=function(x, s)
    return (x * 1):index_add_(1, index{3, 1, 3}, s)
  end, {signed({3, 2}), signed({3, 2}, 1)}}},
  index_add={{f=function(x, s) return x:index_add(2, index{1, 1}, s) end,
              {signed({2, 2}), signed({2, 2}, 1)}}},
  scatter_={
    {f=function(x, s)
      return (x * 1):scatter_(1, index{{3, 1}, {3, 2}}, s)
    end, {signed({3, 2}), signed({2, 2}, 1)}},
    {f=function(x, s) -- a source larger than the index
      return (x * 1):scatter_(2, index{{3, 3}}, s)
    end, {signed({2, 3}), signed({2, 4}, 1)}},
    {f=function(x, s) return (x * 1):scatter_(2, index{{1, 1}}, s) end,
     {signed({2, 3}), signed({}, 1)}},
  },
  scatter={{f=function(x, s) return x:scatter(2, index{{2}, {-1}}, s) end,
            {signed({2, 3}), signed({2, 1}, 1)}}},
  scatter_add_={
    {f=function(x, s)
      return (x * 1):scatter_add_(1, index{{3, 1}, {3, 2}}, s)
    end, {signed({3, 2}), signed({2, 3}, 1)}},
    {f=function(x, s) return (x * 1):scatter_add_(2, index{{1, 1}}, s) end,
     {signed({2, 3}), signed({}, 1)}},
  },
  scatter_add={{f=function(x, s) return x:scatter_add(2, index{{2, 2}}, s) end,
                {signed({2, 3}), signed({1, 2}, 1)}}},
  put_={{f=function(x, s) return (x * 1):put_(index{1, 5, 3}, s) end,
         {signed({2, 3}), signed({3}, 1)}},
        {f=function(x, s) -- written twice: the last one counts
           return (x * 1):put_(index{{1, 5}, {1, -2}}, s)
         end, {signed({2, 3}), signed({2}, 1)}}},

  set_index_={
    {f=function(x, s)
      local y = x * 1
      y[{{}, index{2, 1, 2}}] = s
      return y
    end, {signed({2, 3}), signed({3}, 1)}},
    {f=function(x, s)
      local y = x * 1
      y[{index{2, 1, 2}, {}, index{1, 3, 1}}] = s
      return y
    end, {signed({2, 2, 3}), signed({3, 2}, 1)}},
    {f=function(x, s)
      local y = x * 1
      y[{{1, 2}, -1, index{{1, 3}, {2, 1}}}] = s
      return y
    end, {signed({3, 2, 3}), signed({2, 2}, 1)}},
    {f=function(x, s)
      local y = x * 1
      y[tensor({{true, false}, {false, true}})] = s
      return y
    end, {signed({2, 2, 3}), signed({2, 3}, 1)}},
  },
  set_mask_={
    {f=function(x, s)
      local y = x * 1
      y[tensor({{true, false}, {false, true}})] = s
      return y
    end, {signed({2, 2, 3}), signed({}, 1)}},
    {f=function(x, s)
      local y = x * 1
      y[{2, tensor({true, false, true})}] = s
      return y
    end, {signed({2, 3}), signed({}, 1)}},
  },
}

return {
  special=special,
  through={rolled="roll", margins="pad", fold="unfold",
           index_backward="index", take_flat="take"},
}
