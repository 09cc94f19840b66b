"""A build's benchmarks in interleaved pairs with what each of them is measured against."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from asv_gate import comparable
from asv_gate.asvlink import Benchmark
from asv_gate.history.estimate import Usual
from asv_gate.history.reference import Build
from asv_gate.history.rows import Value
from asv_gate.history.spending import PairTaken, Spent, Turns, expected, fitting, forecast, spend
from asv_gate.journal import Journal, has_value
from asv_gate.pair import Side
from asv_gate.progress import Progress
from asv_gate.report.words import count


@dataclass(frozen=True)
class Base:
    """What a benchmark is measured against.

    Attributes
    ----------
    build
        With which the pairs are.
    time
        Of the benchmark in that build, in seconds.
    cost
        The seconds that a pair takes.
    is_reference
        Whether the build is the history's reference.

    """

    build: Build
    time: float
    cost: float
    is_reference: bool


def pairs(
    side: Side,
    benchmarks: Sequence[Benchmark],
    bases: Mapping[str, Base],
    *,
    install: Callable[[Build], Side],
    journal: Journal,
    precision: float,
    budget: float,
    usual: Mapping[str, Usual],
    title: str,
    progress: Progress,
) -> Spent:
    """Measure benchmarks.

    Parameters
    ----------
    side
        The build that they are measured of.
    benchmarks
        Those to measure, as it has them.
    bases
        By the benchmark's name.
    install
        Installs a base.
    journal
        Every pair is in it, and is not measured again.
    precision, budget, usual
        As `spend` takes them.
    title
        Of the build, for the progress.
    progress
        Told of each pair.

    """
    by_name = {each.name: each for each in benchmarks}
    if not by_name:
        return Spent()
    costs = {name: bases[name].cost for name in by_name}
    samples = fitting(list(costs.values()), budget)
    # Here, so that the progress of the pairs does not speak of building.
    installed = {build: install(build) for build in dict.fromkeys(bases[name].build for name in by_name)}
    longest, words = forecast(costs, budget, usual)
    progress.stage(f"Measuring {count(len(by_name), 'benchmark')} of {title}, {words}")

    turns = Turns()

    def take(number: int, name: str) -> PairTaken:
        first = turns.base_first(name)
        base = bases[name]
        against = None if base.is_reference else str(base.build)
        sides = installed[base.build], side
        coins = np.random.default_rng([number, *name.encode()])

        def measured() -> dict[str, Any]:
            pair = comparable.measure_pair(sides, by_name[name], coins, samples, first)
            well = not (pair.head.failed or pair.head.skipped)
            return {**comparable.as_line(pair), "base_alone": well and (pair.base.failed or pair.base.skipped)}

        # The first build's journal has reference times, too, and one may have pairs with another base.
        key = {"round": number, "name": name, "fix": None, "against": against}
        line = journal.once(key, measured, has_value)
        took = line["base"] if isinstance(line["base"], float) else None  # infinite ones are texts
        return PairTaken(line["d"], line["seconds"], line["why"], took, line.get("base_alone", False))

    return spend(
        list(by_name),
        take,
        precision=precision,
        budget=budget,
        seed=0,
        usual=usual,
        tell=lambda spent: progress.done(spent.seconds, expected(spent, longest)),
    )


def values(spent: Spent, bases: Mapping[str, Base]) -> dict[str, Value]:
    """What the pairs say of each benchmark, in seconds; nothing of those that fail in what they are compared with."""
    found = spent.estimates()
    said = {}
    for name, taken in spent.pairs.items():
        if name in spent.base_alone:
            continue
        if name in found:
            base = bases[name].time
            said[name] = Value(base * found[name].ratio, found[name], tuple(taken), base)
        else:
            why = spent.failed.get(name, "it has no pairs")
            said[name] = Value(why=why, skipped="skips itself" in why and "fails" not in why)
    return said
