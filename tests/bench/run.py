"""Times nnlua beside PyTorch on the same work, in turn.

run.py PROGRAM [NAME ...] prints a row for each workload: the best time of
both sides and their ratio (nnlua's time divided by PyTorch's, so less is
better). PyTorch runs with 1 and with 2 threads and its better time counts;
nnlua runs as it starts. ROUNDS (in the environment) is the least number of
rounds on each side.
"""
import os
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PASSES = 2  # the sides take turns so often

# The ratios aimed at.
TARGETS = {
    "op_add_small": 0.5,
    "op_small_autograd": 0.3,
    "ew_add_10m": 0.6,
    "ew_exp_10m": 0.4,
    "ew_tanh_10m": 0.25,
    "reduce_sum_10m": 1.1,
    "reduce_sum_axis0": 1.0,
    "softmax_4096x1000": 0.8,
    "transpose_copy_4096": 0.35,
    "randn_10m": 0.25,
    "matmul_1024": 1.05,
    "sort_1m": 0.3,
    "fft2_1024": 1.1,
    "linreg_epoch": 0.2,
    "mlp_epoch": 1.0,
    "adam_10m": 0.5,
}
STARTUP_TARGET = 0.015  # seconds
STARTUP_RUNS = 21


def seconds(command):
    """What the command printed, a time; None (and its words) if it failed."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.stderr.write(done.stderr)
        return None
    return float(done.stdout)


def best(known, new):
    return new if known is None or (new is not None and new < known) else known


def measure(program, name, rounds):
    ours = peer = None
    each = str(-(-rounds // PASSES))
    for _ in range(PASSES):
        ours = best(ours, seconds(
            [program, os.path.join(HERE, "bench.lua"), name, each]))
        for threads in "1", "2":
            peer = best(peer, seconds(
                [sys.executable, os.path.join(HERE, "peer.py"), name, each,
                 threads]))
    return ours, peer


def startup(command, runs):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def show_time(value):
    if value is None:
        return "failed"
    for unit, scale in ("s", 1), ("ms", 1e3), ("us", 1e6):
        if value * scale >= 1:
            return "%.3g %s" % (value * scale, unit)
    return "%.3g ns" % (value * 1e9)


def show(name, ours, peer, reached, target):
    ratio = "%.2g" % (ours / peer) if ours and peer else "-"
    verdict = "" if reached is None else "reached" if reached else "missed"
    print("%-20s %10s %10s %7s  %-10s %s" % (
        name, show_time(ours), show_time(peer), ratio, target, verdict),
        flush=True)


def compare(program, name, rounds):
    ours, peer = measure(program, name, rounds)
    target = TARGETS.get(name)
    reached = None
    if target is not None:
        reached = bool(ours and peer and ours / peer <= target)
    show(name, ours, peer, reached, "" if target is None else "<= %g" % target)
    return ours is not None and peer is not None


def compare_startup(program):
    ours = startup([program, "-e", ""], STARTUP_RUNS)
    peer = startup([sys.executable, "-c", "import torch"], 5)
    show("startup", ours, peer, ours <= STARTUP_TARGET,
         "<= %s" % show_time(STARTUP_TARGET))


def main():
    program, only = sys.argv[1], sys.argv[2:]
    rounds = int(os.environ.get("ROUNDS") or 5)
    known = subprocess.run([program, os.path.join(HERE, "bench.lua")],
                           capture_output=True, text=True, check=True)
    names = known.stdout.split() + ["startup"]
    unknown = [name for name in only if name not in names]
    if unknown:
        sys.exit("no workload named %s; there are: %s" % (
            unknown[0], " ".join(names)))
    print("%-20s %10s %10s %7s  %s" % (
        "workload", "nnlua", "PyTorch", "ratio", "target"))
    fine = True
    for name in only or names:
        if name == "startup":
            compare_startup(program)
        else:
            fine = compare(program, name, rounds) and fine
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
