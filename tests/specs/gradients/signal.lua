-- Gradients of correlation, convolution, interpolation: what their rows are checked with.

return {}
