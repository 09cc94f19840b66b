"""BLAS is held to one thread per worker: the workers are the parallelism, and threads multiply."""

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import Any

VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS")

_lock = threading.Lock()  # teams may be opened and closed in any order, and by several threads at once
_starting = 0  # how many are starting processes
_ours: list[str] = []  # the variables that are set as long as one is
_held = 0  # how many hold the limit
_limit: Any = None


@contextlib.contextmanager
def one_thread_in_children() -> Iterator[None]:
    """Processes that are started meanwhile load their BLAS with one thread, unless the caller set a number."""
    global _starting
    with _lock:
        _starting += 1
        if _starting == 1:
            _ours[:] = [name for name in VARIABLES if name not in os.environ]
            os.environ.update(dict.fromkeys(_ours, "1"))
    try:
        yield
    finally:
        with _lock:
            _starting -= 1
            if _starting == 0:
                for name in _ours:
                    os.environ.pop(name, None)
                _ours.clear()


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
    with _lock:
        chosen = any(name in os.environ and name not in _ours for name in VARIABLES)
        if not chosen:
            _held += 1
            if _held == 1:
                _limit = threadpool_limits(1, user_api="blas")
    if chosen:
        yield
        return
    try:
        yield
    finally:
        with _lock:
            _held -= 1
            if _held == 0:
                _limit.restore_original_limits()
