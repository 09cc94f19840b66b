"""The report for a pull request: the verdict, what changed, and the rest folded away."""

import re
from collections.abc import Sequence

from asv_gate.report import words
from asv_gate.report.model import Report, Row
from asv_gate.report.text import shown

TITLES = {
    0: "No performance regression found",
    1: "Performance regression",
    2: "The performance gate could not do its job",
    3: "The performance gate could have missed a regression",
}
HEAD = ("| benchmark | base | head | change (95 %) | verdict | could detect |", "| --- | --: | --: | --: | --- | --: |")


def as_markdown(report: Report) -> str:
    """GitHub's dialect, in which what benchmarks are called and print formats nothing."""
    report = shown(report)
    sides = words.sides(report, code, plain)[1]
    out = [f"## {TITLES[report.status]}", "", sides, "", plain(report.reason), ""]
    if telling := [*report.changed, *report.unjudged]:
        out += [*HEAD, *map(_row, telling), ""]
    if report.unchanged:
        summary = f"<summary>{words.folded(report.unchanged)}</summary>"
        out += ["<details>", summary, "", *HEAD, *map(_row, report.unchanged), "", "</details>", ""]
    for note in words.notes(report):
        first, *more = note.splitlines()
        out += [f"- {plain(first)}", *(_fenced(more) if more else [])]
    return "\n".join(out) + "\n"


def _row(row: Row) -> str:
    verdict = plain(words.verdict(row))
    cells = [code(row.name), *map(plain, words.values(row)), words.change(row)]
    cells += [f"**{verdict}**" if row.worse else verdict, words.percent(row.detectable)]
    return f"| {' | '.join(cells)} |"


def code(text: str) -> str:
    """A code span, between more backticks than the text has in a row; in a table also a bar in it must be escaped."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    room = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{room}{text}{room}{fence}".replace("|", "\\|")


def plain(text: str) -> str:
    """Text that formats nothing, mentions nobody and links to nothing."""
    escaped = re.sub(r"([\\`*_\[\]|~])", r"\\\1", text).replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([@#])(?=\w)", "\\1\u200b", escaped)


def _fenced(lines: Sequence[str]) -> list[str]:
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", "\n".join(lines))), default=0))
    return [f"  {line}" for line in (fence, *lines, fence)]
