"""The workloads of bench.lua, done with PyTorch.

peer.py NAME ROUNDS THREADS prints the seconds that one unit of work takes,
the best of at least ROUNDS rounds.
"""
import sys
import time

import torch
from torch import nn
from torch.nn import functional

LEAST_TIME = 0.5  # seconds that the rounds of a workload last together

WORKLOADS = {}


def workload(make):
    """make() gives a function to time, and how many units of work it does."""
    WORKLOADS[make.__name__] = make
    return make


def step(model, optimiser, loss, x, y):
    optimiser.zero_grad(set_to_none=True)
    loss(model(x), y).backward()
    optimiser.step()


@workload
def op_add_small():
    a, b = torch.ones(16), torch.ones(16)

    def run():
        for _ in range(1000):
            a + b

    return run, 1000


@workload
def op_small_autograd():
    x = torch.ones(16, requires_grad=True)

    def run():
        for _ in range(200):
            y = (x * x + x).sum()
            y.backward()
            x.grad = None

    return run, 200


@workload
def ew_add_10m():
    a, b = torch.rand(10_000_000), torch.rand(10_000_000)
    return lambda: a + b, 1


@workload
def ew_exp_10m():
    a = torch.rand(10_000_000)
    return lambda: a.exp(), 1


@workload
def ew_tanh_10m():
    a = torch.randn(10_000_000)
    return lambda: a.tanh(), 1


@workload
def ew_gelu_chain_1m():
    a = torch.randn(1_000_000)

    def run():
        inner = 0.7978845608 * (a + 0.044715 * a * a * a)
        return 0.5 * a * (1 + inner.tanh())

    return run, 1


@workload
def reduce_sum_10m():
    a = torch.rand(10_000_000)
    return lambda: a.sum(), 1


@workload
def reduce_sum_axis0():
    a = torch.rand(4096, 2048)
    return lambda: a.sum(0), 1


@workload
def softmax_4096x1000():
    a = torch.randn(4096, 1000)
    return lambda: a.softmax(1), 1


@workload
def transpose_copy_4096():
    a = torch.rand(4096, 4096)
    return lambda: a.t().contiguous(), 1


@workload
def randn_10m():
    return lambda: torch.randn(10_000_000), 1


@workload
def sort_1m():
    a = torch.rand(1_000_000)
    return lambda: a.sort(), 1


@workload
def matmul_1024():
    a, b = torch.rand(1024, 1024), torch.rand(1024, 1024)
    return lambda: a @ b, 1


@workload
def fft2_1024():
    a = torch.rand(1024, 1024)
    return lambda: torch.fft.fft2(a), 1


@workload
def linreg_epoch():
    count, batch = 1000, 10
    x = torch.randn(count, 2)
    y = x @ torch.tensor([[2.0], [-3.4]]) + 4.2
    model = nn.Linear(2, 1)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.03)

    def run():
        order = torch.randperm(count)
        for first in range(0, count, batch):
            chosen = order[first:first + batch]
            step(model, optimiser, functional.mse_loss, x[chosen], y[chosen])

    return run, 1


@workload
def mlp_epoch():
    count, batch = 60000, 128
    x, y = torch.rand(count, 784), torch.randint(0, 10, (count,))
    model = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10))
    optimiser = torch.optim.RMSprop(model.parameters(), lr=1e-3)

    def run():
        order = torch.randperm(count)
        for first in range(0, count, batch):
            chosen = order[first:first + batch]
            step(model, optimiser, functional.cross_entropy, x[chosen],
                 y[chosen])

    return run, 1


def convnet():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten(),
        nn.Linear(576, 64), nn.ReLU(), nn.Linear(64, 10))


@workload
def cnn_step():
    x, y = torch.rand(64, 1, 28, 28), torch.randint(0, 10, (64,))
    model = convnet()
    optimiser = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    loss = functional.cross_entropy
    return lambda: step(model, optimiser, loss, x, y), 1


@workload
def cnn_forward():
    x, model = torch.rand(64, 1, 28, 28), convnet()

    def run():
        with torch.no_grad():
            return model(x)

    return run, 1


class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.inner = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels), nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels))

    def forward(self, x):
        return functional.relu(x + self.inner(x))


@workload
def resnet_block_step():
    x, y = torch.randn(32, 64, 32, 32), torch.randn(32, 64, 32, 32)
    model = ResidualBlock(64)
    optimiser = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    loss = functional.mse_loss
    return lambda: step(model, optimiser, loss, x, y), 1


@workload
def separable_conv_step():
    x, y = torch.randn(32, 64, 32, 32), torch.randn(32, 128, 32, 32)
    model = nn.Sequential(nn.Conv2d(64, 64, 3, padding=1, groups=64),
                          nn.Conv2d(64, 128, 1))
    optimiser = torch.optim.SGD(model.parameters(), lr=1e-3)
    loss = functional.mse_loss
    return lambda: step(model, optimiser, loss, x, y), 1


class Fire(nn.Module):
    def __init__(self, channels, squeezed, expanded):
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x):
        x = functional.relu(self.squeeze(x))
        return torch.cat([functional.relu(self.expand1x1(x)),
                          functional.relu(self.expand3x3(x))], 1)


@workload
def squeezenet_forward():
    x = torch.randn(1, 3, 224, 224)
    model = nn.Sequential(
        nn.Conv2d(3, 64, 3, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        Fire(64, 16, 64), Fire(128, 16, 64), nn.MaxPool2d(3, 2),
        Fire(128, 32, 128), Fire(256, 32, 128), nn.MaxPool2d(3, 2),
        Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256),
        Fire(512, 64, 256), nn.Conv2d(512, 1000, 1), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Softmax(1)).eval()

    def run():
        with torch.no_grad():
            return model(x)

    return run, 1


@workload
def adam_10m():
    parameters = [torch.randn(1000, 1000, requires_grad=True)
                  for _ in range(10)]
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter)
    optimiser = torch.optim.Adam(parameters, lr=1e-3)
    return optimiser.step, 1


def best_time(run, rounds):
    run()
    best, begin, done, now = float("inf"), time.perf_counter(), 0, 0
    while done < rounds or now - begin < LEAST_TIME:
        start = time.perf_counter()
        run()
        now = time.perf_counter()
        best, done = min(best, now - start), done + 1
    return best


def main():
    name, rounds, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    run, units = WORKLOADS[name]()
    print("%.9g" % (best_time(run, rounds) / units))


if __name__ == "__main__":
    main()
