-- data: data sets, batches and labels.

local dataset = require("data.dataset")
local folders = require("data.folder")
local labels = require("data.labels")
local scaling = require("data.scaling")
local sets = require("data.sets")

--- data
-- Data sets (data.mnist, data.fashion_mnist, data.digits, data.download), data
-- in files (data.csv, data.folder, data.text_file), batches (data.loader,
-- data.TensorDataset, data.Dataset, data.timeseries), and what is done to data
-- before training: data.normalize, data.whiten, data.augment,
-- data.to_categorical, data.train_test_split, data.k_fold.
return {
  Dataset = dataset.Dataset,
  TensorDataset = dataset.TensorDataset,
  augment = require("data.augment"),
  csv = require("data.csv"),
  digits = require("data.digits"),
  download = require("data.download").download,
  fashion_mnist = sets.fashion_mnist,
  folder = folders.folder,
  k_fold = require("data.folds"),
  loader = require("data.loader"),
  mnist = sets.mnist,
  normalize = scaling.normalize,
  text_file = folders.text_file,
  timeseries = require("data.timeseries"),
  to_categorical = labels.to_categorical,
  train_test_split = labels.train_test_split,
  whiten = scaling.whiten,
}
