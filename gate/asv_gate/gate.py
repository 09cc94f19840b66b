"""A run of the gate, from the names of two sides to a report, step by step."""

import contextlib
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from time import monotonic

from asv_gate import differing, metrics, runfolder, sides
from asv_gate.asvlink import Benchmark
from asv_gate.atomic import write_atomic
from asv_gate.decide import decide
from asv_gate.differing import Difference
from asv_gate.dryrun import dry_run, remembered
from asv_gate.errors import GateError
from asv_gate.live import LivePairs
from asv_gate.metrics import Metric
from asv_gate.pair import Side
from asv_gate.progress import Progress
from asv_gate.report.build import Run, build
from asv_gate.report.model import Report
from asv_gate.report.words import count, duration
from asv_gate.request import Request
from asv_gate.settings import Settings
from asv_gate.workspace import Workspace

SUITE_LEAST = 3  # timings of which there is a suite result
DRY_RUN_LEAST = 120.0  # seconds that a dry run may take, also where the budget is less


def run(request: Request, progress: Progress, calibration: Callable[[Workspace], str]) -> tuple[Report, Path]:
    """Compare two commits, or two environments.

    Parameters
    ----------
    request
        What is asked.
    progress
        Who is told how it goes on.
    calibration
        What is known of this machine's false alarms and power, in a sentence.

    Returns
    -------
    The report, and the run's folder, which has its journal.

    Raises
    ------
    GateError
        Where no report can be made.

    """
    started, start = datetime.now(timezone.utc), monotonic()
    space, settings = Workspace(request.config), request.settings
    progress.stage("Reading the suite")
    base_suite, suite = request.suites()
    with runfolder.opened(space, request, (base_suite, suite)) as (folder, journal):
        building = monotonic()
        installed = sides.install(
            space,
            suite,
            request.commits(suite),
            installations=request.installations,
            folder=folder,
            progress=progress,
            base_suite=base_suite,
        )
        building = monotonic() - building
        differences = _differences(installed[0])
        space.remove_unused()
        selection = sides.select(suite, installed[0], request.bench, request.timeout, progress)
        for others in installed[1:]:
            for side, known in zip(others, installed[0], strict=True):
                side.ids = known.ids
        dry = remembered(
            journal,
            selection,
            lambda: dry_run(installed[0], selection, dry_run_limit(settings), progress),
        )
        measured = metrics.compare(
            installed,
            dry.metrics,
            request.metric_threshold,
            budget=metrics.SHARE * settings.budget,
            journal=journal,
            progress=progress,
        )
        noisy = [metric for metric in measured if metric.noisy]
        benchmarks = [*dry.timings, *(metric.benchmark for metric in noisy)]
        costs = [*dry.costs, *(metric.seconds for metric in noisy)]
        rest = left(settings, measured)
        pairs = LivePairs(installed, benchmarks, costs, journal, _spending(progress, rest.budget))
        decision, refusal = None, ""
        if benchmarks:
            progress.stage(f"Measuring {count(len(benchmarks), 'benchmark')} in pairs")
            thresholds = [settings.threshold if each.threshold is None else each.threshold for each in benchmarks]
            try:
                decision = decide(pairs, rest, thresholds, _together(benchmarks))
            except GateError as error:  # the budget is too small; but what was said of metrics counts
                spent = settings.budget - rest.budget
                refusal = f"{error}" + (f"; metrics took {duration(spent)} before it" if spent >= 1 else "")
        report = build(
            Run(
                request=request,
                suite=suite,
                base_environment=base_suite.environment,
                differences=differences,
                selection=selection,
                dry=dry,
                metrics=[metric for metric in measured if not metric.noisy],
                pairs=pairs,
                decision=decision,
                seed=journal.header["seed"],
                started=started.isoformat(timespec="seconds"),
                seconds=monotonic() - start,
                building_seconds=building,
                refusal=refusal,
                calibration=calibration(space),
            )
        )
        with contextlib.suppress(OSError):  # that a run has ended is of no use but for the next
            write_atomic(folder / runfolder.DONE, f"{int(report.status)}\n")
    if request.prune and not space.prune([base.install.folder for base, _ in installed], folder):
        progress.stage("Nothing is pruned while another run is at work here")
    return report, folder


def _differences(sides: tuple[Side, Side]) -> Sequence[Difference]:
    """What base's environment and head's differ in. Raises GateError for one commit in two that are alike."""
    base, head = sides
    found = differing.asked((base.suite, head.suite), (base.install, head.install))
    if not found and base.suite is not head.suite and base.install.commit == head.install.commit:
        both = f"{base.suite.environment} and {head.suite.environment}"
        raise GateError(f"base and head are equal in everything, once they are installed: {both}")
    return found


def dry_run_limit(settings: Settings) -> float:
    """Seconds that a dry run may take."""
    return max(settings.budget, DRY_RUN_LEAST)


def left(settings: Settings, measured: Sequence[Metric]) -> Settings:
    """What the metrics leave of the budget, and of what it may grow to."""
    spent = math.fsum(metric.spent for metric in measured)
    budget = max(settings.budget - spent, 1e-3)
    return replace(settings, budget=budget, limit=max(settings.limit - spent, budget))


def _together(benchmarks: Sequence[Benchmark]) -> list[bool]:
    """Which benchmarks make the suite result: timings, where there are enough to speak of a suite."""
    timings = [each.type == "time" for each in benchmarks]
    return [each and sum(timings) >= SUITE_LEAST for each in timings]


def _spending(progress: Progress, budget: float) -> Callable[[float], None]:
    """Adds up the seconds of pairs, and tells how much of the budget they have taken."""
    spent = 0.0

    def tell(seconds: float) -> None:
        nonlocal spent
        spent += seconds
        progress.done(spent, budget)

    return tell
