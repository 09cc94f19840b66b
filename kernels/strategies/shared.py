"""Processes, started once, that see the problem's arrays and the answer's in ``mp.Array`` memory.

The arrays are copied there once, when the team opens. After that a task is two numbers, and an
array answer is written where it belongs: nothing array-sized is pickled.
"""

import contextlib
from collections.abc import Iterator
from multiprocessing.context import BaseContext
from typing import Any

from kernels.contract.coordination import WithProcesses
from kernels.contract.loading import Portable
from kernels.contract.parts import joiner, shared_answer, solve, spans_of
from kernels.contract.workload import Answer, Independent, Problem, Run
from kernels.workers.process_group import ProcessGroup
from kernels.workers.sharing import SharedArray, SharedProblem
from kernels.workers.together import processes

HAS_WORKERS = TAKES_START_METHOD = True


@contextlib.contextmanager
def start(workload: Independent, problem: Problem, workers: int, context: BaseContext) -> Iterator[Run]:
    """Copy the problem's arrays into shared memory, and solve parts in processes that see them there."""
    like = shared_answer(workload, problem)  # only its shape is used, so that no page of it is ever touched
    shared_out = None if like is None else SharedArray(context, like.shape, like.dtype)
    del like
    out = None if shared_out is None else shared_out.view()
    join = joiner(workload, None)
    shared = SharedProblem.of(problem, context)
    group = ProcessGroup(context, workers, _arrive, Portable(workload), shared, shared_out)

    def run() -> Answer:
        answers = group.map(_solve_span, spans_of(workload, problem, workers))
        return join(answers) if out is None else out

    with contextlib.closing(group):
        yield run


@contextlib.contextmanager
def start_coordinated(workload: WithProcesses, problem: Problem, workers: int, context: BaseContext) -> Iterator[Run]:
    """Run the workload's own version on processes that act together."""
    with processes(workload, problem, workers, context) as together:
        yield lambda: workload.shared(problem, together)


State = tuple[Independent, Problem, Any]  # in a worker: the workload, the problem, and the answer's array


def _arrive(rank: int, portable: Portable, problem: SharedProblem, out: SharedArray | None) -> State:
    return portable.workload, problem.view(), None if out is None else out.view()


def _solve_span(state: State, lo: int, hi: int) -> Answer:
    workload, problem, out = state
    part = workload.part(problem, lo, hi)
    if out is None:
        return solve(workload, part, None)
    solve(workload, part, out[lo:hi])
    return None
