-- Gradients of order and running sums: what their rows are checked with.

return {}
