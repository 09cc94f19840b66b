"""The report, built out of what a run has measured and decided."""

import math
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from asv_gate import cpus, metrics, power, sides, signedrank
from asv_gate.asvlink import Benchmark, Suite
from asv_gate.decide import Decision, Verdict
from asv_gate.differing import Difference
from asv_gate.dryrun import DryRun
from asv_gate.live import LivePairs
from asv_gate.metrics import Metric, Size
from asv_gate.report.model import Report, Row, Status, SuiteResult
from asv_gate.report.words import change, count, percent, signed
from asv_gate.request import Request
from asv_gate.sides import Selection

INTERVAL = 0.95
LARGEST_SHOWN = math.log(1e4)  # of a ratio: what is beyond it is shown by its values
NAMED_MOST = 5  # benchmarks in a sentence


@dataclass(frozen=True)
class Run:
    """All that a run has come to."""

    request: Request
    suite: Suite  # in head's environment
    base_environment: str
    differences: Sequence[Difference]  # of the environments
    selection: Selection
    dry: DryRun
    metrics: Sequence[Metric]  # that do not vary
    pairs: LivePairs
    decision: Decision | None  # on what is measured in pairs; None where there is nothing
    seed: int
    started: str
    seconds: float
    building_seconds: float
    refusal: str  # why nothing was measured in pairs; empty where it was
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
        base_environment=run.base_environment,
        environment=run.suite.environment,
        differences=run.differences,
        machine={"system": platform.platform(), "cpus": str(cpus.usable()), "name": platform.node()},
        settings={**asdict(request.settings), "metric_threshold": request.metric_threshold},
        seed=run.seed,
        started=run.started,
        seconds=run.seconds,
        building_seconds=run.building_seconds,
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
    status, reason = conclude(report, request.require_power, run.refusal)
    return replace(report, status=status, reason=reason)


def rows(run: Run) -> list[Row]:
    """One for each benchmark that either side has, but for those that skip themselves on both."""
    found = [Row(name, "", Verdict.FAILED.value, why, detectable=math.nan) for name, why in run.dry.unmeasured.items()]
    found += [metric_row(metric, run.request.metric_threshold) for metric in run.metrics]
    if run.decision is None:
        found += [
            _row(benchmark, Verdict.FAILED.value, "the budget does not reach it") for benchmark in run.pairs.benchmarks
        ]
    else:
        detectable = power.smallest_slowdowns(run.decision)
        found += [paired_row(run.pairs, run.decision, i, float(smallest)) for i, smallest in enumerate(detectable)]
    return found


def paired_row(pairs: LivePairs, decision: Decision, i: int, detectable: float) -> Row:
    """Its interval is exact for one that was confirmed, and by its noise for one that was only screened."""
    benchmark = pairs.benchmarks[i]
    verdict, note = decision.verdicts[i], decision.notes[i]
    row = _row(benchmark, verdict_words(verdict, benchmark), note or pairs.wrong.get(benchmark.name, ""))
    if verdict is Verdict.FAILED:
        return row
    if i in decision.confirmed:
        d = decision.confirmed[i]
        centre, (low, high) = float(signedrank.estimate(d)), signedrank.interval(d, INTERVAL)
    else:
        d = decision.screened[i][~np.isnan(decision.screened[i])]
        centre = float(signedrank.estimate(d))
        half = 2 * float(decision.scales[i]) / math.sqrt(len(d))
        low, high = centre - half, centre + half
    if benchmark.larger_is_better:
        centre, low, high = -centre, -high, -low
    base, head = (float(np.median(side)) for side in zip(*pairs.values[benchmark.name], strict=True))
    row = replace(row, base=base, head=head, pairs=len(d), detectable=detectable)
    if abs(centre) > LARGEST_SHOWN:  # from or to zero, another sign, or infinity
        return row
    if base > 0 and head > 0:  # as far apart as the pairs are, whose ratio is not that of the sides' medians
        middle = math.sqrt(base) * math.sqrt(head)
        row = replace(row, base=middle * math.exp(-centre / 2), head=middle * math.exp(centre / 2))
    ratio, low, high = (math.exp(change) for change in (centre, low, high))
    return replace(row, ratio=ratio, low=low, high=high, p_value=decision.p_values.get(i, math.nan))


def verdict_words(verdict: Verdict, benchmark: Benchmark) -> str:
    """Of a metric, that it is larger or smaller; worse is larger, but where larger is better."""
    if benchmark.type == "time" or verdict not in (Verdict.SLOWER, Verdict.FASTER):
        return str(verdict.value)
    size = Size.LARGER if (verdict is Verdict.SLOWER) != benchmark.larger_is_better else Size.SMALLER
    return str(size.value)


