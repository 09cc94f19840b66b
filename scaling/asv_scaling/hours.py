"""How the times of a reference compare with each other in all hours in which something was measured against it.

They were fixed in one hour. On a machine that is shared two workers do not gain the same in every hour, so that of
many hours the median tells, with an interval for yet another one.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from asv_scaling.alongside import Build, Taken

Z_99 = 2.5758293035489004
HOURS = 4  # the fewest of a benchmark, with that in which its time was fixed, that say how much hours differ
PRIOR_HOURS = 3  # the usual variance of these counts as so many hours of every benchmark, also of one that has joined


class Fixed(NamedTuple):
    """How a benchmark's time was fixed.

    `half` is half of the 99 % interval of its logarithm against its group's `anchor`; `pairs` is how many told it, in
    the build that is said by the hash of its commit and asv's name of its environment. `scale` is how many times as
    long as the anchor it takes in all hours, relative to the hour in which it was fixed.
    """

    half: float
    pairs: int
    commit: str
    environment: str
    seconds: float
    anchor: str
    version: str = ""
    scale: float = 1.0


def of(taken: Sequence[Taken], build: Build, fixed: Mapping[str, Fixed]) -> list[dict[str, float]]:
    """The logarithms of what a build took by benchmark, for each commit that was measured against it.

    The environments of a commit are measured one after the other: they are one hour, of which there is the median.
    What a benchmark took with another version of it is left out.
    """
    found: dict[str, dict[str, list[float]]] = {}
    for each in taken:
        if each.against == build:
            hour = found.setdefault(each.build[0], {})
            for name, log in each.logs.items():
                version = each.versions.get(name.partition("(")[0])
                if name in fixed and version in (None, fixed[name].version):
                    hour.setdefault(name, []).append(log)
    return [{name: statistics.median(logs) for name, logs in hour.items()} for hour in found.values()]


def over_hours(fixed: Mapping[str, Fixed], hours: Sequence[Mapping[str, float]]) -> dict[str, Fixed]:
    """The fixed times as the median of their hours, with what they may be in yet another one.

    As they were fixed where nothing has hours enough to tell how much these differ.

    Parameters
    ----------
    fixed
        By benchmark with parameters.
    hours
        For each hour the logarithm of what the reference took, by benchmark.

    """
    logs: dict[str, list[float]] = {}
    for name, own in fixed.items():
        first = fixed.get(own.anchor)
        if first is not None and name != own.anchor:
            there = [hour[name] - hour[own.anchor] for hour in hours if name in hour and own.anchor in hour]
            logs[name] = [math.log(own.seconds / first.seconds), *there]
    variances = {name: statistics.variance(values) for name, values in logs.items() if len(values) >= HOURS}
    if not variances:
        return dict(fixed)
    common = statistics.median(variances.values())
    found = dict(fixed)
    for name, values in logs.items():
        own = fixed[name]
        first = fixed[own.anchor]
        freedom = PRIOR_HOURS + len(values) - 1
        squares = (len(values) - 1) * statistics.variance(values) if len(values) > 1 else 0.0
        variance = (PRIOR_HOURS * common + squares) / freedom
        scale = math.exp(statistics.median(values)) / (own.seconds / first.seconds)
        half = _t_99(freedom) * math.sqrt(variance * (1 + 1 / len(values)))
        found[name] = own._replace(scale=scale, half=half)
        found[own.anchor] = first._replace(half=0.0)
    return found


def _t_99(freedom: int) -> float:
    """Student's t of a two-sided 99 % interval, by Cornish and Fisher's expansion: within 4 % from 3 degrees on."""
    z = Z_99
    terms = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96, (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    found: float = z + sum(term / freedom**power for power, term in enumerate(terms, 1))
    return found
