"""C = A B, dense matrices in double precision: BLAS, which has threads of its own.

The DGEMM of the Parallel Research Kernels, on matrices whose product is known in closed form. Each
worker needs all of B for its rows of C. Where BLAS is not held to one thread per worker, workers
and their BLAS threads multiply, and compete for the same CPUs.
"""

from dataclasses import dataclass

import numpy as np

from kernels.contract.checking import require_equal
from kernels.errors import WrongAnswer

SIZES = {"S": 700, "M": 1_500, "L": 3_200}  # rows and columns of all three
SEEDS = 1024  # that differ: the numbers stay so small that a product is exact in whatever order it is summed
BLOCK = 2**16  # elements


@dataclass(frozen=True)
class Problem:
    """`a`: rows of A, shape (m, n); `b`: all of B, shape (n, n); float64."""

    a: np.ndarray
    b: np.ndarray

    def __len__(self) -> int:
        return len(self.a)


def problem(size: int, seed: int = 0) -> Problem:
    """A[i, k] = i + k + `seed` and B[k, j] = j + k, so that no two rows or columns of C are the same."""
    k = np.arange(size, dtype=np.float64)
    b = k[:, np.newaxis] + k
    a = b + seed % SEEDS
    a.flags.writeable = b.flags.writeable = False
    return Problem(a, b)


def part(problem: Problem, lo: int, hi: int) -> Problem:
    """Some rows of A; each needs all of B."""
    return Problem(problem.a[lo:hi], problem.b)


def empty(problem: Problem) -> np.ndarray:
    """Rows of C: shape (m, n), float64."""
    return np.empty_like(problem.a)


def solve(problem: Problem, out: np.ndarray | None = None) -> np.ndarray:
    """A product by BLAS."""
    return np.matmul(problem.a, problem.b, out=out)


def amount(problem: Problem) -> tuple[float, str]:
    """A multiplication and an addition for each element of a row, a column, and the other axis."""
    rows, n = problem.a.shape
    return 2.0 * rows * n * problem.b.shape[1], "flop"


def check(problem: Problem, answer: np.ndarray) -> None:
    """Closed form, exact: the sum of (a + k) (b + k) over k < n, with a = A[i, 0] and b = B[0, j]."""
    if np.shape(answer) != problem.a.shape:
        raise WrongAnswer(f"the answer must have shape {problem.a.shape}, not {np.shape(answer)}")
    n = len(problem.b)
    linear, squares = n * (n - 1) // 2, n * (n - 1) * (2 * n - 1) // 6
    b = problem.b[0]
    rows = max(1, BLOCK // n)
    for lo in range(0, len(answer), rows):  # in blocks, since fresh memory costs more than the sums
        a = problem.a[lo : lo + rows, :1]
        require_equal(answer[lo : lo + rows], a * (n * b + linear) + (linear * b + squares))
