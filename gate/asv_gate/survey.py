"""What can be compared: a look at every benchmark on both sides before any time is taken.

Skips and failures show here, where nothing is timed, so that several run at once, and a benchmark
that is broken in head ends the run before its budget is spent.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from asv_gate.asvlink import Benchmark
from asv_gate.pair import ONCE, TURNS, Outcome, Side, is_timing

SAMPLE_SECONDS = 0.01  # asv's own default of sample_time: a quick benchmark runs as often as fills it


@dataclass(frozen=True)
class Survey:
    """The benchmarks that both sides measure, with the seconds a pair should take, and what is said of the others."""

    timings: Sequence[Benchmark]
    costs: Sequence[float]
    numbers: Sequence[Benchmark]
    skipped: int  # by both sides
    unmeasured: Mapping[str, str]  # name: why it is not compared
    broken: Mapping[str, str]  # name: how it fails in head, and not in base


def look(
    sides: tuple[Side, Side],
    in_base: Mapping[str, Benchmark],
    in_head: Mapping[str, Benchmark],
    *,
    known: dict[str, Outcome],
    tell: Callable[[int, int], None],
) -> Survey:
    """Run each benchmark once on each side that has it.

    `known` has base's outcomes of earlier looks by name, and takes on those of this one. `tell` is
    told how many of how many processes have run.
    """
    base, head = sides
    shared = [benchmark for name, benchmark in in_head.items() if name in in_base]
    unmeasured = dict.fromkeys(in_base.keys() - in_head.keys(), "only in base")
    unmeasured |= dict.fromkeys(in_head.keys() - in_base.keys(), "only in head")
    unknown = [in_base[benchmark.name] for benchmark in shared if benchmark.name not in known]
    total = len(unknown) + len(shared)
    known |= _outcomes(base, unknown, lambda done: tell(done, total))
    after = _outcomes(head, shared, lambda done: tell(len(unknown) + done, total))

    timings, costs, numbers = [], [], []
    skipped = 0
    broken = {}
    for benchmark in shared:
        was, now = known[benchmark.name], after[benchmark.name]
        if was.skipped and now.skipped:
            skipped += 1
        elif why := incomparable(was, now):
            unmeasured[benchmark.name] = why
            if fails_in_head_only(was, now):
                broken[benchmark.name] = now.error
        elif is_timing(benchmark):
            timings.append(benchmark)
            costs.append(pair_seconds(benchmark, was, now))
        else:
            numbers.append(benchmark)
    return Survey(timings, costs, numbers, skipped, unmeasured, broken)


def incomparable(base: Outcome, head: Outcome) -> str:
    """Why two outcomes cannot be compared; nothing where they can."""
    said = [
        f"{'fails' if outcome.value is None else 'skips itself'} in {side}"
        for side, outcome in (("base", base), ("head", head))
        if outcome.value is None or outcome.skipped
    ]
    return "fails in both" if said == ["fails in base", "fails in head"] else " and ".join(said)


def fails_in_head_only(base: Outcome, head: Outcome) -> bool:
    return head.value is None and base.value is not None


def pair_seconds(benchmark: Benchmark, base: Outcome, head: Outcome) -> float:
    """What a pair takes, where processes that run once took this."""
    if benchmark.type != "time":
        return base.seconds + head.seconds
    least, most, seconds = TURNS
    turn = sum(max(outcome.value or 0.0, SAMPLE_SECONDS) for outcome in (base, head))
    return max(base.seconds, head.seconds) + turn * (1 + min(most, max(least, seconds / turn)))


def _outcomes(side: Side, benchmarks: Sequence[Benchmark], tell: Callable[[int], None]) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    at_once = usable_cpus()
    for kind in (ONCE, {}):
        these = [each for each in benchmarks if (each.type == "time") == bool(kind)]
        for i in range(0, len(these), at_once):
            some = these[i : i + at_once]
            for benchmark, outcome in zip(some, side.processes(some, kind, hash_seed=1), strict=True):
                # A failure may be the fault of the others, which run at the same time.
                again = outcome.value is None and len(some) > 1
                outcomes[benchmark.name] = side.process(benchmark, kind, hash_seed=1) if again else outcome
            tell(len(outcomes))
    return outcomes


def usable_cpus() -> int:
    affinity: Callable[[int], Iterable[int]] | None = getattr(os, "sched_getaffinity", None)
    return len(list(affinity(0))) if affinity else os.cpu_count() or 1
