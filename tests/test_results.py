"""What the committed results say of their own noise, and what asv is told of it."""

import itertools
import math
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from asv.config import Config

from asv_scaling import results

ROOT = Path(__file__).parents[1]
# From the one to the next, what these benchmarks run stayed as it was, but for how workers start: the steps of
# `startup` are noise and change.
ALIKE = ("d23d2cc7", "bc4d4aa8", "f054a634", "a7404e85")
SHARE = 0.97


def values(run: results.Run) -> dict[tuple[str, tuple[str, ...]], float]:
    """Of each benchmark with its parameters, without those that have none."""
    found = {}
    for name in run.results:
        combinations = itertools.product(*run.column(name, "params"))
        found |= {
            (name, combination): value
            for combination, value in zip(combinations, run.column(name, "result") or (), strict=False)
            if isinstance(value, float) and value > 0
        }
    return found


@pytest.fixture(scope="module")
def steps() -> dict[str, list[float]]:
    """By benchmark, how much more the larger of two neighbouring results is: a fraction."""
    found: dict[str, list[float]] = defaultdict(list)
    for machine in results.machines(ROOT / "results", pytest.fail):
        runs: dict[str, dict[str, results.Run]] = defaultdict(dict)
        for run in map(results.read, results.paths(machine)):
            runs[run.environment][run.commit[:8]] = run
        for of_python in runs.values():
            series = [values(of_python[commit]) for commit in ALIKE if commit in of_python]
            for before, after in itertools.pairwise(series):
                for key in before.keys() & after.keys():
                    found[key[0]].append(math.expm1(abs(math.log(after[key] / before[key]))))
    return found


@pytest.mark.parametrize("topic", ["compute", "memory", "startup", "dispatch"])
def test_the_regressions_that_asv_lists_are_larger_than_the_noise(topic: str, steps: dict[str, list[float]]) -> None:
    conf: Any = Config.load(str(ROOT / "asv.conf.json"))
    quiet = [
        step <= max(limit for pattern, limit in conf.regressions_thresholds.items() if re.match(pattern, name))
        for name, of_name in steps.items()
        if name.startswith(f"{topic}.")
        for step in of_name
    ]
    assert len(quiet) > 100
    assert sum(quiet) / len(quiet) >= SHARE
