"""A run of the gate, from two names of commits to a report, step by step."""

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from time import monotonic

from asv_gate import asvlink, metrics, runfolder, sides
from asv_gate.atomic import write_atomic
from asv_gate.decide import decide
from asv_gate.dryrun import dry_run
from asv_gate.live import LivePairs
from asv_gate.progress import Progress
from asv_gate.report.build import Run, build
from asv_gate.report.model import Report
from asv_gate.request import Request
from asv_gate.workspace import Workspace


def run(request: Request, progress: Progress, calibration: Callable[[Workspace], str]) -> tuple[Report, Path]:
    """Compare two commits.

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
    space = Workspace(request.config)
    space.remove_unused()
    progress.stage("Reading the suite")
    suite = asvlink.resolve(request.config, [request.base, request.head], request.python)
    with runfolder.opened(space, request, suite) as (folder, journal):
        installed = sides.install(
            space,
            suite,
            request.commits(suite),
            installations=request.installations,
            folder=folder,
            progress=progress,
        )
        selection = sides.select(suite, installed[0], request.bench)
        dry = dry_run(installed[0], selection, progress)
        measured = metrics.measure(installed, dry.metrics, request.metric_threshold, journal, progress)
        pairs = LivePairs(installed, dry.timings, dry.costs, journal, _spending(progress, request.settings.budget))
        decision = None
        if dry.timings:
            progress.stage(f"Measuring {len(dry.timings)} benchmarks in pairs")
            decision = decide(pairs, request.settings)
        report = build(
            Run(
                request=request,
                suite=suite,
                dry=dry,
                metrics=measured,
                pairs=pairs,
                decision=decision,
                seed=journal.header["seed"],
                started=started.isoformat(timespec="seconds"),
                seconds=monotonic() - start,
                calibration=calibration(space),
            )
        )
        write_atomic(folder / runfolder.DONE, f"{int(report.status)}\n")
    return report, folder


def _spending(progress: Progress, budget: float) -> Callable[[float], None]:
    """Adds up the seconds of pairs, and tells how much of the budget they have taken."""
    spent = 0.0

    def tell(seconds: float) -> None:
        nonlocal spent
        spent += seconds
        progress.done(spent, budget)

    return tell
