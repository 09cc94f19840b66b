"""``asv-gate run`` from end to end, on a small project whose suite has another shape than ours.

What is decided is decided by times that the suite makes up, so that it is the same every time; one
real timing runs along.
"""

import json
from pathlib import Path

import commands
import project
import pytest
from commands import asv_gate

QUICK = ("--budget", "90s", "--seed", "1", "--bench", r"Tracked|Numbers|everywhere|sometimes|'b'")


@pytest.fixture(scope="module")
def slower(thing: Path) -> commands.Done:
    return asv_gate(thing, "run", "base", "slower", *QUICK, "--report", ".asv-gate/reports")


def test_a_slower_benchmark_is_named_and_fails(slower: commands.Done, thing: Path) -> None:
    assert slower.status == 1, slower.said
    found = json.loads((thing / ".asv-gate" / "reports" / "report.json").read_text())
    verdicts = {row["name"]: row["verdict"] for row in found["benchmarks"]}
    assert verdicts["suite.Tracked.track_changing"] == "larger"
    assert verdicts["suite.Tracked.track_steady"] == "no change seen"
    assert "Slower or larger: suite.Tracked.track_changing." in slower.output


def test_what_cannot_be_measured_is_listed_with_its_reason(slower: commands.Done, thing: Path) -> None:
    rows = json.loads((thing / ".asv-gate" / "reports" / "report.json").read_text())["benchmarks"]
    failed = {row["name"]: row["note"] for row in rows if row["verdict"] == "could not measure"}
    assert failed == {"suite.track_fails_everywhere": "fails in both: RuntimeError: as ever"}
    assert "Skipped on both sides: 1 benchmark." in slower.output


def test_nothing_of_the_repository_is_changed(slower: commands.Done, thing: Path) -> None:
    assert project.git(thing, "status", "--porcelain") == ""
    assert not (thing / "results").exists()


def test_faster_does_not_fail(thing: Path) -> None:
    done = asv_gate(thing, "run", "base", "faster", "--bench", "track_changing", "--budget", "60s")
    assert done.status == 0, done.said
    assert "smaller" in done.output


def test_a_larger_number_fails_with_its_unit(thing: Path) -> None:
    done = asv_gate(thing, "run", "base", "larger", "--bench", "Numbers")
    assert done.status == 1, done.said
    assert "8 files" in done.output
    assert "Slower or larger: suite.Numbers.track_count." in done.output


def test_required_power_that_is_not_met_is_said(thing: Path) -> None:
    done = asv_gate(
        thing,
        "run",
        "base",
        "same",
        "--bench",
        "time_work",
        "--budget",
        "90s",
        "--threshold",
        "30%",
        "--require-power",
        "5%",
    )
    assert done.status == 3, done.said
    assert "could have missed" in done.output


def test_a_benchmark_that_breaks_in_head_is_no_verdict(thing: Path) -> None:
    done = asv_gate(thing, "run", "base", "broken", *QUICK)
    assert done.status == 2, done.said
    assert "it is broken" in done.output


def test_a_benchmark_of_one_side_is_listed_as_such(thing: Path) -> None:
    done = asv_gate(thing, "run", "base", "new", "--bench", "Numbers|new")
    assert done.status == 0, done.said
    assert "only in head" in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "nowhere"), "there is no commit 'nowhere'"),
        (("run", "base", "unbuildable"), "cannot be built"),
        (("run", "base", "same", "--bench", "nothing_like_it"), "no benchmark"),
        (("run", "base", "same", "--bench", "("), "regular expression"),
        (("run", "base", "same", "--python", "3.2"), "no environment can be made for Python 3.2"),
        (("run", "base", "same", "--config", "elsewhere.json"), "there is no asv config"),
        (("run", "base", "same", "--budget", "soon"), "must be like 90s, 10m or 1h"),
        (("run", "base", "same", "--alpha", "70%"), "alpha must be"),
        (("run", "base", "same", "--bench", "Tracked", "--budget", "1s"), "too small"),
        (("run", "base", "same", "--bench", "everywhere"), "Nothing could be compared"),
        (("run", "base", "same", "--resume"), "no interrupted run"),
        (("replay", "nowhere.jsonl"), "there is no A/A recording"),
        (("replay", "nowhere.jsonl", "--only", "("), "must be a regular expression, not '('"),
    ],
)
def test_what_cannot_be_done_is_neither_success_nor_regression(
    thing: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = asv_gate(thing, *arguments)
    assert done.status == 2, done.said
    assert said in done.said
    assert "Traceback" not in done.said


def test_a_dirty_checkout_is_said_so(thing: Path) -> None:
    package = thing / "thing" / "__init__.py"
    kept = package.read_text()
    try:
        package.write_text(kept + "# changed\n")
        done = asv_gate(thing, "run", "base", "same", "--bench", "Numbers")
    finally:
        package.write_text(kept)
    assert "uncommitted changes" in done.output


@pytest.mark.long
def test_commits_are_built_and_installed_in_real_environments(tmp_path: Path) -> None:
    folder = project.make(tmp_path)
    project.configure(folder, environment_type="virtualenv", plugins=[])
    done = asv_gate(folder, "run", "base", "larger", "--bench", "track_count", "--installations", "1")
    assert done.status == 1, done.said
    assert "8 files" in done.output
    again = asv_gate(folder, "run", "base", "larger", "--bench", "track_count", "--installations", "1")
    assert again.status == 1, again.said
    assert "Building" not in again.errors


def test_a_benchmark_that_times_out_in_head_is_no_verdict(tmp_path: Path) -> None:
    folder = project.make(tmp_path)
    slow = "def track_slow():\n    time.sleep(60 * (thing.COUNT - 7))\n    return 1\n\ntrack_slow.timeout = 2\n"
    with (folder / "bench" / "suite.py").open("a") as suite:
        suite.write(slow)
    done = asv_gate(folder, "run", "base", "larger", "--bench", "track_slow", "--installations", "1")
    assert done.status == 2, done.said
    assert "timed out after 2 s" in done.output
