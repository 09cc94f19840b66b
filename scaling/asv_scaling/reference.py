"""What a machine's results were measured in pairs with: ``reference.jsonl`` beside them, of ``asv-gate history``.

A time of such a history is the reference's time of the same benchmark, multiplied by the ratio of
pairs. The reference's times were fixed in one hour, the combinations of a benchmark in turns with each other:
so a speedup has the error of both ratios to the reference, and that of the two times there. ``alongside.jsonl``
says what the reference took whenever a build was measured, and so how two of its times compare in other hours.

In another environment, as of another Python, builds are measured against the reference's commit there, the
environment's base, which was measured against the reference: the error of that is in what is compared with
other environments and benchmarks, and not in steps from one commit to the next.
"""

import json
import math
import statistics
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from asv_scaling import results
from asv_scaling.results import Run, Unreadable

Build = tuple[str, str]  # a commit and an environment
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
    """A machine's reference: a build, and how the times of the benchmarks were fixed, by name with parameters.

    `bases` says what builds of other environments were measured against, and `links`, by base and benchmark, half of
    the base's own 99 % interval, of the logarithm.
    """

    commit: str
    environment: str
    fixed: Mapping[str, Fixed] = field(default_factory=dict)
    bases: Mapping[Build, Build] = field(default_factory=dict)
    links: Mapping[Build, Mapping[str, float]] = field(default_factory=dict)

    def link(self, run: Run, name: str) -> float:
        """Half of the 99 % interval of the logarithm of a base's time of the benchmark, which the run's time has in it.

        0 for what was measured against the reference.
        """
        own = run.commit, run.environment
        return self.links.get(own if own in self.links else self.bases.get(own, own), {}).get(name, 0.0)

    def between(self, run: Run, name: str) -> float:
        """The same half, for a time that has it not, beside those of its environment that have it; else 0."""
        if self.link(run, name):
            return 0.0
        there = [times for (_, environment), times in self.links.items() if environment == run.environment]
        return max((times.get(name, 0.0) for times in there), default=0.0)

    def is_exact(self, run: Run, name: str) -> bool:
        """Whether others of its series were measured against this very run, so that its ratio in these is 1."""
        return self.is_of(run, name) or name in self.links.get((run.commit, run.environment), {})

    def is_of(self, run: Run, name: str) -> bool:
        """Whether the time of the benchmark was fixed in this very run, so that its ratio to that is 1."""
        fixed = self.fixed.get(name, self)
        return (run.commit, run.environment) == (fixed.commit, fixed.environment)


def of(folder: Path) -> Reference | None:
    """The reference of a machine's folder of results; None where there is none that can be read."""
    try:
        header, *lines = ((folder / NAME).read_text(encoding="utf-8")).splitlines()
        told = json.loads(header)
        commit, environment = _build(told["build"])
        mains = {(commit, environment), *(_build(each["build"]) for each in told.get("replaced", ()))}
        fixed = dict(map(_fixed, lines))
    except (OSError, ValueError, LookupError, TypeError):
        return None
    bases = _bases(folder, mains)
    links = {base: _link(folder / f"{base[0][:8]}-{base[1]}.json") for base in set(bases.values())}
    return Reference(commit, environment, over_hours(fixed, _hours(folder, [commit, environment])), bases, links)


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


def _build(told: Mapping[str, Any]) -> Build:
    return str(told["commit"]), str(told["environment"])


def _bases(folder: Path, references: Set[Build]) -> dict[Build, Build]:
    """By build what it was measured against, where that is in its environment and none of the references."""
    found = {}
    try:
        for line in map(json.loads, (folder / ALONGSIDE).read_text(encoding="utf-8").splitlines()):
            commit, environment = map(str, line["reference"])
            if (commit, environment) not in references and environment == line["environment"]:
                found[_build(line)] = commit, environment
    except (OSError, ValueError, LookupError, TypeError):
        return {}
    return found


def _link(path: Path) -> dict[str, float]:
    """By benchmark, half of the interval of the logarithm of a time in a file of results; nothing that has none."""
    found = {}
    try:
        run = results.read(path)
        for name, _, low, high in results.values(run, run.results):
            if 0 < low <= high < math.inf:
                found[name] = math.log(high / low) / 2
    except Unreadable:
        return {}
    return found


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
