"""The step of bench/trials/step.ts in eager PyTorch: the same network, data shapes, penalty, optimiser and shuffles.

    echo 20 | python3 bench/peers/torch_step.py --width 200 [--parametrization spectral]

Speaks the protocol of bench/peer-process.ts: a line about itself, {"torch", "blas"}, then for each line with
a number of repeats {"seconds", "loss"}. A repeat is an epoch: forward, loss, penalty, backward, Adam, the epoch's
shuffle, and the last, partial batch. `blas` is the library that does the matrix products: "reference" is Debian's slow
default (libblas3), and a ratio to it flatters; install libopenblas0-pthread for the honest one.

Data and first parameters are drawn here with the same shapes and laws; speed does not depend on their values. The
layer is written the way PyTorch runs it fastest at these sizes: W formed once a step, then one linear.
"""

import argparse
import math

from one_thread import serve, torch

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


class Student:
    """10 -> h (ReLU) -> 20 (ReLU) -> sum. The first layer is spectral (lambda_in = 0), "spectral-in" (lambda_in trains),
    "direct" (lambda_out frozen at 1) or plain dense with the same penalty on its weights."""

    def __init__(self, width, parametrization, generator):
        self.parametrization = parametrization
        self.phi = glorot_uniform(width, INPUTS, generator).requires_grad_()
        self.spectral = parametrization.startswith("spectral")
        self.lambda_out = torch.ones(width, requires_grad=self.spectral)
        self.lambda_in = torch.zeros(INPUTS, requires_grad=parametrization == "spectral-in")
        self.second = glorot_uniform(SECOND_WIDTH, width, generator).requires_grad_()

    def parameters(self):
        return [p for p in (self.phi, self.lambda_in, self.lambda_out, self.second) if p.requires_grad]

    def weights(self):
        if self.parametrization == "dense":
            return self.phi
        if self.parametrization == "spectral-in":
            return (self.lambda_in - self.lambda_out[:, None]) * self.phi
        return -self.lambda_out[:, None] * self.phi

    def forward(self, x):
        hidden = torch.relu(torch.nn.functional.linear(x, self.weights()))
        return torch.relu(torch.nn.functional.linear(hidden, self.second)).sum(dim=1)

    def penalty(self):
        penalty = L2_EIGENVECTORS * self.phi.square().sum()
        if self.spectral:
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
    parser.add_argument("--parametrization", choices=["spectral", "spectral-in", "direct", "dense"], default="spectral")
    arguments = parser.parse_args()

    generator = torch.Generator().manual_seed(1)
    x = torch.randn(SAMPLES, INPUTS, generator=generator)
    labels = teacher_labels(x, generator)
    student = Student(arguments.width, arguments.parametrization, generator)
    optimizer = torch.optim.Adam(student.parameters(), lr=LEARNING_RATE, eps=EPSILON)
    serve(lambda: train_epoch(student, optimizer, x, labels, generator))


if __name__ == "__main__":
    main()
