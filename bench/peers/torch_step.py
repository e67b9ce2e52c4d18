"""The step of bench/trials.ts in eager PyTorch: the same network, data shapes, penalty, optimiser and shuffles.

    python3 bench/peers/torch_step.py --width 200 [--parametrization spectral|direct|dense] [--seconds 3]

Prints one JSON object: {"torch", "blas", "threads", "width", "parametrization", "microseconds", "epochs", "firstLoss",
"lastLoss"}. `blas` is the library that does the matrix products: "reference" is Debian's slow default (libblas3), and a
ratio to it flatters; install libopenblas0-pthread for the honest one.
`microseconds` is the median over epochs of (seconds of an epoch) / (steps of an epoch): forward, loss, penalty,
backward, Adam, the epoch's shuffle, and the last, partial batch.

Data and first parameters are drawn here with the same shapes and laws; speed does not depend on their values. The
layer is written the way PyTorch runs it fastest at these sizes: W = -lambda_out phi formed once a step, then one linear.
"""

import argparse
import json
import math
import os
import statistics
import time

# torch.set_num_threads does not reach a BLAS with its own thread pool; both must be told before torch loads them
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import torch  # noqa: E402

INPUTS = 10
TEACHER_SIZE = 20
SECOND_WIDTH = 20
SAMPLES = 8000
L2_EIGENVECTORS = 0.01
L2_EIGENVALUES_OUT = 5e-4
# batch size and learning rate are the paper's spectral ones for every parametrization, so that widths compare
BATCH = 300
LEARNING_RATE = 5e-3
EPSILON = 1e-7


def glorot_uniform(outputs, inputs, generator):
    """[outputs, inputs], uniform in +-sqrt(6 / (inputs + outputs))."""
    limit = math.sqrt(6 / (inputs + outputs))
    return (torch.rand(outputs, inputs, generator=generator) * 2 - 1) * limit


def teacher_labels(x, generator):
    """[samples]: the paper's teacher, 10 -> 20 -> 20 -> 1, both hidden layers spectral with lambda_out = 1."""
    first = glorot_uniform(TEACHER_SIZE, INPUTS, generator)
    second = glorot_uniform(SECOND_WIDTH, TEACHER_SIZE, generator)
    hidden = torch.relu(torch.nn.functional.linear(x, -first))
    return torch.relu(torch.nn.functional.linear(hidden, -second)).sum(dim=1)


def loaded_blas():
    """The library behind PyTorch's matrix products: "mkl", "openblas", "blis", "atlas", "reference" or "unknown"."""
    if torch.backends.mkl.is_available():
        return "mkl"
    try:
        with open("/proc/self/maps", encoding="utf-8") as maps:
            files = {line.split()[-1] for line in maps if "/" in line}
    except OSError:
        return "unknown"
    names = [os.path.realpath(file).lower() for file in files if "blas" in file.lower() or "blis" in file.lower()]
    for library in ("openblas", "blis", "atlas"):
        if any(library in name for name in names):
            return library
    return "reference" if names else "unknown"


class Student:
    """10 -> h (ReLU) -> 20 (ReLU) -> sum. The first layer is spectral (lambda_in = 0), "direct" (lambda_out frozen at 1)
    or plain dense with the same penalty on its weights."""

    def __init__(self, width, parametrization, generator):
        self.parametrization = parametrization
        self.phi = glorot_uniform(width, INPUTS, generator).requires_grad_()
        self.lambda_out = torch.ones(width, requires_grad=parametrization == "spectral")
        self.second = glorot_uniform(SECOND_WIDTH, width, generator).requires_grad_()

    def parameters(self):
        return [p for p in (self.phi, self.lambda_out, self.second) if p.requires_grad]

    def forward(self, x):
        first = self.phi if self.parametrization == "dense" else -self.lambda_out[:, None] * self.phi
        hidden = torch.relu(torch.nn.functional.linear(x, first))
        return torch.relu(torch.nn.functional.linear(hidden, self.second)).sum(dim=1)

    def penalty(self):
        penalty = L2_EIGENVECTORS * self.phi.square().sum()
        if self.parametrization == "spectral":
            penalty = penalty + L2_EIGENVALUES_OUT * self.lambda_out.square().sum()
        return penalty


def train_epoch(student, optimizer, x, labels, generator):
    """One pass over the shuffled patterns; the data loss of its last batch."""
    order = torch.randperm(SAMPLES, generator=generator)
    for first in range(0, SAMPLES, BATCH):
        batch = order[first : first + BATCH]
        optimizer.zero_grad(set_to_none=True)
        loss = torch.nn.functional.mse_loss(student.forward(x[batch]), labels[batch])
        (loss + student.penalty()).backward()
        optimizer.step()
    return loss.item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--width", type=int, required=True)
    parser.add_argument("--parametrization", choices=["spectral", "direct", "dense"], default="spectral")
    parser.add_argument("--seconds", type=float, default=3.0, help="time to measure for, after one second of warm-up")
    arguments = parser.parse_args()

    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(SAMPLES, INPUTS, generator=generator)
    labels = teacher_labels(x, generator)
    student = Student(arguments.width, arguments.parametrization, generator)
    optimizer = torch.optim.Adam(student.parameters(), lr=LEARNING_RATE, eps=EPSILON)

    first_loss = last_loss = train_epoch(student, optimizer, x, labels, generator)
    warm = time.perf_counter() + 1.0
    while time.perf_counter() < warm:
        train_epoch(student, optimizer, x, labels, generator)

    seconds = []
    while sum(seconds) < arguments.seconds or len(seconds) < 5:
        start = time.perf_counter()
        last_loss = train_epoch(student, optimizer, x, labels, generator)
        seconds.append(time.perf_counter() - start)

    print(
        json.dumps(
            {
                "torch": str(torch.__version__),
                "blas": loaded_blas(),
                "threads": torch.get_num_threads(),
                "width": arguments.width,
                "parametrization": arguments.parametrization,
                "microseconds": statistics.median(seconds) / math.ceil(SAMPLES / BATCH) * 1e6,
                "epochs": len(seconds),
                "firstLoss": first_loss,
                "lastLoss": last_loss,
            }
        )
    )


if __name__ == "__main__":
    main()
