"""The graphs, as Vega-Lite that still lacks its rows: the page and `export` draw with the same ones.

A row of `measure` is a point: panel, strategy, workers, cpus, time, time_low, time_high,
serial_time, speedup, speedup_low, speedup_high. A row of `pythons` is a time on a Python: panel,
python, place, strategy, workers, time, relative, relative_low, relative_high, where `place` is the
Python's among them, from the oldest on: no layer need have every Python, and so none could tell
their order. Each panel is a graph of its own, beside the others and on the same scales. What draws
gives values to the parameters `shown` (the strategies of the legend), `columns` (of the legend)
and `ticks` (numbers of workers).
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

WIDTH, HEIGHT = 460, 320
INK, FAINT, LINE = "#333333", "#666666", "#e4e4e4"
FONT = "DejaVu Sans, Verdana, sans-serif"
SERIAL_COLOUR = "#595959"
# Okabe and Ito, "Color Universal Design" (2008), less the yellow, which white paper swallows: told
# apart by every kind of colour vision. Shapes tell strategies apart without any colour.
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#000000")
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")


@dataclass(frozen=True)
class Measure:
    """What a graph shows against workers, as expressions of Vega over a row.

    `source` is the field that the value is made of, without which there is none. `ideal` is the
    strategy that wastes nothing; more workers than CPUs cannot be faster than as many as CPUs.
    """

    title: str
    source: str
    value: str
    low: str
    high: str
    ideal: str
    scale: alt.Scale
    label: str


Style = Mapping[str, Any]  # encodings of the strategy, by channel

USABLE = "min(datum.workers, isValid(datum.cpus) ? datum.cpus : datum.workers)"
SECONDS = "format(datum.value, '.3~s') + 's'"
DOUBLINGS = alt.Scale(type="log", base=2, nice=False, padding=12)
DECADES = alt.Scale(type="log", nice=False, padding=12)
MEASURES = {
    "speedup": Measure(
        "speedup over serial",
        "datum.speedup",
        "datum.speedup",
        "datum.speedup_low",
        "datum.speedup_high",
        USABLE,
        DOUBLINGS,
        "format(datum.value, '.2~g') + 'x'",
    ),
    "efficiency": Measure(
        "efficiency (speedup / min(workers, CPUs))",
        "datum.speedup",
        f"datum.speedup / {USABLE}",
        f"datum.speedup_low / {USABLE}",
        f"datum.speedup_high / {USABLE}",
        "1",
        alt.Scale(zero=True, nice=True),
        "format(datum.value, '.0%')",
    ),
    "time": Measure(
        "time of a run",
        "datum.time",
        "datum.time",
        "datum.time_low",
        "datum.time_high",
        f"datum.serial_time / {USABLE}",
        DECADES,
        SECONDS,
    ),
    "cost": Measure(
        "cost (workers x time)",
        "datum.time",
        "datum.workers * datum.time",
        "datum.workers * datum.time_low",
        "datum.workers * datum.time_high",
        f"datum.serial_time * datum.workers / {USABLE}",
        DECADES,
        SECONDS,
    ),
}


def specs(strategies: Sequence[str], serial: str) -> dict[str, Any]:
    """Every graph for a suite with these strategies, ready for JSON."""
    style = _styles(strategies, serial)
    graphs = {name: measure(found, style) for name, found in MEASURES.items()}
    return {name: graph.to_dict(validate=False) for name, graph in {**graphs, "pythons": pythons(style)}.items()}


def measure(of: Measure, style: Style) -> Any:
    """A measure against workers: a line per strategy, its intervals, the ideal, and where the CPUs end."""
    base = (
        alt.Chart()
        .transform_filter("isValid(datum.time)")
        .transform_calculate(value=of.value, low=of.low, high=of.high, ideal=of.ideal)
    )
    x = alt.X(
        "workers:Q",
        title="workers",
        scale=alt.Scale(type="log", base=2, nice=False, padding=20),
        axis=alt.Axis(values=alt.ExprRef("ticks"), format="d", grid=False),
    )
    y = alt.Y("value:Q", title=of.title, scale=of.scale, axis=alt.Axis(labelExpr=of.label, tickCount=6))
    ideal = (
        base.transform_filter("isValid(datum.serial_time)")
        .transform_aggregate(ideal="max(ideal)", groupby=["panel", "workers"])
        .mark_line(strokeDash=[6, 4], color=FAINT, strokeWidth=1.5)
        .encode(x=x, y=alt.Y("ideal:Q", title=of.title))
    )
    # Where all fits into the CPUs, the line would be beyond what was measured.
    cpus = (
        base.transform_filter("isValid(datum.cpus)")
        .transform_aggregate(most="max(workers)", cpus="max(cpus)", groupby=["panel"])
        .transform_filter("datum.cpus <= datum.most")
    )
    edge = cpus.mark_rule(color=FAINT, strokeDash=[2, 3]).encode(x="cpus:Q")
    edge_label = (
        cpus.mark_text(align="right", dx=-4, y=8, color=FAINT, fontSize=11)
        .encode(x="cpus:Q", text=alt.Text("label:N"))
        .transform_calculate(label="datum.cpus + ' CPUs'")
    )
    drawn = base.transform_filter(f"isValid({of.source})")
    bars = (
        drawn.transform_filter(f"isValid({of.source}_low)")
        .mark_rule(strokeWidth=2, opacity=0.55)
        .encode(x=x, y=alt.Y("low:Q", title=of.title), y2="high:Q", color=style["color"])
    )
    lines = drawn.mark_line(strokeWidth=2).encode(x=x, y=y, color=style["color"])
    dots = drawn.mark_point(filled=True, size=75, opacity=1).encode(
        x=x,
        y=y,
        color=style["color"],
        shape=style["shape"],
        tooltip=[
            "strategy:N",
            "workers:Q",
            alt.Tooltip("value:Q", title=of.title, format=".4~g"),
            alt.Tooltip("low:Q", title="from (99 % interval)", format=".4~g"),
            alt.Tooltip("high:Q", title="to", format=".4~g"),
            alt.Tooltip("time:Q", title="time, s", format=".4~g"),
        ],
    )
    layers = alt.layer(ideal, edge, edge_label, bars, lines, dots)
    return _panels(layers, alt.param("ticks", value=[]))


def pythons(style: Style) -> Any:
    """Time per Python, relative to the oldest: below 1 is faster."""
    base = alt.Chart()
    x = alt.X(
        "python:N",
        title="Python",
        sort=alt.EncodingSortField("place", op="min"),
        axis=alt.Axis(labelAngle=0, grid=False),
    )
    title = "time relative to the oldest"
    same = alt.Chart().mark_rule(strokeDash=[6, 4], color=FAINT, strokeWidth=1.5).encode(y=alt.datum(1))
    bars = (
        base.transform_filter("isValid(datum.relative_low)")
        .mark_rule(strokeWidth=2, opacity=0.55)
        .encode(
            x=x,
            y=alt.Y("relative_low:Q", title=title),
            y2="relative_high:Q",
            color=style["color"],
            xOffset=style["xOffset"],
        )
    )
    dots = base.mark_point(filled=True, size=75, opacity=1).encode(
        x=x,
        y=alt.Y("relative:Q", title=title, scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(tickCount=6)),
        xOffset=style["xOffset"],
        color=style["color"],
        shape=style["shape"],
        tooltip=[
            "strategy:N",
            "workers:Q",
            "python:N",
            alt.Tooltip("relative:Q", title="relative to the oldest", format=".3f"),
            alt.Tooltip("relative_low:Q", title="from (99 % interval)", format=".3f"),
            alt.Tooltip("relative_high:Q", title="to", format=".3f"),
            alt.Tooltip("time:Q", title="time, s", format=".4~g"),
        ],
    )
    return _panels(alt.layer(same, bars, dots))


def _panels(layers: Any, *parameters: alt.Parameter) -> Any:
    header = alt.Header(title=None, labelFontSize=13, labelFontWeight="bold", labelColor=INK, labelPadding=6)
    panels = (
        layers.properties(width=WIDTH, height=HEIGHT)
        .facet(facet=alt.Facet("panel:N", header=header, sort=None), data=alt.InlineData(values=[]), columns=2)
        .configure(font=FONT, padding=8, background="white")
        .configure_axis(
            labelFontSize=12, titleFontSize=12, titleFontWeight="normal", labelColor=INK, titleColor=INK, gridColor=LINE
        )
        .configure_legend(
            labelFontSize=12, titleFontSize=12, symbolSize=90, symbolOpacity=1, labelColor=INK, titleColor=INK
        )
        .configure_view(stroke=LINE)
    )
    return panels.add_params(alt.param("shown", value=[]), alt.param("columns", value=7), *parameters)


def _styles(strategies: Sequence[str], serial: str) -> Style:
    """A colour and a shape for each strategy, the same in every graph of a suite."""
    names = [strategy or "all" for strategy in strategies]
    rest = itertools.cycle(COLOURS)
    colours = [SERIAL_COLOUR if name == serial else next(rest) for name in names]
    shapes = list(itertools.islice(itertools.cycle(SHAPES), len(names)))
    legend = alt.Legend(title="strategy", values=alt.ExprRef("shown"), orient="bottom", columns=alt.ExprRef("columns"))
    return {
        "color": alt.Color("strategy:N", scale=alt.Scale(domain=names, range=colours), legend=legend),
        "shape": alt.Shape("strategy:N", scale=alt.Scale(domain=names, range=shapes), legend=legend),
        "xOffset": alt.XOffset("strategy:N", sort=names),
    }
