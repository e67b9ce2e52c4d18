"""Trains multi-layer perceptrons with scikit-learn on four public data sets, and writes what `eigenstudent prune` takes.

    /usr/bin/python3 experiments/prune-elsewhere/train.py FOLDER [NAME ...]

Debian packages: python3-sklearn (digits, wine, breast-cancer come with it), dataset-fashion-mnist. No network is used.
Each data set is split into training, validation and test data before anything is trained; the model sees the training data
alone. FOLDER/NAME gets model.npz, model.json (which arrays are which layers) and {train,validation,test}-{x,y}.npy.
"""
import gzip, json, pathlib, sys

import numpy
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")


def split(x, y, validation, test):
    x, test_x, y, test_y = train_test_split(x, y, test_size=test, stratify=y, random_state=0)
    x, validation_x, y, validation_y = train_test_split(x, y, test_size=validation, stratify=y, random_state=0)
    return {"train": (x, y), "validation": (validation_x, validation_y), "test": (test_x, test_y)}


def table(load, scale):
    """60 % trains, 20 % validates, 20 % tests."""
    x, y = load(return_X_y=True)
    parts = split(x, y, 0.25, 0.2)
    scaler = scale.fit(parts["train"][0])
    return {name: (scaler.transform(x), y) for name, (x, y) in parts.items()}


class Sixteenths:
    """Pixels of digits are 0 to 16."""

    def fit(self, _):
        return self

    def transform(self, x):
        return x / 16


def fashion():
    """The last 10 000 of the 60 000 training images validate; the test images are those of the data set."""

    def idx(name, start):
        return numpy.frombuffer(gzip.decompress((FASHION / name).read_bytes()), "uint8", offset=start)

    def part(name):
        images = idx(f"{name}-images-idx3-ubyte.gz", 16).reshape(-1, 784) / numpy.float32(255)
        return images, idx(f"{name}-labels-idx1-ubyte.gz", 8)

    (x, y), test = part("train"), part("t10k")
    return {"train": (x[:50000], y[:50000]), "validation": (x[50000:], y[50000:]), "test": test}


# data, units of the hidden layers, epochs at most
SETS = {
    "digits": (lambda: table(load_digits, Sixteenths()), (64, 32), 300),
    "wine": (lambda: table(load_wine, StandardScaler()), (32, 16), 300),
    "breast-cancer": (lambda: table(load_breast_cancer, StandardScaler()), (32, 16), 300),
    "fashion-mnist": (fashion, (128, 64), 20),
}


def write(folder, name):
    load, hidden, epochs = SETS[name]
    parts = load()
    model = MLPClassifier(hidden, max_iter=epochs, random_state=0).fit(*parts["train"])
    folder = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    arrays, layers = {}, []
    for i, (kernel, bias) in enumerate(zip(model.coefs_, model.intercepts_)):
        arrays[f"coefs_{i}"], arrays[f"intercepts_{i}"] = kernel.astype("float32"), bias.astype("float32")
        layers.append({"kernel": f"coefs_{i}", "bias": f"intercepts_{i}", "activation": "relu"})
    several = model.out_activation_ == "softmax"
    layers[-1]["activation"] = "linear" if several else "sigmoid"
    numpy.savez(folder / "model.npz", **arrays)
    (folder / "model.json").write_text(json.dumps({"layers": layers, **({"output": "softmax"} if several else {})}))
    for part, (x, y) in parts.items():
        numpy.save(folder / f"{part}-x.npy", x.astype("float32"))
        numpy.save(folder / f"{part}-y.npy", y.astype("uint8"))
        print(f"{name}: {part}: {len(y)} samples, accuracy {model.score(x, y):.4f}")


if __name__ == "__main__":
    target, *names = sys.argv[1:]
    for one in names or SETS:
        write(pathlib.Path(target), one)
