-- nn.layered: places the boxes of a directed graph without cycles in ranks,
-- from top to bottom (Sugiyama and others, 1981): ranks by longest paths,
-- places in a rank by barycentres, x by least squares.
--
-- layered.place(boxes, edges, gaps): boxes are a list of {width, height},
-- edges a list of {from, to} (numbers of boxes), gaps {x, y}. Every box gets x
-- and y, its centre; every edge gets `points`, the centres of what stands in
-- for it in the ranks it passes: {x, y, height}. Returns width, height.

local layered = {}

-- Ranks --------------------------------------------------------------------------

-- The numbers of the boxes in an order in which every edge leads on, or nil
-- where there is a cycle.
function layered.order(count, edges)
  local waiting, after, order = {}, {}, {}
  for i = 1, count do waiting[i], after[i] = 0, {} end
  for _, edge in ipairs(edges) do
    waiting[edge.to] = waiting[edge.to] + 1
    table.insert(after[edge.from], edge.to)
  end
  for i = 1, count do
    if waiting[i] == 0 then order[#order + 1] = i end
  end
  local k = 1
  while order[k] do
    for _, to in ipairs(after[order[k]]) do
      waiting[to] = waiting[to] - 1
      if waiting[to] == 0 then order[#order + 1] = to end
    end
    k = k + 1
  end
  return #order == count and order or nil
end

local function neighbours(count, edges)
  local into, out = {}, {}
  for i = 1, count do into[i], out[i] = {}, {} end
  for _, edge in ipairs(edges) do
    table.insert(into[edge.to], edge.from)
    table.insert(out[edge.from], edge.to)
  end
  return into, out
end

-- The rank of each box: one below the lowest of those before it. A box with
-- nothing before it moves down to what it leads to.
local function ranks_of(count, edges)
  local rank, into, out = {}, neighbours(count, edges)
  for _, i in ipairs(layered.order(count, edges)) do
    rank[i] = 1
    for _, from in ipairs(into[i]) do
      rank[i] = math.max(rank[i], rank[from] + 1)
    end
  end
  for i = 1, count do
    if #into[i] == 0 and #out[i] > 0 then
      local least = math.huge
      for _, to in ipairs(out[i]) do least = math.min(least, rank[to]) end
      rank[i] = least - 1
    end
  end
  return rank
end

-- Items: boxes, and stand-ins where an edge passes a rank ------------------------

local function new_item(items, rank, width, height)
  local item = {
    rank = rank, width = width, height = height, up = {}, down = {},
  }
  items[#items + 1] = item
  return item
end

local function link(a, b)
  table.insert(a.down, b)
  table.insert(b.up, a)
end

local function make_items(boxes, edges)
  local rank, items = ranks_of(#boxes, edges), {}
  for i, box in ipairs(boxes) do
    new_item(items, rank[i], box.width, box.height).box = box
  end
  for _, edge in ipairs(edges) do
    local from, to = items[edge.from], items[edge.to]
    edge.items = {}
    for r = from.rank + 1, to.rank - 1 do
      local between = new_item(items, r, 1, 0)
      link(from, between)
      table.insert(edge.items, between)
      from = between
    end
    link(from, to)
  end
  return items
end

local function rows_of(items)
  local rows = {}
  for _, item in ipairs(items) do
    for r = #rows + 1, item.rank do rows[r] = {} end
    table.insert(rows[item.rank], item)
  end
  return rows
end

-- Order within ranks ---------------------------------------------------------------

local function number_places(row)
  for i, item in ipairs(row) do item.place = i end
end

-- Sorts a row by the mean place of its neighbours on one side.
local function sort_row(row, side)
  for i, item in ipairs(row) do
    local sum = 0
    for _, other in ipairs(item[side]) do sum = sum + other.place end
    item.key = #item[side] > 0 and sum / #item[side] or item.place
    item.before = i
  end
  table.sort(row, function(a, b)
    if a.key ~= b.key then return a.key < b.key end
    return a.before < b.before
  end)
  number_places(row)
end

-- How many pairs of edges cross between a row and the one below it, counted
-- as inversions with a Fenwick tree.
local function crossings(row, below)
  local tree, total, seen = {}, 0, 0
  for i = 1, #below do tree[i] = 0 end
  for _, item in ipairs(row) do
    local places = {}
    for k, other in ipairs(item.down) do places[k] = other.place end
    for _, place in ipairs(places) do
      local upto, i = 0, place
      while i > 0 do upto, i = upto + tree[i], i - (i & -i) end
      total = total + seen - upto
    end
    for _, place in ipairs(places) do
      local i = place
      while i <= #below do tree[i], i = tree[i] + 1, i + (i & -i) end
      seen = seen + 1
    end
  end
  return total
end

local function count_crossings(rows)
  local total = 0
  for r = 1, #rows - 1 do total = total + crossings(rows[r], rows[r + 1]) end
  return total
end

local SWEEPS = 12

local function order_rows(rows)
  for _, row in ipairs(rows) do number_places(row) end
  local best, kept = math.huge, {}
  for sweep = 0, SWEEPS do
    local down = sweep % 2 == 1
    for r = 1, sweep > 0 and #rows or 0 do
      sort_row(rows[down and r or #rows + 1 - r], down and "up" or "down")
    end
    local count = count_crossings(rows)
    if count < best then
      best = count
      for r, row in ipairs(rows) do kept[r] = table.move(row, 1, #row, 1, {}) end
    end
    if best == 0 then break end
  end
  for r, row in ipairs(kept) do
    rows[r] = row
    number_places(row)
  end
end

-- Places -----------------------------------------------------------------------------

-- How far the centres of two neighbours are apart at least.
local function distance(a, b, gap)
  return (a.width + b.width) / 2 + (a.box and b.box and gap or gap / 2)
end

-- Moves the items of a row as near to their wishes as order and distances
-- allow: isotonic regression by pooling adjacent violators.
local function settle_row(row, gap)
  local blocks, offset = {}, 0
  for i, item in ipairs(row) do
    if i > 1 then offset = offset + distance(row[i - 1], item, gap) end
    item.offset = offset
    local block = {
      sum = item.weight * (item.wish - offset), weight = item.weight, item,
    }
    while #blocks > 0
        and blocks[#blocks].sum / blocks[#blocks].weight
          >= block.sum / block.weight do
      local left = table.remove(blocks)
      left.sum, left.weight = left.sum + block.sum, left.weight + block.weight
      table.move(block, 1, #block, #left + 1, left)
      block = left
    end
    blocks[#blocks + 1] = block
  end
  for _, block in ipairs(blocks) do
    for _, item in ipairs(block) do
      item.x = block.sum / block.weight + item.offset
    end
  end
end

-- How much an edge between two items insists on being straight: the more,
-- the more it looks like a part of a long one (as in Gansner and others,
-- 1993).
local function stiffness(a, b)
  if a.box and b.box then return 1 end
  return (a.box or b.box) and 2 or 8
end

-- Where an item would be if it could choose: the mean of its neighbours.
local function set_wish(item)
  local sum, weight = 0, 0
  for _, side in ipairs {"up", "down"} do
    for _, other in ipairs(item[side]) do
      local k = stiffness(item, other)
      sum, weight = sum + k * other.x, weight + k
    end
  end
  item.wish = weight > 0 and sum / weight or item.x
  item.weight = math.max(weight, 0.1)
end

local ROUNDS = 30

-- Minimises the sum of stiffness * (difference of x)^2 over all edges, a row
-- at a time.
local function place_x(rows, gap)
  for _, row in ipairs(rows) do
    for _, item in ipairs(row) do item.wish, item.weight = 0, 1 end
    settle_row(row, gap)
  end
  for round = 1, ROUNDS do
    for r = 1, #rows do
      local row = rows[round % 2 == 1 and r or #rows + 1 - r]
      for _, item in ipairs(row) do set_wish(item) end
      settle_row(row, gap)
    end
  end
end

local function place_y(rows, gap)
  local y = 0
  for _, row in ipairs(rows) do
    local height = 0
    for _, item in ipairs(row) do height = math.max(height, item.height) end
    for _, item in ipairs(row) do
      item.y = y + height / 2
      if not item.box then item.height = height end
    end
    y = y + height + gap
  end
  return y - gap
end

function layered.place(boxes, edges, gaps)
  local items = make_items(boxes, edges)
  local rows = rows_of(items)
  order_rows(rows)
  place_x(rows, gaps.x)
  local height, left, right = place_y(rows, gaps.y), math.huge, -math.huge
  for _, item in ipairs(items) do
    left = math.min(left, item.x - item.width / 2)
    right = math.max(right, item.x + item.width / 2)
  end
  for _, item in ipairs(items) do
    item.x = item.x - left
    if item.box then item.box.x, item.box.y = item.x, item.y end
  end
  for _, edge in ipairs(edges) do
    edge.points = {}
    for i, item in ipairs(edge.items) do
      edge.points[i] = {x = item.x, y = item.y, height = item.height}
    end
    edge.items = nil
  end
  return right - left, height
end

return layered
