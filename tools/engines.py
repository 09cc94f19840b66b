"""What ``make engines`` runs: the table of docs/engines.md, and of README.md, each engine beside `pool` and `shared`.

Each workload is one run of ``kernels compare``, in which all strategies are interleaved. What is measured is kept in
docs/engines.json, so that the workloads can be measured one at a time: ``python -m tools.engines parzen``.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kernels.comparing import tables
from kernels.comparing.comparison import as_factor
from kernels.machine.info import python_name
from tools import kept

WORKLOADS = ("parzen", "cubes", "triad", "queens")
STRATEGIES = ("pool", "shared", "joblib", "loky", "mpire", "dask", "dask_threaded", "ray")
WORKERS = 2
KEPT = Path("docs", "engines.json")
PAGE, FRONT = Path("docs", "engines.md"), Path("README.md")
BEGIN, END = "<!-- the table of make engines -->\n", "<!-- end of the table of make engines -->\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 where the table is written, 1 where a comparison failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.engines", description=__doc__)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"of {', '.join(WORKLOADS)}; default: all")
    wanted = parser.parse_args(arguments).workloads or list(WORKLOADS)
    unknown = sorted(set(wanted) - set(WORKLOADS))
    if unknown:
        parser.error(f"a workload must be one of {', '.join(WORKLOADS)}, not {', '.join(unknown)}")
    for workload in wanted:
        print(workload, flush=True)
        try:
            compared = compare(workload)
        except RuntimeError as error:
            print(f"make engines: {workload}: {error}", file=sys.stderr)
            return 1
        kept.save(KEPT, kept.load(KEPT) | {workload: summary(compared)})
    kept.show(PAGE, BEGIN, END, as_table(kept.load(KEPT)))
    if kept.has_marks(FRONT, BEGIN, END):
        kept.show(FRONT, BEGIN, END, speedups(kept.load(KEPT)))
    print(f"The table is in {PAGE}.")
    return 0


def compare(workload: str) -> dict[str, Any]:
    """All that ``kernels compare`` has to say of a workload. Raises RuntimeError with its last line if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder, "compared.json")
        command: list[str | Path] = [sys.executable, "-m", "kernels", "compare", workload, "--json", written]
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
        "best": {timing["strategy"]: timing["best"] for timing in compared["timings"]},
        "cold": {timing["strategy"]: timing["cold_median"] for timing in compared["timings"]},
        "left_out": compared["left_out"],
        "rounds": compared["rounds"],
        "size": compared["size"],
        "python": python_name(info["python"]),
        "cpu": info["cpu"],
        "cpus": info["cpus"],
    }


def shown(milliseconds: float) -> str:
    """Three digits, and no exponent where there are more."""
    return f"{milliseconds:.3g}" if milliseconds < 1000 else f"{milliseconds:,.0f}"


def as_table(everything: dict[str, Any]) -> str:
    """A row for each strategy, the fastest of a column in bold; a dash where one is not installed."""
    everything = {name: everything[name] for name in WORKLOADS if name in everything}
    rows = [["strategy", *(f"`{name}`" for name in everything), "cold (s)"]]
    for strategy in ("serial", *STRATEGIES):
        cells = [f"`{strategy}`"]
        for found in everything.values():
            best = found["best"]
            if strategy not in best:
                cells.append("-")
                continue
            cell = f"{shown(1000 * best[strategy])} ms, {as_factor(best['serial'] / best[strategy])}x"
            cells.append(f"**{cell}**" if best[strategy] == min(best.values()) else cell)
        cold = [found["cold"][strategy] for found in everything.values() if strategy in found["cold"]]
        rows.append([*cells, f"{min(cold):.2g}" if cold else "-"])
    return "\n\n".join([tables.markdown(rows), *_where(everything)])


def _where(everything: dict[str, Any]) -> list[str]:
    """In a sentence, what the times depend on; in more than one where the workloads were not measured alike."""
    of: dict[str, list[str]] = {}
    for name, found in everything.items():
        where = f"size {found['size']}, Python {found['python']}, {found['cpus']['usable']} CPUs ({found['cpu']})"
        of.setdefault(where, []).append(f"`{name}` {found['rounds']}")
    return [f"{where[0].upper()}{where[1:]}; rounds: {', '.join(names)}." for where, names in of.items()]


def speedups(everything: dict[str, Any]) -> str:
    """A row for each workload: the speedup of each strategy over serial, the best in bold."""
    rows = [["workload", *(f"`{strategy}`" for strategy in STRATEGIES)]]
    for workload in (name for name in WORKLOADS if name in everything):
        best = everything[workload]["best"]
        cells = [as_factor(best["serial"] / best[strategy]) if strategy in best else "-" for strategy in STRATEGIES]
        fastest = min(STRATEGIES, key=lambda strategy: best.get(strategy, math.inf))
        cells[STRATEGIES.index(fastest)] = f"**{cells[STRATEGIES.index(fastest)]}**"
        rows.append([f"`{workload}`", *cells])
    return tables.markdown(rows)


if __name__ == "__main__":
    sys.exit(main())
