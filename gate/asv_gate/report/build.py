"""The report, built out of what a run has measured and decided."""

import math
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from asv_gate import cpus, metrics, power, signedrank
from asv_gate.asvlink import Suite
from asv_gate.decide import Decision, Verdict
from asv_gate.dryrun import DryRun
from asv_gate.live import LivePairs
from asv_gate.metrics import Metric
from asv_gate.report.model import FINDINGS, Report, Row, Status, SuiteResult, percent
from asv_gate.request import Request

INTERVAL = 0.95


@dataclass(frozen=True)
class Run:
    """All that a run has come to."""

    request: Request
    suite: Suite
    dry: DryRun
    metrics: Sequence[Metric]
    pairs: LivePairs
    decision: Decision | None  # on timings; None where there are none
    seed: int
    started: str
    seconds: float
    calibration: str


def build(run: Run) -> Report:
    """The report of a run, with its exit status."""
    request = run.request
    base, head = request.commits(run.suite)
    report = Report(
        project=run.suite.project,
        base=request.base,
        head=request.head,
        base_commit=base,
        head_commit=head,
        environment=run.suite.environment,
        machine={"system": platform.platform(), "cpus": str(cpus.usable()), "name": platform.node()},
        settings={**asdict(request.settings), "metric_threshold": request.metric_threshold},
        seed=run.seed,
        started=run.started,
        seconds=run.seconds,
        rows=rows(run),
        suite=suite_result(run.decision),
        skipped=run.dry.skipped,
        broken={
            **run.dry.broken,
            **{each.benchmark.name: each.broken for each in run.metrics if each.broken},
            **run.pairs.broken,
        },
        warnings=warnings(run),
        calibration=run.calibration,
        status=Status.OK,
        reason="",
    )
    status, reason = conclude(report, request.require_power)
    return replace(report, status=status, reason=reason)


def rows(run: Run) -> list[Row]:
    """One for each benchmark that either side has, but for those that skip themselves on both."""
    found = [_unmeasured(name, "", why) for name, why in run.dry.unmeasured.items()]
    found += [metric_row(metric, run.request.metric_threshold) for metric in run.metrics]
    if run.decision is not None:
        detectable = power.smallest_slowdowns(run.decision)
        found += [timing_row(run, run.decision, i, float(smallest)) for i, smallest in enumerate(detectable)]
    return found


def timing_row(run: Run, decision: Decision, i: int, detectable: float) -> Row:
    """Its interval is exact for one that was confirmed, and by its noise for one that was only screened."""
    benchmark = run.dry.timings[i]
    verdict, note, name = decision.verdicts[i], decision.notes[i], benchmark.name
    if verdict is Verdict.FAILED:
        return Row(name, benchmark.unit, verdict.value, note or run.pairs.wrong.get(name, ""))
    if i in decision.confirmed:
        d = decision.confirmed[i]
        centre, (low, high) = float(signedrank.estimate(d)), signedrank.interval(d, INTERVAL)
    else:
        d = decision.screened[i][~np.isnan(decision.screened[i])]
        centre = float(signedrank.estimate(d))
        half = 2 * float(decision.scales[i]) / math.sqrt(len(d))
        low, high = centre - half, centre + half
    base, head = (float(np.median(side)) for side in zip(*run.pairs.values[name], strict=True))
    unit = "seconds" if benchmark.type == "time" else benchmark.unit
    ratio, low, high = (math.exp(change) for change in (centre, low, high))
    p_value = decision.p_values.get(i, math.nan)
    return Row(name, unit, verdict.value, note, base, head, ratio, low, high, len(d), p_value, detectable)


def metric_row(metric: Metric, threshold: float) -> Row:
    benchmark = metric.benchmark
    if metric.wrong:
        return _unmeasured(benchmark.name, benchmark.unit, metric.wrong)
    base, head = (float(np.median([getattr(pair, side) for pair in metric.values])) for side in ("base", "head"))
    return Row(
        benchmark.name,
        benchmark.unit,
        metrics.judge(metric.values, threshold).value,
        f"by a threshold of {percent(threshold, 0)}",
        base,
        head,
        head / base if base > 0 and head > 0 else math.nan,
        pairs=len(metric.values),
        detectable=math.nan,
    )


def _unmeasured(name: str, unit: str, why: str) -> Row:
    return Row(name, unit, Verdict.FAILED.value, why, detectable=math.nan)


def suite_result(decision: Decision | None) -> SuiteResult | None:
    """Nothing where no timing was measured."""
    if decision is None or decision.suite_pairs == 0:
        return None
    ratio = math.exp(decision.suite_estimate)
    return SuiteResult(decision.suite.value, ratio, decision.suite_p, decision.suite_pairs)


def warnings(run: Run) -> list[str]:
    """What a reader must know of the run's circumstances."""
    said = list(run.suite.notes)
    base, head = run.request.commits(run.suite)
    if run.suite.uncommitted:
        said.append("The checkout has uncommitted changes: of these, only those of the benchmarks are measured.")
    if run.suite.others:
        said.append(f"Measured in {run.suite.environment}, one of {1 + len(run.suite.others)} environments.")
    if base == head:
        said.append("Base and head are the same commit: what is found is a false alarm.")
    if run.decision and (left := sum("budget" in note for note in run.decision.notes)):
        said.append(f"The budget was too small for {left} of {len(run.dry.timings)} benchmarks.")
    return said


def conclude(report: Report, require_power: float | None) -> tuple[Status, str]:
    """The exit status, and why. What could not be done goes before what was found."""
    found = [row.name for row in report.rows if row.verdict in FINDINGS]
    if report.suite and report.suite.verdict in FINDINGS:
        found.append(f"the suite as a whole ({report.suite.ratio - 1:+.1%})")
    regressions = f"Slower or larger: {', '.join(found)}." if found else ""
    if report.broken:
        return Status.UNABLE, f"Fails in head and not in base: {', '.join(report.broken)}. {regressions}".strip()
    if not any(row.pairs for row in report.rows):
        return Status.UNABLE, "Nothing could be measured on both sides."
    if regressions:
        return Status.REGRESSION, regressions
    if require_power is not None and report.detectable > require_power:
        return Status.UNDERPOWERED, (
            f"No regression was seen, but this run could have missed one of {percent(require_power)}: "
            f"the smallest that it could detect with 90 % probability is {percent(report.detectable)}."
        )
    return Status.OK, "No regression was found."
