"""The sum of `counter` without contention: each worker counts for itself, and adds to the value once.

The problem is that of `counter`, and so are its check and `serial`: what differs is how often the
lock is taken.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kernels.contract.coordination import Member, TaskPool, Together
from kernels.contract.parts import spans
from kernels.workloads import counter
from kernels.workloads.counter import Problem

SIZES, problem, check = counter.SIZES, counter.problem, counter.check
serial, state = counter.serial, counter.state


def threaded(problem: Problem, together: Together) -> int:
    """Each worker holds the lock of the shared value once."""
    return counter.added_up(together, _count_and_add)


shared = threaded


def _count_and_add(member: Member) -> None:
    total = member.state.total
    own = counter.count(len(member.share(len(member.problem))))
    with total.get_lock():
        total.value += own


def pool(problem: Problem, pool: TaskPool) -> int:
    """One task per worker; as in `counter`, the parent adds up."""
    shares = spans(len(problem), pool.workers, parts_per_worker=1)
    return sum(pool.map(counter.count, [hi - lo for lo, hi in shares]))


@contextmanager
def mpi(rank: Any) -> Iterator[Callable[[], int | None]]:
    """One reduction; the sum is rank 0's."""
    yield lambda: rank.comm.reduce(counter.count(len(rank.share())))
