"""Fixing the times of the reference build: the combinations of a benchmark interleaved with one of them, once.

Benchmarks of one group, such as the strategies of a workload, are compared with each other by their
readers. So each is measured in pairs with the first of its group that runs, its anchor: how fast
the machine is at that moment is in both. The anchor's own time is what all its processes took.
"""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from asv_gate.asvlink import Benchmark
from asv_gate.comparable import last_line
from asv_gate.history.reference import Build, ReferenceTime, group_of
from asv_gate.history.spending import SAMPLES, PairTaken, Spent, Turns, spend
from asv_gate.journal import Journal, has_value
from asv_gate.pair import Pair, Side, measure

PRECISION = 0.01  # of a combination against its anchor: it is in all ratios between combinations ever after
GROUP_SECONDS = 20.0  # of pairs for a combination, in the mean, at most


def fix(
    side: Side,
    benchmarks: Sequence[Benchmark],
    *,
    versions: Mapping[str, str],
    build: Build,
    journal: Journal,
    tell: Callable[[str], None],
) -> tuple[dict[str, ReferenceTime], dict[str, str]]:
    """Measure benchmarks with the reference build.

    Parameters
    ----------
    side
        The reference build.
    benchmarks
        Those whose times are wanted.
    versions
        By the benchmark's name without parameters.
    build
        What `side` is, for the file.
    journal
        Every pair is in it, and is not measured again.
    tell
        Told of each group.

    Returns
    -------
    The times by name; and by name why a benchmark has none: it fails or skips itself there.

    """
    groups: dict[str, list[Benchmark]] = {}
    for benchmark in benchmarks:
        groups.setdefault(group_of(benchmark.name), []).append(benchmark)
    times: dict[str, ReferenceTime] = {}
    without: dict[str, str] = {}
    for number, (name, group) in enumerate(groups.items(), 1):
        tell(f"Reference time of {name}, {number} of {len(groups)}")
        fixed, failed = _fix_group(side, group, versions[name], build, journal)
        times |= fixed
        without |= failed
    return times, without


def _fix_group(
    side: Side, group: Sequence[Benchmark], version: str, build: Build, journal: Journal
) -> tuple[dict[str, ReferenceTime], dict[str, str]]:
    failed: dict[str, str] = {}
    values: dict[str, list[float]] = {benchmark.name: [] for benchmark in group}
    seconds: dict[str, list[float]] = {benchmark.name: [] for benchmark in group}
    for anchor in group:
        rest = {benchmark.name: benchmark for benchmark in group if benchmark.name not in failed}
        turns = Turns()

        def take(
            number: int,
            name: str,
            anchor: Benchmark = anchor,
            rest: Mapping[str, Benchmark] = rest,
            turns: Turns = turns,
        ) -> PairTaken:
            first = turns.base_first(name)
            line = journal.once(
                {"fix": anchor.name, "name": name, "round": number, "build": str(build)},
                lambda: _as_line(
                    measure(
                        side,
                        side,
                        anchor,
                        np.random.default_rng([number, *name.encode()]),
                        rest[name],
                        samples=SAMPLES,
                        base_first=first,
                    )
                ),
                has_value,
            )
            if line["anchor"] is not None:
                values[anchor.name].append(line["anchor"])
            if line["d"] is not None:
                seconds[name].append(line["seconds"])
            return PairTaken(line["d"], line["seconds"], line["why"])

        first = take(0, anchor.name)
        if first.d is None:
            failed[anchor.name] = first.why
            continue
        budget = GROUP_SECONDS * len(rest)
        spent: Spent = spend(list(rest), take, precision=PRECISION, budget=budget, seed=0)
        failed |= spent.failed
        base = float(np.median(values[anchor.name]))
        found = spent.estimates()
        return {
            name: ReferenceTime(
                name=name,
                version=version,
                seconds=base if name == anchor.name else base * found[name].ratio,
                half=0.0 if name == anchor.name else found[name].half(),
                anchor=anchor.name,
                pairs=found[name].pairs,
                cost=float(np.median(seconds[name])),
                build=build,
            )
            for name in rest
            if name in found
        }, failed
    return {}, failed


def _as_line(pair: Pair) -> dict[str, object]:
    value = pair.base.value
    wrong = [
        f"{'fails' if outcome.value is None else 'skips itself'}: {last_line(outcome.error)}".removesuffix(": ")
        for outcome in (pair.base, pair.head)
        if outcome.value is None or outcome.skipped
    ]
    good = value is not None and math.isfinite(value) and not wrong
    return {
        "d": None if math.isnan(pair.d) else pair.d,
        "anchor": value if good else None,
        "seconds": round(pair.seconds, 4),
        "why": "" if good else (wrong or ["it gave no time above 0"])[-1],
    }
