"""What a run says, whatever it is written as."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum


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
        return self.verdict in ("faster", "larger", "smaller") and not self.worse


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
    base: str
    head: str
    base_commit: str
    head_commit: str
    environment: str
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

    @property
    def detectable(self) -> float:
        """The smallest slowdown that the run could detect in whichever measured benchmark it was."""
        timed = [row.detectable for row in self.rows if not math.isnan(row.detectable)]
        return max(timed, default=math.inf)


def order(row: Row) -> tuple[int, float, str]:
    """Regressions first, the worst of them first."""
    group = 0 if row.worse else 1 if row.verdict == "could not measure" else 2 if row.better else 3
    return group, -abs(math.log(row.ratio)) if row.ratio > 0 else 0.0, row.name


def percent(fraction: float, digits: int = 1) -> str:
    return "-" if math.isnan(fraction) else "none" if math.isinf(fraction) else f"{fraction:.{digits}%}"


def ratio_words(row: Row) -> str:
    """The ratio with its interval, as changes: +5.1 % (4.2 to 6.0)."""
    if math.isnan(row.ratio):
        return "-"
    change = f"{row.ratio - 1:+.1%}"
    if math.isnan(row.low):
        return change
    low, high = (f"{bound - 1:+.1%}" if 0 < bound < math.inf else "?" for bound in (row.low, row.high))
    return f"{change} ({low} to {high})"


PREFIXES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))


def value_words(value: float, unit: str) -> str:
    """A value with its unit: 12.3 ms, 45.6 MiB."""
    if math.isnan(value):
        return "-"
    if unit == "seconds":
        scale, name = next(((scale, name) for scale, name in PREFIXES if abs(value) >= scale), PREFIXES[-1])
        return f"{value / scale:.3g} {name}"
    if unit == "bytes":
        return f"{value / 2**20:.4g} MiB"
    return f"{value:.6g} {unit}".strip()
