"""What can be compared: a dry run of every benchmark on both sides, before any time is taken.

Skips and failures show here, where nothing is timed, so that several run at once.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asv_gate import comparable, cpus, workspace
from asv_gate.asvlink import Benchmark
from asv_gate.atomic import write_atomic
from asv_gate.interleaving import SAMPLES
from asv_gate.outcome import Outcome
from asv_gate.pair import ONCE, Side, is_timing
from asv_gate.progress import Progress
from asv_gate.sides import Selection

SAMPLE_SECONDS = 0.01  # asv's own default of sample_time: a quick benchmark runs as often as fills it


@dataclass(frozen=True)
class DryRun:
    """The benchmarks that both sides measure, with the seconds a pair should take, and what is said of the others."""

    timings: Sequence[Benchmark]
    costs: Sequence[float]
    metrics: Sequence[Benchmark]
    skipped: int  # by both sides
    unmeasured: Mapping[str, str]  # name: why it is not compared
    broken: Mapping[str, str]  # name: how it fails in head, and not in base


def dry_run(sides: tuple[Side, Side], selection: Selection, progress: Progress) -> DryRun:
    """Run each benchmark once on each side that has it.

    Base's outcomes in this installation with this suite are kept beside it for the next run.
    """
    base, head = sides
    in_base, in_head = selection.in_base, selection.in_head
    progress.stage(f"Dry run of {len(selection.names)} benchmarks")
    shared = [benchmark for name, benchmark in in_head.items() if name in in_base]
    unmeasured = dict.fromkeys(in_base.keys() - in_head.keys(), "only in base")
    unmeasured |= dict.fromkeys(in_head.keys() - in_base.keys(), "only in head")
    kept = base.install.folder / f"dry-run-{workspace.digest(base.suite)[:12]}.json"
    known = {name: Outcome(*outcome) for name, outcome in _load(kept).items()}
    unknown = [in_base[benchmark.name] for benchmark in shared if benchmark.name not in known]
    total = len(unknown) + len(shared)
    known |= _outcomes(base, unknown, lambda done: progress.done(done, total))
    after = _outcomes(head, shared, lambda done: progress.done(len(unknown) + done, total))
    good = {name: (outcome.samples, outcome.seconds) for name, outcome in known.items() if outcome.samples}
    write_atomic(kept, json.dumps(good))

    timings, costs, metrics = [], [], []
    skipped = 0
    broken = {}
    for benchmark in shared:
        was, now = known[benchmark.name], after[benchmark.name]
        if was.skipped and now.skipped:
            skipped += 1
        elif why := comparable.why_not(was, now):
            unmeasured[benchmark.name] = why
            if breakage := comparable.breakage(was, now):
                broken[benchmark.name] = breakage
        elif is_timing(benchmark):
            timings.append(benchmark)
            costs.append(pair_seconds(benchmark, was, now))
        else:
            metrics.append(benchmark)
    return DryRun(timings, costs, metrics, skipped, unmeasured, broken)


def pair_seconds(benchmark: Benchmark, base: Outcome, head: Outcome) -> float:
    """What a pair takes, where processes that run once took this."""
    if benchmark.type != "time":
        return base.seconds + head.seconds
    least, most, seconds = SAMPLES
    turn = sum(max(outcome.value or 0.0, SAMPLE_SECONDS) for outcome in (base, head))
    return max(base.seconds, head.seconds) + turn * (1 + min(most, max(least, seconds / turn)))


def _outcomes(side: Side, benchmarks: Sequence[Benchmark], tell: Callable[[int], None]) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    at_once = cpus.usable()
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


def _load(path: Any) -> Mapping[str, Any]:
    try:
        loaded: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return loaded
