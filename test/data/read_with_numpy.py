"""Reads every .npy file of the working directory, and writes written-*.npy before: what NumPy makes of each, as JSON."""
import itertools, json, pathlib
import numpy as np
from numpy.lib import format as npy

bits = np.random.default_rng(1)
codes = ["<f8", ">f8", "<f4", ">f4", "<f2", ">f2", "<i8", ">i8", "<u8", ">u8", "<i4", ">i4", "<u4", ">u4", "<i2", ">i2",
         "<u2", ">u2", "|i1", "|u1", "|b1"]
shapes = [(), (0,), (3,), (1, 4), (3, 0), (2, 3), (2, 3, 4)]
for number, (code, shape) in enumerate(itertools.product(codes, shapes)):
    dtype = np.dtype(code)
    count = int(np.prod(shape))
    if dtype.kind == "b":
        array = bits.integers(0, 2, count).astype(dtype)
    elif dtype.itemsize == 8 and dtype.kind in "iu":
        array = bits.integers(0, 2**53, count).astype(dtype)
    else:
        array = np.frombuffer(bits.bytes(count * dtype.itemsize), dtype=dtype)
    array = array.reshape(shape, order="F" if number % 2 else "C")
    with open(f"written-{number}.npy", "wb") as file:
        npy.write_array(file, array, version=[(1, 0), (2, 0), (3, 0)][number % 3])

def value(path):
    try:
        array = np.load(path, allow_pickle=False)
    except Exception as error:
        return {"refused": type(error).__name__}
    wide = array.dtype if array.dtype.kind == "f" else np.dtype("f8")
    numbers = np.ascontiguousarray(array).astype(wide.newbyteorder("<")) if array.dtype.kind in "fiub" else array
    return {"shape": list(array.shape), "dtype": array.dtype.newbyteorder("=").name, "hex": numbers.tobytes().hex()}

print(json.dumps({path.name: value(path) for path in pathlib.Path(".").glob("*.npy")}))
