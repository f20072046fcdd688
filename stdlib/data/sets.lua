-- data.sets: image data sets that lie in files, in the IDX format and under
-- the names in which their authors published them.

local data_folder = require("data.download").folder
local native = require("native")
local tensor = require("tensor")

local FILES = {
  train = {x = "train-images-idx3-ubyte", y = "train-labels-idx1-ubyte"},
  test = {x = "t10k-images-idx3-ubyte", y = "t10k-labels-idx1-ubyte"},
}

local function is_readable(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

local function find(set, name)
  for _, folder in ipairs(set.folders()) do
    for _, ending in ipairs({".gz", ""}) do
      local path = folder .. "/" .. name .. ending
      if is_readable(path) then return path end
    end
  end
  native.fail("%s: there is no file %s.gz (or %s) in %s; %s", set.name, name,
              name, table.concat(set.folders(), " or "), set.advice)
end

local function load_part(set, names)
  local x_path, y_path = find(set, names.x), find(set, names.y)
  local x, y = tensor.load(x_path), tensor.load(y_path)
  if x.ndim ~= 3 then
    native.fail("%s: %s holds a tensor of shape %s; images must be (count, "
                  .. "height, width)", set.name, x_path, tostring(x.shape))
  end
  if y.ndim ~= 1 or y.shape[1] ~= x.shape[1] then
    native.fail("%s: %d images in %s, but labels of shape %s in %s: one "
                  .. "label an image is needed", set.name, x.shape[1],
                x_path, tostring(y.shape), y_path)
  end
  y = y:to("int64") + 1
  local k = #set.classes
  if y:numel() > 0 and (y:max():item() > k or y:min():item() < 1) then
    native.fail("%s: %s holds a label outside 0..%d", set.name, y_path, k - 1)
  end
  return {x = x, y = y}
end

local function load_set(set)
  local classes = table.move(set.classes, 1, #set.classes, 1, {})
  return {
    train = load_part(set, FILES.train),
    test = load_part(set, FILES.test),
    classes = classes,
  }
end

local MNIST = {
  name = "data.mnist",
  classes = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
  folders = function() return {data_folder() .. "/mnist"} end,
  advice = "data.download(\"mnist\") fetches the four files of MNIST; or put "
    .. "them there (https://storage.googleapis.com/cvdf-datasets/mnist/), or "
    .. "set NNLUA_DATA to the folder that holds mnist/",
}

local FASHION_MNIST = {
  name = "data.fashion_mnist",
  classes = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal",
             "Shirt", "Sneaker", "Bag", "Ankle boot"},
  folders = function()
    return {data_folder() .. "/fashion_mnist",
            "/usr/share/datasets/fashion-mnist"}
  end,
  advice = "install the package dataset-fashion-mnist, or fetch the four files "
    .. "with data.download(\"fashion_mnist\") "
    .. "(https://github.com/zalandoresearch/fashion-mnist)",
}

local sets = {}

--- data.mnist()
-- MNIST: 60000 + 10000 handwritten digits (LeCun, Bottou, Bengio, Haffner,
-- "Gradient-based learning applied to document recognition", 1998), read
-- from the four IDX files train-images-idx3-ubyte.gz,
-- train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz,
-- t10k-labels-idx1-ubyte.gz (with or without .gz) in the folder mnist of
-- $NNLUA_DATA, or of $XDG_DATA_HOME/nnlua (~/.local/share/nnlua).
-- Returns {train={x=, y=}, test={x=, y=}, classes={"0", ..., "9"}}: x uint8
-- (N, 28, 28), y int64 (N), the class from 1: mnist.classes[mnist.train.y[1]]
-- is the digit of the first image.
-- Errors: a missing file (the message says which, where and how to get it);
-- images and labels that differ in number.
-- See also: data.download; data.digits, which needs no file.
function sets.mnist()
  return load_set(MNIST)
end

--- data.fashion_mnist()
-- Fashion-MNIST: 60000 + 10000 grey pictures of clothes in ten classes, a
-- harder set of MNIST's size (Xiao, Rasul, Vollgraf, 2017, arXiv:1708.07747),
-- read from IDX files of the same four names as MNIST's, in the folder
-- fashion_mnist of $NNLUA_DATA (or $XDG_DATA_HOME/nnlua), or where Debian's
-- package dataset-fashion-mnist puts them, /usr/share/datasets/fashion-mnist.
-- Returns {train={x=, y=}, test={x=, y=}, classes={"T-shirt/top", ...}}: x
-- uint8 (N, 28, 28), y int64 (N), the class from 1.
-- Errors: a missing file (the message says which, where and how to get it);
-- images and labels that differ in number.
-- See also: data.download.
function sets.fashion_mnist()
  return load_set(FASHION_MNIST)
end

return sets
