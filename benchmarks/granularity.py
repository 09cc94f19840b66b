"""Granularity: how long must a task be for a strategy to pay?

The minimum effective task granularity (METG) of Task Bench (Slaughter et al., "Task Bench: A
Parameterized Benchmark for Evaluating Parallel Runtime Performance", SC20): the length of a task at
which half of the workers' time is work, which is an efficiency of 50 %. Shorter tasks are mostly
overhead.

A run has four tasks for each of two workers, all of one length and without data, cut into parts as
the strategy always does. Its efficiency is (the tasks' lengths, added up) / (workers x the time of
the run). The length is measured as well, serially, interleaved with the runs; of both, the least
counts, which other programs disturb least.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import kernels

from .common import hide_main, require_pair, teardown  # noqa: F401 - for asv

GRAINS = str(Path(__file__).with_name("grains.py"))
WORKERS = 2
TASKS = 4 * WORKERS
STEPS, COUNTED = 6, 3
SECONDS, FEWEST = 0.1, 5  # of runs in a step
LONG = 20_000  # iterations: some milliseconds


class Task:
    params = (("threaded", "pool", "shared", "futures", "joblib", "process", "interpreters"),)
    param_names = ("strategy",)
    unit = "seconds"
    version = "1"

    def setup(self, strategy: str) -> None:
        require_pair("polynomial", strategy)  # which, like these tasks, every strategy with workers can run
        if kernels.cpus() < WORKERS:
            raise NotImplementedError(f"{WORKERS} workers are more than the {kernels.cpus()} CPUs at hand")
        hide_main()
        self.grains = kernels.workload(GRAINS)

    def track_metg(self, strategy: str) -> float:
        """In seconds."""
        return half_efficient(lambda iterations: measure(self.grains, strategy, iterations), pace(self.grains))


def half_efficient(measure: Callable[[int], tuple[float, float]], seconds_per_iteration: float) -> float:
    """The task length at which the efficiency is 50 %, in seconds.

    ``measure(iterations)`` gives the length of a task of so many iterations, and what a run takes of
    a worker's time for each of its tasks. The length that is wanted is half of that.

    While it is not, ``time / 2 - length`` says by how much to go on: it falls by 1/2 for every 1 by
    which tasks get longer where the overhead is one of the run, and by 1 where each task's dispatch
    hides behind the work. Steps of 4/3 of it leave a third of the error in either case. So the search
    has nothing to bracket and nothing that noise could mislead for longer than a step or two, and
    the median of its last lengths is the result.
    """
    iterations, lengths = 1, []
    for _ in range(STEPS):
        length, seconds = measure(iterations)
        step = 4 / 3 * (seconds / 2 - length)
        lengths.append(length + step)
        iterations = max(1, round(iterations + step / seconds_per_iteration))
    return statistics.median(lengths[-COUNTED:])


def measure(grains: ModuleType, strategy: str, iterations: int) -> tuple[float, float]:
    """A task's length, and a worker's time for each task of a run; in seconds. Every answer is checked."""
    problem = grains.problem(TASKS, iterations=iterations)
    with kernels.open(grains, strategy, workers=WORKERS, problem=problem) as team:
        alone: list[float] = []
        together: list[float] = []
        end = time.perf_counter() + SECONDS
        while len(together) < FEWEST or time.perf_counter() < end:
            seconds, answer = timed(team.run)
            together.append(seconds)
            seconds, expected = timed(lambda: grains.solve(problem))
            alone.append(seconds)
            if answer != expected:
                raise kernels.WrongAnswer("the run's keys are not those of the tasks")
        team.check(answer)
    return min(alone) / TASKS, min(together) * WORKERS / TASKS


def pace(grains: ModuleType) -> float:
    """Seconds that an iteration adds to a task."""
    return min(timed(lambda: grains.task(0, LONG))[0] for _ in range(FEWEST)) / LONG


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    answer = function()
    return time.perf_counter() - start, answer
