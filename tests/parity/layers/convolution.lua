-- See ../layers.lua.

return {}
