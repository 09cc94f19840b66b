"""The search for a commit: what it finds, and how often the commit that it names is not slower."""

import math

import numpy as np
import pytest
from scipy import stats

from asv_gate.bisection import CannotMeasure, Ending, search

LINE = 24


def noisy(levels: np.ndarray, rng: np.random.Generator, noise: float = 0.02) -> object:
    """Pairs of a line of commits whose times have these logarithms."""
    return lambda base, head, number: levels[head] - levels[base] + noise * float(rng.normal())


@pytest.mark.parametrize("at", [1, 2, 11, 17, LINE - 1])
def test_the_commit_that_made_it_slower_is_named(at: int) -> None:
    levels = np.where(np.arange(LINE) >= at, math.log(1.1), 0.0)
    found = search(LINE, noisy(levels, np.random.default_rng(at)), alpha=0.01, threshold=0.01)  # type: ignore[arg-type]
    assert (found.ending, found.last_good, found.first_bad) == (Ending.NAMED, at - 1, at)
    assert found.low < 1.1 < found.high


def test_a_line_without_a_change_names_none_more_often_than_alpha() -> None:
    named = sum(
        search(LINE, noisy(np.zeros(LINE), np.random.default_rng([1, run])), alpha=0.05, threshold=0.0).ending  # type: ignore[arg-type]
        is Ending.NAMED
        for run in range(200)
    )
    assert stats.binomtest(named, 200, 0.05, alternative="greater").pvalue > 0.001


def test_a_search_that_a_burst_has_led_astray_is_made_again() -> None:
    levels = np.where(np.arange(LINE) >= 17, math.log(1.1), 0.0)
    pairs = noisy(levels, np.random.default_rng(5))

    def disturbed(base: int, head: int, number: int) -> float:
        burst = 0.2 if (head, number < 4) == ((LINE - 1) // 2, True) else 0.0
        return burst + pairs(base, head, number)  # type: ignore[operator, no-any-return]

    found = search(LINE, disturbed, alpha=0.01, threshold=0.01)
    assert (found.ending, found.first_bad) == (Ending.NAMED, 17)
    assert [step.slower for step in found.steps if step.position == (LINE - 1) // 2] == [True, False]


def test_a_slow_drift_of_the_machine_names_none() -> None:
    """It is in both sides of a pair."""
    rng = np.random.default_rng(2)
    found = search(LINE, noisy(np.zeros(LINE), rng, noise=0.3), alpha=0.01, threshold=0.01)  # type: ignore[arg-type]
    assert found.ending is not Ending.NAMED


def test_commits_that_cannot_be_built_are_stepped_over() -> None:
    levels = np.where(np.arange(LINE) >= 9, math.log(1.2), 0.0)
    pairs = noisy(levels, np.random.default_rng(3))

    def broken(base: int, head: int, number: int) -> float:
        if head in (8, 9, 12):
            raise CannotMeasure(f"commit {head} cannot be built")
        return pairs(base, head, number)  # type: ignore[operator, no-any-return]

    found = search(LINE, broken, alpha=0.01, threshold=0.01)
    assert (found.ending, found.last_good, found.first_bad) == (Ending.NAMED, 7, 10)
    assert set(found.skipped) >= {8, 9}


def test_the_same_pairs_are_asked_for_again() -> None:
    """So that a search goes on from a journal: what it asks for follows from what it was told."""
    asked: list[list[tuple[int, int, int]]] = []
    for _ in range(2):
        pairs, keys = noisy(np.arange(LINE) * 0.004, np.random.default_rng(4)), list[tuple[int, int, int]]()

        def journalled(base: int, head: int, number: int, pairs: object = pairs, keys: list = keys) -> float:
            keys.append((base, head, number))
            return pairs(base, head, number)  # type: ignore[operator, no-any-return]

        search(LINE, journalled, alpha=0.01, threshold=0.01)
        asked.append(keys)
    assert asked[0] == asked[1]
    assert len(set(asked[0])) == len(asked[0])
