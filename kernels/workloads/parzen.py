"""Parzen-window density estimate at a point, for many window widths: NumPy on small arrays.

The window is a hypercube with side h, so the estimate from n samples in d dimensions is
k / (n h^d), where k samples lie in the cube of side h around the point (Parzen, "On estimation
of a probability density function and mode", Ann. Math. Stat. 33, 1962; Duda, Hart and Stork,
"Pattern Classification", section 4.3). A widely copied tutorial divides by h instead of h^d,
which is right only for d = 1.
"""

from dataclasses import dataclass

import numpy as np

from kernels.contract.checking import require_equal

SIZES = {"S": 1_000, "M": 10_000, "L": 100_000}  # window widths
SAMPLES = 10_000
DIMENSIONS = 2


@dataclass(frozen=True)
class Problem:
    """`samples`: shape (d, n); `point`: shape (d,); `widths`: sides of the window, shape (m,).

    Samples are stored a dimension per row, so that each row is read in one sweep.
    """

    samples: np.ndarray
    point: np.ndarray
    widths: np.ndarray

    def __len__(self) -> int:
        return len(self.widths)


def problem(size: int, seed: int = 0) -> Problem:
    """`size` widths from 0.1 to 1.2, and samples of a standard normal, judged at the origin."""
    samples = np.random.default_rng(seed).standard_normal((DIMENSIONS, SAMPLES))
    made = Problem(samples, np.zeros(DIMENSIONS), np.linspace(0.1, 1.2, size))
    for array in (made.samples, made.point, made.widths):
        array.flags.writeable = False
    return made


def part(problem: Problem, lo: int, hi: int) -> Problem:
    """Some of the widths; each needs every sample."""
    return Problem(problem.samples, problem.point, problem.widths[lo:hi])


def empty(problem: Problem) -> np.ndarray:
    """An estimate for each width: shape (m,), float64."""
    return np.empty(len(problem.widths))


def solve(problem: Problem, out: np.ndarray | None = None) -> np.ndarray:
    """In arrays that all widths share: to allocate some for each can cost more than to fill them."""
    if out is None:
        out = empty(problem)
    d, n = problem.samples.shape
    distance, near, inside = np.empty(n), np.empty(n, bool), np.empty(n, bool)
    for i, h in enumerate(problem.widths):
        inside.fill(True)
        for row, x in zip(problem.samples, problem.point, strict=True):
            np.subtract(row, x, out=distance)
            np.abs(distance, out=distance)
            inside &= np.less_equal(distance, h / 2, out=near)
        out[i] = np.count_nonzero(inside) / (n * h**d)
    return out


def check(problem: Problem, answer: np.ndarray) -> None:
    """Another algorithm: sort the samples by Chebyshev distance once, then count by bisection."""
    d, n = problem.samples.shape
    distances = np.sort(np.abs(problem.samples - problem.point[:, np.newaxis]).max(axis=0))
    counts = np.searchsorted(distances, problem.widths / 2, side="right")
    # The power of one number and that of an array may differ in the last place.
    require_equal(answer, counts / (n * problem.widths**d), rtol=1e-12)
