"""Star stencil on a grid, round after round: a halo exchange and barriers in each.

The stencil of the Parallel Research Kernels (Van der Wijngaart and Mattson, "The Parallel Research
Kernels", HPEC 2014), radius 2. Every round adds to each inner point the weighted differences of
its neighbours, then adds 1 to the whole grid: a worker that computes from a halo of the round
before gets another answer. Between the rounds workers must wait for each other, twice: nobody may
change its rows while they are read, or read its neighbours' before they are changed.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.contract.checking import require_equal
from kernels.contract.coordination import Member, TaskPool, Together, Tools
from kernels.contract.parts import spans
from kernels.contract.workload import Run

if TYPE_CHECKING:
    from kernels.mpi.ranks import Rank

SIZES = {"S": 500, "M": 1_600, "L": 5_000}  # rows of inner points, and columns
ROUNDS = 10
RADIUS = 2
BLOCK = 2**14  # points computed at a time: 128 KiB, which stay in a core's cache


@dataclass(frozen=True)
class Problem:
    """`grid`: shape (n + 4, n + 4), float64, with a border of 2 points that have no answer.

    As in the original, one round comes before the `rounds` that are asked for.
    """

    grid: np.ndarray
    rounds: int

    def __len__(self) -> int:
        return len(self.grid) - 2 * RADIUS


def problem(size: int, seed: int = 0) -> Problem:
    """The grid that is i + j in row i and column j; nothing here is random, so `seed` changes nothing."""
    line = np.arange(size + 2 * RADIUS, dtype=np.float64)
    grid = np.add.outer(line, line)
    grid.flags.writeable = False
    return Problem(grid, ROUNDS)


def star(grid: np.ndarray, room: np.ndarray) -> np.ndarray:
    """The kernel: the weighted differences at all points but the border's, shape (m, n) to (m - 4, n - 4).

    They are made in `room`, which is two arrays of at least as many rows: fresh arrays of 128 kB for every block
    took more than half of the time wherever the C library gave their memory back each time (see `parzen_temporaries`).
    """
    rows = len(grid) - 2 * RADIUS
    near: np.ndarray = room[0, :rows]
    far = room[1, :rows]
    np.subtract(grid[2:-2, 3:-1], grid[2:-2, 1:-3], out=near)
    near += grid[3:-1, 2:-2]
    near -= grid[1:-3, 2:-2]
    near *= 1 / 4
    np.subtract(grid[2:-2, 4:], grid[2:-2, :-4], out=far)
    far += grid[4:, 2:-2]
    far -= grid[:-4, 2:-2]
    far *= 1 / 8
    near += far
    return near


def room_for(columns: int) -> np.ndarray:
    """What `add_star` computes in, for all rounds."""
    return np.empty((2, max(1, BLOCK // columns), columns))


def add_star(grid: np.ndarray, out: np.ndarray, room: np.ndarray) -> None:
    """Add the star of `grid` to `out`, which has no border, block by block, in the room that there is for a block."""
    step = room.shape[1]
    for lo in range(0, len(out), step):
        hi = min(lo + step, len(out))
        out[lo:hi] += star(grid[lo : hi + 2 * RADIUS], room)


def serial(problem: Problem) -> np.ndarray:
    """The whole grid, round after round: shape (n, n)."""
    grid, out, room = problem.grid.copy(), np.zeros((len(problem), len(problem))), room_for(len(problem))
    for _ in range(problem.rounds + 1):
        add_star(grid, out, room)
        grid += 1
    return out


def state(problem: Problem, workers: int, make: Tools) -> dict[str, Any]:
    """What the workers share: the grid, the answer, and a barrier."""
    return {
        "grid": make.array(problem.grid.shape, problem.grid.dtype),
        "out": make.array((len(problem), len(problem)), problem.grid.dtype),
        "barrier": make.barrier(workers),
    }


def threaded(problem: Problem, together: Together) -> np.ndarray:
    """Each worker has rows of its own, and sees those of its neighbours."""
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

    room = room_for(len(member.problem))
    out[...] = 0
    grid[own] = member.problem.grid[own]
    barrier.wait()
    for _ in range(member.problem.rounds + 1):
        add_star(seen, out, room)
        barrier.wait()
        grid[own] += 1
        barrier.wait()


def pool(problem: Problem, pool: TaskPool) -> np.ndarray:
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
    add_star(grid, out, room_for(columns))
    return out


def amount(problem: Problem) -> tuple[float, str]:
    """As the Parallel Research Kernels count: 2 flop for each of the star's 4 radius + 1 points, and 1 to add 1."""
    return float(2 * (4 * RADIUS + 1) + 1) * len(problem) ** 2 * (problem.rounds + 1), "flop"


def check(problem: Problem, answer: np.ndarray) -> None:
    """Closed form, exact: each round adds the slope along either axis, 1 + 1, to every point.

    The original compares the L1 norm, 2 (rounds + 1) per point. Old halos pass that: what they take
    on one side of the border between two workers, they add on the other.
    """
    n = len(problem)
    require_equal(answer, np.broadcast_to(2.0 * (problem.rounds + 1), (n, n)))


def empty(problem: Problem) -> np.ndarray:
    """An array for the answer of MPI's rank 0."""
    return np.empty((len(problem), len(problem)))


def portion(problem: Problem, rank: int, ranks: int) -> Problem | None:
    """What a rank needs under MPI: its rows with their halos."""
    from kernels.workloads import _stencil_mpi

    return _stencil_mpi.portion(problem, rank, ranks)


def messages(problem: Problem, ranks: int) -> tuple[int, int]:
    """What a rank sends in a run under MPI, one after the other: how many messages, and the bytes of each."""
    return 2 * problem.rounds, RADIUS * (len(problem) + 2 * RADIUS) * 8  # a halo each way in each round


def mpi(rank: Rank) -> AbstractContextManager[Run]:
    """The version that passes messages, in a file of its own: ``_stencil_mpi.py``."""
    from kernels.workloads import _stencil_mpi

    return _stencil_mpi.mpi(rank)
