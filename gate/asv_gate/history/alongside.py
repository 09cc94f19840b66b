"""What each build was measured against, and what that took meanwhile: by build, a time of each benchmark.

The reference's times were fixed in one hour. How two of them compare, as the strategies of a workload, may be
another on the same machine in another hour: these tell. And of builds that were measured against their environment's
base, and not against the reference, they say so.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asv_gate.history.lines import Lines
from asv_gate.history.reference import Build, group_of

NAME = "alongside.jsonl"
Times = Mapping[str, tuple[float, float]]  # by benchmark, seconds and half of the 95 % interval of their logarithm


@dataclass(frozen=True)
class During:
    """What a build was measured against, the reference or a base, and its times meanwhile.

    Benchmarks that the reference has not got have the times of the builds that fixed theirs.
    `versions` are those of the benchmarks then, by name without parameters; older lines have none.
    """

    reference: Build
    times: Times
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Alongside:
    """What is known of a machine, by the build that was measured."""

    folder: Path
    builds: dict[Build, During] = field(default_factory=dict)

    def add(self, build: Build, reference: Build, times: Times, versions: Mapping[str, str]) -> None:
        """Keep it, beside what is known of the build's other benchmarks, and write the file whole."""
        if not times:
            return
        new = During(reference, times, {name: versions[name] for name in map(group_of, times)})
        before = self.builds.get(build)
        self.builds[build] = new if before is None else _merged(before, new)
        LINES.save(self.folder, self.builds)


def load(folder: Path) -> Alongside:
    """What is known of the machine whose results are in the folder. Raises GateError for a file that is broken."""
    return Alongside(folder, LINES.load(folder))


def _merged(before: During, new: During) -> During:
    """What both say of a build; the new alone where it was measured against something else."""
    if before.reference != new.reference:
        return new
    return During(new.reference, {**before.times, **new.times}, {**before.versions, **new.versions})


def _line(during: During) -> Mapping[str, Any]:
    reference, times = during.reference, during.times
    return {
        "reference": [reference.commit, reference.environment],
        "times": {name: [float(f"{value:.6g}") for value in times[name]] for name in sorted(times)},
        **({"versions": dict(sorted(during.versions.items()))} if during.versions else {}),
    }


def _during(line: Mapping[str, Any]) -> During:
    times = {}
    for name, (seconds, half) in line["times"].items():
        if not (0 < seconds < math.inf and 0 <= half < math.inf):
            raise ValueError(f"{name} takes {seconds!r} s, ± {half!r}")
        times[name] = float(seconds), float(half)
    versions = {str(name): str(version) for name, version in line.get("versions", {}).items()}
    return During(Build(*map(str, line["reference"])), times, versions)


LINES = Lines(
    NAME,
    _line,
    _during,
    "speedups are those of the reference's hour, and those of other environments lack the error of their base",
    _merged,
)
