"""What pairs of a benchmark say of its ratio to the reference: a value and an interval."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from asv_gate import signedrank

LEVEL = 0.95
PRIOR_PAIRS = 2  # all benchmarks' noise together counts as so many pairs of each: few pairs say little of their own
USUAL_PAIRS = 4  # as many at most does a benchmark's own noise in other builds, which says more


@dataclass(frozen=True)
class Usual:
    """How much the pairs of a benchmark vary in other builds: their standard deviation, and the number of builds."""

    noise: float
    builds: int

    @property
    def freedom(self) -> int:
        """As how many pairs it counts."""
        return min(USUAL_PAIRS, self.builds)


@dataclass(frozen=True)
class Estimate:
    """The natural logarithm of the ratio, and the standard error of that with its degrees of freedom."""

    d: float
    error: float
    freedom: float
    pairs: int

    def half(self, level: float = LEVEL) -> float:
        """Half of the interval's width, as a logarithm: about the relative error."""
        from scipy import special  # which takes as long to import as all else of a command that needs none

        return float(special.stdtrit(self.freedom, (1 + level) / 2) * self.error)

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """The interval of the ratio, lower and upper end."""
        half = self.half(level)
        return math.exp(self.d - half), math.exp(self.d + half)

    @property
    def ratio(self) -> float:
        """The time here over that of the reference."""
        return math.exp(self.d)


def estimates(pairs: Mapping[str, Sequence[float]], usual: Mapping[str, Usual] | None = None) -> dict[str, Estimate]:
    """Estimate the ratio of every benchmark that has two pairs or more.

    The value is the Hodges-Lehmann estimate, which a burst in a few of many pairs does not move. The
    variance is each benchmark's own, drawn towards what is known beside its pairs: its usual one, as much larger or
    smaller as those of all are at this hour, or else that of all others, by `PRIOR_PAIRS`. It is that of all
    pairs, and no robust one: of three pairs, two that agree and one far off may be a burst, or a
    benchmark of two modes, and intervals that took it for a burst would miss often, and by far.

    Parameters
    ----------
    pairs
        By benchmark, the values ln(here / reference) of its pairs.
    usual
        By benchmark, how much its pairs vary in other builds, where that is known.

    """
    usual = usual or {}
    own = {name: np.asarray(d, float) for name, d in pairs.items() if len(d) > 1}
    if not own:
        return {}
    variances = {name: float(np.var(d, ddof=1)) for name, d in own.items()}
    typical = {name: variance / _median_of_variances(len(own[name])) for name, variance in variances.items()}
    of_all = float(np.median(list(typical.values())))
    # A few benchmarks say little of an hour: that it is as usual counts as much as some of them.
    hours = [typical[name] / usual[name].noise ** 2 for name in typical if name in usual]
    hour = float(np.median(hours + [1.0] * USUAL_PAIRS))
    found = {}
    for name, d in own.items():
        known = usual.get(name)
        prior, weight = (hour * known.noise**2, known.freedom) if known else (of_all, PRIOR_PAIRS)
        freedom = weight + len(d) - 1
        variance = (weight * prior + (len(d) - 1) * variances[name]) / freedom
        centre = float(signedrank.estimate(d))
        found[name] = Estimate(centre, math.sqrt(variance / len(d)), freedom, len(d))
    return found


def _median_of_variances(pairs: int) -> float:
    """The median of the variances of so many pairs, where that of more is 1 (Wilson and Hilferty 1931)."""
    return float((1 - 2 / (9 * (pairs - 1))) ** 3)
