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
import warnings
from collections.abc import Callable, Iterator
from multiprocessing.context import BaseContext
from typing import Any

from kernels.contract.parts import answer_array, joiner, parts
from kernels.contract.workload import Independent, Problem, Run
from kernels.errors import Unsupported, WorkerDied
from kernels.workers.carried import all_up, carried, safe_path, solve
from kernels.workers.main_module import require_processes
from kernels.workers.replies import Guarded, opened
from kernels.workers.watchdog import watched

HAS_WORKERS, TAKES_START_METHOD = True, False


def missing() -> str | None:
    """Whether joblib is not installed."""
    if importlib.util.find_spec("joblib") is None:
        return "joblib is not installed (pip install 'parallel-kernels[joblib]')"
    return None


@contextlib.contextmanager
def start(workload: Independent, problem: Problem, workers: int, context: BaseContext) -> Iterator[Run]:
    """Hand each part to joblib as a task, and copy the answers together."""
    require_processes()
    join = joiner(workload, answer_array(workload, problem))
    portable = carried(workload)

    def each(function: Callable[..., Any], tasks: Any) -> list[Any]:
        try:
            answers = parallel(joblib.delayed(Guarded(function))(portable, task) for task in tasks)
        except BrokenProcessPool as error:
            raise WorkerDied(str(error)) from error
        return [opened(answer) for answer in answers]

    with contextlib.ExitStack() as stack:
        with (
            safe_path(),
            warnings.catch_warnings(record=True) as warned,
        ):  # by which joblib says why it starts no workers
            warnings.simplefilter("always")
            import joblib
            from joblib.externals.loky.process_executor import BrokenProcessPool

            parallel = stack.enter_context(joblib.Parallel(workers, backend="loky", batch_size=1))
        stack.callback(_end, parallel)
        if workers != getattr(_executor(parallel), "_max_workers", 1):
            raise Unsupported(_fewer(workers, parallel, warned))
        stack.enter_context(watched(lambda: _executor(parallel)))
        with safe_path():
            all_up(each, workers)
        yield lambda: join(each(solve, parts(workload, problem, workers)))


def _fewer(workers: int, parallel: Any, warned: list[warnings.WarningMessage]) -> str:
    """Why joblib has not started the workers that it was asked for."""
    variable = "JOBLIB_MULTIPROCESSING"
    reasons = [f"{variable}={os.environ[variable]}"] if variable in os.environ else []
    reasons += [str(each.message) for each in warned]
    backend = type(parallel._backend).__name__
    return "; ".join([f"joblib does not start {workers} worker processes here (its backend is {backend})", *reasons])


def _executor(parallel: Any) -> Any:
    """The pool behind it, or None where joblib does without: another one, where joblib has replaced a broken one."""
    return getattr(parallel._backend, "_workers", None)


def _end(parallel: Any) -> None:
    """End the workers, and remove their files in shared memory."""
    executor = _executor(parallel)
    if executor is not None:
        executor.terminate(kill_workers=True)
        multiprocessing.active_children()  # joins those that were killed, with which their semaphores go
