"""A test that looks at its pairs again and again, and may end at any of its looks, with an exact error rate.

After so many pairs as a look is due, the signed-rank test is made of all of them. Each look has a
weight, and the weights add up to 1: the p-value of a look is divided by its weight, and the least
of these counts. By the sum of the chances, it is below a in at most a share a of cases, whatever
depends on what (Bonferroni). The last look, wherever it is, has the weight of all that were not
made: when it comes must not depend on the signs of the benchmark's own differences.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asv_gate import signedrank

LOOKS = (14, 20, 28, 40, 56, 80)  # pairs: what is obvious is settled at the first, what is not gets a test at the last
WEIGHTS = (0.125, 0.125, 0.2, 0.25, 0.15, 0.15)
SPARE_PAIRS = 3  # at a look, beyond those that could just reject, so that not all need agree


@dataclass(frozen=True)
class Looks:
    """When a benchmark's pairs are tested, and the weight of each time."""

    pairs: Sequence[int]
    weights: Sequence[float]

    def weight(self, pairs: int, *, last: bool = False) -> float:
        """Of a look after so many pairs; 0 where none is due."""
        if last:
            return 1 - math.fsum(weight for look, weight in zip(self.pairs, self.weights, strict=True) if look < pairs)
        return dict(zip(self.pairs, self.weights, strict=True)).get(pairs, 0.0)

    def until(self, most: int) -> "Looks":
        """The same, where the last look is after so many pairs."""
        before = [look for look in self.pairs if look < most]
        return Looks([*before, most], [*self.weights[: len(before)], self.weight(most, last=True)])


def looks(candidates: int, alpha: float) -> Looks:
    """For one of so many candidates, such that even the first look can reject it at alpha / candidates."""
    first = least_pairs(candidates, alpha * WEIGHTS[0])
    return Looks([math.ceil(look * max(1, first / LOOKS[0])) for look in LOOKS], WEIGHTS)


def least_pairs(candidates: int, alpha: float) -> int:
    """So many pairs that one of so many candidates can be rejected though not every pair agrees."""
    return max(12, math.ceil(math.log2(max(1, candidates) / alpha)) + SPARE_PAIRS)


def p_value(d: np.ndarray, weight: float) -> float:
    """Of one look."""
    return min(1.0, signedrank.p_value(d) / weight) if weight > 0 else 1.0
