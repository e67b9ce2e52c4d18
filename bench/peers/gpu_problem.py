"""What the GPU peers share: the problem that bench/gpu/problem.ts wrote, the paper's numbers, and the timing of epochs."""

import argparse
import json
import statistics
import time

import numpy

BATCH = 300
L2_EIGENVECTORS = 0.01
L2_EIGENVALUES_OUT = 5e-4
LEARNING_RATE = 5e-3
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-7


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--problem", required=True, help="safetensors file: x, labels, phi, second")
    parser.add_argument("--seconds", type=float, default=5.0, help="time to measure for, after the warm-up")
    parser.add_argument("--students", type=int, default=None, help="take the first of the students only")
    parser.add_argument("--device", choices=["gpu", "cpu"], default="gpu", help="cpu: to try the script itself")
    parser.add_argument("--checked-epochs", type=int, default=3, help="epochs before the loss that is compared with ours")
    return parser


def read_problem(path, students=None):
    """{"x": [samples, 10], "labels": [samples], "phi": [students, h, 10], "second": [students, 20, h]}, float32."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        start = file.tell()
        tensors = {}
        for name, tensor in header.items():
            if name == "__metadata__":
                continue
            first, end = tensor["data_offsets"]
            file.seek(start + first)
            tensors[name] = numpy.frombuffer(file.read(end - first), "<f4").reshape(tensor["shape"])
    if students is not None:
        tensors["phi"], tensors["second"] = tensors["phi"][:students], tensors["second"][:students]
    return tensors


def steps_per_epoch(samples):
    """The last, partial batch counts."""
    return -(-samples // BATCH)


def seconds_per_epoch(train_epoch, seconds):
    """Median over epochs; train_epoch has to wait for the device."""
    times = []
    while sum(times) < seconds or len(times) < 5:
        start = time.perf_counter()
        train_epoch()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def report(version, students, samples, epoch_seconds, mean_loss):
    rate = students * steps_per_epoch(samples) / epoch_seconds
    print(json.dumps({"version": version, "studentStepsPerSecond": rate, "meanTrainLoss": float(mean_loss)}))
