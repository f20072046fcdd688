-- The letters of the captchas: digits, capitals, small letters, five pixels
-- wide and seven high, and "_" for no character. A row is a number whose five
-- bits are its pixels, the leftmost first.

local ROWS = {
  ["0"] = "0e 11 13 15 19 11 0e", ["1"] = "04 0c 04 04 04 04 0e",
  ["2"] = "0e 11 01 06 08 10 1f", ["3"] = "1f 01 02 06 01 11 0e",
  ["4"] = "02 06 0a 12 1f 02 02", ["5"] = "1f 10 1e 01 01 11 0e",
  ["6"] = "06 08 10 1e 11 11 0e", ["7"] = "1f 01 02 04 08 08 08",
  ["8"] = "0e 11 11 0e 11 11 0e", ["9"] = "0e 11 11 0f 01 02 0c",
  A = "0e 11 11 1f 11 11 11", B = "1e 11 11 1e 11 11 1e",
  C = "0e 11 10 10 10 11 0e", D = "1e 11 11 11 11 11 1e",
  E = "1f 10 10 1e 10 10 1f", F = "1f 10 10 1e 10 10 10",
  G = "0e 11 10 17 11 11 0e", H = "11 11 11 1f 11 11 11",
  I = "0e 04 04 04 04 04 0e", J = "07 02 02 02 02 12 0c",
  K = "11 12 14 18 14 12 11", L = "10 10 10 10 10 10 1f",
  M = "11 1b 15 15 11 11 11", N = "11 19 15 15 13 11 11",
  O = "0e 11 11 11 11 11 0e", P = "1e 11 11 1e 10 10 10",
  Q = "0e 11 11 11 15 12 0d", R = "1e 11 11 1e 14 12 11",
  S = "0f 10 10 0e 01 01 1e", T = "1f 04 04 04 04 04 04",
  U = "11 11 11 11 11 11 0e", V = "11 11 11 11 0a 0a 04",
  W = "11 11 11 15 15 1b 11", X = "11 0a 0a 04 0a 0a 11",
  Y = "11 11 0a 04 04 04 04", Z = "1f 01 02 04 08 10 1f",
  a = "00 00 0e 01 0f 11 0f", b = "10 10 1e 11 11 11 1e",
  c = "00 00 0f 10 10 10 0f", d = "01 01 0f 11 11 11 0f",
  e = "00 00 0e 11 1f 10 0e", f = "06 08 1e 08 08 08 08",
  g = "00 0f 11 11 0f 01 0e", h = "10 10 16 19 11 11 11",
  i = "04 00 0c 04 04 04 0e", j = "02 00 06 02 02 12 0c",
  k = "08 08 09 0a 0c 0a 09", l = "0c 04 04 04 04 04 06",
  m = "00 00 1a 15 15 15 15", n = "00 00 16 19 11 11 11",
  o = "00 00 0e 11 11 11 0e", p = "00 00 1e 11 1e 10 10",
  q = "00 00 0f 11 0f 01 01", r = "00 00 16 19 10 10 10",
  s = "00 00 0f 10 0e 01 1e", t = "08 1e 08 08 08 09 06",
  u = "00 00 11 11 11 13 0d", v = "00 00 11 11 11 0a 04",
  w = "00 00 11 15 15 15 0a", x = "00 00 11 0a 04 0a 11",
  y = "00 11 11 0f 01 01 0e", z = "00 00 1f 02 04 08 1f",
  ["_"] = "00 00 00 00 00 00 00",
}

local names = {}
for name in pairs(ROWS) do
  if name ~= "_" then names[#names + 1] = name end
end
table.sort(names)
names[#names + 1] = "_"

local pixels = {}
for k, name in ipairs(names) do
  pixels[k] = {}
  for row in ROWS[name]:gmatch("%x+") do
    local bits, line = tonumber(row, 16), {}
    for column = 1, 5 do line[column] = bits >> (5 - column) & 1 end
    table.insert(pixels[k], line)
  end
end

-- names: a list of the 63 characters; pixels: (63, 7, 5), 0 or 1.
return {names = names, pixels = tensor(pixels)}
