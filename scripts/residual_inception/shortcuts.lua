-- The same stack of convolutions with and without shortcuts, shallow and
-- deep, with and without batch normalization.
--
-- Without normalization the gradient has all but vanished by the time it is
-- back at the first layer, and a deep stack learns nothing. Normalization
-- brings the gradient back, and still the deep stack learns less than the
-- shallow one, although it could do the same: its blocks would only have to
-- pass on what they get, which is hard to learn for a convolution. With a
-- shortcut that is what a block does if its weights are 0, and the gradient
-- has a way past all of them (He and others, 2016).

-- `blocks` times two convolutions; nothing else differs between the stacks.
local function stack(blocks, shortcuts, normalized)
  local input = nn.Input{28, 28, 1}
  local x = nn.Conv2D{8, 3, strides=4, padding="same", activation="relu",
                      name="first"}(input)
  for _ = 1, blocks do
    local y = x
    for i = 1, 2 do
      y = nn.Conv2D{8, 3, padding="same"}(y)
      if normalized then y = nn.BatchNormalization{momentum=0.9}(y) end
      if i == 1 then y = nn.Activation{"relu"}(y) end
    end
    x = nn.Activation{"relu"}(shortcuts and nn.Add()(x, y) or y)
  end
  x = nn.GlobalAveragePooling2D()(x)
  return nn.Model{inputs=input,
                  outputs=nn.Dense{10, activation="softmax"}(x)}
end

-- How long the gradient of the first layer is in the first batch.
local function first_gradient()
  return {on_batch_end=function(self)
    local kernel = self.model:get_layer("first").kernel
    self.norm = self.norm or kernel.grad:norm():item()
  end}
end

return function(x, y, o, say)
  -- The loss in each epoch; all stacks start from the same seed.
  local function train(normalized, blocks, shortcuts)
    tensor.manual_seed(o.seed)
    local net, gradient = stack(blocks, shortcuts, normalized), first_gradient()
    net:compile{optimizer=optim.Adam{lr=2e-3},
                loss="sparse_categorical_crossentropy"}
    local loss = net:fit(x, y, {
      epochs=o["stack-epochs"], verbose=0, callbacks={gradient},
    }).loss
    say("%-10s  %6d  %-9s  %14.2g  %13.4f", normalized and "yes" or "no",
        blocks, shortcuts and "yes" or "no", gradient.norm, loss[#loss])
    return loss
  end

  say("\n%d pictures, %d epochs; guessing has a loss of log(10) = %.4f", #y,
      o["stack-epochs"], math.log(10))
  print("normalized  blocks  shortcuts  first gradient  training loss")
  local figures, last = {}, {}
  for i, normalized in ipairs{false, true} do
    local curves, labels = {}, {}
    for _, shortcuts in ipairs{false, true} do
      for _, blocks in ipairs{2, o.depth} do
        local loss = train(normalized, blocks, shortcuts)
        curves[#curves + 1], last[#last + 1] = loss, loss[#loss]
        labels[#labels + 1] = blocks .. " blocks"
          .. (shortcuts and ", shortcuts" or "")
      end
    end
    figures[i] = plot.line(curves, {
      title=normalized and "with batch normalization" or "without", ylim={0, 3},
      labels=labels, legend="lower left", xlabel="epoch",
      ylabel="training loss",
    })
  end

  say("the deep stack, normalized, learns more than the shallow one: "
        .. "without shortcuts %s, with them %s", tostring(last[6] < last[5]),
      tostring(last[8] < last[7]))

  plot.grid(figures, {size={1000, 440}}):save(o.out .. "/depth.png")
  print("wrote " .. o.out .. "/depth.png")
end
