"""What a machine's results were measured in pairs with: ``reference.jsonl`` beside them, of ``asv-gate history``.

A time of such a history is the reference's time of the same benchmark, multiplied by the ratio of
pairs. The reference's times were fixed once, the combinations of a benchmark in turns with each other:
so a speedup has the error of both ratios to the reference, and that of the two times there.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from asv_scaling.results import Run

NAME = "reference.jsonl"
Z_99_OVER_95 = 2.5758293035489004 / 1.959963984540054


class Fixed(NamedTuple):
    """How a benchmark's time was fixed.

    `half` is half of the 99 % interval of its logarithm against others of its group; `pairs` is how many told it, in
    the build that is said by the hash of its commit and asv's name of its environment.
    """

    half: float
    pairs: int
    commit: str
    environment: str


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
        return Reference(str(build["commit"]), str(build["environment"]), dict(map(_fixed, lines)))
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _fixed(text: str) -> tuple[str, Fixed]:
    line = json.loads(text)
    half = float(line["half"]) * Z_99_OVER_95
    if not 0 <= half < math.inf:
        raise ValueError(half)
    build = line["build"]
    return str(line["name"]), Fixed(half, int(line["pairs"]), str(build["commit"]), str(build["environment"]))
