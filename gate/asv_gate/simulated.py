"""Noise that is made up: the kinds that real machines have, to ask whether the gate's bound holds in each.

``python -m asv_gate.simulated`` prints the figures of docs/gate.md.

A source of pairs as `asv_gate.decide` takes them, without any machine. Every process's time is
1 x noise; the noise knows when the process runs, and the coin which of a pair goes first.
"""

import argparse
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from asv_gate.decide import Settings, Verdict, decide
from asv_gate.replay import Rate

SPREAD = 0.02  # of ln(time), as quiet machines have it
SECONDS = 1.0  # of a pair

# ln(time) of processes that start at these times (as a fraction of a run), two per pair: base's place is by coin.
Array = NDArray[np.float64]
Noise = Callable[[np.random.Generator, Array], Array]


def normal(rng: np.random.Generator, when: Array) -> Array:
    """Independent."""
    return rng.normal(0, SPREAD, when.shape)


def drift(rng: np.random.Generator, when: Array) -> Array:
    """The machine becomes slower all the time, by half in a run."""
    return 0.5 * when + normal(rng, when)


def step(rng: np.random.Generator, when: Array) -> Array:
    """Another program begins in the middle, and takes a third."""
    return 0.3 * (when > 0.5) + normal(rng, when)


def bursts(rng: np.random.Generator, when: Array) -> Array:
    """Now and then, for a while that several processes fall into, everything takes up to twice as long."""
    burst = np.sin(when * 2000) + np.sin(when * 311) > 1.5
    return rng.uniform(0, 0.7, when.shape) * burst + normal(rng, when)


def heavy_tails(rng: np.random.Generator, when: Array) -> Array:
    """Student's t with 1.5 degrees of freedom: it has no variance."""
    return SPREAD * rng.standard_t(1.5, when.shape)


def two_modes(rng: np.random.Generator, when: Array) -> Array:
    """Every other process or so is 8 % slower, as an unlucky address makes it."""
    return 0.08 * rng.integers(0, 2, when.shape) + normal(rng, when)


def order_effect(rng: np.random.Generator, when: Array) -> Array:
    """The second of a pair is 3 % slower."""
    return np.array([0.0, 0.03]) + normal(rng, when)


def ties(rng: np.random.Generator, when: Array) -> Array:
    """A clock so coarse that most pairs are equal, and the others differ by one tick of 2 %."""
    return np.asarray(0.02 * np.round(rng.normal(0, 0.5, when.shape)))


NOISES: dict[str, Noise] = {
    noise.__name__: noise for noise in (normal, drift, step, bursts, heavy_tails, two_modes, order_effect, ties)
}


class Simulated:
    """Benchmarks without a difference but for `slower`: ln(1 + slowdown) by benchmark."""

    def __init__(
        self, noise: Noise, benchmarks: int, rng: np.random.Generator, slower: dict[int, float] | None = None
    ) -> None:
        self.costs = np.full(benchmarks, SECONDS)
        self._noise, self._rng = noise, rng
        self._slower = np.zeros(benchmarks)
        for i, log_ratio in (slower or {}).items():
            self._slower[i] = log_ratio
        self._clock = 0.0

    def round(self, chosen: np.ndarray, installation: int) -> tuple[np.ndarray, np.ndarray]:
        """Pairs one after the other, in shuffled order; a run is taken for ten minutes long."""
        count = len(chosen)
        order = self._rng.permutation(count)
        begin = self._clock + SECONDS * order
        self._clock += SECONDS * count
        when = np.stack([begin, begin + SECONDS / 2], axis=-1) / 600
        times = self._noise(self._rng, when)
        base_first = self._rng.integers(0, 2, count).astype(bool)
        base, head = np.where(base_first, times.T, times.T[::-1])
        return head - base + self._slower[chosen], np.full(count, SECONDS)


def alarms(noise: Noise, benchmarks: int, gates: int, settings: Settings) -> Rate:
    """Of so many runs without any change, those with an alarm."""
    runs = (decide(Simulated(noise, benchmarks, np.random.default_rng([1, i])), settings) for i in range(gates))
    return Rate(sum(run.slower for run in runs), gates)


def found(noise: Noise, benchmarks: int, gates: int, settings: Settings, *, slowdown: float) -> Rate:
    """Of so many runs in which one benchmark is slower, those that name it."""
    count = 0
    for i in range(gates):
        which = i % benchmarks
        source = Simulated(noise, benchmarks, np.random.default_rng([2, i]), {which: math.log1p(slowdown)})
        count += decide(source, settings).verdicts[which] is Verdict.SLOWER
    return Rate(count, gates)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m asv_gate.simulated", description="False alarms and power.")
    parser.add_argument("--gates", type=int, default=2000)
    parser.add_argument("--benchmarks", type=int, default=60)
    options = parser.parse_args()
    settings = Settings()
    print("| noise | runs with an alarm | +5 % found | +10 % found |\n| --- | --- | --- | --- |")
    for name, noise in NOISES.items():
        size = noise, options.benchmarks, options.gates, settings
        cells = [alarms(*size), found(*size, slowdown=0.05), found(*size, slowdown=0.1)]
        print(f"| {name.replace('_', ' ')} | {' | '.join(map(str, cells))} |", flush=True)


if __name__ == "__main__":
    main()
