"""Rates: how much work a run does, counted as its field counts it, to be held against a machine's limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kernels.contract.workload import WithAmount

LONGEST_SYMBOL = 4  # letters: longer units are words, which take no prefix
PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))


@dataclass(frozen=True)
class Work:
    """What a run does: so many of a `unit`, such as ``flop`` or ``B`` (bytes that move to or from memory)."""

    amount: float
    unit: str

    def at(self, seconds: float) -> str:
        """The rate of a run of that time, with three digits."""
        return in_prefixes(self.amount / seconds, self.unit)


def in_prefixes(rate: float, unit: str) -> str:
    """A rate for people, as in ``12.3 GB/s`` or ``12,345 tasks/s``."""
    if len(unit) > LONGEST_SYMBOL:
        return f"{rate:,.0f} {unit}/s"
    factor, prefix = next((each for each in PREFIXES if rate >= each[0]), PREFIXES[-1])
    return f"{rate / factor:.3g} {prefix}{unit}/s"


def work_of(workload: Any, problem: Any) -> Work | None:
    """What a run of the problem does, where the workload says so."""
    return Work(*workload.amount(problem)) if isinstance(workload, WithAmount) else None
