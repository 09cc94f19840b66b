"""The pictures of a selection: the graphs of the page, with a small panel for each workload."""

from collections.abc import Mapping, Sequence
from typing import Any

from asv_scaling import charts, speedup
from asv_scaling.selection import Selection
from asv_scaling.speedup import PythonRow, Row

ONE_PYTHON, ALL_PYTHONS = "speedup", "pythons"


def pictures(shown: Selection) -> dict[str, dict[str, Any]]:
    """The Vega-Lite of each picture by its name: speedups on the newest Python, and the time on each of several."""
    suite, serial = shown.suite, shown.suite.settings.serial
    specs = charts.specs(suite.strategies, serial)
    where = f"{shown.machine.name}, commit {shown.commit[:8]}"
    speedups = [
        {**_named(row), "panel": shown.labels[key], "cpus": shown.machine.cpus}
        for key in shown.best()
        for row in speedup.rows(shown.pythons[shown.newest][key], serial)
        if row.speedup is not None
    ]
    drawn = {
        ONE_PYTHON: _filled(specs["speedup"], speedups, "Speedup against workers", f"Python {shown.newest}, {where}")
    }
    order = list(shown.pythons)
    relatives = [
        {**_named(row), "panel": shown.labels[key], "place": order.index(row.python)}
        for key, rows in shown.across().items()
        for row in rows
    ]
    if len(order) > 1 and relatives:
        of = f"Time of {serial} on each Python" if serial in suite.strategies else "Time on each Python"
        drawn[ALL_PYTHONS] = _filled(specs["pythons"], relatives, of, where)
    return drawn


def _named(row: Row | PythonRow) -> dict[str, Any]:
    return {**row._asdict(), "strategy": row.strategy or "all"}


def _filled(spec: dict[str, Any], rows: Sequence[Mapping[str, Any]], title: str, subtitle: str) -> dict[str, Any]:
    """A graph with its rows, each panel on a scale of its own."""
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
