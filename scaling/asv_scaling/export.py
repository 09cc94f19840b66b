"""Tables and pictures of committed results, as files: what a README shows."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asv_scaling import results, scaling

BENCHMARKS_VERSION = 2
FORMATS = ("md", "png", "svg")
# Where a page shows the tables.
START, END = "<!-- the tables of python -m asv_scaling export -->", "<!-- end of the tables -->"
ONE_PYTHON, ALL_PYTHONS = "speedup", "pythons"


class NothingToExport(ValueError):
    """There are no results of what was asked for; the message says what there is."""


@dataclass(frozen=True)
class Shown:
    """The runs of one commit on one machine, from the oldest Python on, and what is measured in them."""

    machine: results.Machine
    commit: str
    pythons: Mapping[str, Mapping[str, Sequence[scaling.Point]]]
    labels: Mapping[str, str]
    strategies: Sequence[str]
    words: scaling.Words

    @property
    def newest(self) -> str:
        return list(self.pythons)[-1]


def collect(folder: Path, words: scaling.Words, machine: str = "", commit: str = "", python: str = "") -> Shown:
    """What to show: by default the newest commit, of the machine that has it on the most Pythons.

    With `python` nothing is shown of newer ones, so that it is the one of the table. Raises
    NothingToExport and Unreadable.
    """
    benchmarks = results.load(folder / "benchmarks.json", BENCHMARKS_VERSION)
    del benchmarks["version"]
    workloads = list(scaling.workloads(benchmarks, words))
    found: dict[tuple[str, str], list[results.Run]] = {}
    points: dict[Path, dict[str, list[scaling.Point]]] = {}
    machines = {}
    for one in results.machines(folder, _warn):
        machines[one.name] = one
        for path in results.paths(one):
            try:
                run = results.read(path)
                points[run.path] = scaling.measured(run, workloads, benchmarks)
            except results.Unreadable as error:
                _warn(str(error))
            else:
                found.setdefault((one.name, run.commit), []).append(run)
    fitting = {
        (name, hash_): runs
        for (name, hash_), runs in found.items()
        if machine in ("", name) and hash_.startswith(commit) and (not python or python in {run.python for run in runs})
    }
    if not fitting:
        there = ", ".join(sorted({f"{name} {hash_[:8]}" for name, hash_ in found})) or "none at all"
        raise NothingToExport(
            f"there are no results of machine {machine or 'any'}, commit {commit or 'any'}, "
            f"Python {python or 'any'}; there are: {there}"
        )
    name, commit = max(fitting, key=lambda key: (max(run.date for run in fitting[key]), len(fitting[key])))
    runs = sorted(fitting[name, commit], key=lambda run: scaling.age(run.python))
    if python:
        runs = [run for run in runs if scaling.age(run.python) <= scaling.age(python)]
    return Shown(
        machines[name],
        commit,
        {run.python: points[run.path] for run in runs},
        {workload.key: label for workload, label in zip(workloads, scaling.labels(workloads), strict=True)},
        list(dict.fromkeys(strategy for workload in workloads for strategy in workload.strategies)),
        words,
    )


def export(shown: Shown, formats: Sequence[str], folder: Path) -> list[Path]:
    """Write the tables, and a picture for one Python and one across them."""
    folder.mkdir(parents=True, exist_ok=True)
    contents: dict[str, Callable[[], bytes]] = {}
    if "md" in formats:
        contents["scaling.md"] = lambda: tables(shown).encode()
    if {"png", "svg"} & set(formats):
        from asv_scaling import vega

        for name, spec in pictures(shown).items():
            if "svg" in formats:
                contents[f"{name}.svg"] = lambda spec=spec: vega.svg(spec).encode()  # type: ignore[misc]
            if "png" in formats:
                contents[f"{name}.png"] = lambda spec=spec: vega.png(spec)  # type: ignore[misc]
    written = []
    for name, make in contents.items():
        _replace(folder / name, make())
        written.append(folder / name)
    return written


def insert(shown: Shown, page: Path) -> None:
    """Put the tables between the marks of a Markdown page. Raises ValueError where it has no such marks."""
    text = page.read_text("utf-8")
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"{page} has no place for the tables: it is between {START} and {END}")
    _replace(page, f"{before}{start}\n{tables(shown)}{end}{after}".encode())


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def tables(shown: Shown) -> str:
    """The matrix of the best speedups on the newest Python, and serial time per Python, in Markdown."""
    cpus = f"{shown.machine.cpus} CPUs" if shown.machine.cpus else "an unknown number of CPUs"
    where = f"on {shown.machine.name} ({cpus}), at commit {shown.commit[:8]}"
    matrix = []
    seen: set[str] = set()
    for key, points in shown.pythons[shown.newest].items():
        base = scaling.baseline(points, shown.words.serial)
        if base is not None and _compares(base, shown):
            cells = _cells(points, base)
            seen.update(cells)
            matrix.append((shown.labels[key], cells))
    strategies = [strategy for strategy in shown.strategies if strategy in seen]
    lines = [
        f"Best speedup over {shown.words.serial}, and its workers, with Python {shown.newest} {where}. "
        "Bold: the fastest of its row; ≈: its 99 % confidence interval does not tell it apart from that.",
        "",
        *_markdown(
            ["workload", *(strategy or "all" for strategy in strategies)],
            [[label, *(cells.get(strategy, "-") for strategy in strategies)] for label, cells in matrix],
        ),
    ]
    if len(shown.pythons) > 1:
        lines += ["", f"Time of {shown.words.serial} on each Python, relative to the oldest, {where}.", ""]
        lines += _markdown(["workload", *shown.pythons], _by_python(shown))
    return "\n".join(lines) + "\n"


def _compares(base: scaling.Point, shown: Shown) -> bool:
    """What has no strategies says nothing of which to take, unless the whole suite is so."""
    return bool(base.strategy) or not any(shown.strategies)


def _cells(points: Sequence[scaling.Point], base: scaling.Point) -> dict[str, str]:
    first = scaling.best(points)
    cells = {}
    for strategy in dict.fromkeys(point.strategy for point in points):
        own = [point for point in points if point.strategy == strategy]
        fastest = scaling.best(own)
        if fastest is None:
            cells[strategy] = own[0].missing
            continue
        words = f"{scaling.ratio(base, fastest).value:.2f}x ({fastest.workers})"
        if fastest is first:
            words = f"**{words}**"
        elif first is not None and not scaling.told_apart(first, fastest):
            words = f"≈ {words}"
        cells[strategy] = words
    return cells


def _by_python(shown: Shown) -> list[list[str]]:
    rows = []
    for key, label in shown.labels.items():
        bases = [scaling.baseline(points.get(key, []), shown.words.serial) for points in shown.pythons.values()]
        first = next((base for base in bases if base is not None), None)
        if first is not None and _compares(first, shown):
            rows.append([label, *(f"{scaling.ratio(base, first).value:.2f}" if base else "-" for base in bases)])
    return rows


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def pictures(shown: Shown) -> dict[str, dict[str, Any]]:
    """The graphs of the page with a panel per workload, ready for Vega-Lite."""
    from asv_scaling import charts

    specs = charts.specs(shown.strategies, shown.words.serial)
    speedups, relatives = [], []
    for key, label in shown.labels.items():
        points = shown.pythons[shown.newest].get(key, [])
        base = scaling.baseline(points, shown.words.serial)
        if base is None or not _compares(base, shown):
            continue
        speedups += scaling_rows(points, shown, label)
        by_python = [(python, found.get(key, [])) for python, found in shown.pythons.items()]
        relatives += python_rows(by_python, shown, label)
    where = f"{shown.machine.name}, commit {shown.commit[:8]}"
    timed = [row for row in speedups if row["speedup"] is not None]
    drawn = {ONE_PYTHON: _filled(specs["speedup"], timed, "Speedup against workers", f"Python {shown.newest}, {where}")}
    if len(shown.pythons) > 1:
        drawn[ALL_PYTHONS] = _filled(specs["pythons"], relatives, f"Time of {shown.words.serial} on each Python", where)
    return drawn


def scaling_rows(points: Sequence[scaling.Point], shown: Shown, panel: str) -> list[dict[str, Any]]:
    """Rows of a graph against workers, as ``scalingRows`` of the page's numbers.js makes them."""
    base = scaling.baseline(points, shown.words.serial)
    rows = []
    for point in points:
        over = scaling.ratio(base, point) if base is not None and point.time is not None else None
        rows.append(
            {
                "panel": panel,
                "strategy": point.strategy or "all",
                "workers": point.workers,
                "cpus": shown.machine.cpus,
                "time": point.time,
                "time_low": point.low,
                "time_high": point.high,
                "serial_time": base and base.time,
                "speedup": over and over.value,
                "speedup_low": over and over.low,
                "speedup_high": over and over.high,
            }
        )
    return rows


