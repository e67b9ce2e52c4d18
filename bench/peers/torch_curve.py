"""The masked forwards behind a pruning curve, in eager PyTorch on one thread: the paper's student 10 -> h -> 20 -> 1.

    echo 20 | python3 bench/peers/torch_curve.py --width 1000 [--patterns 10000]

Speaks the protocol of bench/peer-process.ts. A repeat is one forward pass over all patterns with the k most relevant
nodes kept, and its loss; a curve is h + 1 of them. k moves on with each repeat; the shapes, and so the time, do not
depend on it. The mask multiplies the columns of the second layer's weights, [20][h], which costs far less than masking
the activations, [patterns][h], and gives the same answers.
"""

import argparse
import math

from one_thread import serve, torch

INPUTS = 10
SECOND_WIDTH = 20


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--width", type=int, required=True)
    parser.add_argument("--patterns", type=int, default=10_000)
    arguments = parser.parse_args()

    generator = torch.Generator().manual_seed(1)
    x = torch.randn(arguments.patterns, INPUTS, generator=generator)
    labels = torch.rand(arguments.patterns, generator=generator)
    first = torch.randn(arguments.width, INPUTS, generator=generator) / math.sqrt(INPUTS)
    second = torch.randn(SECOND_WIDTH, arguments.width, generator=generator) / math.sqrt(arguments.width)
    order = torch.randperm(arguments.width, generator=generator)
    kept = 0

    def masked_forward():
        nonlocal kept
        kept = (kept + 1) % (arguments.width + 1)
        mask = torch.zeros(arguments.width)
        mask[order[:kept]] = 1
        hidden = torch.relu(torch.nn.functional.linear(x, first))
        outputs = torch.relu(torch.nn.functional.linear(hidden, second * mask)).sum(dim=1)
        return torch.nn.functional.mse_loss(outputs, labels).item()

    with torch.no_grad():
        serve(masked_forward)


if __name__ == "__main__":
    main()
