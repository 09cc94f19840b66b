"""What every rank does: take its part of the problem, work on it, and bring the answers together at rank 0."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from kernels.contract.coordination import WithRanks
from kernels.contract.parts import joiner, share, shared_answer, solve, spans
from kernels.contract.workload import Answer, ArrayAnswer, Independent, Problem, Run, Workload
from kernels.mpi.placement import gather, placed
from kernels.workers.replies import packed, unpacked

if TYPE_CHECKING:
    import numpy as np


class Phases(dict[str, float]):
    """Seconds that this rank has spent in each phase, by its name."""

    @contextlib.contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Add what the block takes to the phase."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self[name] = self.get(name, 0.0) + time.perf_counter() - begin


@dataclasses.dataclass(frozen=True)
class Rank:
    """One of the ranks, as a coordinated workload's ``mpi(rank)`` sees it.

    `problem`: what the workload's ``portion`` says that this rank needs; the whole, in memory that
    the ranks of a host share, where it has none. `items`: how many there are in the whole. `out`:
    at rank 0, memory for the answer where the workload has ``empty``.
    """

    comm: Any
    problem: Problem
    items: int
    out: np.ndarray | None
    phases: Phases

    @property
    def number(self) -> int:
        """The place among all ranks, from 0."""
        return int(self.comm.rank)

    def share(self) -> range:
        """The rank's consecutive share of the items."""
        return share(self.items, self.number, self.comm.size)


@contextlib.contextmanager
def ready(comm: Any, workload: Workload, problem: Problem, out: np.ndarray | None, phases: Phases) -> Iterator[Run]:
    """Place the problem, which rank 0 has, and yield what all ranks call to solve it once.

    Rank 0 returns the answer, in `out` where it is an array; the others return None. Entered, called
    and left by all ranks together. What a kernel raises is raised at its rank, or at rank 0, once
    all are back; in a coordinated workload the other ranks may then wait for ever.
    """
    items, scalar = comm.bcast((len(problem), not _has_arrays(problem)) if comm.rank == 0 else None)
    rank = Rank(comm, problem, items, out, phases)
    if not isinstance(workload, Independent):
        started = _coordinated(workload, rank)  # type: ignore[arg-type]
    elif scalar and not isinstance(workload, ArrayAnswer):
        started = _by_tickets(workload, rank)
    else:
        started = _by_parts(workload, rank)
    with started as run:
        yield run


def _has_arrays(problem: Problem) -> bool:
    return any(hasattr(getattr(problem, field.name), "dtype") for field in dataclasses.fields(problem))


@contextlib.contextmanager
def _coordinated(workload: WithRanks, rank: Rank) -> Iterator[Run]:
    portions = []
    if rank.number == 0:
        portion = getattr(workload, "portion", lambda problem, number, ranks: problem)
        portions = [portion(rank.problem, number, rank.comm.size) for number in range(rank.comm.size)]
    with contextlib.ExitStack() as stack:
        with rank.phases("scatter"):
            mine = stack.enter_context(placed(rank.comm, portions))
        yield stack.enter_context(workload.mpi(dataclasses.replace(rank, problem=mine)))


@contextlib.contextmanager
def _by_parts(workload: Independent, rank: Rank) -> Iterator[Run]:
    """A part for each rank, of the same number of items."""
    comm, out = rank.comm, rank.out
    rows = spans(rank.items, comm.size, parts_per_worker=1)
    rows += [(rank.items, rank.items)] * (comm.size - len(rows))
    lo, hi = rows[rank.number]
    portions = []
    if rank.number == 0:
        portions = [workload.part(rank.problem, lo, hi) if lo < hi else None for lo, hi in rows]
    with contextlib.ExitStack() as stack:
        with rank.phases("scatter"):
            part = stack.enter_context(placed(comm, portions))
        del portions
        has_rows = isinstance(workload, ArrayAnswer)
        own = out[lo:hi] if out is not None else None if part is None else shared_answer(workload, part)

        def run() -> Answer:
            answer = error = None
            with rank.phases("compute"):
                try:
                    answer = None if part is None else solve(workload, part, own)
                except Exception as raised:  # the other ranks count on this one in what follows
                    error = raised
            with rank.phases("gather"):
                if has_rows:
                    gather(comm, rows, own, out)
                    if error is not None:
                        raise error
                    return out
                answers = _answers(comm, [] if part is None else [(rank.number, answer)], error)
                return answers and joiner(workload, None)(answers)

        yield run


@contextlib.contextmanager
def _by_tickets(workload: Independent, rank: Rank) -> Iterator[Run]:
    """Parts that ranks take as they become free: no array goes with one, so that all may be anywhere."""
    comm = rank.comm
    cuts = spans(rank.items, comm.size, chunk=getattr(workload, "chunk", None))
    with rank.phases("scatter"):
        problem = comm.bcast(rank.problem)
    with counter(comm) as (add, _):
        base = 0

        def run() -> Answer:
            nonlocal base
            answers, error = [], None
            with rank.phases("compute"):
                while (number := add(1) - base) < len(cuts):
                    if error is None:  # and else the others are not to wait for its parts
                        try:
                            answers.append((number, solve(workload, workload.part(problem, *cuts[number]), None)))
                        except Exception as raised:
                            error = raised
            base += len(cuts) + comm.size  # each rank took one beyond the last
            with rank.phases("gather"):
                joined = _answers(comm, answers, error)
                return joined and joiner(workload, None)(joined)

        yield run


def _answers(comm: Any, mine: list[tuple[int, Answer]], error: Exception | None) -> list[Answer] | None:
    """At rank 0 the answers of all ranks by their numbers; what a rank raised is raised there."""
    replies = comm.gather(packed(0, mine, error))
    if replies is None:
        return None
    found = []
    for reply in replies:
        _, answers, raised = unpacked(reply)
        if raised is not None:
            raise raised
        found += answers
    return [answer for _, answer in sorted(found, key=lambda each: int(each[0]))]


@contextlib.contextmanager
def counter(comm: Any) -> Iterator[tuple[Callable[[int], int], Callable[[], None]]]:
    """A number in a window at rank 0: yields what adds to it and returns what it was, and what sets it to 0.

    On one host, rank 0 does nothing for it. ``mpi4py.util.sync.Counter`` locks the window anew for each number,
    which rank 0 has to answer: a rank would wait for as long as rank 0 computes. Between hosts, rank 0 must be in a
    call of MPI for its answer, or MPI have a thread for that (MPICH: ``MPIR_CVAR_ASYNC_PROGRESS=1``).
    """
    import numpy as np
    from mpi4py import MPI

    window = MPI.Win.Allocate(8 if comm.rank == 0 else 0, 8, comm=comm)
    step, before, zero = np.zeros((3, 1), np.int64)

    def add(increment: int) -> int:
        step[0] = increment
        window.Fetch_and_op(step, before, 0)
        window.Flush(0)
        return int(before[0])

    def reset() -> None:
        window.Fetch_and_op(zero, before, 0, op=MPI.REPLACE)
        window.Flush(0)

    window.Lock_all()
    if comm.rank == 0:
        reset()
    comm.Barrier()
    yield add, reset
    window.Unlock_all()  # not after an exception: freeing waits for all, and this rank may be alone with it
    window.Free()
