"""The bar chart of a comparison, as PNG or SVG."""

import importlib.util
import itertools
from pathlib import Path
from typing import Any

from kernels.comparing.comparison import Comparison, Samples, as_factor
from kernels.machine.info import python_name
from kernels.registry import name_of

NEEDS = ("altair", "vl_convert")
ENDINGS = (".png", ".svg")
SERIAL_COLOUR = "#595959"
# Every kind of colour vision tells them apart, as asv_scaling/marks.py says; in greyscale the bars' names do.
COLOURS = (
    "#5ab4ff",
    "#b4b400",
    "#5a0000",
    "#1e0087",
    "#a51eff",
    "#f09696",
    "#a5784b",
    "#3c1e2d",
    "#784b00",
    "#2d5a87",
    "#8787a5",
)
INK = "#333333"
FONT = "DejaVu Sans, Verdana, sans-serif"


def is_possible() -> bool:
    """Whether what draws is installed; it is not imported, so that what is measured stays small."""
    return all(importlib.util.find_spec(name) for name in NEEDS)


def draw(comparison: Comparison, path: Path, format: str) -> None:
    """Write the chart to `path`, in the format ``png`` or ``svg``."""
    made(comparison).save(str(path), format=format, scale_factor=2)


def svg(comparison: Comparison) -> str:
    """The chart as text, to be put into a page."""
    import vl_convert

    text: str = vl_convert.vegalite_to_svg(made(comparison).to_json())
    return text


def made(comparison: Comparison) -> Any:
    """The chart itself, as Altair's."""
    import altair as alt

    in_seconds = max(samples.best for samples in comparison.samples) >= 1
    unit, scale = ("s", 1) if in_seconds else ("ms", 1000)
    rows = [
        {
            "name": _name(comparison, samples),
            "strategy": samples.configuration.strategy,
            "time": samples.best * scale,
            "speedup": f"{as_factor(comparison.speedup(samples))}x",
        }
        for samples in comparison.samples
    ]
    compared = dict.fromkeys(
        samples.configuration.strategy for samples in comparison.samples
    )  # serial is the first; beyond twelve, the names tell
    colours = dict(zip(compared, itertools.cycle((SERIAL_COLOUR, *COLOURS)), strict=False))
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False, labelPadding=8)),
        x=alt.X("time:Q", title=f"best time of a warm run, {unit} (labels: speedup; dashed line: serial)"),
    )
    bars = base.mark_bar(cornerRadiusEnd=2, height={"band": 0.72}).encode(
        color=alt.Color("strategy:N", legend=None, scale=alt.Scale(domain=list(colours), range=list(colours.values())))
    )
    serial = alt.Chart(alt.InlineData(values=rows[:1])).mark_rule(color=INK, strokeDash=[5, 4]).encode(x="time:Q")
    label = base.encode(text="speedup:N")
    # The white outline keeps the label legible where the reference line runs behind it.
    outline = label.mark_text(align="left", dx=6, fontSize=12, stroke="white", strokeWidth=5, strokeJoin="round")
    text = label.mark_text(align="left", dx=6, fontSize=12, fontWeight="bold", color=INK)
    return (
        alt.layer(bars, serial, outline, text)
        .properties(
            width=520,
            height=alt.Step(28),
            title=alt.Title(_title(comparison), subtitle=_subtitle(comparison), anchor="start", frame="group"),
        )
        .configure(font=FONT, padding=16, background="white")
        .configure_axis(labelFontSize=12, titleFontSize=12, titleFontWeight="normal", labelColor=INK, titleColor=INK)
        .configure_axisX(gridColor="#e4e4e4", labelFlush=False, tickCount=6, titlePadding=10)
        .configure_axisY(labelLimit=300)
        .configure_title(fontSize=16, subtitleFontSize=12, subtitleColor="#666666", offset=14, color=INK)
        .configure_view(stroke=None)
    )


def _name(comparison: Comparison, samples: Samples) -> str:
    workers = samples.configuration.workers
    if workers is None:
        return samples.configuration.strategy
    chunk = samples.configuration.chunk
    cut = "" if chunk is None else f", chunks of {chunk}"
    mark = " (oversubscribed)" if comparison.oversubscribed(samples) else ""
    return f"{samples.configuration.strategy}, {workers} worker{'s' if workers > 1 else ''}{cut}{mark}"


def _title(comparison: Comparison) -> str:
    size = comparison.plan.size
    return f"{name_of(comparison.plan.workload)}, {f'{size} items' if isinstance(size, int) else f'size {size}'}"


def _subtitle(comparison: Comparison) -> str:
    info = comparison.info
    usable = info["cpus"]["usable"]
    cpus = f"{usable} CPU{'s' if usable > 1 else ''}"
    return (
        f"Python {python_name(info['python'])}, {cpus} ({info['cpu'] or 'model unknown'}), "
        f"{comparison.plan.start_method}, best of {comparison.rounds} rounds"
    )
