-- Gradients of matrices: what their rows are checked with.

local inputs = require("gradients.inputs")
local signed = inputs.signed

local function equation(text)
  return function(...) return tensor.einsum(text, ...) end
end

local special = {
  diagonal={{f=function(x) return x:diagonal(1, -1, 1) end,
             {signed({3, 2, 3})}}},
  diag={{f=function(x) return x:diag(-1) end, {signed({3})}},
        {f=function(x) return x:diag(1) end, {signed({3, 4})}}},
  trace={{f=function(x) return x:trace(1) end, {signed({3, 4})}}},
  tril={{f=function(x) return x:tril(-1) end, {signed({2, 3, 3})}},
        {f=function(x) return (x * 2):tril_(1) end, {signed({3, 4})}}},
  triu={{f=function(x) return x:triu() end, {signed({4, 3})}}},
  kron={{f=tensor.kron, {signed({2, 1}), signed({2, 3}, 1)}},
        {f=tensor.kron, {signed({2}), signed({2, 2}, 1)}}},
  mm={{f=tensor.mm, {signed({2, 3}), signed({3, 2}, 1)}}},
  mv={{f=tensor.mv, {signed({2, 3}), signed({3}, 1)}}},
  bmm={{f=tensor.bmm, {signed({2, 2, 3}), signed({2, 3, 1}, 1)}}},
  einsum={
    {f=equation("ij,jk->ki"), {signed({2, 3}), signed({3, 2}, 1)}},
    {f=equation("bij,bjk->bik"), {signed({2, 2, 3}), signed({2, 3, 2}, 1)}},
    {f=equation("bi,bi->b"), {signed({2, 3}), signed({2, 3}, 1)}},
    {f=equation("i,j"), {signed({3}), signed({2}, 1)}},
    {f=equation("ii->i"), {signed({3, 3})}},
    {f=equation("iij->j"), {signed({2, 2, 3})}},
    {f=equation("...i,i...->..."), {signed({2, 3}), signed({3, 2}, 1)}},
    {f=equation("ab,bc,cd->ad"),
     {signed({2, 3}), signed({3, 2}, 1), signed({2, 2}, 2)}},
    {f=equation("ij,ij->i"), {signed({2, 1}), signed({2, 3}, 1)}},
    {f=equation(",i->i"), {signed({}), signed({3}, 1)}},
  },
}

return {special=special, through={on_diagonal="diag"}}
