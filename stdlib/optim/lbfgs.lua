-- optim.lbfgs: the quasi-Newton method with limited memory.
--
-- All parameters count as one flat vector. Its memory is a list of pairs
-- {s=, y=, rho=}, how far a step went, how the gradient changed, 1 / (s y),
-- and in `last` the step and the gradient before it that wait for the next
-- gradient.

local line_search = require("optim.line_search")
local native = require("native")
local Optimizer = require("optim.optimizer")
local options = require("options")
local schedules = require("optim.schedules")
local tensor = require("tensor")

-- Flat vectors ---------------------------------------------------------------

local function flat(list)
  local pieces = {}
  for i, x in ipairs(list) do pieces[i] = x:reshape(-1) end
  return #pieces == 1 and pieces[1] or tensor.concat(pieces, 1)
end

-- A flat vector in pieces of the parameters' shapes.
local function unflat(params, vector)
  local pieces, first = {}, 1
  for i, p in ipairs(params) do
    local n = p:numel()
    pieces[i] = vector:narrow(1, first, n):reshape(p.shape)
    first = first + n
  end
  return pieces
end

local function position(params)
  local list = {}
  for i, p in ipairs(params) do list[i] = p:detach() end
  return flat(list):clone()
end

local function move_to(params, vector)
  for i, piece in ipairs(unflat(params, vector)) do
    params[i]:detach():copy_(piece)
  end
end

local function gradient(params)
  local list = {}
  for i, p in ipairs(params) do
    list[i] = p.grad or tensor.zeros_like(p:detach())
  end
  return flat(list):clone()
end

local function largest(vector)
  return vector:numel() == 0 and 0 or vector:abs():max():item()
end

-- Memory ---------------------------------------------------------------------

