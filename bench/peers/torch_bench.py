"""PyTorch on the CPU; prints one line of JSON.

    python3 torch_bench.py WORKLOAD THREADS BUDGET
    python3 torch_bench.py --probe                  which PyTorch, and which library for its products

PyTorch computes what is called before the call returns, so there is nothing to wait for. The budget
is that of measure.ts, and is spent in the same way.
"""

import json
import os
import re
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


def median_microseconds(step, budget):
    def sample(goes_on):
        durations = []
        begin = now = time.perf_counter()
        while goes_on(len(durations), (now - begin) * 1e3):
            start = time.perf_counter()
            step()
            now = time.perf_counter()
            durations.append(now - start)
        return durations

    sample(lambda n, ms: n < 2 or ms < budget["warmUpMs"])
    durations = sample(
        lambda n, ms: n < 3
        or ms < budget["sampleMs"]
        or (n < budget["calls"] and ms < budget["limitMs"])
    )
    return statistics.median(durations) * 1e6


def training_step(model, loss, optimizer, x, target):
    def step():
        optimizer.zero_grad(set_to_none=True)
        value = loss(model(x), target)
        value.backward()
        optimizer.step()
        return value.item()

    return step


def sgd(model, loss, x, target, lr=0.01):
    yield training_step(model, loss, torch.optim.SGD(model.parameters(), lr=lr), x, target)


def adam(model, loss, x, target, kind=torch.optim.Adam):
    """One step for each of the optimizer's implementations that this version has."""
    for options in ({"foreach": False}, {"foreach": True}, {"fused": True}):
        try:
            step = training_step(model, loss, kind(model.parameters(), lr=1e-3, **options), x, target)
            step()
        except (TypeError, RuntimeError):
            continue
        yield step


def random_labels(batch):
    return torch.randint(0, 10, (batch,))


def xor():
    model = nn.Sequential(nn.Linear(2, 8), nn.Sigmoid(), nn.Linear(8, 1), nn.Sigmoid())
    x = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
    return sgd(model, F.mse_loss, x, y, lr=0.5)


def mlp(batch, sizes, train):
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    return train(model, F.cross_entropy, torch.randn(batch, sizes[0]), random_labels(batch))


def lenet5():
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )
    return sgd(model, F.cross_entropy, torch.randn(64, 1, 28, 28), random_labels(64))


class Block(nn.Module):
    def __init__(self, features, heads, length):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(features)
        self.norm2 = nn.LayerNorm(features)
        self.qkv = nn.Linear(features, 3 * features)
        self.mix = nn.Linear(features, features)
        self.widen = nn.Linear(features, 4 * features)
        self.narrow = nn.Linear(4 * features, features)
        later = torch.ones(length, length, dtype=torch.bool).triu(1)
        self.register_buffer("later", later)

    def attend(self, x):
        batch, length, features = x.shape
        heads = self.qkv(x).view(batch, length, 3, self.heads, features // self.heads)
        q, k, v = heads.permute(2, 0, 3, 1, 4)
        if hasattr(F, "scaled_dot_product_attention"):
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1)
            mixed = scores.masked_fill(self.later, float("-inf")).softmax(-1) @ v
        return self.mix(mixed.transpose(1, 2).reshape(batch, length, features))

    def forward(self, x):
        x = x + self.attend(self.norm1(x))
        return x + self.narrow(F.gelu(self.widen(self.norm2(x))))


class Gpt(nn.Module):
    def __init__(self, vocabulary=65, features=128, heads=4, layers=4, length=64):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, features)
        self.positions = nn.Parameter(torch.randn(length, features))
        self.blocks = nn.Sequential(*(Block(features, heads, length) for _ in range(layers)))
        self.norm = nn.LayerNorm(features)
        self.head = nn.Linear(features, vocabulary)

    def forward(self, ids):
        return self.head(self.norm(self.blocks(self.tokens(ids) + self.positions)))


def char_gpt():
    ids, targets = (torch.randint(0, 65, (12, 64)) for _ in range(2))
    loss = lambda logits, wanted: F.cross_entropy(logits.view(-1, 65), wanted.view(-1))
    return adam(Gpt(), loss, ids, targets, kind=torch.optim.AdamW)


def elementwise():
    a = torch.randn(1_000_000, requires_grad=True)

    def step():
        value = (torch.sigmoid(2 * a + 1) * torch.tanh(a)).sum()
        torch.autograd.grad(value, a)
        return value.item()

    yield step


def matmul(n):
    a, b = torch.randn(n, n), torch.randn(n, n)
    yield lambda: a @ b


WORKLOADS = {
    "xor": xor,
    "mlpSgd": lambda: mlp(64, [784, 256, 10], sgd),
    "mlpAdam": lambda: mlp(256, [784, 512, 512, 10], adam),
    "lenet5": lenet5,
    "charGpt": char_gpt,
    "elementwise1e6": elementwise,
    "matmul256": lambda: matmul(256),
    "matmul512": lambda: matmul(512),
    "matmul1024": lambda: matmul(1024),
}


def linear_algebra():
    """The BLAS that was loaded, where it is a library of its own (Debian's PyTorch: any)."""
    try:
        with open("/proc/self/maps", encoding="utf-8") as maps:
            paths = {os.path.realpath(line.split()[-1]) for line in maps if "/" in line}
    except OSError:
        return None
    blas = re.compile(r"(openblas|mkl_rt|blis|atlas|/libblas)[^/]*(/libblas[^/]*)?$")
    return next((path for path in sorted(paths) if blas.search(path)), None)


if __name__ == "__main__":
    if sys.argv[1:] == ["--probe"]:
        print(json.dumps({"version": torch.__version__, "blas": linear_algebra()}))
        sys.exit()
    workload, threads, budget = sys.argv[1:]
    torch.manual_seed(0)
    torch.set_num_threads(int(threads))
    times = [median_microseconds(step, json.loads(budget)) for step in WORKLOADS[workload]()]
    print(json.dumps({"us": min(times)}))
