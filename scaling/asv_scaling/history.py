"""The series of a machine's results, for `asv_scaling.changes`, and its changes as lines of text."""

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any, NamedTuple

from asv_scaling import environments, reference, results
from asv_scaling.changes import NORMAL_MAD, Z_99, Change, Measured, changes, usable
from asv_scaling.commits import Lines
from asv_scaling.results import Machine, Run, Unreadable

STEPS_OF_AN_HOUR = 10  # the fewest benchmarks that tell how far they stepped together


class Series(NamedTuple):
    """A benchmark with its parameters, in an environment."""

    name: str
    environment: str

    @property
    def benchmark(self) -> str:
        """Its name without parameters."""
        return self.name.partition("(")[0]


class Entry(NamedTuple):
    """A change of a series of a machine; the commits are hashes.

    `others` are those that it may as well have come with, beside `after`. `branch` is that of the commits, where the
    suite has several.
    """

    machine: str
    series: Series
    python: str
    before: str
    after: str
    change: Change
    others: tuple[str, ...] = ()
    branch: str = ""


@dataclass(frozen=True)
class History:
    """The series of a machine, its commits in the order of their numbers, and the Python of each environment.

    `in_pairs` says whether all was measured in pairs with one reference; `facts` are what tells each environment from
    others, such as versions of requirements. `branch` is that of the commits, where the suite has several, and `before`
    the commits of it that are an earlier branch's, too.
    """

    machine: str
    series: Mapping[Series, Sequence[Measured]]
    commits: Sequence[str]
    dates: Mapping[str, int]
    pythons: Mapping[str, str]
    in_pairs: bool = False
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    branch: str = ""
    before: Collection[str] = ()


def of_branches(
    machine: Machine, benchmarks: Mapping[str, Any], warn: Callable[[str], None], lines: Lines | None
) -> Iterator[History]:
    """The history of a machine on each branch; without branches, that of all its commits in the order of their dates.

    `machine`, `benchmarks` and `warn` are as for `read`.
    """
    if lines is None:
        yield read(machine, benchmarks, warn)
        return
    before: set[str] = set()
    for number, (branch, line) in enumerate(lines.items()):
        told = warn if number == 0 else lambda message: None  # of a file that cannot be read once
        one = read(machine, benchmarks, told, line)
        if number == 0 or not before.issuperset(one.commits):
            yield replace(one, branch=branch if len(lines) > 1 else "", before=frozenset(before))
        before |= line.keys()


def read(
    machine: Machine,
    benchmarks: Mapping[str, Any],
    warn: Callable[[str], None],
    revisions: Mapping[str, int] | None = None,
) -> History:
    """The history of a machine.

    Parameters
    ----------
    machine
        Its folder is read.
    benchmarks
        The suite's, by name: results of another version are left out, as asv does.
    warn
        Told of each file that cannot be read.
    revisions
        The commits that count, with their order; by default all, in the order of their dates.

    """
    runs = []
    for path in results.paths(machine):
        try:
            runs.append(results.read(path))
        except Unreadable as error:
            warn(str(error))
    dates = {run.commit: run.date for run in runs if revisions is None or run.commit in revisions}
    order = sorted(dates, key=lambda commit: (revisions[commit] if revisions else dates[commit], commit))
    place = {commit: number for number, commit in enumerate(order)}
    measured_against = reference.of(machine.folder, warn)
    found: dict[Series, list[Measured]] = {}
    exact: dict[Series, list[Measured]] = {}
    for run in runs:
        if run.commit in place:
            current = [name for name in run.results if _is_current(run, name, benchmarks)]
            for name, value, low, high in results.values(run, current):
                point, among = Measured(place[run.commit], value, low, high), found
                if measured_against is not None:
                    group, shared = measured_against.shared(run, name)
                    point = replace(point, group=group, shared=shared)
                    among = exact if measured_against.is_exact(run, name) else found
                among.setdefault(Series(name, run.environment), []).append(point)
    for series, points in exact.items():
        # What is measured against itself has no error, but another installation of it would differ as others do.
        errors = [point.error for point in usable(found.get(series, []))]
        if errors:
            reach = math.exp(Z_99 * median(errors))
            found[series] += [replace(point, low=point.value / reach, high=point.value * reach) for point in points]
    found = _with_hours(found)
    kept = {run.environment: run.python for run in runs if run.commit in place}
    facts = {run.environment: environments.beyond(run.facts, machine.facts) | {"python": run.python} for run in runs}
    return History(machine.name, found, order, dates, kept, measured_against is not None, facts)


