"""What runs in the worker processes of those strategies whose tasks are pickled parts."""

import signal
from threading import BrokenBarrierError
from typing import Any

from kernels.workload import Answer, Portable, Problem

_workload: Any = None
_barrier: Any = None

START_SECONDS = 60  # more than any start takes: only a worker that died leaves the others waiting


def ignore_interrupt() -> None:
    """Leave Ctrl-C, which a terminal sends to workers too, to the parent: it ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def adopt(portable: Portable, barrier: Any) -> None:
    """A pool's initializer: keep the workload here, so that tasks carry parts alone."""
    global _workload, _barrier
    ignore_interrupt()
    _workload, _barrier = portable.workload, barrier


def meet(_: int) -> None:
    """Wait for the other workers: of as many calls as workers, each worker then gets one."""
    try:
        _barrier.wait(START_SECONDS)
    except BrokenBarrierError:
        raise RuntimeError(f"the workers did not all start within {START_SECONDS} s") from None


def solve(part: Problem) -> Answer:
    return _workload.solve(part)
