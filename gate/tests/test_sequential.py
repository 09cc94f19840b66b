"""The sequential test: its error rate is exact, whatever the sizes of the differences are, and it can reject."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from asv_gate import sequential, signedrank
from asv_gate.sequential import INTERIM, Schedule, least_pairs, schedule

PAIRS = 80
SIZES: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "alike": lambda rng: np.ones(PAIRS),
    "normal": lambda rng: np.abs(rng.normal(size=PAIRS)),
    "growing": lambda rng: np.arange(1.0, PAIRS + 1),
    "falling": lambda rng: np.arange(PAIRS, 0.0, -1),
    "bursts": lambda rng: np.where(np.arange(PAIRS) % 20 < 3, 50.0, 1.0) + rng.random(PAIRS),
    "heavy tails": lambda rng: np.abs(rng.standard_t(1, PAIRS)),
}


def least(d: np.ndarray, due: Schedule) -> float:
    """The p-value of all tests together."""
    found = [sequential.p_value(d[:after], due.weight(after, last=after == due.pairs[-1])) for after in due.pairs]
    return min(found)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("last", [9, 17, PAIRS])
def test_of_fair_signs_no_more_are_rejected_than_promised(sizes: str, last: int) -> None:
    rng = np.random.default_rng([1, last])
    due = schedule(1, 0.05).until(last)
    runs = 2000
    rejected = sum(least(SIZES[sizes](rng) * rng.choice([-1.0, 1.0], PAIRS), due) <= 0.05 for _ in range(runs))
    assert stats.binomtest(rejected, runs, 0.05, alternative="greater").pvalue > 0.01, rejected
    if last == PAIRS and sizes != "alike":  # equal sizes count against an alarm, and of few pairs few values are left
        assert rejected >= 0.02 * runs


@pytest.mark.parametrize("candidates", [1, 4, 30, 1000])
@pytest.mark.parametrize("alpha", [0.2, 0.009, 0.0001])
def test_every_interim_test_can_reject_though_not_all_pairs_agree(candidates: int, alpha: float) -> None:
    due = schedule(candidates, alpha)
    assert math.fsum(due.weights) == pytest.approx(1)
    assert list(due.pairs) == sorted(due.pairs)
    for after, weight in zip(due.pairs, due.weights, strict=True):
        d = np.arange(1.0, after + 1)
        d[0] *= -1
        assert sequential.p_value(d, weight) <= alpha / candidates


@pytest.mark.parametrize("pairs", [5, 14, 15, 33, 80, 200])
def test_the_last_test_has_the_weight_of_those_that_were_not_made(pairs: int) -> None:
    due = schedule(1, 0.009)
    made = [weight for after, weight in zip(due.pairs, due.weights, strict=True) if after < pairs]
    assert due.weight(pairs, last=True) == pytest.approx(1 - sum(made))
    until = due.until(pairs)
    assert until.pairs[-1] == pairs
    assert math.fsum(until.weights) == pytest.approx(1)


def test_no_test_is_made_where_none_is_due() -> None:
    due = schedule(1, 0.009)
    assert due.weight(INTERIM[0] + 1) == 0
    assert sequential.p_value(np.ones(50), 0.0) == 1


@pytest.mark.parametrize("candidates", [1, 4, 30])
@pytest.mark.parametrize("alpha", [0.2, 0.01, 0.0001])
def test_so_many_pairs_can_reject(candidates: int, alpha: float) -> None:
    assert signedrank.smallest_p_value(least_pairs(candidates, alpha)) < alpha / candidates