def _with_hours(found: Mapping[Series, Sequence[Measured]]) -> dict[Series, list[Measured]]:
    """The series, with all that is measured against one build sharing also what another hour of that may have been.

    Two Pythons do not compare alike in every hour, and on every machine of a model. Where those that a Python's commits
    are measured against are linked by such a comparison alone, all benchmarks step there, one up and one down: as far
    as half of them do beyond what their intervals say, in terms of how far other steps go, is no commit's.
    """
    across: dict[tuple[str, object], list[tuple[float, float]]] = defaultdict(list)
    inside = []
    for series, points in found.items():
        for before, after in itertools.pairwise(usable(points)):
            step, error = abs(math.log(after.value / before.value)), before.error_to(after)
            if before.group == after.group:
                inside.append(step / error)
            else:
                across[series.environment, after.group].append((step, error))
    usual = min(1.0, NORMAL_MAD * median(inside)) if inside else 1.0
    hours = {}
    for where, steps in across.items():
        far, error = (NORMAL_MAD * median(step for step, _ in steps), usual * median(error for _, error in steps))
        if len(steps) >= STEPS_OF_AN_HOUR and far > error:
            hours[where] = Z_99 * math.sqrt(far**2 - error**2)
    return {
        series: [
            replace(point, shared=math.hypot(point.shared, hours.get((series.environment, point.group), 0.0)))
            for point in points
        ]
        for series, points in found.items()
    }


def entries(histories: Sequence[History]) -> list[Entry]:
    """All changes of some machines, the largest first, at one rate of false entries among all of them."""
    together = {
        (number, series): points for number, one in enumerate(histories) for series, points in one.series.items()
    }
    found = [
        Entry(
            one.machine,
            series,
            one.pythons[series.environment],
            one.commits[change.before],
            one.commits[change.after],
            change,
            tuple(one.commits[place] for place in change.within if place != change.after),
            one.branch,
        )
        for (number, series), each in changes(together, group=lambda key: key[0]).items()
        for one in (histories[number],)
        for change in each
        if one.commits[change.after] not in one.before
    ]
    return sorted(found, key=lambda entry: -abs(math.log(entry.change.ratio)))


def line(entry: Entry) -> str:
    """An entry as text."""
    value, low, high = (f"{ratio - 1:+.1%}" for ratio in (entry.change.ratio, entry.change.low, entry.change.high))
    doubt = f", or at {' or '.join(commit[:8] for commit in entry.others)}" if entry.others else ""
    machine = f"{entry.machine}, {entry.branch}" if entry.branch else entry.machine
    return (
        f"{machine}: {entry.series.name} in {entry.series.environment}: {value} ({low} to {high}) "
        f"at {entry.after[:8]}, after {entry.before[:8]}{doubt}"
    )


def parameters_of(name: str, benchmark: Mapping[str, Any]) -> tuple[str, ...]:
    """The values of its parameters that the name of a series says."""
    for chosen in itertools.product(*benchmark.get("params", [])):
        if name == f"{benchmark['name']}({', '.join(map(str, chosen))})":
            return tuple(map(str, chosen))
    return ()


def _is_current(run: Run, name: str, benchmarks: Mapping[str, Any]) -> bool:
    benchmark = benchmarks.get(name)
    return isinstance(benchmark, dict) and run.column(name, "version") in (None, benchmark.get("version"))
