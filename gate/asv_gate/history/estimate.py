"""What pairs of a benchmark say of its ratio to the reference: a value and an interval."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from asv_gate import signedrank

LEVEL = 0.95
PRIOR_PAIRS = 2  # all benchmarks' noise together counts as so many pairs of each: few pairs say little of their own


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


def estimates(pairs: Mapping[str, Sequence[float]]) -> dict[str, Estimate]:
    """Estimate the ratio of every benchmark that has two pairs or more.

    The value is the Hodges-Lehmann estimate, which a burst in a few of many pairs does not move. The
    variance is each benchmark's own, drawn towards that of all by `PRIOR_PAIRS`. It is that of all
    pairs, and no robust one: of three pairs, two that agree and one far off may be a burst, or a
    benchmark of two modes, and intervals that took it for a burst would miss often, and by far.

    Parameters
    ----------
    pairs
        By benchmark, the values ln(here / reference) of its pairs.

    """
    own = {name: np.asarray(d, float) for name, d in pairs.items() if len(d) > 1}
    if not own:
        return {}
    variances = {name: float(np.var(d, ddof=1)) for name, d in own.items()}
    prior = float(np.median(list(variances.values())))
    found = {}
    for name, d in own.items():
        freedom = PRIOR_PAIRS + len(d) - 1
        variance = (PRIOR_PAIRS * prior + (len(d) - 1) * variances[name]) / freedom
        centre = float(signedrank.estimate(d))
        found[name] = Estimate(centre, math.sqrt(variance / len(d)), freedom, len(d))
    return found