def python_rows(
    by_python: Sequence[tuple[str, Sequence[scaling.Point]]], shown: Shown, panel: str
) -> list[dict[str, Any]]:
    """Serial time per Python, relative to the oldest."""
    bases = [(python, scaling.baseline(points, shown.words.serial)) for python, points in by_python]
    first = next((base for _, base in bases if base is not None), None)
    rows = []
    for place, (python, base) in enumerate(bases):
        if base is not None and first is not None:
            over = scaling.ratio(base, first)
            rows.append(
                {
                    "panel": panel,
                    "python": python,
                    "place": place,
                    "strategy": base.strategy or "all",
                    "workers": base.workers,
                    "time": base.time,
                    "relative": over.value,
                    "relative_low": over.low,
                    "relative_high": over.high,
                }
            )
    return rows


def _filled(spec: dict[str, Any], rows: Sequence[Mapping[str, Any]], title: str, subtitle: str) -> dict[str, Any]:
    """A graph with its rows, a small panel for each workload on a scale of its own."""
    spec["title"] = {"text": title, "subtitle": subtitle, "anchor": "start", "fontSize": 16, "offset": 12}
    spec["resolve"] = {"scale": {"y": "independent"}, "axis": {"x": "independent"}}
    spec["data"] = {"values": rows}
    spec["columns"] = 3
    spec["spec"]["width"], spec["spec"]["height"] = 240, 190
    values = {
        "shown": list(dict.fromkeys(row["strategy"] for row in rows)),
        "columns": 8,
        "ticks": sorted({row["workers"] for row in rows}),
    }
    for parameter in spec["params"]:
        parameter["value"] = values[parameter["name"]]
    return spec


def _warn(message: str) -> None:
    print(f"warning: {message}", file=sys.stderr)
