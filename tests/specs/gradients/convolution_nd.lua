-- Gradients of convolution in one and three dims, and transposed: what their rows are checked with.

return {}