def metric_row(metric: Metric, threshold: float) -> Row:
    """Of a metric that does not vary."""
    benchmark = metric.benchmark
    if metric.wrong:
        return replace(_row(benchmark, Verdict.FAILED.value, metric.wrong), detectable=math.nan)
    threshold = threshold if benchmark.threshold is None else benchmark.threshold
    size = metrics.judge(metric.values, threshold)
    base, head = metric.values[0].base, metric.values[0].head
    verdict, note = size.value, f"by a threshold of {100 * threshold:g}%"
    if metric.unsettled:
        verdict = Verdict.UNSETTLED.value
        note = f"seems {size.value}, but the budget does not suffice for the {metrics.CHANGED} pairs that settle it"
    return replace(
        _row(benchmark, verdict, note),
        base=base,
        head=head,
        ratio=head / base if 0 < base < math.inf and 0 < head < math.inf else math.nan,
        pairs=len(metric.values),
        detectable=math.nan,
    )


def _row(benchmark: Benchmark, verdict: str, note: str) -> Row:
    unit = "seconds" if benchmark.type == "time" else benchmark.unit
    return Row(benchmark.name, unit, verdict, note, larger_is_better=benchmark.larger_is_better)


def suite_result(decision: Decision | None) -> SuiteResult | None:
    """Nothing where there are too few pairs of timings to show a change."""
    if decision is None or decision.suite_pairs == 0:
        return None
    if signedrank.smallest_p_value(decision.suite_pairs) > decision.settings.alpha_suite:
        return None
    ratio = math.exp(decision.suite_estimate)
    return SuiteResult(decision.suite.value, ratio, decision.suite_p, decision.suite_pairs)


def warnings(run: Run) -> list[str]:
    """What a reader must know of the run's circumstances."""
    said = [*run.suite.notes, *run.selection.notes]
    base, head = run.request.commits(run.suite)
    if run.suite.uncommitted:
        said.append("The checkout has uncommitted changes: of these, only those of the benchmarks are measured.")
    if run.suite.others and not run.differences:
        others = f"one of {1 + len(run.suite.others)} environments: --environment chooses, or takes all in turn"
        said.append(f"Measured in {run.suite.environment}, {others}.")
    if base == head and not run.differences:
        said.append("Base and head are the same commit: what is found is a false alarm.")
    if imports := sides.slow_imports(run.selection.imports):
        said.append(imports)
    if run.selection.excluded:
        said.append(f"Excluded by the suite: {count(run.selection.excluded, 'benchmark')}.")
    notes = [metric.wrong for metric in run.metrics] + list(run.decision.notes if run.decision else ())
    if (left := sum("budget" in note for note in notes)) and not run.refusal:
        said.append(f"The budget was too small for {left} of {count(len(notes), 'benchmark')}.")
    return said


def conclude(report: Report, require_power: float | None, refusal: str = "") -> tuple[Status, str]:
    """The exit status, and why. What could not be done goes before what was found."""
    found = [row.name for row in report.rows if row.worse]
    if report.suite and report.suite.worse:
        found.append(f"the suite result ({signed(report.suite.ratio)})")
    regressions = f"Slower or larger: {', '.join(found)}." if found else ""
    judged = sum(row.pairs > 0 for row in report.rows)
    unjudged = _unjudged(report)
    if report.broken:
        return Status.UNABLE, f"Fails in head and not in base: {', '.join(report.broken)}. {regressions}".strip()
    if refusal and not regressions:
        return Status.UNABLE, f"{refusal[0].upper()}{refusal[1:]}."
    if not judged:
        return Status.UNABLE, f"Nothing could be compared{f': {unjudged}' if unjudged else ''}."
    if regressions:
        return Status.REGRESSION, regressions
    if reason := _uncertain(report, require_power):
        return Status.UNDERPOWERED, reason
    rest = f" Could not be judged: {unjudged}." if unjudged else ""
    return Status.OK, f"No regression was found in {count(judged, 'benchmark')}.{rest}"


def _uncertain(report: Report, require_power: float | None) -> str:
    """What the run could not be certain of, and had to be."""
    if seeming := [f"{row.name} ({change(row)})" for row in report.rows if row.seems_worse]:
        return (
            f"No regression is certain, but the budget did not suffice to settle what stands out: {', '.join(seeming)}."
        )
    judged_by_noise = any(not math.isnan(row.detectable) for row in report.rows)  # others are by a threshold
    if require_power is not None and judged_by_noise and report.detectable > require_power:
        return (
            f"No regression was seen, but this run could have missed one of {percent(require_power)}: "
            f"the smallest that it could detect with 90 % probability is {percent(report.detectable)}."
        )
    return ""


def _unjudged(report: Report) -> str:
    """The benchmarks that there is no verdict on, the first of them by name."""
    said = [f"{row.name} ({row.note})" for row in report.rows if not row.judged]
    if report.skipped:
        said.append(f"{report.skipped} that skip themselves on both sides")
    more = len(said) - NAMED_MOST
    return ", ".join(said[:NAMED_MOST]) + (f", and {more} more" if more > 0 else "")
