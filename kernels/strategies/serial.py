"""No workers: the kernel itself, once, in the thread that calls. What speedups are relative to."""

import contextlib
from collections.abc import Iterator
from multiprocessing.context import BaseContext

from kernels.contract.parts import answer_array, solve
from kernels.contract.workload import Coordinated, Independent, Problem, Run

HAS_WORKERS = TAKES_START_METHOD = False


@contextlib.contextmanager
def start(workload: Independent, problem: Problem, workers: int, context: BaseContext) -> Iterator[Run]:
    """Solve the whole problem by the workload's kernel."""
    out = answer_array(workload, problem)
    yield lambda: solve(workload, problem, out)


@contextlib.contextmanager
def start_coordinated(workload: Coordinated, problem: Problem, workers: int, context: BaseContext) -> Iterator[Run]:
    """Run the workload's own serial version."""
    yield lambda: workload.serial(problem)
