-- nn.colon: methods that tell when they are called with a dot, as in Python.

local native = require("native")

-- Makes those methods of a class refuse a first argument that has no such
-- method. `owner` is what the message calls an object of the class.
return function(class, owner, names)
  for _, name in ipairs(names) do
    local method = class[name]
    class[name] = function(self, ...)
      if type(self) ~= "table" or self[name] == nil then
        native.fail("%s: it is a method: write %s:%s(...), with a colon", name,
          owner, name)
      end
      return method(self, ...)
    end
  end
end
