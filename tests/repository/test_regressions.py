"""asv's Regressions page with this suite's thresholds: what became slower by 5 % is listed, and noise is not."""

import json
import math
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from asv.util import load_json

from asv_scaling import history, reference, results

ROOT = Path(__file__).resolve().parents[2]
THRESHOLDS: dict[str, float] = load_json(str(ROOT / "asv.conf.json"), js_comments=True)["regressions_thresholds"]
NOISE = 0.01  # of a value: steps between neighbours of 1 % in the median, and of 2.3 % in one of ten
SERIES, COMMITS, SINCE = 40, 9, 5
SLOWER = {"time_3": 1.1, "time_7": 1.2}


class Listed(NamedTuple):
    """An entry of the page: a series, and the commits with which it became slower.

    The machine and the Python are left away where all results are of one.
    """

    machine: str
    python: str
    benchmark: str
    commits: tuple[str, ...]


def publish(folder: Path, **conf: object) -> list[Listed]:
    """What the page lists of a folder's results."""
    common = {"version": 1, "html_dir": "html", "results_dir": "results", "regressions_thresholds": THRESHOLDS}
    (folder / "asv.conf.json").write_text(json.dumps(common | conf))
    done = subprocess.run(
        [sys.executable, "-m", "asv", "publish", "--no-pull"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    commits = load_json(str(folder / "html" / "index.json"))["revision_to_hash"]
    return [
        Listed(
            params.get("machine", ""),
            params.get("python", ""),
            name,
            tuple(commits[str(revision)] for _, revision, *_ in jumps),
        )
        for name, _, params, _, _, _, jumps in load_json(str(folder / "html" / "regressions.json"))["regressions"]
    ]


def git(folder: Path, *words: str) -> str:
    names = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    return subprocess.check_output(["git", *names, *words], cwd=folder, text=True).strip()  # noqa: S607 - that on PATH


def test_what_became_slower_is_listed_with_its_commit_and_noise_is_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    names = [f"compute.Made.time_{number}" for number in range(SERIES)]
    common = {"params": [], "param_names": [], "type": "time", "unit": "seconds", "version": "1", "code": ""}
    entries = {name: {**common, "name": name} for name in names}
    machine = tmp_path / "results" / "made-up-paired"
    machine.mkdir(parents=True)
    facts = {"machine": machine.name, "os": "an OS", "arch": "x", "cpu": "a CPU", "num_cpu": "2", "ram": "1"}
    (machine / "machine.json").write_text(json.dumps({**facts, "version": 1}))
    (machine.parent / "benchmarks.json").write_text(json.dumps({**entries, "version": 2}))
    git(tmp_path, "init", "--quiet")
    commits = []
    for number in range(COMMITS):
        git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", str(number))
        commits.append(git(tmp_path, "rev-parse", "HEAD"))
        rows: dict[str, list[Any]] = {}
        for name in names:
            value = math.exp(rng.normal(0, NOISE)) * (SLOWER.get(name.split(".")[-1], 1.0) if number >= SINCE else 1.0)
            rows[name] = [[value], [], "1", 0, 0.0, [value / 1.04], [value * 1.04], [value], [value], [1], [5]]
        content: dict[str, Any] = {
            "version": 2,
            "commit_hash": commits[-1],
            "env_name": "virtualenv-py3.13",
            "date": 1_700_000_000_000 + number * 86_400_000,
            "params": {**facts, "python": "3.13"},
            "python": "3.13",
            "requirements": {},
            "env_vars": {},
            "result_columns": [
                *("result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b"),
                *("stats_q_25", "stats_q_75", "stats_number", "stats_repeat"),
            ],
            "results": rows,
            "durations": {},
        }
        (machine / f"{commits[-1][:8]}-virtualenv-py3.13.json").write_text(json.dumps(content))
    found = publish(tmp_path, project="made up", repo=".", branches=["main"], pythons=["3.13"])
    assert {entry.benchmark: entry.commits for entry in found} == {
        f"compute.Made.{name}": (commits[SINCE],) for name in SLOWER
    }


def test_of_the_committed_results_nothing_is_listed_that_the_changes_page_has_not(tmp_path: Path) -> None:
    benchmarks = results.benchmarks(ROOT / "results")
    machines = [one for one in results.machines(ROOT / "results", pytest.fail) if reference.of(one.folder)]
    assert machines
    for machine in machines:
        (tmp_path / "results").mkdir(exist_ok=True)
        shutil.copytree(machine.folder, tmp_path / "results" / machine.folder.name)  # asv follows no links
    shutil.copy(ROOT / "results" / "benchmarks.json", tmp_path / "results")
    listed = publish(tmp_path, project="kernels", repo=str(ROOT), branches=["HEAD"], plugins=[".asv_scaling.publisher"])
    graphs = load_json(str(tmp_path / "html" / "index.json"))["graph_param_list"]
    assert {one.folder.name for one in machines} == {each["machine"] for each in graphs}, "the results were read"
    changed = history.entries([history.read(machine, benchmarks, pytest.fail) for machine in machines])
    slower = {(entry.machine, entry.python, entry.series.name) for entry in changed if entry.change.ratio > 1}
    only = {"machine": {one.name for one in machines}, "python": {each[1] for each in slower}}
    for entry in listed:  # asv leaves away what is the same for all
        where = entry.machine or next(iter(only["machine"]))
        python = entry.python or next(iter(only["python"]), "")
        assert (where, python, entry.benchmark) in slower
