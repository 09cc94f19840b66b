"""What the reference took while other builds were measured against it: by build, a time of each benchmark.

The reference's times were fixed in one hour. How two of them compare, as the strategies of a workload, may be
another on the same machine in another hour: these tell. It is a file of JSON lines beside the machine's results.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asv_gate.atomic import write_atomic
from asv_gate.errors import GateError
from asv_gate.history.reference import Build

NAME = "alongside.jsonl"
Times = Mapping[str, tuple[float, float]]  # by benchmark, seconds and half of the 95 % interval of their logarithm


@dataclass(frozen=True)
class During:
    """The times of a reference while a build was measured."""

    reference: Build
    times: Times


@dataclass
class Alongside:
    """What is known of a machine, by the build that was measured."""

    folder: Path
    builds: dict[Build, During] = field(default_factory=dict)

    def add(self, build: Build, reference: Build, times: Times) -> None:
        """Keep what the reference took, beside what is known of other benchmarks, and write the file whole."""
        before = self.builds.get(build)
        if not times:
            return
        kept = before.times if before is not None and before.reference == reference else {}
        self.builds[build] = During(reference, {**kept, **times})
        write_atomic(self.folder / NAME, self.text())

    def text(self) -> str:
        """What a file of them holds."""
        lines = [
            {
                "commit": each.commit,
                "environment": each.environment,
                "reference": [found.reference.commit, found.reference.environment],
                "times": {name: [float(f"{value:.6g}") for value in found.times[name]] for name in sorted(found.times)},
            }
            for each, found in sorted(self.builds.items(), key=lambda item: (item[0].environment, item[0].commit))
        ]
        return "".join(f"{json.dumps(line)}\n" for line in lines)


def load(folder: Path) -> Alongside:
    """What is known of the machine whose results are in the folder.

    Raises
    ------
    GateError
        For a file that is broken.

    """
    path = folder / NAME
    try:
        return parse(path.read_text(encoding="utf-8"), path)
    except FileNotFoundError:
        return Alongside(folder)
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from None


def parse(text: str, path: Path) -> Alongside:
    """What a file's text says. Raises GateError, which names the file, where it is broken."""
    try:
        lines = [json.loads(line) for line in text.splitlines()]
        builds = {Build(line["commit"], line["environment"]): _during(line) for line in lines}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(path, error) from None
    return Alongside(path.parent, builds)


def joined(theirs: str, ours: str, path: Path) -> str:
    """The text of what two machines of one name know. Raises GateError where one of them is broken."""
    there, here = parse(theirs, path), parse(ours, path)
    return Alongside(path.parent, {**there.builds, **here.builds}).text()


def _during(line: Mapping[str, Any]) -> During:
    times = {}
    for name, (seconds, half) in line["times"].items():
        if not (0 < seconds < math.inf and 0 <= half < math.inf):
            raise ValueError(f"{name} takes {seconds!r} s, ± {half!r}")
        times[name] = float(seconds), float(half)
    return During(Build(*map(str, line["reference"])), times)


def _unreadable(path: Path, error: Exception) -> GateError:
    return GateError(
        f"{path} cannot be read ({error!r}): restore it, or remove it, and speedups are those of the reference's hour"
    )
