"""How good is the advice of ``kernels.compare``, and what does going through it cost: ``make loops``.

``advice`` asks for it on ten functions of different kinds (tools/loop_kinds.py), measures every strategy with every
number of workers and three sizes of chunks on all items, in more rounds, and says whether what was advised is within
10 % of the best of them. ``overhead`` runs `pool` and `shared` in turns with the same written by hand.
"""

import argparse
import contextlib
import itertools
import multiprocessing
import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import kernels
from kernels.comparing import measurement, tables
from kernels.comparing.plan import Configuration
from kernels.contract.parts import PARTS_PER_WORKER, spans
from kernels.loops.advice import SIMPLEST
from kernels.loops.loop import Loop
from kernels.loops.sample import listed
from kernels.loops.trial import tried
from tools.loop_kinds import KINDS

RIGHT = 1.10  # times the best
FINER = (1, 4, 16)
SECONDS, FEWEST = 10.0, 9  # of rounds, of which the first does not count
WORKERS = (1, 2)
PAIRS = 150

ITEMS = np.random.default_rng(0).random((800, 64))


def loop_of(function: Any, items: Any, more: dict[str, Any]) -> Loop:
    """The workload of a function and of all its items."""
    given: dict[str, Any] = {"reduce": None, "check": None, "rtol": None, "vectorized": False, "chunk": None} | more
    sequence, _ = listed(items, given["vectorized"])
    return tried(function, sequence, **given, most_workers=max(WORKERS), limit=60.0, give_up=None).loop


def advice(names: list[str]) -> None:
    """The table of advice against what was found exhaustively."""
    rows = [["kind", "advised", "time", "best of all", "time", "ratio", "right"]]
    right = 0
    for name in names:
        function, items, more = KINDS[name]
        result = kernels.compare(function, items, WORKERS, max_time=5, **more)
        advised = result.advised.configuration
        times = exhaustive(loop_of(function, items, more), advised)
        best = min(times, key=lambda each: times[each])
        ratio = times[advised] / times[best]
        right += ratio <= RIGHT
        told = [tables.duration(times[advised]), str(best), tables.duration(times[best]), f"{ratio:.2f}"]
        rows.append([name, str(advised), *told, "yes" if ratio <= RIGHT else "NO"])
        print(tables.plain([rows[0], rows[-1]], "<<><>><"), flush=True)
    print(f"\n{tables.plain(rows, '<<><>><')}\n\n{right} of {len(names)} are within {RIGHT - 1:.0%} of the best")


def exhaustive(loop: Loop, advised: Configuration) -> dict[Configuration, float]:
    """Median seconds of every strategy that a few lines can have, with all numbers of workers and sizes of chunks."""
    configurations = {Configuration("serial", None), advised}
    for strategy, workers in itertools.product(SIMPLEST[1:], WORKERS):
        if kernels.why_not(loop, strategy) is None and (strategy != "joblib" or workers == max(WORKERS)):
            usual = -(-len(loop.sample) // (PARTS_PER_WORKER * workers))
            sizes = {-(-usual // finer) for finer in FINER}
            configurations |= {Configuration(strategy, workers, size) for size in sizes - {usual}}
            configurations.add(Configuration(strategy, workers))
    times: dict[Configuration, list[float]] = {each: [] for each in configurations}
    with contextlib.ExitStack() as stack:
        teams = {each: stack.enter_context(team_of(loop, each)) for each in configurations}
        end = time.monotonic() + SECONDS
        while time.monotonic() < end or len(times[advised]) < FEWEST:
            for each in random.sample(list(configurations), len(configurations)):
                times[each].append(seconds(teams[each].run))
    return {each: statistics.median(taken[1:]) for each, taken in times.items()}


def team_of(loop: Loop, configuration: Configuration) -> kernels.Team:
    """A team for all items."""
    return kernels.open(
        measurement.with_chunk(loop, configuration.chunk),
        configuration.strategy,
        workers=configuration.workers,
        problem=loop.problem(len(loop.sample)),
    )


# The same by hand.

shared_items: np.ndarray


def work(row: np.ndarray) -> float:
    """Some ten microseconds on a row."""
    return float(np.sort(row)[:32].sum())


def place(memory: Any, shape: tuple[int, ...]) -> None:
    """The initializer of the pool that has the items in shared memory."""
    global shared_items
    shared_items = np.frombuffer(memory).reshape(shape)


def part(lo: int, hi: int) -> list[float]:
    """A task of it."""
    return [work(row) for row in shared_items[lo:hi]]


def overhead() -> None:
    """The table of what `pool` and `shared` take, and by hand."""
    workers = max(WORKERS)
    context = multiprocessing.get_context(kernels.default_start_method())
    loop = loop_of(work, ITEMS, {})
    chunk = -(-len(ITEMS) // (PARTS_PER_WORKER * workers))
    memory = context.RawArray("d", ITEMS.size)
    np.frombuffer(memory)[:] = ITEMS.ravel()
    cut = spans(len(ITEMS), workers)
    rows = [["strategy", "by compare", "by hand", "ratio", "of medians of pairs, 95 %"]]
    with (
        context.Pool(workers) as pool,
        context.Pool(workers, place, (memory, ITEMS.shape)) as sharing,
        team_of(loop, Configuration("pool", workers)) as pools,
        team_of(loop, Configuration("shared", workers)) as shares,
    ):
        rows.append(pairs("pool", pools.run, lambda: pool.map(work, ITEMS, chunksize=chunk)))
        rows.append(pairs("shared", shares.run, lambda: sharing.starmap(part, cut, chunksize=1)))
    print(tables.plain(rows, "<>>>>"))


def pairs(name: str, ours: Callable[[], Any], theirs: Callable[[], Any]) -> list[str]:
    """A row: both run in turns, and who is first alternates."""
    times: list[tuple[float, float]] = []
    for number in range(PAIRS + 10):
        first, second = (ours, theirs) if number % 2 else (theirs, ours)
        one, other = seconds(first), seconds(second)
        times.append((one, other) if number % 2 else (other, one))
    times = times[10:]
    ratios = sorted(one / other for one, other in times)
    half = 1.96 * PAIRS**0.5 / 2
    low, high = ratios[int(PAIRS / 2 - half)], ratios[int(PAIRS / 2 + half)]
    each = [statistics.median(side) / len(ITEMS) for side in zip(*times, strict=True)]
    return [name, *map(tables.duration, each), f"{statistics.median(ratios):.3f}", f"{low:.3f} to {high:.3f}"]


def seconds(call: Callable[[], Any]) -> float:
    """That a call takes."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def main() -> int:
    """Print one of the tables, or both."""
    parser = argparse.ArgumentParser(prog="python -m tools.own_loops", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("advice", "overhead"), help="default: both")
    parser.add_argument("--kinds", nargs="+", choices=tuple(KINDS), default=tuple(KINDS), metavar="KIND")
    given = parser.parse_args()
    if given.what != "advice":
        overhead()
    if given.what != "overhead":
        advice(list(given.kinds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
