"""What a row of the report says follows from the pairs, whichever way is better."""

import math

import numpy as np
import pytest

from asv_gate.asvlink import Benchmark
from asv_gate.change import log_ratio
from asv_gate.decide import Settings, decide
from asv_gate.live import LivePairs
from asv_gate.report.build import paired_row
from asv_gate.report.model import Row


class Made(LivePairs):
    """Pairs of one benchmark with these values, again and again."""

    def __init__(self, benchmark: Benchmark, values: list[tuple[float, float]]) -> None:
        self.benchmarks, self.costs = [benchmark], np.array([1.0])
        self.values, self.wrong, self.broken = {benchmark.name: []}, {}, {}
        self._made = values

    def round(self, chosen: np.ndarray, installation: int) -> tuple[np.ndarray, np.ndarray]:
        pairs = self.values[self.benchmarks[0].name]
        base, head = self._made[len(pairs) % len(self._made)]
        pairs.append((base, head))
        worse = -1 if self.benchmarks[0].larger_is_better else 1
        return np.array([worse * float(log_ratio(base, head))]), np.ones(1)


def row(values: list[tuple[float, float]], kind: str = "track", *, larger_is_better: bool = False) -> Row:
    benchmark = Benchmark("it", "it", kind, "", 60.0, None, 60.0, larger_is_better=larger_is_better)
    pairs = Made(benchmark, values)
    return paired_row(pairs, decide(pairs, Settings(budget=200)), 0, 0.02)


UP = [(1.0, 1.3), (1.01, 1.32), (0.99, 1.28)]
DOWN = [(head, base) for base, head in UP]


@pytest.mark.parametrize(
    ("values", "kind", "larger_is_better", "verdict", "worse"),
    [
        (UP, "time", False, "slower", True),
        (DOWN, "time", False, "faster", False),
        (UP, "track", False, "larger", True),
        (DOWN, "track", False, "smaller", False),
        (UP, "track", True, "larger", False),
        (DOWN, "track", True, "smaller", True),
    ],
)
def test_the_verdict_says_which_way_and_whether_it_is_worse(
    values: list[tuple[float, float]], kind: str, *, larger_is_better: bool, verdict: str, worse: bool
) -> None:
    told = row(values, kind, larger_is_better=larger_is_better)
    assert (told.verdict, told.worse, told.better) == (verdict, worse, not worse)
    assert (told.ratio > 1) == (told.head > told.base) == (values is UP)
    assert told.low <= told.ratio <= told.high
    assert told.head / told.base == pytest.approx(told.ratio)


def test_base_and_head_do_not_contradict_the_change() -> None:
    """Of these pairs most have a faster head, and yet the median of heads is above that of bases."""
    values = [(1.0, 0.97), (1.5, 1.46), (1.01, 1.6), (1.02, 0.99), (1.6, 1.56)] * 4
    assert np.median([head for _, head in values]) > np.median([base for base, _ in values])
    told = row(values)
    assert (told.head - told.base) * (told.ratio - 1) >= 0


@pytest.mark.parametrize("values", [[(0.0, 5.0)], [(1.0, math.inf)], [(-1.0, 1.0)]])
def test_a_change_without_a_ratio_is_told_by_its_values(values: list[tuple[float, float]]) -> None:
    told = row(values)
    assert told.verdict == "larger"
    assert math.isnan(told.ratio)
    assert (told.base, told.head) == values[0]
