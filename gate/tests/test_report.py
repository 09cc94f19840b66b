"""The four forms of a report say the same, and are what other programs take them for."""

import json
import math
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from asv_gate.report import data, html, junit, markdown, write_all
from asv_gate.report.build import conclude
from asv_gate.report.model import Report, Row, Status, SuiteResult

SLOWER = Row("topic.Class.time_it('a<b|c', 2)", "seconds", "slower", "", 0.010, 0.011, 1.1, 1.08, 1.12, 40, 1e-9, 0.02)
FASTER = Row("topic.time_other", "seconds", "faster", "", 2e-6, 1e-6, 0.5, 0.49, 0.52, 40, 1e-9, 0.02)
QUIET = Row("topic.time_quiet", "seconds", "no change seen", "", 1.0, 1.0, 1.0, 0.99, 1.01, 7, math.nan, 0.03)
LARGER = Row("topic.peakmem_it", "bytes", "larger", "", 2**20, 2**21, 2.0, pairs=3, detectable=math.nan)
FAILED = Row("topic.time_broken", "", "could not measure", "fails in head", detectable=math.nan)
REPORT = Report(
    project="thing",
    base="v1",
    head="HEAD",
    base_commit="a" * 40,
    head_commit="b" * 40,
    environment="virtualenv-py3.11",
    machine={"system": "Linux", "cpus": "2"},
    settings={"alpha": 0.01, "threshold": 0.01, "budget": 600.0, "metric_threshold": 0.05},
    seed=1,
    started="2026-01-01T00:00:00+00:00",
    seconds=612.3,
    rows=[QUIET, FASTER, SLOWER, LARGER],
    suite=SuiteResult("no change seen", 1.001, 0.4, 180),
    skipped=2,
    broken={},
    warnings=["Something <odd>."],
    calibration="",
    status=Status.REGRESSION,
    reason="Slower or larger: topic.Class.time_it('a<b|c', 2), topic.peakmem_it.",
)
BROKEN = replace(REPORT, rows=[QUIET, FAILED], broken={FAILED.name: "exit status 1\nTraceback"}, status=Status.UNABLE)
SCHEMA: dict[str, Any] = json.loads(Path(data.__file__).with_name("schema.json").read_text())


@pytest.mark.parametrize("report", [REPORT, BROKEN])
def test_json_is_what_its_schema_says(report: Report) -> None:
    found = json.loads(data.as_json(report))
    jsonschema.validate(found, SCHEMA)
    assert len(found["benchmarks"]) == len(report.rows)
    assert found["benchmarks"][0]["verdict"] in ("slower", "larger", "could not measure")


def test_the_schema_refuses_what_is_no_report() -> None:
    found = json.loads(data.as_json(REPORT))
    found["benchmarks"][0]["verdict"] = "worse"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, SCHEMA)


def test_junit_counts_what_it_has() -> None:
    suite = ET.fromstring(junit.as_junit(REPORT))  # noqa: S314 - our own
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("5", "2", "0")
    assert len(suite.findall("testcase")) == 5
    failed = [case.get("name") for case in suite.findall("testcase") if case.find("failure") is not None]
    assert failed == ["peakmem_it", "time_it('a<b|c', 2)"]
    broken = ET.fromstring(junit.as_junit(BROKEN))  # noqa: S314 - our own
    assert (broken.get("errors"), broken.get("skipped")) == ("1", "0")
    assert "Traceback" in str(broken.findtext("testcase/error"))


def test_markdown_shows_what_changed_and_folds_the_rest_away() -> None:
    text = markdown.as_markdown(REPORT)
    shown, folded = text.split("<details>")
    assert text.startswith("## Performance regression")
    assert "time_it" in shown
    assert "time_quiet" in folded
    assert "time_quiet" not in shown
    cells = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in cells} == {7}


class Balanced(HTMLParser):
    """Raises where a tag is closed that is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [str(value) for name, value in attrs if name in ("src", "href") and value]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, text: str) -> None:
        self.texts.append(text)


def test_the_page_is_whole_and_loads_nothing() -> None:
    page = Balanced()
    page.feed(html.as_html(REPORT))
    assert page.open == []
    assert page.loads == []
    assert SLOWER.name in page.texts
    assert "svg" in html.as_html(REPORT)


def test_all_forms_are_written(tmp_path: Path) -> None:
    written = write_all(REPORT, tmp_path / "new" / "folder")
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == sorted(
        path.name for path in written
    )


@pytest.mark.parametrize(
    ("rows", "broken", "power", "status"),
    [
        ([QUIET, FASTER], {}, None, 0),
        ([QUIET], {}, 0.05, 0),
        ([QUIET], {}, 0.02, 3),
        ([QUIET, replace(QUIET, detectable=math.inf)], {}, 0.5, 3),
        ([QUIET, SLOWER], {}, 0.02, 1),
        ([QUIET, LARGER], {}, None, 1),
        ([QUIET, SLOWER, FAILED], {FAILED.name: "crash"}, None, 2),
        ([FAILED], {}, None, 2),
        ([], {}, None, 2),
    ],
)
def test_exit_statuses(rows: list[Row], broken: dict[str, str], power: float | None, status: int) -> None:
    assert conclude(replace(REPORT, rows=rows, broken=broken), power)[0] == status


def test_a_slower_suite_fails_though_no_benchmark_is_named() -> None:
    suite = SuiteResult("slower", 1.03, 1e-6, 180)
    status, reason = conclude(replace(REPORT, rows=[QUIET], suite=suite), None)
    assert status == 1
    assert "+3.0%" in reason
