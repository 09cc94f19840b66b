"""The test of flipped signs: exact, conservative with ties, and moved by shifts in one direction only."""

import itertools

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from asv_gate import signedrank

differences = arrays(float, st.integers(1, 9), elements=st.floats(-1, 1, width=32))
sizes = st.floats(0, 1, exclude_min=True)
without_ties = st.lists(st.tuples(sizes, st.sampled_from([-1, 1])), min_size=1, max_size=9, unique_by=lambda d: d[0])
few_levels = arrays(float, st.integers(1, 9), elements=st.sampled_from([-0.02, -0.01, 0.0, 0.01, 0.02]))


@hypothesis.given(without_ties)
def test_p_values_are_scipys_where_there_are_no_ties(sizes_and_signs: list[tuple[float, int]]) -> None:
    d = np.prod(sizes_and_signs, axis=1)
    expected = stats.wilcoxon(d, alternative="greater", method="exact").pvalue
    assert signedrank.p_value(d) == pytest.approx(expected)


@hypothesis.given(few_levels)
def test_with_ties_no_level_is_exceeded(d: np.ndarray) -> None:
    """Of all 2^n ways to flip the signs, at most a fraction p gives a p-value of p or less."""
    flips = np.array(list(itertools.product((1, -1), repeat=len(d))))
    p_values = np.array([signedrank.p_value(flip * d) for flip in flips])
    for p in np.unique(p_values):
        assert np.mean(p_values <= p) <= p + 1e-12


@hypothesis.given(differences, st.floats(0, 0.5))
def test_what_is_taken_from_every_pair_can_only_raise_the_p_value(d: np.ndarray, shift: float) -> None:
    assert signedrank.p_value(d - shift) >= signedrank.p_value(d)


@pytest.mark.parametrize("pairs", [1, 5, 12, 40])
def test_the_smallest_p_value_is_that_of_pairs_that_all_agree(pairs: int) -> None:
    d = np.linspace(0.01, 0.02, pairs)
    assert signedrank.p_value(d) == signedrank.smallest_p_value(pairs)


def test_the_approximation_for_many_pairs_joins_the_exact_values() -> None:
    d = np.random.default_rng(1).normal(0.15, 1, signedrank.EXACT_UP_TO + 1)
    exact = stats.wilcoxon(d, alternative="greater", method="exact").pvalue
    assert signedrank.p_value(d) == pytest.approx(exact, rel=0.02)


@hypothesis.given(arrays(float, st.integers(6, 15), elements=st.floats(-1, 1, width=32), unique=True))
def test_the_interval_has_the_shifts_that_neither_test_rejects(d: np.ndarray) -> None:
    low, high = signedrank.interval(d, 0.95)
    inside, room = (low + high) / 2, 1e-6
    assert min(signedrank.p_value(d - inside), signedrank.p_value(inside - d)) > 0.025
    assert signedrank.p_value(d - (low - room)) <= 0.025
    assert signedrank.p_value(high + room - d) <= 0.025


def test_too_few_pairs_bound_nothing() -> None:
    assert signedrank.interval(np.array([0.1, 0.2, 0.3]), 0.95) == (-np.inf, np.inf)


def test_holms_correction() -> None:
    falls = signedrank.holm(np.array([0.03, 0.001, 0.02, 0.012]), 0.05)
    assert falls.tolist() == [True, True, True, True]
    falls = signedrank.holm(np.array([0.03, 0.001, 0.026, 0.012]), 0.05)
    assert falls.tolist() == [False, True, False, True]
