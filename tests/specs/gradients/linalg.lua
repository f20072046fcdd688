-- Gradients of tensor.linalg: what their rows are checked with.

return {}
