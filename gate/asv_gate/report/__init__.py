"""The report of a run in four forms: JSON, Markdown, JUnit XML, and a page with a forest plot."""

from pathlib import Path

from asv_gate.atomic import write_atomic
from asv_gate.report import data, html, junit, markdown
from asv_gate.report.model import Report


def write_all(report: Report, folder: Path) -> list[Path]:
    """Write each form, whole, and say where."""
    forms = {
        "report.json": data.as_json(report),
        "report.md": markdown.as_markdown(report),
        "report.xml": junit.as_junit(report),
        "report.html": html.as_html(report),
    }
    for name, text in forms.items():
        write_atomic(folder / name, text)
    return [folder / name for name in forms]
