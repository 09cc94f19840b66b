"""No workers: the kernel itself, once, in the thread that calls. What speedups are relative to."""

import contextlib
from collections.abc import Callable, Iterator
from multiprocessing.context import BaseContext
from typing import Any

from kernels.contract.workload import Answer, Problem, is_coordinated, room, solve

HAS_WORKERS = TAKES_START_METHOD = False


@contextlib.contextmanager
def start(workload: Any, problem: Problem, workers: int, context: BaseContext) -> Iterator[Callable[[], Answer]]:
    if is_coordinated(workload):
        yield lambda: workload.serial(problem)
    else:
        out = room(workload, problem)
        yield lambda: solve(workload, problem, out)
