"""The four forms of a report say the same, and are what other programs take them for."""

import io
import json
import math
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from rich.console import Console

from asv_gate.metrics import Size
from asv_gate.report import data, html, junit, markdown, plot, terminal, text, unwritable, words, write_all
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
    written, page = html.as_html(REPORT), Balanced()
    page.feed(written)
    assert page.open == []
    assert page.loads == []
    assert SLOWER.name in page.texts
    assert "svg" in written


def test_all_forms_are_written(tmp_path: Path) -> None:
    written, lost = write_all(REPORT, tmp_path / "new" / "folder")
    assert len(written) == 4
    assert sorted((tmp_path / "new" / "folder").iterdir()) == sorted(written)
    assert not lost


@pytest.mark.parametrize(
    ("rows", "broken", "power", "status"),
    [
        ([QUIET, FASTER], {}, None, 0),
        ([QUIET], {}, 0.05, 0),
        ([QUIET], {}, 0.02, 3),
        ([QUIET, replace(QUIET, detectable=math.inf)], {}, 0.5, 3),
        ([replace(LARGER, verdict=Size.SAME.value)], {}, 0.1, 0),  # by a threshold, which is what could be detected
        ([QUIET, SLOWER], {}, 0.02, 1),
        ([QUIET, LARGER], {}, None, 1),
        ([QUIET, SLOWER, FAILED], {FAILED.name: "crash"}, None, 2),
        ([FAILED], {}, None, 2),
        ([], {}, None, 2),
    ],
)
def test_exit_statuses(rows: list[Row], broken: dict[str, str], power: float | None, status: int) -> None:
    assert conclude(replace(REPORT, rows=rows, broken=broken), power)[0] == status


def test_what_stands_out_unsettled_is_told_and_has_the_status_of_too_little_power() -> None:
    worse, better = replace(SLOWER, verdict="unsettled"), replace(FASTER, verdict="unsettled")
    report = replace(REPORT, rows=[QUIET, better, worse])
    status, reason = conclude(report, None)
    assert status is Status.UNDERPOWERED
    assert worse.name in reason
    assert better.name not in reason
    assert report.unjudged == [worse, better]
    jsonschema.validate(json.loads(data.as_json(report)), SCHEMA)
    assert "unsettled" in printed(report)


@pytest.mark.parametrize(
    ("verdict", "ratio", "larger_is_better", "status"),
    [
        ("unsettled", 1.1, False, Status.UNDERPOWERED),
        ("unsettled", 0.9, False, Status.OK),
        ("unsettled", 1.1, True, Status.OK),
        ("unsettled", 0.9, True, Status.UNDERPOWERED),
    ],
)
def test_only_what_seems_worse_keeps_a_run_from_passing(
    verdict: str, ratio: float, larger_is_better: bool, status: Status
) -> None:
    row = replace(QUIET, verdict=verdict, ratio=ratio, larger_is_better=larger_is_better)
    assert conclude(replace(REPORT, rows=[QUIET, row]), None)[0] is status


def test_a_slower_suite_fails_though_no_benchmark_is_named() -> None:
    suite = SuiteResult("slower", 1.03, 1e-6, 180)
    status, reason = conclude(replace(REPORT, rows=[QUIET], suite=suite), None)
    assert status == 1
    assert "+3.0%" in reason


def printed(report: Report, *, everything: bool = False) -> str:
    """As a log has it, which is narrow."""
    console = Console(file=io.StringIO(), width=30)
    terminal.show(report, [], console, everything=everything)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_the_terminal_shows_what_changed_first_and_folds_the_unchanged() -> None:
    said = printed(REPORT)
    assert said.index(LARGER.name) < said.index(SLOWER.name) < said.index(FASTER.name)
    assert QUIET.name not in said
    assert "No change was seen in 1 benchmark; the smallest slowdown that could be detected in each is 3.0%." in said
    assert QUIET.name in printed(REPORT, everything=True)
    assert said.splitlines()[-1] == REPORT.reason


def test_a_run_without_timings_says_nothing_of_the_suite() -> None:
    report = replace(REPORT, rows=[LARGER], suite=None, calibration="")
    forms = [printed(report), markdown.as_markdown(report), html.as_html(report), junit.as_junit(report)]
    for said in forms:
        assert "suite result" not in said.lower()
        assert "nan" not in said.lower()
        assert "False alarms" not in said


