"""a = b + s c over large arrays: bound by memory bandwidth.

The triad of the STREAM benchmark (McCalpin, 1995): two floating-point operations for 24 bytes
moved, so that more workers pay only as far as one core cannot fill the memory's bandwidth, and
sending the arrays to another process costs far more than the work on them.
"""

from dataclasses import dataclass

import numpy as np

from kernels.contract.checking import require_equal
from kernels.errors import WrongAnswer

# Elements per array, 8 bytes each: 64 MiB, 256 MiB and 1 GiB. Memory, and not time, sets M and L.
SIZES = {"S": 2**23, "M": 2**25, "L": 2**27}
SCALE = 3.0
SEEDS = 2**20  # that differ: all numbers stay whole, and below 2^53
BLOCK = 2**16  # elements; 512 KiB, so that a block of `out` is still in cache for its second pass


@dataclass(frozen=True)
class Problem:
    """`b`, `c`: shape (n,), float64; `scale`: a number."""

    b: np.ndarray
    c: np.ndarray
    scale: float

    def __len__(self) -> int:
        return len(self.b)


def problem(size: int, seed: int = 0) -> Problem:
    """`b` counts up from the seed and `c` down from `size`, so that a is known in closed form."""
    b = np.arange(size, dtype=np.float64) + seed % SEEDS
    c = np.arange(size, 0, -1, dtype=np.float64)
    b.flags.writeable = c.flags.writeable = False
    return Problem(b, c, SCALE)


def part(problem: Problem, lo: int, hi: int) -> Problem:
    """Some elements of both arrays."""
    return Problem(problem.b[lo:hi], problem.c[lo:hi], problem.scale)


def empty(problem: Problem) -> np.ndarray:
    """Elements of a: shape (n,), float64."""
    return np.empty_like(problem.b)


def solve(problem: Problem, out: np.ndarray | None = None) -> np.ndarray:
    """NumPy has no fused triad: two passes, made block by block so that memory sees one."""
    if out is None:
        out = empty(problem)
    for lo in range(0, len(out), BLOCK):
        block = slice(lo, lo + BLOCK)
        np.multiply(problem.c[block], problem.scale, out=out[block])
        np.add(out[block], problem.b[block], out=out[block])
    return out


def amount(problem: Problem) -> tuple[float, str]:
    """As STREAM counts: two elements read and one written."""
    return 24.0 * len(problem), "B"


def check(problem: Problem, answer: np.ndarray) -> None:
    """Closed form, exact: b[i] = b[0] + i and c[i] = c[0] - i are whole numbers below 2^53."""
    first, step = problem.b[0] + problem.scale * problem.c[0], 1 - problem.scale
    if np.shape(answer) != np.shape(problem.b):
        raise WrongAnswer(f"the answer must have shape {np.shape(problem.b)}, not {np.shape(answer)}")
    for lo in range(0, len(answer), BLOCK):  # in blocks, since fresh memory costs more than the sums
        block = answer[lo : lo + BLOCK]
        require_equal(block, first + step * np.arange(lo, lo + len(block), dtype=np.float64))
