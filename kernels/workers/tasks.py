"""What the workers of a pool or an executor do: they hold the workload, so that tasks carry parts alone."""

from threading import BrokenBarrierError
from typing import Any

from kernels.contract.loading import Portable
from kernels.contract.workload import Answer, Problem
from kernels.workers.orphans import end_with_parent
from kernels.workers.signals import settle_in_worker

START_SECONDS = 60  # more than any start takes: only a worker that died leaves the others waiting

_workload: Any = None
_barrier: Any = None


def adopt(portable: Portable, barrier: Any) -> None:
    """The initializer of every worker: keep the workload, and the barrier for `meet`."""
    global _workload, _barrier
    settle_in_worker()
    end_with_parent()
    _workload, _barrier = portable.workload, barrier


def meet(_: int) -> None:
    """Wait for the other workers: of as many calls as there are workers, each worker then gets one."""
    try:
        _barrier.wait(START_SECONDS)
    except BrokenBarrierError:
        raise RuntimeError(f"the workers did not all start within {START_SECONDS} s") from None


def solve(part: Problem) -> Answer:
    """Solve one part of the workload's problem."""
    return _workload.solve(part)
