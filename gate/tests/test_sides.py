"""Which benchmarks both sides have, and that each is run as its side has it."""

from dataclasses import replace
from pathlib import Path

import made_up
import pytest

from asv_gate import sides
from asv_gate.asvlink import Benchmark

ENGINES = """
import os


class Engines:
    params = ["new", "slow", "fast"] if os.environ["WHO"] == "head" else ["slow", "fast"]

    def track_it(self, engine):
        return {"new": 3.0, "slow": 2.0, "fast": 1.0}[engine]
"""
BENCHMARK = Benchmark("io.csv.time_read", "io.csv.time_read", "time", "seconds", 60.0, None, 60.0, "bench/io/csv.py")


def test_a_combination_of_parameters_is_run_as_its_own_side_counts_them(tmp_path: Path) -> None:
    """Asv's runner takes its number, which is another one where a side has a further value."""
    base, head = made_up.sides(tmp_path, {"suite.py": ENGINES})
    selection = sides.select(base.suite, (base, head), [], None, made_up.Silent())
    assert {of_head.name for _, of_head in selection.shared} == {
        "suite.Engines.track_it('slow')",
        "suite.Engines.track_it('fast')",
    }
    assert list(selection.unmeasured) == ["suite.Engines.track_it('new')"]
    for _, benchmark in selection.shared:
        outcomes = [side.process(benchmark, {}, 0) for side in (base, head)]
        assert outcomes[0].value == outcomes[1].value == (2.0 if "slow" in benchmark.name else 1.0)
    (_, benchmark), *_ = selection.shared
    gone = replace(benchmark, name="suite.Engines.track_it('gone')")
    assert base.process(gone, {}, 0).failed, "and not run as another one"


@pytest.mark.parametrize(
    ("failed", "is_why"),
    [
        ("bench/io/csv.py", True),
        ("bench/io/csv.py Reading", True),
        ("bench/io/__init__.py", True),
        ("bench/__init__.py", True),
        ("bench/io/csv_more.py", False),
        ("bench/other/__init__.py", False),
        ("bench/io.py", False),
    ],
)
def test_a_package_that_fails_hides_what_is_in_it(failed: str, *, is_why: bool) -> None:
    assert sides.concerns(str(Path(failed)), replace(BENCHMARK, file=str(Path(BENCHMARK.file)))) is is_why
