"""The tables of a selection in Markdown: the best speedup of each strategy, a strategy's time per Python, the GIL."""

import html
import re
from collections.abc import Sequence

from asv_scaling.gil import Comparison, Speedup
from asv_scaling.points import NOT_RUN, SKIPPED
from asv_scaling.selection import Selection
from asv_scaling.speedup import FASTEST, SIMILAR, Best, Ratio

SPECIAL = re.compile(r"[\\`*|~\[\]]|(?<!\w)_|_(?!\w)")


EMPTY = {NOT_RUN, SKIPPED}  # of all workloads: such a strategy has no column
IN_PAIRS = "Both times of a speedup were measured in turns with those of one reference build."
APART = "†: the two times of the speedup were taken one after the other, minutes apart."


def tables(shown: Selection) -> str:
    """The matrix of the best speedups on the newest Python, and where there are several the time on each.

    Then, where a Python was measured with a GIL and without, what that does to serial code and to threads.
    """
    suite, serial = shown.suite, shown.suite.settings.serial
    cpus = f"{shown.machine.cpus} CPUs" if shown.machine.cpus else "an unknown number of CPUs"
    where = f"on {escaped(shown.machine.name)} ({cpus}), at commit {shown.commit[:8]}"
    best = shown.best()
    there = {one.strategy for own in best.values() for one in own if not _empty(one)}
    strategies = [strategy for strategy in suite.strategies if strategy in there]
    lines = [
        f"Best speedup over {escaped(suite.baseline)}, and its workers, with Python {escaped(shown.newest)} {where}. "
        "Bold: the fastest of its row; ≈: its 99 % confidence interval does not tell it apart from that. "
        + (IN_PAIRS if shown.in_pairs else APART),
        "",
        *_markdown(
            ["workload", *(strategy or "all" for strategy in strategies)],
            [[shown.labels[key], *_cells(own, strategies, shown.in_pairs)] for key, own in best.items()],
        ),
    ]
    across = shown.across()
    if len(shown.pythons) > 1 and across:
        of = f"Time of {escaped(serial)}" if serial in suite.strategies else "Time"
        rows = []
        for key, own in across.items():
            relative = {row.python: f"{row.relative:.2f}" for row in own}
            rows.append([shown.labels[key], *(relative.get(python, "-") for python in shown.pythons)])
        lines += ["", f"{of} on each Python, relative to the oldest, {where}.", ""]
        lines += _markdown(["workload", *shown.pythons], rows)
    freed = shown.freed()
    if freed is not None:
        lines += _gil(shown, *freed)
    return "\n".join(lines) + "\n"


def _gil(shown: Selection, with_gil: str, without: str, found: Sequence[Comparison]) -> list[str]:
    old, new = with_gil, without
    base, threads = shown.suite.baseline, shown.suite.settings.threaded
    mark = "" if shown.in_pairs else "†"

    def speedup(one: Speedup | None, named: str = "") -> str:
        return "-" if one is None else f"{named}{one.over.value:.2f}x{mark} ({one.point.workers})"

    def times(one: Ratio | None) -> str:
        if one is None:
            return "-"
        interval = "" if one.low is None or one.high is None else f" ({one.low:.2f} to {one.high:.2f})"
        return f"{one.value:.2f}{mark}{interval}"

    rows = [
        [
            shown.labels[one.workload.key],
            times(one.serial),
            speedup(one.threads),
            speedup(one.free),
            speedup(one.rival, f"{escaped(one.rival.point.strategy)} " if one.rival else ""),
            times(one.gain),
        ]
        for one in found
    ]
    head = [
        "workload",
        f"time of {base} on {new} relative to {old}",
        f"{threads} on {old}",
        f"{threads} on {new}",
        f"fastest other on {old}",
        f"{threads} on {new} times as fast as that",
    ]
    about = (
        f"GIL or no GIL: Python {escaped(old)} with one, {escaped(new)} without. "
        f"Speedups are over {escaped(base)} on {escaped(old)}, "
        "with their workers; in brackets are 99 % confidence intervals."
    )
    return ["", about, "", *_markdown(head, rows)]


def escaped(text: str) -> str:
    """The text, of one line, as Markdown that shows it as it is: no HTML, no emphasis, no end of a cell."""
    return SPECIAL.sub(r"\\\g<0>", html.escape(text, quote=False))


def _empty(one: Best) -> bool:
    return one.row is None and EMPTY.issuperset(one.missing.split(", "))


def _cells(own: Sequence[Best], strategies: Sequence[str], in_pairs: bool) -> list[str]:
    found = {one.strategy: one for one in own}
    return [_cell(found[strategy], in_pairs) if strategy in found else "-" for strategy in strategies]


def _cell(one: Best, in_pairs: bool) -> str:
    if one.row is None:
        return one.missing
    apart = not in_pairs and one.row.speedup != 1  # the baseline is over itself
    words = f"{one.row.speedup:.2f}x{'†' * apart} ({one.row.workers})"
    return {FASTEST: f"**{words}**", SIMILAR: f"≈ {words}"}.get(one.mark, words)


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table whose heads and first column are text, and whose other cells are Markdown."""
    body = [[escaped(row[0]), *row[1:]] for row in rows]
    return [f"| {' | '.join(row)} |" for row in ([escaped(name) for name in head], ["---"] * len(head), *body)]
