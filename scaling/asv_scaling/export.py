"""Tables and pictures of results as the contents of files: what a README shows."""

from collections.abc import Sequence
from pathlib import Path

from asv_scaling.selection import NothingToExport, Selection
from asv_scaling.tables import tables

FORMATS = ("md", "png", "svg")
# Where a page shows the tables.
START, END = "<!-- the tables of python -m asv_scaling export -->", "<!-- end of the tables -->"


def contents(shown: Selection, formats: Sequence[str]) -> dict[str, bytes]:
    """The files' contents by name. Raises NothingToExport where no workload has a speedup."""
    if not shown.best():
        reasons = [shown.suite.why_nothing] if shown.suite.why_nothing else shown.missing()
        where = f"Python {shown.newest} on {shown.machine.name} at commit {shown.commit[:8]}"
        raise NothingToExport(f"there is nothing to show of {where}: {'; '.join(reasons)}")
    made: dict[str, bytes] = {}
    if "md" in formats:
        made["scaling.md"] = tables(shown).encode()
    if {"png", "svg"} & set(formats):
        from asv_scaling import vega
        from asv_scaling.pictures import pictures

        for name, spec in pictures(shown).items():
            if "svg" in formats:
                made[f"{name}.svg"] = vega.svg(spec).encode()
            if "png" in formats:
                made[f"{name}.png"] = vega.png(spec)
    return made


def with_tables(shown: Selection, page: Path) -> bytes:
    """A Markdown page with the tables between its marks. Raises ValueError where it has no such marks, and OSError."""
    try:
        text = page.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{page} is not text in UTF-8: {error}") from None
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"{page} has no place for the tables, which is between {START} and {END}")
    return f"{before}{start}\n{tables(shown)}{end}{after}".encode()
