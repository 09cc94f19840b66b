"""The report for a pull request: the verdict, what changed, and the rest folded away."""

from asv_gate.report.model import Report, Row, order, percent, ratio_words, value_words
from asv_gate.report.terminal import footnotes

TITLES = {
    0: "No performance regression found",
    1: "Performance regression",
    2: "The performance gate could not do its job",
    3: "The performance gate could have missed a regression",
}
HEAD = (
    "| benchmark | base | head | change (95 %) | verdict | could detect |",
    "| --- | --: | --: | --: | --- | --: |",
)


def as_markdown(report: Report) -> str:
    rows = sorted(report.rows, key=order)
    telling = [row for row in rows if row.worse or row.better]
    rest = [row for row in rows if row not in telling]
    commits = f"`{report.base}` ({report.base_commit[:8]}) to `{report.head}` ({report.head_commit[:8]})"
    lines = [f"## {TITLES[report.status]}", "", f"{commits}, {report.environment}", "", _plain(report.reason), ""]
    if telling:
        lines += [*HEAD, *map(_row, telling), ""]
    if rest:
        lines += ["<details>", f"<summary>{len(rest)} other benchmarks</summary>", "", *HEAD, *map(_row, rest), ""]
        lines += ["</details>", ""]
    for note in footnotes(report)[:-1]:
        first, *more = note.splitlines()
        lines += [f"- {_plain(first)}", *(["  ```", *(f"  {line}" for line in more), "  ```"] if more else [])]
    return "\n".join(lines) + "\n"


def _row(row: Row) -> str:
    verdict = f"{row.verdict}: {row.note}" if row.note else row.verdict
    verdict = f"**{verdict}**" if row.worse else verdict
    values = value_words(row.base, row.unit), value_words(row.head, row.unit)
    name = f"`{row.name}`".replace("|", "\\|")
    return f"| {name} | {' | '.join(values)} | {ratio_words(row)} | {verdict} | {percent(row.detectable)} |"


def _plain(text: str) -> str:
    """What a benchmark's name has in it must not become formatting."""
    return text.replace("_", "\\_").replace("*", "\\*").replace("<", "&lt;")
