"""``joblib.Parallel`` on its own pool, loky: parts as pickles, and large arrays as memory maps.

Joblib keeps one pool in a process: teams of different sizes that are run in turn make it start
and stop workers each time. Its workers have their own start method (loky's fork and exec).
"""

import contextlib
import importlib.util
from collections.abc import Callable, Iterator
from multiprocessing.context import BaseContext
from typing import Any

from kernels.errors import WorkerDied
from kernels.workload import Answer, Portable, Problem, join, room, spans

HAS_WORKERS, TAKES_START_METHOD = True, False


def why_not(workload: Any) -> str | None:
    if importlib.util.find_spec("joblib") is None:
        return "joblib is not installed (pip install joblib)"
    return None


@contextlib.contextmanager
def start(workload: Any, problem: Problem, workers: int, context: BaseContext) -> Iterator[Callable[[], Answer]]:
    import joblib
    from joblib.externals.loky.process_executor import BrokenProcessPool

    out = room(workload, problem)
    portable = Portable(workload)

    with joblib.Parallel(workers, backend="loky", batch_size=1) as parallel:

        def run() -> Answer:
            parts = [workload.part(problem, lo, hi) for lo, hi in spans(len(problem), workers)]
            try:
                answers = parallel(joblib.delayed(_solve)(portable, part) for part in parts)
            except BrokenProcessPool as error:
                raise WorkerDied(str(error)) from error
            return join(workload, answers, out)

        yield run


def _solve(portable: Portable, part: Problem) -> Answer:
    return portable.workload.solve(part)
