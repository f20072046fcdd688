-- The names that the program must have, in the order of the page on its public
-- face; tests/names/api.lua looks whether they are there.

local function words(text)
  local list = {}
  for word in text:gmatch("%S+") do list[#list + 1] = word end
  return list
end

return {
  -- {section, where, names}: "both" is tensor.f(x) and x:f() alike, "field"
  -- x.f; "a loader" and its kin are what such an object has; the others are
  -- modules and classes.
  groups = {
    {"rules", "both", words "sum"},
    {"rules", "tensor", words "save fft linalg manual_seed"},
    {"attributes", "field", words "shape ndim dtype T grad requires_grad"},
    {"attributes", "both", words "numel"},
    {"creation", "tensor", words [[zeros ones full empty eye zeros_like
      ones_like full_like rand_like randn_like arange linspace logspace rand
      randn randint randint_like randperm bernoulli multinomial normal uniform
      exponential gamma beta poisson is]]},
    {"creation", "both", words "uniform_ normal_ bernoulli_ exponential_"},
    {"looking in", "both", words [[select narrow index_select masked_select
      gather scatter_ take nonzero where masked_fill item totable]]},
    {"shape", "both", words [[reshape view flatten squeeze unsqueeze
      transpose permute expand tile split chunk unbind flip roll pad unfold
      contiguous clone to float double long byte bool is_contiguous]]},
    {"shape", "tensor", words "concat stack"},
    {"elementwise", "both", words [[add sub mul div pow neg abs sign sqrt
      rsqrt exp expm1 log log1p log2 log10 sin cos tan asin acos atan atan2
      sinh cosh tanh sigmoid relu leaky_relu elu selu gelu silu mish softplus
      softsign hard_sigmoid hardtanh erf floor ceil round trunc clamp minimum
      maximum reciprocal square lerp isnan isinf isfinite softmax log_softmax
      eq ne lt le gt ge allclose add_ sub_ mul_ div_ copy_ fill_ zero_
      clamp_]]},
    {"reductions", "both", words [[sum mean prod max min argmax argmin var
      std norm logsumexp any all median cumsum cumprod sort argsort topk
      unique bincount histc]]},
    {"linear algebra", "both", words [[dot matmul mm mv bmm outer trace diag
      tril triu kron]]},
    {"linear algebra", "tensor", words "einsum"},
    {"linear algebra", "tensor.linalg", words [[solve inv det slogdet cholesky qr
      svd eigh lstsq norm pinv matrix_rank]]},
    {"signals", "tensor.fft", words [[fft ifft rfft irfft fft2 ifft2 fftshift
      ifftshift abs angle]]},
    {"signals", "both", words [[conv1d conv2d conv3d conv_transpose2d
      correlate convolve max_pool2d avg_pool2d interpolate]]},
    {"files", "tensor", words "load"},
    {"autograd", "both", words [[requires_grad_ backward detach zero_grad]]},
    {"autograd", "autograd", words [[no_grad record grad grad_of
      value_and_grad jacobian hessian gradcheck Function compile dot]]},
    {"layers", "nn", words [[Input Dense Activation Dropout SpatialDropout1D
      SpatialDropout2D GaussianNoise GaussianDropout Flatten Reshape Permute
      RepeatVector Lambda Masking ActivityRegularization Conv1D Conv2D Conv3D
      SeparableConv1D SeparableConv2D DepthwiseConv2D Conv2DTranspose
      Cropping1D Cropping2D UpSampling1D UpSampling2D ZeroPadding1D
      ZeroPadding2D MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D
      AveragePooling2D AveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D
      GlobalAveragePooling1D GlobalAveragePooling2D BatchNormalization
      LayerNormalization GroupNormalization Embedding SimpleRNN LSTM GRU
      Bidirectional TimeDistributed ConvLSTM2D RNN MultiHeadAttention Add
      Subtract Multiply Average Maximum Minimum Concatenate Dot LeakyReLU
      PReLU RReLU ELU ThresholdedReLU Softmax Maxout image_data_format Layer
      register]]},
    {"layers", "nn.Layer", words [[parameters initialize extend build call
      get_config add_loss]]},
    {"layers", "a layer", words "kernel bias trainable dtype name"},
    {"models", "nn", words "Sequential Model Function load_model"},
    {"models", "nn.Sequential", words "add pop"},
    {"models", "nn.Model", words [[compile fit evaluate predict train_on_batch
      test_on_batch predict_on_batch summary plot get_layer parameters
      trainable_parameters state_dict load_state_dict save save_weights
      load_weights add_loss]]},
    {"losses", "nn.losses", words [[mean_squared_error mean_absolute_error
      mean_absolute_percentage_error mean_squared_logarithmic_error huber
      binary_crossentropy categorical_crossentropy
      sparse_categorical_crossentropy sigmoid_cross_entropy_with_logits
      softmax_cross_entropy_with_logits
      sparse_softmax_cross_entropy_with_logits kullback_leibler_divergence
      hinge squared_hinge categorical_hinge poisson cosine_similarity logcosh
      triplet contrastive ctc]]},
    {"metrics", "nn.metrics", words [[accuracy binary_accuracy
      categorical_accuracy sparse_categorical_accuracy top_k precision recall
      auc f1 mae mse confusion_matrix]]},
    {"initializers", "nn.initializers", words [[Zeros Ones Constant
      RandomNormal RandomUniform TruncatedNormal VarianceScaling Orthogonal
      Identity LecunUniform LecunNormal GlorotUniform GlorotNormal HeUniform
      HeNormal Normal]]},
    {"regularizers", "nn.regularizers", words "L1 L2 L1L2"},
    {"constraints", "nn.constraints", words [[NonNeg UnitNorm MaxNorm
      MinMaxNorm]]},
    {"callbacks", "nn.callbacks", words [[History ProgressBar EarlyStopping
      ReduceLROnPlateau ModelCheckpoint BackupAndRestore LearningRateScheduler
      CSVLogger TensorBoard TerminateOnNaN LambdaCallback LivePlot]]},
    {"optimisers", "optim", words [[SGD Adagrad Adadelta RMSprop Adam AdamW
      Adamax Nadam LBFGS schedules]]},
    {"optimisers", "an optimiser", words [[lr clipnorm clipvalue weight_decay
      zero_grad step]]},
    {"optimisers", "optim.schedules", words [[step exponential cosine warmup
      plateau piecewise]]},
    {"data", "data", words [[mnist fashion_mnist digits csv folder text_file
      TensorDataset Dataset loader to_categorical train_test_split normalize
      whiten k_fold augment timeseries]]},
    {"data", "a dataset", words "map shuffle batch split"},
    {"data", "a loader", words "batches"},
    {"pictures", "image", words [[load save resize crop flip rotate to_gray
      grid show filter kernels]]},
    {"pictures", "image.kernels", words [[blur gaussian sharpen sobel_x sobel_y
      laplace emboss]]},
    {"plots", "plot", words [[line scatter hist bar heatmap imshow grid figure
      history]]},
    {"search", "hyper", words [[minimize uniform log_uniform int choice
      ensemble]]},
  },

  -- Names that come later, with what they come with: told, not missed.
  to_come = {
    ["autograd.compile"] = "programs that are recorded",
    ["nn.SimpleRNN"] = "recurrent layers",
    ["nn.LSTM"] = "recurrent layers",
    ["nn.GRU"] = "recurrent layers",
    ["nn.RNN"] = "recurrent layers",
    ["nn.ConvLSTM2D"] = "recurrent layers",
    ["nn.Bidirectional"] = "recurrent layers",
    ["nn.TimeDistributed"] = "recurrent layers",
    ["nn.losses.ctc"] = "recurrent layers",
    ["nn.callbacks.LivePlot"] = "pictures of a run as it goes on",
  },

  -- What else the page sets in code in these sections: variables, words of
  -- Lua, dtypes, options, names of other modules and what is in them, endings
  -- of files.
  other_words = words [[x y f n X _ for require tensor autograd nn optim data
    text image plot viz hyper classes fit float32 float64 int64 int32 uint8
    Masking Embedding Conv2D Reshape Bidirectional Dense nnlua seed npy npz
    safetensors csv idx png layer history loss acc val_accuracy is a callback
    stops a b in do set train xb yb LSTM channels_first channels_last
    data_format padding strides dilation_rate groups use_bias activation
    kernel_initializer bias_initializer _regularizer _constraint
    return_sequences return_state stateful go_backwards dropout
    recurrent_dropout input_shape function y_true y_pred from_logits self
    training stop_training model optimizer index logs on_train_begin
    on_epoch_begin on_batch_begin on_batch_end on_epoch_end on_train_end
    losses callbacks binary_ categorical_ true verbose]],
}
