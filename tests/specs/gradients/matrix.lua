-- Gradients of matrices: what their rows are checked with.

return {}
