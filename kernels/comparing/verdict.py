"""Which strategy is the fastest, by how much, and whether that can be told at all."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kernels.comparing.plan import Configuration

CONFIDENCE = 0.99
ENOUGH_TO_JUDGE = 8  # rounds: with fewer, even the interval from the least to the greatest ratio is less sure than that


@dataclass(frozen=True)
class Contender:
    """A strategy at the number of workers that suits it best; `speedup` is relative to serial."""

    configuration: Configuration
    speedup: float

    def __str__(self) -> str:
        return str(self.configuration)

    @property
    def is_serial(self) -> bool:
        """Whether this is the serial version."""
        return self.configuration.strategy == "serial"


@dataclass(frozen=True)
class Verdict:
    """The fastest strategy against the next; str() is the sentence.

    Attributes
    ----------
    ratio
        T(runner-up) / T(winner): the median over the rounds.
    low, high
        The confidence interval of `ratio` at 99 %; 0 and infinity after fewer than eight rounds.
    """

    winner: Contender
    runner_up: Contender
    ratio: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval leaves no doubt who is the faster of the two."""
        return self.low > 1

    def __str__(self) -> str:
        first, second = self.winner, self.runner_up
        if self.high == math.inf:
            return f"too few rounds to tell: {first} was the fastest, but it takes {ENOUGH_TO_JUDGE} rounds to be sure"
        if not self.clear:
            tie = (
                f"too close to call between {first} and {second} "
                f"(their ratio is between {self.low:.3f} and {self.high:.3f})"
            )
            if first.is_serial or second.is_serial:
                return f"{tie}: no gain from going parallel can be told"
            return f"{tie}; they are {first.speedup:.2f} and {second.speedup:.2f} times as fast as serial"
        if first.is_serial:
            return f"serial wins, so going parallel does not pay here: it is {self._margin()} {second}"
        if second.is_serial:
            return f"{first} wins: {self._margin()} serial"
        return f"{first} wins: {first.speedup:.2f} times as fast as serial, and {self._margin()} {second}"

    def _margin(self) -> str:
        if self.ratio < 1.5:
            low, high = 100 * (self.low - 1), 100 * (self.high - 1)
            return f"{100 * (self.ratio - 1):.1f} % ({low:.1f} to {high:.1f} %) faster than"
        return f"{self.ratio:.2f} times ({self.low:.2f} to {self.high:.2f}) as fast as"


def judge(samples: Mapping[Configuration, Sequence[float]]) -> Verdict | None:
    """The verdict on warm times in seconds, or None where serial is alone.

    The n-th time of every configuration must come from the same round, so that drift of the machine
    affects both sides of each ratio alike. Serial must be among the samples.
    """
    serial = next(times for configuration, times in samples.items() if configuration.strategy == "serial")
    fastest: dict[str, Configuration] = {}
    for configuration in sorted(samples, key=lambda each: statistics.median(samples[each])):
        fastest.setdefault(configuration.strategy, configuration)
    if len(fastest) == 1:
        return None
    first, second = list(fastest.values())[:2]
    low, high = _interval(ratios(samples[second], samples[first]))
    return Verdict(
        Contender(first, min(serial) / min(samples[first])),
        Contender(second, min(serial) / min(samples[second])),
        ratio(samples[second], samples[first]),
        low,
        high,
    )


def ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    """How much longer one takes than the other: the median over the rounds."""
    return statistics.median(ratios(slow, fast))


def ratios(slow: Sequence[float], fast: Sequence[float]) -> list[float]:
    """How much longer one takes than the other in each round."""
    return [one / other for one, other in zip(slow, fast, strict=True)]


def _interval(ratios: Sequence[float]) -> tuple[float, float]:
    """The confidence interval of the median ratio by the sign test, which is exact for any distribution."""
    from scipy import stats

    if len(ratios) < ENOUGH_TO_JUDGE:
        return 0.0, math.inf
    found = stats.quantile_test(ratios, p=0.5).confidence_interval(CONFIDENCE)
    return float(found.low), float(found.high)
