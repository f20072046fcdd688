-- themes: the names of the larger modules by what they are for, in the order
-- in which help and the manual pages show them. A name that is in no theme
-- comes last, under "More"; one that the program does not have is passed
-- over.

local function words(text)
  local list = {}
  for word in text:gmatch("%S+") do list[#list + 1] = word end
  return list
end

local modules = {
  tensor = {
    {"Reading on", [[arguments index operators dtypes broadcasting
      in_place]]},
    {"Creation", [[zeros ones full empty eye zeros_like ones_like full_like
      arange linspace logspace default_dtype]]},
    {"Random numbers", [[manual_seed rand randn rand_like randn_like uniform
      normal randint randint_like randperm bernoulli multinomial exponential
      gamma beta poisson binomial laplace cauchy log_normal dirichlet uniform_
      normal_ bernoulli_ exponential_]]},
    {"Attributes and conversion", [[shape ndim dtype T numel is item totable
      is_contiguous describe to float double long int byte bool set_printoptions
      get_printoptions printoptions]]},
    {"Elements", [[select narrow index_select masked_select gather take nonzero
      where masked_fill scatter scatter_ scatter_add scatter_add_ index_copy
      index_copy_ index_fill index_fill_ index_add index_add_ put_ copy_ fill_
      zero_]]},
    {"Shape", [[reshape view flatten squeeze unsqueeze transpose permute
      movedim expand tile repeat_interleave concat stack split chunk unbind
      flip rot90 roll pad unfold fold meshgrid contiguous clone]]},
    {"Arithmetic", [[add sub mul div floor_div mod pow neg abs sign square
      reciprocal maximum minimum clamp lerp]]},
    {"Functions", [[sqrt rsqrt exp expm1 log log1p log2 log10 xlogy sin cos
      tan asin acos atan atan2 sinh cosh tanh erf floor ceil round trunc]]},
    {"Activations and normalization", [[sigmoid relu leaky_relu elu selu gelu silu mish
      softplus softsign hard_sigmoid hardtanh softmax log_softmax
      batch_norm]]},
    {"Comparisons and logic", [[eq ne lt le gt ge allclose isnan isinf
      isfinite logical_and logical_or logical_xor logical_not]]},
    {"Reductions", [[sum mean prod max min amax amin argmax argmin var std
      norm logsumexp any all count_nonzero median quantile]]},
    {"Sorting and counting", [[cumsum cumprod cummax cummin logcumsumexp diff
      sort argsort topk unique bincount histc
      searchsorted]]},
    {"Matrices", [[matmul dot mm mv bmm outer einsum trace diag diagonal tril triu
      kron linalg]]},
    {"Signals and images", [[fft conv1d conv2d conv3d conv_transpose1d
      conv_transpose2d conv_transpose3d correlate convolve max_pool1d
      max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d interpolate]]},
    {"Gradients", [[requires_grad requires_grad_ grad backward detach
      zero_grad is_leaf]]},
    {"Files", "save load"},
  },
  autograd = {
    {"Gradients", "grad no_grad record"},
    {"Functions of functions", [[grad_of value_and_grad jacobian hessian
      compile]]},
    {"Operations of one's own", "Function gradcheck"},
    {"Pictures", "dot"},
  },
  nn = {
    {"Models", "Sequential Model Function Input load_model"},
    {"Layers of one's own", "Layer Lambda register"},
    {"Core layers", [[Dense Activation Flatten Reshape Permute RepeatVector
      Embedding Masking]]},
    {"Convolution", [[Conv1D Conv2D Conv3D SeparableConv1D SeparableConv2D
      DepthwiseConv2D Conv2DTranspose ZeroPadding1D ZeroPadding2D Cropping1D
      Cropping2D UpSampling1D UpSampling2D image_data_format]]},
    {"Pooling", [[MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D
      AveragePooling2D AveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D
      GlobalAveragePooling1D GlobalAveragePooling2D]]},
    {"Normalization and noise", [[BatchNormalization LayerNormalization
      GroupNormalization Dropout SpatialDropout1D SpatialDropout2D
      GaussianNoise GaussianDropout ActivityRegularization]]},
    {"Several inputs", [[Add Subtract Multiply Average Maximum Minimum
      Concatenate Dot MultiHeadAttention]]},
    {"Activations with parameters", [[ReLU LeakyReLU PReLU RReLU ELU
      ThresholdedReLU Softmax Maxout]]},
    {"What layers and training take", [[activations initializers regularizers
      constraints losses metrics callbacks]]},
  },
  optim = {
    {"What all have", "Optimizer get"},
    {"Optimisers", [[SGD RMSprop Adam AdamW Adamax Nadam Adagrad Adadelta
      LBFGS]]},
    {"Learning rates", "schedules"},
  },
  data = {
    {"Data sets", "mnist fashion_mnist digits download"},
    {"Files", "csv folder text_file"},
    {"Batches", "loader TensorDataset Dataset timeseries"},
    {"Preparation", [[to_categorical train_test_split k_fold normalize whiten
      augment]]},
  },
  image = {
    {"Files and the terminal", "load save show"},
    {"Geometry", "resize crop flip rotate grid"},
    {"Pixels", "to_gray to_float to_uint8"},
    {"Filters", "filter kernels gaussian"},
  },
  plot = {
    {"Charts", "line scatter bar hist heatmap imshow history"},
    {"Figures", "figure grid Figure"},
  },
  hyper = {
    {"Search", "minimize uniform log_uniform int choice"},
    {"Ensembles", "ensemble fit_weights"},
  },
}

local themes = {}

for _, list in pairs(modules) do
  for i, theme in ipairs(list) do
    list[i] = {title = theme[1], names = words(theme[2])}
  end
end

-- themes.group(module, names)
-- The names that there are, a list of {title=, names=}: what is in no theme
-- under "More"; nil for a module without themes.
function themes.group(module, names)
  if not modules[module] then return nil end
  local left, groups = {}, {}
  for _, name in ipairs(names) do left[name] = true end
  for _, theme in ipairs(modules[module]) do
    local group = {title = theme.title, names = {}}
    for _, name in ipairs(theme.names) do
      if left[name] then group.names[#group.names + 1] = name end
      left[name] = nil
    end
    if #group.names > 0 then groups[#groups + 1] = group end
  end
  local more = {title = "More", names = {}}
  for _, name in ipairs(names) do
    if left[name] then more.names[#more.names + 1] = name end
  end
  if #more.names > 0 then groups[#groups + 1] = more end
  return groups
end

return themes
