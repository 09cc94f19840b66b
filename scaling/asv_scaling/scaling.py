"""What a benchmark's results say about scaling: a point per strategy and number of workers.

The page derives its figures from points in ``site/numbers.js`` in the same way; a test holds the
two together.
"""

import ast
import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asv_scaling.results import Run, Unreadable

SKIPPED, FAILED, NOT_RUN = "skipped", "failed", "not run"


@dataclass(frozen=True)
class Words:
    """What a suite calls its parameters, and the strategy that the others are compared with."""

    workers: Sequence[str] = ("workers", "processes", "threads", "n_jobs")
    strategy: Sequence[str] = ("strategy",)
    serial: str = "serial"

    @classmethod
    def of(cls, said: object) -> "Words":
        """Those of ``"scaling"`` in a suite's configuration. Raises ValueError, which names what is wrong."""
        if not isinstance(said, dict):
            raise ValueError(f'"scaling" must be an object, not {said!r}')
        for key, value in said.items():
            if key not in ("workers", "strategy", "serial"):
                raise ValueError(f'"scaling" has no {key!r}; it has "workers", "strategy" and "serial"')
            names = [value] if key == "serial" else value
            if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
                wanted = "a name" if key == "serial" else "a list of names"
                raise ValueError(f'"{key}" of "scaling" must be {wanted}, not {value!r}')
        return cls(**said)


@dataclass(frozen=True)
class Place:
    """Where a point is among the results of a benchmark: its position in asv's flat list of them."""

    index: int
    strategy: str
    workers: int


@dataclass(frozen=True)
class Workload:
    """A benchmark at one choice of the parameters that are neither strategy nor workers."""

    benchmark: str
    choice: Mapping[str, str]
    places: Sequence[Place]

    @property
    def key(self) -> str:
        chosen = ", ".join(f"{name}={value}" for name, value in self.choice.items())
        return f"{self.benchmark}[{chosen}]" if chosen else self.benchmark

    @property
    def strategies(self) -> list[str]:
        return list(dict.fromkeys(place.strategy for place in self.places))


@dataclass(frozen=True)
class Point:
    """A time in seconds with its 99 % confidence interval (None where asv has none), or why there is none."""

    strategy: str
    workers: int
    time: float | None = None
    low: float | None = None
    high: float | None = None
    missing: str = ""


def workloads(benchmarks: Mapping[str, Any], words: Words) -> Iterator[Workload]:
    """Those of all benchmarks that measure seconds and have a parameter for workers, in the suite's order."""
    for name, benchmark in sorted(benchmarks.items()):
        names = benchmark.get("param_names", [])
        workers = next((word for word in words.workers if word in names), None)
        if workers is None or benchmark.get("unit") != "seconds":
            continue
        strategy = next((word for word in words.strategy if word in names), None)
        yield from _split(name, names, benchmark["params"], workers, strategy)


def _split(
    name: str, names: Sequence[str], params: Sequence[Sequence[str]], workers: str, strategy: str | None
) -> Iterator[Workload]:
    found: dict[tuple[tuple[str, str], ...], list[Place]] = {}
    for index, values in enumerate(itertools.product(*params)):
        choice = dict(zip(names, map(_plain, values), strict=True))
        count = choice.pop(workers)
        kind = choice.pop(strategy) if strategy else ""
        if count.isdecimal() and int(count) > 0:  # n_jobs=-1 does not say how many
            found.setdefault(tuple(choice.items()), []).append(Place(index, kind, int(count)))
    for chosen, places in found.items():
        yield Workload(name, dict(chosen), places)


def _plain(written: str) -> str:
    """A parameter's value as one reads it: asv keeps the repr of it."""
    try:
        return str(ast.literal_eval(written))
    except (ValueError, SyntaxError):
        return written


def measured(run: Run, among: Iterable[Workload], benchmarks: Mapping[str, Any]) -> dict[str, list[Point]]:
    """The points of each workload that a run has results of. Raises Unreadable."""
    found = {}
    for workload in among:
        try:
            found[workload.key] = points(run, workload, benchmarks[workload.benchmark])
        except (TypeError, ValueError, IndexError) as error:
            raise Unreadable(f"{run.path} has no readable results of {workload.benchmark}: {error}") from None
    return {key: some for key, some in found.items() if some}


def facts(run: Run, benchmarks: Mapping[str, Any]) -> dict[str, float]:
    """What a run recorded of its Python: the values of benchmarks with the single parameter `fact`.

    Such a benchmark, of asv's type ``track``, runs in the very interpreter that is measured, so
    that what it says of build flags or the GIL is true of the times beside it.
    """
    found = {}
    for name, benchmark in benchmarks.items():
        if benchmark.get("param_names") == ["fact"] and name in run.results:
            values = run.column(name, "result") or []
            (names,) = run.column(name, "params") or [[]]
            for key, value in zip(names, values, strict=False):
                if value is not None and not math.isnan(value):
                    found[_plain(key)] = value
    return found


