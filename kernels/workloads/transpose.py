"""B = A^T: strided memory traffic, in which every worker reads from every row of A.

The transposition of the Parallel Research Kernels. No arithmetic at all: tile by tile, so that
both the tile that is read and the one that is written stay in cache until all of it was used.
"""

from dataclasses import dataclass

import numpy as np

from kernels.contract.checking import require_equal
from kernels.errors import WrongAnswer

# Rows and columns, 8 bytes an element: 69 MiB, 275 MiB and 1.1 GiB a matrix. Memory, and not time,
# sets M and L. No powers of two: the rows of a tile would then compete for the same lines of cache.
SIZES = {"S": 3_000, "M": 6_000, "L": 12_000}
SEEDS = 2**32  # that differ: the elements stay far below 2^53, and so are exact
TILE = 256  # rows and columns: 512 KiB
BLOCK = 2**16  # elements


@dataclass(frozen=True)
class Problem:
    """`a`: columns of A, shape (n, m), float64."""

    a: np.ndarray

    def __len__(self) -> int:
        columns: int = self.a.shape[1]
        return columns


def problem(size: int, seed: int = 0) -> Problem:
    """A counts up from `seed`, row after row, so that no two elements are the same."""
    a = np.arange(size * size, dtype=np.float64).reshape(size, size)
    a += seed % SEEDS
    a.flags.writeable = False
    return Problem(a)


def part(problem: Problem, lo: int, hi: int) -> Problem:
    """Some columns of A, which are rows of B."""
    return Problem(problem.a[:, lo:hi])


def empty(problem: Problem) -> np.ndarray:
    """Rows of B: shape (m, n), float64."""
    return np.empty(problem.a.shape[::-1], problem.a.dtype)


def solve(problem: Problem, out: np.ndarray | None = None) -> np.ndarray:
    """Tile by tile."""
    if out is None:
        out = empty(problem)
    n, m = problem.a.shape
    for i in range(0, m, TILE):
        for j in range(0, n, TILE):
            out[i : i + TILE, j : j + TILE] = problem.a[j : j + TILE, i : i + TILE].T
    return out


def amount(problem: Problem) -> tuple[float, str]:
    """As the Parallel Research Kernels count: each element is read once and written once."""
    return 16.0 * problem.a.size, "B"


def check(problem: Problem, answer: np.ndarray) -> None:
    """Closed form, exact: row i of B starts with A[0, i] and counts up by n, the length of A's rows."""
    n, m = problem.a.shape
    if np.shape(answer) != (m, n):
        raise WrongAnswer(f"the answer must have shape {(m, n)}, not {np.shape(answer)}")
    steps = n * np.arange(n, dtype=np.float64)
    rows = max(1, BLOCK // n)
    for lo in range(0, m, rows):  # in blocks, since fresh memory costs more than the sums
        require_equal(answer[lo : lo + rows], problem.a[0, lo : lo + rows, np.newaxis] + steps)
