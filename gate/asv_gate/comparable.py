"""Whether what came of both sides can be compared, and where it cannot, which side fails."""

from typing import Any

import numpy as np

from asv_gate.outcome import Outcome
from asv_gate.pair import Pair


def why_not(base: Outcome, head: Outcome) -> str:
    """Why two outcomes cannot be compared; nothing where they can."""
    said = [
        f"{'fails' if outcome.failed else 'skips itself'} in {side}"
        for side, outcome in (("base", base), ("head", head))
        if outcome.failed or outcome.skipped
    ]
    return "fails in both" if said == ["fails in base", "fails in head"] else " and ".join(said)


def breakage(base: Outcome, head: Outcome) -> str:
    """How head fails where base does not; nothing where it does not fail, or base fails too."""
    return "" if base.failed else head.error


def as_line(pair: Pair) -> dict[str, Any]:
    """A pair as a journal has it."""
    why = why_not(pair.base, pair.head)
    return {
        "base_first": pair.base_first,
        "seconds": round(pair.seconds, 4),
        "d": None if np.isnan(pair.d) else pair.d,
        "base": None if why else pair.base.value,
        "head": None if why else pair.head.value,
        "why": why,
        "broken": breakage(pair.base, pair.head),
    }
