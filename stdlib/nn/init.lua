-- nn: layers, models, losses, metrics and callbacks. Each is loaded when it
-- is first touched.

local defaults = require("nn.defaults")

-- Names and the modules that hold them, in the order of the manual.
local LIST = {
  {"Layer", "nn.layer"},
  {"Model", "nn.model"},
  {"Sequential", "nn.sequential"},
  {"Function", "nn.function"},
  {"Input", "nn.layers.input"},
  {"Dense", "nn.layers.dense"},
  {"Activation", "nn.layers.activation"},
  {"Dropout", "nn.layers.dropout"},
  {"SpatialDropout1D", "nn.layers.spatial_dropout1d"},
  {"SpatialDropout2D", "nn.layers.spatial_dropout2d"},
  {"GaussianNoise", "nn.layers.gaussian_noise"},
  {"GaussianDropout", "nn.layers.gaussian_dropout"},
  {"Flatten", "nn.layers.flatten"},
  {"Reshape", "nn.layers.reshape"},
  {"Permute", "nn.layers.permute"},
  {"RepeatVector", "nn.layers.repeat_vector"},
  {"Lambda", "nn.layers.lambda"},
  {"Masking", "nn.layers.masking"},
  {"ActivityRegularization", "nn.layers.activity_regularization"},
  {"Conv1D", "nn.layers.conv1d"},
  {"Conv2D", "nn.layers.conv2d"},
  {"Conv3D", "nn.layers.conv3d"},
  {"SeparableConv1D", "nn.layers.separable_conv1d"},
  {"SeparableConv2D", "nn.layers.separable_conv2d"},
  {"DepthwiseConv2D", "nn.layers.depthwise_conv2d"},
  {"Conv2DTranspose", "nn.layers.conv2d_transpose"},
  {"Cropping1D", "nn.layers.cropping1d"},
  {"Cropping2D", "nn.layers.cropping2d"},
  {"UpSampling1D", "nn.layers.up_sampling1d"},
  {"UpSampling2D", "nn.layers.up_sampling2d"},
  {"ZeroPadding1D", "nn.layers.zero_padding1d"},
  {"ZeroPadding2D", "nn.layers.zero_padding2d"},
  {"MaxPooling1D", "nn.layers.max_pooling1d"},
  {"MaxPooling2D", "nn.layers.max_pooling2d"},
  {"MaxPooling3D", "nn.layers.max_pooling3d"},
  {"AveragePooling1D", "nn.layers.average_pooling1d"},
  {"AveragePooling2D", "nn.layers.average_pooling2d"},
  {"AveragePooling3D", "nn.layers.average_pooling3d"},
  {"GlobalMaxPooling1D", "nn.layers.global_max_pooling1d"},
  {"GlobalMaxPooling2D", "nn.layers.global_max_pooling2d"},
  {"GlobalAveragePooling1D", "nn.layers.global_average_pooling1d"},
  {"GlobalAveragePooling2D", "nn.layers.global_average_pooling2d"},
  {"BatchNormalization", "nn.layers.batch_normalization"},
  {"LayerNormalization", "nn.layers.layer_normalization"},
  {"GroupNormalization", "nn.layers.group_normalization"},
  {"Embedding", "nn.layers.embedding"},
  {"MultiHeadAttention", "nn.layers.multi_head_attention"},
  {"Add", "nn.layers.add"},
  {"Subtract", "nn.layers.subtract"},
  {"Multiply", "nn.layers.multiply"},
  {"Average", "nn.layers.average"},
  {"Maximum", "nn.layers.maximum"},
  {"Minimum", "nn.layers.minimum"},
  {"Concatenate", "nn.layers.concatenate"},
  {"Dot", "nn.layers.dot"},
  {"ReLU", "nn.layers.relu"},
  {"LeakyReLU", "nn.layers.leaky_relu"},
  {"PReLU", "nn.layers.prelu"},
  {"RReLU", "nn.layers.rrelu"},
  {"ELU", "nn.layers.elu"},
  {"ThresholdedReLU", "nn.layers.thresholded_relu"},
  {"Softmax", "nn.layers.softmax"},
  {"Maxout", "nn.layers.maxout"},
  {"activations", "nn.activations"},
  {"initializers", "nn.initializers"},
  {"regularizers", "nn.regularizers"},
  {"constraints", "nn.constraints"},
  {"losses", "nn.losses"},
  {"metrics", "nn.metrics"},
  {"callbacks", "nn.callbacks"},
}

local module_of, names = {}, {"image_data_format", "load_model",
  "register"}
for _, entry in ipairs(LIST) do
  module_of[entry[1]] = entry[2]
  names[#names + 1] = entry[1]
end

local nn = {image_data_format = defaults.image_data_format}

function nn.load_model(...)
  return require("nn.saving").load_model(...)
end

function nn.register(...)
  return require("nn.registry").register(...)
end

local function touch(self, name)
  if module_of[name] then
    local value = require(module_of[name])
    rawset(self, name, value)
    return value
  end
end

local function all(self)
  for name in pairs(module_of) do
    touch(self, name)
  end
  return next, self, nil
end

--- nn
-- Layers, models that are made of them, and what trains a model. A layer is
-- made with its options, nn.Dense{512, activation="relu"}, and called on a
-- tensor; nn.Sequential{layer, ...} stacks layers, and nn.Model{inputs=,
-- outputs=} joins them as a graph. See nn.Model:compile, nn.Model:fit,
-- nn.Model:evaluate, nn.Model:predict, nn.Model:save.

-- __names lists what is there without loading it (for completion).
return setmetatable(nn, {__index = touch, __pairs = all, __names = names})
