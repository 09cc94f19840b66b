"""What the user decides about a decision."""

import math
from dataclasses import dataclass

from asv_gate.errors import GateError

SUITE_SHARE = 0.1  # of alpha, for the suite result; the rest is for single benchmarks
GROWTH = 1.5  # how many times the budget may be spent, where no limit is given
CONFIRMING_MOST = 80


@dataclass(frozen=True)
class Settings:
    """The error rate, the smallest change of interest, and the time.

    Parameters
    ----------
    alpha
        The share of runs on unchanged code that may raise an alarm.
    threshold
        The change, as a fraction, that is not yet one.
    budget
        Seconds of measuring.
    confirming_most
        Fresh pairs of a candidate, at most.
    limit
        Seconds of measuring that the budget grows to, where something stands out that is not settled
        within the budget. 0 stands for half as much again as the budget.

    Raises
    ------
    GateError
        Where a value makes no sense.

    """

    alpha: float = 0.01
    threshold: float = 0.01
    budget: float = 600.0
    confirming_most: int = CONFIRMING_MOST
    limit: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 0.5:
            raise GateError(f"alpha must be above 0 and below 50 %, not {self.alpha:.3%}")
        if not 0 <= self.threshold < math.inf:
            raise GateError(f"the threshold must be 0 % or more, not {self.threshold:.3%}")
        if not 0 < self.budget < math.inf:
            raise GateError(f"the budget must be a time above 0, not {self.budget} s")
        if self.limit == 0:
            object.__setattr__(self, "limit", GROWTH * self.budget)
        if not self.budget <= self.limit < math.inf:
            raise GateError(f"the limit must be a time of at least the budget, {self.budget} s, not {self.limit} s")

    @property
    def alpha_each(self) -> float:
        """For the candidates of one direction together."""
        return self.alpha * (1 - SUITE_SHARE)

    @property
    def alpha_suite(self) -> float:
        return self.alpha * SUITE_SHARE
