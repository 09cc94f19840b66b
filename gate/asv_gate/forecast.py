"""What budgets could detect, before anything is measured: the decision on made-up noise, and what it could detect.

A run on unchanged code is decided with each budget of a ladder, several times: pairs take what the
dry run expects, and their noise is normal. What such a run could detect is asked of `asv_gate.power`, as for a
run that was measured, but that the noise of each benchmark need not be estimated.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from asv_gate import power, screening
from asv_gate.decide import decide
from asv_gate.errors import GateError
from asv_gate.settings import Settings

SLOWDOWNS = (0.05, 0.10)
MINUTES = (1 / 6, 1 / 3, 1 / 2, 1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1440)
RUNS = 3  # with each budget; what is said of a benchmark is their median


class MadeUp:
    """A source of pairs without a change: normal noise of these scales, and these costs, as expected."""

    def __init__(self, costs: np.ndarray, scales: np.ndarray, rng: np.random.Generator) -> None:
        self.costs = costs
        self._scales, self._rng = scales, rng

    def round(self, chosen: np.ndarray, installation: int) -> tuple[np.ndarray, np.ndarray]:
        return self._rng.normal(0, self._scales[chosen]), self.costs[chosen]


@dataclass(frozen=True)
class Forecast:
    """What budgets could detect.

    Attributes
    ----------
    budgets
        Seconds, rising; the settings' own is among them.
    detectable
        Of (budgets, benchmarks): the smallest slowdown that is found nine times in ten, as a fraction.

    """

    budgets: Sequence[float]
    detectable: np.ndarray

    def of(self, budget: float) -> np.ndarray:
        """By benchmark, what this budget could detect."""
        return np.asarray(self.detectable[list(self.budgets).index(budget)])

    def needed(self, slowdown: float) -> np.ndarray:
        """By benchmark, the least of the budgets that finds the slowdown; infinite where none does."""
        enough = self.detectable <= slowdown
        return np.where(enough.any(axis=0), np.array(self.budgets)[enough.argmax(axis=0)], np.inf)


def forecast(
    costs: Sequence[float],
    scales: Sequence[float],
    margins: Sequence[float],
    settings: Settings,
    *,
    spent: float = 0.0,
    seed: int = 0,
    tell: Callable[[float, float], None] = lambda done, of: None,
) -> Forecast:
    """Ask the budgets of the ladder, until a larger one finds no more, and that of the settings.

    Parameters
    ----------
    costs
        Of a pair of each benchmark, in seconds.
    scales
        The noise of a pair of each, as a standard deviation of ln(head / base).
    margins
        The threshold of each, as a fraction.
    settings
        With the budget that a run would have; the limit of the others is as many times theirs.
    spent
        Seconds of each budget that are for something else.
    tell
        Told how many of the budgets are done.

    """
    growth = settings.limit / settings.budget
    budgets = sorted({*(60.0 * minutes for minutes in MINUTES), settings.budget})
    rows: list[np.ndarray] = []
    asked: list[float] = []
    enough = False
    for done, budget in enumerate(budgets):
        tell(done, len(budgets))
        if enough and budget != settings.budget:
            continue
        if budget > spent:
            given = replace(settings, budget=budget - spent, limit=growth * budget - spent)
            rows.append(_detectable(np.array(costs, float), np.array(scales, float), margins, given, seed))
        else:
            rows.append(np.full(len(costs), np.inf))
        asked.append(budget)
        enough = enough or _enough(rows, float(np.sum(costs)), budget)
    return Forecast(asked, np.stack(rows))


def _enough(rows: Sequence[np.ndarray], round_seconds: float, budget: float) -> bool:
    """Whether all that is asked for is found, or a larger budget would buy no more pairs."""
    if (rows[-1] <= min(SLOWDOWNS)).all():
        return True
    all_rounds = screening.SHARE * budget >= screening.MOST * round_seconds
    return all_rounds and len(rows) > 1 and np.array_equal(rows[-1], rows[-2])


def _detectable(
    costs: np.ndarray, scales: np.ndarray, margins: Sequence[float], settings: Settings, seed: int
) -> np.ndarray:
    found = []
    for run in range(RUNS):
        source = MadeUp(costs, scales, np.random.default_rng([seed, run]))
        try:
            decision = decide(source, settings, margins)
        except GateError:  # the budget is too small for any benchmark
            return np.full(len(costs), np.inf)
        decision.scales = scales
        found.append(power.smallest_slowdowns(decision, seed))
    return np.asarray(np.median(found, axis=0))
