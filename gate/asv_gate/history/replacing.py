"""Replacing the reference of a machine's history by another build, which is measured against it, once.

A benchmark's reference time stays where it is: that of the new build is the old one's, multiplied by their ratio. So
series go on across the replacement. Where the old build can no longer be made, a result that the new one has in the
history is its time, since that was measured against the old one. What is left begins anew, and the file says so.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import numpy as np

from asv_gate import comparable
from asv_gate.asvlink import Benchmark
from asv_gate.errors import GateError
from asv_gate.history import fixing
from asv_gate.history.reference import Build, Reference, ReferenceTime, Replaced, group_of
from asv_gate.history.spending import SAMPLES, PairTaken, Turns, expected, forecast, spend
from asv_gate.journal import Journal, has_value
from asv_gate.pair import Side


@dataclass(frozen=True)
class NewBuild:
    """What is to be the reference: installed, with its timings, their versions, and what the history has of it.

    Attributes
    ----------
    results
        By benchmark its time in the results, and half of the 95 % interval of the logarithm.

    """

    build: Build
    side: Side
    benchmarks: Sequence[Benchmark]
    versions: Mapping[str, str]
    results: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def replace_reference(
    old: Reference,
    new: NewBuild,
    *,
    side: Callable[[Build], Side],
    journal: Journal,
    when: str,
    tell: Callable[[str], None],
    done: Callable[[float, float], None],
) -> Reference:
    """Measure the new build against the old one.

    Parameters
    ----------
    old
        The machine's reference.
    new
        What is to take its place.
    side
        Installs a build, or raises GateError where it cannot be made.
    journal
        Every pair is in it, and is not measured again.
    when
        The date, for the file.
    tell
        Told of each step.
    done
        Told after each pair how many seconds of how many a step has taken.

    Returns
    -------
    The new reference, not yet written.

    """
    there = {each.name: each for each in new.benchmarks}
    linked: dict[str, ReferenceTime] = {}
    kept: dict[str, ReferenceTime] = {}
    apart: dict[str, str] = {}
    for build in dict.fromkeys(time.build for time in old.times.values()):
        times = {name: time for name, time in old.times.items() if time.build == build}
        if build == new.build:  # it has fixed these itself
            linked |= times
            continue
        alike = {name: time for name, time in times.items() if _alike(time, new, there)}
        try:
            base = side(build)
        except GateError as error:
            why = f"{build} can no longer be made: {str(error).partition(chr(10))[0]}"
            by_results = {name: _by_result(time, new) for name, time in alike.items() if name in new.results}
            linked |= by_results
            apart |= {name: why for name in times if name not in by_results}
            continue
        tell(f"Measuring {new.build} against {build}, {len(alike)} benchmarks")
        found = _measured((base, new), build, alike, [there[name] for name in alike], journal=journal, done=done)
        linked |= found
        kept |= {name: time for name, time in times.items() if name not in found}
    replaced = Replaced(old.build, new.build, when, sorted(linked), sorted(kept), apart)
    return Reference(new.build, old.machine, {**kept, **linked}, [*old.replaced, replaced])


def keep(old: Reference, folder: Path) -> Path:
    """Write the old reference beside the new one, under a name of its own, so that nothing is lost."""
    path = next(path for number in count(1) if not (path := folder / f"reference-{number}.jsonl").exists())
    old.save(folder, path.name)
    return path


def _alike(time: ReferenceTime, new: NewBuild, there: Mapping[str, Benchmark]) -> bool:
    return time.name in there and new.versions.get(group_of(time.name)) == time.version


def _by_result(time: ReferenceTime, new: NewBuild) -> ReferenceTime:
    seconds, half = new.results[time.name]
    return ReferenceTime(
        time.name, time.version, seconds, math.hypot(time.half, half), time.anchor, time.pairs, time.cost, new.build
    )


def _measured(
    sides: tuple[Side, NewBuild],
    build: Build,
    times: Mapping[str, ReferenceTime],
    benchmarks: Sequence[Benchmark],
    *,
    journal: Journal,
    done: Callable[[float, float], None],
) -> dict[str, ReferenceTime]:
    base, new = sides
    by_name = {each.name: each for each in benchmarks}
    seconds: dict[str, list[float]] = {name: [] for name in by_name}

    turns = Turns()

    def take(number: int, name: str) -> PairTaken:
        first = turns.base_first(name)
        coins = np.random.default_rng([number, *name.encode()])
        line = journal.once(
            {"link": name, "round": number, "build": str(build)},
            lambda: comparable.as_line(comparable.measure_pair((base, new.side), by_name[name], coins, SAMPLES, first)),
            has_value,
        )
        seconds[name].append(line["seconds"])
        return PairTaken(line["d"], line["seconds"], line["why"])

    budget = fixing.GROUP_SECONDS * len(by_name)
    longest, _ = forecast({name: times[name].cost for name in by_name}, budget)
    spent = spend(
        list(by_name),
        take,
        precision=fixing.PRECISION,
        budget=budget,
        seed=0,
        tell=lambda spent: done(spent.seconds, expected(spent, longest)),
    )
    return {
        name: ReferenceTime(
            name=name,
            version=times[name].version,
            seconds=times[name].seconds * each.ratio,
            half=math.hypot(times[name].half, each.half()),
            anchor=times[name].anchor,
            pairs=each.pairs,
            cost=float(np.median(seconds[name])),
            build=new.build,
        )
        for name, each in spent.estimates().items()
    }
