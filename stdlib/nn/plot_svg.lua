-- nn.plot_svg: the picture of a model as SVG.

local layered = require("nn.layered")

local MARGIN, PADDING = 16, 12
local LINE, FONT = 17, 13
local GAPS = {x = 24, y = 38}
local MOST = 56 -- characters in a line

-- The width of text in pixels, about: letters of the far East are wide.
local function text_width(text, bold)
  local width = 0
  for _, code in utf8.codes(text, true) do
    local wide = code >= 0x1100 and code ~= 0x2192 and code < 0x1F000
      and (code < 0x2000 or code > 0x2E7F) or code >= 0x1F000
    width = width + (wide and 1 or 0.56)
  end
  return width * FONT * (bold and 1.16 or 1)
end

-- Text that SVG takes: valid UTF-8, no control characters, at most MOST
-- characters.
local function clean(text)
  if not utf8.len(text) then text = text:gsub("[\128-\255]", "?") end
  text = text:gsub("%c", " ")
  if utf8.len(text) > MOST then
    text = text:sub(1, utf8.offset(text, MOST) - 1) .. "…"
  end
  return text
end

local function escape(text)
  return (text:gsub('[&<>"]', {
    ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;",
  }))
end

local function number(x)
  return (("%.1f"):format(x):gsub("%.0$", ""))
end

local function measure(box)
  local width = 90
  for i, line in ipairs(box.lines) do
    box.lines[i] = clean(line)
    width = math.max(width, text_width(box.lines[i], i == 1))
  end
  box.width = math.ceil(width) + 2 * PADDING
  box.height = #box.lines * LINE + PADDING
end

-- Where an edge meets a box: edges of one side are spread over its middle, in
-- the order of where they come from.
local function spread(boxes, edges, side, far)
  local of = {}
  for _, edge in ipairs(edges) do
    local list = of[edge[side]] or {}
    of[edge[side]] = list
    list[#list + 1] = edge
  end
  for i, list in pairs(of) do
    local box = boxes[i]
    for k, edge in ipairs(list) do
      local point = side == "from" and edge.points[1] or
        edge.points[#edge.points]
      edge.key, edge.rank = (point or boxes[edge[far]]).x, k
    end
    table.sort(list, function(a, b)
      if a.key ~= b.key then return a.key < b.key end
      return a.rank < b.rank
    end)
    local step = math.min(16, box.width * 0.7 / #list)
    for k, edge in ipairs(list) do
      edge[side .. "_x"] = box.x + (k - (#list + 1) / 2) * step
    end
  end
end

-- A curve that leaves and arrives vertically.
local function curve(x1, y1, x2, y2)
  if math.abs(x1 - x2) < 0.5 then
    return ("L%s %s"):format(number(x2), number(y2))
  end
  local middle = (y1 + y2) / 2
  return ("C%s %s %s %s %s %s"):format(number(x1), number(middle), number(x2),
    number(middle), number(x2), number(y2))
end

local ARROW = 7

local function edge_path(boxes, edge)
  local from, to = boxes[edge.from], boxes[edge.to]
  local x, y = edge.from_x, from.y + from.height / 2
  local parts = {("M%s %s"):format(number(x), number(y))}
  for _, point in ipairs(edge.points) do
    local top = point.y - point.height / 2
    parts[#parts + 1] = curve(x, y, point.x, top)
    x, y = point.x, top + point.height
    parts[#parts + 1] = ("L%s %s"):format(number(x), number(y))
  end
  parts[#parts + 1] = curve(x, y, edge.to_x, to.y - to.height / 2 - ARROW)
  return ('<path class="edge" d="%s" marker-end="url(#arrow)"/>'):format(
    table.concat(parts, " "))
end

local function box_text(box, fill)
  local left, top = box.x - box.width / 2, box.y - box.height / 2
  local parts = {
    ('<rect x="%s" y="%s" width="%s" height="%s" rx="5" fill="%s"/>'):format(
      number(left), number(top), number(box.width), number(box.height), fill),
  }
  for i, line in ipairs(box.lines) do
    local class = i == 1 and "name" or i == 2 and "class" or "shape"
    parts[#parts + 1] = ('<text class="%s" x="%s" y="%s">%s</text>'):format(
      class, number(box.x), number(top + PADDING / 2 + (i - 0.28) * LINE),
      escape(line))
  end
  return table.concat(parts, "\n")
end

local STYLE = [[
<style>
rect {stroke: #4a5568;}
text {font: %dpx "DejaVu Sans", Verdana, sans-serif; text-anchor: middle;}
.name {font-weight: bold; fill: #1a202c;}
.class {fill: #2b6cb0;}
.shape {fill: #4a5568;}
.edge {fill: none; stroke: #4a5568; stroke-width: 1.3;}
</style>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="1" refY="4" markerWidth="%d"
 markerHeight="%d" markerUnits="userSpaceOnUse" orient="auto"
><path d="M0 0L8 4L0 8z" fill="#4a5568"/></marker></defs>]]

-- The text of the file. `fill` has the colour of each kind of box.
return function(picture, fill)
  local boxes, edges = picture.boxes, picture.edges
  for _, box in ipairs(boxes) do measure(box) end
  local width, height = layered.place(boxes, edges, GAPS)
  width, height = math.ceil(width + 2 * MARGIN), math.ceil(height + 2 * MARGIN)
  spread(boxes, edges, "from", "to")
  spread(boxes, edges, "to", "from")
  local lines = {
    ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
      .. 'viewBox="%d %d %d %d">'):format(width, height, -MARGIN, -MARGIN,
      width, height),
    STYLE:format(FONT, ARROW + 1, ARROW + 1),
    ('<rect x="%d" y="%d" width="%d" height="%d" fill="#ffffff" '
      .. 'style="stroke:none"/>'):format(-MARGIN, -MARGIN, width, height),
  }
  for _, edge in ipairs(edges) do
    lines[#lines + 1] = edge_path(boxes, edge)
  end
  for _, box in ipairs(boxes) do
    lines[#lines + 1] = box_text(box, fill[box.kind])
  end
  lines[#lines + 1] = "</svg>\n"
  return table.concat(lines, "\n")
end
