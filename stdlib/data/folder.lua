-- data.folder: pictures and texts that lie in files.

local image = require("image")
local native = require("native")
local options = require("options")
local tensor = require("tensor")

local folders = {}

local IMAGE = {
  positional = 0,
  {"size", options.sizes(2)},
  {"gray", options.boolean},
}

local function sorted(list)
  table.sort(list)
  return list
end

-- The PNG files of a folder, in alphabetical order.
local function pictures_in(folder)
  local _, files = native.list_folder(folder)
  local list = {}
  for _, name in ipairs(sorted(files)) do
    if name:lower():find("%.png$") and name:sub(1, 1) ~= "." then
      list[#list + 1] = folder .. "/" .. name
    end
  end
  return list
end

-- A picture with so many channels, of the size that is wanted.
local function load_picture(path, o, channels)
  local img = image.load(path)
  if o.size and (img.shape[1] ~= o.size[1] or img.shape[2] ~= o.size[2]) then
    img = image.resize(img, o.size[1], o.size[2])
  end
  local own = img.shape[3]
  if own == 2 or own == 4 then img, own = img[{{}, {}, {1, own - 1}}], own - 1
  end
  if channels == 1 and own == 3 then
    img = image.to_gray(img)
    return img.ndim == 2 and img:unsqueeze(3) or img
  elseif channels == 3 and own == 1 then
    return img:expand(img.shape[1], img.shape[2], 3)
  end
  return img
end

-- All pictures as one tensor.
local function stacked(paths, o)
  local list = {}
  local channels = o.gray and 1 or o.gray == false and 3 or nil
  for i, path in ipairs(paths) do
    list[i] = load_picture(path, o, channels)
    channels = channels or list[1].shape[3]
    if tostring(list[i].shape) ~= tostring(list[1].shape) then
      native.fail("data.folder: %s is %s, but %s is %s: give a size, "
                    .. "{size={height, width}}", path, tostring(list[i].shape),
                  paths[1], tostring(list[1].shape))
    end
  end
  return tensor.stack(list, 1)
end

--- data.folder(path [, {size=nil, gray=nil}])
-- Pictures that lie in one folder a class: path/cat/1.png, path/dog/x.png.
--   size  {height, width} that all are brought to; they must be of one size
--         where it is not given
--   gray  true: one channel; false: three; nil: as the first picture has
-- Returns {x=, y=, classes=, files=}: x uint8 (N, height, width, channels),
-- without an alpha channel; y int64 (N), the class from 1; classes, the names
-- of the folders in alphabetical order; files, the path of each picture.
-- Other files, and names that begin with a point, are passed over.
-- Errors: no folder with a picture in it; pictures of different size.
--   > folder = os.tmpname()
--   > os.remove(folder);
--   > os.execute("mkdir -p " .. folder .. "/cat " .. folder .. "/dog");
--   > image.save(folder .. "/cat/1.png", tensor.zeros({4, 6}, "uint8"))
--   > image.save(folder .. "/dog/1.png", tensor.ones({8, 6}, "uint8"))
--   > set = data.folder(folder, {size={4, 4}})
--   > set.x.shape, set.classes[set.y[2]]
--   (2, 4, 4, 1)
--   dog
--   > os.execute("rm -r " .. folder);
function folders.folder(path, opts)
  local o = options.read("data.folder", IMAGE, opts)
  options.verify("data.folder", "path", options.string, path)
  local classes, paths, labels = {}, {}, {}
  for _, name in ipairs(sorted((native.list_folder(path)))) do
    local files = name:sub(1, 1) ~= "." and pictures_in(path .. "/" .. name)
      or {}
    if #files > 0 then classes[#classes + 1] = name end
    for _, file in ipairs(files) do
      paths[#paths + 1], labels[#labels + 1] = file, #classes
    end
  end
  if #paths == 0 then
    native.fail("data.folder: %s has no folder with PNG files in it: there "
                  .. "must be one for each class", path)
  end
  return {x = stacked(paths, o), y = tensor(labels, "int64"),
          classes = classes, files = paths}
end

--- data.text_file(path)
-- The text of a file, UTF-8: without a byte order mark, and with "\n" at the
-- end of lines, whatever stands there in the file.
-- Errors: no file; bytes that are not UTF-8, with the line they stand in.
--   > path = os.tmpname()
--   > io.open(path, "w"):write("one\r\ntwo\r\n"):close();
--   > #data.text_file(path)
--   8
--   > os.remove(path)
--   true
function folders.text_file(path)
  options.verify("data.text_file", "path", options.string, path)
  local text = native.read_file(path):gsub("^\239\187\191", "")
    :gsub("\r\n?", "\n")
  local _, wrong = utf8.len(text)
  if wrong then
    local _, line = text:sub(1, wrong):gsub("\n", "")
    native.fail("%s: line %d is not UTF-8 text", path, line + 1)
  end
  return text
end

return folders
