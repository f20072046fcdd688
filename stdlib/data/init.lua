-- data: data sets, batches and labels.

local labels = require("data.labels")
local sets = require("data.sets")

return {
  digits = require("data.digits"),
  fashion_mnist = sets.fashion_mnist,
  loader = require("data.loader"),
  mnist = sets.mnist,
  to_categorical = labels.to_categorical,
  train_test_split = labels.train_test_split,
}
