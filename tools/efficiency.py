"""What ``make efficiency`` runs: the table of efficiencies of docs/results.md, from ``kernels compare`` on each Python.

What is measured is kept, workload by workload, in docs/efficiency.json: an interrupted run goes on
from there, and a workload is measured anew when its source or that of strategies and workers has
changed. The table is written when nothing is missing.
"""

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import kernels
from kernels.comparing import tables
from kernels.comparing.comparison import as_factor
from tools import kept
from tools.environments import environment
from tools.measure import Failed
from tools.pythons import Interpreter, find_pythons, in_order

STRATEGIES = ("threaded", "pool", "shared")
WORKERS = 2
KEPT = Path("docs", "efficiency.json")
PAGE = Path("docs", "results.md")
BEGIN, END = "<!-- the table of make efficiency -->\n", "<!-- end of the efficiencies -->\n"

Kept = dict[str, dict[str, dict[str, Any]]]  # by Python and workload: what `summary` makes


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 where the table is written, 1 where something failed, and 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tools.efficiency", description=__doc__)
    parser.add_argument("--pythons", default="", help="those to run on, as in '3.13 3.14', which is the default")
    parser.add_argument("--size", default="M", help="of the problems; default: M")
    options = parser.parse_args(arguments)
    wanted = options.pythons.split() or ["3.13", "3.14"]
    found = find_pythons()
    missing = [name for name in wanted if name not in found]
    if missing:
        parser.error(
            f"no Python {', '.join(missing)} to run on; there are here: {', '.join(in_order(found)) or 'none'}"
        )
    if not kept.has_marks(PAGE, BEGIN, END):
        parser.error(f"{PAGE} must have the lines {BEGIN.strip()} and {END.strip()}")
    try:
        failed = measure({name: found[name] for name in wanted}, options.size)
    except Failed as error:
        print(f"make efficiency: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"make efficiency: {' '.join(map(str, error.cmd))} failed with {error.returncode}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. What was finished is kept, and the same command goes on from there.", file=sys.stderr)
        return 130
    for name, workload, why in failed:
        print(f"Python {name}, {workload}: {why}", file=sys.stderr)
    if failed:
        return 1
    kept.show(PAGE, BEGIN, END, as_table(kept.load(KEPT), wanted))
    print(f"The table is in {PAGE}.")
    return 0


def measure(pythons: dict[str, Interpreter], size: str) -> list[tuple[str, str, str]]:
    """Compare what is not kept yet. Returns what failed: the Python, the workload and why."""
    failed, known = [], 0
    cpu = kernels.info()["cpu"]
    for name, workload in itertools.product(pythons, kernels.workloads()):
        stamp = {"kernels": kept.digest(workload), "size": size, "cpu": cpu}
        before = kept.load(KEPT).get(name, {}).get(workload, {})
        if {key: before.get(key) for key in stamp} == stamp:
            known += 1
            continue
        print(f"Python {name}: {workload}", flush=True)
        try:
            compared = compare(environment(name, pythons[name]), workload, size)
        except RuntimeError as error:
            failed.append((name, workload, str(error)))
            continue
        everything = kept.load(KEPT)
        everything.setdefault(name, {})[workload] = stamp | summary(compared)
        kept.save(KEPT, everything)
    if known:
        print(f"Not measured again, since neither code nor CPU has changed: {known} in {KEPT}")
    return failed


def compare(python: Path, workload: str, size: str) -> dict[str, Any]:
    """All that ``kernels compare`` has to say of a workload. Raises RuntimeError with its last line if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder, "compared.json")
        command: list[str | Path] = [python, "-m", "kernels", "compare", workload, "--size", size, "--json", written]
        command += ["--workers", str(WORKERS), "--strategies", *STRATEGIES]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise RuntimeError((ran.stderr.strip() or f"exit status {ran.returncode}").splitlines()[-1])
        compared: dict[str, Any] = json.loads(written.read_text())
        return compared


def summary(compared: dict[str, Any]) -> dict[str, Any]:
    """Of a comparison, what the table says and what it depends on."""
    info = compared["info"]
    return {
        "efficiency": {timing["strategy"]: timing["efficiency_median"] for timing in compared["timings"]},
        "seconds": {timing["strategy"]: timing["median"] for timing in compared["timings"]},
        "rounds": compared["rounds"],
        "python": info["python"],
        "cpu": info["cpu"],
        "cpus": info["cpus"],
        "numpy": info["numpy"],
    }


def as_table(everything: Kept, pythons: Sequence[str]) -> str:
    """A line for each workload; a dash where there is no such version, or none that was measured."""
    rows = [["workload", *(f"{strategy}, {name}" for name in pythons for strategy in STRATEGIES)]]
    for workload in kernels.workloads():
        efficiencies = [everything[name].get(workload, {}).get("efficiency", {}) for name in pythons]
        cells = [found.get(strategy) for found in efficiencies for strategy in STRATEGIES]
        rows.append([workload, *("-" if value is None else as_factor(value) for value in cells)])
    return tables.markdown(rows)


if __name__ == "__main__":
    sys.exit(main())
