"""Does the gate print the number that ``asv run`` prints? Both measure the suite of all shapes, on the real clock.

``python gate/tests/agreement.py --runs 10`` prints a line for each benchmark: the medians of so many
runs, their spread, and whether the medians differ by more than that. Its exit status is 1 where one
does. It takes some ten minutes, and wants a machine that does nothing else.
"""

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import project
import shapes

from asv_gate import pair
from asv_gate.asvlink import Benchmark, Install, Suite
from asv_gate.discovery import discover
from asv_gate.pair import Side

SPREADS = 2.5  # by which the medians may differ: a normal difference of medians is beyond once in some thousand times


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--only", default="", help="a regular expression")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder = make(Path(temporary))
        side = Side(
            Suite("shapes", folder, folder / "bench", "", [], {}, False, 60.0, ""),
            Install("0", "a", folder, [sys.executable], {}),
            folder,
        )
        known = {benchmark.name: benchmark for benchmark in discover(side.suite, side.install).benchmarks}
        theirs: dict[str, list[float]] = {}
        ours: dict[str, list[float]] = {}
        for run in range(options.runs):  # in turn: what the machine does for a while, it does to both
            for name, seconds in asv_run(folder, options.only).items():
                theirs.setdefault(name, []).append(seconds)
                ours.setdefault(name, []).append(gate(side, known[name], run))
            print(f"{run + 1} of {options.runs} runs", file=sys.stderr)
    return table(theirs, ours)


def make(folder: Path) -> Path:
    shapes.write(folder / "bench", "real")
    conf = {"version": 1, "project": "shapes", "repo": ".", "benchmark_dir": "bench", "branches": ["main"]}
    conf |= {"environment_type": "virtualenv"}  # asv asks for it, though none is made
    (folder / "asv.conf.json").write_text(json.dumps(conf))
    project.git(folder, "init", "--quiet", "--initial-branch", "main")
    project.commit(folder, "base")
    asv(folder, "machine", "--yes", "--machine", "here")
    return folder


def asv(folder: Path, *arguments: str) -> None:
    environ = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}  # asv keeps its machines in the home folder
    command = [sys.executable, "-m", "asv", *arguments]
    subprocess.run(command, cwd=folder, env=environ, check=True, stdout=subprocess.DEVNULL)


def asv_run(folder: Path, only: str) -> dict[str, float]:
    """By benchmark with its parameters, the seconds that asv would print."""
    commit = project.git(folder, "rev-parse", "HEAD")
    asv(
        folder,
        "run",
        "--environment",
        f"existing:{sys.executable}",
        "--set-commit-hash",
        commit,
        "--bench",
        only,
        "--machine",
        "here",
    )
    (file,) = (folder / "results" / "here").glob(f"{commit[:8]}-*.json")
    found = json.loads(file.read_text())
    column = found["result_columns"]
    seconds: dict[str, float] = {}
    for name, row in found["results"].items():
        entry = dict(zip(column, row, strict=False))
        names = [f"{name}({', '.join(each)})" if each else name for each in itertools.product(*entry["params"])]
        seconds |= dict(zip(names, entry["result"], strict=True))
    file.unlink()
    return seconds


def gate(side: Side, benchmark: Benchmark, run: int) -> float:
    value = pair.measure(side, side, benchmark, np.random.default_rng(run)).base.value
    return np.nan if value is None else value


def table(theirs: dict[str, list[float]], ours: dict[str, list[float]]) -> int:
    columns = ["benchmark", "asv run", "spread", "asv-gate", "spread", "difference", ""]
    print(f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")
    differ = 0
    for name, seconds in theirs.items():
        a, g = np.log(seconds), np.log(ours[name])
        by = float(np.median(g) - np.median(a))
        noise = float(np.hypot(np.std(a, ddof=1), np.std(g, ddof=1)))
        within = abs(by) <= SPREADS * noise
        differ += not within
        cells = [f"{1e6 * np.exp(np.median(x)):.4g} us | {np.std(x, ddof=1):.1%}" for x in (a, g)]
        print(f"| {name} | {' | '.join(cells)} | {np.expm1(by):+.1%} | {'' if within else 'differs'} |")
    return int(differ > 0)


if __name__ == "__main__":
    sys.exit(main())
