-- Cases of matrices: see ../cases.lua.

return function(w)
  local of, ref = w.of, w.ref

  local function triangle()
    return {dtypes = w.ALL,
      {{of {4, 5}}, {}, {1}, {-2}, {9}, {-9}},
      {{of {2, 3, 5, 4}}, {}, {2}},
      {{of {0, 3}}, {}}, {{of {3, 0}}, {1}}}
  end

  -- Tensors of those shapes under one equation.
  local function equation(text, ...)
    local inputs, args = {}, {text}
    for k, shape in ipairs {...} do
      inputs[k], args[k + 1] = of(shape), ref(k)
    end
    return {inputs, args}
  end

  return {
    diagonal = {dtypes = w.ALL,
      {{of {3, 4}}, {}, {1}, {-2}, {7}, {0, 2, 1}},
      {{of {2, 3, 4}}, {0, 2, 3}, {1, -1, 1}, {-1, -3, 2}}},
    diag = {dtypes = w.ALL,
      {{of {4}}, {}, {1}, {-2}}, {{of {0}}, {}, {1}},
      {{of {3, 4}}, {}, {2}, {-1}}},
    trace = {dtypes = w.NUMBERS,
      {{of {3, 3}}, {}}, {{of {3, 5}}, {}, {1}, {-2}},
      {{of {0, 3}}, {}}},
    tril = triangle(), triu = triangle(),
    kron = {dtypes = w.NUMBERS,
      {{of {2, 3}, of {3, 2}}, {}}, {{of {3}, of {2, 2}}, {}},
      {{of {2, 1, 2}, of {2, 3, 1}}, {}},
      {{of {}, of {2}}, {}}, {{of {0, 2}, of {2, 2}}, {}}},
    mm = {dtypes = w.NUMBERS,
      {{of {3, 4}, of {4, 5}}, {}},
      {{of {3, 0}, of {0, 2}}, {}}},
    mv = {dtypes = w.NUMBERS,
      {{of {3, 4}, of {4}}, {}}, {{of {3, 0}, of {0}}, {}}},
    bmm = {dtypes = w.NUMBERS,
      {{of {2, 3, 4}, of {2, 4, 5}}, {}},
      {{of {0, 3, 4}, of {0, 4, 5}}, {}}},
    einsum = {dtypes = w.NUMBERS,
      equation("ij,jk->ik", {3, 4}, {4, 5}),
      equation("bij,bjk->bik", {2, 3, 4}, {2, 4, 5}),
      equation(" ij , kj -> ki ", {3, 4}, {5, 4}),
      equation("ij,jk", {3, 4}, {4, 5}),
      equation("ba", {3, 4}), equation("aB", {3, 4}),
      equation("ii", {4, 4}), equation("ii->i", {4, 4}),
      equation("iji->j", {3, 2, 3}), equation("iii->i", {3, 3, 3}),
      equation("ijij->ij", {2, 3, 2, 3}),
      equation("ij->", {3, 4}), equation("ij->j", {3, 4}),
      equation("i,i", {7}, {7}), equation("i,j->ji", {3}, {4}),
      equation("bi,bi->b", {3, 4}, {3, 4}),
      equation("bi,bi->bi", {3, 4}, {3, 4}),
      equation("...ij,...jk->...ik", {2, 3, 4}, {4, 5}),
      equation("...i,...i", {2, 3, 4}, {3, 1}),
      equation("i...->...i", {2, 3, 4}),
      equation("i...j,j...->...i", {2, 1, 3}, {3, 5}),
      equation("ij,jk->ik", {3, 1}, {4, 5}),
      equation("ij,ij->ij", {3, 1}, {1, 5}),
      equation("ij,jk,kl->il", {2, 3}, {3, 4}, {4, 2}),
      equation("ij,kl,jk->il", {2, 3}, {4, 2}, {3, 4}),
      equation("i,j,k->ijk", {2}, {3}, {4}),
      equation("ai,bi,ci->abc", {2, 4}, {3, 4}, {2, 4}),
      equation("abc,cd,be,a->de", {2, 3, 4}, {4, 2}, {3, 5}, {2}),
      equation("bhqd,bhkd->bhqk", {2, 2, 3, 4}, {2, 2, 5, 4}),
      equation("bqhd,bkhd->bhqk", {2, 3, 2, 4}, {2, 5, 2, 4}),
      equation("nct,ncp->ntp", {2, 3, 4}, {2, 3, 5}),
      equation(",ij->ij", {}, {2, 3}), equation(",", {}, {}),
      equation("ij,jk->ik", {3, 0}, {0, 2}),
      equation("ij,jk->ik", {0, 3}, {3, 2}),
      equation("ij,j->i", {33, 70}, {70})},
  }
end
