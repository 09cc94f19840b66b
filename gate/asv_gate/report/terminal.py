"""The table at the end of a run."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from asv_gate.report.model import Report, order, percent, ratio_words, value_words


def show(report: Report, console: Console) -> None:
    table = Table(title=f"{report.base} ({report.base_commit[:8]}) to {report.head} ({report.head_commit[:8]})")
    for column in ("benchmark", "base", "head", "change (95 %)", "verdict", "could detect"):
        table.add_column(column, overflow="fold", justify="left" if column in ("benchmark", "verdict") else "right")
    for row in sorted(report.rows, key=order):
        colour = "red" if row.worse else "green" if row.better else "default"
        verdict = f"{row.verdict}: {row.note}" if row.note else row.verdict
        table.add_row(
            escape(row.name),
            value_words(row.base, row.unit),
            value_words(row.head, row.unit),
            ratio_words(row),
            f"[{colour}]{escape(verdict)}[/]",
            percent(row.detectable),
        )
    console.print(table)
    for line in footnotes(report):
        console.print(line, highlight=False, markup=False)


def footnotes(report: Report) -> list[str]:
    """What a reader of the table must know besides."""
    lines = []
    if report.suite is not None:
        lines.append(
            f"Suite result: {report.suite.verdict} ({report.suite.ratio - 1:+.2%}, {report.suite.pairs} pairs)."
        )
    if report.skipped:
        lines.append(f"{report.skipped} benchmarks skip themselves on both sides.")
    lines += [f"{name} fails in head:\n{error}" for name, error in report.broken.items()]
    lines += report.warnings
    lines.append(
        f"Could detect: the smallest slowdown that this run would have found with 90 % probability. "
        f"False alarms: at most {report.settings['alpha']:.1%} of runs."
    )
    if report.calibration:
        lines.append(report.calibration)
    lines.append(report.reason)
    return lines
