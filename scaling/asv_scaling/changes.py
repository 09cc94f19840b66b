"""Which series changed, with which commit, and by how much: decided from intervals, at a stated rate of false entries.

A series is one benchmark with one combination of parameters, on one machine and in one environment.
Its commits are compared before and after each of them, all of a level together. What intervals do
not know of (another build, another hour) shows in how much steps vary: where that is more than the
intervals say, all of a machine are widened by as much, and those of a series by what it shows itself.
Intervals of a few pairs know little of their own error, and the narrowest of hundreds would else be
the page's false entries.
"""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

FALSE_ENTRIES = 0.05  # of the entries of a page, in the mean; of pages without any change, so many have an entry
LEAST = 0.01  # a change that matters, as a fraction
NORMAL_MAD = 1.4826
# A series' own steps tell how much wider its intervals should be, drawn towards its machine's factor, which counts as
# so many degrees of freedom; a step counts as so much of one, since their median tells, and neighbours share a point.
MACHINE_FREEDOM = 8.0
STEP_FREEDOM = 0.4
Z_99, Z_95 = 2.5758293035489004, 1.959963984540054  # of a normal distribution, both sides

Key = TypeVar("Key")


@dataclass(frozen=True)
class Measured:
    """A point of a series: its commit, by a number in the order of commits, its value and its 99 % interval.

    `group` is what all those are of that share an error beside their own, as they were measured against one build, and
    `shared` is half of the 99 % interval of that, of the value's logarithm.
    """

    revision: int
    value: float
    low: float
    high: float
    group: object = None
    shared: float = 0.0

    @property
    def error(self) -> float:
        """The standard error of the value's logarithm."""
        return math.log(self.high / self.low) / (2 * Z_99)

    def error_to(self, other: "Measured") -> float:
        """The standard error of the logarithm of the ratio of two points."""
        apart = (self.shared / Z_99, other.shared / Z_99) if self.group != other.group else ()
        return math.hypot(self.error, other.error, *apart)


@dataclass(frozen=True)
class Change:
    """A step of a level: the last commit before it and the first one after, the ratio and its 95 % interval.

    `within` are the commits of which each may as well be the first one after, by 95 % confidence.
    """

    before: int
    after: int
    ratio: float
    low: float
    high: float
    p_value: float
    within: tuple[int, ...] = ()


def usable(points: Sequence[Measured]) -> list[Measured]:
    """Those with a value above 0 and an interval of some width, in the order of commits."""
    return sorted(
        (point for point in points if 0 < point.low < point.high < math.inf and 0 < point.value < math.inf),
        key=lambda point: point.revision,
    )


def widening(series: Sequence[Sequence[Measured]]) -> float:
    """How many times as far steps between neighbours go as their intervals say; at least 1.

    The median of the steps tells, which real changes, being few, do not move.
    """
    found = [step for points in map(usable, series) for step in _sizes(points)]
    return max(1.0, NORMAL_MAD * float(np.median(found))) if found else 1.0


def _sizes(points: Sequence[Measured]) -> list[float]:
    """How far each step goes, in standard errors."""
    return [
        abs(math.log(after.value / before.value)) / before.error_to(after)
        for before, after in itertools.pairwise(points)
    ]


def _own_widening(points: Sequence[Measured], machine: float) -> tuple[float, float]:
    """The factor of a series, at least its machine's, and the degrees of freedom that it is known with."""
    sizes = _sizes(points)
    if not sizes:
        return machine, MACHINE_FREEDOM
    own, freedom = NORMAL_MAD * float(np.median(sizes)), STEP_FREEDOM * len(sizes)
    together = (MACHINE_FREEDOM * machine**2 + freedom * own**2) / (MACHINE_FREEDOM + freedom)
    return max(machine, math.sqrt(together)), MACHINE_FREEDOM + freedom


def changes(
    series: Mapping[Key, Sequence[Measured]],
    *,
    group: Callable[[Key], object] = lambda key: None,
    rate: float = FALSE_ENTRIES,
    least: float = LEAST,
) -> dict[Key, list[Change]]:
    """Find the changes of all series.

    Parameters
    ----------
    series
        The points of each series; those without an interval are left out.
    group
        The machine of a series: how much wider intervals should be is found for each machine.
    rate
        The share of false entries among all that are returned, in the mean (Benjamini and Hochberg 1995).
    least
        The smallest change that is returned, as a fraction.

    Returns
    -------
    By series the changes, in the order of commits; only series that have any.

    """
    points = {key: usable(each) for key, each in series.items()}
    machines: dict[object, list[list[Measured]]] = {}
    for key, each in points.items():
        machines.setdefault(group(key), []).append(each)
    factors = {machine: widening(each) for machine, each in machines.items()}
    widened = {key: _own_widening(each, factors[group(key)]) for key, each in points.items()}
    steps = {key: _Weighted.of(each, *widened[key]).steps(rate) for key, each in points.items()}
    found = [(key, change) for key, (several, _) in steps.items() for change in several]
    without = sum(count for _, count in steps.values())
    accepted = _accepted([change.p_value for _, change in found] + [1.0] * without, rate)
    chosen: dict[Key, list[Change]] = {}
    for (key, change), yes in zip(found, accepted, strict=False):
        if yes and abs(math.log(change.ratio)) >= math.log1p(least):
            chosen.setdefault(key, []).append(change)
    return chosen


