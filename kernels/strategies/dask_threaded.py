"""Dask's threaded scheduler: a graph of the parts, run by threads in this process, which see the same objects."""

import contextlib
import importlib.util
from collections.abc import Iterator
from multiprocessing.context import BaseContext

from kernels.contract.parts import answer_array, joiner, solve, spans_of
from kernels.contract.workload import Answer, Independent, Problem, Run
from kernels.workers.together import started_threads

HAS_WORKERS, TAKES_START_METHOD = True, False


def missing() -> str | None:
    """Whether dask is not installed."""
    if importlib.util.find_spec("dask") is None:
        return "dask is not installed (pip install 'parallel-kernels[dask]')"
    return None


@contextlib.contextmanager
def start(workload: Independent, problem: Problem, workers: int, context: BaseContext) -> Iterator[Run]:
    """Solve parts in threads, each into its rows of the answer where that is an array."""
    import dask
    from dask.threaded import get

    out = answer_array(workload, problem)
    join = joiner(workload, None)

    def solve_span(lo: int, hi: int) -> tuple[Answer, Exception | None]:
        try:  # an error is returned: Dask would go on at once, while other threads still write into `out`
            return solve(workload, workload.part(problem, lo, hi), None if out is None else out[lo:hi]), None
        except Exception as error:
            return None, error

    with started_threads(workers) as executor:

        def run() -> Answer:
            tasks = [dask.delayed(solve_span, pure=False)(lo, hi) for lo, hi in spans_of(workload, problem, workers)]
            answers = []
            for answer, error in dask.compute(*tasks, scheduler=get, pool=executor):
                if error is not None:
                    raise error
                answers.append(answer)
            return join(answers) if out is None else out

        yield run
