-- Cases of tensor.linalg: see ../cases.lua.

return function(_)
  return {}
end