@dataclass(frozen=True)
class _Weighted:
    """The points of a series by the logarithms of their values, and by one over the variances of these.

    `shared` has a row for each group with an error that it shares: its standard error at its points, and 0 at all
    others. `freedom` are the degrees of freedom with which all errors are known.
    """

    revisions: list[int]
    logs: np.ndarray
    weights: np.ndarray
    shared: np.ndarray
    freedom: float

    @classmethod
    def of(cls, points: Sequence[Measured], factor: float, freedom: float) -> "_Weighted":
        """With intervals that are wider by the factor."""
        groups = dict.fromkeys(point.group for point in points if point.shared)
        shared = [[point.shared / Z_99 if point.group == group else 0.0 for point in points] for group in groups]
        return cls(
            [point.revision for point in points],
            np.log([point.value for point in points]),
            1 / (factor * np.array([point.error for point in points])) ** 2,
            np.array(shared).reshape(len(groups), len(points)),
            freedom,
        )

    def steps(self, rate: float) -> tuple[list[Change], int]:
        """The steps whose p-values are at most the rate, and how many of the stretches between have none.

        The series is cut in two where its halves differ most, and these again. A half may have had other levels in it:
        so each step is then taken from its own two stretches alone, and the least certain is left out until all are as
        certain as is asked.
        """
        places = self._places(0, len(self.logs), rate)
        while True:
            bounds = [0, *places, len(self.logs)]
            found = [self._change(*three) for three in zip(bounds, bounds[1:], bounds[2:], strict=False)]
            weakest = max(range(len(found)), key=lambda at: found[at].p_value, default=None)
            if weakest is None or found[weakest].p_value <= rate:
                return found, sum(end - begin > 1 for begin, end in itertools.pairwise(bounds))
            del places[weakest]

    def _places(self, begin: int, end: int, rate: float) -> list[int]:
        """Where a stretch is cut, in order."""
        if end - begin < 2:
            return []
        at = max(range(begin + 1, end), key=lambda place: abs(self._z(begin, place, end)))
        if self._p_value(begin, at, end) > rate:
            return []
        return [*self._places(begin, at, rate), at, *self._places(at, end, rate)]

    def _change(self, begin: int, at: int, end: int) -> Change:
        """The step at a place of a stretch, with the commits that it may have come with."""
        step, error = self._step(begin, at, end)
        reach = Z_95 * error
        # Half of the difference of two squares is that of the logarithms of the two likelihoods.
        least = self._z(begin, at, end) ** 2 - Z_95**2
        within = [place for place in range(begin + 1, end) if self._z(begin, place, end) ** 2 >= least]
        return Change(
            self.revisions[at - 1],
            self.revisions[at],
            math.exp(step),
            math.exp(step - reach),
            math.exp(step + reach),
            self._p_value(begin, at, end),
            tuple(self.revisions[place] for place in within),
        )

    def _p_value(self, begin: int, at: int, end: int) -> float:
        """How probable as large a step is at any place of the stretch, where there is none."""
        normal = _normal(abs(self._z(begin, at, end)), self.freedom)
        return min(1.0, (end - begin - 1) * math.erfc(normal / math.sqrt(2)))

    def _z(self, begin: int, at: int, end: int) -> float:
        step, error = self._step(begin, at, end)
        return step / error

    def _step(self, begin: int, at: int, end: int) -> tuple[float, float]:
        """The step between the weighted means of what is before and after a place, and its standard error.

        A shared error is in the step as far as its group has another part of one mean than of the other.
        """
        first, second = slice(begin, at), slice(at, end)
        before, after = self.weights[first].sum(), self.weights[second].sum()
        means = [float((self.logs[part] * self.weights[part]).sum()) for part in (first, second)]
        of_groups = [self.shared[:, part] @ self.weights[part] for part in (first, second)]
        apart = of_groups[1] / after - of_groups[0] / before
        return means[1] / after - means[0] / before, math.sqrt(1 / before + 1 / after + float(apart @ apart))


def _normal(t: float, freedom: float) -> float:
    """The size of a normal variable that is as improbable as a t of Student's distribution.

    By Wallace's approximation ("Bounds on normal approximations to Student's and the chi-square distributions",
    Annals of Mathematical Statistics 30, 1959), which is good far out, and needs no SciPy.
    """
    return (8 * freedom + 1) / (8 * freedom + 3) * math.sqrt(freedom * math.log1p(t * t / freedom))


def _accepted(p_values: Sequence[float], rate: float) -> np.ndarray:
    """Which of the hypotheses fall at this false discovery rate (Benjamini and Hochberg 1995)."""
    values = np.asarray(p_values, float)
    count = len(values)
    below = np.flatnonzero(np.sort(values) <= rate * np.arange(1, count + 1) / max(1, count))
    falls = np.zeros(count, bool)
    if len(below):
        falls[np.argsort(values, kind="stable")[: below[-1] + 1]] = True
    return falls
