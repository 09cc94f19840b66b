"""BLAS is held to one thread per worker: the workers are the parallelism, and threads multiply."""

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import Any

VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS")

_lock = threading.Lock()
_held = 0  # how many teams hold it
_limit: Any = None


@contextlib.contextmanager
def one_thread_in_children() -> Iterator[None]:
    """Processes that are started meanwhile load their BLAS with one thread, unless the caller set a number."""
    missing = [name for name in VARIABLES if name not in os.environ]
    os.environ.update(dict.fromkeys(missing, "1"))
    try:
        yield
    finally:
        for name in missing:
            os.environ.pop(name, None)


@contextlib.contextmanager
def one_thread_here() -> Iterator[None]:
    """A BLAS that this process has loaded already uses one thread, and so in processes that it forks.

    Only threadpoolctl can say that to a loaded BLAS. Where it is not installed, or where the
    caller chose a number before BLAS was loaded, through a variable of the environment, nothing
    is changed; ``python -m kernels info`` tells what holds.
    """
    global _held, _limit
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        yield
        return
    if any(name in os.environ for name in VARIABLES):
        yield
        return
    with _lock:  # teams may overlap in any order: the first to open sets the limit, the last to close lifts it
        _held += 1
        if _held == 1:
            _limit = threadpool_limits(1, user_api="blas")
    try:
        yield
    finally:
        with _lock:
            _held -= 1
            if _held == 0:
                _limit.restore_original_limits()
