"""The counts of `histogram` without contention: each worker has its own, and merges them once.

The problem is that of `histogram`, and so are its check and `serial`: what differs is how often the
lock is taken, and how many small arrays are added for it.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from kernels.contract.coordination import Member, TaskPool, Together
from kernels.contract.parts import spans
from kernels.workloads import histogram
from kernels.workloads.histogram import Problem

SIZES, problem, check = histogram.SIZES, histogram.problem, histogram.check
serial, state, portion = histogram.serial, histogram.state, histogram.portion


def threaded(problem: Problem, together: Together) -> np.ndarray:
    """Each worker adds to the shared counts once."""
    return histogram.added_up(together, _count_and_merge)


shared = threaded


def _count_and_merge(member: Member) -> None:
    counts = member.state.counts
    own = histogram.count(histogram.own_values(member))
    with member.state.lock:
        counts += own


def pool(problem: Problem, pool: TaskPool) -> np.ndarray:
    """One task per worker; as in `histogram`, the parent adds up."""
    shares = spans(len(problem), pool.workers, parts_per_worker=1)
    total: np.ndarray = np.sum(pool.map(histogram.count, [problem.values[lo:hi] for lo, hi in shares]), axis=0)
    return total


def messages(problem: Problem, ranks: int) -> tuple[int, int]:
    """What a rank sends in a run under MPI, one after the other: how many messages, and the bytes of each."""
    return math.ceil(math.log2(ranks)), histogram.BINS * 8  # a reduction


@contextmanager
def mpi(rank: Any) -> Iterator[Callable[[], np.ndarray | None]]:
    """One reduction of the ranks' counts; the sum is rank 0's."""
    total = np.zeros(histogram.BINS, np.int64) if rank.number == 0 else None

    def run() -> np.ndarray | None:
        rank.comm.Reduce(histogram.count(rank.problem.values), total)
        return total

    yield run
