"""Tools for asv's results read those of this project: asv-spyglass and Otava, as docs/how-to/other-tools.md has it.

``make other-tools`` installs them into an environment of their own, as they need other versions of packages than the
project does, and runs this file with OTHER_TOOLS, the folder of their commands. Without it the tests are skipped.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "results"
PAGE = ROOT / "docs" / "how-to" / "other-tools.md"
SECONDS = 120
SLOWER = (0, 1)  # of asv-spyglass: 1 where something is slower


def command(name: str) -> str:
    """The path of a tool's command; a skip where there is none, unless CI says that there must be."""
    found = Path(os.environ.get("OTHER_TOOLS", "/nowhere"), name)
    if not found.exists():
        if os.environ.get("OTHER_TOOLS"):
            pytest.fail(f"{found} is not there")
        pytest.skip(f"{name} is not installed: make other-tools installs and tests it")
    return str(found)


def said(*arguments: str | Path, folder: Path = ROOT, fine: tuple[int, ...] = (0,), **variables: str) -> str:
    """What a command prints to standard output."""
    done = subprocess.run(
        list(map(str, arguments)),
        cwd=folder,
        env={**os.environ, "COLUMNS": "400", **variables},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode in fine, (done.stdout + done.stderr)[-2000:]
    return done.stdout


def result(commit: str, date: int, value: float) -> dict[str, Any]:
    """A file of results with an interval, as asv and asv-gate write them."""
    columns = ["result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b"]
    columns += ["stats_q_25", "stats_q_75"]
    row = [[value], [], "1", None, None, [value * 0.99], [value * 1.01], [value * 0.995], [value * 1.005]]
    return {
        "version": 2,
        "commit_hash": commit,
        "env_name": "virtualenv-py3.13",
        "date": date,
        "params": {"machine": "here-paired", "python": "3.13"},
        "python": "3.13",
        "requirements": {},
        "env_vars": {},
        "result_columns": columns,
        "results": {"suite.time_step": row},
        "durations": {},
    }


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """The results of 24 commits, of which the thirteenth made the benchmark a tenth slower."""
    folder = tmp_path / "results" / "here-paired"
    folder.mkdir(parents=True)
    for number in range(24):
        commit = f"{number:02d}" * 20
        value = (1.0 if number < 12 else 1.1) * (1 + 0.002 * (-1) ** number)
        written = json.dumps(result(commit, 1_700_000_000_000 + number * 86_400_000, value))
        (folder / f"{commit[:8]}-virtualenv-py3.13.json").write_text(written)
    described = {"name": "suite.time_step", "type": "time", "unit": "seconds", "params": [], "param_names": []}
    benchmarks = {"version": 2, "suite.time_step": {**described, "version": "1", "code": ""}}
    (tmp_path / "results" / "benchmarks.json").write_text(json.dumps(benchmarks))
    return folder


def test_asv_spyglass_compares_two_files_of_the_committed_results() -> None:
    by_commit: dict[str, list[Path]] = {}
    for file in sorted((RESULTS / "amd-epyc-2cpu-paired").glob("*-virtualenv-py3.13-*.json")):
        by_commit.setdefault(file.name[:8], []).append(file)
    (old,), (new,) = list(by_commit.values())[:2]
    table = said(command("asv-spyglass"), "compare", old, new, RESULTS / "benchmarks.json", fine=SLOWER)
    rows = [line for line in table.splitlines() if "compute.Polynomial.time_run('serial', 1)" in line]
    assert len(rows) == 1
    assert re.search(r"\d ?ms|\d s", rows[0])


def test_asv_spyglass_reads_a_change_of_a_history(series: Path) -> None:
    first, *_, last = sorted(series.glob("*.json"))
    (row,) = [
        line for line in said(command("asv-spyglass"), "compare", first, last).splitlines() if "time_step" in line
    ]
    assert "1.10" in row


def test_otava_finds_the_commit_at_which_a_series_changed(series: Path, tmp_path: Path) -> None:
    """With the program of the page, which writes what Otava reads."""
    otava = command("otava")
    (program,) = re.findall(r"^```python\n# file: to_csv.py\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "to_csv.py").write_text(program)
    assert said(sys.executable, "to_csv.py", series, "3.13", folder=tmp_path) == "24 commits and 1 series\n"
    asked = ("analyze", "asv", "--since", "2020-01-01", "--output", "json")
    found = said(otava, *asked, folder=tmp_path, OTAVA_CONFIG="otava.yaml")
    (change,) = json.loads(found[found.index("{") :])["asv"]
    assert change["attributes"]["commit"] == "12" * 20
    assert change["changes"][0]["metric"] == "suite_time_step"
