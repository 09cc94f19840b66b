"""The end of a run, for a terminal or a log: names in lines of their own, which are not broken to pieces."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from asv_gate.report import words
from asv_gate.report.model import Report, Row
from asv_gate.report.text import shown

UNJUDGED_MOST = 20


def show(report: Report, files: Sequence[Path], console: Console, *, everything: bool = False) -> None:
    """Print it: what changed, what there is no verdict on, the unchanged in a line or each, and why it ends so."""
    for text in _lines(shown(report), files, everything=everything):
        console.print(text, soft_wrap=True, highlight=False)


def _lines(report: Report, files: Sequence[Path], *, everything: bool) -> Iterator[Text]:
    yield Text()
    yield Text(words.sides(report)[1])
    yield Text()
    for row in report.changed:
        yield from _row(row, "red" if row.worse else "green")
    unjudged = report.unjudged if everything else report.unjudged[:UNJUDGED_MOST]
    for row in unjudged:
        yield Text.assemble((row.verdict, "yellow"), f"  {row.name}")
        yield Text(f"    {row.note}")
    if len(unjudged) < len(report.unjudged):
        yield Text(f"... and {len(report.unjudged) - len(unjudged)} more (--all lists them)")
    if everything:
        for row in report.unchanged:
            yield from _row(row, "")
    elif report.unchanged:
        yield Text(f"{words.folded(report.unchanged)} (--all lists them)")
    yield Text()
    for note in words.notes(report):
        yield Text(note)
    if files:
        yield Text(f"Reports: {', '.join(map(str, files))}")
    yield Text(report.reason, style="bold")


def _row(row: Row, style: str) -> Iterator[Text]:
    base, head = words.values(row)
    yield Text.assemble((row.verdict, style), f"  {row.name}")
    said = f"{base} -> {head}, {words.change(row)}, {words.count(row.pairs, 'pair')}"
    if not row.changed and row.detectable == row.detectable:
        said += f", could detect {words.percent(row.detectable)}"
    yield Text("    " + "; ".join(filter(None, (said, row.note))))
