"""Metrics: values that are no times, such as peak memory or a count. A plain threshold decides, not statistics.

They hardly vary from process to process. One that is beyond the threshold is measured twice more,
and must be so each time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from asv_gate import comparable, pair
from asv_gate.asvlink import Benchmark
from asv_gate.journal import Journal
from asv_gate.pair import Side
from asv_gate.progress import Progress

CONFIRMATIONS = 3


class Size(str, Enum):
    """Larger is worse, as asv has it."""

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
        room = threshold * min(abs(self.base), abs(self.head))
        if self.head > self.base + room:
            return Size.LARGER
        return Size.SMALLER if self.base > self.head + room else Size.SAME


def judge(pairs: Sequence[Values], threshold: float) -> Size:
    """What all pairs agree on."""
    sizes = {pair.beyond(threshold) for pair in pairs}
    return sizes.pop() if len(sizes) == 1 else Size.SAME


@dataclass(frozen=True)
class Metric:
    """A metric's values, or why there are none, and how it fails in head where it does not in base."""

    benchmark: Benchmark
    values: Sequence[Values] = ()
    wrong: str = ""
    broken: str = ""


def measure(
    sides: Sequence[tuple[Side, Side]],
    benchmarks: Sequence[Benchmark],
    threshold: float,
    journal: Journal,
    progress: Progress,
) -> list[Metric]:
    """Each metric once on both sides, and again where it differs by more than the threshold, a fraction."""
    if benchmarks:
        progress.stage(f"Measuring {len(benchmarks)} metrics")
    metrics = []
    for done, benchmark in enumerate(benchmarks):
        progress.done(done, len(benchmarks))
        metrics.append(_measured(sides, benchmark, threshold, journal))
    return metrics


def _measured(sides: Sequence[tuple[Side, Side]], benchmark: Benchmark, threshold: float, journal: Journal) -> Metric:
    values: list[Values] = []
    for repeat in range(CONFIRMATIONS):
        line = _pair(sides, benchmark, repeat, journal)
        if line["why"]:
            return Metric(benchmark, (), line["why"], line["broken"])
        values.append(Values(line["base"], line["head"]))
        if values[0].beyond(threshold) is Size.SAME:
            break
    return Metric(benchmark, values)


def _pair(sides: Sequence[tuple[Side, Side]], benchmark: Benchmark, repeat: int, journal: Journal) -> dict[str, Any]:
    """A pair as the journal has it, in turn from each installation."""

    def measured() -> dict[str, Any]:
        coins = np.random.default_rng([journal.header["seed"], repeat, *benchmark.name.encode()])
        base, head = sides[repeat % len(sides)]
        return comparable.as_line(pair.measure(base, head, benchmark, coins))

    return journal.once({"metric": benchmark.name, "repeat": repeat}, measured)
