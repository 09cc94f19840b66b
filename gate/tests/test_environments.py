"""A config may have several environments: one is chosen, or each has a run of its own."""

import json
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
