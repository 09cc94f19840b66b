"""The files of the Scaling page: what is shown as rows that are ready, the script that draws them, and the page.

The folder has an ``index.html`` of its own and needs no other file of the site, no network and no
server: its data are scripts (``scalingData(NAME, CONTENT)``), for a page that is opened from a disk
may load scripts and no JSON. ``index`` says what there is, ``charts`` has the graphs without their
rows, and ``runs/MACHINE/COMMIT`` has all that is shown of a commit on a machine. As there are many of
these, they are short: a workload, a point of it and an environment are said by their numbers in the
index, and a number has as many digits as the page shows:

    {"runs": {ENVIRONMENT: {"facts": {NAME: TEXT}, "workloads": [null or [ROWS, BEST, LEADS, WHY], ...]}},
     "pythons": [[[POINT, [[ENVIRONMENT, RELATIVE, LOW, HIGH], ...]], ...], ...],
     "gil": [[ENVIRONMENT with a GIL, the one without, [[WORKLOAD, SERIAL, THREADS, FREE, RIVAL, GAIN], ...]], ...],
     "differences": {NAME: {ENVIRONMENT: TEXT}}}

    ROWS    for each point [TIME, LOW, HIGH, SPEEDUP, LOW, HIGH, TAKEN], or why there is no time; TAKEN is how
            many samples, or pairs with the machine's reference, there are of it
    BEST    for each strategy [POINT, 2 for the fastest, 1 for not told apart from it, or 0], or
            [POINT, why there is no time]
    LEADS   [STRATEGY, since which commit of the machine], or null
    WHY     why there is no speedup; left away where there is one
    SERIAL, GAIN           a ratio as [VALUE, LOW, HIGH], or null: see gil.py
    THREADS, FREE, RIVAL   a speedup as [POINT, VALUE, LOW, HIGH], or null
"""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from asv_scaling import charts, environments, gil, parameters, points, reference, results, speedup, vega
from asv_scaling.environments import Environment
from asv_scaling.points import Point
from asv_scaling.speedup import Best, Row
from asv_scaling.suite import Suite, Workload

PARTS = Path(__file__).parent / "site"
SCRIPTS = ("data.js", "choice.js", "tables.js", "graphs.js", "page.js")
LONGEST_MESSAGE = 400
DIGITS = 4
MARKS = {speedup.FASTEST: 2, speedup.SIMILAR: 1, speedup.SLOWER: 0}
Measured = tuple[results.Run, dict[str, list[Point]]]  # with the points of each workload by its key
Leaders = dict[tuple[str, str], tuple[str, int]]  # by environment and workload: a strategy, since which commit


