"""The dry run: which side is to blame is asked of both, now; and time-outs do not add up."""

import json
import re
from pathlib import Path

import pytest
from made_up import Silent, sides

from asv_gate import cpus, workspace
from asv_gate.dryrun import DryRun, dry_run, expected_seconds
from asv_gate.outcome import Outcome
from asv_gate.sides import select

HEAD = """
import os, time
WHO = os.environ["WHO"]
WORLD = os.path.join(os.path.dirname(__file__), "world")
def note(what):
    with open(os.environ["LOG"], "a") as log:
        log.write(f"{WHO} {what}\\n")
def skip():
    raise NotImplementedError
"""


@pytest.fixture(autouse=True)
def _two_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpus, "usable", lambda: 2)


def tried(folder: Path, text: str, limit: float = 60.0) -> DryRun:
    both = sides(folder, {"suite.py": HEAD + text})
    selection = select(both[0].suite, both, (), None, Silent())
    return dry_run(both, selection, limit, Silent())


def log(folder: Path) -> list[str]:
    return (folder / "log").read_text().splitlines()


def test_what_base_took_is_kept_and_not_tried_again(tmp_path: Path) -> None:
    text = "def time_it(): note('run')\n"
    for runs in (["base run", "head run"], ["base run", "head run", "head run"]):
        found = tried(tmp_path, text)
        assert [benchmark.name for benchmark in found.timings] == ["suite.time_it"]
        assert found.costs[0] > 0
        assert sorted(log(tmp_path)) == runs


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("time", "open(WORLD)"),
        ("track", "return len(open(WORLD).read())"),
        ("time", "os.path.exists(WORLD) or os._exit(1)"),
        ("time", "pass\ntime_it.setup = lambda: os.path.exists(WORLD) or skip()"),
        ("track", "return 1 if os.path.exists(WORLD) else None"),
    ],
)
def test_a_world_that_changed_is_not_blamed_on_head(tmp_path: Path, kind: str, body: str) -> None:
    (tmp_path / "bench").mkdir()
    world = tmp_path / "bench" / "world"
    world.touch()
    text = f"def {kind}_it():\n    {body}\n"
    assert not tried(tmp_path, text).unmeasured
    world.unlink()
    found = tried(tmp_path, text)
    assert not found.broken
    assert found.skipped == ("skip" in body)
    assert [why.startswith("fails in both") for why in found.unmeasured.values()] == [True] * ("skip" not in body)


def test_kept_outcomes_that_are_none_are_measured_again(tmp_path: Path) -> None:
    text = "def time_it(): note('run')\n"
    tried(tmp_path, text)
    (kept,) = (tmp_path / "base").glob("dry-run-*.json")
    for content in ("{", "[]", '{"suite.time_it": null}', '{"suite.time_it": ["x", 1]}', "{}"):
        kept.write_text(content)
        assert tried(tmp_path, text).timings
    assert log(tmp_path).count("base run") == 6
    assert list(json.loads(kept.read_text())) == ["suite.time_it"]
    assert kept.name == f"dry-run-{workspace.digest(sides(tmp_path, {})[0].suite)[:12]}.json"


@pytest.mark.parametrize("body", ["1 / 0", "os._exit(1)", "os.kill(os.getpid(), 9)", "raise SystemExit('no')"])
def test_what_fails_in_head_alone_is_broken_and_the_rest_is_compared(tmp_path: Path, body: str) -> None:
    found = tried(tmp_path, f"def time_it():\n    if WHO == 'head': {body}\ndef time_other(): pass\n")
    assert list(found.broken) == ["suite.time_it"]
    assert found.unmeasured["suite.time_it"].startswith("fails in head")
    assert [benchmark.name for benchmark in found.timings] == ["suite.time_other"]


def test_what_fails_by_accident_is_tried_again(tmp_path: Path) -> None:
    text = """
def time_it():
    note("run")
    assert WHO == "base" or open(os.environ["LOG"]).read().count("head run") != 1
"""
    found = tried(tmp_path, text)
    assert not found.broken
    assert found.timings


def test_time_outs_of_one_benchmark_do_not_add_up(tmp_path: Path) -> None:
    text = """
def time_it(n):
    note(n)
    time.sleep(600 if n < 9 else 0)
time_it.params = [1, 2, 3, 9]
time_it.timeout = 2.0
"""
    both = sides(tmp_path, {"suite.py": HEAD + text})
    progress = Silent()
    found = dry_run(both, select(both[0].suite, both, (), None, progress), 60.0, progress)
    assert [benchmark.name for benchmark in found.timings] in ([], ["suite.time_it(9)"])
    assert found.unmeasured["suite.time_it(1)"] == "fails in both: timed out after 2 s"
    assert found.unmeasured["suite.time_it(2)"].startswith("fails in both: given up after 1 s")
    assert found.unmeasured["suite.time_it(3)"].startswith("fails in both: given up after 0.5 s")
    assert not found.broken


def test_what_the_limit_does_not_reach_is_said_so(tmp_path: Path) -> None:
    found = tried(tmp_path, "def time_a(): pass\ndef time_b(): pass\n", limit=0.0)
    assert set(found.unmeasured.values()) == {"not reached within the dry run's limit of 0 s"}
    assert not found.timings


def test_the_limit_ends_what_is_being_tried_and_nobody_is_blamed(tmp_path: Path) -> None:
    found = tried(tmp_path, "def time_a(): time.sleep(600 if WHO == 'head' else 0)\ndef time_b(): pass\n", limit=3.0)
    assert set(found.unmeasured.values()) == {"not reached within the dry run's limit of 3 s"}
    assert set(found.unmeasured) == {"suite.time_a", "suite.time_b"}
    assert not found.broken
    assert found.seconds < 60


def test_its_length_is_expected_and_each_benchmark_is_told_of(tmp_path: Path) -> None:
    both = sides(tmp_path, {"suite.py": HEAD + "time.sleep(2)\ndef time_a(): pass\ndef time_b(): pass\n"})
    progress = Silent()
    selection = select(both[0].suite, both, (), None, progress)
    assert min(selection.imports) >= 2
    assert any(
        "Importing the suite takes" in words and "each process does it again" in words for words in progress.stages
    )
    found = dry_run(both, selection, 60.0, progress)
    assert re.fullmatch(r"Dry run of 2 benchmarks, about \d+ s", progress.stages[-1])
    assert [item.partition(":")[0].partition(",")[0] for item in progress.items] == ["1 of 2", "2 of 2"]
    assert min(found.costs) >= 2  # an import is a part of what a pair takes
    kept = {benchmark.name: Outcome((0.0,), 7.0) for benchmark in found.timings}
    assert expected_seconds(selection, kept) == 7.0 * 2 / 2


def test_a_time_out_that_is_asked_for_bounds_setup_cache_too(tmp_path: Path) -> None:
    text = "class Cached:\n    def setup_cache(self): time.sleep(600)\n    def time_it(self, cached): pass\n"
    both = sides(tmp_path, {"suite.py": HEAD + text})
    selection = select(both[0].suite, both, (), 1.5, Silent())
    found = dry_run(both, selection, 60.0, Silent())
    assert found.unmeasured["suite.Cached.time_it"].startswith("fails in both: setup_cache failed: its time was up")
