"""Cutting a problem into parts, and putting the parts' answers together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kernels.contract.workload import Answer, ArrayAnswer, Independent, JoinedAnswer, Problem, Workload

if TYPE_CHECKING:  # NumPy is imported where it is used: workers of pure-Python workloads start without it
    import numpy as np

# As many as Pool.map would make: enough to even out a worker that is held up, few enough for
# their dispatch not to show beside the work.
PARTS_PER_WORKER = 4


def share(items: int, number: int, of: int) -> range:
    """The share `number`, from 0 on, of ``range(items)`` cut into `of` consecutive ones, as even as possible."""
    return range(items * number // of, items * (number + 1) // of)


def spans(
    items: int, workers: int, parts_per_worker: int = PARTS_PER_WORKER, chunk: int | None = None
) -> list[tuple[int, int]]:
    """Cut ``range(items)`` into consecutive (lo, hi), as even as possible and none of them empty.

    Where a `chunk` is asked for, none of them has more items than that, and as few as that allows are made.
    """
    count = min(items, workers * parts_per_worker) if chunk is None else -(-items // chunk)
    shares = (share(items, number, count) for number in range(count))
    return [(rows.start, rows.stop) for rows in shares]


def parts(
    workload: Independent, problem: Problem, workers: int, parts_per_worker: int = PARTS_PER_WORKER
) -> list[Problem]:
    """The parts that are handed out to so many workers."""
    return [workload.part(problem, lo, hi) for lo, hi in spans_of(workload, problem, workers, parts_per_worker)]


def spans_of(
    workload: Independent, problem: Problem, workers: int, parts_per_worker: int = PARTS_PER_WORKER
) -> list[tuple[int, int]]:
    """Where these parts begin and end; a workload may say itself how many items a part has, as its `chunk`."""
    return spans(len(problem), workers, parts_per_worker, getattr(workload, "chunk", None))


def answer_array(workload: Workload, problem: Problem) -> np.ndarray | None:
    """An array to write the answer to, or None where the answer is not an array, or its kernel makes one itself."""
    return None if getattr(workload, "allocates", False) else shared_answer(workload, problem)


def shared_answer(workload: Workload, problem: Problem) -> np.ndarray | None:
    """What an answer in shared memory looks like, or None where the answer is not an array."""
    return workload.empty(problem) if isinstance(workload, ArrayAnswer) else None


def solve(workload: Independent, problem: Problem, out: np.ndarray | None) -> Answer:
    """Run the kernel; its answer is written to `out` where that is an array."""
    kernel: Callable[..., Answer] = workload.solve
    return kernel(problem) if out is None else kernel(problem, out=out)


def joiner(workload: Independent, out: np.ndarray | None) -> Callable[[list[Answer]], Answer]:
    """What puts the answers of consecutive parts together; arrays are copied to `out` where that is an array."""
    if isinstance(workload, JoinedAnswer):
        return workload.join
    import numpy as np

    def concatenate(answers: list[Answer]) -> np.ndarray:
        return np.concatenate(answers, out=out)

    return concatenate
