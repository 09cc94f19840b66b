"""What ``make gil`` runs last: what starting and handing out cost with a GIL and without, for docs/free-threading.md.

The gate measures these benchmarks of HEAD on both Pythons in pairs whose samples are interleaved. What its report says
of them is kept in docs/gil-costs.json.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kernels.comparing import tables
from kernels.comparing.comparison import as_factor
from tools import kept

KEPT = Path("docs", "gil-costs.json")
PAGE = Path("docs", "free-threading.md")
BEGIN, END = (
    "<!-- the table of python -m tools.gil_costs -->\n",
    "<!-- end of the table of python -m tools.gil_costs -->\n",
)
BENCHES = {  # what the table calls each benchmark
    "granularity.Task.track_metg('threaded')": "METG, `threaded`",
    "granularity.Task.track_metg('pool')": "METG, `pool`",
    "granularity.Task.track_metg('shared')": "METG, `shared`",
    "dispatch.Executors.track_per_task('default', 'ThreadPoolExecutor')": "a task, `ThreadPoolExecutor.map`",
    "dispatch.Executors.track_per_task('default', 'ProcessPoolExecutor')": "a task, `ProcessPoolExecutor.map`",
    "dispatch.Pool.track_per_task('default', 'map')": "a task, `Pool.map`",
    "startup.Threads.time_open(2)": "opening `threaded`",
    "startup.Processes.time_open('pool', 'forkserver', 2)": "opening `pool`, forkserver",
    "startup.Processes.time_open('shared', 'forkserver', 2)": "opening `shared`, forkserver",
}
MEASURED = (0, 1, 3)  # the gate's exit statuses after which there is a report of everything
PREFIXES = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6))


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 where the table is written, else the gate's."""
    parser = argparse.ArgumentParser(prog="python -m tools.gil_costs", description=__doc__)
    parser.add_argument("--pythons", default="", help="the one with a GIL and the one without; default: '3.13 3.13t'")
    parser.add_argument("--budget", default="10m", help="of the gate; default: %(default)s")
    options = parser.parse_args(arguments)
    wanted = options.pythons.split() or ["3.13", "3.13t"]
    if len(wanted) != 2:
        parser.error(f"it takes two Pythons, not {' '.join(wanted)!r}")
    if not kept.has_marks(PAGE, BEGIN, END):
        parser.error(f"{PAGE} must have the lines {BEGIN.strip()} and {END.strip()}")
    with tempfile.TemporaryDirectory() as folder:
        status = run_gate(wanted[0], wanted[1], options.budget, Path(folder))
        if status not in MEASURED:
            return status
        report = json.loads(Path(folder, "report.json").read_text())
    fields = ("base", "head", "ratio", "low", "high", "pairs")
    found = {one["name"]: {field: one[field] for field in fields} for one in report["benchmarks"]}
    kept.save(KEPT, {**kept.load(KEPT), " ".join(wanted): {"commit": report["head"]["commit"], "benchmarks": found}})
    kept.show(PAGE, BEGIN, END, as_table(found, wanted[0], wanted[1]))
    print(f"The table is in {PAGE}.")
    return 0


def run_gate(with_gil: str, without: str, budget: str, folder: Path) -> int:
    """The gate's exit status; its reports are in the folder."""
    benches = [f"--bench=^{re.escape(name)}$" for name in BENCHES]
    pythons = ["--base-python", with_gil, "--python", without]
    command = [sys.executable, "-m", "asv_gate", "run", *pythons, *benches, "--budget", budget, "--report", str(folder)]
    return subprocess.run(command, check=False).returncode


def as_table(measured: Mapping[str, Mapping[str, Any]], with_gil: str, without: str) -> str:
    """A line for each of BENCHES, in their order; where there is no ratio, it says that this was not measured."""
    rows = [["", with_gil, without, f"{without} / {with_gil}", "pairs"]]
    for name, words in BENCHES.items():
        one = measured.get(name, {"ratio": None})
        if one["ratio"] is None:
            rows.append([words, "", "", "not measured", ""])
            continue
        between = f" ({as_factor(one['low'])} to {as_factor(one['high'])})" if one["low"] and one["high"] else ""
        ratio = f"{as_factor(one['ratio'])}{between}"
        rows.append([words, as_time(one["base"]), as_time(one["head"]), ratio, str(one["pairs"])])
    return tables.markdown(rows)


def as_time(seconds: float) -> str:
    """With three digits and a unit."""
    unit, scale = next((one for one in PREFIXES if seconds >= one[1]), PREFIXES[-1])
    return f"{seconds / scale:.3g} {unit}"


if __name__ == "__main__":
    sys.exit(main())
