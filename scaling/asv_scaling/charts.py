"""The graphs, as Vega-Lite without its rows: the page and ``export`` draw with the same ones.

A row of a graph against workers is a point: panel, cpus, and what ``speedup.Row`` has. A row of the
graph ``pythons`` is a time on a Python: panel, place (the Python's among all, from the oldest on),
and what ``speedup.PythonRow`` has. Each panel is a graph of its own, beside the others and on the
same scales. What draws gives values to the parameters `shown` (the strategies of the legend),
`columns` (of the legend) and `ticks` (numbers of workers).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asv_scaling import marks

Spec = dict[str, Any]

WIDTH, HEIGHT = 460, 320
INK, FAINT, LINE = "#333333", "#666666", "#e4e4e4"
FONT = "DejaVu Sans, Verdana, sans-serif"
TEXT = {"labelColor": INK, "titleColor": INK, "labelFontSize": 12, "titleFontSize": 12}
DOTS = {"type": "point", "size": 75, "strokeWidth": 2, "opacity": 1}
INTERVALS = {"type": "rule", "strokeWidth": 2, "opacity": 0.55}
IDEAL = {"strokeDash": [6, 4], "color": FAINT, "strokeWidth": 1.5}


@dataclass(frozen=True)
class Measure:
    """What a graph shows against workers, as expressions of Vega over a row.

    `of` is the field that the value is made of, without which there is none. `ideal` is the
    strategy that wastes nothing; more workers than CPUs cannot be faster than as many as CPUs.
    """

    title: str
    of: str
    value: str
    ideal: str
    scale: Mapping[str, Any]
    label: str


USABLE = "min(datum.workers, isValid(datum.cpus) ? datum.cpus : datum.workers)"
SERIAL_TIME = "datum.speedup * datum.time"
SECONDS = "format(datum.value, '.3~s') + 's'"
DECADES = {"type": "log", "nice": False, "padding": 12}
DOUBLINGS = {**DECADES, "base": 2}
MEASURES = {  # in `value`, {} is the field or a bound of its interval
    "speedup": Measure("speedup", "speedup", "{}", USABLE, DOUBLINGS, "format(datum.value, '.2~g') + 'x'"),
    "efficiency": Measure(
        "efficiency (speedup / min(workers, CPUs))",
        "speedup",
        f"{{}} / {USABLE}",
        "1",
        {"zero": True, "nice": True},
        "format(datum.value, '.0%')",
    ),
    "time": Measure("time of a run", "time", "{}", f"{SERIAL_TIME} / {USABLE}", DECADES, SECONDS),
    "cost": Measure(
        "cost (workers x time)",
        "time",
        "datum.workers * {}",
        f"{SERIAL_TIME} * datum.workers / {USABLE}",
        DECADES,
        SECONDS,
    ),
}


def specs(strategies: Sequence[str], serial: str) -> dict[str, Spec]:
    """Every graph for a suite with these strategies, ready for JSON."""
    style = _style(strategies, serial)
    return {**{name: measure(found, style) for name, found in MEASURES.items()}, "pythons": pythons(style)}


def measure(shown: Measure, style: Spec) -> Spec:
    """A measure against workers: a line per strategy, its intervals, the ideal, and where the CPUs end."""
    x = {
        "field": "workers",
        "type": "quantitative",
        "title": "workers",
        "scale": {"type": "log", "base": 2, "nice": False, "padding": 20},
        "axis": {"values": {"expr": "ticks"}, "format": "d", "grid": False},
    }
    y = {"type": "quantitative", "title": shown.title}
    value = {
        "field": "value",
        **y,
        "scale": dict(shown.scale),
        "axis": {"labelExpr": shown.label, "tickCount": 6},
    }
    fields = {"value": f"datum.{shown.of}", "low": f"datum.{shown.of}_low", "high": f"datum.{shown.of}_high"}
    ideal = {
        "transform": [
            {"filter": "isValid(datum.speedup)"},
            {"calculate": shown.ideal, "as": "ideal"},
            {"aggregate": [{"op": "max", "field": "ideal", "as": "ideal"}], "groupby": ["panel", "workers"]},
        ],
        "mark": {"type": "line", **IDEAL},
        "encoding": {"x": x, "y": {"field": "ideal", **y}},
    }
    # Where all fits into the CPUs, the line would be beyond what was measured.
    last = [
        {"filter": "isValid(datum.cpus) && isValid(datum.time)"},
        {
            "aggregate": [
                {"op": "max", "field": "workers", "as": "most"},
                {"op": "max", "field": "cpus", "as": "cpus"},
            ],
            "groupby": ["panel"],
        },
        {"filter": "datum.cpus <= datum.most"},
        {"calculate": "datum.cpus + (datum.cpus > 1 ? ' CPUs' : ' CPU')", "as": "label"},
    ]
    at = {"field": "cpus", "type": "quantitative"}
    edge = [
        {"transform": last, "mark": {"type": "rule", "color": FAINT, "strokeDash": [2, 3]}, "encoding": {"x": at}},
        {
            "transform": last,
            "mark": {"type": "text", "align": "right", "dx": -4, "y": 8, "color": FAINT, "fontSize": 11},
            "encoding": {"x": at, "text": {"field": "label", "type": "nominal"}},
        },
    ]
    drawn = [
        {"filter": f"isValid(datum.{shown.of})"},
        *({"calculate": shown.value.format(field), "as": name} for name, field in fields.items()),
    ]
    intervals = {
        "transform": [*drawn, {"filter": f"isValid(datum.{shown.of}_low)"}],
        "mark": INTERVALS,
        "encoding": {"x": x, "y": {"field": "low", **y}, "y2": {"field": "high"}, "color": style["color"]},
    }
    lines = {
        "transform": drawn,
        "mark": {"type": "line", "strokeWidth": 2},
        "encoding": {"x": x, "y": value, "color": style["color"]},
    }
    dots = {
        "transform": drawn,
        "mark": DOTS,
        "encoding": {
            "x": x,
            "y": value,
            **{channel: style[channel] for channel in ("color", "fill", "shape")},
            "tooltip": [
                _told("strategy", "nominal"),
                _told("workers"),
                _told("value", title=shown.title),
                _told("low", title="from (99 % interval)"),
                _told("high", title="to"),
                _told("time", title="time, s"),
            ],
        },
    }
    return _panels([ideal, *edge, intervals, lines, dots], {"name": "ticks", "value": []})


def pythons(style: Spec) -> Spec:
    """Time per Python, relative to the oldest: below 1 is faster."""
    x = {
        "field": "python",
        "type": "nominal",
        "title": "Python",
        "sort": {"field": "place", "op": "min"},
        "axis": {"labelAngle": 0, "grid": False},
    }
    y = {"type": "quantitative", "title": "time relative to the oldest"}
    relative = {"field": "relative", **y, "scale": {"zero": False, "nice": True}, "axis": {"tickCount": 6}}
    same = {"mark": {"type": "rule", **IDEAL}, "encoding": {"y": {"datum": 1}}}
    intervals = {
        "transform": [{"filter": "isValid(datum.relative_low)"}],
        "mark": INTERVALS,
        "encoding": {
            "x": x,
            "xOffset": style["xOffset"],
            "y": {"field": "relative_low", **y},
            "y2": {"field": "relative_high"},
            "color": style["color"],
        },
    }
    dots = {
        "mark": DOTS,
        "encoding": {
            "x": x,
            "y": relative,
            **style,
            "tooltip": [
                _told("strategy", "nominal"),
                _told("workers"),
                _told("python", "nominal"),
                _told("relative", title="relative to the oldest"),
                _told("relative_low", title="from (99 % interval)"),
                _told("relative_high", title="to"),
                _told("time", title="time, s"),
            ],
        },
    }
    return _panels([same, intervals, dots])


def _told(field: str, kind: str = "quantitative", title: str = "") -> Spec:
    return {"field": field, "type": kind, "title": title or field, **({"format": ".4~g"} if title else {})}


def _panels(layers: list[Spec], *parameters: Spec) -> Spec:
    header = {"title": None, "labelFontSize": 13, "labelFontWeight": "bold", "labelColor": INK, "labelPadding": 6}
    return {
        "data": {"values": []},
        "params": [{"name": "shown", "value": []}, {"name": "columns", "value": 7}, *parameters],
        "facet": {"field": "panel", "type": "nominal", "sort": None, "header": header},
        "columns": 2,
        "spec": {"width": WIDTH, "height": HEIGHT, "layer": layers},
        "config": {
            "font": FONT,
            "padding": 8,
            "background": "white",
            "axis": {**TEXT, "titleFontWeight": "normal", "gridColor": LINE},
            "legend": {**TEXT, "symbolSize": 90, "symbolOpacity": 1},
            "view": {"stroke": LINE},
        },
    }


def _style(strategies: Sequence[str], serial: str) -> Spec:
    """How each strategy looks, the same in every graph of a suite: encodings by channel."""
    looks = marks.looks([strategy or "all" for strategy in strategies], serial)
    names = list(looks)
    strategy = {"field": "strategy", "type": "nominal"}
    legend = {
        "title": "strategy",
        "values": {"expr": "shown"},
        "orient": "bottom",
        "columns": {"expr": "columns"},
    }
    ranges = {
        "color": [look.colour for look in looks.values()],
        "fill": [look.fill for look in looks.values()],
        "shape": [look.shape for look in looks.values()],
    }
    return {
        "xOffset": {**strategy, "sort": names},
        **{
            channel: {**strategy, "scale": {"domain": names, "range": values}, "legend": legend}
            for channel, values in ranges.items()
        },
    }
