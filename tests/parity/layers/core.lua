-- Layers that are no convolutions: see ../layers.lua.

return {
  {layer="Dense", config={units=4}, shapes={{3, 5}}},
  {layer="Dense", config={units=2, use_bias=false, activation="tanh"},
   shapes={{2, 3, 4}}},
  {layer="Flatten", shapes={{2, 3, 4}}},
}
