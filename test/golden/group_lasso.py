"""Writes case-030.json and case-031.json: the cases of this folder that penalise rows. PyTorch, float64, autograd.

    python3 test/golden/group_lasso.py test/golden/cases
"""
import json
import sys

import torch

CONVENTIONS = (
    "As in the other cases; besides penalty += groupLasso.K * sum_i ||row i of K||_2, whose gradient at a row of zeros is 0."
)


def layer(kind, inputs, outputs, activation, l1, l2, group_lasso, generator):
    normal = lambda *shape: torch.randn(*shape, dtype=torch.float64, generator=generator)
    matrix = normal(outputs, inputs) / inputs**0.5
    matrix[1] = 0  # a row without direction
    name = "eigenvectors" if kind == "spectral" else "weights"
    params = {name: matrix, "bias": 0.1 * normal(outputs)}
    if kind == "spectral":
        params.update(eigenvaluesIn=0.1 * normal(inputs), eigenvaluesOut=1 + 0.1 * normal(outputs))
    of_matrix = lambda value: {name: value}
    return {
        "kind": kind, "in": inputs, "out": outputs, "activation": activation, "frozen": [],
        "l1": of_matrix(l1), "l2": of_matrix(l2), "groupLasso": of_matrix(group_lasso), "params": params,
    }


def forward(layers, x):
    for each in layers:
        p = each["params"]
        w = p["weights"] if each["kind"] == "dense" else (
            (p["eigenvaluesIn"][None, :] - p["eigenvaluesOut"][:, None]) * p["eigenvectors"])
        z = x @ w.T + p["bias"]
        x = {"tanh": torch.tanh, "relu": torch.relu, "linear": lambda v: v}[each["activation"]](z)
    return x


def penalty(layers):
    total = torch.zeros((), dtype=torch.float64)
    for each in layers:
        for name, l2 in each["l2"].items():
            k = each["params"][name]
            rows = k[k.pow(2).sum(1) > 0]  # autograd of a norm at 0 is not a number
            total = total + l2 * k.pow(2).sum() + each["l1"][name] * k.abs().sum()
            total = total + each["groupLasso"][name] * rows.norm(dim=1).sum()
    return total


def plain(value):
    return value.tolist() if isinstance(value, torch.Tensor) else {k: plain(v) for k, v in value.items()}


def case(layers, optimizer, make, generator, steps=5, batch=6):
    x = torch.randn(batch, layers[0]["in"], dtype=torch.float64, generator=generator)
    t = torch.randn(batch, layers[-1]["out"], dtype=torch.float64, generator=generator)
    tensors = [p for each in layers for p in each["params"].values()]
    for p in tensors:
        p.requires_grad_()
    loss = lambda: (forward(layers, x) - t).pow(2).mean()
    (loss() + penalty(layers)).backward()
    golden = {
        "conventions": CONVENTIONS, "loss": "mse",
        "layers": [{**each, "params": plain({k: v.detach() for k, v in each["params"].items()})} for each in layers],
        "x": x.tolist(), "t": t.tolist(), "output": forward(layers, x).tolist(),
        "dataLoss": loss().item(), "penalty": penalty(layers).item(),
        "gradients": [{k: v.grad.tolist() for k, v in each["params"].items()} for each in layers],
        "optimizer": optimizer, "steps": steps,
    }
    trainer = make(tensors)
    for _ in range(steps):
        trainer.zero_grad()
        (loss() + penalty(layers)).backward()
        trainer.step()
    golden["after"] = {
        "dataLoss": loss().item(), "penalty": penalty(layers).item(),
        "params": [{k: v.tolist() for k, v in each["params"].items()} for each in layers],
    }
    return golden


def main(folder):
    generator = torch.Generator().manual_seed(30)
    wide = [layer("spectral", 3, 8, "tanh", 0, 0.01, 0.05, generator), layer("dense", 8, 2, "linear", 0.001, 0, 0.02, generator)]
    narrow = [layer("dense", 9, 4, "relu", 0, 0, 0.1, generator), layer("spectral", 4, 5, "linear", 0, 0, 0.03, generator)]
    adam = {"kind": "adam", "learningRate": 0.005, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-7}
    sgd = {"kind": "sgd", "learningRate": 0.05, "momentum": 0.9, "nesterov": False}
    cases = {
        "case-030.json": case(wide, adam, lambda p: torch.optim.Adam(p, lr=0.005, eps=1e-7), generator),
        "case-031.json": case(narrow, sgd, lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9), generator),
    }
    for name, golden in cases.items():
        with open(f"{folder}/{name}", "w") as file:
            json.dump(golden, file)


main(sys.argv[1])
