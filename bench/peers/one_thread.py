"""PyTorch on one thread, and the protocol by which bench/peer-process.ts asks a peer for times."""

import ctypes
import json
import os
import sys
import time

# torch.set_num_threads does not reach a BLAS with its own thread pool; both must be told before torch loads them
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import torch  # noqa: E402

torch.set_num_threads(1)


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


def chosen_kernels():
    """The processor whose kernels OpenBLAS chose, or "" where there is no OpenBLAS."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        files = {line.split()[-1] for line in maps if "openblas" in line}
    for file in files:
        name = getattr(ctypes.CDLL(file), "openblas_get_corename", None)
        if name:
            name.restype = ctypes.c_char_p
            return name().decode()
    return ""


def serve(work):
    """Calls `work` as often as each line of standard input says; it returns a loss, so that nothing is optimised away."""
    loss = work()  # products load their library at the first call
    print(json.dumps({"torch": str(torch.__version__), "blas": loaded_blas(), "kernels": chosen_kernels()}), flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        for _ in range(int(line)):
            loss = work()
        print(json.dumps({"seconds": time.perf_counter() - start, "loss": loss}), flush=True)
