"""What a machine's results were measured in pairs with: ``reference.jsonl`` beside them, of ``asv-gate history``.

A time of such a history is the reference's time of the same benchmark, multiplied by the ratio of
pairs. The reference's times were fixed in one hour, the combinations of a benchmark in turns with each other:
so a speedup has the error of both ratios to the reference, and that of the two times there (see `hours`).

In another environment, as of another Python, builds are measured against the reference's commit there, the
environment's base, which was measured against the reference: the error of that is in what is compared with
other environments and benchmarks, and not in steps from one commit to the next. So it is with a reference that was
replaced: what was measured against the new one has the error of the two builds' ratio in it, all alike.
"""

import itertools
import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asv_scaling import alongside, hours, results
from asv_scaling.alongside import Build, build_of
from asv_scaling.hours import Z_99, Fixed
from asv_scaling.results import Run, Unreadable

NAME, REPLACED = "reference.jsonl", "reference-*.jsonl"
Z_99_OVER_95 = Z_99 / 1.959963984540054
UNKNOWN = 10.0  # as the half of an interval: of a series that began anew, which was not measured against the old one


@dataclass(frozen=True)
class Reference:
    """A machine's reference.

    Attributes
    ----------
    builds
        What was the reference, the first of them first, and what is.
    fixed
        How the times of the benchmarks were fixed, by name with parameters.
    against
        By build what it was measured against, as far as that is known.
    halves
        Half of the 99 % interval, of the logarithm, by benchmark: for a base, of its time, and for a reference that
        took another's place, of its ratio to that.
    own
        Of each that was or is the reference, the benchmarks whose times were fixed in it or by its ratio to the one
        before.

    """

    builds: Sequence[Build]
    fixed: Mapping[str, Fixed] = field(default_factory=dict)
    against: Mapping[Build, Build] = field(default_factory=dict)
    halves: Mapping[Build, Mapping[str, float]] = field(default_factory=dict)
    own: Mapping[Build, Collection[str]] = field(default_factory=dict)

    @property
    def build(self) -> Build:
        return self.builds[-1]

    def link(self, run: Run, name: str) -> float:
        """Half of the 99 % interval of the logarithm of a base's time of the benchmark, which the run's time has in it.

        0 for what was measured against the reference.
        """
        own = run.commit, run.environment
        return self._halves(own if self.is_exact(run, name) else self._group(own), name)

    def shared(self, run: Run, name: str) -> tuple[Build, float]:
        """What the run was measured against, and half of the interval of what all such times of its series share."""
        own = run.commit, run.environment
        group = own if self.is_exact(run, name) else self._group(own)
        if group[1] == run.environment and group not in self.builds:
            return group, self._halves(group, name, within=run.environment)
        bases = [each for each in self.halves if each[1] == run.environment and each not in self.builds]
        if bases:
            return group, max(self.halves[each].get(name, 0.0) for each in bases)
        since = self.builds[1 : self.builds.index(group) + 1] if group in self.builds else ()
        return group, math.hypot(*(self.halves.get(each, {}).get(name, 0.0) for each in since))

    def is_exact(self, run: Run, name: str) -> bool:
        """Whether others of its series were measured against this very run, so that its ratio in these is 1."""
        own = run.commit, run.environment
        if self.against.get(own, own)[1] == run.environment and self.against.get(own, own) != own:
            return False
        of_a_base = own not in self.builds and name in self.halves.get(own, {})
        return self.is_of(run, name) or of_a_base or name in self.own.get(own, ())

    def is_of(self, run: Run, name: str) -> bool:
        """Whether the time of the benchmark was fixed in this very run, so that its ratio to that is 1."""
        fixed = self.fixed.get(name)
        return (run.commit, run.environment) == ((fixed.commit, fixed.environment) if fixed else self.build)

    def _group(self, own: Build) -> Build:
        """What was measured against something unknown was so before this was written down."""
        return self.against.get(own, self.builds[0])

    def _halves(self, build: Build, name: str, within: str = "") -> float:
        """Of a base and of what it was measured against, up to a reference, or to what fixed the benchmark's time.

        With an environment, up to the first of it.
        """
        fixed = self.fixed.get(name)
        seen: list[Build] = []
        while build not in self.builds and build not in seen and (fixed is None or build != fixed[2:4]):
            before = self._group(build)
            if within and before[1] != within:
                break
            seen.append(build)
            build = before
        return math.hypot(*(self.halves.get(each, {}).get(name, 0.0) for each in seen))


def of(folder: Path, warn: Callable[[str], None] = lambda message: None) -> Reference | None:
    """The reference of a machine's folder of results; None where there is none that can be read, with a warning."""
    path = folder / NAME
    if not path.exists():
        return None
    try:
        told, fixed = _file(path)
        replaced = [build_of(each["build"]) for each in told.get("replaced", ())]
        apart = {name for each in told.get("replaced", ()) for name in each.get("apart", ())}
        builds = [*replaced, build_of(told["build"])]
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        warn(f"{path} cannot be read, and what was measured in pairs is taken for what asv run measured: {error!r}")
        return None
    taken = alongside.read(folder, warn)
    against = {each.build: each.against for each in taken}
    bases = {each for build, each in against.items() if each not in builds and each[1] == build[1]}
    halves: dict[Build, Mapping[str, float]] = {
        base: _halves_of(folder / results.file_name(*base)) for base in sorted(bases)
    }
    by_build = {**_replaced(folder), builds[-1]: fixed} if replaced else {}
    own = {
        build: {name: each for name, each in times.items() if each[2:4] == build} for build, times in by_build.items()
    }
    halves |= _of_replacements(builds, by_build, own, apart)
    over_hours = hours.over_hours(fixed, hours.of(taken, builds[-1], fixed))
    return Reference(builds, over_hours, against, halves, {build: {*names} for build, names in own.items()})


def _file(path: Path) -> tuple[dict[str, Any], dict[str, Fixed]]:
    """A reference's header and times."""
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    return json.loads(header), dict(map(_fixed, lines))


def _fixed(text: str) -> tuple[str, Fixed]:
    line = json.loads(text)
    half = float(line["half"]) * Z_99_OVER_95
    if not 0 <= half < math.inf:
        raise ValueError(half)
    seconds = float(line["seconds"])
    if not 0 < seconds < math.inf:
        raise ValueError(seconds)
    of = build_of(line["build"])
    return str(line["name"]), Fixed(half, int(line["pairs"]), *of, seconds, str(line["anchor"]), str(line["version"]))


def _halves_of(path: Path) -> dict[str, float]:
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


def _replaced(folder: Path) -> dict[Build, dict[str, Fixed]]:
    """By reference that was replaced, its times: the file is kept under a name of its own."""
    found = {}
    for path in folder.glob(REPLACED):
        try:
            told, times = _file(path)
            found[build_of(told["build"])] = times
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            continue  # it is of no use but for this
    return found


def _of_replacements(
    builds: Sequence[Build],
    by_build: Mapping[Build, Mapping[str, Fixed]],
    own: Mapping[Build, Mapping[str, Fixed]],
    apart: set[str],
) -> dict[Build, dict[str, float]]:
    """Of each reference but the first, half of the interval of its ratio to the one before.

    That is in the halves of its own times, beside those of the one before; its other times stay with that.
    """
    found: dict[Build, dict[str, float]] = {}
    for before, after in itertools.pairwise(builds):
        old = by_build.get(before, {})
        found[after] = {
            name: math.sqrt(max(0.0, each.half**2 - old[name].half ** 2)) if name in old else 0.0
            for name, each in own.get(after, {}).items()
        } | dict.fromkeys(apart, UNKNOWN)
    return found
