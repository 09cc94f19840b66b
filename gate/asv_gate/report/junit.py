"""The report as JUnit XML, which CI systems show as tests: a benchmark is a test case."""

from xml.etree import ElementTree as ET

from asv_gate.report import words
from asv_gate.report.model import Report, Row
from asv_gate.report.text import block, line, shown


def as_junit(report: Report) -> str:
    """Regressions are failures, what breaks in head is an error, and what could not be measured is skipped."""
    broken = {line(name): block(error) for name, error in report.broken.items()}
    names = {row.name: line(row.name) for row in report.rows}
    report = shown(report, longest=None)
    rows = [*report.changed, *report.unjudged, *report.unchanged]
    files = [name for name in broken if name not in names.values()]  # that cannot be imported
    suite_failed = report.suite is not None and report.suite.worse
    suite = ET.Element(
        "testsuite",
        name=f"asv-gate {report.project}",
        timestamp=report.started,
        time=f"{report.seconds:.1f}",
        tests=str(len(rows) + len(files) + (report.suite is not None)),
        failures=str(sum(row.worse and row.name not in broken for row in rows) + suite_failed),
        errors=str(len(broken)),
        skipped=str(sum(not row.judged and row.name not in broken for row in rows)),
    )
    properties = ET.SubElement(suite, "properties")
    ET.SubElement(properties, "property", name="compared", value=words.sides(report)[1])
    for each in report.differences:
        ET.SubElement(properties, "property", name="differs", value=str(each))
    if report.suite is not None:
        together = ET.SubElement(suite, "testcase", classname="asv-gate", name="suite result")
        if suite_failed:
            ET.SubElement(together, "failure", message=f"{report.suite.verdict}: {words.signed(report.suite.ratio)}")
    for file in files:
        case = ET.SubElement(suite, "testcase", classname="asv-gate", name=file)
        ET.SubElement(case, "error", message="fails in head").text = broken[file]
    for row in rows:
        _add(suite, row, broken.get(row.name))
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _add(suite: ET.Element, row: Row, error: str | None) -> None:
    classname, _, name = row.name.partition("(")[0].rpartition(".")
    rest = row.name[len(classname) + bool(classname) + len(name) :]
    case = ET.SubElement(suite, "testcase", classname=classname, name=name + rest)
    if error is not None:
        ET.SubElement(case, "error", message=row.note).text = error
    elif row.worse:
        ET.SubElement(case, "failure", message=f"{row.verdict}: {words.change(row)}")
    elif not row.judged:
        ET.SubElement(case, "skipped", message=row.note)
    else:
        could = f"; could detect {words.percent(row.detectable)}" if row.detectable == row.detectable else ""
        ET.SubElement(case, "system-out").text = f"{row.verdict}: {words.change(row)}{could}"
