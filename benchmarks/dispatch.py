"""Dispatch: what does a task cost beside its work? Seconds per task, over many tasks of next to no work.

Strategies cut a problem into a few large parts, where this does not show; here the engines
themselves are handed two thousand multiplications, by each method that they have for it.
"""

import multiprocessing
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from time import perf_counter
from typing import Any

import kernels

from .common import hide_main, require, teardown  # noqa: F401 - for asv

cube = kernels.workload("cubes").cube

WORKERS = 2
TASKS = range(2000)
ANSWERS = [x**3 for x in TASKS]
REPEATS = 5
CHUNKSIZES = ("default", 1, 64)

# What each method of a pool is called with; the keyword argument `chunksize` or, for the default, nothing.
METHODS: dict[str, Callable[..., Iterable[int]]] = {
    "apply": lambda pool: [pool.apply(cube, (x,)) for x in TASKS],
    "apply_async": lambda pool: [result.get() for result in [pool.apply_async(cube, (x,)) for x in TASKS]],
    "map": lambda pool, **chunk: pool.map(cube, TASKS, **chunk),
    "map_async": lambda pool, **chunk: pool.map_async(cube, TASKS, **chunk).get(),
    "imap": lambda pool, **chunk: pool.imap(cube, TASKS, **chunk),
    "imap_unordered": lambda pool, **chunk: pool.imap_unordered(cube, TASKS, **chunk),
    "starmap": lambda pool, **chunk: pool.starmap(cube, zip(TASKS, strict=True), **chunk),
    "starmap_async": lambda pool, **chunk: pool.starmap_async(cube, zip(TASKS, strict=True), **chunk).get(),
}
WITHOUT_CHUNKS = ("apply", "apply_async", "ThreadPoolExecutor")


def keywords(chunksize: int | str, name: str) -> dict[str, Any]:
    """The arguments by which this chunk size is asked for."""
    if chunksize == "default":
        return {}
    if name in WITHOUT_CHUNKS:
        raise NotImplementedError(f"{name} hands out tasks one by one")
    return {"chunksize": chunksize}


def seconds_per_task(call: Callable[[], Iterable[int]]) -> float:
    """The best of several repeats, each with the right answers, in any order."""
    seconds = []
    for _ in range(REPEATS):
        start = perf_counter()
        answers = list(call())
        seconds.append(perf_counter() - start)
        if sorted(answers) != ANSWERS:
            raise kernels.WrongAnswer("the answers are not the cubes of the tasks")
    return min(seconds) / len(TASKS)


class PerTask:
    version = "1"
    unit = "seconds"

    def setup(self, chunksize: int | str, name: str) -> None:
        require("cubes", "pool", WORKERS)
        self.chunk = keywords(chunksize, name)
        self.context: Any = multiprocessing.get_context(kernels.default_start_method())
        hide_main()


class Pool(PerTask):
    """The methods of ``multiprocessing.Pool``."""

    params = (CHUNKSIZES, tuple(METHODS))
    param_names = ("chunksize", "method")

    def track_per_task(self, chunksize: int | str, method: str) -> float:
        with self.context.Pool(WORKERS) as pool:
            seconds = seconds_per_task(lambda: METHODS[method](pool, **self.chunk))
        pool.join()
        return seconds


class Executors(PerTask):
    """``map`` of the executors in ``concurrent.futures``."""

    params = (CHUNKSIZES, ("ProcessPoolExecutor", "ThreadPoolExecutor"))
    param_names = ("chunksize", "executor")

    def track_per_task(self, chunksize: int | str, executor: str) -> float:
        made: Executor
        if executor == "ThreadPoolExecutor":
            made = ThreadPoolExecutor(WORKERS)
        else:
            made = ProcessPoolExecutor(WORKERS, self.context)
        with made:
            return seconds_per_task(lambda: made.map(cube, TASKS, **self.chunk))
