"""x^3 for many x, one Python call each: tasks so tiny that handing them out is all there is.

Cut into a few large parts, as every strategy does here, it pays like any pure Python; handed
out one by one, it shows what dispatch costs, which is what ``benchmarks/dispatch.py`` does with
:func:`cube`.
"""

from dataclasses import dataclass

import numpy as np

from kernels.contract.checking import require_equal

SIZES = {"S": 130_000, "M": 1_300_000, "L": 13_000_000}  # values
LARGEST = 2**21  # exclusive: the cube of anything below fits 64 bits


@dataclass(frozen=True)
class Problem:
    """`values`: integers to be cubed, shape (n,), int64, below 2^21."""

    values: np.ndarray

    def __len__(self) -> int:
        return len(self.values)


def problem(size: int, seed: int = 0) -> Problem:
    """`size` values, uniform in [0, 2^21)."""
    values = np.random.default_rng(seed).integers(LARGEST, size=size)
    values.flags.writeable = False
    return Problem(values)


def part(problem: Problem, lo: int, hi: int) -> Problem:
    """Some of the values."""
    return Problem(problem.values[lo:hi])


def empty(problem: Problem) -> np.ndarray:
    """Shape (n,), int64."""
    return np.empty_like(problem.values)


def cube(x: int) -> int:
    """One task: x to the power of 3."""
    return x * x * x


def solve(problem: Problem, out: np.ndarray | None = None) -> np.ndarray:
    """One Python call for each value."""
    if out is None:
        out = empty(problem)
    # .data, a memoryview, yields Python integers one at a time, where tolist() makes all at once.
    out[:] = np.fromiter(map(cube, problem.values.data), out.dtype, len(out))
    return out


def amount(problem: Problem) -> tuple[float, str]:
    """A task is one call."""
    return float(len(problem)), "tasks"


def check(problem: Problem, answer: np.ndarray) -> None:
    """Exact, by NumPy's vectorised integer power."""
    require_equal(answer, problem.values**3)
