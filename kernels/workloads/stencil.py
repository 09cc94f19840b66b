"""Star stencil on a grid, round after round: a halo exchange and barriers in each.

The stencil of the Parallel Research Kernels (Van der Wijngaart and Mattson, "The Parallel Research
Kernels", HPEC 2014), radius 2. Every round adds to each inner point the weighted differences of
its neighbours, then adds 1 to the whole grid: a worker that computes from a halo of the round
before gets another answer. Between the rounds workers must wait for each other, twice: nobody may
change its rows while they are read, or read its neighbours' before they are changed.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kernels.checking import require_equal
from kernels.coordination import Member, Together
from kernels.workload import spans

SIZES = {"S": 500, "M": 1_600, "L": 5_000}  # rows of inner points, and columns
ROUNDS = 10
RADIUS = 2
BLOCK = 2**14  # points computed at a time: 128 KiB, which stay in a core's cache


@dataclass(frozen=True)
class Problem:
    """`grid`: shape (n + 2 RADIUS, n + 2 RADIUS), float64, with a border of RADIUS points that have no answer.

    As in the original, one round comes before the `rounds` that are asked for.
    """

    grid: np.ndarray
    rounds: int

    def __len__(self) -> int:
        return len(self.grid) - 2 * RADIUS


def problem(size: str | int, seed: int = 0) -> Problem:
    """The grid that is i + j in row i and column j; nothing here is random, so `seed` changes nothing."""
    n = SIZES[size] if isinstance(size, str) else size
    line = np.arange(n + 2 * RADIUS, dtype=np.float64)
    grid = np.add.outer(line, line)
    grid.flags.writeable = False
    return Problem(grid, ROUNDS)


def check(problem: Problem, answer: np.ndarray) -> None:
    """Closed form, exact: each round adds the slope along either axis, 1 + 1, to every point.

    The original compares the L1 norm, 2 (rounds + 1) per point. Old halos pass that: what they take
    on one side of the border between two workers, they add on the other.
    """
    n = len(problem)
    require_equal(answer, np.broadcast_to(2.0 * (problem.rounds + 1), (n, n)))


def star(grid: np.ndarray) -> np.ndarray:
    """The weighted differences at all points of `grid` but its border's."""
    total = _difference(grid, 1)
    for distance in range(2, RADIUS + 1):
        total += _difference(grid, distance)
    return total


def _difference(grid: np.ndarray, distance: int) -> np.ndarray:
    """What the neighbours at this distance contribute."""
    here = slice(RADIUS, -RADIUS)
    before = slice(RADIUS - distance, -RADIUS - distance)
    after = slice(RADIUS + distance, (distance - RADIUS) or None)
    difference: np.ndarray = grid[here, after] - grid[here, before]
    difference += grid[after, here]
    difference -= grid[before, here]
    difference *= 1 / (2 * distance * RADIUS)
    return difference


def add_star(grid: np.ndarray, out: np.ndarray) -> None:
    """Add the star of `grid` to `out`, which has no border, block by block."""
    step = max(1, BLOCK // len(grid[0]))
    for lo in range(0, len(out), step):
        hi = min(lo + step, len(out))
        out[lo:hi] += star(grid[lo : hi + 2 * RADIUS])


def serial(problem: Problem) -> np.ndarray:
    grid, out = problem.grid.copy(), np.zeros((len(problem), len(problem)))
    for _ in range(problem.rounds + 1):
        add_star(grid, out)
        grid += 1
    return out


def state(problem: Problem, workers: int, make: Any) -> dict[str, Any]:
    return {
        "grid": make.array(problem.grid.shape, problem.grid.dtype),
        "out": make.array((len(problem), len(problem)), problem.grid.dtype),
        "barrier": make.barrier(workers),
    }


def threaded(problem: Problem, together: Together) -> np.ndarray:
    together.everyone(work)
    out: np.ndarray = together.state.out
    return out


shared = threaded  # the arrays are the threads' or in shared memory; the rest is the same


def work(member: Member) -> None:
    """All rounds, on one worker's rows; those around them are its neighbours', and its halo."""
    grid, barrier = member.state.grid, member.state.barrier
    rows = member.share(len(member.problem))
    seen, out = grid[rows.start : rows.stop + 2 * RADIUS], member.state.out[rows.start : rows.stop]
    kept = member.share(len(grid))
    own = slice(kept.start, kept.stop)  # the rows that this worker changes, of the border too

    out[...] = 0
    grid[own] = member.problem.grid[own]
    barrier.wait()
    for _ in range(member.problem.rounds + 1):
        add_star(seen, out)
        barrier.wait()
        grid[own] += 1
        barrier.wait()


def pool(problem: Problem, pool: Any) -> np.ndarray:
    """A pool's workers keep nothing: every round sends each its rows with their halos, and gets the star of them."""
    grid, out = problem.grid.copy(), np.zeros((len(problem), len(problem)))
    shares = spans(len(problem), pool.workers, parts_per_worker=1)
    for _ in range(problem.rounds + 1):
        stars = pool.map(whole_star, [grid[lo : hi + 2 * RADIUS] for lo, hi in shares])
        for (lo, hi), answer in zip(shares, stars, strict=True):
            out[lo:hi] += answer
        grid += 1
    return out


def whole_star(grid: np.ndarray) -> np.ndarray:
    """The star of `grid`, made block by block."""
    rows, columns = (length - 2 * RADIUS for length in grid.shape)
    out = np.zeros((rows, columns))
    add_star(grid, out)
    return out
