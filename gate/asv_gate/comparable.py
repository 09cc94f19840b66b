"""Whether what came of both sides can be compared, and where it cannot, which side fails."""

import math
from typing import Any

import numpy as np

from asv_gate import pair
from asv_gate.asvlink import Benchmark
from asv_gate.interleaving import Samples
from asv_gate.outcome import Outcome
from asv_gate.pair import Pair, Side

MOST = 200  # characters of a reason


def why_not(base: Outcome, head: Outcome) -> str:
    """Why two outcomes cannot be compared; nothing where they can."""
    if base.failed and head.failed:
        reasons = dict.fromkeys(filter(None, (reason(base), reason(head))))
        return ": ".join(filter(None, ("fails in both", "; ".join(reasons))))
    if base.skipped and head.skipped:
        return "skips itself in both"
    return " and ".join(filter(None, (_wrong("base", base), _wrong("head", head))))


def reason(outcome: Outcome) -> str:
    """Of a failure, the line that tells most: what was raised, where the benchmark's process has ended with it."""
    first = outcome.error.strip().partition("\n")[0]
    if first.startswith("exit status"):
        return last_line(outcome.error)
    return f"{first} {last_line(outcome.error)}" if first.endswith(":") else first


def last_line(error: str) -> str:
    """Of a traceback, what was raised."""
    return (error.strip().splitlines() or [""])[-1].strip()[:MOST]


def breakage(base: Outcome, head: Outcome) -> str:
    """How head fails where base does not; nothing where it does not fail, or base fails too."""
    return "" if base.failed else head.error


def measure_pair(
    sides: tuple[Side, Side],
    benchmark: Benchmark,
    coins: np.random.Generator,
    samples: Samples | None = None,
    base_first: bool | None = None,
) -> Pair:
    """A pair; a second one, where one side fails or skips itself and the other does not: it may be by accident."""
    measured = pair.measure(*sides, benchmark, coins, samples=samples, base_first=base_first)
    base, head = measured.base, measured.head
    alike = (base.failed, base.skipped) == (head.failed, head.skipped)
    return measured if alike else pair.measure(*sides, benchmark, coins, samples=samples, base_first=base_first)


def as_line(of: Pair) -> dict[str, Any]:
    """A pair as a journal has it: JSON knows no infinite numbers, so that the values are texts where they are."""
    why = why_not(of.base, of.head)
    return {
        "base_first": of.base_first,
        "seconds": round(of.seconds, 4),
        "d": None if why or math.isnan(of.d) else of.d,
        "base": None if why else _json(of.base.value),
        "head": None if why else _json(of.head.value),
        "why": why,
        "broken": breakage(of.base, of.head),
    }


def _json(value: float | None) -> float | str | None:
    return value if value is None or math.isfinite(value) else str(value)


def _wrong(side: str, outcome: Outcome) -> str:
    if outcome.failed:
        return ": ".join(filter(None, (f"fails in {side}", reason(outcome))))
    return f"skips itself in {side}" if outcome.skipped else ""
