"""What ``make scaling`` runs: ``kernels compare`` of every workload for many numbers of workers.

It needs no network, and no more than kernels, NumPy and SciPy: it is for a machine with many CPUs that
is lent for an hour. The JSON of each comparison goes into ``docs/scaling/NAME/``, and a chart beside it
where Altair and vl-convert are installed. What is there, of as many workers and that size, is not measured again.
"""

import argparse
import json
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import kernels
from kernels.comparing import chart
from kernels.machine.info import python_name

FOLDER = Path("docs", "scaling")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 where all is there, 1 where a comparison failed, and 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tools.scaling", description=__doc__)
    parser.add_argument("--workers", default="1 2 4 8 16", help="as in '1 2 4 8 16', which is the default")
    parser.add_argument("--machine", default="", help="this machine's name; by default the host's")
    parser.add_argument("--size", default="M", help="of the problems; default: M")
    parser.add_argument("--workloads", nargs="+", default=kernels.workloads(), metavar="NAME", help="default: all")
    options = parser.parse_args(arguments)
    python = python_name(kernels.info()["python"]).replace(" ", "-")
    folder = FOLDER / f"{options.machine or platform.node()}-python-{python}"
    folder.mkdir(parents=True, exist_ok=True)
    failed = []
    for workload in options.workloads:
        file = folder / f"{workload}.json"
        if file.exists() and is_of(file, options.size, options.workers.split()):
            continue
        command = [sys.executable, "-m", "kernels", "compare", workload, "--size", options.size, "--json", str(file)]
        command += ["--workers", *options.workers.split()]
        if chart.is_possible():
            command += ["--plot", str(file.with_suffix(".svg"))]
        try:
            if subprocess.run(command, check=False).returncode:
                failed.append(workload)
        except KeyboardInterrupt:
            print("\nInterrupted. What was finished is kept, and the same command goes on from there.", file=sys.stderr)
            return 130
    if failed:
        print(f"make scaling: failed: {', '.join(failed)}", file=sys.stderr)
        return 1
    print(f"All is in {folder}.")
    return 0


def is_of(file: Path, size: str, workers: Sequence[str]) -> bool:
    """Whether a comparison that is kept is of the size that is asked for, and of all numbers of workers."""
    found = json.loads(file.read_text(encoding="utf-8"))
    counts = {timing["workers"] for timing in found["timings"]}
    return str(found["size"]) == size and counts.issuperset(map(int, workers))


if __name__ == "__main__":
    sys.exit(main())
