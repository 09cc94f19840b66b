"""What can be compared: a dry run of every benchmark on both sides, before any time is taken.

Skips and failures show here, where nothing is timed, so that several processes run at once.
"""

import contextlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from asv_gate import comparable, cpus, workspace
from asv_gate.asvlink import Benchmark
from asv_gate.atomic import write_atomic
from asv_gate.discovery import LONGEST
from asv_gate.interleaving import SAMPLES
from asv_gate.journal import Journal
from asv_gate.outcome import Outcome
from asv_gate.pair import ONCE, Pair, Side, run_together
from asv_gate.progress import Progress
from asv_gate.report.words import count, duration
from asv_gate.sides import Selection

SAMPLE_SECONDS = 0.01  # asv's own default of sample_time: a quick benchmark runs as often as fills it
START_SECONDS = 0.5  # of a process that is not known yet, besides its imports
SHORTEST = 1.0  # of the time that a process is given at the end of the limit
BASE_SEED, HEAD_SEED = 1, 2  # of hashes: what depends on them is noisy


@dataclass
class DryRun:
    """The benchmarks that both sides measure, with the seconds a pair should take, and what is said of the others."""

    timings: list[Benchmark] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    metrics: list[tuple[Benchmark, dict[str, Any]]] = field(default_factory=list)  # with their first pair, as a line
    skipped: int = 0  # by both sides
    unmeasured: dict[str, str] = field(default_factory=dict)  # name: why it is not compared
    broken: dict[str, str] = field(default_factory=dict)  # name: how it fails in head, and not in base
    seconds: float = 0.0  # that it took

    def as_line(self) -> dict[str, Any]:
        """As a journal has it."""
        return {
            "timings": [[each.name, cost] for each, cost in zip(self.timings, self.costs, strict=True)],
            "metrics": [[each.name, pair] for each, pair in self.metrics],
            **{key: getattr(self, key) for key in ("skipped", "unmeasured", "broken", "seconds")},
        }


def remembered(journal: Journal, selection: Selection, make: Callable[[], DryRun]) -> DryRun:
    """The dry run of an interrupted run, or the one that is made now: what is measured next follows from it."""
    line = journal.once({"what": "dry run"}, lambda: make().as_line())
    benchmarks = {benchmark.name: benchmark for _, benchmark in selection.shared}
    found = DryRun(skipped=line["skipped"], seconds=line["seconds"])
    found.unmeasured = {**line["unmeasured"], **selection.unmeasured}
    found.broken = {**line["broken"], **selection.broken}
    for name, cost in line["timings"]:
        if name in benchmarks:  # else its file cannot be imported any more
            found.timings.append(benchmarks[name])
            found.costs.append(cost)
    found.metrics = [(benchmarks[name], pair) for name, pair in line["metrics"] if name in benchmarks]
    return found


def dry_run(sides: tuple[Side, Side], selection: Selection, limit: float, progress: Progress) -> DryRun:
    """Run each benchmark once on each side that has it.

    What base's timings took is kept beside its installation, for the next run with this suite.

    Parameters
    ----------
    sides
        Base and head.
    selection
        The benchmarks of both.
    limit
        Seconds after which no more benchmarks are tried, and those that are being tried are given up.
    progress
        Told of each benchmark.

    """
    start = monotonic()
    found = DryRun(unmeasured=dict(selection.unmeasured), broken=dict(selection.broken))
    shared = selection.shared
    kept = _Kept(sides[0])
    expected = min(limit, expected_seconds(selection, kept.outcomes))
    progress.stage(f"Dry run of {count(len(shared), 'benchmark')}, about {duration(max(1.0, expected))}")
    trials = _Trials(sides, kept.outcomes, start + limit)
    for done, (benchmark, base, head) in enumerate(trials.run(shared), start=1):
        left = min(limit, (monotonic() - start) / done * (len(shared) - done))
        progress.done(done, len(shared))
        place = f"{done} of {len(shared)}" + (f", about {duration(left)} left" if left >= 1 else "")
        progress.item(f"{place}: {benchmark.name}: {_words(base, head)}")
        _sort(found, benchmark, base, head)
    for _, benchmark in (*trials.cut, *shared[trials.tried :]):
        found.unmeasured[benchmark.name] = f"not reached within the dry run's limit of {duration(limit)}"
    kept.write()
    found.seconds = monotonic() - start
    return found


def expected_seconds(selection: Selection, kept: Mapping[str, Outcome]) -> float:
    """What a dry run should take: of each process as much as the last one did, or the imports and a bit."""
    quick = [START_SECONDS + imports for imports in selection.imports]
    total = 0.0
    for in_base, _ in selection.shared:
        before = kept.get(in_base.name)
        total += sum(quick) if before is None else before.seconds
    return total / min(cpus.usable(), max(1, 2 * len(selection.shared)))


def pair_seconds(benchmark: Benchmark, base: Outcome, head: Outcome) -> float:
    """What a pair takes, where processes that run once took this."""
    if benchmark.type != "time":
        return base.seconds + head.seconds
    least, most, seconds = SAMPLES
    turn = sum(max(outcome.value or 0.0, SAMPLE_SECONDS) for outcome in (base, head))
    return max(base.seconds, head.seconds) + turn * (1 + min(most, max(least, seconds / turn)))


