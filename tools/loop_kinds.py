"""Ten small functions of different kinds, on which ``tools/own_loops.py`` tries what ``kernels.compare`` advises."""

import hashlib
import time
from typing import Any

import numpy as np

STEPS = 4_000
IMAGES = np.random.default_rng(0).random((64, 128, 128))
WIDE = np.random.default_rng(1).random((48, 400_000))
LONG = np.random.default_rng(2).random(8_000_000)


def python(n: int) -> int:
    """Pure Python: holds the GIL."""
    return sum(i * i % 7 for i in range(STEPS + n % 3))


def released(image: np.ndarray) -> float:
    """NumPy and its BLAS, which release the GIL for long."""
    return float((image @ image.T @ image).trace())


def held(n: int) -> float:
    """NumPy on tiny arrays, where the GIL is held nearly all of the time."""
    values = np.arange(10.0)
    for _ in range(300):
        values = values * 0.5 + n
    return float(values.sum())


def waits(n: int) -> int:
    """Waits, as for a network."""
    time.sleep(0.004)
    return n


def tiny(n: int) -> int:
    """Next to nothing."""
    return n + 1


def irregular(n: int) -> int:
    """Most of the work is in the last items."""
    return sum(i % 3 for i in range(n * n // 30))


def large_in(row: np.ndarray) -> float:
    """Reads 3 MB and answers with a number: sending it costs more than the work."""
    return float(row.max() - row.min())


def large_out(n: int) -> np.ndarray:
    """Answers with 1.6 MB."""
    return np.sqrt(np.arange(n, n + 200_000, dtype=np.float64))


def memory(values: np.ndarray) -> np.ndarray:
    """As fast as memory is: a slice of a large array at a time."""
    return values * 2.0


def digest(n: int) -> str:
    """Too little work to go parallel for: some microseconds, and few items."""
    return hashlib.sha256(str(n).encode()).hexdigest()


KINDS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "pure Python": (python, range(400), {}),
    "NumPy, releases the GIL": (released, IMAGES, {}),
    "NumPy, holds the GIL": (held, range(200), {}),
    "waiting": (waits, range(25), {}),
    "tiny tasks": (tiny, range(300_000), {}),
    "irregular tasks": (irregular, range(220), {}),
    "large arrays in": (large_in, WIDE, {}),
    "large arrays out": (large_out, range(60), {}),
    "memory-bound": (memory, LONG, {"vectorized": True}),
    "faster serial": (digest, range(40), {}),
}
