"""The report as JUnit XML, which CI systems show as tests: a benchmark is a test case."""

from xml.etree import ElementTree as ET

from asv_gate.report.model import Report, Row, order, percent, ratio_words


def as_junit(report: Report) -> str:
    """Regressions are failures, what breaks in head is an error, and what could not be measured is skipped."""
    rows = sorted(report.rows, key=order)
    suite = ET.Element(
        "testsuite",
        name=f"asv-gate {report.project}",
        timestamp=report.started,
        time=f"{report.seconds:.1f}",
        tests=str(len(rows) + (report.suite is not None)),
        failures=str(sum(row.worse for row in rows) + (report.suite is not None and report.suite.worse)),
        errors=str(len(report.broken)),
        skipped=str(sum(_skipped(row, report) for row in rows)),
    )
    if report.suite is not None:
        together = ET.SubElement(suite, "testcase", classname="asv-gate", name="suite result")
        if report.suite.worse:
            ET.SubElement(together, "failure", message=f"{report.suite.verdict}: {report.suite.ratio - 1:+.1%}")
    for row in rows:
        classname, _, name = row.name.partition("(")[0].rpartition(".")
        case = ET.SubElement(suite, "testcase", classname=classname, name=name + row.name[len(classname + name) + 1 :])
        if row.name in report.broken:
            ET.SubElement(case, "error", message=row.note).text = report.broken[row.name]
        elif row.worse:
            ET.SubElement(case, "failure", message=f"{row.verdict}: {ratio_words(row)}")
        elif _skipped(row, report):
            ET.SubElement(case, "skipped", message=row.note)
        else:
            ET.SubElement(
                case, "system-out"
            ).text = f"{row.verdict}; smallest slowdown it could detect: {percent(row.detectable)}"
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _skipped(row: Row, report: Report) -> bool:
    return row.verdict == "could not measure" and row.name not in report.broken
