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
HOURS = 4  # the fewest, with that in which the times were fixed, of which something can be said about another one
PRIOR_HOURS = 3  # all benchmarks' variance together counts as so many hours of each


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
    """The fixed times, where there are hours enough as their median, with what they may be in yet another hour.

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
    logs = {name: found for name, found in logs.items() if len(found) >= HOURS}
    if not logs:
        return dict(fixed)
    variances = {name: statistics.variance(found) for name, found in logs.items()}
    common = statistics.median(variances.values())
    anchors = {fixed[name].anchor for name in logs}
    alone = {name for name, own in fixed.items() if own.anchor in anchors and name not in logs and name != own.anchor}
    anchors -= {fixed[name].anchor for name in alone}  # within a group all are of all hours, or all as they were fixed
    found = dict(fixed)
    for name, values in logs.items():
        own = fixed[name]
        if own.anchor in anchors:
            freedom = PRIOR_HOURS + len(values) - 1
            variance = (PRIOR_HOURS * common + (len(values) - 1) * variances[name]) / freedom
            scale = math.exp(statistics.median(values)) / (own.seconds / fixed[own.anchor].seconds)
            half = _t_99(freedom) * math.sqrt(variance * (1 + 1 / len(values)))
            found[name] = own._replace(scale=scale, half=half)
    return found | {name: fixed[name]._replace(half=0.0) for name in anchors}


def _t_99(freedom: int) -> float:
    """Student's t of a two-sided 99 % interval, by Cornish and Fisher's expansion: within 1 % from 5 degrees on."""
    z = Z_99
    terms = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96, (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    found: float = z + sum(term / freedom**power for power, term in enumerate(terms, 1))
    return found
