-- The names that the tensor and autograd modules must have, in the order of
-- the page on the public face of the program; tests/names/api.lua looks
-- whether they are there.

local function words(text)
  local list = {}
  for word in text:gmatch("%S+") do list[#list + 1] = word end
  return list
end

return {
  -- {topic, where, names}: "both" is tensor.f(x) and x:f() alike, "tensor"
  -- the module alone, "field" x.f; the others are modules.
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
    {"linear algebra", "linalg", words [[solve inv det slogdet cholesky qr
      svd eigh lstsq norm pinv matrix_rank]]},
    {"signals", "fft", words [[fft ifft rfft irfft fft2 ifft2 fftshift
      ifftshift abs angle]]},
    {"signals", "both", words [[conv1d conv2d conv3d conv_transpose2d
      correlate convolve max_pool2d avg_pool2d interpolate]]},
    {"files", "tensor", words "load"},
    {"autograd", "both", words [[requires_grad_ backward detach zero_grad]]},
    {"autograd", "autograd", words [[no_grad record grad grad_of
      value_and_grad jacobian hessian gradcheck Function compile dot]]},
  },

  -- Names that come later: told, not missed.
  to_come = {["autograd.compile"] = "programs that are recorded"},

  -- What else the page sets in code in these sections: variables, words of
  -- Lua, dtypes, names of other modules and what is in them, endings of
  -- files.
  other_words = words [[x y f n X _ for require tensor autograd nn optim data
    text image plot viz hyper classes fit float32 float64 int64 int32 uint8
    Masking Embedding Conv2D Reshape Bidirectional Dense nnlua seed npy npz
    safetensors csv idx png]],
}
