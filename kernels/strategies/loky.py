"""``loky.ProcessPoolExecutor``, started once: parts and answers travel as pickles.

This is what joblib is built on, without joblib's memory maps and without its one pool for all: each team
has workers of its own. They have a start method of loky's own, and what is defined in ``__main__`` goes to
them by value.
"""

import contextlib
import importlib.util
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from multiprocessing.context import BaseContext
from typing import Any

from kernels.contract.parts import answer_array, joiner, parts
from kernels.contract.workload import Independent, Problem, Run
from kernels.errors import WorkerDied
from kernels.workers.carried import all_up, carried, files, safe_path, solve
from kernels.workers.main_module import require_files, require_processes
from kernels.workers.replies import Guarded, opened
from kernels.workers.watchdog import watched

HAS_WORKERS, TAKES_START_METHOD = True, False


def missing() -> str | None:
    """Whether loky is not installed."""
    if importlib.util.find_spec("loky") is None:
        return "loky is not installed (pip install 'parallel-kernels[loky]')"
    return None


@contextlib.contextmanager
def start(workload: Independent, problem: Problem, workers: int, context: BaseContext) -> Iterator[Run]:
    """Send each part as a task, and copy the answers together."""
    import loky
    from loky.process_executor import BrokenProcessPool

    require_processes()
    require_files(files(workers))
    join = joiner(workload, answer_array(workload, problem))
    portable = carried(workload)
    executor = loky.ProcessPoolExecutor(workers)

    def each(function: Callable[..., Any], tasks: Any) -> list[Any]:
        try:
            futures = [executor.submit(Guarded(function), portable, task) for task in tasks]
            try:
                answers = [future.result() for future in futures]
            except Exception:
                wait(futures)  # as in strategy `futures`
                raise
        except BrokenProcessPool as error:
            raise WorkerDied(str(error)) from error
        return [opened(answer) for answer in answers]

    try:
        with watched(lambda: executor):
            try:
                with safe_path():
                    all_up(each, workers)
                yield lambda: join(each(solve, parts(workload, problem, workers)))
            finally:
                executor.shutdown(kill_workers=True)
    finally:
        multiprocessing.active_children()  # joins those that were killed, with which their semaphores go
