"""The forest plot as SVG: ``python -m asv_gate.report.plot``, with its rows as JSON on stdin and the SVG on stdout.

In a process of its own, since the library that draws may end the process that it is called in.
"""

import json
import math
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from asv_gate.processes import ours
from asv_gate.report.model import Row

COLOURS = {"worse": "#c0392b", "better": "#1e8449", "no change seen": "#7f8c8d"}
ROW_PIXELS = 16
MOST = 60  # rows: the first ones, which have changed most
SECONDS = 60.0


def forest_plot(rows: Sequence[Row], threshold: float) -> str:
    """A line per benchmark from one end of its interval to the other, and a point at its estimate.

    Parameters
    ----------
    rows
        Those without a ratio are left out.
    threshold
        As a fraction: it is marked.

    Returns
    -------
    An SVG, or nothing where there is nothing to draw or it cannot be drawn.

    """
    drawn = [_drawn(row) for row in rows if math.isfinite(row.ratio)][:MOST]
    if not drawn:
        return ""
    asked = json.dumps({"rows": drawn, "threshold": threshold}, allow_nan=False)
    try:
        done = subprocess.run(
            ours("asv_gate.report.plot"),
            input=asked,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=True,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return ""
    return done.stdout


def _drawn(row: Row) -> dict[str, Any]:
    low, high = (bound if 0 < bound < math.inf else row.ratio for bound in (row.low, row.high))
    verdict = "worse" if row.worse else "better" if row.better else "no change seen"
    changes = {"change": row.ratio - 1, "low": low - 1, "high": high - 1}
    return {"benchmark": row.name, "verdict": verdict, **changes}


def specification(rows: Sequence[dict[str, Any]], threshold: float) -> dict[str, Any]:
    """The chart in Vega-Lite's words."""
    change = {"type": "quantitative", "title": "change, head against base", "axis": {"format": "+.1%"}}
    benchmark = {"field": "benchmark", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 400}}
    colour = {
        "field": "verdict",
        "type": "nominal",
        "scale": {"domain": list(COLOURS), "range": list(COLOURS.values())},
        "legend": {"title": None, "orient": "top"},
    }
    common = {"y": benchmark, "color": colour}
    marks = {
        "data": {"values": [{"at": 0.0}, {"at": threshold}]},
        "mark": {"type": "rule", "strokeDash": [4, 3], "color": "#555"},
        "encoding": {"x": {**change, "field": "at"}},
    }
    lines = {
        "mark": {"type": "rule", "strokeWidth": 2},
        "encoding": {**common, "x": {**change, "field": "low"}, "x2": {"field": "high"}},
    }
    points = {
        "mark": {"type": "point", "filled": True, "size": 40, "opacity": 1},
        "encoding": {**common, "x": {**change, "field": "change"}},
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": list(rows)},
        "layer": [marks, lines, points],
        "width": 520,
        "height": {"step": ROW_PIXELS},
    }


def main() -> None:
    """Draw what is asked for on stdin."""
    import vl_convert

    asked = json.loads(sys.stdin.buffer.read())
    drawn: str = vl_convert.vegalite_to_svg(specification(**asked))
    sys.stdout.buffer.write(drawn.encode())


if __name__ == "__main__":
    main()
