-- What the chapters of the tour tell and draw with.

local lesson = {}

local folder

-- Names the folder for the pictures; makes it where it is missing.
function lesson.write_into(path)
  os.execute("mkdir -p '" .. path:gsub("'", "'\\''") .. "'")
  folder = path
end

-- Ends the program: an option cannot be followed.
function lesson.refuse(format, ...)
  io.stderr:write(string.format("tour_signals.lua: " .. format, ...), "\n")
  os.exit(1)
end

-- Telling --------------------------------------------------------------------

function lesson.chapter(title)
  print("\n== " .. title .. " " .. ("="):rep(72 - #title))
end

function lesson.say(format, ...)
  print(string.format(format, ...))
end

-- Ends the tour: something is not as the text says.
function lesson.stop(format, ...)
  error(string.format("tour_signals: " .. format, ...), 0)
end

-- Says how far a and b, tensors or numbers, are apart, relative to the
-- greatest of b; stops where that is more than the tolerance.
function lesson.agree(what, a, b, tolerance)
  if type(b) == "number" then b = tensor(b, "float64") end
  local difference = ((a - b):abs():max() / b:abs():max()):item()
  lesson.say("%s: equal to %.1e", what, difference)
  if not (difference <= tolerance) then
    lesson.stop("%s: they should be the same, but differ by %g, more than %g",
                what, difference, tolerance)
  end
end

-- Drawing --------------------------------------------------------------------

function lesson.save(name, figure)
  local path = folder .. "/" .. name
  figure:save(path)
  print("wrote " .. path)
end

-- Where a file can be read: its path.
function lesson.readable(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file and path
end

-- A picture with a title, without axes.
function lesson.card(title, img)
  return plot.imshow(img, {title=title, axis=false})
end

-- x by a number that makes all but its few largest values less than 1.
function lesson.to_scale(x)
  return x / x:abs():quantile(0.995):clamp(1e-12)
end

-- Values around 0 as greys around the middle one.
function lesson.around_grey(x)
  return 0.5 + lesson.to_scale(x) / 2
end

-- A matrix with values around 0: red above, blue below.
function lesson.signed_map(title, z)
  local most = math.max(z:abs():max():item(), 1e-12)
  return plot.heatmap(z, {title=title, cmap="blue_red", vmin=-most, vmax=most,
                          axis=false, aspect="equal"})
end

-- A matrix as light from black to white.
function lesson.light_map(title, z)
  return plot.heatmap(z, {title=title, cmap="fire", axis=false,
                          aspect="equal", colorbar=false})
end

-- log(1 + |spectrum|), frequency 0 in the middle.
function lesson.log_spectrum(x)
  local size = tensor.fft.abs(tensor.fft.fft2(x))
  return tensor.fft.fftshift(size, {1, 2}):log1p()
end

-- Figures in rows, each with room for the picture and its title.
function lesson.side_by_side(figures, columns, picture)
  local cell = math.max(240, math.min(420, 1280 // columns))
  local rows = math.ceil(#figures / columns)
  local height = math.floor(cell * picture.height / picture.width) + 36
  return plot.grid(figures, {columns=columns,
                             size={columns * cell, rows * height}})
end

return lesson
