"""A convolutional network on Fashion-MNIST, trained by PyTorch, for `eigenstudent prune`.

    python3 train-images.py --out FOLDER [--epochs 2] [--samples 20000] [--small]

Debian 12: apt-get install python3-torch python3-onnx dataset-fashion-mnist. Three convolutions with batch norm, max pools, two
dense layers; it takes pixels divided by 255. FOLDER gets
    cnn.onnx              as torch.onnx.export writes it in evaluation mode: batch norm is folded into the convolutions
    cnn-batch-norm.onnx   the same network with its batch norms (training=PRESERVE)
    cnn.json              its parameters and its accuracy on the 10 000 test images
    {train,validation,test}-{x,y}.npy   the first 10 000 and the last 2 000 of the 60 000 training images, and the test images
It trains on the first --samples images. --small makes the fixture of a test: 4, 8 and 12 channels, images of 14 x 14, the means of 2 x 2
pixels, and 300 test images as bytes.
"""

import argparse
import gzip
import json
import pathlib

import numpy
import torch

source = pathlib.Path("/usr/share/datasets/fashion-mnist")


def read(part):
    def numbers(name, header):
        return numpy.frombuffer(gzip.open(source / f"{part}-{name}-ubyte.gz").read(), numpy.uint8, offset=header)

    images = numbers("images-idx3", 16).reshape(-1, 1, 28, 28).astype(numpy.float32) / 255
    return torch.from_numpy(images), torch.from_numpy(numbers("labels-idx1", 8).astype(numpy.int64))


def network(channels, side, hidden):
    layers, before = [], 1
    for count in channels:
        layers += [torch.nn.Conv2d(before, count, 3, padding=1), torch.nn.BatchNorm2d(count), torch.nn.ReLU()]
        layers += [torch.nn.MaxPool2d(2)]
        before, side = count, side // 2
    dense = [torch.nn.Linear(before * side * side, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, 10)]
    return torch.nn.Sequential(*layers, torch.nn.Flatten(), *dense)


def train(model, images, labels, epochs):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(epochs):
        model.train()
        for batch in torch.randperm(len(images)).split(100):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(images[batch]), labels[batch])
            loss.backward()
            optimizer.step()
        print("epoch", epoch + 1, "loss", loss.item(), flush=True)


def accuracy(model, images, labels):
    model.eval()
    with torch.no_grad():
        answers = torch.cat([model(some).argmax(1) for some in images.split(1000)])
    return (answers == labels).float().mean().item()


def export(model, images, path, training):
    model.eval()
    names = {"input_names": ["image"], "output_names": ["logits"]}
    axes = {"image": {0: "batch"}, "logits": {0: "batch"}}
    torch.onnx.export(model, images[:1], path, **names, dynamic_axes=axes, opset_version=13, training=training)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--samples", type=int, default=20000)
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    torch.manual_seed(0)
    (images, labels), (test_images, test_labels) = read("train"), read("t10k")
    channels, hidden = ((4, 8, 12), 16) if options.small else ((16, 32, 64), 64)
    if options.small:
        images, test_images = (torch.nn.functional.avg_pool2d(one, 2) for one in (images, test_images))
    model = network(channels, images.shape[-1], hidden)
    train(model, images[: options.samples], labels[: options.samples], options.epochs)
    options.out.mkdir(parents=True, exist_ok=True)
    export(model, images, options.out / "cnn.onnx", torch.onnx.TrainingMode.EVAL)
    export(model, images, options.out / "cnn-batch-norm.onnx", torch.onnx.TrainingMode.PRESERVE)
    parameters = sum(one.numel() for one in model.parameters())
    told = {"parameters": parameters, "testAccuracy": accuracy(model, test_images, test_labels)}
    (options.out / "cnn.json").write_text(json.dumps(told) + "\n")
    print(told)
    parts = {"train": (images, labels), "validation": (images[-2000:], labels[-2000:]), "test": (test_images, test_labels)}
    for name, count in {"train": 10000, "validation": 2000, "test": 10000}.items() if not options.small else {"test": 300}.items():
        x, y = (one[:count].numpy() for one in parts[name])
        # the fixture keeps pixels as bytes
        numpy.save(options.out / f"{name}-x.npy", (x * 255).round().astype(numpy.uint8) if options.small else x)
        numpy.save(options.out / f"{name}-y.npy", y.astype(numpy.uint8))


if __name__ == "__main__":
    main()
