"""A process of base and one of head that take samples one after the other, as in ABBA: what disturbs, disturbs both."""

import json
import math
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

from asv_gate import processes
from asv_gate.outcome import Outcome, failure

Samples = tuple[int, int, float]
# At least so many samples, at most so many, and no more after so many seconds. Where a machine is noisy, a pair's noise
# falls with the root of its samples; a pair of many is still cheaper than several, as each starts two processes.
SAMPLES: Samples = (5, 40, 0.5)
SURE = 1.5  # times as long as its last sample another one may take


class SampledProcess:
    """A process of sampler.py, as long as it does well.

    Parameters
    ----------
    talk
        What is asked and answered.
    timeout
        The seconds that it may be waited for in all. While it waits for the other side, its time stands still.

    """

    def __init__(self, talk: processes.Talk, timeout: float) -> None:
        self._talk, self._timeout = talk, timeout
        self._samples: list[float] = []
        self._skipped = False
        self._seconds = self._last = 0.0
        self.well = True

    def set_up(self) -> bool:
        """Wait for its setup: whether the suite wants the benchmark cold."""
        said = self._hear()
        return bool(said and said["cold"])

    def warm_up(self, number: int | None) -> int | None:
        """Warm up: how many calls there are in a sample, which is what was given unless that was None."""
        said = self._ask({"warm_up": number})
        return number if said is None else int(said)

    def take(self, number: int | None, place: int) -> None:
        """Take a sample that begins on the CPU of this place."""
        said = self._ask({"sample": place, "number": number})
        if said is not None:
            self._samples.append(said)

    @property
    def has_time(self) -> bool:
        """Whether another sample like the last is sure to end in time; asv would take no more of them, either."""
        return self._seconds + SURE * self._last < self._timeout

    def dismiss(self) -> None:
        """Ask it to tear down and to end."""
        self._talk.dismiss()

    def end(self) -> Outcome:
        """Wait for its end: its samples, and what went wrong."""
        ended = self._talk.end(monotonic() + self._timeout - self._seconds)
        error = failure(ended, self._timeout)
        if not (error or self.well or self._skipped):
            error = f"ended before its time\n{ended.output}".strip()
        samples = () if error else (math.nan,) if self._skipped else tuple(self._samples)
        return Outcome(samples, self._seconds, error)

    def _ask(self, question: Mapping[str, object]) -> Any:
        if not self.well:
            return None
        self._talk.ask(json.dumps(question).encode())
        return self._hear()

    def _hear(self) -> Any:
        start = monotonic()
        answer = self._talk.answer(start + self._timeout - self._seconds)
        self._last = monotonic() - start
        self._seconds += self._last
        said = json.loads(answer) if answer else None
        self._skipped = bool(answer) and said is None
        self.well = said is not None
        return said


def interleaved(
    sampled: Sequence[SampledProcess], *, alike: bool = True, samples: Samples | None = None
) -> list[Outcome] | None:
    """Set both up, and take their samples alternately. None, and nothing timed, where the suite wants it cold.

    A sample has as many calls on both sides, which the first finds out; unless they are not `alike`, being two
    different benchmarks. By default there are as many as `SAMPLES` says.
    """
    cold = [process.set_up() for process in sampled]
    if any(cold):
        ended(sampled)
        return None
    numbers: list[int | None] = []
    for process in sampled:
        numbers.append(process.warm_up(numbers[0] if alike and numbers else None))
    order = list(zip(sampled, numbers, strict=True))
    fewest, most, seconds = samples or SAMPLES
    deadline = monotonic() + seconds
    for taken in range(most):
        if (taken >= fewest and monotonic() > deadline) or not all(process.well for process in sampled):
            break
        if taken and not all(process.has_time for process in sampled):
            break
        for process, number in order if taken % 2 == 0 else order[::-1]:
            process.take(number, taken // 2)
    return ended(sampled)


def ended(sampled: Sequence[SampledProcess]) -> list[Outcome]:
    """Let both tear down at the same time."""
    for process in sampled:
        process.dismiss()
    return [process.end() for process in sampled]
