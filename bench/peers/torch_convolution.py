"""The step of bench/trials/convolution.ts in eager PyTorch: the same networks, batch, loss and optimiser.

    echo 20 | python3 bench/peers/torch_convolution.py --network lenet --channels 1 --size 28 [--students 8]

Speaks the protocol of bench/peer-process.ts (one_thread.py). A repeat is a step of every student, one student after the other.
Data are drawn here with the same shapes; speed does not depend on their values.
"""

import argparse

from one_thread import serve, torch

nn = torch.nn
BATCH = 128
LEARNING_RATE = 1e-3


def conv(inputs, outputs, size=3, stride=1):
    """Without a bias, as before a batch norm."""
    return nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)


class Block(nn.Module):
    """A residual block; the shortcut is a 1x1 convolution where the shape changes."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.body = nn.Sequential(
            conv(inputs, outputs, 3, stride), nn.BatchNorm2d(outputs), nn.ReLU(), conv(outputs, outputs), nn.BatchNorm2d(outputs)
        )
        changes = stride > 1 or inputs != outputs
        self.shortcut = nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs)) if changes else nn.Identity()

    def forward(self, x):
        return torch.relu(self.body(x) + self.shortcut(x))


def resnet20(channels, _size):
    layers = [conv(channels, 16), nn.BatchNorm2d(16), nn.ReLU()]
    before = 16
    for stage, width in enumerate((16, 32, 64)):
        for block in range(3):
            layers.append(Block(before, width, 2 if stage > 0 and block == 0 else 1))
            before = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def lenet(channels, size):
    features = 16 * ((size // 2 - 4) // 2) ** 2
    return nn.Sequential(
        nn.Conv2d(channels, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(features, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )


def digits(channels, _size):
    layers = []
    for inputs, outputs, pool in ((channels, 16, True), (16, 32, True), (32, 32, False)):
        layers += [conv(inputs, outputs), nn.BatchNorm2d(outputs), nn.ReLU()] + ([nn.MaxPool2d(2)] if pool else [])
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--network", choices=["lenet", "resnet20", "digits"], required=True)
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--size", type=int, default=28)
    parser.add_argument("--students", type=int, default=1)
    arguments = parser.parse_args()
    torch.manual_seed(1)
    make = {"lenet": lenet, "resnet20": resnet20, "digits": digits}[arguments.network]
    students = [make(arguments.channels, arguments.size) for _ in range(arguments.students)]
    optimizers = [torch.optim.Adam(student.parameters(), lr=LEARNING_RATE) for student in students]
    x = torch.randn(BATCH, arguments.channels, arguments.size, arguments.size)
    labels = torch.arange(BATCH) % 10

    def step():
        for student, optimizer in zip(students, optimizers):
            optimizer.zero_grad(set_to_none=True)
            loss = nn.functional.cross_entropy(student(x), labels)
            loss.backward()
            optimizer.step()
        return loss.item()

    serve(step)


if __name__ == "__main__":
    main()
