"""y = A x with a sparse matrix: irregular access to memory, through SciPy's compressed rows (CSR).

Rows of 1 to 15 entries in columns drawn at random, so that neither the next element of x nor the
length of the next row can be foreseen. After the sparse matrix kernel of the Parallel Research
Kernels, which makes its columns irregular by reversing the bits of their numbers.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from kernels.contract.checking import require_equal
from kernels.errors import WrongAnswer

# Rows and columns, of about 100 bytes each: 100 MB, 400 MB and 1 GB. Memory, and not time, sets L.
SIZES = {"S": 1_000_000, "M": 4_000_000, "L": 10_000_000}
LONGEST = 15  # entries in a row
EXPONENTS = 64
BLOCK = 2**16  # rows


@dataclass(frozen=True)
class Problem:
    """Rows of A, and all of x.

    `data`, float64, and `indices`, int32: values and columns of the entries, row after row.
    `indptr`: shape (m + 1,), int32; where in the whole of A each row's entries start and the last
    row's end, so that those of this part are found by taking away its first element.
    `x`: shape (n,), float64.
    """

    data: np.ndarray
    indices: np.ndarray
    indptr: np.ndarray
    x: np.ndarray

    def __len__(self) -> int:
        return len(self.indptr) - 1


def problem(size: int, seed: int = 0) -> Problem:
    """Entry number k, in column j, is (k + 1) / x[j], and x holds powers of two.

    So each entry adds k + 1 to its row of y, exactly, if and only if x is read in the right place
    (or one of the `size` / 64 with the same power).
    """
    random = np.random.default_rng(seed)
    indptr = np.zeros(size + 1, np.int32)
    np.cumsum(random.integers(1, LONGEST, size=size, endpoint=True), out=indptr[1:])
    indices = random.integers(size, size=indptr[-1], dtype=np.int32)
    x = np.ldexp(1.0, np.arange(size) % EXPONENTS - EXPONENTS // 2)
    data = np.arange(1, len(indices) + 1, dtype=np.float64)
    data /= x[indices]
    made = Problem(data, indices, indptr, x)
    for array in (data, indices, indptr, x):
        array.flags.writeable = False
    return made


def part(problem: Problem, lo: int, hi: int) -> Problem:
    """Some rows of A, with their entries; each may need any element of x."""
    entries = slice(*(problem.indptr[[lo, hi]] - problem.indptr[0]))
    return Problem(problem.data[entries], problem.indices[entries], problem.indptr[lo : hi + 1], problem.x)


def empty(problem: Problem) -> np.ndarray:
    """Rows of y: shape (m,), float64."""
    return np.empty(len(problem))


def solve(problem: Problem, out: np.ndarray | None = None) -> np.ndarray:
    """In blocks: SciPy returns a product in memory of its own, which is then small enough to be reused."""
    if out is None:
        out = empty(problem)
    for lo in range(0, len(out), BLOCK):
        rows = part(problem, lo, min(lo + BLOCK, len(out)))
        matrix = csr_array((len(rows), len(rows.x)))
        # Given to csr_array, views would be copied, as would row numbers of another type.
        matrix.data, matrix.indices, matrix.indptr = rows.data, rows.indices, rows.indptr - rows.indptr[0]
        out[lo : lo + BLOCK] = matrix @ rows.x
    return out


def amount(problem: Problem) -> tuple[float, str]:
    """Every array once, from memory or to it: no cache can do with less. (The original counts 2 flop an entry.)"""
    arrays = (problem.data, problem.indices, problem.indptr, problem.x)
    return float(sum(array.nbytes for array in arrays) + 8 * len(problem)), "B"


def check(problem: Problem, answer: np.ndarray) -> None:
    """Closed form, exact: the sum of k + 1 over the entries k of each row."""
    if np.shape(answer) != (len(problem),):
        raise WrongAnswer(f"the answer must have shape {(len(problem),)}, not {np.shape(answer)}")
    for lo in range(0, len(answer), BLOCK):  # in blocks, since fresh memory costs more than the sums
        edges = problem.indptr[lo : lo + BLOCK + 1].astype(np.float64)
        first, last = edges[:-1], edges[1:]
        require_equal(answer[lo : lo + BLOCK], (last - first) * (first + last + 1) / 2)
