"""What the points of a run say: speedups with their intervals, the best strategy, and how Pythons compare.

The page and ``export`` show the rows that are made here, and derive nothing themselves.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from asv_scaling.points import Point

FASTEST, SIMILAR, SLOWER = "fastest", "similar", ""


@dataclass(frozen=True)
class Ratio:
    """A quotient of two times, and its interval where both times have one."""

    value: float
    low: float | None = None
    high: float | None = None


class Row(NamedTuple):
    """A point and its speedup over the baseline, with 99 % confidence intervals; None for what there is not."""

    strategy: str
    workers: int
    time: float | None
    time_low: float | None
    time_high: float | None
    speedup: float | None
    speedup_low: float | None
    speedup_high: float | None
    taken: int | None
    missing: str


@dataclass(frozen=True)
class Best:
    """The fastest row of a strategy, and whether it is the fastest of all or not told apart from that one.

    Where the strategy has no time there is no row, but a reason: `missing`.
    """

    strategy: str
    row: Row | None
    mark: str = SLOWER
    missing: str = ""


class PythonRow(NamedTuple):
    """A strategy's time on a Python, relative to its time on the oldest Python that has one: below 1 is faster."""

    python: str
    strategy: str
    workers: int
    time: float
    relative: float
    relative_low: float | None
    relative_high: float | None


def ratio(above: Point, below: Point) -> Ratio:
    """How many times as long `above` took; exactly once where it is the same point. Raises ValueError without times.

    Of one strategy with as many workers, measured in pairs with one reference, the reference's time cancels, and so
    does that of an environment's base. Two times of a reference that were fixed apart have a ratio without an interval.

    The interval is by the method of variance estimates recovery, on logarithms: it needs no more
    than the two intervals, and keeps their asymmetry (Donner and Zou, "Closed-form confidence
    intervals for functions of the normal mean and standard deviation", Statistical Methods in
    Medical Research 21, 2012).
    """
    if above.time is None or below.time is None:
        raise ValueError("a point without a time has no ratio")
    if above is below:
        return Ratio(1.0)
    value = above.time / below.time
    if above.low is None or above.high is None or below.low is None or below.high is None:
        return Ratio(value)
    same = (above.strategy, above.workers) == (below.strategy, below.workers)
    if not same and above.anchor != below.anchor:
        return Ratio(value)
    fixed = 0.0 if same else math.hypot(above.fixed, below.fixed)
    if not same or above.base != below.base:
        fixed = math.hypot(fixed, above.link, below.link)
    down = math.hypot(math.log(above.time / above.low), math.log(below.high / below.time), fixed)
    up = math.hypot(math.log(above.high / above.time), math.log(below.time / below.low), fixed)
    return Ratio(value, value * math.exp(-down), value * math.exp(up))


def widened(point: Point) -> Point:
    """The point with the interval that it has among other benchmarks: the reference's times have one too."""
    fixed = math.hypot(point.fixed, point.link)
    if not fixed or point.time is None or point.low is None or point.high is None:
        return point
    down, up = (math.hypot(math.log(a / b), fixed) for a, b in ((point.time, point.low), (point.high, point.time)))
    return point._replace(low=point.time * math.exp(-down), high=point.time * math.exp(up), fixed=0.0, link=0.0)


def baseline(points: Iterable[Point], serial: str) -> Point | None:
    """What a speedup is over: the serial strategy, or without strategies the fewest workers; None if not measured."""
    wanted = _for_baseline(points, serial)
    return wanted if wanted is not None and wanted.time is not None else None


def why_no_baseline(points: Iterable[Point], serial: str) -> str:
    """The reason why some points have no speedup, or ""."""
    wanted = _for_baseline(points, serial)
    if wanted is None:
        return f"there is no {serial} version"
    name = wanted.strategy or f"{wanted.workers} worker{'s' if wanted.workers > 1 else ''}"
    return "" if wanted.time is not None else f"{name}: {wanted.missing}"


def _for_baseline(points: Iterable[Point], serial: str) -> Point | None:
    return min((p for p in points if p.strategy in (serial, "")), key=lambda p: p.workers, default=None)


def best(points: Iterable[Point]) -> Point | None:
    """The fastest of some points, or None if none has a time."""
    return min((p for p in points if p.time is not None), key=lambda p: p.time or math.inf, default=None)


def told_apart(fast: Point, slow: Point) -> bool:
    """Whether the intervals of two times have nothing in common; False where one has none, or they were fixed apart."""
    if fast.anchor != slow.anchor:
        return False
    fast, slow = widened(fast), widened(slow)
    return fast.high is not None and slow.low is not None and fast.high < slow.low


def leader(before: str | None, points: Sequence[Point]) -> str | None:
    """The fastest strategy; the one that led before leads on until it is told apart from a faster one."""
    first = best(points)
    if first is None:
        return before
    held = best(point for point in points if point.strategy == before)
    return first.strategy if held is None or told_apart(first, held) else before


def rows(points: Sequence[Point], serial: str) -> list[Row]:
    """A row for each point."""
    base = baseline(points, serial)
    found = []
    for p in points:
        over = ratio(base, p) if base is not None and p.time is not None else None
        value, low, high = (over.value, over.low, over.high) if over else (None, None, None)
        own = widened(p)
        found.append(Row(p.strategy, p.workers, p.time, own.low, own.high, value, low, high, p.taken, p.missing))
    return found


def best_of_each(points: Sequence[Point], derived: Sequence[Row]) -> list[Best]:
    """The fastest row of each strategy, in the order of the points; `derived` are the rows of the points."""
    first = best(points)
    found = []
    for strategy in dict.fromkeys(point.strategy for point in points):
        own = [point for point in points if point.strategy == strategy]
        fastest = best(own)
        if fastest is None:
            reasons = ", ".join(dict.fromkeys(point.missing for point in own))
            found.append(Best(strategy, None, missing=reasons))
            continue
        mark = SLOWER
        if fastest is first:
            mark = FASTEST
        elif first is not None and not told_apart(first, fastest):
            mark = SIMILAR
        found.append(Best(strategy, derived[points.index(fastest)], mark))
    return found


def across_pythons(by_python: Sequence[tuple[str, Sequence[Point]]], cpus: int | None) -> list[PythonRow]:
    """The times of each strategy on each Python, from the oldest on, relative to the oldest.

    They are of as many workers as the CPUs have room for and the oldest was measured with; of the
    fewest, where all are more than the CPUs.
    """
    found = []
    for strategy in dict.fromkeys(point.strategy for _, points in by_python for point in points):
        timed = [
            (python, {p.workers: p for p in points if p.strategy == strategy and p.time is not None})
            for python, points in by_python
        ]
        oldest = next((some for _, some in timed if some), None)
        if oldest is None:
            continue
        workers = max((n for n in oldest if cpus is None or n <= cpus), default=min(oldest))
        first = oldest[workers]
        for python, some in timed:
            if workers in some:
                p = some[workers]
                over = ratio(p, first)
                found.append(PythonRow(python, strategy, workers, p.time or 0, over.value, over.low, over.high))
    return found
