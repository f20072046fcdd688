-- Layers that are no convolutions: see ../layers.lua.

local cases = {
  {layer="Dense", config={units=4}, shapes={{3, 5}}},
  {layer="Dense", config={units=2, use_bias=false, activation="tanh"},
   shapes={{2, 3, 4}}},
  {layer="Flatten", shapes={{2, 3, 4}}},
  {layer="Flatten", config={data_format="channels_first"},
   shapes={{2, 3, 4, 5}}},
  {layer="Reshape", config={target_shape={3, -1}}, shapes={{2, 6}}},
  {layer="Permute", config={dims={2, 1}}, shapes={{2, 3, 4}}},
  {layer="Permute", config={dims={3, 1, 2}}, shapes={{2, 3, 4, 5}}},
  {layer="Permute", config={dims={1}}, shapes={{2, 3}}},
  {layer="RepeatVector", config={n=3}, shapes={{2, 4}}},
  {layer="RepeatVector", config={n=1}, shapes={{0, 4}}},
  {layer="Embedding", config={input_dim=7, output_dim=3}, shapes={{4, 5}},
   integers={1, 7}},
  {layer="Embedding", config={input_dim=7, output_dim=3, mask_zero=true},
   shapes={{4, 5}}, integers={0, 7}},
  {layer="Embedding", config={input_dim=5, output_dim=2}, shapes={{6}},
   integers={1, 5}},
  {layer="Embedding", config={input_dim=5, output_dim=2}, shapes={{0, 3}},
   integers={1, 5}},
  {layer="Masking", shapes={{3, 4, 2}}},
  {layer="ActivityRegularization", config={l1=0.5, l2=0.25}, shapes={{3, 4}},
   training=true},
}

-- What is random in training is the identity at inference.
for class, config in pairs {
  Dropout={rate=0.5}, GaussianNoise={stddev=2}, GaussianDropout={rate=0.5},
} do
  cases[#cases + 1] = {layer=class, config=config, shapes={{3, 4}}}
end
cases[#cases + 1] = {layer="SpatialDropout1D", config={rate=0.5},
                     shapes={{2, 3, 4}}}
cases[#cases + 1] = {layer="SpatialDropout2D", config={rate=0.5},
                     shapes={{2, 3, 4, 2}}}

for _, name in ipairs {
  "linear", "relu", "relu6", "leaky_relu", "sigmoid", "hard_sigmoid", "tanh",
  "exponential", "softplus", "softsign", "elu", "selu", "gelu", "silu", "mish",
  "softmax", "log_softmax", "celu", "threshold", "hard_shrink", "soft_shrink",
  "tanh_shrink", "squareplus", "log_sigmoid", "hard_tanh", "hard_silu",
  "sparsemax",
} do
  cases[#cases + 1] = {layer="Activation", config={activation=name},
                       shapes={{4, 6}}, domain={-4, 4}}
end
cases[#cases + 1] = {layer="Activation", config={activation="softmax"},
                     shapes={{2, 3, 4}}}

return cases
