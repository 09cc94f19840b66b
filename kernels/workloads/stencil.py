"""Star stencil on a grid, round after round: a halo exchange and barriers in each.

The stencil of the Parallel Research Kernels (Van der Wijngaart and Mattson, "The Parallel Research
Kernels", HPEC 2014), radius 2. Every round adds to each inner point the weighted differences of
its neighbours, then adds 1 to the whole grid: a worker that computes from a halo of the round
before gets another answer. Between the rounds workers must wait for each other, twice: nobody may
change its rows while they are read, or read its neighbours' before they are changed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from kernels.contract.checking import require_equal
from kernels.contract.coordination import Member, TaskPool, Together, Tools
from kernels.contract.parts import share, spans
from kernels.mpi.placement import gather

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


def problem(size: int, seed: int = 0) -> Problem:
    """The grid that is i + j in row i and column j; nothing here is random, so `seed` changes nothing."""
    line = np.arange(size + 2 * RADIUS, dtype=np.float64)
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


def state(problem: Problem, workers: int, make: Tools) -> dict[str, Any]:
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
    add_star(grid, out)
    return out


def empty(problem: Problem) -> np.ndarray:
    """Room for the answer at rank 0 under MPI."""
    return np.empty((len(problem), len(problem)))


def ranks_with_rows(n: int, ranks: int) -> int:
    """How many ranks take part: a halo reaches no farther than the neighbour, so each has at least RADIUS rows."""
    return max(1, min(ranks, n // RADIUS))


def portion(problem: Problem, rank: int, ranks: int) -> Problem | None:
    """What a rank needs under MPI: its rows with their halos."""
    n, active = len(problem), ranks_with_rows(len(problem), ranks)
    rows = share(n, rank, active)
    return Problem(problem.grid[rows.start : rows.stop + 2 * RADIUS], problem.rounds) if rank < active else None


@contextmanager
def mpi(rank: Any) -> Iterator[Callable[[], np.ndarray | None]]:
    """Each rank has its rows alone, and in every round sends those at its edges to its neighbours."""
    ranks, active = rank.comm.size, ranks_with_rows(rank.items, rank.comm.size)
    shares = [share(rank.items, min(number, active), active) for number in range(ranks)]
    rows = [(each.start, each.stop) if number < active else (0, 0) for number, each in enumerate(shares)]
    line = rank.comm.Create_cart([active], reorder=False)
    if rank.problem is None:
        yield lambda: gather(rank.comm, rows, None, None)
        return
    above, below = line.Shift(0, 1)
    seen = np.empty_like(rank.problem.grid)
    lo, hi = rows[rank.number]
    own = np.empty((hi - lo, rank.items)) if rank.out is None else rank.out[lo:hi]
    # The rows that this rank changes: at either end of the line, the border too.
    first, last = rank.number == 0, rank.number == active - 1
    changed = seen[0 if first else RADIUS : None if last else -RADIUS]

    def exchange() -> None:
        line.Sendrecv(seen[RADIUS : 2 * RADIUS], above, recvbuf=seen[-RADIUS:], source=below)
        line.Sendrecv(seen[-2 * RADIUS : -RADIUS], below, recvbuf=seen[:RADIUS], source=above)

    def run() -> np.ndarray | None:
        seen[...] = rank.problem.grid
        own[...] = 0
        for round_ in range(rank.problem.rounds + 1):
            if round_ > 0:
                with rank.phases("halo"):
                    exchange()
            with rank.phases("compute"):
                add_star(seen, own)
                np.add(changed, 1, out=changed)
        with rank.phases("gather"):
            gather(rank.comm, rows, own, rank.out)
        answer: np.ndarray | None = rank.out
        return answer

    yield run
    line.Free()
