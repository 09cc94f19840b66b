"""What came of one process of a benchmark."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asv_gate import processes


@dataclass(frozen=True)
class Outcome:
    """What came of one process: its samples; one NaN where it skipped itself, and an error where it failed.

    One that is well has no samples where the other side failed before it was asked for one.
    """

    samples: Sequence[float]
    seconds: float
    error: str = ""

    @property
    def value(self) -> float | None:
        """The median of its samples, as asv has it; None where there are none."""
        return float(np.median(self.samples)) if self.samples else None

    @property
    def failed(self) -> bool:
        return bool(self.error)

    @property
    def skipped(self) -> bool:
        return self.value is not None and math.isnan(self.value)


def read_outcome(ended: processes.Ended, result: Path, timeout: float) -> Outcome:
    """What was written: the samples of a timing, a number, or what a `track_` benchmark gave (see tracked.py)."""
    if error := failure(ended, timeout):
        return Outcome((), ended.seconds, error)
    try:
        written = json.loads(result.read_text(encoding="utf-8"))
        if not isinstance(written, dict):
            samples = [float(written)]
        elif "refused" in written:
            return Outcome((), ended.seconds, written["refused"])
        elif "skipped" in written:
            samples = [math.nan]
        else:
            samples = written["samples"] if "samples" in written else [float(written["number"])]
    except (OSError, ValueError, TypeError, KeyError, OverflowError) as error:
        return Outcome((), ended.seconds, f"gave no number ({error})\n{ended.output}".strip())
    return Outcome(tuple(samples), ended.seconds)


def failure(ended: processes.Ended, timeout: float) -> str:
    """What went wrong with a process, if anything."""
    if ended.status is None:
        return f"timed out after {timeout:g} s\n{ended.output}".strip()
    return f"exit status {ended.status}\n{ended.output}".strip() if ended.status else ""
