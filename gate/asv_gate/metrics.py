"""Metrics: measured values other than times, such as peak memory or a count.

One that differs between processes of the same side is noisy, and goes through the statistics as timings do. One that
does not is judged by a plain threshold: what all its pairs of processes are beyond is a change. All but the first pair,
which the dry run gives, are of the run's budget.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np

from asv_gate import comparable
from asv_gate.asvlink import Benchmark
from asv_gate.change import log_ratio
from asv_gate.journal import Journal
from asv_gate.pair import Side
from asv_gate.progress import Progress
from asv_gate.report.words import count

ALIKE, CHANGED = 2, 5  # pairs, of a metric that is the same in them, and of one that seems to have changed
SHARE = 0.5  # of the budget, at most: the quickest metrics come first


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
    spent: float = 0.0  # of the budget
    wrong: str = ""
    broken: str = ""
    unsettled: bool = False  # it seems to have changed, and the budget did not suffice for all of its pairs

    @property
    def noisy(self) -> bool:
        """Whether it differs between processes of one side."""
        return len({each.base for each in self.values}) > 1 or len({each.head for each in self.values}) > 1


def compare(
    sides: Sequence[tuple[Side, Side]],
    tried: Sequence[tuple[Benchmark, dict[str, Any]]],
    threshold: float,
    *,
    budget: float,
    journal: Journal,
    progress: Progress,
) -> list[Metric]:
    """Measure metrics as often as it takes to judge each, or to see that it is noisy.

    Parameters
    ----------
    sides
        Base and head, a pair for each installation.
    tried
        The metrics, with their first pair, which the dry run gives.
    threshold
        The change, as a fraction, beyond which a metric has changed.
    budget
        Seconds for all of them.
    journal
        Of the run: what it has is not measured again.
    progress
        Told how many are done.

    """
    if tried:
        progress.stage(f"Measuring {count(len(tried), 'metric')}")
    metrics: dict[str, Metric] = {}
    for benchmark, line in sorted(tried, key=lambda each: each[1]["seconds"]):
        left = budget - math.fsum(metric.spent for metric in metrics.values())
        own = threshold if benchmark.threshold is None else benchmark.threshold
        metric = metrics[benchmark.name] = _compared(sides, benchmark, line, threshold=own, left=left, journal=journal)
        progress.done(len(metrics), len(tried))
        progress.item(f"{len(metrics)} of {len(tried)}: {benchmark.name}: {count(len(metric.values), 'pair')}")
    return [metrics[benchmark.name] for benchmark, _ in tried]


def _compared(
    sides: Sequence[tuple[Side, Side]],
    benchmark: Benchmark,
    line: dict[str, Any],
    *,
    threshold: float,
    left: float,
    journal: Journal,
) -> Metric:
    """What the pairs say, of which the line is the first, within so many seconds."""
    metric = Metric(benchmark)
    while True:
        if line["why"]:
            return replace(metric, values=(), wrong=line["why"], broken=line["broken"])
        values = [*metric.values, Values(float(line["base"]), float(line["head"]))]
        metric = replace(metric, values=values, seconds=line["seconds"])
        seems_same = judge(values, threshold) is Size.SAME
        if metric.noisy or len(values) == CHANGED or (len(values) >= ALIKE and seems_same):
            return metric
        if metric.spent + metric.seconds > left:
            if seems_same:
                return replace(metric, values=(), wrong="the budget does not reach it")
            return replace(metric, unsettled=True)
        line = _pair(sides, benchmark, len(values), journal)
        metric = replace(metric, spent=metric.spent + line["seconds"])


def _pair(sides: Sequence[tuple[Side, Side]], benchmark: Benchmark, repeat: int, journal: Journal) -> dict[str, Any]:
    """A pair as the journal has it, in turn from each installation."""

    def measured() -> dict[str, Any]:
        name = benchmark.name.encode("utf-8", "backslashreplace")
        coins = np.random.default_rng([journal.header["seed"], repeat, *name])
        return comparable.as_line(comparable.measure_pair(sides[repeat % len(sides)], benchmark, coins))

    return journal.once({"metric": benchmark.name, "repeat": repeat}, measured)
