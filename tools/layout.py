"""How much a time owes to the place of its memory: a table of docs/explanation/interleaving.md.

Each benchmark runs in processes that have the same environment, and in processes of which a variable has another length
each, in turns. That moves what they allocate, and nothing else: where the second ones differ by more than the first, a
build owes as much to its luck.
"""

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from asv_gate.asvlink import MOST_PADDING, PADDING
from kernels.comparing import tables
from tools import kept

PAGE = Path("docs", "explanation", "interleaving.md")
TABLE = "the table of python -m tools.layout"
MARKS = f"<!-- {TABLE} -->\n", f"<!-- end of {TABLE} -->\n"
TURNS = 9
SECONDS = 0.5
BENCHMARKS = (
    ("coordination.Stencil", "serial"),
    ("coordination.Stencil", "shared"),
    ("coordination.HistogramMerged", "serial"),
    ("memory.Spmv", "pool"),
    ("memory.Spmv", "serial"),
    ("memory.Transpose", "serial"),
    ("compute.Cubes", "serial"),
    ("compute.Parzen", "serial"),
)


def timed(name: str, strategy: str) -> float:
    """The median of a benchmark's runs, in seconds."""
    module, _, benchmark = name.partition(".")
    each = getattr(importlib.import_module(f"benchmarks.{module}"), benchmark)()
    workers = 1 if strategy == "serial" else 2
    each.setup(strategy, workers)
    try:
        each.time_run(strategy, workers)
        times: list[float] = []
        while sum(times) < SECONDS:
            begin = time.perf_counter()
            each.time_run(strategy, workers)
            times.append(time.perf_counter() - begin)
    finally:
        each.teardown(strategy, workers)
    return statistics.median(times)


def in_a_process(name: str, strategy: str, padding: int) -> float:
    """Time it in a process of its own. Raises CalledProcessError where that fails."""
    command = [sys.executable, "-m", "tools.layout", "--child", name, strategy]
    environ = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0", PADDING: "x" * padding}
    return float(json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environ).stdout))


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 where the table is written."""
    parser = argparse.ArgumentParser(prog="python -m tools.layout", description=__doc__)
    parser.add_argument("--turns", type=int, default=TURNS, help="processes of each kind; default: %(default)s")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        print(json.dumps(timed(*options.child)))
        return 0
    if not kept.has_marks(PAGE, *MARKS):
        parser.error(f"{PAGE} must have the lines {' and '.join(mark.strip() for mark in MARKS)}")
    rows = [
        ["benchmark", "strategy", "same environment, ms", "another length each, ms", "most / least: same", "another"]
    ]
    for name, strategy in BENCHMARKS:
        print(name, strategy, flush=True)
        same, other = [], []
        for turn in range(options.turns):
            same.append(in_a_process(name, strategy, 0))
            other.append(in_a_process(name, strategy, (turn + 1) * MOST_PADDING // (options.turns + 1) + 16 * turn))
        rows.append([name, strategy, between(same), between(other), most(same), most(other)])
    kept.show(PAGE, *MARKS, tables.markdown(rows))
    print(f"The table is in {PAGE}.")
    return 0


def between(seconds: Sequence[float]) -> str:
    """The least and the most, which show two modes, and the median."""
    least, middle, greatest = (f"{1e3 * each:.3g}" for each in (min(seconds), statistics.median(seconds), max(seconds)))
    return f"{least} to {greatest}, median {middle}"


def most(seconds: Sequence[float]) -> str:
    """How many times as long as the quickest process the slowest one took."""
    return f"{max(seconds) / min(seconds):.2f}"


if __name__ == "__main__":
    sys.exit(main())