def points(run: Run, workload: Workload, benchmark: Mapping[str, Any]) -> list[Point]:
    """A workload's points of a run, with the reason for each that is missing; none if it has not been run at all.

    Parameters may have changed since: the values that the benchmark has now count. The results of
    another version of it are another history.
    """
    name = workload.benchmark
    if name not in run.results or run.column(name, "version") not in (None, benchmark.get("version")):
        return []
    values = run.column(name, "result")
    then, now = run.column(name, "params") or [], benchmark["params"]
    before = None if then == now else {key: i for i, key in enumerate(itertools.product(*then))}
    keys = list(itertools.product(*now)) if before is not None else []
    low, high = run.column(name, "stats_ci_99_a"), run.column(name, "stats_ci_99_b")
    found = []
    for place in workload.places:
        index = place.index if before is None else before.get(keys[place.index], -1)
        if index < 0:
            found.append(Point(place.strategy, place.workers, missing=NOT_RUN))
            continue
        time = values[index] if values is not None else None
        if time is None:
            found.append(Point(place.strategy, place.workers, missing=FAILED))
        elif math.isnan(time):
            found.append(Point(place.strategy, place.workers, missing=SKIPPED))
        elif not 0 < time < math.inf:
            found.append(Point(place.strategy, place.workers, missing=f"{time} is no time"))
        else:
            found.append(Point(place.strategy, place.workers, time, _bound(low, index), _bound(high, index)))
    return found


def _bound(bounds: Sequence[float | None] | None, index: int) -> float | None:
    """The bound of an interval: asv has none where the samples are too few, or says infinity."""
    bound = bounds[index] if bounds else None
    return bound if bound is not None and 0 < bound < math.inf else None


@dataclass(frozen=True)
class Ratio:
    """A quotient of two times, and its interval where both times have one."""

    value: float
    low: float | None = None
    high: float | None = None


def ratio(above: Point, below: Point) -> Ratio:
    """How many times as long `above` took; exactly once where it is the same point.

    The interval is by the method of variance estimates recovery, on logarithms: it needs no more
    than the two intervals, and keeps their asymmetry (Donner and Zou, "Closed-form confidence
    intervals for functions of the normal mean and standard deviation", Statistical Methods in
    Medical Research 21, 2012).
    """
    if above.time is None or below.time is None:
        raise ValueError("a point that is missing has no ratio")
    if above is below:
        return Ratio(1.0)
    value = above.time / below.time
    if None in (above.low, above.high, below.low, below.high):
        return Ratio(value)
    down = math.hypot(math.log(above.time / above.low), math.log(below.high / below.time))  # type: ignore[operator]
    up = math.hypot(math.log(above.high / above.time), math.log(below.time / below.low))  # type: ignore[operator]
    return Ratio(value, value * math.exp(-down), value * math.exp(up))


def baseline(found: Iterable[Point], serial: str) -> Point | None:
    """What a speedup is over: the serial strategy, or where a suite has no strategies the fewest workers.

    None where that was not measured: there is no speedup then.
    """
    found = list(found)
    wanted = [point for point in found if point.strategy in (serial, "")]
    least = min(wanted, key=lambda point: point.workers, default=None)
    return least if least is not None and least.time is not None else None


def best(found: Iterable[Point]) -> Point | None:
    """The fastest of some points."""
    return min((point for point in found if point.time is not None), key=lambda point: point.time, default=None)  # type: ignore[arg-type, return-value]


def told_apart(fast: Point, slow: Point) -> bool:
    """Whether the intervals of two times have nothing in common; False where one has no interval."""
    return fast.high is not None and slow.low is not None and fast.high < slow.low


def leader(before: str | None, found: Sequence[Point]) -> str | None:
    """The fastest strategy, where the one that led before leads on until it is told apart from a faster one."""
    first = best(found)
    if first is None:
        return before
    held = best(point for point in found if point.strategy == before)
    return first.strategy if held is None or told_apart(first, held) else before


def labels(of: Sequence[Workload]) -> list[str]:
    """A short name for each workload: its class or function, or more of its name where that is another's too."""

    def names(name: str) -> dict[str, None]:
        scope, _, method = name.rpartition(".")
        owner = scope.rpartition(".")[2]
        return dict.fromkeys([owner, scope, name] if owner[:1].isupper() else [method.split("_", 1)[-1], name])

    taken = Counter(short for name in {workload.benchmark for workload in of} for short in names(name))

    def label(workload: Workload) -> str:
        chosen = "".join(f", {key} {value}" for key, value in workload.choice.items())
        return next(name for name in names(workload.benchmark) if taken[name] == 1) + chosen

    return [label(workload) for workload in of]


def age(python: str) -> tuple[int, ...]:
    """A key that sorts Pythons from the oldest on, 3.9 before 3.10, and 3.13t after 3.13."""
    numbers = [int(number) for number in re.findall(r"\d+", python)]
    return (*numbers, len(python))
