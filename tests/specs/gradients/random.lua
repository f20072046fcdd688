-- Gradients of random numbers in place: nothing flows to what was there.

local inputs = require("gradients.inputs")

-- The same numbers at every call.
local function case(name, ...)
  local arguments = table.pack(...)
  return {{f=function(x)
    tensor.manual_seed(1)
    local drawn = x * 2
    drawn[name](drawn, table.unpack(arguments, 1, arguments.n))
    return drawn * x
  end, {inputs.signed({2, 3})}}}
end

return {special={
  uniform_=case("uniform_", -1, 2), normal_=case("normal_", 1, 2),
  bernoulli_=case("bernoulli_", 0.5), exponential_=case("exponential_", 3),
}}
