-- fft: tensor.fft, values and what is refused; the transforms themselves are
-- compared with the sum in tests/tensor/test_fft.c and with PyTorch's.

local check = require("check")
local test = check.test
local refuses = check.refuses
local fft = tensor.fft

-- The sum that fft stands for, of a list of numbers.
local function naive(list)
  local n, rows = #list, {}
  for k = 1, n do
    local re, im = 0, 0
    for j = 1, n do
      local angle = -2 * math.pi * ((j - 1) * (k - 1) % n) / n
      re = re + list[j] * math.cos(angle)
      im = im + list[j] * math.sin(angle)
    end
    rows[k] = {re, im}
  end
  return rows
end

-- Numbers without a pattern, always the same.
local function image(h, w)
  return (tensor.arange(h * w):double() * 7 % 23):reshape(h, w)
end

-- Values ---------------------------------------------------------------------

test("fft is the sum it stands for", function()
  for n = 1, 20 do
    local list = {}
    for k = 1, n do list[k] = k * k % 7 - 2.5 end
    check.near(fft.fft(tensor(list, "float64")), naive(list), 1e-12)
    local half = {table.unpack(naive(list), 1, n // 2 + 1)}
    check.near(fft.rfft(tensor(list, "float64")), half, 1e-12)
  end
end)

test("the inverse transforms undo", function()
  for _, norm in ipairs({"backward", "ortho", "forward"}) do
    for _, n in ipairs({1, 2, 3, 8, 53, 106}) do
      local x = tensor.randn({3, n}, "float64")
      local o = {norm=norm, complex=false}
      local z = fft.ifft(fft.fft(x, o), {norm=norm})
      check.near(fft.real(z), x, 1e-12)
      check.near(fft.imag(z), x * 0, 1e-12)
      local half = fft.rfft(x, {norm=norm})
      check.near(fft.irfft(half, {n=n, norm=norm}), x, 1e-12)
    end
  end
end)

test("complex input is what complex=true says", function()
  local x = tensor.randn({4, 6}, "float64")
  local z = fft.complex(x)
  check.near(fft.fft(z, {complex=true}), fft.fft(x), 1e-12)
  check.near(fft.fft2(z, {complex=true}), fft.fft2(x), 1e-12)
  check.near(fft.fftn(z, {dim={1}, complex=true}), fft.fft(x, {dim=1}), 1e-12)
end)

test("dims are those of the signal", function()
  local x = tensor.randn({3, 4, 5}, "float64")
  local z = fft.fft(x, {dim=2})
  check.same_shape(z, {3, 4, 5, 2})
  check.near(fft.real(fft.ifft(z, {dim=2})), x, 1e-12)
  check.near(fft.real(fft.ifft(z, {dim=-2})), x, 1e-12)
  check.same_shape(fft.rfft(x, {dim=-3}), {2, 4, 5, 2})
  check.same_shape(fft.fft2(x, {dim={1, 2}}), {3, 4, 5, 2})
end)

test("n cuts or pads at the end", function()
  local x = tensor({1, 2, 3}, "float64")
  check.near(fft.fft(x, 2), naive({1, 2}), 1e-12)
  check.near(fft.fft(x, {n=5}), naive({1, 2, 3, 0, 0}), 1e-12)
  check.same_shape(fft.fft2(tensor.ones(3, 4), {n={5, 2}}), {5, 2, 2})
  check.same_shape(fft.irfft(tensor.ones(4, 2), 9), {9})
  check.same_shape(fft.fftn(tensor.ones(3, 4, 5), {n={6, 7}}), {3, 6, 7, 2})
end)

test("fft2 of an image", function()
  local x = image(6, 10)
  local z = fft.fft2(x)
  check.near(fft.real(z)[1][1], x:sum():item(), 1e-9)
  check.near(z, fft.fft(fft.fft(x), {dim=1, complex=true}), 1e-11)
  check.near(fft.rfft2(x), z:narrow(2, 1, 6), 1e-11)
  check.near(fft.irfft2(fft.rfft2(x)), x, 1e-11)
  check.near(fft.real(fft.ifft2(z)), x, 1e-11)
end)

test("a mask of frequencies filters", function()
  local n = 32
  local t = tensor.arange(n):double() * (2 * math.pi / n)
  local slow, fast = (t * 2):sin(), (t * 9):cos() * 0.3
  local mask = fft.fftfreq(n):abs():lt(5 / n):double()
  local z = fft.fft(slow + fast) * mask:unsqueeze(-1)
  check.near(fft.real(fft.ifft(z)), slow, 1e-6)
end)

-- Against the circular convolution of whole numbers, 0..255, with 5 by 5
-- weights, in double precision.
test("a product of spectra is a convolution, as precise as float32", function()
  local h, w = 120, 160
  local rows = tensor.arange(h):float():unsqueeze(-1)
  local columns = tensor.arange(w):float()
  local photo = ((rows / 17):sin() * (columns / 11):cos() * 90 + 128
                 + tensor.rand(h, w) * 30):floor()
  local kernel, due = tensor.rand(5, 5), tensor.zeros({h, w}, "float64")
  for i = 1, 5 do
    for j = 1, 5 do
      local r = (tensor.arange(h) - i) % h + 1
      local c = (tensor.arange(w) - j) % w + 1
      local moved = photo:index_select(1, r):index_select(2, c)
      due = due + moved:double() * kernel:double()[i][j]
    end
  end
  local got = fft.real(fft.ifft2(fft.mul(
    fft.fft2(photo), fft.fft2(kernel, {n={h, w}}))))
  check.equal(got.dtype, "float32")
  local worst = (got:double() - due):abs():max() / due:abs():max()
  check.truthy(worst:item() < 1e-6, worst:item())
end)

test("energy is kept", function()
  local x = tensor.randn({1000}, "float64")
  local z = fft.fft(x, {norm="ortho"})
  check.near((z * z):sum():item(), (x * x):sum():item(), 1e-9)
end)

-- Dtypes and layouts ---------------------------------------------------------

test("integers become the default float", function()
  local x = tensor({1, 2, 3}, "int64")
  check.equal(fft.fft(x).dtype, "float32")
  check.equal(fft.rfft(tensor({true, false})).dtype, "float32")
  check.equal(fft.fft(x:double()).dtype, "float64")
  check.equal(fft.ifft(tensor({{1, 2}}, "int32")).dtype, "float32")
  check.equal(fft.fftshift(x).dtype, "int64")
end)

test("any layout", function()
  local x = tensor.randn({6, 8}, "float64")
  for _, v in ipairs({x.T, x["::-1"], x[{{}, {1, -1, 2}}], x:expand(2, 6, 8),
                      x[1]}) do
    local plain = v:contiguous()
    check.near(fft.fft(v), fft.fft(plain), 1e-12)
    check.near(fft.rfft(v, {dim=1}), fft.rfft(plain, {dim=1}), 1e-12)
  end
  local z = tensor.randn({2, 3, 4}, "float64"):permute(2, 3, 1)
  check.near(fft.ifft(z), fft.ifft(z:contiguous()), 1e-12)
  check.near(fft.abs(z), fft.abs(z:contiguous()), 1e-12)
end)

test("nothing to do, and nothing to do it with", function()
  check.same_shape(fft.fft(tensor.zeros(0, 4)), {0, 4, 2})
  check.same_shape(fft.irfft(tensor.zeros(0, 4, 2)), {0, 6})
  check.same_shape(fft.fft2(tensor.zeros(0, 4, 5)), {0, 4, 5, 2})
  check.same_shape(fft.fft(tensor.zeros(3, 0), 4), {3, 4, 2})
  check.same_shape(fft.fftshift(tensor.zeros(0, 3)), {0, 3})
  check.same_shape(fft.abs(tensor.zeros(0, 2)), {0})
  check.equal(fft.fftshift(tensor(3)):item(), 3.0)
  refuses("there is nothing to transform along dim 2, of size 0", function()
    fft.fft(tensor.zeros(3, 0))
  end)
  refuses("fft.irfft: there is nothing", function()
    fft.irfft(tensor.zeros(0, 2))
  end)
end)

test("NaN and infinity", function()
  local z = fft.fft(tensor({1, 0 / 0, 3}))
  check.truthy(fft.real(z):isnan():all():item())
  check.truthy(not fft.fft(tensor({1, 1 / 0, 3, 4})):isfinite():all():item())
  check.equal(fft.abs(tensor({{1 / 0, 0 / 0}}))[1], 1 / 0)
end)

-- Complex tensors ------------------------------------------------------------

test("parts and products", function()
  local z = fft.complex(tensor({1, 2}), tensor({3, -4}))
  check.near(z, {{1, 3}, {2, -4}})
  check.near(fft.real(z), {1, 2})
  check.near(fft.imag(z), {3, -4})
  check.near(fft.conj(z), {{1, -3}, {2, 4}})
  check.near(fft.mul(z, fft.conj(z)), {{10, 0}, {20, 0}})
  check.near(fft.abs(z), {math.sqrt(10), math.sqrt(20)})
  check.near(fft.angle(z), {math.atan(3, 1), math.atan(-4, 2)})
  check.near(fft.polar(fft.abs(z), fft.angle(z)), z)
  check.near(fft.complex(tensor({1, 2}, "float64"), 5), {{1, 5}, {2, 5}})
  check.same_shape(fft.complex(2), {2})
  check.same_shape(fft.complex(tensor.ones(3, 1), tensor.ones(4)), {3, 4, 2})
  check.equal(fft.complex(1, 2).dtype, "float32")
  check.equal(fft.complex(tensor({1}, "int32")).dtype, "float32")
  check.equal(fft.polar(tensor({1}), 2.5).dtype, "float32")
end)

test("abs does not overflow", function()
  check.near(fft.abs(tensor({{3e30, 4e30}})) / 1e30, {5})
  check.near(fft.abs(tensor({{3e-30, 4e-30}})) * 1e30, {5})
end)

test("abs and angle have a gradient of 0 at 0", function()
  for _, f in ipairs({fft.abs, fft.angle}) do
    local z = tensor({{0, 0}, {3, 4}}, "float64"):requires_grad_()
    local g = autograd.grad(f(z):sum(), z)
    check.near(g[1], {0, 0})
    check.truthy(g:isfinite():all():item())
  end
end)

-- Frequencies ----------------------------------------------------------------

test("shifts", function()
  local x = tensor.arange(5)
  check.near(fft.fftshift(x), {4, 5, 1, 2, 3})
  check.near(fft.ifftshift(x), {3, 4, 5, 1, 2})
  check.near(fft.fftshift(tensor.arange(6)), {4, 5, 6, 1, 2, 3})
  local y = tensor.arange(20):reshape(4, 5)
  check.equal(fft.ifftshift(fft.fftshift(y)) == y, true)
  check.near(fft.fftshift(y, 1), y:index_select(1, tensor({3, 4, 1, 2}, "int64")))
  check.near(fft.fftshift(y, {-1})[1], {4, 5, 1, 2, 3})
  local z = fft.fft2(y)
  check.near(fft.abs(fft.fftshift(z, {complex=true})),
             fft.fftshift(fft.abs(z)))
end)

test("frequencies", function()
  check.near(fft.fftfreq(5), {0, 0.2, 0.4, -0.4, -0.2})
  check.near(fft.fftfreq(4, 0.5), {0, 0.5, -1, -0.5})
  check.near(fft.rfftfreq(5), {0, 0.2, 0.4})
  check.near(fft.rfftfreq(1), {0})
  refuses("fft.fftfreq: n must be at least 1, got 0", function()
    fft.fftfreq(0)
  end)
  refuses("d must be a finite number that is not 0", function()
    fft.rfftfreq(4, 0)
  end)
  refuses("not enough memory", function() fft.fftfreq(1 << 50) end)
end)

-- What is refused ------------------------------------------------------------

test("what may be complex or real must be told", function()
  refuses("fft.fft: a tensor of shape %(3, 2%) may be complex, .* say "
    .. "{complex=true} or {complex=false}", function()
    fft.fft(tensor.ones(3, 2))
  end)
  refuses("fft.fftshift: .* say {complex=true}", function()
    fft.fftshift(tensor.ones(4, 4, 2))
  end)
  refuses("fft.fft2: .* may be complex", function()
    fft.fft2(tensor.ones(4, 4, 2))
  end)
  check.same_shape(fft.fft(tensor.ones(3, 2), {complex=false}), {3, 2, 2})
  check.same_shape(fft.fft(tensor.ones(3, 2), {complex=true}), {3, 2})
  check.same_shape(fft.fft(tensor.ones(2)), {2, 2})
  check.same_shape(fft.fft2(tensor.ones(3, 2)), {3, 2, 2})
  check.same_shape(fft.rfft(tensor.ones(3, 2)), {3, 2, 2})
end)

test("what is not complex", function()
  for _, name in ipairs({"ifft", "irfft", "ifft2", "irfft2", "ifftn", "abs",
                         "angle", "real", "imag", "conj"}) do
    refuses("fft%." .. name .. ": takes a complex tensor, whose last dim is 2 "
      .. "%(re, im%), not one of shape %(4, 3%); fft.complex%(x%) makes one",
      function() fft[name](tensor.ones(4, 3)) end)
  end
  refuses("fft.mul: takes a complex tensor", function()
    fft.mul(tensor.ones(3, 2), tensor.ones(3))
  end)
  refuses("fft.mul: .*%(3, 2%) and %(4, 2%)", function()
    fft.mul(tensor.ones(3, 2), tensor.ones(4, 2))
  end)
  refuses("of shape %(%)", function() fft.abs(tensor(1)) end)
  refuses("takes a complex tensor", function()
    fft.fft(tensor.ones(4, 3), {complex=true})
  end)
end)

test("dims and lengths that do not exist", function()
  local x, z = tensor.ones(4, 3), tensor.ones(4, 3, 2)
  refuses("fft.fft: dim 3 does not exist: the signal has 2 dims$", function()
    fft.fft(x, {dim=3})
  end)
  refuses("fft.ifft: dim 3 does not exist: the signal without its "
    .. "%(re, im%) has 2 dims", function() fft.ifft(z, {dim=3}) end)
  refuses("dim 0 does not exist", function() fft.fft(x, {dim=0}) end)
  refuses("dim %-1 does not exist: the signal has 0 dims", function()
    fft.fft(tensor(1))
  end)
  refuses("has 0 dims", function() fft.ifft(tensor.ones(2)) end)
  refuses("fft.fft2: transforms 2 dims, the signal has 1", function()
    fft.fft2(tensor.ones(4))
  end)
  refuses("fft.fft2: dim must name 2 dims, not 1", function()
    fft.fft2(x, {dim={1}})
  end)
  refuses("dim 2 is named twice", function() fft.fft2(x, {dim={2, -1}}) end)
  refuses("fft.fftn: dim must name at least one dim", function()
    fft.fftn(x, {dim={}})
  end)
  refuses("fft.fftn: n has 1 lengths for 2 dims", function()
    fft.fftn(x, {n={4}, dim={1, 2}})
  end)
  refuses("the length n must be at least 1, got 0", function() fft.fft(x, 0) end)
  refuses("must be at least 1, got %-3", function()
    fft.fft2(x, {n={2, -3}})
  end)
  refuses("fft.irfft: a spectrum of 1 element .* say {n=1}", function()
    fft.irfft(tensor.ones(1, 2))
  end)
  refuses("more than 8", function()
    fft.fft(tensor.ones(1, 1, 1, 1, 1, 1, 1, 3))
  end)
  refuses("more than 8", function()
    fft.complex(tensor.ones(1, 1, 1, 1, 1, 1, 1, 3))
  end)
  refuses("one of backward|ortho|forward", function()
    fft.fft(x, {norm="both"})
  end)
  refuses("not enough memory", function() fft.fft(x, 1 << 50) end)
  refuses("fft.irfft: the shape .* more elements than can be", function()
    fft.irfft(z, math.maxinteger)
  end)
end)
