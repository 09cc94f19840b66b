"""No committed speedup is above its number of workers by more than its interval."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from asv_scaling import results, selection, speedup
from asv_scaling.__main__ import load
from asv_scaling.speedup import Row
from asv_scaling.suite import Settings, Suite

ROOT = Path(__file__).resolve().parents[2]


def suite() -> Suite:
    conf = load(ROOT / "asv.conf.json")
    return Suite.of(results.benchmarks(ROOT / "results"), Settings.of(conf["scaling"]))


def rows_of(machine: results.Machine) -> Iterator[tuple[str, Row]]:
    """All that the Scaling page can show of a machine, each with where it is from."""
    of = suite()
    for commit in {results.read(path).commit for path in results.paths(machine)}:
        shown = selection.select(ROOT / "results", of, selection.Asked(machine.name, commit), pytest.fail)
        for python, workloads in shown.pythons.items():
            for key, points in workloads.items():
                for row in speedup.rows(points, of.settings.serial):
                    yield f"{machine.name} {commit[:8]} on {python}: {of.labels[key]}", row


@pytest.mark.parametrize(
    "machine", [pytest.param(one, id=one.name) for one in results.machines(ROOT / "results", pytest.fail)]
)
def test_no_speedup_is_above_its_workers(machine: results.Machine) -> None:
    found = list(rows_of(machine))
    assert sum(row.speedup is not None and row.workers > 1 for _, row in found) > 400
    above = [
        f"{where} under {row.strategy}: {row.speedup:.2f} (from {row.speedup_low:.2f})"
        for where, row in found
        if row.workers > 1 and row.speedup and row.speedup_low and row.speedup_low > row.workers
    ]
    assert above == []
