"""Simulated noise, of the kinds that real machines have, to ask whether the gate's bound holds in each.

``python -m asv_gate.simulated`` prints the figures of docs/gate.md.

A source of pairs as `asv_gate.decide` takes them, without any machine. Every process's time is
1 x noise; the noise knows when the process runs, and the coin which of a pair goes first. What pairs
take, and whether that was expected, can be any of `COSTS`.
"""

import argparse
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asv_gate.decide import Decision, Verdict, decide
from asv_gate.replay import Rate
from asv_gate.settings import Settings

SPREAD = 0.02  # of ln(time), as quiet machines have it
SECONDS = 1.0  # of a pair that is not dear

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


class Costs(NamedTuple):
    """The seconds of a pair of each benchmark: what was expected, and what it takes. The budget fits them."""

    expected: Array
    true: Array
    budget: float = 600.0


def alike(benchmarks: int) -> Costs:
    """As quick as each other, and as expected."""
    return Costs(np.full(benchmarks, SECONDS), np.full(benchmarks, SECONDS))


def misjudged(benchmarks: int) -> Costs:
    """Between a quarter of what was expected and four times as much."""
    return Costs(np.full(benchmarks, SECONDS), SECONDS * 4.0 ** np.linspace(-1, 1, benchmarks))


def all_dearer(benchmarks: int) -> Costs:
    """Four times as much as was expected, all of them."""
    return Costs(np.full(benchmarks, SECONDS), np.full(benchmarks, 4 * SECONDS))


def slow_imports(benchmarks: int) -> Costs:
    """Each process imports for 40 seconds before it measures for one."""
    return Costs(np.full(benchmarks, 41 * SECONDS), np.full(benchmarks, 41 * SECONDS), budget=7200.0)


def a_tenth_dear(benchmarks: int) -> Costs:
    """Twenty times as much as the others, and known to be."""
    costs = np.where(np.arange(benchmarks) % 10 == 5, 20 * SECONDS, SECONDS)
    return Costs(costs, costs)


def a_tenth_dear_and_misjudged(benchmarks: int) -> Costs:
    """Twenty times as much as the others, and as was expected."""
    return Costs(np.full(benchmarks, SECONDS), a_tenth_dear(benchmarks).true)


COSTS: dict[str, Callable[[int], Costs]] = {
    costs.__name__: costs
    for costs in (alike, misjudged, all_dearer, slow_imports, a_tenth_dear, a_tenth_dear_and_misjudged)
}


class Simulated:
    """Benchmarks without a difference but for `slower`: ln(1 + slowdown) by benchmark."""

    def __init__(
        self,
        noise: Noise,
        benchmarks: int,
        rng: np.random.Generator,
        slower: dict[int, float] | None = None,
        costs: Costs | None = None,
    ) -> None:
        costs = alike(benchmarks) if costs is None else costs
        self.costs = costs.expected
        self._seconds, self._run = costs.true, costs.budget
        self._noise, self._rng = noise, rng
        self._slower = np.zeros(benchmarks)
        for i, log_ratio in (slower or {}).items():
            self._slower[i] = log_ratio
        self._clock = 0.0

    def round(self, chosen: np.ndarray, installation: int) -> tuple[np.ndarray, np.ndarray]:
        """Pairs one after the other, in shuffled order; the noise is of a run that takes its budget."""
        seconds = self._seconds[chosen]
        order = self._rng.permutation(len(chosen))
        begin = np.empty(len(chosen))
        begin[order] = self._clock + np.cumsum(seconds[order]) - seconds[order]
        self._clock += seconds.sum()
        when = np.stack([begin, begin + seconds / 2], axis=-1) / self._run
        times = self._noise(self._rng, when)
        base_first = self._rng.integers(0, 2, len(chosen)).astype(bool)
        base, head = np.where(base_first, times.T, times.T[::-1])
        return head - base + self._slower[chosen], seconds


@dataclass(frozen=True)
class Asked:
    """So many runs of a kind."""

    noise: Noise
    costs: Costs
    gates: int
    settings: Settings

    @property
    def benchmarks(self) -> int:
        return len(self.costs.true)

    def runs(self, kind: int, slowdown: float = 0.0) -> Iterator[tuple[int, Decision]]:
        """Of each, the benchmark that is slower, if one is, and what was decided."""
        settings = replace(self.settings, budget=self.costs.budget, limit=0.0)
        for i in range(self.gates):
            which = i % self.benchmarks
            slower = {which: math.log1p(slowdown)} if slowdown else {}
            rng = np.random.default_rng([kind, i])
            yield which, decide(Simulated(self.noise, self.benchmarks, rng, slower, self.costs), settings)


def alarms(asked: Asked) -> tuple[Rate, Rate]:
    """Of runs without any change, those with an alarm, and those in which something stays unsettled."""
    runs = [decision for _, decision in asked.runs(1)]
    unsettled = sum(bool(run.unsettled) and not run.slower for run in runs)
    return Rate(sum(run.slower for run in runs), len(runs)), Rate(unsettled, len(runs))


def found(asked: Asked, slowdown: float) -> Rate:
    """Of runs in which one benchmark is slower, those that name it."""
    named = [decision.verdicts[which] is Verdict.SLOWER for which, decision in asked.runs(2, slowdown)]
    return Rate(sum(named), len(named))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m asv_gate.simulated", description="False alarms and power.")
    parser.add_argument("--gates", type=int, default=2000)
    parser.add_argument("--benchmarks", type=int, default=60)
    options = parser.parse_args()
    settings = Settings()
    cases: list[tuple[str, Noise, Callable[[int], Costs]]] = [(name, noise, alike) for name, noise in NOISES.items()]
    cases += [(name, normal, costs) for name, costs in COSTS.items() if costs is not alike]
    print("| noise or costs | runs with an alarm | unsettled | +5 % found | +10 % found |\n|" + " --- |" * 5)
    for name, noise, costs in cases:
        asked = Asked(noise, costs(options.benchmarks), options.gates, settings)
        cells = [*alarms(asked), found(asked, 0.05), found(asked, 0.1)]
        print(f"| {name.replace('_', ' ')} | {' | '.join(map(str, cells))} |", flush=True)


if __name__ == "__main__":
    main()