class Site:
    """The page of a suite; `revisions` are the commits that asv publishes, with their numbers in time."""

    def __init__(self, folder: Path, suite: Suite, project: str, revisions: Mapping[str, int]) -> None:
        self._folder = folder
        self._suite = suite
        self._project = project
        self._revisions = revisions
        self.unread: list[str] = []

    def write(self, results_folder: Path) -> None:
        """Write all files of the page into its folder; `unread` then says which files of results it lacks."""
        self._folder.mkdir()
        machines = [
            self._machine(machine, number)
            for number, machine in enumerate(results.machines(results_folder, self.unread.append))
        ]
        suite = self._suite
        index = {
            "project": parameters.printable(self._project),
            "baseline": parameters.printable(suite.baseline),
            "threaded": parameters.printable(suite.settings.threaded),
            "strategies": suite.strategies,
            "workloads": [
                {
                    "key": workload.key,
                    "label": suite.labels[workload.key],
                    "strategies": workload.strategies,
                    "points": [[place.strategy, place.workers] for place in workload.places],
                    "work": suite.settings.work.get(workload.key),
                }
                for workload in suite.workloads
            ],
            "machines": machines,
            "nothing": suite.why_nothing,
            "left_out": [parameters.printable(text, LONGEST_MESSAGE) for text in suite.left_out],
            "unread": [parameters.printable(text, LONGEST_MESSAGE) for text in self.unread],
        }
        self._data("index", index)
        self._data("charts", charts.specs(suite.strategies, suite.settings.serial))
        script = "\n".join((PARTS / name).read_text("utf-8") for name in SCRIPTS)
        alone = (PARTS / "alone.html").read_text("utf-8")
        for name, content in {
            "page.js": f'(() => {{\n"use strict";\n{script}}})();\n'.encode(),
            "vega.js": vega.bundle(),
            "scaling.css": (PARTS / "scaling.css").read_bytes(),
            "index.html": alone.replace("<!-- scaling.html -->", elements()).encode(),
        }.items():
            (self._folder / name).write_bytes(content)

    def _machine(self, machine: results.Machine, number: int) -> dict[str, Any]:
        """Write a file per commit of a machine, and return what the index says of the machine."""
        leaders: Leaders = {}
        commits: list[tuple[str, int]] = []
        found: dict[str, Environment] = {}
        numbers: dict[str, int] = {}
        measured: dict[str, list[int]] = {}
        against = reference.of(machine.folder, self.unread.append)
        for commit, group in itertools.groupby(self._runs(machine, against), key=lambda entry: entry[0].commit):
            runs = list(group)
            place = len(commits)
            commits.append((commit, runs[0][0].date))
            for run, some in runs:
                facts = environments.beyond(run.facts, machine.facts)
                found.setdefault(run.environment, Environment(run.environment, run.python, facts))
                measured.setdefault(run.environment, []).append(place)
                for key, own in some.items():
                    before = leaders.get((run.environment, key))
                    leads = speedup.leader(before and before[0], own)
                    if leads is not None and (before is None or leads != before[0]):
                        leaders[run.environment, key] = (leads, place)
            numbers = {name: place for place, name in enumerate(found)}
            there = [found[run.environment] for run, _ in runs]
            self._data(f"runs/{number}/{commit[:12]}", self._commit(runs, there, numbers, leaders, machine.cpus))
        return {
            "name": machine.name,
            "cpus": machine.cpus,
            "reference": against and [against.build[0], numbers.get(against.build[1])],
            "facts": {
                parameters.printable(name): parameters.printable(fact)
                for name, fact in machine.facts.items()
                if name != "version"
            },
            "commits": commits,
            "environments": [
                {
                    "number": numbers[one.name],
                    "label": label,
                    "facts": one.facts,
                    "commits": measured[one.name],
                }
                for label, one in environments.labelled(list(found.values())).items()
            ],
        }

    def _commit(
        self,
        runs: Sequence[Measured],
        there: Sequence[Environment],
        numbers: Mapping[str, int],
        leaders: Leaders,
        cpus: int | None,
    ) -> dict[str, Any]:
        """All that is shown of a commit on a machine; an environment is said by its number."""
        runs = sorted(runs, key=lambda entry: environments.place(entry[0].python, entry[0].environment))
        workloads = self._suite.workloads
        shown = {}
        recorded = {}
        for run, some in runs:
            number = numbers[run.environment]
            recorded[number] = points.facts(run, self._suite.benchmarks)
            shown[number] = {
                "facts": recorded[number],
                "workloads": [
                    self._workload(one, some[one.key], leaders.get((run.environment, one.key)))
                    if one.key in some
                    else None
                    for one in workloads
                ],
            }
        by_environment = {run.environment: some for run, some in runs}
        by_python = [
            [(str(numbers[run.environment]), some[one.key]) for run, some in runs if one.key in some]
            for one in workloads
        ]
        return {
            "runs": shown,
            "pythons": [_pythons(one, found, cpus) for one, found in zip(workloads, by_python, strict=True)],
            "gil": [
                [
                    numbers[old.name],
                    numbers[new.name],
                    [
                        self._freed(one)
                        for one in gil.comparisons(self._suite, by_environment[old.name], by_environment[new.name])
                    ],
                ]
                for old, new in gil.pairs(there)
            ],
            "differences": environments.differences(recorded),
        }

    def _freed(self, one: gil.Comparison) -> list[Any]:
        numbers = _numbers(one.workload)

        def of(ratio: speedup.Ratio) -> list[float | None]:
            return _short([ratio.value, ratio.low, ratio.high])

        fastest = [
            some and [numbers[some.point.strategy, some.point.workers], *of(some.over)]
            for some in (one.threads, one.free, one.rival)
        ]
        return [
            self._suite.workloads.index(one.workload),
            one.serial and of(one.serial),
            *fastest,
            one.gain and of(one.gain),
        ]

    def _workload(self, workload: Workload, own: Sequence[Point], leads: tuple[str, int] | None) -> list[Any]:
        serial = self._suite.settings.serial
        rows = speedup.rows(own, serial)
        why = speedup.why_no_baseline(own, serial)
        best = speedup.best_of_each(own, rows) if not why and self._suite.compares(workload) else []
        return [[_row(row) for row in rows], [_best(one, rows) for one in best], leads, *filter(None, [why])]

    def _runs(self, machine: results.Machine, against: reference.Reference | None) -> Iterator[Measured]:
        """The runs of the commits that asv publishes, in its order of them, and those of a commit together.

        asv starts a file's name with its commit, so that a file is opened once and only one at a time.
        """
        order = {commit[:8]: revision for commit, revision in self._revisions.items()}
        paths = results.paths(machine)
        read: dict[tuple[str, str], Path] = {}
        for path in sorted(paths, key=lambda path: order.get(path.name[:8], -1)):
            try:
                run = results.read(path)
                if run.commit not in self._revisions:
                    continue
                if not path.name.startswith(run.commit[:8]):
                    raise results.Unreadable(f"{path} holds commit {run.commit[:8]}, but its name begins with another")
                first = read.setdefault((run.commit, run.environment), path)
                if first != path:
                    raise results.Unreadable(f"{path} is of the same commit and environment as {first.name}")
            except results.Unreadable as error:
                self.unread.append(str(error))
            else:
                found = points.points(run, self._suite, self.unread.append, against)
                if found:
                    yield run, found

    def _data(self, name: str, content: Any) -> None:
        """Write data as a script, which gives them to the page."""
        path = self._folder / f"{name}.js"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(content, separators=(",", ":"), allow_nan=False)
        path.write_text(f"scalingData({json.dumps(name)},{text});\n", "ascii")


