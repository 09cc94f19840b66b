"""Threads in this process: they see the same objects, and nothing is copied or sent.

Where there is a GIL they run Python one at a time, and side by side only in code that releases
it, as NumPy does; on a free-threaded build they run side by side throughout.
"""

import contextlib
from collections.abc import Iterator
from concurrent.futures import wait
from multiprocessing.context import BaseContext

from kernels.contract.coordination import WithThreads
from kernels.contract.parts import answer_array, joiner, solve, spans_of
from kernels.contract.workload import Answer, Independent, Problem, Run
from kernels.workers.together import started_threads, threads

HAS_WORKERS, TAKES_START_METHOD = True, False


@contextlib.contextmanager
def start(workload: Independent, problem: Problem, workers: int, context: BaseContext) -> Iterator[Run]:
    """Solve parts in threads, each into its rows of the answer where that is an array."""
    out = answer_array(workload, problem)
    join = joiner(workload, None)

    def solve_span(lo: int, hi: int) -> Answer:
        return solve(workload, workload.part(problem, lo, hi), None if out is None else out[lo:hi])

    with started_threads(workers) as executor:

        def run() -> Answer:
            futures = [executor.submit(solve_span, lo, hi) for lo, hi in spans_of(workload, problem, workers)]
            wait(futures)  # all of them, so that after an error none still writes into `out`
            answers = [future.result() for future in futures]
            return join(answers) if out is None else out

        yield run


@contextlib.contextmanager
def start_coordinated(workload: WithThreads, problem: Problem, workers: int, context: BaseContext) -> Iterator[Run]:
    """Run the workload's own version on threads that act together."""
    with threads(workload, problem, workers) as together:
        yield lambda: workload.threaded(problem, together)
