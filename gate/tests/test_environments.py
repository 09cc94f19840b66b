"""A config may have several environments: one is chosen, or each has a run of its own."""

import json
import shutil
import sys
from pathlib import Path

import project
import pytest
from commands import asv_gate

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
METRICS = ("--bench", "track_count", "--installations", "1")


@pytest.fixture
def two(thing: Path, tmp_path: Path) -> Path:
    """The small project in two environments, which a variable tells apart."""
    for name in ("bench", "checkout_environment.py"):
        (tmp_path / name).symlink_to(thing / name)
    matrix = {"env_nobuild": {"LEVEL": ["one", "two"]}}
    project.configure(tmp_path, repo=str(thing), matrix=matrix)
    return tmp_path


def environment(level: str) -> str:
    return f"checkout-py{RUNNING}-LEVEL{level}"


def test_one_is_chosen_by_its_name(two: Path) -> None:
    done = asv_gate(two, "run", "base", "larger", *METRICS, "-E", environment("two"), "--report", "report")
    assert done.status == 1, done.said
    assert json.loads((two / "report" / "report.json").read_text())["environment"] == environment("two")


def test_all_have_a_run_and_a_report_and_the_gravest_status_counts(two: Path) -> None:
    done = asv_gate(two, "run", "base", "larger", *METRICS, "--environment", "all", "--report", "reports")
    assert done.status == 1, done.said
    assert sorted(path.parent.name for path in two.glob("reports/*/report.json")) == [
        environment("one"),
        environment("two"),
    ]


def test_interrupted_runs_in_all_are_gone_on_with_and_those_that_have_ended_are_told_again(two: Path) -> None:
    request = ("run", "base", "larger", *METRICS, "--environment", "all")
    assert asv_gate(two, *request).status == 1
    first, second = sorted((two / ".asv-gate" / "runs").iterdir())
    seeds = {json.loads((run / "journal.jsonl").read_text().splitlines()[0])["seed"] for run in (first, second)}
    assert len(seeds) == 1
    journal = second / "journal.jsonl"
    whole = journal.read_text()
    for lines, ended in ((2, False), (None, True)):  # interrupted after the dry run; not begun at all
        if lines:
            journal.write_text("".join(whole.splitlines(keepends=True)[:lines]))
            (second / "done").unlink()
        else:
            shutil.rmtree(second)
        done = asv_gate(two, *request, "--resume")
        assert done.status == 1, done.said
        assert done.output.count("Slower or larger: suite.Numbers.track_count.") == 2
        runs = sorted((two / ".asv-gate" / "runs").iterdir())
        assert len(runs) == 2
        assert runs[0] == first
        assert (runs[1] != second) is ended
        kept = (runs[1] / "journal.jsonl").read_text().splitlines()
        assert [json.loads(line).get("repeat") for line in kept[2:]] == [1, 2, 3, 4]
        assert "Dry run" not in done.errors.partition("Environment")[2].partition("Environment")[0]


def test_where_nothing_was_begun_in_the_first_there_is_nothing_to_go_on_with(two: Path) -> None:
    done = asv_gate(two, "run", "base", "larger", *METRICS, "--environment", "all", "--resume")
    assert done.status == 2
    assert done.errors.count("there is no interrupted run") == 2


@pytest.mark.parametrize(
    ("chosen", "line"),
    [
        (("-E", "existing"), "has one version of the project, and two commits must be installed"),
        (("-E", "virtualenv:3.2"), "No executable found for python 3.2"),
        (("-E", "nowhere"), "Unknown environment type 'nowhere'"),
        (("-E", ""), "argument -E/--environment: must be a name, not ''"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(two: Path, chosen: tuple[str, str], line: str) -> None:
    done = asv_gate(two, "run", "base", "larger", *METRICS, *chosen)
    assert done.status == 2
    assert line in done.errors.splitlines()[-1]
