-- Cases of matrices: see ../cases.lua.

return function(_)
  return {}
end
