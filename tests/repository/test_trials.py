"""``make trials``: real changes in real commits, each run kept, and a table that counts them right."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import kernels

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the tools are not installed

from tools import clones, trials  # noqa: E402 - see above

DOCUMENT = f"before\n{trials.BEGIN}old\n{trials.END}after\n"
SLOWED = "compute.Polynomial.time_run('pool', 2)"
UNCHANGED = "compute.Parzen.time_run('pool', 2)"
GIT = (shutil.which("git") or "git", "-c", "user.name=tests", "-c", "user.email=tests@example.org")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run([*GIT, *arguments], cwd=folder, check=True, capture_output=True)


def found(named: list[str], unsettled: list[str] | None = None) -> trials.Line:
    return {"named": {"": named}, "unsettled": {"": unsettled or []}}


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with our workloads, in which the trials are run."""
    monkeypatch.chdir(tmp_path)
    for file in (
        Path("benchmarks", "compute.py"),
        *(Path("kernels", "workloads", f"{w}.py") for w in trials.WORKLOADS),
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text((ROOT / file).read_text())
    trials.DOCUMENT.parent.mkdir()
    trials.DOCUMENT.write_text(DOCUMENT)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "base")
    return tmp_path


@pytest.mark.usefixtures("copy")
def test_head_does_more_of_the_same_work_for_the_same_answer() -> None:
    clones.clone(trials.CLONE, trials.add_commits)
    git(trials.CLONE, "diff", "--exit-code", "HEAD", "base")
    for workload in trials.WORKLOADS:
        git(trials.CLONE, "checkout", "--quiet", f"{workload}-20")
        file = (trials.CLONE / "kernels" / "workloads" / f"{workload}.py").absolute()
        kernels.run(str(file), "serial", size=100)
        assert "* 20 // 100" in file.read_text()


def test_each_round_has_a_trial_of_each_kind() -> None:
    planned = list(trials.trials(6))
    alike = [trial for trial in planned if trial.tool == "asv-gate" and trial.percent == 0]
    assert len(alike) == 12
    for workload in trials.WORKLOADS:
        assert sum(trial.workload == workload and trial.percent == 5 for trial in planned) == 4  # two of each tool
    assert {trial.head for trial in alike} == {"same"}


@pytest.mark.usefixtures("copy")
def test_what_was_run_is_kept_and_not_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[trials.Trial] = []

    def interrupted(trial: trials.Trial) -> trials.Line:
        if len(asked) == 3:
            raise KeyboardInterrupt
        asked.append(trial)
        return found([SLOWED] if trial.percent else [])

    monkeypatch.setattr(trials, "gate", interrupted)
    monkeypatch.setattr(trials, "continuous", lambda trial: {"1.1": [UNCHANGED]})
    assert trials.main(["--rounds", "1"]) == 130
    assert trials.DOCUMENT.read_text() == DOCUMENT
    monkeypatch.setattr(trials, "gate", lambda trial: asked.append(trial) or found([SLOWED] if trial.percent else []))
    assert trials.main(["--rounds", "1"]) == 0
    assert sorted(trial.percent for trial in asked) == sorted(trials.TOOLS["asv-gate"])
    lines = [json.loads(line) for line in trials.TRIALS.read_text().splitlines()]
    assert len(lines) == 1 + sum(map(len, trials.TOOLS.values()))
    table = trials.DOCUMENT.read_text()
    assert f"| `asv-gate {trials.GIVEN['asv-gate']}` | 0 of 2: 0.00%" in table
    assert f"| `asv continuous {trials.GIVEN['asv continuous']} --factor 1.1` | 1 of 1: 100.00%" in table
    assert (table[:7], table[-6:]) == ("before\n", "after\n")


@pytest.mark.usefixtures("copy")
def test_another_budget_is_another_trial_and_a_row_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "gate", lambda trial: found([SLOWED]))
    for budget in ("2m", "4m", "4m"):
        monkeypatch.setitem(trials.GIVEN, "asv-gate", f"--budget {budget}")
        assert trials.main(["--rounds", "1", "--only", "asv-gate [05]$"]) == 0
    assert len(trials.TRIALS.read_text().splitlines()) == 1 + 3 + 3
    for budget in ("2m", "4m"):
        assert f"| `asv-gate --budget {budget}` | 2 of 2: 100.00%" in trials.DOCUMENT.read_text()


@pytest.mark.parametrize(
    ("percent", "named", "finds", "blames_unchanged"),
    [
        (0, [], False, False),
        (0, [UNCHANGED], False, True),
        (0, ["the suite result"], False, True),
        (5, [SLOWED], True, False),
        (5, [SLOWED, "the suite result"], True, False),
        (5, [SLOWED, UNCHANGED], True, True),
        (5, [UNCHANGED], False, True),
        (5, ["the suite result"], False, False),
        (5, [], False, False),
    ],
)
def test_found_is_to_name_what_was_slowed_and_nothing_else(
    percent: int, named: list[str], finds: bool, blames_unchanged: bool
) -> None:
    line = {"percent": percent, "workload": "polynomial", "named": {"": named}}
    assert trials.finds(line, "") == finds
    assert trials.blames_unchanged(line, "") == blames_unchanged


def test_what_is_unsettled_is_neither_found_nor_nothing() -> None:
    about = {"tool": "asv-gate", "given": "--budget 10m", "workload": "polynomial", "seconds": 1.0}
    before = [{**about, "percent": percent, "named": {"": []}} for percent in (0, 5)]
    since = [
        {**about, "percent": 0, **found([], [UNCHANGED])},
        {**about, "percent": 0, **found([UNCHANGED], [SLOWED])},
        {**about, "percent": 5, **found([], [SLOWED])},
        {**about, "percent": 5, **found([SLOWED], [SLOWED])},
        {**about, "percent": 5, **found([])},
    ]
    (cells,) = (line.split(" | ") for line in trials.as_table(before + since).splitlines()[2:])
    assert [cell[:6] for cell in cells[1:4]] == ["1 of 3", "1 of 2", "1 of 4"]
    assert cells[6][:6] == "1 of 3"
    (cells,) = (line.split(" | ") for line in trials.as_table(before).splitlines()[2:])
    assert (cells[2], cells[6]) == ("no such verdict", "no such verdict")


def test_the_gate_of_a_trial_may_end_unsettled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "CLONE", tmp_path)
    rows = [
        {"name": SLOWED, "verdict": "unsettled", "base": 1.0, "head": 1.1},
        {"name": UNCHANGED, "verdict": "unsettled", "base": 1.1, "head": 1.0},
        {"name": "another", "verdict": "could not measure", "base": None, "head": None},
    ]
    report = json.dumps({"benchmarks": rows, "suite": None})

    def said(*command: str, folder: Path, allowed: tuple[int, ...]) -> str:
        assert allowed == (0, 1, 3)
        (folder / "report").mkdir()
        (folder / "report" / "report.json").write_text(report)
        return ""

    monkeypatch.setattr(trials, "said", said)
    assert trials.gate(next(trials.trials(1))) == found([], [SLOWED])


def test_the_document_shows_what_is_kept() -> None:
    assert all((ROOT / trials.DOCUMENT).read_text().count(mark) == 1 for mark in (trials.BEGIN, trials.END))
    if not (ROOT / trials.TRIALS).exists():
        pytest.skip("nothing was run yet: make trials")
    lines = [json.loads(line) for line in (ROOT / trials.TRIALS).read_text().splitlines()[1:]]
    assert trials.as_table(lines) in (ROOT / trials.DOCUMENT).read_text()
