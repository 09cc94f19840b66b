"""One counter that every worker increments, one by one: contention, and nothing else.

``count += 1`` reads, adds and writes: whoever writes in between loses its own update, unless a lock
is held from the read to the write. So every increment takes the lock that goes with the value, as
tutorials of ``mp.Value`` show. Workload `counter_merged` gets the same sum without contention.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kernels.contract.coordination import Member, TaskPool, Together, Tools
from kernels.errors import WrongAnswer

# Increments. Contention sets these: `shared` takes some 30 times as long as the 2, 20 and 200 ms of
# `serial`.
SIZES = {"S": 100_000, "M": 1_000_000, "L": 10_000_000}
BATCH = 1_000  # increments in a task of `pool`


@dataclass(frozen=True)
class Problem:
    """Count to `increments`, from 0."""

    increments: int

    def __len__(self) -> int:
        return self.increments


def problem(size: int, seed: int = 0) -> Problem:
    """`size` increments; nothing here is random, so `seed` changes nothing."""
    return Problem(size)


def check(problem: Problem, answer: int) -> None:
    """Exact: a lost update is a wrong answer."""
    if answer != problem.increments:
        raise WrongAnswer(f"counter: {problem.increments} increments make {problem.increments}, not {answer}")


def count(increments: int) -> int:
    """Count in a variable of one's own, which needs no lock."""
    total = 0
    for _ in range(increments):
        total += 1
    return total


def serial(problem: Problem) -> int:
    """Count in one thread, without a lock."""
    return count(problem.increments)


def state(problem: Problem, workers: int, make: Tools) -> dict[str, Any]:
    """The shared value: the threads', or in shared memory."""
    return {"total": make.value()}


def threaded(problem: Problem, together: Together) -> int:
    """Every increment holds the lock of the shared value."""
    return added_up(together, _increment)


shared = threaded  # the value is the threads' or in shared memory; the rest is the same


def added_up(together: Together, function: Any) -> int:
    """What the shared value comes to when everyone adds to it by `function`."""
    together.state.total.value = 0
    together.everyone(function)
    total: int = together.state.total.value
    return total


def _increment(member: Member) -> None:
    total = member.state.total
    for _ in member.share(len(member.problem)):
        with total.get_lock():
            total.value += 1


def pool(problem: Problem, pool: TaskPool) -> int:
    """A pool's tasks share no value: each counts a batch, and the parent adds up what comes back."""
    n = problem.increments
    return sum(pool.map(count, [min(BATCH, n - lo) for lo in range(0, n, BATCH)]))


@contextmanager
def mpi(rank: Any) -> Iterator[Callable[[], int]]:
    """The value is in a window at rank 0, and every increment a fetch-and-op on it."""
    from kernels.mpi.ranks import counter

    with counter(rank.comm) as (add, reset):

        def run() -> int:
            if rank.number == 0:
                reset()
            rank.comm.Barrier()  # none before it is 0
            for _ in rank.share():
                add(1)
            rank.comm.Barrier()  # all have added
            return add(0)

        yield run
