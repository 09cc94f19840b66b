"""``asv-gate plan``: what a run would measure, what that takes, and which budgets could detect what."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import numpy as np

from asv_gate import metrics, noise, sides, workspace
from asv_gate.asvlink import Benchmark, Suite
from asv_gate.dryrun import DryRun, dry_run
from asv_gate.errors import GateError
from asv_gate.forecast import Forecast, forecast
from asv_gate.gate import dry_run_limit
from asv_gate.journal import Journal
from asv_gate.live import LivePairs
from asv_gate.metrics import Metric
from asv_gate.pair import Side
from asv_gate.progress import Progress
from asv_gate.report.words import count
from asv_gate.request import Request
from asv_gate.sides import Selection
from asv_gate.simulated import SPREAD
from asv_gate.workspace import Workspace

ASSUMED_NOISE = math.sqrt(2) * SPREAD  # of a pair, where none was measured


@dataclass(frozen=True)
class Planned:
    """A benchmark that is measured in pairs: the seconds of one, and the standard deviation of its ln(head / base)."""

    benchmark: Benchmark
    seconds: float
    noise: float


@dataclass(frozen=True)
class Plan:
    """What a run with this request would do."""

    request: Request
    suite: Suite
    selection: Selection
    dry: DryRun
    building_seconds: float
    pairs: int  # of each benchmark, that were measured; 0 where its noise is assumed
    planned: Sequence[Planned]
    metrics: Sequence[Metric]  # that are judged by a threshold
    forecast: Forecast | None  # None where nothing is measured in pairs
    unmeasured: Mapping[str, str] = field(default_factory=dict)


def plan(request: Request, pairs: int, progress: Progress) -> Plan:
    """Install both commits, try every benchmark once, and measure so many pairs of each.

    Parameters
    ----------
    request
        As for a run. Where base and head are one commit, it is installed once.
    pairs
        Of each benchmark, to tell its noise from; 0 for none.
    progress
        Who is told how it goes on.

    Raises
    ------
    GateError
        Where there is nothing to measure.

    """
    space = Workspace(request.config)
    progress.stage("Reading the suite")
    base_suite, suite = request.suites()
    with space.scratch() as folder:
        building = monotonic()
        both = _installed(space, (base_suite, suite), request.commits(suite), folder, progress)
        building = monotonic() - building
        selection = sides.select(suite, both, request.bench, request.timeout, progress)
        dry = dry_run(both, selection, dry_run_limit(request.settings), progress)
        with Journal(folder / "journal.jsonl", {"seed": request.seed or 0}) as journal:
            budget = metrics.SHARE * request.settings.budget
            measured = metrics.compare(
                [both], dry.metrics, request.metric_threshold, budget=budget, journal=journal, progress=progress
            )
            noisy = [metric for metric in measured if metric.noisy]
            benchmarks = [*dry.timings, *(metric.benchmark for metric in noisy)]
            costs = [*dry.costs, *(metric.seconds for metric in noisy)]
            planned, wrong = _measured([both], benchmarks, costs, pairs, journal=journal, progress=progress)
    unmeasured = {**dry.unmeasured, **{each.benchmark.name: each.wrong for each in measured if each.wrong}, **wrong}
    judged = [metric for metric in measured if not metric.noisy and not metric.wrong]
    if not planned and not judged:
        reasons = "; ".join(f"{name}: {why}" for name, why in list(unmeasured.items())[:5])
        raise GateError(f"nothing can be compared{': ' if reasons else ''}{reasons}")
    return Plan(
        request=request,
        suite=suite,
        selection=selection,
        dry=dry,
        building_seconds=building,
        pairs=pairs,
        planned=planned,
        metrics=judged,
        forecast=_forecast(request, planned, math.fsum(each.spent for each in measured), progress),
        unmeasured=unmeasured,
    )


def _installed(
    space: Workspace, suites: tuple[Suite, Suite], commits: tuple[str, str], folder: Path, progress: Progress
) -> tuple[Side, Side]:
    """Both sides; one for both, where they are alike."""
    if commits[0] != commits[1] or suites[0] is not suites[1]:
        (both,) = sides.install(
            space, suites[1], commits, installations=1, folder=folder, progress=progress, base_suite=suites[0]
        )
        return both
    side = Side(suites[1], space.install(suites[1], commits[0], workspace.LETTERS[0], progress.stage), folder)
    return side, side


def _measured(
    both: Sequence[tuple[Side, Side]],
    benchmarks: Sequence[Benchmark],
    costs: Sequence[float],
    pairs: int,
    *,
    journal: Journal,
    progress: Progress,
) -> tuple[list[Planned], Mapping[str, str]]:
    """What pairs of each take and how noisy they are, and why some cannot be measured."""
    if not pairs or not benchmarks:
        return [Planned(each, cost, ASSUMED_NOISE) for each, cost in zip(benchmarks, costs, strict=True)], {}
    progress.stage(f"Measuring {count(pairs, 'pair')} of each of {count(len(benchmarks), 'benchmark')}")
    whole, spent = pairs * math.fsum(costs), 0.0

    def tell(seconds: float) -> None:
        nonlocal spent
        spent += seconds
        progress.done(spent, whole)

    source = LivePairs(both, benchmarks, costs, journal, tell)
    rounds = [source.round(np.arange(len(benchmarks)), 0) for _ in range(pairs)]
    d, seconds = (np.stack(each, axis=1) for each in zip(*rounds, strict=True))
    good = ~np.isnan(d).any(axis=1)
    scales = noise.scales(d[good])
    chosen = [benchmark for benchmark, well in zip(benchmarks, good, strict=True) if well]
    means = seconds[good].mean(axis=1)
    return [
        Planned(benchmark, float(mean), max(float(scale), noise.SMALLEST))
        for benchmark, mean, scale in zip(chosen, means, scales, strict=True)
    ], source.wrong


def _forecast(request: Request, planned: Sequence[Planned], spent: float, progress: Progress) -> Forecast | None:
    if not planned:
        return None
    progress.stage("Simulating runs with other budgets")
    settings = request.settings
    thresholds = [each.benchmark.threshold for each in planned]
    return forecast(
        [each.seconds for each in planned],
        [each.noise for each in planned],
        [settings.threshold if threshold is None else threshold for threshold in thresholds],
        settings,
        spent=spent,
        tell=progress.done,
    )
