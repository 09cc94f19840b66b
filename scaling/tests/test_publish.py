"""Publishing, with files among the results that no suite should have."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import suites
from sites import asv, published

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
    """The page's index, and what asv printed."""
    done = asv("publish", "--no-pull", folder=made.folder)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    found: dict[str, Any] = published(made.folder / "html", "index")
    return found, said


def counted(index: Mapping[str, Any]) -> dict[str, int]:
    """Runs by machine."""
    return {one["name"]: sum(len(e["commits"]) for e in one["environments"]) for one in index["machines"]}


def test_what_there_is_is_published(suite: suites.MadeUp) -> None:
    index, said = publish(suite)
    # Of asv's own pool, which it leaves to the exit of the interpreter, Python 3.14 and newer complain.
    assert "arning" not in re.sub(r".*UserWarning: resource_tracker: .*\n.*warn\(.*\n?", "", said)
    assert counted(index) == {"here": 4}
    (machine,) = index["machines"]
    assert [one["label"] for one in machine["environments"]] == ["3.9", "3.13"]
    assert [commit for commit, _ in machine["commits"]] == suite.commits
    (work,) = index["workloads"]
    points = [["serial", 1], ["serial", 2], ["pool", 1], ["pool", 2]]
    expected = {"key": WORK["name"], "label": "Work", "strategies": ["serial", "pool"], "points": points, "work": None}
    assert work == expected
    commit = published(suite.folder / "html", f"runs/0/{suite.commits[1][:12]}")
    old, new = (one["number"] for one in machine["environments"])
    ((rows, best, leads),) = commit["runs"][str(new)]["workloads"]
    assert rows == [
        [1.0, 0.98, 1.02, 1.0],
        "skipped",
        [1.1, 1.078, 1.122, 0.9091, 0.8837, 0.9352],
        [0.6, 0.588, 0.612, 1.667, 1.62, 1.714],
    ]
    assert best == [[0, 0], [3, 2]]
    assert leads == ["pool", 0]
    at_one, at_two = commit["pythons"][0]
    assert at_one == [0, [[old, 1.0], [new, 1.0, 0.9721, 1.029]]]
    assert at_two[0] == 3
    assert commit["gil"] == []
    assert commit["differences"] == {}


@pytest.mark.usefixtures("libraries")
def test_the_published_page_asks_for_nothing_from_elsewhere(suite: suites.MadeUp) -> None:
    publish(suite)
    for name, least in (("index.html", 15), ("scaling/index.html", 1)):
        page = suite.folder / "html" / name
        asked = re.findall(r'<(?:script|link)\b[^>]*\b(?:src|href)="([^"]+)"', page.read_text())
        assert len(asked) > least
        for path in asked:
            assert "//" not in path
            assert path in ("regressions.xml", "data:,") or (page.parent / path).is_file(), path


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
    "nested": "[" * 100_000,
    "another tool's": {"version": 2, "machine_info": {}, "benchmarks": []},
    "an older format": {"version": 1, "results": {}},
    "no version": {"results": {}},
    "wrong kinds": {"version": 2, "commit_hash": 3, "params": [], "results": []},
}


def test_each_file_that_cannot_be_read_is_named_and_the_rest_is_published(suite: suites.MadeUp) -> None:
    foreign = {name: content for name, content in FOREIGN.items() if name != "nested"}  # asv itself stops at that
    paths = [suite.write(f"results/here/{name}-virtualenv-py3.13.json", content) for name, content in foreign.items()]
    copy = suite.folder / "results/here" / f"{suite.commits[0][:8]}-copy.json"
    original = next((suite.folder / "results/here").glob(f"{suite.commits[0][:8]}-*py3.9.json"))
    copy.write_text(original.read_text())
    misnamed = suite.folder / "results/here" / f"{suite.commits[1][:8]}-misnamed.json"
    misnamed.write_text(original.read_text())
    index, said = publish(suite)
    assert counted(index) == {"here": 4}
    for path in [*paths, original, misnamed]:
        assert any(path.name in message for message in index["unread"]), path
        assert path.name in said


def test_results_without_a_machine_file_are_named_and_the_rest_is_published(suite: suites.MadeUp) -> None:
    suite.run("fileless", suite.commits[0], "3.13", ROWS)
    index, said = publish(suite)
    assert counted(index) == {"here": 4}
    assert any("fileless" in message for message in index["unread"])
    assert "fileless" in said


def test_two_folders_of_one_machine_are_told_apart(suite: suites.MadeUp) -> None:
    suite.machine("here")
    (suite.folder / "results/copy").mkdir()
    for path in (suite.folder / "results/here").iterdir():
        (suite.folder / "results/copy" / path.name).write_text(path.read_text())
    index, _ = publish(suite)
    assert counted(index) == {"here (copy)": 4, "here (here)": 4}


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
    assert "No benchmark measures seconds and has a parameter for workers" in index["nothing"]
    assert index["nothing"] in " ".join(said.split())