def elements() -> str:
    """The page's elements, for a page of its own or asv's."""
    return (PARTS / "scaling.html").read_text("utf-8")


def _row(row: Row) -> list[float | None] | str:
    """What is published of a row; the strategy and the workers are the point's, and those the index has."""
    return row.missing if row.time is None else _short(row[2:-1])


def _best(one: Best, rows: Sequence[Row]) -> list[Any]:
    if one.row is not None:
        return [rows.index(one.row), MARKS[one.mark]]
    return [next(place for place, row in enumerate(rows) if row.strategy == one.strategy), one.missing]


def _pythons(workload: Workload, by_python: Sequence[tuple[str, Sequence[Point]]], cpus: int | None) -> list[Any]:
    """For each strategy the number of the point that is compared, and what is published of its rows."""
    numbers = _numbers(workload)
    found: dict[int, list[Any]] = {}
    for row in speedup.across_pythons(by_python, cpus):
        published = [int(row.python), *_short([row.relative, row.relative_low, row.relative_high])]
        found.setdefault(numbers[row.strategy, row.workers], []).append(published)
    return list(found.items())


def _numbers(workload: Workload) -> dict[tuple[str, int], int]:
    """The number of each point by its strategy and workers."""
    return {(place.strategy, place.workers): number for number, place in enumerate(workload.places)}


def _short(values: Sequence[float | None]) -> list[float | None]:
    """The values with as many digits as are shown, without those at the end that are None."""
    found = [value if value is None else _rounded(value) for value in values]
    while found[-1] is None:
        found.pop()
    return found


def _rounded(value: float) -> float:
    found = float(f"{value:.{DIGITS}g}")
    return int(found) if found.is_integer() else found  # 1 is shorter than 1.0
