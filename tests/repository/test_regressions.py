"""asv's Regressions page of the committed results: it lists what became slower, and little of what stayed as it was.

The page lists a series, which is one benchmark with its parameters on one Python of one machine, where its latest
results are more than a threshold above the best before.
"""

import itertools
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from asv.util import load_json

from asv_scaling import results
from asv_scaling.results import Run

ROOT = Path(__file__).resolve().parents[2]
# What each of these topics runs stayed as it was from the first of these commits to the last.
ALIKE = ("d23d2cc7", "bc4d4aa8", "f054a634", "a7404e85", "218bf80f")
TOPICS = ("compute", "memory")
FALSE_SHARE = 0.03  # of the series, at most, that are listed for nothing
SERIAL = "time_run('serial', 1)"  # never changed
SLOWED, SINCE, FACTOR = "compute.Parzen.", "f054a634", 2.0


class Listed(NamedTuple):
    """An entry of the page: a series, and the commits with which it became slower."""

    machine: str
    python: str
    benchmark: str
    commits: tuple[str, ...]


def publish(folder: Path, change: Callable[[Run, dict[str, Any]], None] = lambda run, content: None) -> list[Listed]:
    """What the page lists of the committed results, with a change made to each of their files."""
    for machine in results.machines(ROOT / "results", pytest.fail):
        into = folder / "results" / machine.folder.name
        into.mkdir(parents=True)
        (into / "machine.json").write_bytes((machine.folder / "machine.json").read_bytes())
        for path in results.paths(machine):
            content = json.loads(path.read_bytes())
            change(results.read(path), content)
            (into / path.name).write_text(json.dumps(content))
    (folder / "results" / "benchmarks.json").write_bytes((ROOT / "results" / "benchmarks.json").read_bytes())
    conf: dict[str, Any] = load_json(str(ROOT / "asv.conf.json"), js_comments=True)
    own = {"repo": str(ROOT), "results_dir": "results", "html_dir": "html", "plugins": []}
    (folder / "asv.conf.json").write_text(json.dumps(conf | own))
    done = subprocess.run(
        [sys.executable, "-m", "asv", "publish", "--no-pull"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    commits: Mapping[str, str] = load_json(str(folder / "html" / "index.json"))["revision_to_hash"]
    return [
        Listed(
            params["machine"],
            params["python"],
            name,
            tuple(commits[str(revision)][:8] for _, revision, *_ in jumps),
        )
        for name, _, params, _, _, _, jumps in load_json(str(folder / "html" / "regressions.json"))["regressions"]
    ]


def runs() -> Iterator[tuple[str, Run]]:
    """Every committed run, with its machine."""
    for machine in results.machines(ROOT / "results", pytest.fail):
        for path in results.paths(machine):
            yield machine.name, results.read(path)


def series(kept: Callable[[str, str], bool]) -> set[tuple[str, str, str]]:
    """Those that have a result to be compared with, as machine, Python and benchmark: of what is kept."""
    found: Counter[tuple[str, str, str]] = Counter()
    for machine, run in runs():
        for name in run.results:
            combinations = itertools.product(*run.column(name, "params"))
            for combination, value in zip(combinations, run.column(name, "result") or (), strict=False):
                if isinstance(value, float) and value > 0:
                    full = f"{name}({', '.join(combination)})" if combination else name
                    found[machine, run.python, full] += kept(run.commit[:8], full)
    return {key for key, count in found.items() if count > 1}


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> list[Listed]:
    return publish(tmp_path_factory.mktemp("plain"))


def test_code_that_stayed_as_it_was_is_rarely_listed(listed: list[Listed]) -> None:
    def concerned(commit: str, benchmark: str) -> bool:
        return commit in ALIKE and benchmark.startswith(TOPICS)

    among = series(concerned)
    wrong = {
        entry[:3]
        for entry in listed
        if any(concerned(commit, entry.benchmark) for commit in entry.commits if commit != ALIKE[0])
    }
    assert len(among) > 400
    assert len(wrong) <= FALSE_SHARE * len(among), sorted(wrong)


def test_the_serial_versions_which_never_changed_are_rarely_listed(listed: list[Listed]) -> None:
    among = series(lambda _, benchmark: SERIAL in benchmark)
    wrong = [entry for entry in listed if SERIAL in entry.benchmark]
    assert len(among) > 100
    assert len(wrong) <= FALSE_SHARE * len(among), wrong


def test_a_kernel_that_became_slower_is_listed_with_its_commit(listed: list[Listed], tmp_path: Path) -> None:
    slowed: dict[bool, set[tuple[str, str]]] = {False: set(), True: set()}
    since = next(run.date for _, run in runs() if run.commit.startswith(SINCE))

    def slow_down(run: Run, content: dict[str, Any]) -> None:
        late = run.date >= since
        slowed[late].add((run.facts["machine"], run.python))
        if late:
            row = content["results"][f"{SLOWED}time_run"]
            row[0] = row[0] and [value and value * FACTOR for value in row[0]]

    found = publish(tmp_path, slow_down)
    named = {entry[:2] for entry in found if entry.benchmark == SLOWED + SERIAL and SINCE in entry.commits}
    assert len(named) > 5
    assert named == slowed[False] & slowed[True]
    others = {entry[:3] for entry in found if not entry.benchmark.startswith(SLOWED)}
    assert others == {entry[:3] for entry in listed if not entry.benchmark.startswith(SLOWED)}
