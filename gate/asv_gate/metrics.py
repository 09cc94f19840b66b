"""Metrics: measured values other than times, such as peak memory or a count.

One that differs between processes of the same side is noisy, and goes through the statistics as timings do. One that
does not is judged by a plain threshold: what all its pairs of processes are beyond is a change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from asv_gate import comparable
from asv_gate.asvlink import Benchmark
from asv_gate.change import log_ratio
from asv_gate.journal import Journal
from asv_gate.outcome import Outcome
from asv_gate.pair import Pair, Side
from asv_gate.progress import Progress
from asv_gate.report.words import count

ALIKE, CHANGED = 2, 5  # pairs, of a metric that is the same in them, and of one that seems to have changed


class Size(str, Enum):
    """What head is, beside base."""

    LARGER = "larger"
    SMALLER = "smaller"
    SAME = "no change seen"


@dataclass(frozen=True)
class Values:
    """What both sides gave in a pair of processes."""

    base: float
    head: float

    def beyond(self, threshold: float) -> Size:
        """Whether head differs by more than the fraction of the smaller of both; a zero differs from all others.

        Neither side is special: with base and head exchanged, larger and smaller are.
        """
        change = float(log_ratio(self.base, self.head))
        if abs(change) <= np.log1p(threshold):
            return Size.SAME
        return Size.LARGER if change > 0 else Size.SMALLER


def judge(pairs: Sequence[Values], threshold: float) -> Size:
    """What all pairs agree on."""
    sizes = {pair.beyond(threshold) for pair in pairs}
    return sizes.pop() if len(sizes) == 1 else Size.SAME


@dataclass(frozen=True)
class Metric:
    """A metric's values, or why there are none, and how it fails in head where it does not in base."""

    benchmark: Benchmark
    values: Sequence[Values] = ()
    seconds: float = 0.0  # of a pair
    wrong: str = ""
    broken: str = ""

    @property
    def noisy(self) -> bool:
        """Whether it differs between processes of one side."""
        return len({each.base for each in self.values}) > 1 or len({each.head for each in self.values}) > 1


def compare(
    sides: Sequence[tuple[Side, Side]],
    tried: Sequence[tuple[Benchmark, Outcome, Outcome]],
    threshold: float,
    journal: Journal,
    progress: Progress,
) -> list[Metric]:
    """Measure metrics as often as it takes to judge each, or to see that it is noisy.

    Parameters
    ----------
    sides
        Base and head, a pair for each installation.
    tried
        The metrics, with what the dry run gave: their first pair.
    threshold
        The change, as a fraction, beyond which a metric has changed.
    journal
        Of the run: what it has is not measured again.
    progress
        Told how many are done.

    """
    if tried:
        progress.stage(f"Measuring {count(len(tried), 'metric')}")
    metrics = []
    for done, (benchmark, base, head) in enumerate(tried, start=1):
        first = Pair(base, head, base_first=True, seconds=base.seconds + head.seconds)
        own = threshold if benchmark.threshold is None else benchmark.threshold
        metrics.append(_compared(sides, benchmark, first, own, journal))
        progress.done(done, len(tried))
        progress.item(f"{benchmark.name}: {count(len(metrics[-1].values), 'pair')}")
    return metrics


def _compared(
    sides: Sequence[tuple[Side, Side]], benchmark: Benchmark, first: Pair, threshold: float, journal: Journal
) -> Metric:
    metric = Metric(benchmark)
    while not metric.noisy and len(metric.values) < CHANGED:
        line = _pair(sides, benchmark, first, len(metric.values), journal)
        if line["why"]:
            return Metric(benchmark, wrong=line["why"], broken=line["broken"])
        values = [*metric.values, Values(float(line["base"]), float(line["head"]))]
        metric = Metric(benchmark, values, line["seconds"])
        if len(values) >= ALIKE and judge(values, threshold) is Size.SAME:
            break
    return metric


def _pair(
    sides: Sequence[tuple[Side, Side]], benchmark: Benchmark, first: Pair, repeat: int, journal: Journal
) -> dict[str, Any]:
    """A pair as the journal has it, in turn from each installation; the first is there already."""

    def measured() -> dict[str, Any]:
        if repeat == 0:
            return comparable.as_line(first)
        name = benchmark.name.encode("utf-8", "backslashreplace")
        coins = np.random.default_rng([journal.header["seed"], repeat, *name])
        return comparable.as_line(comparable.measure(sides[repeat % len(sides)], benchmark, coins))

    return journal.once({"metric": benchmark.name, "repeat": repeat}, measured)
