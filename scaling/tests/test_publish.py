"""Publishing, with files among the results that no suite should have."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import suites
from sites import asv

from asv_scaling import offline

WORK = suites.benchmark("topic.Work.time_run", {"strategy": ["serial", "pool"], "workers": [1, 2]})
ROWS = {WORK["name"]: suites.row(WORK, {("serial", 1): 1.0, ("pool", 1): 1.1, ("pool", 2): 0.6})}


@pytest.fixture
def suite(tmp_path: Path) -> suites.MadeUp:
    """Two commits, each on two Pythons of one machine."""
    made = suites.MadeUp(tmp_path / "suite", [WORK])
    made.machine("here")
    for commit in (made.commit(), made.commit()):
        for python in ("3.9", "3.13"):
            made.run("here", commit, python, ROWS)
    return made


def publish(made: suites.MadeUp) -> tuple[dict[str, Any], str]:
    """The page's index, and what asv said."""
    done = asv("publish", "--no-pull", folder=made.folder)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    found: dict[str, Any] = json.loads((made.folder / "html/scaling/index.json").read_text())
    return found, said


def counted(index: Mapping[str, Any]) -> dict[str, int]:
    """Runs by machine."""
    return {one["name"]: sum(len(e["commits"]) for e in one["environments"]) for one in index["machines"]}


def test_what_there_is_is_published(suite: suites.MadeUp) -> None:
    index, said = publish(suite)
    # Of asv's own pool, which it leaves to the exit of the interpreter, Python 3.14 and newer complain.
    assert "arning" not in re.sub(r".*UserWarning: resource_tracker: .*\n.*warn\(.*\n?", "", said)
    assert counted(index) == {"here": 4}
    assert [one["label"] for one in index["machines"][0]["environments"]] == ["3.9", "3.13"]
    assert list(index["machines"][0]["commits"]) == suite.commits
    assert index["workloads"] == [{"key": WORK["name"], "label": "Work", "strategies": ["serial", "pool"]}]
    file = next((suite.folder / "html/scaling/runs/here").glob(f"*-{suite.commits[1][:12]}.json"))
    run = json.loads(file.read_text())
    assert run["times"][WORK["name"]] == [
        ["serial", 1, 1.0, 0.98, 1.02],
        ["serial", 2, "skipped"],
        ["pool", 1, 1.1, 1.078, 1.122],
        ["pool", 2, 0.6, 0.588, 0.612],
    ]
    assert run["leaders"] == {WORK["name"]: ["pool", suite.commits[0]]}


@pytest.mark.usefixtures("libraries")
def test_the_published_page_asks_for_nothing_from_elsewhere(suite: suites.MadeUp) -> None:
    publish(suite)
    page = (suite.folder / "html/index.html").read_text()
    asked = re.findall(r'<(?:script|link)\b[^>]*\b(?:src|href)="([^"]+)"', page)
    assert len(asked) > 15
    for path in asked:
        assert "//" not in path
        assert path == "regressions.xml" or (suite.folder / "html" / path).is_file(), path


def test_without_its_libraries_the_page_asks_the_network_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offline, "VENDOR", tmp_path / "none")
    page = '<script src="https://a.example/jquery-3.3.1.min.js" integrity="x"></script><link href="https://b.example/c.css">'
    said: list[str] = []
    assert offline.bring_in(page, tmp_path / "vendor", said.append) == page
    assert len(said) == 1
    assert "https://a.example/jquery-3.3.1.min.js, https://b.example/c.css" in said[0]


def test_two_environments_of_one_python_are_told_apart(suite: suites.MadeUp) -> None:
    suite.run("here", suite.commits[0], "3.13", ROWS, OMP_NUM_THREADS="1")
    index, _ = publish(suite)
    assert [one["label"] for one in index["machines"][0]["environments"]] == ["3.9", "3.13", "3.13, OMP_NUM_THREADS 1"]


HALF = '{"version": 2, "commit_hash": "'
FOREIGN = {
    "half-written": HALF,
    "empty": "",
    "a list": [1, 2],
    "another tool's": {"version": 2, "machine_info": {}, "benchmarks": []},
    "an older format": {"version": 1, "results": {}},
    "no version": {"results": {}},
    "wrong kinds": {"version": 2, "commit_hash": 3, "params": [], "results": []},
}


def test_each_file_that_cannot_be_read_is_named_and_the_rest_is_published(suite: suites.MadeUp) -> None:
    paths = [suite.write(f"results/here/{name}-virtualenv-py3.13.json", FOREIGN[name]) for name in FOREIGN]
    index, said = publish(suite)
    assert counted(index) == {"here": 4}
    for path in paths:
        assert any(path.name in message for message in index["unread"]), path
        assert path.name in said


def test_each_machine_without_a_good_machine_file_is_named_and_the_rest_is_published(suite: suites.MadeUp) -> None:
    machines: dict[str, Any] = {"half-written": HALF, "a list": [], "nameless": {"version": 1}, "fileless": None}
    for name, content in machines.items():
        suite.run(name, suite.commits[0], "3.13", ROWS)
        if content is not None:
            suite.write(f"results/{name}/machine.json", content)
    index, said = publish(suite)
    assert counted(index) == {"here": 4}
    for name in machines:
        assert any(name in message for message in index["unread"]), name
        assert name in said


def test_results_of_another_suite_are_left_out(suite: suites.MadeUp) -> None:
    other = suites.benchmark("other.time_it", {"workers": [1]})
    suite.run("here", "ab" * 20, "3.13", {"other.time_it": suites.row(other, {(1,): 1.0})})
    index, said = publish(suite)
    assert counted(index) == {"here": 4}
    assert "abababab" in said


def test_a_suite_without_workers_is_published_with_a_word_about_it(tmp_path: Path) -> None:
    of = suites.benchmark("m.time_it", {"size": [1]})
    made = suites.MadeUp(tmp_path / "suite", [of])
    made.machine("here")
    made.run("here", made.commit(), "3.13", {"m.time_it": suites.row(of, {(1,): 1.0})})
    index, said = publish(made)
    assert index["workloads"] == []
    assert "No benchmark has a parameter for workers" in said


def test_wrong_words_in_the_configuration_stop_it(suite: suites.MadeUp) -> None:
    suite.configure(scaling={"wrokers": ["n"]})
    done = asv("publish", "--no-pull", folder=suite.folder)
    assert done.returncode != 0
    assert "wrokers" in done.stdout + done.stderr
