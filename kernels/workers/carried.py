"""Tasks that carry their workload with them: for engines whose workers have no say in what they start with."""

import contextlib
import os
import pickle
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from kernels.contract.loading import Portable
from kernels.contract.workload import Answer, ArrayAnswer, Independent, Problem
from kernels.errors import WorkerDied
from kernels.workers.orphans import end_with_parent
from kernels.workers.replies import packed, unpacked
from kernels.workers.tasks import START_SECONDS

_lock = threading.Lock()
_held: dict[str, tuple[int, str | None]] = {}  # by variable how many hold it, and what it was before the first


def files(workers: int) -> int:
    """About as many as an engine has open for so many workers, at most."""
    return 20 + 10 * workers


def carried(workload: Independent) -> Portable:
    """The workload for an engine that sends what is defined in ``__main__`` by value: ``__main__`` itself is not."""
    is_main = workload is sys.modules["__main__"]
    return Portable(SimpleNamespace(solve=workload.solve, part=workload.part) if is_main else workload)


def solve(portable: Portable, part: Problem) -> Answer:
    """Solve one part of the workload's problem."""
    return portable.workload.solve(part)


def solver(workload: Independent) -> Callable[[Portable, Problem], Any]:
    """What solves a part, for an engine that waits for ever for an answer that cannot be sent: see `received`.

    Arrays go as they are. Other answers, which are small, go as bytes, in which an error fits too.
    """
    return solve if isinstance(workload, ArrayAnswer) else _solve_packed


def _solve_packed(portable: Portable, part: Problem) -> bytes:
    return packed(0, solve(portable, part), None)


def received(answer: Any) -> Answer:
    """The answer that a function of `solver` gave; TypeError where it cannot be sent."""
    if not isinstance(answer, bytes):
        return answer
    _, answer, error = unpacked(answer)
    if error is not None:
        raise error
    return answer


def require_picklable(problem: Problem) -> None:
    """Raise what pickling the problem raises; its arrays are not copied for it."""
    nowhere: Any = SimpleNamespace(write=len)
    pickle.Pickler(nowhere, protocol=5, buffer_callback=lambda buffer: None).dump(problem)


def process(portable: Portable, caller: int) -> int:
    """Which process this is, and where it is not the caller's, ends with that; the workload was imported on the way."""
    if os.getpid() != caller:  # joblib starts none for one worker
        end_with_parent()
    return os.getpid()


def all_up(each: Callable[[Callable[..., int], list[int]], list[int]], workers: int) -> None:
    """Wait until each worker has answered once."""
    seen: set[int] = set()
    deadline = time.monotonic() + START_SECONDS
    while len(seen) < workers:
        if time.monotonic() > deadline:
            raise WorkerDied(f"of {workers} workers {len(seen)} started within {START_SECONDS} s")
        seen.update(each(process, [os.getpid()] * workers))


@contextlib.contextmanager
def environment(prefix: str = "", **variables: str) -> Iterator[None]:
    """Processes that are started meanwhile have these variables.

    With a prefix, variables whose names begin so and which an engine adds are taken away at the end. Teams may be
    opened by several threads at once: the first gives a variable its value, and the last takes it away.
    """
    with _lock:
        there = set(os.environ)
        for name, value in variables.items():
            count, before = _held.get(name, (0, os.environ.get(name)))
            _held[name] = count + 1, before
            os.environ[name] = value
    try:
        yield
    finally:
        with _lock:
            for name in variables:
                count, before = _held.pop(name)
                if count > 1:
                    _held[name] = count - 1, before
                elif before is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = before
            for name in set(os.environ) - there:
                if prefix and name.startswith(prefix):
                    del os.environ[name]


def safe_path() -> contextlib.AbstractContextManager[None]:
    """Processes that are started meanwhile take no ``numpy.py`` of the current folder for NumPy.

    Loky starts its workers by ``python -m``, which looks there first; it does not from Python 3.11 on, if told so.
    """
    return environment(PYTHONSAFEPATH="1")
