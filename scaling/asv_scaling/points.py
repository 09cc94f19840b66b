"""The points of a run: for each workload, strategy and number of workers a time, or the reason why there is none."""

import itertools
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from asv_scaling import parameters
from asv_scaling.hours import Fixed
from asv_scaling.reference import Reference
from asv_scaling.results import Run
from asv_scaling.suite import Place, Suite

SKIPPED, FAILED, NOT_RUN = "skipped", "failed", "not run"


class Point(NamedTuple):
    """A time in seconds with its 99 % confidence interval (None where asv has none), or why there is none.

    `taken` is how often it was measured: samples, or pairs with the reference of a paired history. The
    interval of a paired time is that of its ratio to what it was measured against; `fixed` is half of the interval
    of the logarithm of the reference's time, against that of the benchmark's parameters `anchor`, and `link` that of
    the base of the environment `base`, against the reference.
    """

    strategy: str
    workers: int
    time: float | None = None
    low: float | None = None
    high: float | None = None
    missing: str = ""
    taken: int | None = None
    fixed: float = 0.0
    anchor: str = ""
    link: float = 0.0
    base: str = ""


def points(
    run: Run, suite: Suite, warn: Callable[[str], None], reference: Reference | None = None
) -> dict[str, list[Point]]:
    """The points of each workload that was run, by its key; a warning for each benchmark with malformed results.

    `reference` is what the run was measured in pairs with, if it was.

    The parameters of a benchmark may have changed since the run: its values of today count. The
    results of another version of a benchmark are left out, as asv does.
    """
    found = {}
    tables: dict[str, Callable[[Place], Point] | None] = {}
    for workload in suite.workloads:
        name = workload.benchmark
        if name not in tables:
            try:
                tables[name] = _reader(run, name, suite.benchmarks[name], reference)
            except ValueError as error:
                tables[name] = None
                warn(f"{run.path}: the results of {workload.name} are malformed and left out: {error}")
        read = tables[name]
        if read is not None:
            found[workload.key] = [read(place) for place in workload.places]
    return found


def facts(run: Run, benchmarks: Mapping[str, Any]) -> dict[str, str]:
    """What a run recorded of its Python, as text: the values of benchmarks with the single parameter ``fact``.

    Such a benchmark, of asv's type ``track``, runs in the interpreter that is measured, so that
    what it says of build flags or the GIL is true of the times beside it.
    """
    found = {}
    for name, benchmark in benchmarks.items():
        if not isinstance(benchmark, dict) or benchmark.get("param_names") != ["fact"] or name not in run.results:
            continue
        values, params = run.column(name, "result"), run.column(name, "params")
        if not isinstance(values, list) or not isinstance(params, list) or len(params) != 1:
            continue
        for key, value in zip(_texts(params[0]), values, strict=False):
            number = _number(value)
            if number is not None and math.isfinite(number):
                found[key] = f"{number:g}"
    return found


def _texts(values: Any) -> list[str]:
    is_texts = isinstance(values, list) and all(isinstance(value, str) for value in values)
    return parameters.shown(values) if is_texts else []


def _reader(
    run: Run, name: str, benchmark: Mapping[str, Any], reference: Reference | None
) -> Callable[[Place], Point] | None:
    """What makes points of a benchmark's results; None if it was not run. Raises ValueError if they are malformed."""
    if name not in run.results or run.column(name, "version") not in (None, benchmark.get("version")):
        return None
    then, now = run.column(name, "params"), benchmark["params"]
    if not isinstance(then, list) or not all(isinstance(values, list) for values in then):
        raise ValueError(f"their parameters are {then!r:.40}")
    size = math.prod(map(len, then))
    values = _column(run, name, "result", size)
    low, high, taken = (_optional(run, name, f"stats_{of}", size) for of in ("ci_99_a", "ci_99_b", "repeat"))
    index_of: dict[tuple[str, ...], int] | None = None
    keys: list[tuple[str, ...]] = []
    if then != now:
        if not all(isinstance(value, str) for value in itertools.chain(*then)):
            raise ValueError(f"their parameters are {then!r:.40}")
        index_of = {key: index for index, key in enumerate(itertools.product(*then))}
        keys = list(itertools.product(*now))

    def read(place: Place) -> Point:
        index = place.index if index_of is None else index_of.get(keys[place.index])
        if index is None:
            return Point(place.strategy, place.workers, missing=NOT_RUN)
        point = _point(place, values[index], low[index], high[index], taken[index])
        if reference is None or point.time is None:
            return point
        fixed = reference.fixed.get(names[index])
        if link := reference.link(run, names[index]):
            point = point._replace(link=link, base=run.environment)
        if reference.is_exact(run, names[index]):  # its ratio to itself is 1
            point = point._replace(low=point.time, high=point.time)
        if reference.is_of(run, names[index]):  # the interval in the file is that of the fixed time
            point = point._replace(taken=fixed and fixed.pairs)
        return point if fixed is None else _over_hours(point, fixed)

    names = [f"{name}({', '.join(map(str, chosen))})" for chosen in itertools.product(*then)] if reference else []
    return read


def _over_hours(point: Point, fixed: Fixed) -> Point:
    """The point, as the reference's time is in all hours."""
    time, low, high = (each and each * fixed.scale for each in (point.time, point.low, point.high))
    return point._replace(time=time, low=low, high=high, fixed=fixed.half, anchor=fixed.anchor)


def _column(run: Run, name: str, column: str, size: int) -> list[Any]:
    """A column of so many values; all None where asv left it away, as it does where all are."""
    values = run.column(name, column)
    if values is None:
        return [None] * size
    if not isinstance(values, list):
        raise ValueError(f"{column} is {values!r:.40}")
    if len(values) != size:
        raise ValueError(f"there are {len(values)} values of {column}, for {size} combinations of parameters")
    return values


def _optional(run: Run, name: str, column: str, size: int) -> list[Any]:
    """As a column of results, but times can do without: all None where it is malformed."""
    try:
        return _column(run, name, column, size)
    except ValueError:
        return [None] * size


def _point(place: Place, value: Any, low: Any, high: Any, taken: Any) -> Point:
    if value is None:
        return Point(place.strategy, place.workers, missing=FAILED)
    time = _number(value)
    if time is not None and math.isnan(time):
        return Point(place.strategy, place.workers, missing=NOT_RUN if taken == 0 else SKIPPED)
    if time is None or not 0 < time < math.inf:
        return Point(place.strategy, place.workers, missing=f"{parameters.printable(value, 20)} is no time")
    bounds = _number(low), _number(high)
    # asv has none where the samples are too few, or says infinity.
    if bounds[0] is None or bounds[1] is None or not 0 < bounds[0] <= bounds[1] < math.inf:
        bounds = None, None
    often = _number(taken)
    return Point(place.strategy, place.workers, time, *bounds, taken=int(often) if often and often >= 1 else None)


def _number(value: Any) -> float | None:
    """A number of JSON, or None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
