"""One thread that waits for many things at once: for workloads that wait, and write such a version.

`workers` is how many may be under way at the same time.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from multiprocessing.context import BaseContext
from typing import Any

from kernels.contract.workload import Answer, Problem

HAS_WORKERS, TAKES_START_METHOD = True, False


def why_never(workload: Any) -> str | None:
    return None if callable(getattr(workload, "asyncio", None)) else "it computes, and does not wait"


@contextlib.contextmanager
def start(workload: Any, problem: Problem, workers: int, context: BaseContext) -> Iterator[Callable[[], Answer]]:
    with contextlib.closing(asyncio.new_event_loop()) as loop:
        yield lambda: loop.run_until_complete(workload.asyncio(problem, workers))
