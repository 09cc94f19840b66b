"""``concurrent.futures.InterpreterPoolExecutor``: threads with an interpreter, and a GIL, of their own each.

From Python 3.14 on. NumPy does not import in a subinterpreter, so this is for pure Python. Parts
and answers travel as pickles.
"""

import contextlib
import sys
from collections.abc import Iterator
from itertools import repeat
from multiprocessing.context import BaseContext

from kernels.contract.loading import Portable
from kernels.contract.parts import joiner, parts
from kernels.contract.workload import Answer, Independent, Problem, Run, Workload

HAS_WORKERS, TAKES_START_METHOD = True, False


def why_never(workload: Workload) -> str | None:
    """Whether the workload imports NumPy."""
    if any(getattr(value, "__name__", "") == "numpy" for value in vars(workload).values()):
        return "NumPy does not import in a subinterpreter"
    return None


def missing() -> str | None:
    """Whether this Python is too old."""
    return "needs Python 3.14" if sys.version_info < (3, 14) else None


@contextlib.contextmanager
def start(workload: Independent, problem: Problem, workers: int, context: BaseContext) -> Iterator[Run]:
    """Send each part as a task, and join the answers."""
    from concurrent.futures import InterpreterPoolExecutor  # type: ignore[attr-defined]

    portable, join = Portable(workload), joiner(workload, None)
    # They begin without what this one has added to its path: a script's own folder, where its modules are.
    path = ("import sys; sys.path[:] = " + repr(sys.path),)

    with InterpreterPoolExecutor(workers, initializer=exec, initargs=path) as executor:
        seen: set[int] = set()
        while len(seen) < workers:  # until each has answered once, so that all are up
            seen.update(executor.map(_interpreter, [portable] * workers))
        yield lambda: join(list(executor.map(_solve, repeat(portable), parts(workload, problem, workers))))


def _interpreter(portable: Portable) -> int:
    """Which interpreter this is; the workload was imported in it on the way here."""
    from concurrent.interpreters import get_current

    identity: int = get_current().id
    return identity


def _solve(portable: Portable, part: Problem) -> Answer:
    return portable.workload.solve(part)
