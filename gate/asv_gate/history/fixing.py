"""Fixing the times of the reference build: the combinations of a benchmark interleaved with one of them, once.

Benchmarks of one group, such as the strategies of a workload, are compared with each other by their
readers. So each is measured in pairs with the first of its group that runs, its anchor: how fast
the machine is at that moment is in both. The anchor's own time is what all its processes took, and
stays: what joins the group later is measured against the same one, also where a later build alone has it,
as a strategy that a commit adds. A time apart from these would be of another hour, or another machine of the model.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from asv_gate.asvlink import Benchmark
from asv_gate.comparable import last_line
from asv_gate.history.reference import Build, ReferenceTime, group_of
from asv_gate.history.spending import SAMPLES, PairTaken, Spent, Turns, expected, spend
from asv_gate.journal import Journal, has_value
from asv_gate.pair import Pair, Side, measure
from asv_gate.progress import Progress
from asv_gate.report.words import count, duration

PRECISION = 0.01  # of a combination against its anchor: it is in all ratios between combinations ever after
GROUP_SECONDS = 20.0  # of pairs for a combination, in the mean, at most


@dataclass(frozen=True)
class Anchor:
    """What joins a group is measured against.

    Attributes
    ----------
    benchmark, side
        The anchor, and the build with which it runs.
    time
        Its time there, that was fixed before; None where this is the first of its group to be fixed.

    """

    benchmark: Benchmark
    side: Side
    time: ReferenceTime | None = None


def fix(
    side: Side,
    benchmarks: Sequence[Benchmark],
    *,
    anchors: Mapping[str, Anchor],
    versions: Mapping[str, str],
    build: Build,
    journal: Journal,
    progress: Progress,
) -> tuple[dict[str, ReferenceTime], dict[str, str]]:
    """Measure benchmarks with the reference build, or with the first that has them.

    Parameters
    ----------
    side
        That build.
    benchmarks
        Those whose times are wanted.
    anchors
        By the name without parameters, that of a group which has times, of this build or of another.
    versions
        By the benchmark's name without parameters.
    build
        What `side` is, for the file.
    journal
        Every pair is in it, and is not measured again.
    progress
        Told of each group, and of each pair.

    Returns
    -------
    The times by name; and by name why a benchmark has none: it fails or skips itself there.

    """
    groups: dict[str, list[Benchmark]] = {}
    for benchmark in benchmarks:
        groups.setdefault(group_of(benchmark.name), []).append(benchmark)
    times: dict[str, ReferenceTime] = {}
    without: dict[str, str] = {}
    gone, left = 0.0, GROUP_SECONDS * len(benchmarks)
    if benchmarks:
        words = count(len(benchmarks), "benchmark")
        progress.stage(f"Fixing the times of {words} in {build}, up to {duration(left)}")
    for number, (name, group) in enumerate(groups.items(), 1):
        progress.item(f"{name}, {number} of {len(groups)}")
        budget = GROUP_SECONDS * len(group)
        left -= budget
        fixed, failed, seconds = _fix_group(
            side,
            group,
            anchors.get(name),
            version=versions[name],
            build=build,
            journal=journal,
            tell=_teller(progress, gone, budget, left),
        )
        times |= fixed
        without |= failed
        gone += seconds
    return times, without


def _fix_group(
    side: Side,
    group: Sequence[Benchmark],
    known: Anchor | None,
    *,
    version: str,
    build: Build,
    journal: Journal,
    tell: Callable[[Spent], None],
) -> tuple[dict[str, ReferenceTime], dict[str, str], float]:
    """The times, why others have none, and the seconds of pairs."""
    failed: dict[str, str] = {}
    values: dict[str, list[float]] = defaultdict(list)
    seconds: dict[str, list[float]] = defaultdict(list)
    for anchor in (*([known] if known else []), *(Anchor(each, side) for each in group)):
        against = anchor.benchmark.name
        rest = {benchmark.name: benchmark for benchmark in group if benchmark.name not in failed}
        turns = Turns()

        def take(
            number: int,
            name: str,
            anchor: Anchor = anchor,
            rest: Mapping[str, Benchmark] = rest,
            turns: Turns = turns,
        ) -> PairTaken:
            first = turns.base_first(name)
            own, other = (side, rest[name]) if name in rest else (anchor.side, anchor.benchmark)
            line = journal.once(
                {"fix": anchor.benchmark.name, "name": name, "round": number, "build": str(build)},
                lambda: _as_line(
                    measure(
                        anchor.side,
                        own,
                        anchor.benchmark,
                        np.random.default_rng([number, *name.encode()]),
                        other,
                        samples=SAMPLES,
                        base_first=first,
                    )
                ),
                has_value,
            )
            if line["anchor"] is not None:
                values[anchor.benchmark.name].append(line["anchor"])
            if line["d"] is not None:
                seconds[name].append(line["seconds"])
            return PairTaken(line["d"], line["seconds"], line["why"])

        first = take(0, against)
        if first.d is None:
            if against in rest:
                failed[against] = first.why
            continue
        budget = GROUP_SECONDS * len(rest)
        spent = spend(list(rest), take, precision=PRECISION, budget=budget, seed=0, tell=tell)
        failed |= spent.failed
        base = anchor.time.seconds if anchor.time else float(np.median(values[against]))
        found = spent.estimates()
        times = {
            name: ReferenceTime(
                name=name,
                version=version,
                seconds=base if name == against else base * found[name].ratio,
                half=0.0 if name == against else found[name].half(),
                anchor=against,
                pairs=found[name].pairs,
                cost=float(np.median(seconds[name])),
                build=build,
            )
            for name in rest
            if name in found
        }
        return times, failed, spent.seconds
    return {}, failed, 0.0


def _teller(progress: Progress, gone: float, budget: float, left: float) -> Callable[[Spent], None]:
    """What tells of a group's pairs: the seconds of the groups before it, its own at most, and those of the others."""

    def tell(spent: Spent) -> None:
        progress.done(gone + spent.seconds, gone + expected(spent, budget) + left)

    return tell


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
