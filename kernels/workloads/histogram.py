"""How often each value occurs in a large array, counted into one shared array under a lock.

Each worker adds what it counts to the shared counts after a few items, holding the lock: the
contended way. Workload `histogram_merged` has private counts, merged once. ``np.bincount`` keeps
the GIL, so that threads gain nothing by either way where there is one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from kernels.contract.checking import require_equal
from kernels.contract.coordination import Member, TaskPool, Together, Tools
from kernels.contract.parts import share

SIZES = {"S": 2**23, "M": 2**26, "L": 2**29}  # values, a byte each: L is held below 1 s by its memory
BINS = 256
BLOCK = 2**16  # values in a task of `pool`, and sorted at a time by the check
COUNTED = 2**13  # values counted at a time: bincount makes 8 bytes of each. Where that is 128 KiB or more, some builds
# took 2.4 times as long, since the C library gave the memory back each time, as with `stencil`.
TURN = 2**10  # values between two turns at the shared counts


@dataclass(frozen=True)
class Problem:
    """`values`: shape (n,), uint8."""

    values: np.ndarray

    def __len__(self) -> int:
        return len(self.values)


def problem(size: int, seed: int = 0) -> Problem:
    """`size` values, uniform in [0, 256)."""
    values = np.random.default_rng(seed).integers(BINS, size=size, dtype=np.uint8)
    values.flags.writeable = False
    return Problem(values)


def check(problem: Problem, answer: np.ndarray) -> None:
    """Exact, by another algorithm: sort, then find where each value starts by bisection."""
    expected = np.zeros(BINS, np.int64)
    for lo in range(0, len(problem), BLOCK):  # sorting in cache is several times faster
        block = np.sort(problem.values[lo : lo + BLOCK], kind="stable")
        expected += np.diff(np.searchsorted(block, np.arange(BINS)), append=len(block))
    require_equal(answer, expected)


def count(values: np.ndarray) -> np.ndarray:
    """How often each value occurs: shape (BINS,), int64."""
    counts = np.zeros(BINS, np.int64)
    for lo in range(0, len(values), COUNTED):
        counts += np.bincount(values[lo : lo + COUNTED], minlength=BINS)
    return counts


def serial(problem: Problem) -> np.ndarray:
    """How often each value occurs: shape (256,), int64."""
    return count(problem.values)


def state(problem: Problem, workers: int, make: Tools) -> dict[str, Any]:
    """The shared counts, and their lock."""
    return {"counts": make.array((BINS,), np.int64), "lock": make.lock()}


def threaded(problem: Problem, together: Together) -> np.ndarray:
    """Each worker adds to the shared counts again and again."""
    return added_up(together, _count_in_turns)


shared = threaded  # the counts are the threads' or in shared memory; the rest is the same


def added_up(together: Together, function: Callable[[Member], None]) -> np.ndarray:
    """What the shared counts come to when everyone adds to them by `function`."""
    counts: np.ndarray = together.state.counts
    counts[:] = 0
    together.everyone(function)
    return counts


def own_values(member: Member) -> np.ndarray:
    """One worker's share of the values."""
    rows = member.share(len(member.problem))
    values: np.ndarray = member.problem.values[rows.start : rows.stop]
    return values


def _count_in_turns(member: Member) -> None:
    values, counts = own_values(member), member.state.counts
    for lo in range(0, len(values), TURN):
        own = np.bincount(values[lo : lo + TURN], minlength=BINS)
        with member.state.lock:
            counts += own


def pool(problem: Problem, pool: TaskPool) -> np.ndarray:
    """A pool's tasks share no array: each is a block of values, and the parent adds up what comes back."""
    blocks = [problem.values[lo : lo + BLOCK] for lo in range(0, len(problem), BLOCK)]
    total: np.ndarray = np.sum(pool.map(count, blocks), axis=0)
    return total


def portion(problem: Problem, rank: int, ranks: int) -> Problem:
    """What one of the ranks counts under MPI: a share of the values."""
    rows = share(len(problem), rank, ranks)
    return Problem(problem.values[rows.start : rows.stop])


@contextmanager
def mpi(rank: Any) -> Iterator[Callable[[], np.ndarray | None]]:
    """The counts are in a window at rank 0, and each turn accumulates into it under a lock."""
    from mpi4py import MPI

    comm, values = rank.comm, rank.problem.values
    window: Any = MPI.Win.Allocate(BINS * 8 if rank.number == 0 else 0, 8, comm=comm)
    counts: np.ndarray = np.frombuffer(window, np.int64)

    def run() -> np.ndarray | None:
        if rank.number == 0:
            window.Lock(0)
            counts[:] = 0
            window.Unlock(0)
        comm.Barrier()  # none before they are 0
        for lo in range(0, len(values), TURN):
            own = np.bincount(values[lo : lo + TURN], minlength=BINS)
            window.Lock(0)
            window.Accumulate(own, 0, op=MPI.SUM)
            window.Unlock(0)
        comm.Barrier()  # all have added
        return counts.copy() if rank.number == 0 else None

    yield run
    window.Free()
