-- nn.defaults: the settings that layers share.

local native = require("native")
local options = require("options")

local defaults = {}

local formats = {"channels_last", "channels_first"}
local current = "channels_last"

-- The check of every data_format option.
defaults.data_format_check = options.one_of(formats)

--- nn.image_data_format([format])
-- Where images keep their channels unless a layer says otherwise:
-- "channels_last" is (batch, height, width, channels), "channels_first" is
-- (batch, channels, height, width); volumes likewise. Sets it when `format`
-- is given; returns the setting. Layers read it when they are made; those
-- over sequences (nn.Conv1D and its kin) keep their channels last unless the
-- layer itself says otherwise.
--   > nn.image_data_format()
--   channels_last
function defaults.image_data_format(format)
  if format ~= nil then
    if not defaults.data_format_check.test(format) then
      native.fail("image_data_format: must be %s, got %s",
        defaults.data_format_check.description, options.show(format))
    end
    current = format
  end
  return current
end

return defaults
