"""What a run says, whatever it is written as."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from asv_gate.differing import Difference


class Status(IntEnum):
    """What a run exits with."""

    OK = 0
    REGRESSION = 1
    UNABLE = 2
    UNDERPOWERED = 3


@dataclass(frozen=True)
class Row:
    """A benchmark. Ratios are head / base; what is not known is NaN, and infinite where there is no bound."""

    name: str
    unit: str
    verdict: str
    note: str = ""
    base: float = math.nan
    head: float = math.nan
    ratio: float = math.nan
    low: float = math.nan
    high: float = math.nan
    pairs: int = 0
    p_value: float = math.nan
    detectable: float = math.inf  # the smallest slowdown detected with 90 % probability, as a fraction
    larger_is_better: bool = False

    @property
    def worse(self) -> bool:
        """Whether it is a regression."""
        return self.verdict in {"slower", "smaller" if self.larger_is_better else "larger"}

    @property
    def better(self) -> bool:
        """Whether it is an improvement."""
        return self.verdict in {"faster", "larger", "smaller"} and not self.worse

    @property
    def changed(self) -> bool:
        """Whether it is either."""
        return self.worse or self.better

    @property
    def judged(self) -> bool:
        """Whether there is a verdict on it."""
        return self.verdict not in {"could not measure", "unsettled"}

    @property
    def seems_worse(self) -> bool:
        """Whether it stands out as a regression that there was no time to be certain of."""
        larger = self.head > self.base if math.isnan(self.ratio) else self.ratio > 1
        return self.verdict == "unsettled" and larger != self.larger_is_better


@dataclass(frozen=True)
class SuiteResult:
    """Have all benchmarks changed together?"""

    verdict: str
    ratio: float
    p_value: float
    pairs: int

    @property
    def worse(self) -> bool:
        """Whether it is a regression."""
        return self.verdict == "slower"


@dataclass(frozen=True)
class Report:
    """A run. `status` is its exit status, and `reason` says why in a sentence."""

    project: str
    base: str  # the name of a commit, as head
    head: str
    base_commit: str
    head_commit: str
    environment: str  # head's
    machine: Mapping[str, str]
    settings: Mapping[str, float]
    seed: int
    started: str
    seconds: float
    rows: Sequence[Row]
    suite: SuiteResult | None  # where timings were measured
    skipped: int
    broken: Mapping[str, str]
    warnings: Sequence[str]
    calibration: str
    status: Status
    reason: str
    building_seconds: float = 0.0  # of all, those for installing the commits
    base_environment: str = ""  # where it is not head's
    differences: Sequence[Difference] = ()  # of the environments; then they are compared, with their commits or alone

    @property
    def detectable(self) -> float:
        """The smallest slowdown that the run could detect in whichever measured benchmark it was."""
        timed = [row.detectable for row in self.rows if not math.isnan(row.detectable)]
        return max(timed, default=math.inf)

    @property
    def changed(self) -> list[Row]:
        """Regressions, the worst of them first, and then improvements."""
        return sorted((row for row in self.rows if row.changed), key=_order)

    @property
    def unjudged(self) -> list[Row]:
        """The benchmarks that there is no verdict on."""
        return sorted((row for row in self.rows if not row.judged), key=_order)

    @property
    def unchanged(self) -> list[Row]:
        """The rest."""
        return sorted((row for row in self.rows if row.judged and not row.changed), key=_order)


def _order(row: Row) -> tuple[bool, bool, float, str]:
    ratio = math.inf if math.isnan(row.ratio) else row.ratio
    return not row.worse, not row.seems_worse, -abs(math.log(ratio)) if ratio > 0 else -math.inf, row.name
