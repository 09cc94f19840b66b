"""Latency: when is the first result of many there, and when the last?

Sixteen naps on eight workers, which need no CPU for that. The first nap is the longest, the others
come in no order: `map` returns when all are over, `imap` keeps the others back for the first, and
whoever hands out results as they come has one after the shortest of the first eight.
"""

import asyncio
import multiprocessing
import statistics
import time
from typing import Any

import kernels

from .common import hide_main, require_pair, teardown  # noqa: F401 - for asv

sleep = kernels.workload("sleep")

WORKERS = 8
SIZE = "S"
REPEATS = 15

Arrivals = list[float]  # of one call's results, in seconds since the call


class Naps:
    params = (("map", "imap", "imap_unordered", "asyncio"),)
    param_names = ("method",)
    unit = "seconds"
    version = "1"

    def setup(self, method: str) -> None:
        require_pair("sleep", "asyncio" if method == "asyncio" else "pool")
        hide_main()
        self.problem = kernels.problem("sleep", SIZE)

    def track_first(self, method: str) -> float:
        return statistics.median(seconds[0] for seconds in self.arrivals(method))

    def track_last(self, method: str) -> float:
        return statistics.median(seconds[-1] for seconds in self.arrivals(method))

    def arrivals(self, method: str) -> list[Arrivals]:
        """Those of every repeat, after one that is not counted. The median of them says what is usual."""
        if method == "asyncio":
            return [asyncio.run(awaited(self.problem)) for _ in range(1 + REPEATS)][1:]
        context: Any = multiprocessing.get_context(kernels.default_start_method())
        with context.Pool(WORKERS) as pool:
            seconds = [iterated(getattr(pool, method), self.problem) for _ in range(1 + REPEATS)]
        pool.join()
        return seconds[1:]


def iterated(method: Any, problem: Any) -> Arrivals:
    """The results of a method of ``multiprocessing.Pool``."""
    results, seconds = [], []
    start = time.perf_counter()
    for result in method(sleep.nap, problem.naps):
        seconds.append(time.perf_counter() - start)
        results.append(result)
    return checked(problem, results, seconds)


async def awaited(problem: Any) -> Arrivals:
    results, seconds = [], []
    start = time.perf_counter()
    async for result in sleep.completed(problem, WORKERS):
        seconds.append(time.perf_counter() - start)
        results.append(result)
    return checked(problem, results, seconds)


def checked(problem: Any, results: list[Any], seconds: Arrivals) -> Arrivals:
    """The arrivals, if they are those of all naps, none of which was cut short."""
    import numpy as np

    sleep.check(problem, np.array(results, sleep.RESULT))
    return seconds
