"""The report as one page that needs nothing else: a forest plot of the ratios, and the table."""

import math
from html import escape
from string import Template
from typing import Any

from asv_gate.report.model import Report, Row, order, percent, ratio_words, value_words
from asv_gate.report.terminal import footnotes

COLOURS = {"worse": "#c0392b", "better": "#1e8449", "no change seen": "#7f8c8d"}
ROW_PIXELS = 16
PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; color: #222; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { text-align: left; padding: .25em .6em; border-bottom: 1px solid #ddd; vertical-align: top; }
td.number { text-align: right; white-space: nowrap; }
.worse { color: #c0392b; font-weight: 600; }
.better { color: #1e8449; font-weight: 600; }
figure { margin: 1.5em 0; overflow-x: auto; }
figure svg { max-width: 100%; height: auto; }
pre { background: #f5f5f5; padding: .6em; overflow-x: auto; }
</style>
</head>
<body>
<h1>$title</h1>
<p>$commits</p>
<p><strong>$reason</strong></p>
<figure aria-label="Forest plot: the change of each benchmark with its 95 % interval">$plot</figure>
<table>
<thead><tr><th>benchmark</th><th>base</th><th>head</th><th>change (95 %)</th><th>verdict</th><th>could detect</th></tr>
</thead>
<tbody>
$rows
</tbody>
</table>
$notes
</body>
</html>
""")


def as_html(report: Report) -> str:
    rows = sorted(report.rows, key=order)
    return PAGE.substitute(
        title=escape(f"{report.project}: {report.base} to {report.head}"),
        commits=escape(f"{report.base_commit} to {report.head_commit}, {report.environment}"),
        reason=escape(report.reason),
        plot=forest_plot(rows, report.settings["threshold"]),
        rows="\n".join(map(_row, rows)),
        notes="\n".join(map(_note, footnotes(report)[:-1])),
    )


def _row(row: Row) -> str:
    css = "worse" if row.worse else "better" if row.better else "quiet"
    verdict = f"{row.verdict}: {row.note}" if row.note else row.verdict
    numbers = (value_words(row.base, row.unit), value_words(row.head, row.unit), ratio_words(row))
    cells = "".join(f'<td class="number">{escape(words)}</td>' for words in numbers)
    detectable = f'<td class="number">{percent(row.detectable)}</td>'
    return f'<tr><td>{escape(row.name)}</td>{cells}<td class="{css}">{escape(verdict)}</td>{detectable}</tr>'


def _note(note: str) -> str:
    first, *more = note.splitlines()
    return f"<p>{escape(first)}</p>" + (f"<pre>{escape(chr(10).join(more))}</pre>" if more else "")


def forest_plot(rows: list[Row], threshold: float) -> str:
    """An SVG: a line per benchmark from one end of its interval to the other, and a point at its estimate."""
    import altair as alt
    import vl_convert

    drawn: list[dict[str, Any]] = [
        {
            "benchmark": row.name,
            "change": row.ratio - 1,
            "low": (row.low if 0 < row.low < math.inf else row.ratio) - 1,
            "high": (row.high if 0 < row.high < math.inf else row.ratio) - 1,
            "verdict": "worse" if row.worse else "better" if row.better else "no change seen",
        }
        for row in rows
        if not math.isnan(row.ratio)
    ]
    if not drawn:
        return ""
    colour = alt.Color(
        "verdict:N",
        scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())),
        legend=alt.Legend(title=None, orient="top"),
    )
    base = alt.Chart(_data(drawn)).encode(
        y=alt.Y("benchmark:N", sort=None, title=None, axis=alt.Axis(labelLimit=400)), color=colour
    )
    lines = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title="change of time, head against base", axis=alt.Axis(format="+.1%")), x2="high:Q"
    )
    points = base.mark_point(filled=True, size=40, opacity=1).encode(x="change:Q")
    marks = alt.Chart(_data([{"at": 0.0}, {"at": threshold}])).mark_rule(strokeDash=[4, 3], color="#555")
    chart = (marks.encode(x="at:Q") + lines + points).properties(width=520, height={"step": ROW_PIXELS})
    svg: str = vl_convert.vegalite_to_svg(chart.to_json())
    return svg


def _data(values: list[dict[str, Any]]) -> Any:
    import altair as alt

    return alt.InlineData(values=values)