def _sort(found: DryRun, benchmark: Benchmark, base: Outcome, head: Outcome) -> None:
    if base.skipped and head.skipped:
        found.skipped += 1
    elif why := comparable.why_not(base, head):
        found.unmeasured[benchmark.name] = why
        if breakage := comparable.breakage(base, head):
            found.broken[benchmark.name] = breakage
    elif benchmark.type == "time":
        found.timings.append(benchmark)
        found.costs.append(min(pair_seconds(benchmark, base, head), LONGEST))
    else:
        pair = Pair(base, head, base_first=True, seconds=base.seconds + head.seconds)
        found.metrics.append((benchmark, comparable.as_line(pair)))


def _words(base: Outcome, head: Outcome) -> str:
    return comparable.why_not(base, head) or f"base {base.seconds:.1f} s, head {head.seconds:.1f} s"


class _Trials:
    """Trying benchmarks, in batches of as many processes as there are CPUs."""

    def __init__(self, sides: tuple[Side, Side], kept: dict[str, Outcome], deadline: float) -> None:
        self.base, self.head = sides
        self.kept, self.deadline = kept, deadline
        self.tried = 0
        self.cut: list[tuple[Benchmark, Benchmark]] = []  # those that the deadline has ended
        self.limits: dict[str, float] = {}  # time-outs of benchmarks, of which one has been reached

    def run(self, shared: Sequence[tuple[Benchmark, Benchmark]]) -> Iterator[tuple[Benchmark, Outcome, Outcome]]:
        """Head's benchmark with the outcomes of base and head, until the deadline."""
        at_once = cpus.usable()
        while self.tried < len(shared) and (monotonic() < self.deadline):
            batch: list[tuple[Benchmark, Benchmark]] = []
            for pair in shared[self.tried :]:
                if batch and self._processes([*batch, pair]) > at_once:
                    break
                batch.append(pair)
            self.tried += len(batch)
            yield from self._batch(batch)

    def _processes(self, batch: Sequence[tuple[Benchmark, Benchmark]]) -> int:
        return sum(2 - (benchmark.name in self.kept) for benchmark, _ in batch)

    def _batch(self, batch: Sequence[tuple[Benchmark, Benchmark]]) -> Iterator[tuple[Benchmark, Outcome, Outcome]]:
        runs = []
        for in_base, in_head in batch:
            runs += [] if in_base.name in self.kept else [(self.base, in_base, attributes(in_base), BASE_SEED)]
            runs += [(self.head, in_head, attributes(in_head), HEAD_SEED)]
        limit = max(self._limit(benchmark) for _, benchmark in batch)
        left = max(self.deadline - monotonic(), SHORTEST)
        outcomes = iter(run_together(runs, min(limit, left)))
        for in_base, in_head in batch:
            was_kept = in_base.name in self.kept
            base = self.kept[in_base.name] if was_kept else next(outcomes)
            head = next(outcomes)
            if left < limit and (timed_out(base) or timed_out(head)):
                self.cut.append((in_base, in_head))
                continue
            both_timed_out = not was_kept and timed_out(base) and timed_out(head)
            if comparable.why_not(base, head) and not both_timed_out and (was_kept or len(runs) > 1):
                # It may be the fault of the others, which ran at the same time, or the world may have changed since
                # base was tried: who is to blame is asked of both, now and alone.
                base = self.base.process(in_base, attributes(in_base), BASE_SEED, self._limit(in_base))
                head = self.head.process(in_head, attributes(in_head), HEAD_SEED, self._limit(in_head))
            yield in_head, *self._noted(in_head, base, head)

    def _limit(self, benchmark: Benchmark) -> float:
        return self.limits.get(family(benchmark), benchmark.timeout)

    def _noted(self, benchmark: Benchmark, base: Outcome, head: Outcome) -> tuple[Outcome, Outcome]:
        """A time-out leaves half as much time to each other combination of the benchmark's parameters.

        So that all of them together take at most twice as long as one. One that does not end in less than its
        own time-out tells nothing of the side that it was run on.
        """
        limit = self._limit(benchmark)
        if timed_out(base) or timed_out(head):
            self.limits[family(benchmark)] = limit / 2
            if limit < benchmark.timeout:
                given_up = Outcome((), limit, f"given up after {limit:g} s, since other parameters of it time out")
                base = head = given_up
        if not comparable.why_not(base, head) and benchmark.type == "time" and math.isfinite(base.value or 0.0):
            self.kept[benchmark.name] = base
        else:
            self.kept.pop(benchmark.name, None)
        return base, head


def attributes(benchmark: Benchmark) -> Mapping[str, object]:
    """What a dry run changes of a benchmark: a timing is run once."""
    return ONCE if benchmark.type == "time" else {}


def family(benchmark: Benchmark) -> str:
    """The benchmark, whatever its parameters are."""
    return benchmark.id.partition("-")[0]


def timed_out(outcome: Outcome) -> bool:
    return outcome.error.startswith("timed out")


class _Kept:
    """The outcomes of base's timings in an installation, for the same suite: nothing but good ones."""

    def __init__(self, base: Side) -> None:
        self.path: Path = base.install.folder / f"dry-run-{workspace.digest(base.suite)[:12]}.json"
        self.outcomes: dict[str, Outcome] = {}
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            self.outcomes = {name: Outcome((float(value),), float(seconds)) for name, (value, seconds) in kept.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            pass

    def write(self) -> None:
        kept = {name: (outcome.value, outcome.seconds) for name, outcome in self.outcomes.items()}
        with contextlib.suppress(OSError):  # it spares the next run some time, and no more
            write_atomic(self.path, json.dumps(kept))
