"""``joblib.Parallel`` on its own pool, loky: parts as pickles, and large arrays as memory maps.

Joblib keeps one pool in a process, which teams that are open at the same time share: run in turn,
teams of different sizes make it start and stop workers each time, and the first to close ends it
(the next run starts it again). Its workers have a start method of their own, and with one worker
joblib runs in the caller's process.
"""

import contextlib
import importlib.util
import multiprocessing
import os
from collections.abc import Callable, Iterator
from multiprocessing.context import BaseContext
from typing import Any

from kernels.contract.workload import Answer, Portable, Problem, join, room, spans
from kernels.errors import WorkerDied
from kernels.workers.watchdog import watched
from kernels.workers.worker import Guarded, opened

HAS_WORKERS, TAKES_START_METHOD = True, False


def missing() -> str | None:
    if importlib.util.find_spec("joblib") is None:
        return "joblib is not installed (pip install joblib)"
    return None


@contextlib.contextmanager
def start(workload: Any, problem: Problem, workers: int, context: BaseContext) -> Iterator[Callable[[], Answer]]:
    import joblib
    from joblib.externals.loky.process_executor import BrokenProcessPool

    out = room(workload, problem)
    portable = Portable(workload)

    def each(function: Callable[..., Any], tasks: Any) -> list[Any]:
        try:
            answers = parallel(joblib.delayed(Guarded(function))(portable, task) for task in tasks)
        except BrokenProcessPool as error:
            raise WorkerDied(str(error)) from error
        return [opened(answer) for answer in answers]

    def run() -> Answer:
        parts = [workload.part(problem, lo, hi) for lo, hi in spans(len(problem), workers)]
        return join(workload, each(_solve, parts), out)

    with joblib.Parallel(workers, backend="loky", batch_size=1) as parallel:
        try:
            seen: set[int] = set()
            while len(seen) < workers:  # until each has answered once, so that all are up
                seen.update(each(_process, range(workers)))
            with watched(_executor(parallel)) if workers > 1 else contextlib.nullcontext():
                yield run
        finally:
            if workers > 1:
                _executor(parallel).terminate(kill_workers=True)  # and its files in shared memory
                multiprocessing.active_children()  # joins those that were killed, with which their semaphores go


def _executor(parallel: Any) -> Any:
    """The pool behind it: a new one, where the last broke."""
    return parallel._backend._workers


def _process(portable: Portable, _: int) -> int:
    """Which process this is; the workload was imported in it on the way here."""
    return os.getpid()


def _solve(portable: Portable, part: Problem) -> Answer:
    return portable.workload.solve(part)
