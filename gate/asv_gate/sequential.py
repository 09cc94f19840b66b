"""Group-sequential testing: interim tests while pairs come in, any of which may reject, with an exact error rate.

After certain numbers of pairs, the signed-rank test is made of all of them. Each interim test has a
weight, and the weights add up to 1: its p-value is divided by its weight, and the least of these
counts. By the sum of the chances, it is below a in at most a share a of cases, whatever depends on
what (Bonferroni). The last test, wherever it is, has the weight of all that were not
made: when it comes must not depend on the signs of the benchmark's own differences.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asv_gate import signedrank

# Pairs: the first test settles what is obvious, and the last gives the rest a chance.
INTERIM = (14, 20, 28, 40, 56, 80)
WEIGHTS = (0.125, 0.125, 0.2, 0.25, 0.15, 0.15)
SPARE_PAIRS = 3  # at a test, beyond those that could just reject, so that not all need agree


@dataclass(frozen=True)
class Schedule:
    """When a benchmark's pairs are tested, and the weight of each time."""

    pairs: Sequence[int]
    weights: Sequence[float]

    def weight(self, pairs: int, *, last: bool = False) -> float:
        """Of a test after so many pairs; 0 where none is due."""
        due = dict(zip(self.pairs, self.weights, strict=True))
        if last:
            return 1 - math.fsum(weight for after, weight in due.items() if after < pairs)
        return due.get(pairs, 0.0)

    def until(self, most: int) -> "Schedule":
        """The same, where the last test is after so many pairs."""
        before = [after for after in self.pairs if after < most]
        return Schedule([*before, most], [*self.weights[: len(before)], self.weight(most, last=True)])


def schedule(candidates: int, alpha: float) -> Schedule:
    """For one of so many candidates, such that even the first test can reject it at alpha / candidates."""
    first = least_pairs(candidates, alpha * WEIGHTS[0])
    return Schedule([math.ceil(after * max(1, first / INTERIM[0])) for after in INTERIM], WEIGHTS)


def least_pairs(candidates: int, alpha: float) -> int:
    """So many pairs that one of so many candidates can be rejected though not every pair agrees."""
    return max(12, math.ceil(math.log2(max(1, candidates) / alpha)) + SPARE_PAIRS)


def p_value(d: np.ndarray, weight: float) -> float:
    """Of one interim test."""
    return min(1.0, signedrank.p_value(d) / weight) if weight > 0 else 1.0