-- Pairs of no or negative curvature would spoil the direction.
local function remember(self, s, y)
  local curvature = s:dot(y):item()
  if not (curvature > 1e-10) then return end
  local pairs_of = self.memory
  pairs_of[#pairs_of + 1] = {s = s, y = y, rho = 1 / curvature}
  if #pairs_of > self.history_size then table.remove(pairs_of, 1) end
end

-- The direction of the next step: the two loops of Nocedal (1980).
local function direction(self, g)
  local d, alphas, memory = -g, {}, self.memory
  for i = #memory, 1, -1 do
    local pair = memory[i]
    alphas[i] = pair.rho * pair.s:dot(d):item()
    d = d - pair.y * alphas[i]
  end
  local newest = memory[#memory]
  if newest then
    d = d / (newest.rho * newest.y:dot(newest.y):item())
  end
  for i, pair in ipairs(memory) do
    local beta = pair.rho * pair.y:dot(d):item()
    d = d + pair.s * (alphas[i] - beta)
  end
  return d
end

-- Stepping -------------------------------------------------------------------

-- The loss and the gradient where the parameters stand. A layer may make its
-- weights in the first call of the function.
local function evaluate(self, closure)
  local loss = closure()
  self:require_bound()
  if tensor.is(loss) and loss:numel() == 1 then loss = loss:item() end
  if type(loss) ~= "number" then
    native.fail("LBFGS: the function must return the loss, one number, got %s",
                tensor.is(loss) and "a tensor " .. tostring(loss.shape)
                  or options.show(loss))
  end
  return loss, gradient(self.params)
end

-- The point reached from `start` along d. Without a search it is not
-- evaluated, and so has no loss.
local function advance(self, closure, start, d, t, left)
  local from = position(self.params)
  local function go(distance)
    move_to(self.params, distance == 0 and from or from + d * distance)
  end
  if self.line_search == "none" then
    go(t)
    return {t = t}, 0
  end
  local size = largest(d)
  local o = {left = math.min(left, 25), least = self.tolerance_change / size}
  local tried = o.left
  local found = line_search.strong_wolfe(function(distance)
    go(distance)
    local loss, g = evaluate(self, closure)
    return {t = distance, loss = loss, g = g, slope = g:dot(d):item()}
  end, start, t, o)
  go(found.t)
  return found, tried - o.left
end

-- One iteration from a point {loss, g}: the next one, nil at the end.
local function iterate(self, closure, point, left)
  local last = self.last
  if last then
    remember(self, last.move, point.g - last.gradient)
  end
  local d = direction(self, point.g)
  local slope = point.g:dot(d):item()
  if not (slope < -self.tolerance_change) then return nil, 0 end
  local t = self.lr
  if not last then
    t = math.min(1, 1 / point.g:abs():sum():item()) * t
  end
  local start = {t = 0, loss = point.loss, slope = slope, g = point.g}
  local found, count = advance(self, closure, start, d, t, left)
  self.steps = self.steps + 1
  if found.t == 0 then return nil, count end
  self.last = {gradient = point.g, move = d * found.t}
  return found, count
end

-- Whether there is nothing more to gain.
local function settled(self, before, now)
  return largest(now.g) <= self.tolerance_grad
    or largest(self.last.move) <= self.tolerance_change
    or math.abs(now.loss - before.loss) < self.tolerance_change
end

local function step(self, closure)
  if not self.waits_for then self:require_bound() end
  if type(closure) ~= "function" then
    native.fail("LBFGS: step takes a function that clears the gradients, "
                .. "computes the loss, calls backward and returns the loss, "
                .. "got %s", options.show(closure))
  end
  local loss, g = evaluate(self, closure)
  local point, evaluations = {loss = loss, g = g}, 1
  local most = self.max_eval or self.max_iter * 5 // 4
  if largest(g) <= self.tolerance_grad then return loss end
  for iteration = 1, self.max_iter do
    local found, count = iterate(self, closure, point, most - evaluations)
    evaluations = evaluations + count
    if not found or iteration == self.max_iter then break end
    if not found.g then
      found.loss, found.g = evaluate(self, closure)
      evaluations = evaluations + 1
    end
    if settled(self, point, found) or evaluations >= most then break end
    point = found
  end
  return loss
end

-- State ----------------------------------------------------------------------

local function bind(self, params)
  Optimizer.bind(self, params)
  for i, p in ipairs(params) do
    if p.dtype ~= params[1].dtype then
      native.fail("LBFGS: all parameters must be of one dtype, but the first "
                  .. "is %s and parameter %d %s", params[1].dtype, i, p.dtype)
    end
  end
  self.memory, self.last = {}, nil
end

-- Puts a flat vector into the buffers of that name.
local function store(self, name, vector)
  for i, piece in ipairs(unflat(self.params, vector)) do
    self.state[i][name] = piece
  end
end

-- The flat vector of the buffers of that name; nil where one is missing.
local function fetch(self, name)
  local list = {}
  for i, buffers in ipairs(self.state) do
    if not buffers[name] then return nil end
    list[i] = buffers[name]
  end
  return flat(list)
end

local function clear(self)
  for i in ipairs(self.params) do self.state[i] = {} end
end

local function state_dict(self)
  self:require_bound()
  for i, pair in ipairs(self.memory) do
    store(self, "s" .. i, pair.s)
    store(self, "y" .. i, pair.y)
  end
  if self.last then
    store(self, "move", self.last.move)
    store(self, "gradient", self.last.gradient)
  end
  local dict = Optimizer.state_dict(self)
  clear(self)
  return dict
end

local function load_state_dict(self, dict)
  Optimizer.load_state_dict(self, dict)
  self.memory, self.last = {}, nil
  local count = 1
  while fetch(self, "s" .. count) and fetch(self, "y" .. count) do
    remember(self, fetch(self, "s" .. count), fetch(self, "y" .. count))
    count = count + 1
  end
  local move, before = fetch(self, "move"), fetch(self, "gradient")
  if move and before then self.last = {move = move, gradient = before} end
  clear(self)
end

--- optim.LBFGS{lr=1, max_iter=20, history_size=100, ...}
-- The quasi-Newton method L-BFGS: opt:step(f) makes up to max_iter
-- iterations, for which it calls f, a function that clears the gradients,
-- computes the loss over all data, calls backward and returns the loss. It
-- returns the first loss. Further options:
-- * line_search="strong_wolfe": how far to go; "none" goes lr times the
--   direction.
-- * max_eval: calls of f in a step, 1.25 max_iter unless said.
-- * tolerance_grad=1e-7, tolerance_change=1e-9: the step ends when no element
--   of the gradient is larger, or neither loss nor parameters change more.
-- In fit each batch is a step; give the whole set as one batch.
-- (Nocedal, 1980; Nocedal and Wright, 2006.)
--   > w = tensor({3, -1}):requires_grad_()
--   > opt = optim.LBFGS({w})
--   > loss = function() return (w - 1):square():sum() end
--   > f = function() opt:zero_grad() y = loss() y:backward() return y end
--   > opt:step(f)
--   8.0
--   > (w:detach() - 1):abs():max():item() < 1e-4
--   true
return Optimizer.define {
  class_name = "LBFGS",
  plain = true,
  takes_closure = true,
  options = {
    {"lr", schedules.check, 1.0},
    {"max_iter", options.positive_integer, 20},
    {"max_eval", options.positive_integer},
    {"tolerance_grad", options.non_negative_number, 1e-7},
    {"tolerance_change", options.non_negative_number, 1e-9},
    {"history_size", options.positive_integer, 100},
    {"line_search", options.one_of {"strong_wolfe", "none"}, "strong_wolfe"},
  },
  buffers = function() return {} end,
  knows_buffer = function(_, name)
    return name == "move" or name == "gradient"
      or name:find("^[sy]%d+$") ~= nil
  end,
  bind = bind,
  step = step,
  state_dict = state_dict,
  load_state_dict = load_state_dict,
}
