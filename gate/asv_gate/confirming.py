"""Confirmation: fresh pairs of the candidates, until each of them is settled or the time is up."""

from dataclasses import dataclass, field

import numpy as np

from asv_gate import sequential, signedrank
from asv_gate.meter import Meter
from asv_gate.screening import Candidates
from asv_gate.settings import Settings

FUTILE_LEAST = 6  # fresh pairs after which a candidate that does not show the threshold in them is dropped
LAYOUT_LEAST = 20  # the same, where each installation by itself must show it
LAYOUT_LEVEL = 0.05  # at which each installation by itself must show what both together do
STANDS_OUT = 0.05  # at which what is not settled is worth more time than the budget, and said of in the end


@dataclass
class Confirmed:
    """What came of the candidates.

    Attributes
    ----------
    signs
        Of the change that each candidate seems to have.
    d
        Of its fresh pairs, base and head as they are.
    p_values
        The sequential test's; 1 for one that was dropped or failed.
    proven
        Those whose change is certain, in each installation.
    layout
        Those that both installations show together, and one by itself does not.
    unsettled
        Those that stand out when the time is up.

    """

    signs: dict[int, int]
    d: dict[int, np.ndarray] = field(default_factory=dict)
    p_values: dict[int, float] = field(default_factory=dict)
    proven: set[int] = field(default_factory=set)
    layout: set[int] = field(default_factory=set)
    unsettled: set[int] = field(default_factory=set)


def confirm(meter: Meter, settings: Settings, margins: np.ndarray, candidates: Candidates) -> Confirmed:
    """Measure all candidates that are not settled, round after round."""
    run = _Confirming(meter, settings, margins, candidates)
    while run.have_time():
        run.measure()
        run.test(run.standing)
        run.drop_futile()
    return run.end()


class _Confirming:
    """Whether a candidate goes on depends on its own pairs and on time, so that all other signs stay fair coins."""

    def __init__(self, meter: Meter, settings: Settings, margins: np.ndarray, candidates: Candidates) -> None:
        self.meter, self.settings, self.margins, self.clear = meter, settings, margins, candidates.clear
        signs = candidates.signs
        self.out = Confirmed(signs, p_values=dict.fromkeys(signs, 1.0))
        self.standing = sorted(signs)
        self.late: set[int] = set()  # those that time ran out for
        self.rounds = 0
        self._installations: list[int] = []
        self._d: dict[int, list[float]] = {i: [] for i in signs}
        self._families = {sign: [i for i in signs if signs[i] == sign] for sign in (1, -1)}
        self._schedules = {
            sign: sequential.schedule(len(family), settings.alpha_each) for sign, family in self._families.items()
        }

    def have_time(self) -> bool:
        """Whether there is another round, and of whom: beyond the budget only of those that stand out."""
        costs = self.meter.costs
        if self.meter.clock + costs[self.standing].sum() > self.settings.budget:
            self.standing = [i for i in self.standing if self._stands_out(i)]
        by_cost = sorted(self.standing, key=lambda i: (costs[i], i))
        fits = self.meter.clock + np.cumsum(costs[by_cost]) <= self.settings.limit
        if self.rounds >= self.settings.confirming_most:
            fits[:] = False
        self._leave([i for i, fit in zip(by_cost, fits, strict=True) if not fit])
        return bool(self.standing)

    def measure(self) -> None:
        for i, d in zip(self.standing, self.meter.round(np.array(self.standing)), strict=True):
            self._d[i].append(float(d))
        self._installations.append(self.meter.installations[-1])
        self.rounds += 1
        self.standing = [i for i in self.standing if self.meter.alive[i]]

    def test(self, those: list[int], *, last: bool = False) -> None:
        """Make the interim test that is due, and settle who is certain."""
        for i in those:
            weight = self._schedules[self.out.signs[i]].weight(self.rounds, last=last)
            p_value = sequential.p_value(self._beyond(i), weight)
            self.out.p_values[i] = min(self.out.p_values[i], p_value)
        still = {*self.standing, *self.late}
        self.out.proven |= {i for i in self._rejected(self.settings.alpha_each) & still if self._in_each(i)}
        self.standing = [i for i in self.standing if i not in self.out.proven]

    def drop_futile(self) -> None:
        """Drop those that do not show the threshold: in all their pairs, and in those of each installation."""
        if self.rounds < FUTILE_LEAST or self.rounds % 2:
            return
        for i in list(self.standing):
            shown = [self._beyond(i), *(self._by_installation(i) if self.rounds >= LAYOUT_LEAST else ())]
            if any(signedrank.estimate(beyond) <= 0 for beyond in shown):
                self.standing.remove(i)

    def end(self) -> Confirmed:
        """What came of them."""
        out = self.out
        clear = self._rejected(STANDS_OUT) if self.rounds >= FUTILE_LEAST else set(self.clear)
        out.unsettled = clear & self.late - out.proven
        out.layout = self._rejected(self.settings.alpha_each) - out.proven - self.late
        out.d = {i: np.array(d) for i, d in self._d.items() if self.meter.alive[i] and d}
        return out

    def _leave(self, those: list[int]) -> None:
        """Time has run out for them: it is their last test."""
        self.late |= set(those)
        self.standing = [i for i in self.standing if i not in self.late]
        if self.rounds:
            self.test(those, last=True)

    def _rejected(self, alpha: float) -> set[int]:
        """By Holm's correction among the candidates of each direction: those that were dropped count."""
        found: set[int] = set()
        for family in self._families.values():
            falls = signedrank.holm(np.array([self.out.p_values[i] for i in family]), alpha)
            found |= {i for i, fallen in zip(family, falls, strict=True) if fallen}
        return found

    def _stands_out(self, i: int) -> bool:
        """By its fresh pairs, or, as long as they are too few to tell, by those that it was chosen by."""
        if self.rounds < FUTILE_LEAST:
            return i in self.clear
        return signedrank.p_value(self._beyond(i)) <= STANDS_OUT

    def _beyond(self, i: int) -> np.ndarray:
        return np.asarray(self.out.signs[i] * np.array(self._d[i]) - self.margins[i])

    def _by_installation(self, i: int) -> list[np.ndarray]:
        beyond, installations = self._beyond(i), np.array(self._installations)[: len(self._d[i])]
        return [beyond[installations == each] for each in np.unique(installations)]

    def _in_each(self, i: int) -> bool:
        return all(signedrank.p_value(beyond) <= LAYOUT_LEVEL for beyond in self._by_installation(i))
