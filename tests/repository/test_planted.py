"""``make planted``: commits that are slower by what is known, and a summary that counts right what the page lists."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import kernels
from asv_scaling import history
from asv_scaling.changes import Measured

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the tools are not installed

from tools import clones, planted  # noqa: E402 - see above

GIT = (shutil.which("git") or "git", "-c", "user.name=tests", "-c", "user.email=tests@example.org")


def git(*arguments: str) -> str:
    return subprocess.run([*GIT, *arguments], check=True, capture_output=True, text=True).stdout


def test_every_workload_is_slowed_by_each_step_once() -> None:
    plan = planted.plan()
    assert {(each.workload, each.percent) for each in plan} == {
        (workload, percent) for workload in planted.CLASSES for percent in planted.STEPS
    }
    for workload in planted.CLASSES:
        totals = [each.total for each in plan if each.workload == workload]
        assert totals == sorted(totals)
        assert totals[-1] == 39  # 1.05 x 1.10 x 1.20


def test_each_commit_of_the_copy_does_more_for_the_same_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "kernels", "kernels", ignore=shutil.ignore_patterns("__pycache__"))
    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", "all")
    head = clones.clone(planted.COPY, planted.add_commits)
    assert clones.clone(planted.COPY, lambda copy: pytest.fail("it is there")) == head
    inside = ("-C", str(planted.COPY))
    log = git(*inside, "log", "--format=%s", planted.MEASURED).split()
    assert log == [*(each.tag for each in reversed(planted.plan())), "first"]
    dates = [int(date) for date in git(*inside, "log", "--format=%at", planted.MEASURED).split()]  # as asv takes them
    assert len(set(dates)) == len(dates) == len(log)
    assert dates == sorted(dates, reverse=True)
    for each in planted.plan():
        name = f"kernels/workloads/{each.workload}.py"
        file = tmp_path / f"{each.tag}.py"
        file.write_text(git(*inside, "show", f"{each.tag}:{name}"))
        assert f"* {each.total} // 100" in file.read_text()
        kernels.run(str(file), "serial", size=100)
    assert planted.commits()[git(*inside, "rev-parse", "last").strip()] == planted.plan()[-1]


def test_the_summary_tells_the_right_entries_from_the_innocent() -> None:
    slow, fast = planted.Planted("cubes", 20, 20), planted.Planted("parzen", 20, 20)

    def series(name: str, *values: float) -> tuple[history.Series, list[Measured]]:
        points = [Measured(number, value, value * 0.99, value * 1.01) for number, value in enumerate(values)]
        shown = f"compute.{name}.time_run('serial', 1)"
        return history.Series(shown, "python"), points

    one = history.History(
        "planted-paired",
        dict([series("Cubes", 1, 1.2, 1.2), series("Parzen", 1, 1, 1), series("Strings", 1, 1, 1.3)]),
        ["first", "a", "b"],
        {"first": 0, "a": 1, "b": 2},
        {"python": "3.13"},
        True,
    )
    lines = list(planted.summary(one, {"a": slow, "b": fast}))
    assert lines[2].startswith("+20 %: 1 of 2 ")
    assert lines[3].startswith("    1 of 2 ")
    assert lines[-2] == "innocent entries: 1 of 2"
    assert "Strings" in lines[-1]


def test_the_summary_counts_what_is_named_beside_another_commit() -> None:
    shown = history.Series("compute.Cubes.time_run('serial', 1)", "python")
    values = [1, 1, 1.05, 1.1, 1.1, 1.1]  # slower with the third commit, of which the fourth shows the most
    points = [Measured(number, value, value * 0.94, value * 1.06) for number, value in enumerate(values)]
    hashes = ["first", *"abcde"]
    one = history.History("planted-paired", {shown: points}, hashes, dict.fromkeys(hashes, 0), {"python": "3.13"}, True)
    lines = list(planted.summary(one, {"b": planted.Planted("cubes", 10, 10)}))
    assert lines[1] == "+10 %: 0 of 1 commits are listed"
    assert lines[2].startswith("    0 of 1 ")
    assert lines[2].endswith(", and 1 more as what another commit's entry may have come with")
    assert lines[-1] == "innocent entries: 0 of 1"
