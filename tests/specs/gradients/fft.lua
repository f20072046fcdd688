-- Gradients of tensor.fft: what their rows are checked with.

return {}
