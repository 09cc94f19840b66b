"""GIL or no GIL: what a Python without one costs serial code, and what threads gain there, for each workload."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from asv_scaling import environments
from asv_scaling.environments import Environment
from asv_scaling.points import Point
from asv_scaling.speedup import Ratio, baseline, best, ratio
from asv_scaling.suite import Suite, Workload


@dataclass(frozen=True)
class Speedup:
    """A point, and how many times as fast it is as the baseline on the Python with a GIL."""

    point: Point
    over: Ratio


@dataclass(frozen=True)
class Comparison:
    """A workload on both builds of a Python; None for what was not measured.

    `serial` is the baseline's time without a GIL relative to that with one: above 1 it is slower.
    `threads` and `free` are the fastest of the threads with a GIL and without, `rival` is the fastest of all
    other strategies with a GIL, and `gain` is how many times as fast as that `free` is.
    """

    workload: Workload
    serial: Ratio | None
    threads: Speedup | None
    free: Speedup | None
    rival: Speedup | None
    gain: Ratio | None


def pairs(there: Iterable[Environment]) -> list[tuple[Environment, Environment]]:
    """Each environment without a GIL (3.13t) and the one with (3.13), from the oldest Python on.

    Where there are several with a GIL it is one that differs in nothing else, or else the first.
    """
    ordered = sorted(there, key=lambda one: environments.place(one.python, one.name))
    found = []
    for free in ordered:
        twins = [one for one in ordered if f"{one.python}t" == free.python]
        if twins:
            found.append((next((one for one in twins if one.facts == free.facts), twins[0]), free))
    return found


def comparisons(
    suite: Suite, with_gil: Mapping[str, Sequence[Point]], without: Mapping[str, Sequence[Point]]
) -> list[Comparison]:
    """Those of the workloads that both have times of; the points are by the keys of the workloads."""
    found = []
    for workload in suite.workloads:
        before, after = with_gil.get(workload.key, ()), without.get(workload.key, ())
        if suite.compares(workload) and (one := _compared(suite, workload, before, after)) is not None:
            found.append(one)
    return found


def _compared(suite: Suite, workload: Workload, before: Sequence[Point], after: Sequence[Point]) -> Comparison | None:
    serial, threaded = suite.settings.serial, suite.settings.threaded
    base, free_base = baseline(before, serial), baseline(after, serial)
    if base is None:
        return None

    def fastest(some: Iterable[Point]) -> Speedup | None:
        point = best(some)
        return None if point is None else Speedup(point, ratio(base, point))

    free = fastest(point for point in after if point.strategy == threaded)
    rival = fastest(point for point in before if point.strategy not in (serial, threaded))
    if free_base is None and free is None:
        return None
    return Comparison(
        workload,
        None if free_base is None else ratio(free_base, base),
        fastest(point for point in before if point.strategy == threaded),
        free,
        rival,
        None if free is None or rival is None else ratio(rival.point, free.point),
    )
