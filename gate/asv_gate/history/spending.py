"""Pairs go where one more tells most, until each interval is as narrow as asked or the budget is spent."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from asv_gate.history.estimate import Estimate, Usual, estimates
from asv_gate.interleaving import Samples
from asv_gate.report.words import duration

LEAST = 3  # pairs of every benchmark
LEAST_USUAL = 2  # of one whose noise is known of other builds: what these spare goes to those that need it
# Of each process in a pair: the fewest, the most, and the seconds after which there are no more. Pairs of a history are
# few, and two processes take a second to start: with a second of samples a pair has three quarters of the noise that it
# has with half a second, for a third more time. Longer is no better, and of a benchmark that takes long, pairs at other
# moments say more than more samples at one.
SAMPLES: Samples = (3, 80, 1.0)
SHORTEST = 0.5  # seconds of a pair's samples, where a small budget makes them shorter
MOST = 60
SHARE = 4  # one in so many of those that are too wide gets a pair in a round, so that a burst meets few pairs of one


class Turns:
    """Who goes first in the pairs of each benchmark: a coin says it of every other one, and the next is the other way.

    What starts first has its memory before the other, and may be slower or quicker for it. Three coins all fall alike
    for one benchmark in four: its pairs would all have that in them, and agree, and have a narrow interval.
    """

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def base_first(self, name: str) -> bool:
        """Whether base does in the next pair of the benchmark; asked once for each, also for one in the journal."""
        turn = self._taken[name]
        self._taken[name] += 1
        return bool(np.random.default_rng([turn // 2, *name.encode()]).integers(2)) != bool(turn % 2)


@dataclass
class Spent:
    """What was measured: by benchmark ln(here / reference) of its pairs and the reference's seconds, or why none is.

    Those in `base_alone` have failed, or skipped themselves, in what they were measured against, and not here.
    `usual` is how much the pairs of each vary in other builds.
    """

    pairs: dict[str, list[float]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    base_alone: set[str] = field(default_factory=set)
    seconds: float = 0.0
    bases: dict[str, list[float]] = field(default_factory=dict)
    usual: Mapping[str, Usual] = field(default_factory=dict)

    @property
    def alive(self) -> list[str]:
        """Those that have not failed."""
        return [name for name in self.pairs if name not in self.failed]

    def estimates(self) -> dict[str, Estimate]:
        """Of those that were measured."""
        return estimates({name: self.pairs[name] for name in self.alive}, self.usual)

    def alongside(self) -> dict[str, tuple[float, float]]:
        """By benchmark, the reference's seconds in these pairs, and half of the 95 % interval of their logarithm."""
        logs = {name: [math.log(base) for base in bases] for name, bases in self.bases.items()}
        return {name: (math.exp(found.d), found.half()) for name, found in estimates(logs).items()}


@dataclass(frozen=True)
class PairTaken:
    """One pair: its value, or why there is none, the seconds that it took, and the reference's own time in it.

    `base_alone` says that there is none because of the reference alone.
    """

    d: float | None
    seconds: float
    why: str = ""
    base: float | None = None
    base_alone: bool = False


def least_pairs(name: str, usual: Mapping[str, Usual]) -> int:
    """The fewest pairs of a benchmark."""
    return LEAST_USUAL if name in usual else LEAST


def fitting(costs: Sequence[float], budget: float) -> Samples:
    """The samples of a pair: for fewer seconds where three pairs of each, of these costs, are more than the budget."""
    fewest, most, seconds = SAMPLES
    beyond = LEAST * sum(costs) - budget
    return fewest, most, min(seconds, max(SHORTEST, seconds - beyond / (LEAST * max(1, len(costs)))))


def forecast(costs: Mapping[str, float], budget: float, usual: Mapping[str, Usual] | None = None) -> tuple[float, str]:
    """The seconds that pairs will take at most, and that in words; `costs` are those of a pair of `SAMPLES` of each."""
    shorter = SAMPLES[-1] - fitting(list(costs.values()), budget)[-1]
    least = sum(least_pairs(name, usual or {}) * (cost - shorter) for name, cost in costs.items())
    if least < budget + 1:
        return budget, f"up to {duration(budget)}"
    words = f"the fewest pairs of each, short ones, take longer than the budget of {duration(budget)}"
    return least, f"about {duration(least)}: {words}"


def expected(spent: Spent, longest: float) -> float:
    """The seconds of all pairs: those that were taken may show that the fewest of each take longer than forecast."""
    least = {name: least_pairs(name, spent.usual) for name in spent.alive}
    taken = sum(min(each, len(spent.pairs[name])) for name, each in least.items())
    return max(longest, spent.seconds * sum(least.values()) / taken) if taken else longest


def spend(
    names: Sequence[str],
    take: Callable[[int, str], PairTaken],
    *,
    precision: float,
    budget: float,
    seed: int,
    usual: Mapping[str, Usual] | None = None,
    tell: Callable[[Spent], None] = lambda spent: None,
) -> Spent:
    """Measure the benchmarks.

    Parameters
    ----------
    names
        The benchmarks.
    take
        Takes the pair of a round and a benchmark, or finds it where an interrupted run has left it. What is asked
        for next follows from the pairs alone, so the same run asks for the same ones again.
    precision
        The half width of the 95 % interval at which a benchmark is done, as a fraction.
    budget
        Seconds of pairs. The fewest of each are taken in any case.
    seed
        Of the order within a round.
    usual
        By benchmark, how much its pairs vary in other builds, where that is known.
    tell
        Told after each pair.

    """
    spent = Spent({name: [] for name in names}, usual=usual or {})
    wanted = math.log1p(precision)
    number = 0
    while chosen := _few(spent) or _wide(spent, wanted, budget):
        in_any_case = bool(_few(spent))
        rng = np.random.default_rng([seed, number])
        for place in rng.permutation(len(chosen)):
            name = chosen[place]
            pair = take(number, name)
            spent.seconds += pair.seconds
            if pair.d is None:
                spent.failed[name] = pair.why
                if pair.base_alone:
                    spent.base_alone.add(name)
            else:
                spent.pairs[name].append(pair.d)
                if pair.base:
                    spent.bases.setdefault(name, []).append(pair.base)
            tell(spent)
            if not in_any_case and spent.seconds >= budget:
                return spent
        number += 1
    return spent


def _few(spent: Spent) -> list[str]:
    """The benchmarks that have not their fewest pairs."""
    return [name for name in spent.alive if len(spent.pairs[name]) < least_pairs(name, spent.usual)]


def _wide(spent: Spent, wanted: float, budget: float) -> list[str]:
    """Of those that are wider than wanted the ones to which a further pair tells most, while there is budget."""
    if spent.seconds >= budget:
        return []
    found = spent.estimates()
    wide = [name for name in spent.alive if found[name].half() > wanted and found[name].pairs < MOST]
    # The mean square of all errors falls fastest so, to the least when pairs are as the noise (Neyman's allocation). By
    # the width alone a benchmark that nothing makes precise would take the pairs of ten others.
    wide.sort(key=lambda name: -(found[name].half() ** 2) / found[name].pairs)
    return wide[: math.ceil(len(wide) / SHARE)]
