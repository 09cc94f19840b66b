"""The report of a run in four forms: JSON, Markdown, JUnit XML, and a page with a forest plot."""

from collections.abc import Callable
from pathlib import Path

from asv_gate.atomic import write_atomic
from asv_gate.report import data, html, junit, markdown
from asv_gate.report.model import Report

PROBE = ".asv-gate-report"  # the folder may be that in which .asv-gate is
FORMS: dict[str, Callable[[Report], str]] = {
    "report.json": data.as_json,
    "report.md": markdown.as_markdown,
    "report.xml": junit.as_junit,
    "report.html": html.as_html,
}


def write_all(report: Report, folder: Path) -> tuple[list[Path], list[str]]:
    """Write each form, whole, as far as it can be.

    Returns
    -------
    The files that were written, and of the others why they were not.

    """
    written, lost = [], []
    for name, form in FORMS.items():
        try:
            write_atomic(folder / name, form(report))
            written.append(folder / name)
        except Exception as error:
            lost.append(f"{folder / name} could not be written: {error}")
    return written, lost


def unwritable(folder: Path) -> str:
    """Why files cannot be written in the folder, which is made where it is missing; nothing where they can."""
    try:
        write_atomic(folder / PROBE, "")
        (folder / PROBE).unlink()
    except OSError as error:
        return f"reports cannot be written to {folder}: {error.strerror or error}"
    return ""
