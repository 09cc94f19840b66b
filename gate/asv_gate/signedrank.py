"""Wilcoxon's signed-rank test as a test of flipped signs: exact for few pairs, safe with ties, sure of any shift.

Which of a pair's two processes went first was decided by a coin. Where the two commits are alike,
the sign of each d = ln(head / base) is therefore as likely to be + as -, whatever the noise was:
drift, bursts, two modes. The number of Walsh averages (d_i + d_j) / 2 above zero, i <= j, then has
a known distribution (Wilcoxon 1945; Tukey 1949). It can only fall when a constant is taken from
every d, so the test of d > threshold keeps its level too. Unlike the mean it is not led by one burst.
"""

import functools
import math
from collections.abc import Callable

import numpy as np

EXACT_UP_TO = 200  # pairs; beyond, the normal approximation is right to three digits


@functools.cache
def _at_least(pairs: int) -> np.ndarray:
    """P(W >= w) for w = 0 ... pairs (pairs + 1) / 2, by the sum over independent ranks."""
    chance = np.ones(1)
    for rank in range(1, pairs + 1):
        longer = np.zeros(len(chance) + rank)
        longer[: len(chance)] += chance / 2
        longer[rank:] += chance / 2
        chance = longer
    return np.minimum(1.0, np.cumsum(chance[::-1])[::-1])


def p_value(d: np.ndarray) -> float:
    """The chance of so much evidence for d > 0, or more, where signs are fair coins; 1 where there is no pair.

    A zero counts as evidence against, and of equal sizes the positive ones get the smaller ranks: that can only
    raise the value.
    """
    pairs = len(d)
    if pairs == 0:
        return 1.0
    order = np.lexsort((d <= 0, np.abs(d)))
    rank_sum = int(np.flatnonzero(d[order] > 0).sum() + np.count_nonzero(d > 0))
    if pairs <= EXACT_UP_TO:
        return float(_at_least(pairs)[rank_sum])
    mean, variance = pairs * (pairs + 1) / 4, pairs * (pairs + 1) * (2 * pairs + 1) / 24
    return math.erfc((rank_sum - 0.5 - mean) / math.sqrt(2 * variance)) / 2


def critical_value(pairs: int, level: float) -> int | None:
    """The smallest number of positive Walsh averages for which the p-value is at most the level, if there is any."""
    falls = np.flatnonzero(_at_least(pairs) <= level)
    return int(falls[0]) if len(falls) else None


def smallest_p_value(pairs: int) -> float:
    """What p_value gives when every pair agrees."""
    return 0.5**pairs


def walsh_averages(d: np.ndarray) -> np.ndarray:
    """The averages of all pairs of values of the last axis, each value with itself included."""
    first, second = np.triu_indices(d.shape[-1])
    averages: np.ndarray = (d[..., first] + d[..., second]) / 2
    return averages


def estimate(d: np.ndarray) -> np.ndarray:
    """The median of the Walsh averages along the last axis (Hodges and Lehmann 1963)."""
    centre: np.ndarray = np.median(walsh_averages(d), axis=-1)
    return centre


def interval(d: np.ndarray, confidence: float) -> tuple[float, float]:
    """The values of a shift that neither one-sided test rejects; infinite where there are too few pairs for that."""
    averages = np.sort(walsh_averages(d))
    outside = int(np.count_nonzero(_at_least(len(d)) <= (1 - confidence) / 2))
    if outside == 0:
        return -np.inf, np.inf
    return float(averages[outside - 1]), float(averages[-outside])


def holm(p_values: np.ndarray, alpha: float) -> np.ndarray:
    """Which hypotheses fall at family-wise level alpha (Holm 1979)."""
    order = np.argsort(p_values, kind="stable")
    limits = alpha / np.arange(len(p_values), 0, -1)
    standing = p_values[order] > limits
    falls = np.zeros(len(p_values), bool)
    falls[order] = np.cumsum(standing) == 0
    return falls


def smallest_true(holds: Callable[[float], bool], low: float, high: float, steps: int = 12) -> float:
    """The smallest argument for which a rising condition holds, by bisection; infinite where even `high` is none."""
    if not holds(high):
        return np.inf
    for _ in range(steps):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
