-- Gradients of elements in other places: what their rows are checked with.

return {}
