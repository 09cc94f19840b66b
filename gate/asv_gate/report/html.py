"""The report as one page that needs nothing else: a forest plot of the changes, and the tables."""

from collections.abc import Sequence
from html import escape
from string import Template

from asv_gate.report import words
from asv_gate.report.model import Report, Row
from asv_gate.report.plot import forest_plot
from asv_gate.report.text import shown

PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; color: #222; }
table { border-collapse: collapse; width: 100%; font-size: 13px; margin: 1em 0; }
th, td { text-align: left; padding: .25em .6em; border-bottom: 1px solid #ddd; vertical-align: top; }
td.name { overflow-wrap: anywhere; min-width: 16em; }
td.number, th.number { text-align: right; white-space: nowrap; }
.worse { color: #c0392b; font-weight: 600; }
.better { color: #1e8449; font-weight: 600; }
.unjudged { color: #9a6700; }
figure { margin: 1.5em 0; overflow-x: auto; }
figure svg { max-width: 100%; height: auto; }
pre { background: #f5f5f5; padding: .6em; overflow-x: auto; }
</style>
</head>
<body>
<h1>$title</h1>
<p>$sides</p>
<p><strong>$reason</strong></p>
$changed
$plot
$unchanged
$notes
</body>
</html>
""")
HEAD = """<table>
<thead><tr><th>benchmark</th><th class="number">base</th><th class="number">head</th>
<th class="number">change (95 %)</th><th>verdict</th><th class="number">could detect</th></tr></thead>
<tbody>"""
FIGURE = '<figure aria-label="Forest plot: the change of each benchmark with its 95 % interval">'


def as_html(report: Report) -> str:
    """What changed first; the unchanged are folded into a line that opens."""
    report = shown(report)
    plot = forest_plot([*report.changed, *report.unchanged], report.settings["threshold"])
    unchanged = ""
    if report.unchanged:
        summary = f"<summary>{escape(words.folded(report.unchanged))}</summary>"
        unchanged = f"<details>{summary}\n{_table(report.unchanged)}</details>"
    return PAGE.substitute(
        title=escape(f"{report.project}: {words.sides(report)[0]}"),
        sides=escape(f"{words.sides(report)[1]}, {report.started}"),
        reason=escape(report.reason),
        changed=_table([*report.changed, *report.unjudged]),
        plot=f"{FIGURE}{plot}</figure>" if plot else "",
        unchanged=unchanged,
        notes="\n".join(map(_note, words.notes(report))),
    )


def _table(rows: Sequence[Row]) -> str:
    return "\n".join([HEAD, *map(_row, rows), "</tbody>\n</table>"]) if rows else ""


def _row(row: Row) -> str:
    css = "worse" if row.worse else "better" if row.better else "quiet" if row.judged else "unjudged"
    numbers = (*words.values(row), words.change(row))
    cells = "".join(f'<td class="number">{escape(each)}</td>' for each in numbers)
    detectable = f'<td class="number">{words.percent(row.detectable)}</td>'
    name = f'<td class="name">{escape(row.name)}</td>'
    return f'<tr>{name}{cells}<td class="{css}">{escape(words.verdict(row))}</td>{detectable}</tr>'


def _note(note: str) -> str:
    first, *more = note.splitlines()
    return f"<p>{escape(first)}</p>" + (f"<pre>{escape(chr(10).join(more))}</pre>" if more else "")
