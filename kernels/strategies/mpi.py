"""Ranks that pass messages, over mpi4py: the one strategy that goes beyond one machine.

A team starts its ranks on this host, and they are called through a socket each; under ``mpiexec``
the ranks are there already, on as many hosts as it has: see ``python -m kernels run``. Either way
the problem's arrays are scattered once, and in each run every rank solves its part and rank 0
gathers the answers, here into memory that it shares with the caller.
"""

import contextlib
import importlib.util
import socket
from collections.abc import Iterator
from multiprocessing.context import BaseContext

from kernels.contract.coordination import WithAsyncio, WithRanks
from kernels.contract.parts import shared_answer
from kernels.contract.workload import Answer, Independent, Problem, Run, Workload
from kernels.errors import WorkerDied
from kernels.machine import blas

HAS_WORKERS, TAKES_START_METHOD = True, False


def why_never(workload: Workload) -> str | None:
    """Whether the workload waits, and so has no version for this strategy."""
    if isinstance(workload, WithAsyncio) and not isinstance(workload, WithRanks):
        return "it waits, and a rank is for a CPU that computes"
    return None


def missing() -> str | None:
    """What MPI lacks here."""
    from kernels.mpi.job import find_mpiexec

    if importlib.util.find_spec("mpi4py") is None:
        return "mpi4py is not installed (pip install 'parallel-kernels[mpi]')"
    if find_mpiexec() is None:
        return "there is no mpiexec beside this Python or on PATH (pip install 'parallel-kernels[mpi]')"
    if not hasattr(socket, "send_fds"):
        return "ranks are called through Unix sockets, which this system has not"
    return None


def start(
    workload: Independent, problem: Problem, workers: int, context: BaseContext
) -> contextlib.AbstractContextManager[Run]:
    """Have every rank solve parts, and gather the answers at rank 0."""
    return _started(workload, problem, workers, alone=True)


def start_coordinated(
    workload: WithRanks, problem: Problem, workers: int, context: BaseContext
) -> contextlib.AbstractContextManager[Run]:
    """Run the workload's own version on all ranks."""
    return _started(workload, problem, workers, alone=False)


@contextlib.contextmanager
def _started(workload: Workload, problem: Problem, workers: int, alone: bool) -> Iterator[Run]:
    """Ranks with the problem in place; they work `alone` where none of them waits for another."""
    from kernels.mpi.answer import SharedAnswer
    from kernels.mpi.job import Job

    like = shared_answer(workload, problem)  # only its shape is used, so that no page of it is ever touched
    with contextlib.ExitStack() as end:
        answers = None if like is None else end.enter_context(contextlib.closing(SharedAnswer(like)))
        del like
        job: Job | None = Job(workload, problem, workers, answers)

        @end.callback
        def close() -> None:
            if job is not None:
                job.close()  # whichever it is by then

        def run() -> Answer:
            nonlocal job
            if job is None:
                with blas.one_thread_in_children():
                    job = Job(workload, problem, workers, answers)
            try:
                answer = job.run(alone)
            except WorkerDied:
                raise
            except Exception:
                if job.pending:  # the other ranks wait for the one that failed, and cannot be called back
                    job.close()
                    job = None  # the next run starts another
                raise
            return answer if answers is None else answers.view

        try:
            yield run
        except BaseException:
            if job is not None:
                job.pending += 1  # by force
            raise
