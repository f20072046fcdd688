-- See ../layers.lua.

local cases = {
  {layer="Concatenate", shapes={{2, 3}, {2, 4}}},
  {layer="Concatenate", config={axis=2}, shapes={{2, 3, 2}, {2, 1, 2},
                                                 {2, 2, 2}}},
  {layer="Subtract", shapes={{2, 3}, {2, 3}}},
  {layer="Subtract", shapes={{2, 3, 4}, {2, 4}}},
  {layer="Dot", config={axes=2}, shapes={{3, 4}, {3, 4}}},
  {layer="Dot", config={axes=-1, normalize=true}, shapes={{3, 4}, {3, 4}}},
  {layer="Dot", config={axes={3, 2}}, shapes={{2, 3, 4}, {2, 4, 5}}},
  {layer="Dot", config={axes={2, 3}}, shapes={{2, 3, 4}, {2, 5, 3}}},
  {layer="Dot", config={axes=2, normalize=true}, shapes={{2, 3, 4}, {2, 3, 5}}},
  {layer="Dot", config={axes={3, 2}}, shapes={{2, 3, 4, 2}, {2, 4}}},
  {layer="Dot", config={axes={2, 4}}, shapes={{2, 3}, {2, 4, 5, 3}}},
  {layer="Dot", config={axes=2}, shapes={{0, 4}, {0, 4}}},
}

for _, class in ipairs {"Add", "Multiply", "Average", "Maximum", "Minimum"} do
  for _, shapes in ipairs {
    {{2, 3}, {2, 3}}, {{2, 3}, {2, 3}, {2, 3}}, {{2, 1, 3}, {2, 4, 1}},
    {{2, 3, 4}, {2, 4}}, {{0, 3}, {0, 3}},
  } do
    cases[#cases + 1] = {layer=class, shapes=shapes}
  end
end

return cases
