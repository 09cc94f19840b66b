"""What a machine's results were measured in pairs with: ``reference.jsonl`` beside them, of ``asv-gate history``.

A time of such a history is the reference's time of the same benchmark, multiplied by the ratio of
pairs. The reference's times were fixed in one hour, the combinations of a benchmark in turns with each other:
so a speedup has the error of both ratios to the reference, and that of the two times there. ``alongside.jsonl``
says what the reference took whenever a build was measured, and so how two of its times compare in other hours.
"""

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from asv_scaling.results import Run

NAME, ALONGSIDE = "reference.jsonl", "alongside.jsonl"
Z_99 = 2.5758293035489004
Z_99_OVER_95 = Z_99 / 1.959963984540054
HOURS = 4  # the fewest, with that in which the times were fixed, of which something can be said about another one
PRIOR_HOURS = 3  # all benchmarks' variance together counts as so many hours of each


class Fixed(NamedTuple):
    """How a benchmark's time was fixed.

    `half` is half of the 99 % interval of its logarithm against others of its group; `pairs` is how many told it, in
    the build that is said by the hash of its commit and asv's name of its environment. `scale` is how many times as
    long as its group's first it takes in all hours, relative to the hour in which it was fixed.
    """

    half: float
    pairs: int
    commit: str
    environment: str
    seconds: float
    anchor: str
    scale: float = 1.0


@dataclass(frozen=True)
class Reference:
    """A machine's reference: a build, and how the times of the benchmarks were fixed, by name with parameters."""

    commit: str
    environment: str
    fixed: Mapping[str, Fixed] = field(default_factory=dict)

    def is_of(self, run: Run, name: str) -> bool:
        """Whether the time of the benchmark was fixed in this very run, so that its ratio to that is 1."""
        fixed = self.fixed.get(name, self)
        return (run.commit, run.environment) == (fixed.commit, fixed.environment)


def of(folder: Path) -> Reference | None:
    """The reference of a machine's folder of results; None where there is none that can be read."""
    try:
        header, *lines = ((folder / NAME).read_text(encoding="utf-8")).splitlines()
        build = json.loads(header)["build"]
        commit, environment = str(build["commit"]), str(build["environment"])
        fixed = dict(map(_fixed, lines))
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return Reference(commit, environment, over_hours(fixed, _hours(folder, [commit, environment])))


def _fixed(text: str) -> tuple[str, Fixed]:
    line = json.loads(text)
    half = float(line["half"]) * Z_99_OVER_95
    if not 0 <= half < math.inf:
        raise ValueError(half)
    seconds = float(line["seconds"])
    if not 0 < seconds < math.inf:
        raise ValueError(seconds)
    build, anchor = line["build"], str(line["anchor"])
    of = str(build["commit"]), str(build["environment"])
    return str(line["name"]), Fixed(half, int(line["pairs"]), *of, seconds, anchor)


def _hours(folder: Path, build: list[str]) -> list[dict[str, float]]:
    """What this reference took by benchmark, by the commits that were measured; nothing that cannot be read.

    The environments of a commit are measured one after the other: they are one hour, of which there is the median.
    """
    found: dict[str, dict[str, list[float]]] = {}
    try:
        for line in map(json.loads, (folder / ALONGSIDE).read_text(encoding="utf-8").splitlines()):
            if line["reference"] == build:
                hour = found.setdefault(str(line["commit"]), {})
                for name, (seconds, _) in line["times"].items():
                    hour.setdefault(str(name), []).append(math.log(seconds))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return []
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
