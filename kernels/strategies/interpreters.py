"""``concurrent.futures.InterpreterPoolExecutor``: threads with an interpreter, and a GIL, of their own each.

From Python 3.14 on. NumPy does not import in a subinterpreter, so this is for pure Python. Parts
and answers travel as pickles.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from itertools import repeat
from multiprocessing.context import BaseContext
from typing import Any

from kernels.contract.workload import Answer, Portable, Problem, join, spans

HAS_WORKERS, TAKES_START_METHOD = True, False


def why_never(workload: Any) -> str | None:
    if any(getattr(value, "__name__", "") == "numpy" for value in vars(workload).values()):
        return "NumPy does not import in a subinterpreter"
    return None


def missing() -> str | None:
    return "needs Python 3.14" if sys.version_info < (3, 14) else None


@contextlib.contextmanager
def start(workload: Any, problem: Problem, workers: int, context: BaseContext) -> Iterator[Callable[[], Answer]]:
    from concurrent.futures import InterpreterPoolExecutor  # type: ignore[attr-defined]

    portable = Portable(workload)
    # They begin without what this one has added to its path: a script's own folder, where its modules are.
    path = ("import sys; sys.path[:] = " + repr(sys.path),)

    with InterpreterPoolExecutor(workers, initializer=exec, initargs=path) as executor:

        def run() -> Answer:
            parts = [workload.part(problem, lo, hi) for lo, hi in spans(len(problem), workers)]
            return join(workload, list(executor.map(_solve, repeat(portable), parts)), None)

        seen: set[int] = set()
        while len(seen) < workers:  # until each has answered once, so that all are up
            seen.update(executor.map(_interpreter, [portable] * workers))
        yield run


def _interpreter(portable: Portable) -> int:
    """Which interpreter this is; the workload was imported in it on the way here."""
    from concurrent.interpreters import get_current

    identity: int = get_current().id
    return identity


def _solve(portable: Portable, part: Problem) -> Answer:
    return portable.workload.solve(part)
