"""Metrics take the time of a run: the quickest first, and what the budget does not reach is said so."""

from dataclasses import replace
from pathlib import Path

import pytest
from made_up import Silent, sides
from test_report import REPORT

from asv_gate import metrics
from asv_gate.dryrun import DryRun, dry_run, remembered
from asv_gate.journal import Journal, read
from asv_gate.metrics import Metric
from asv_gate.pair import Side
from asv_gate.report.build import conclude, metric_row
from asv_gate.report.model import Status
from asv_gate.sides import Selection, select

HEAD = """
import os, time
HEAD = os.environ["WHO"] == "head"
def note(what):
    with open(os.environ["LOG"], "a") as log:
        log.write(f"{what}\\n")
"""
SUITE = """
def track_slow(): time.sleep(1.0); note("slow"); return 3
def track_quick(): note("quick"); return 3
def track_larger(): note("larger"); return 9 if HEAD else 3
def track_from_nothing(): return 5 if HEAD else 0
def track_noisy(): return time.time()
"""


def tried(folder: Path) -> tuple[tuple[Side, Side], Selection, DryRun]:
    both = sides(folder, {"suite.py": HEAD + SUITE})
    selection = select(both[0].suite, both, (), None, Silent())
    return both, selection, dry_run(both, selection, 60.0, Silent())


def compared(folder: Path, budget: float) -> dict[str, Metric]:
    both, _, dry = tried(folder)
    with Journal(folder / "journal.jsonl", {"seed": 1}) as journal:
        found = metrics.compare([both], dry.metrics, 0.05, budget=budget, journal=journal, progress=Silent())
    assert [each.benchmark.name for each in found] == [benchmark.name for benchmark, _ in dry.metrics]
    return {each.benchmark.name.removeprefix("suite.track_"): each for each in found}


@pytest.fixture(scope="module")
def plenty(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Metric]:
    return compared(tmp_path_factory.mktemp("plenty"), 600.0)


def test_pairs_after_the_first_are_of_the_budget(plenty: dict[str, Metric]) -> None:
    pairs = {name: len(each.values) for name, each in plenty.items()}
    assert pairs == {"slow": 2, "quick": 2, "larger": 5, "from_nothing": 5, "noisy": 2}
    assert plenty["noisy"].noisy
    assert plenty["slow"].spent > 2.0  # both sides sleep for a second
    assert plenty["quick"].spent > 0.0


def test_what_the_budget_does_not_reach_is_neither_alike_nor_changed(tmp_path: Path) -> None:
    found = compared(tmp_path, 0.0)
    assert {name: each.spent for name, each in found.items()} == dict.fromkeys(found, 0.0)
    assert found["quick"].wrong == found["slow"].wrong == "the budget does not reach it"
    rows = {name: metric_row(each, 0.05) for name, each in found.items()}
    assert rows["slow"].verdict == "could not measure"
    for name in ("larger", "from_nothing"):
        assert found[name].unsettled
        assert rows[name].verdict == "unsettled"
        assert rows[name].seems_worse
        assert "seems larger" in rows[name].note
    status, reason = conclude(replace(REPORT, rows=list(rows.values()), suite=None), None)
    assert status is Status.UNDERPOWERED
    assert "suite.track_larger (+200.0%), suite.track_from_nothing (+5)" in reason


def test_the_quickest_metrics_are_first(tmp_path: Path) -> None:
    both, _, dry = tried(tmp_path)
    seconds = {"slow": 9.0, "quick": 1.0, "larger": 3.0, "from_nothing": 2.0, "noisy": 4.0}
    lines = [(each, {**line, "seconds": seconds[each.name.removeprefix("suite.track_")]}) for each, line in dry.metrics]
    progress = Silent()
    with Journal(tmp_path / "journal.jsonl", {"seed": 1}) as journal:
        metrics.compare([both], lines, 0.05, budget=0.0, journal=journal, progress=progress)
    assert [item.split(": ")[1] for item in progress.items] == [
        f"suite.track_{name}" for name in sorted(seconds, key=lambda name: seconds[name])
    ]


def test_a_dry_run_is_remembered_as_it_was(tmp_path: Path) -> None:
    _, selection, dry = tried(tmp_path)
    path = tmp_path / "journal.jsonl"
    with Journal(path, {"seed": 1}) as journal:
        first = remembered(journal, selection, lambda: dry)
    with Journal(path, {"seed": 1}) as journal:
        again = remembered(journal, selection, lambda: pytest.fail("it is tried again"))
    assert first == again == dry
    assert len(read(path)[1]) == 1
