"""The series of a machine's results, for `asv_scaling.changes`, and its changes as lines of text."""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from asv_scaling import results
from asv_scaling.changes import Change, Measured, changes
from asv_scaling.results import Machine, Run, Unreadable


class Series(NamedTuple):
    """A benchmark with its parameters, in an environment."""

    name: str
    environment: str


def of_machine(machine: Machine, benchmarks: Mapping[str, Any], warn: Callable[[str], None]) -> list[str]:
    """A line for each change that the results of a machine show, the largest first.

    Parameters
    ----------
    machine
        Its folder is read.
    benchmarks
        The suite's, by name: results of another version are left out, as asv does.
    warn
        Told of each file that cannot be read.

    """
    runs = []
    for path in results.paths(machine):
        try:
            runs.append(results.read(path))
        except Unreadable as error:
            warn(str(error))
    dates = {run.commit: run.date for run in runs}
    order = sorted(dates, key=lambda commit: (dates[commit], commit))
    place = {commit: number for number, commit in enumerate(order)}
    series: dict[Series, list[Measured]] = {}
    for run in runs:
        for name, value, low, high in _values(run, benchmarks):
            point = Measured(place[run.commit], value, low, high)
            series.setdefault(Series(name, run.environment), []).append(point)
    found = [(each, change) for each, found in changes(series).items() for change in found]
    found.sort(key=lambda entry: -abs(math.log(entry[1].ratio)))
    return [_line(each, change, order) for each, change in found]


def _line(series: Series, change: Change, order: list[str]) -> str:
    percent = ", ".join(f"{ratio - 1:+.1%}" for ratio in (change.ratio, change.low, change.high))
    value, low, high = percent.split(", ")
    return (
        f"{series.name} in {series.environment}: {value} ({low} to {high}) "
        f"at {order[change.after][:8]}, after {order[change.before][:8]}"
    )


def _values(run: Run, benchmarks: Mapping[str, Any]) -> Iterator[tuple[str, float, float, float]]:
    """The values of a run that have an interval, with the names of their parameters."""
    for name in run.results:
        benchmark = benchmarks.get(name)
        if not isinstance(benchmark, dict) or run.column(name, "version") != benchmark.get("version"):
            continue
        columns = [run.column(name, column) for column in ("result", "stats_ci_99_a", "stats_ci_99_b")]
        params = run.column(name, "params") or []
        if not all(isinstance(column, list) for column in (*columns, params, *params)):
            continue
        shown = [f"({', '.join(map(str, chosen))})" for chosen in itertools.product(*params)] if params else [""]
        for words, value, low, high in zip(shown, *columns, strict=False):
            if all(isinstance(each, int | float) for each in (value, low, high)):
                yield f"{name}{words}", float(value), float(low), float(high)