ODD = {
    "escape": "\x1b[31mred\x1b[0m",
    "link": "\x1b]8;;http://example.org\x07text\x1b]8;;\x07",
    "control": "a\x00b\x01c\x7f",
    "lines": "array([[1, 0],\n       [0, 1]])",
    "surrogate": "half \ud800 of a pair",
    "not a character": "\uffff\ufffe",
    "direction": "\u202egnp.exe",
    "bars": "a|b||c",
    "backticks": "`` `code` ```",
    "markup": "<b onload='x'>&amp;</b>]]><!--",
    "rich": "[red]not red[/red] [/]",
    "markdown": "*a* _b_ [c](d) ~~e~~ @someone #12 \\",
    "long": "x" * 5000,
    "letters": "\u03b1\u4e2d\U0001f600",
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_what_benchmarks_are_called_and_print_breaks_no_form(odd: str) -> None:
    name = f"suite.track_it({odd})"
    rows = [
        replace(SLOWER, name=name, unit=odd, note=odd),
        QUIET,
        replace(FAILED, name=f"suite.other({odd})", note=odd),
    ]
    report = replace(
        REPORT, rows=rows, reason=odd, warnings=[odd], project=odd, broken={rows[2].name: f"{odd}\nlast line"}
    )
    assert json.loads(data.as_json(report))["benchmarks"][0]["name"] == name
    suite = ET.fromstring(junit.as_junit(report))  # noqa: S314 - our own
    assert len(suite.findall("testcase")) == 4
    assert (suite.get("failures"), suite.get("errors")) == ("1", "1")
    assert str(suite.findtext("testcase/error")).endswith("last line")

    written, page = html.as_html(report), Balanced()
    page.feed(written)
    assert page.open == []
    assert page.loads == []

    table = [line for line in markdown.as_markdown(report).splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in table} == {7}
    assert len(table) == 2 + 2 + 3

    for said in (printed(report), markdown.as_markdown(report), written, junit.as_junit(report)):
        assert not [each for each in said if not (each.isprintable() or each in "\n\u200b")]
        said.encode()
    assert odd.startswith("x") or "suite.track_it(" in printed(report)


def test_names_that_become_alike_are_told_apart() -> None:
    rows = [replace(SLOWER, name=f"it({'x' * 500}{i}{'y' * 500})") for i in range(3)]
    names = [row.name for row in text.shown(replace(REPORT, rows=rows)).rows]
    assert len(set(names)) == 3
    assert max(map(len, names)) <= text.LONGEST + 3


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (SLOWER, "+10.0% (+8.0% to +12.0%)"),
        (replace(QUIET, ratio=1.0001, low=0.9999, high=1.0003), "+0.010% (-0.010% to +0.030%)"),
        (replace(LARGER, base=0.0, head=5.0, ratio=math.nan), "+5"),
        (replace(LARGER, base=1.0, head=math.inf, ratio=math.nan), "-"),
        (FAILED, "-"),
    ],
)
def test_changes_are_told_by_ratio_or_difference(row: Row, said: str) -> None:
    assert words.change(row) == said


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.0123, "seconds", "12.3 ms"),
        (4.2e-7, "seconds", "420 ns"),
        (3 * 2**20, "bytes", "3 MiB"),
        (12, "bytes", "12 bytes"),
        (8, "files", "8 files"),
        (8, "unit", "8"),
        (math.inf, "bytes", "inf bytes"),
        (math.nan, "seconds", "-"),
    ],
)
def test_values_have_their_unit(value: float, unit: str, said: str) -> None:
    assert words.value(value, unit) == said


def test_values_that_would_look_alike_are_told_in_full() -> None:
    assert words.values(replace(LARGER, unit="files", base=1000000.0, head=1000001.0)) == ("1000000.0", "1000001.0")


def test_a_form_that_cannot_be_written_does_not_keep_the_others(tmp_path: Path) -> None:
    (tmp_path / "report.md").mkdir()
    written, lost = write_all(REPORT, tmp_path)
    assert [path.name for path in written] == ["report.json", "report.xml", "report.html"]
    assert len(lost) == 1
    assert "report.md could not be written" in lost[0]


def test_a_plot_that_ends_its_process_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plot, "ours", lambda module: [sys.executable, "-c", "import os; os.abort()"])
    written = html.as_html(REPORT)
    assert "<svg" not in written
    assert SLOWER.name.split("(")[0] in written


def test_a_folder_with_a_workspace_can_have_reports(tmp_path: Path) -> None:
    (tmp_path / ".asv-gate").mkdir()
    assert unwritable(tmp_path) == ""
    assert [path.name for path in tmp_path.iterdir()] == [".asv-gate"]


def test_of_many_benchmarks_that_fail_a_summary_shows_some() -> None:
    """A summary of more than 1 MiB is none on GitHub."""
    report = replace(REPORT, broken={f"a.time_it({number})": "x" * 20_000 for number in range(400)})
    text = markdown.as_markdown(report)
    assert len(text) < 300_000
    assert "390 benchmarks more fail in head" in text
    assert len(json.loads(data.as_json(report))["broken"]) == 400


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("/dev/null/folder"), None])
def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path, make: Any) -> None:
    folder = tmp_path / "folder"
    if make is not None:
        make(folder)
    assert bool(unwritable(folder)) == (make is not None)
    assert not make or str(folder) in unwritable(folder)
    assert not list(tmp_path.glob("folder/*"))
