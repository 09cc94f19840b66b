"""The report as JUnit XML, which CI systems show as tests: a benchmark is a test case."""

from xml.etree import ElementTree as ET

from asv_gate.report.model import FINDINGS, Report, Row, order, percent, ratio_words


def as_junit(report: Report) -> str:
    """Regressions are failures, what breaks in head is an error, and what could not be measured is skipped."""
    rows = sorted(report.rows, key=order)
    suite = ET.Element(
        "testsuite",
        name=f"asv-gate {report.project}",
        timestamp=report.started,
        time=f"{report.seconds:.1f}",
        tests=str(len(rows) + 1),
        failures=str(sum(row.verdict in FINDINGS for row in rows) + (report.whole.verdict in FINDINGS)),
        errors=str(len(report.broken)),
        skipped=str(sum(_skipped(row, report) for row in rows) + (report.whole.pairs == 0)),
    )
    whole = ET.SubElement(suite, "testcase", classname="asv-gate", name="the suite as a whole")
    if report.whole.pairs == 0:
        ET.SubElement(whole, "skipped", message="not measured")
    elif report.whole.verdict in FINDINGS:
        ET.SubElement(whole, "failure", message=f"{report.whole.verdict}: {report.whole.ratio - 1:+.1%}")
    for row in rows:
        classname, _, name = row.name.partition("(")[0].rpartition(".")
        case = ET.SubElement(suite, "testcase", classname=classname, name=name + row.name[len(classname + name) + 1 :])
        if row.name in report.broken:
            ET.SubElement(case, "error", message=row.note).text = report.broken[row.name]
        elif row.verdict in FINDINGS:
            ET.SubElement(case, "failure", message=f"{row.verdict}: {ratio_words(row)}")
        elif _skipped(row, report):
            ET.SubElement(case, "skipped", message=row.note)
        else:
            ET.SubElement(case, "system-out").text = f"{row.verdict}; would find {percent(row.would_find)}"
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _skipped(row: Row, report: Report) -> bool:
    return row.verdict == "could not measure" and row.name not in report.broken
