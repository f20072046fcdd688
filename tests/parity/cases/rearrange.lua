-- Cases of elements in other places: see ../cases.lua.

return function(_)
  return {}
end
