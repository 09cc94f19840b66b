"""A plan for a terminal or a log, and as JSON."""

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from asv_gate.asvlink import Benchmark
from asv_gate.forecast import SLOWDOWNS, Forecast
from asv_gate.plan import ASSUMED_NOISE, Plan
from asv_gate.report.text import line
from asv_gate.report.words import count, duration, percent
from asv_gate.settings import CONFIRMING_MOST
from asv_gate.sides import slow_imports

VERSION = 1
SHOW_PAIRS = 5  # that are proposed to measure the noise


def as_lines(plan: Plan) -> Iterator[str]:
    """What a run would measure, a line each, and what budgets could detect."""
    base, head = plan.request.commits(plan.suite)
    commits = f"{plan.request.base} ({base[:8]}) to {plan.request.head} ({head[:8]})"
    yield f"{line(commits)}, {line(plan.suite.environment)}"
    yield ""
    if plan.forecast is not None:
        yield from _benchmarks(plan, plan.forecast)
        yield ""
    for metric in plan.metrics:
        pairs = f"{count(len(metric.values), 'pair')} of {duration_of(metric.seconds)}"
        yield f"By a threshold: {line(metric.benchmark.name)}, {pairs}"
    for name, why in plan.unmeasured.items():
        yield f"Not compared: {line(name)}: {line(why)}"
    yield from _sentences(plan)


def _benchmarks(plan: Plan, found: Forecast) -> Iterator[str]:
    budget = plan.request.settings.budget
    head = ["a pair", "noise", f"{argument(budget)} finds", *(f"+{each:.0%} needs" for each in SLOWDOWNS)]
    detectable = found.of(budget)
    needed = [found.needed(slowdown) for slowdown in SLOWDOWNS]
    rows = [
        [
            duration_of(each.seconds),
            percent(each.noise),
            slowdown_of(float(detectable[i])),
            *(budget_of(float(budgets[i])) for budgets in needed),
        ]
        for i, each in enumerate(plan.planned)
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    names = ["benchmark", *(line(each.benchmark.name) for each in plan.planned)]
    for cells, name in zip([head, *rows], names, strict=True):
        yield "  ".join([*(cell.rjust(width) for cell, width in zip(cells, widths, strict=True)), name])


def _sentences(plan: Plan) -> Iterator[str]:
    if plan.forecast is not None:
        seconds = math.fsum(each.seconds for each in plan.planned)
        yield f"A pair of each of {count(len(plan.planned), 'benchmark')} takes about {duration(seconds)} in all."
        if plan.pairs:
            yield f"The noise of a pair was measured in {count(plan.pairs, 'pair')} of each, and is taken to be normal."
        else:
            yield (
                f"The noise of a pair is assumed: {percent(ASSUMED_NOISE)}, normal. "
                f"--pairs {SHOW_PAIRS} measures it, in about {duration(SHOW_PAIRS * seconds)}."
            )
        for slowdown in SLOWDOWNS:
            yield _needed(plan.forecast.needed(slowdown), slowdown)
        yield "Found means: nine times in ten. A budget may grow by half for what is not settled (--budget-limit)."
    spent = math.fsum(metric.spent for metric in plan.metrics)
    if plan.metrics:
        yield f"{count(len(plan.metrics), 'metric')} by a threshold: about {duration(spent)} of the budget."
    if imports := slow_imports(plan.selection.imports):
        yield f"{imports} What a pair takes has that in it."
    if plan.dry.skipped:
        yield f"Skipped on both sides: {count(plan.dry.skipped, 'benchmark')}."
    yield (
        f"Besides its budget a run takes what the dry run does ({duration(plan.dry.seconds)} here), and the building "
        f"of {count(plan.request.installations, 'environment')} of each commit, where they are not kept from before."
    )


def _needed(budgets: np.ndarray, slowdown: float) -> str:
    reached = budgets[np.isfinite(budgets)]
    asked = f"+{slowdown:.0%} in any of {count(len(budgets), 'benchmark')}"
    if len(budgets) == 1:
        asked = f"+{slowdown:.0%}"
    if len(reached) == len(budgets):
        return f"{asked} is found with --budget {argument(float(reached.max()))}."
    why = f"a candidate has at most {CONFIRMING_MOST} pairs, and a budget at most a day"
    rest = f" In {len(reached)} it is, with --budget {argument(float(reached.max()))}." if len(reached) else ""
    return f"{asked} is found with no budget: {why}.{rest}"


def argument(seconds: float) -> str:
    """As --budget takes it."""
    if seconds < 60 or seconds % 60:
        return f"{seconds:g}s"
    return f"{seconds / 60:g}m" if seconds < 3600 or seconds % 1800 else f"{seconds / 3600:g}h"


def budget_of(seconds: float) -> str:
    return argument(seconds) if math.isfinite(seconds) else "no budget"


def slowdown_of(fraction: float) -> str:
    return percent(fraction) if math.isfinite(fraction) else "nothing"


def duration_of(seconds: float) -> str:
    """Of a pair: with a digit behind the point, where it is short."""
    return f"{seconds:.1f} s" if seconds < 60 else duration(seconds)


def as_json(plan: Plan) -> str:
    """Null for what no budget finds."""
    base, head = plan.request.commits(plan.suite)
    found, budget = plan.forecast, plan.request.settings.budget
    needed = {} if found is None else {f"{slowdown:.0%}": found.needed(slowdown) for slowdown in SLOWDOWNS}
    detectable = np.empty(0) if found is None else found.of(budget)
    made: dict[str, Any] = {
        "version": VERSION,
        "project": plan.suite.project,
        "base": {"name": plan.request.base, "commit": base},
        "head": {"name": plan.request.head, "commit": head},
        "environment": plan.suite.environment,
        "settings": vars(plan.request.settings),
        "noise": {"pairs": plan.pairs, "assumed": None if plan.pairs else ASSUMED_NOISE},
        "import_seconds": dict(zip(("base", "head"), plan.selection.imports, strict=True)),
        "building_seconds": round(plan.building_seconds, 1),
        "dry_run_seconds": round(plan.dry.seconds, 1),
        "budgets": {slowdown: _finite(float(each.max())) for slowdown, each in needed.items()},
        "benchmarks": [
            {
                **_named(each.benchmark, each.seconds),
                "noise": each.noise,
                "detectable": _finite(float(detectable[i])),
                "budgets": {slowdown: _finite(float(budgets[i])) for slowdown, budgets in needed.items()},
            }
            for i, each in enumerate(plan.planned)
        ],
        "metrics": [{**_named(each.benchmark, each.seconds), "pairs": len(each.values)} for each in plan.metrics],
        "unmeasured": dict(plan.unmeasured),
        "skipped": plan.dry.skipped,
    }
    return json.dumps(made, indent=1, allow_nan=False)


def _named(benchmark: Benchmark, seconds: float) -> dict[str, Any]:
    return {"name": benchmark.name, "seconds": round(seconds, 4)}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
