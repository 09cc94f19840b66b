"""The work of a run in asv.conf.json, from which the Scaling page makes rates, is what the workloads say."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import json5

import kernels
from kernels.comparing.rates import work_of

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the suite is not installed

from benchmarks.common import WarmRun  # noqa: E402 - see above


def classes() -> Iterator[tuple[str, type[WarmRun]]]:
    """The benchmarks of warm runs, with the name that asv has for each; without the engines', which no report has."""
    for file in sorted({*(ROOT / "benchmarks").glob("*.py")} - {ROOT / "benchmarks" / "engines.py"}):
        module = importlib.import_module(f"benchmarks.{file.stem}")
        for name, found in vars(module).items():
            ours = isinstance(found, type) and issubclass(found, WarmRun) and found.__module__ == module.__name__
            if ours and isinstance(found.workload, str):
                yield f"{file.stem}.{name}.time_run", found


def test_the_work_that_is_said_is_the_workloads() -> None:
    expected = {}
    for name, found in classes():
        workload = str(found.workload)
        work = work_of(kernels.workload(workload), kernels.problem(workload, found.size))
        if work is not None:
            expected[name] = [work.amount, work.unit]
    assert len(expected) >= 7
    assert json5.loads((ROOT / "asv.conf.json").read_text())["scaling"] == {"work": expected}
