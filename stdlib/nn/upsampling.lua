-- nn.upsampling: what the layers that enlarge by whole factors share.

local Layer = require("nn.layer")
local window = require("nn.window")

-- x with each position along every axis repeated as often as `size` says.
local function repeated(x, first, size)
  local apart, larger, joined = {}, {}, {}
  for dim = 1, x.ndim do
    local n, times = x.shape[dim], size[dim - first] or 1
    joined[dim] = n * times
    if dim > first and size[dim - first] then
      table.move({n, 1}, 1, 2, #apart + 1, apart)
      table.move({n, times}, 1, 2, #larger + 1, larger)
    else
      apart[#apart + 1], larger[#larger + 1] = n, n
    end
  end
  return x:reshape(apart):expand(larger):reshape(joined)
end

-- A class whose options `rows` hold size and, if there is a choice,
-- interpolation.
return function(class_name, rank, rows)
  local UpSampling = Layer:extend {
    class_name = class_name,
    rank = rank,
    inputs = 1,
    options = rows,
  }

  function UpSampling:init()
    window.resolve_format(self)
  end

  function UpSampling:call(x)
    local shape = self:compute_output_shape(self:sample_shape(x))
    local first = window.layout(self)
    if self.interpolation ~= "bilinear" then
      return repeated(x, first, self.size)
    end
    return x:interpolate {
      size = table.move(shape, first, first + rank - 1, 1, {}),
      mode = "linear",
      data_format = self.data_format,
    }
  end

  function UpSampling:compute_output_shape(input_shape)
    local channels = window.channels(self, input_shape)
    return window.resized(self, input_shape, channels, function(n, axis)
      return n * self.size[axis]
    end)
  end

  return UpSampling
end
