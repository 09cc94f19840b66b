"""Virtual runs: the decision of `run`, fed with recorded pairs, thousands of times.

How often does it raise an alarm on unchanged code, and how often does it find a slowdown that is
put into head's times? Each virtual run takes the recording's rounds in blocks of neighbours, the
blocks in random order, so that what disturbs several pairs in a row, or all benchmarks at once,
does so in the virtual run too. A coin for each run exchanges base and head in all of it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from asv_gate import screening
from asv_gate.decide import Verdict, decide
from asv_gate.errors import GateError
from asv_gate.recording import Recording
from asv_gate.settings import Settings

BLOCK = 4  # rounds; even, so that both installations are in each
CONFIDENCE = 0.95
NOISE_CLASSES = (0.01, 0.02, 0.03, 0.05, math.inf)


@dataclass(frozen=True)
class Rate:
    """So many of so many."""

    count: int
    of: int

    @property
    def rate(self) -> float:
        return self.count / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Clopper and Pearson's (1934)."""
        if not self.of:
            return 0.0, 1.0
        from scipy import stats  # which takes longer to import than most commands take

        found = stats.binomtest(self.count, self.of).proportion_ci(CONFIDENCE, "exact")
        return float(found.low), float(found.high)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.count} of {self.of}: {self.rate:.2%} ({low:.2%} to {high:.2%})"


class Virtual:
    """A source of pairs that draws a run of an A/A recording; `slower` is ln(1 + slowdown) by benchmark."""

    def __init__(self, recording: Recording, rng: np.random.Generator, slower: np.ndarray) -> None:
        self.costs = np.median(recording.seconds, axis=0)
        self._recording, self._slower = recording, slower
        self._sign = 1 if rng.integers(2) else -1
        blocks = np.array_split(np.arange(len(recording.d)), max(1, len(recording.d) // BLOCK))
        order = np.concatenate([blocks[i] for i in rng.permutation(len(blocks))])
        self._order = [order[recording.installation[order] == each] for each in (0, 1)]
        self._taken = [0, 0]

    def round(self, chosen: np.ndarray, installation: int) -> tuple[np.ndarray, np.ndarray]:
        place = self._order[installation][self._taken[installation]]
        self._taken[installation] += 1
        recording = self._recording
        return self._sign * recording.d[place, chosen] + self._slower[chosen], recording.seconds[place, chosen]


@dataclass(frozen=True)
class Injection:
    """What is done to head in a virtual run: a slowdown in so many benchmarks of those that may be chosen."""

    slowdown: float  # a fraction
    targets: Sequence[int]
    at_once: int = 1


@dataclass(frozen=True)
class Replayed:
    """What came of virtual runs. `found` counts targets that were named; by_noise has it by class of their noise."""

    runs: int
    alarms: Rate
    wrong: Rate  # runs in which a benchmark was named that had not been slowed
    found: Rate
    by_noise: Sequence[tuple[str, Rate]]
    seconds: float  # of measuring, the median
    unsettled: Rate = Rate(0, 0)  # runs without an alarm in which something stands out as slower and is not settled


def replay(
    recording: Recording,
    settings: Settings,
    *,
    runs: int,
    seed: int,
    injection: Injection | None = None,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Replayed:
    """Decide so many virtual runs. Raises GateError where the recording is too short for one."""
    settings = limited(settings, len(recording.d))
    noise = recording.noise
    alarms = wrong = unsettled = 0
    tried: list[int] = []
    found: list[bool] = []
    seconds = []
    for run in range(runs):
        rng = np.random.default_rng([seed, run])
        slower = np.zeros(len(recording.names))
        targets: set[int] = set()
        if injection is not None:
            targets = set(rng.choice(injection.targets, injection.at_once, replace=False).tolist())
            slower[sorted(targets)] = math.log1p(injection.slowdown)
        decision = decide(Virtual(recording, rng, slower), settings)
        named = {i for i, verdict in enumerate(decision.verdicts) if verdict is Verdict.SLOWER}
        alarms += decision.slower
        unsettled += bool(decision.unsettled) and not decision.slower
        wrong += bool(named - targets)
        tried += sorted(targets)
        found += [i in named for i in sorted(targets)]
        seconds.append(decision.seconds)
        tell(run + 1, runs)
    return Replayed(
        runs,
        Rate(alarms, runs),
        Rate(wrong, runs),
        Rate(sum(found), len(found)),
        _by_noise(noise[tried], np.array(found, bool)),
        float(np.median(seconds)),
        Rate(unsettled, runs),
    )


def limited(settings: Settings, rounds: int) -> Settings:
    """A run may not ask for more rounds than there are, of either installation."""
    most = 2 * (rounds // 2) - screening.MOST - 2
    if most < 20:
        raise GateError(f"the recording has {rounds} rounds, of which no run can be drawn: record at least 32")
    return replace(settings, confirming_most=min(settings.confirming_most, most))


def _by_noise(noise: np.ndarray, found: np.ndarray) -> list[tuple[str, Rate]]:
    classes = []
    low = 0.0
    for high in NOISE_CLASSES:
        among = (noise >= low) & (noise < high)
        name = f"above {low:.0%}" if math.isinf(high) else f"{low:.0%} to {high:.0%}"
        classes.append((name, Rate(int(found[among].sum()), int(among.sum()))))
        low = high
    return classes
