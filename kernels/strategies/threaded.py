"""Threads in this process: they see the same objects, and nothing is copied or sent.

Where there is a GIL they run Python one at a time, and side by side only in code that releases
it, as NumPy does; on a free-threaded build they run side by side throughout.
"""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from multiprocessing.context import BaseContext
from typing import Any

from kernels.contract.workload import Answer, Problem, is_coordinated, join, room, solve, spans
from kernels.workers.together import started_threads, threads

HAS_WORKERS, TAKES_START_METHOD = True, False


@contextlib.contextmanager
def start(workload: Any, problem: Problem, workers: int, context: BaseContext) -> Iterator[Callable[[], Answer]]:
    if is_coordinated(workload):
        with threads(workload, problem, workers) as together:
            yield lambda: workload.threaded(problem, together)
        return

    out = room(workload, problem)

    def solve_span(lo: int, hi: int) -> Answer:
        return solve(workload, workload.part(problem, lo, hi), None if out is None else out[lo:hi])

    with started_threads(workers) as executor:

        def run() -> Answer:
            futures = [executor.submit(solve_span, lo, hi) for lo, hi in spans(len(problem), workers)]
            wait(futures)  # all of them, so that after an error none still writes into `out`
            answers = [future.result() for future in futures]
            return join(workload, answers, None) if out is None else out

        yield run
