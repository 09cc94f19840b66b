"""Naps of set lengths: pure waiting, with results in the order in which they complete.

A worker that waits needs no CPU, so that workers pay far beyond their number. The first nap is
the longest: who promises results in order keeps all others back for it, which is what
``benchmarks/latency.py`` shows with :func:`nap` and :func:`completed`.
"""

import asyncio as aio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from kernels.contract.checking import require_equal
from kernels.contract.coordination import Member, TaskPool, Together, Tools
from kernels.errors import WrongAnswer

SIZES = {"S": 16, "M": 64, "L": 256}  # naps: 0.13, 0.5 and 2 seconds in all
SHORTEST, LONGEST = 0.004, 0.012  # seconds
RESULT = np.dtype([("number", np.int64), ("slept", np.float64)])  # of one nap; seconds

Nap = tuple[int, float]  # its number, and seconds


@dataclass(frozen=True)
class Problem:
    """`seconds`: the lengths of the naps, shape (n,)."""

    seconds: np.ndarray

    def __len__(self) -> int:
        return len(self.seconds)

    @property
    def naps(self) -> list[Nap]:
        """The number and the seconds of each nap."""
        return list(enumerate(self.seconds.tolist()))


def problem(size: int, seed: int = 0) -> Problem:
    """`size` naps, evenly from the shortest to the longest: the longest first, the others shuffled."""
    seconds = np.linspace(LONGEST, SHORTEST, size)
    np.random.default_rng(seed).shuffle(seconds[1:])
    seconds.flags.writeable = False
    return Problem(seconds)


def nap(task: Nap) -> Nap:
    """Sleep, and return which nap that was and how long it took."""
    number, seconds = task
    begin = time.monotonic()
    time.sleep(seconds)
    return number, time.monotonic() - begin


def serial(problem: Problem) -> np.ndarray:
    """One nap after the other: shape (n,), RESULT."""
    return np.array([nap(each) for each in problem.naps], RESULT)


def pool(problem: Problem, pool: TaskPool) -> np.ndarray:
    """Each nap is a task, and the results are taken as they complete."""
    return np.array(list(pool.imap_unordered(nap, problem.naps)), RESULT)


async def asyncio(problem: Problem, workers: int) -> np.ndarray:
    """At most `workers` naps at a time in one event loop."""
    return np.array([result async for result in completed(problem, workers)], RESULT)


async def completed(problem: Problem, workers: int) -> AsyncIterator[Nap]:
    """The results as they come, with at most `workers` naps at a time."""
    turns = aio.Semaphore(workers)

    async def sleep(number: int, seconds: float) -> Nap:
        async with turns:
            begin = time.monotonic()
            await aio.sleep(seconds)
            return number, time.monotonic() - begin

    # As tasks, which begin in this order: coroutines as_completed would begin in any.
    tasks = [aio.ensure_future(sleep(*each)) for each in problem.naps]
    for result in aio.as_completed(tasks):
        yield await result


def state(problem: Problem, workers: int, make: Tools) -> dict[str, Any]:
    """How many naps were begun, how many have ended, and room for the results."""
    return {"begun": make.value(), "ended": make.value(), "results": make.array((len(problem),), RESULT)}


def threaded(problem: Problem, together: Together) -> np.ndarray:
    """Each worker takes the next nap until none is left."""
    state = together.state
    state.begun.value = state.ended.value = 0
    together.everyone(_work)
    results: np.ndarray = state.results[: state.ended.value]
    return results


shared = threaded  # the state is the threads' or in shared memory; the rest is the same


def _work(member: Member) -> None:
    """Take naps as long as there are any, and put the results one behind the other."""
    state, naps = member.state, member.problem.naps
    while not member.stopping and (number := _next(state.begun)) < len(naps):
        result = nap(naps[number])
        state.results[_next(state.ended)] = result


def _next(count: Any) -> int:
    with count.get_lock():
        number: int = count.value
        count.value += 1
        return number


def check(problem: Problem, answer: np.ndarray) -> None:
    """Every nap was taken once, in whatever order, and none was cut short."""
    if getattr(answer, "dtype", None) != RESULT:
        raise WrongAnswer(f"the answer must be an array of {RESULT}, not {answer!r}")
    require_equal(np.sort(answer["number"]), np.arange(len(problem)))
    early = answer["slept"] < problem.seconds[answer["number"]] - time.get_clock_info("monotonic").resolution
    if early.any():
        raise WrongAnswer(f"these naps were cut short: {answer['number'][early].tolist()}")
