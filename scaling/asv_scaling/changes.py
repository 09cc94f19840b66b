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
from dataclasses import dataclass, replace
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
    steps = [(key, change) for key, each in points.items() for change in _steps(each, *widened[key])]
    accepted = _accepted([change.p_value for _, change in steps], rate)
    found: dict[Key, list[Change]] = {}
    for (key, change), yes in zip(steps, accepted, strict=True):
        if yes and abs(math.log(change.ratio)) >= math.log1p(least):
            found.setdefault(key, []).append(change)
    return {key: _located(points[key], widened[key][0], each) for key, each in found.items()}


def _located(points: Sequence[Measured], factor: float, found: Sequence[Change]) -> list[Change]:
    """The changes of a series, each with the commits that it may have come with, between those next to it."""
    logs, weights, shared = _logs_and_weights(points, factor)
    places = {point.revision: at for at, point in enumerate(points)}
    bounds = [0, *(places[change.after] for change in found), len(points)]
    located = []
    for change, begin, here, end in zip(found, bounds, bounds[1:], bounds[2:], strict=False):
        part = logs[begin:end], weights[begin:end], shared[:, begin:end]
        explained = {at: _cut(*part, at - begin)[2] ** 2 for at in range(begin + 1, end)}
        # Half of the difference is that of the logarithms of the two likelihoods.
        near = (points[at].revision for at, each in explained.items() if explained[here] - each <= Z_95**2)
        located.append(replace(change, within=tuple(near)))
    return located


def _steps(points: Sequence[Measured], factor: float, freedom: float) -> list[Change]:
    """The steps of a series, by cutting it in two where its halves differ most, and these again.

    The p-value of a cut is corrected for the places where it could have been.
    """
    if len(points) < 2:
        return []
    parts = _logs_and_weights(points, factor)
    cuts = [_cut(*parts, at) for at in range(1, len(points))]
    at = 1 + int(np.argmax([abs(z) for _, _, z in cuts]))
    step, error, z = cuts[at - 1]
    p_value = min(1.0, (len(points) - 1) * math.erfc(_normal(z, freedom) / math.sqrt(2)))
    reach = Z_95 * error
    here = Change(
        points[at - 1].revision,
        points[at].revision,
        math.exp(step),
        math.exp(step - reach),
        math.exp(step + reach),
        p_value,
    )
    if p_value > 0.05:  # what no rate would accept need not be cut further
        return [here]
    return [*_steps(points[:at], factor, freedom), here, *_steps(points[at:], factor, freedom)]


def _logs_and_weights(points: Sequence[Measured], factor: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The values' logarithms, one over their variances, with intervals that are wider by the factor, and shared errors.

    Of these there is a row for each group that has one: the standard error at its points, and 0 at all others.
    """
    logs = np.log([point.value for point in points])
    groups = dict.fromkeys(point.group for point in points if point.shared)
    shared = [[point.shared / Z_99 if point.group == group else 0.0 for point in points] for group in groups]
    weights = 1 / (factor * np.array([point.error for point in points])) ** 2
    return logs, weights, np.array(shared).reshape(len(groups), len(points))


def _normal(t: float, freedom: float) -> float:
    """The size of a normal variable that is as improbable as a t of Student's distribution.

    By Wallace's approximation ("Bounds on normal approximations to Student's and the chi-square distributions",
    Annals of Mathematical Statistics 30, 1959), which is good far out, and needs no SciPy.
    """
    return (8 * freedom + 1) / (8 * freedom + 3) * math.sqrt(freedom * math.log1p(t * t / freedom))


def _cut(logs: np.ndarray, weights: np.ndarray, shared: np.ndarray, at: int) -> tuple[float, float, float]:
    """The step between the weighted means of what is before and after, its standard error, and their quotient.

    A shared error is in the step as far as its group has another part of one mean than of the other.
    """
    before, after = weights[:at].sum(), weights[at:].sum()
    step = float((logs[at:] * weights[at:]).sum() / after - (logs[:at] * weights[:at]).sum() / before)
    of_groups = shared[:, at:] @ weights[at:] / after - shared[:, :at] @ weights[:at] / before
    error = math.sqrt(1 / before + 1 / after + float(of_groups @ of_groups))
    return step, error, step / error


def _accepted(p_values: Sequence[float], rate: float) -> np.ndarray:
    """Which of the hypotheses fall at this false discovery rate (Benjamini and Hochberg 1995)."""
    values = np.asarray(p_values, float)
    count = len(values)
    below = np.flatnonzero(np.sort(values) <= rate * np.arange(1, count + 1) / max(1, count))
    falls = np.zeros(count, bool)
    if len(below):
        falls[np.argsort(values, kind="stable")[: below[-1] + 1]] = True
    return falls
